"""What each role may do in the console: the one table, which pages and documents are made from.

Pure. A role that stands nowhere here is an application's, and opens nothing of ours.
"""

from collections.abc import Collection, Mapping
from enum import StrEnum
from types import MappingProxyType


class Role(StrEnum):
    """What someone is here, as it is stored with the person."""

    OWNER = "owner"
    ADMIN = "admin"
    SUPPORT = "support"
    AUDITOR = "auditor"


class Action(StrEnum):
    """What someone may do in the console, as subject.verb."""

    ROLLOUT_READ = "rollout.read"
    ROLLOUT_CHANGE = "rollout.change"
    AUDIT_READ = "audit.read"
    AUDIT_EXPORT = "audit.export"


_ALL = frozenset(Role)
_RUNNING = frozenset({Role.OWNER, Role.ADMIN})
_CHECKING = _RUNNING | {Role.AUDITOR}

TABLE: Mapping[Action, frozenset[Role]] = MappingProxyType(
    {
        Action.ROLLOUT_READ: _ALL,
        Action.ROLLOUT_CHANGE: _RUNNING,
        Action.AUDIT_READ: _CHECKING,
        Action.AUDIT_EXPORT: _CHECKING,
    }
)
"""Who may do what; every action has its row."""


def holders(action: Action) -> frozenset[Role]:
    """Return the roles that may do this."""
    return TABLE[action]


def may(roles: Collection[str], action: Action) -> bool:
    """Return True if one of a person's `roles` may do this."""
    return not holders(action).isdisjoint(roles)


def of_console() -> frozenset[Role]:
    """Return the roles that may do anything at all."""
    return frozenset[Role]().union(*TABLE.values())
