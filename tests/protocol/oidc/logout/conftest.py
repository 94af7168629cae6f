"""Fixtures of the tests in which applications are told that a session ended."""

from tests.protocol.told_applications import receiver, small, told_site

__all__ = ["receiver", "small", "told_site"]
