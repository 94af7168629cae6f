"""A folder that PostgreSQL's own user may enter, too."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Return a folder below the one for temporary files; a test's own is closed to others."""
    folder = Path(tempfile.mkdtemp(prefix="acrux-torture-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)
