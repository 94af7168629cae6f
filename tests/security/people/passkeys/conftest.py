"""Fixtures of the tests that attack passkeys."""

from tests.security.people.passkeys.owners import arena, shared, victim

__all__ = ["arena", "shared", "victim"]
