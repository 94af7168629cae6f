"""Fixtures of the tests that drive an installation by its command."""

from tests.protocol.command import acrux, bare, prepared, small_acrux, small_bare

__all__ = ["acrux", "bare", "prepared", "small_acrux", "small_bare"]
