"""What each role may do here: the one table, which pages, API and documents are made from.

Pure. A role that stands nowhere here is an application's, and opens nothing of ours. A scope of the
API only narrows what a role may do.
"""

from collections.abc import Collection, Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType


class Role(StrEnum):
    """What someone is here, as it is stored with the person."""

    OWNER = "owner"
    ADMIN = "admin"
    SUPPORT = "support"
    AUDITOR = "auditor"


class Action(StrEnum):
    """What someone may do in the console and by the API, as subject.verb."""

    ROLLOUT_READ = "rollout.read"
    ROLLOUT_CHANGE = "rollout.change"
    AUDIT_READ = "audit.read"
    AUDIT_EXPORT = "audit.export"
    PEOPLE_READ = "people.read"
    PEOPLE_HELP = "people.help"
    PEOPLE_CHANGE = "people.change"
    PEOPLE_DELETE = "people.delete"
    CLIENTS_READ = "clients.read"
    CLIENTS_CHANGE = "clients.change"
    KEYS_READ = "keys.read"
    KEYS_CHANGE = "keys.change"
    MESSAGES_READ = "messages.read"
    MESSAGES_RETRY = "messages.retry"
    SETTINGS_READ = "settings.read"
    BRAND_CHANGE = "brand.change"
    DATA_EXPORT = "data.export"


_ALL = frozenset(Role)
_RUNNING = frozenset({Role.OWNER, Role.ADMIN})
_CHECKING = _RUNNING | {Role.AUDITOR}
_HELPING = _RUNNING | {Role.SUPPORT}

TABLE: Mapping[Action, frozenset[Role]] = MappingProxyType(
    {
        Action.ROLLOUT_READ: _ALL,
        Action.ROLLOUT_CHANGE: _RUNNING,
        Action.AUDIT_READ: _CHECKING,
        Action.AUDIT_EXPORT: _CHECKING,
        Action.PEOPLE_READ: _ALL,
        Action.PEOPLE_HELP: _HELPING,
        Action.PEOPLE_CHANGE: _RUNNING,
        Action.PEOPLE_DELETE: _RUNNING,
        Action.CLIENTS_READ: _ALL,
        Action.CLIENTS_CHANGE: _RUNNING,
        Action.KEYS_READ: _CHECKING,
        Action.KEYS_CHANGE: _RUNNING,
        Action.MESSAGES_READ: _HELPING,
        Action.MESSAGES_RETRY: _HELPING,
        Action.SETTINGS_READ: _RUNNING,
        Action.BRAND_CHANGE: _RUNNING,
        Action.DATA_EXPORT: _RUNNING,
    }
)
"""Who may do what; every action has its row."""

PROGRAM = frozenset({Role.ADMIN.value})
"""What a program is that acts for itself: never more than an administrator, within its scopes."""
SCOPE_PREFIX = "acrux:"
SCOPES: Mapping[str, frozenset[Action]] = MappingProxyType(
    {
        "acrux:people:read": frozenset({Action.PEOPLE_READ}),
        "acrux:people:write": frozenset(
            {Action.PEOPLE_HELP, Action.PEOPLE_CHANGE, Action.PEOPLE_DELETE}
        ),
        "acrux:clients:read": frozenset({Action.CLIENTS_READ}),
        "acrux:clients:write": frozenset({Action.CLIENTS_CHANGE}),
        "acrux:rollout:read": frozenset({Action.ROLLOUT_READ}),
        "acrux:rollout:write": frozenset({Action.ROLLOUT_CHANGE}),
        "acrux:keys:read": frozenset({Action.KEYS_READ}),
        "acrux:keys:write": frozenset({Action.KEYS_CHANGE}),
        "acrux:messages:read": frozenset({Action.MESSAGES_READ}),
        "acrux:messages:write": frozenset({Action.MESSAGES_RETRY}),
        "acrux:audit:read": frozenset({Action.AUDIT_READ}),
        "acrux:settings:read": frozenset({Action.SETTINGS_READ}),
        "acrux:brand:write": frozenset({Action.BRAND_CHANGE}),
        "acrux:data:read": frozenset({Action.DATA_EXPORT}),
    }
)
"""The scopes of our own API, each with the actions that a token with it may be used for."""
DIRECTORY_SCOPE = "acrux:scim"
"""What lets a program be a directory of people, and nothing else."""
DIRECTORY = frozenset({Action.PEOPLE_READ, Action.PEOPLE_CHANGE, Action.PEOPLE_DELETE})
"""What a directory does."""
SIGNALS_READ, SIGNALS_MANAGE = "ssf.read", "ssf.manage"
"""What lets an application be told of its people, and look after how (the names of CAEP's profile
for interoperability, section 2.7.2)."""
SIGNAL_SCOPES = (SIGNALS_READ, SIGNALS_MANAGE)
RECEIVER = frozenset({Action.CLIENTS_READ, Action.CLIENTS_CHANGE})
"""What such an application does, with its own stream alone."""
OF_PROGRAMS = (*SCOPES, DIRECTORY_SCOPE, *SIGNAL_SCOPES)
"""All scopes of ours that a program may have."""


def opens_us(scope: str) -> bool:
    """Return True of a scope that opens this provider itself, and no other API."""
    return scope.startswith(SCOPE_PREFIX) or scope in SIGNAL_SCOPES


def holders(action: Action) -> frozenset[Role]:
    """Return the roles that may do this."""
    return TABLE[action]


def may(roles: Collection[str], action: Action) -> bool:
    """Return True if one of a person's `roles` may do this."""
    return not holders(action).isdisjoint(roles)


def of_console() -> frozenset[Role]:
    """Return the roles that may do anything at all."""
    return frozenset[Role]().union(*TABLE.values())


def within(scopes: Iterable[str]) -> frozenset[Action]:
    """Return the actions that `scopes` leave of what someone may do."""
    return frozenset[Action]().union(*(SCOPES.get(scope, frozenset()) for scope in scopes))


def scopes_for(action: Action) -> tuple[str, ...]:
    """Return the scopes with which an action may be done."""
    return tuple(scope for scope, actions in SCOPES.items() if action in actions)
