"""What is said of a member of client metadata where it is a field: default, meaning, whose it is.

`client.Client` has the members as its fields, and `client.MEMBERS` is the list of them. Their rules
are in `metadata`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from types import NoneType, UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

T = TypeVar("T")
_MEMBER = "member"


@dataclass(frozen=True)
class Member:
    """One member: its JSON type, whether a client may register it itself, what it means."""

    kind: type
    standard: bool
    meaning: str


def standard(default: T, meaning: str) -> T:
    """Return a field that a client may register itself (RFC 7591 section 2)."""
    return field(default=default, metadata={_MEMBER: (True, meaning)})


def operators(default: T, meaning: str) -> T:
    """Return a field that operators alone may set, by the command."""
    return field(default=default, metadata={_MEMBER: (False, meaning)})


def members_of(registered: type) -> dict[str, Member]:
    """Return the members among the fields of a dataclass, in their order."""
    hints = get_type_hints(registered)
    return {
        one.name: Member(_kind(hints[one.name]), *one.metadata[_MEMBER])
        for one in fields(registered)
        if _MEMBER in one.metadata
    }


def _kind(hint: Any) -> type:
    """Return the JSON type of a field: of a list, which is a tuple here, or of an object."""
    options = get_args(hint) if isinstance(hint, UnionType) else (hint,)
    [known] = [one for one in options if one is not NoneType]
    found = get_origin(known) or known
    kinds: dict[Any, type] = {tuple: list, Mapping: dict}
    return kinds.get(found, found)
