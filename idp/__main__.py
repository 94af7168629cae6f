"""`python -m idp` is the `acrux` command."""

from idp.cli import main

if __name__ == "__main__":
    main()
