"""Fixtures of the tests about people's accounts."""

from tests.protocol.people.factors.passkey_owner import small_tane, tane
from tests.protocol.told_applications import receiver, told_site

__all__ = ["receiver", "small_tane", "tane", "told_site"]
