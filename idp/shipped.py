"""Where the files beside the code are: templates, migrations, settings, and what checks a pack.

In a checkout they are folders beside this package. A wheel has only the package, so it carries a
copy in it, made by `config/packages/wheel.py`. Owns where they are, and never reads one.
"""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
CARRIED = "_shipped"


def folder(name: str) -> Path:
    """Return the folder `name` of the project, such as `templates`, or the wheel's copy of it."""
    carried = PACKAGE / CARRIED
    return (carried if carried.is_dir() else PACKAGE.parent) / name
