"""Fixtures of the tests that send messages."""

from tests.protocol.messages.letters import server
from tests.protocol.messages.verified import build, carried, small

__all__ = ["build", "carried", "server", "small"]
