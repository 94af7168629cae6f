"""What this room needs of Python: a package that is no part of an ordinary installation."""

from importlib.util import find_spec

MISSING = (
    "directory.url is set, and the package that it needs is missing: run `make install-directory`,"
    " or pip install --require-hashes -r requirements-directory.txt"
)


def problem() -> str | None:
    """Say what keeps this Python from asking a directory; None when nothing does."""
    return None if find_spec("ldap") else MISSING
