"""Fixtures of the tests that back up and restore."""

from tests.protocol.backup.restoring import elsewhere

__all__ = ["elsewhere"]
