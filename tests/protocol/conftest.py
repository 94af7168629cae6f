"""Fixtures of the tests that drive an installation by its command, or see its mail arrive."""

from tests.protocol.command import acrux, bare, prepared, small_acrux, small_bare
from tests.protocol.mailing import mailing, server

__all__ = ["acrux", "bare", "mailing", "prepared", "server", "small_acrux", "small_bare"]
