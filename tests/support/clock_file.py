"""The file by which a test shifts the clock of every process of its installation."""

import os
from pathlib import Path

_WIDE = 32
"""Characters of an offset with the spaces behind it: it covers any that was there."""


def shift(file: Path, seconds: float) -> None:
    """Put an offset into the file, made if need be, in one step: nobody reads half of it."""
    number = os.open(file, os.O_WRONLY | os.O_CREAT, 0o644)
    try:
        os.pwrite(number, f"{seconds:<{_WIDE}}".encode(), 0)
    finally:
        os.close(number)
