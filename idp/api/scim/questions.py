"""Filters (RFC 7644 3.4.2.2) that directories send: conditions joined by `and`, and no others."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from scim2_models import InvalidFilterException
from scim2_models.path import (
    AttrPath,
    CompareOperator,
    Comparison,
    FilterNode,
    LogicalExpr,
    LogicalOperator,
    ValuePath,
)

from idp.store.people.directories import Condition

_OF_PEOPLE: Mapping[str, str] = {
    "id": "id",
    "username": "username",
    "externalid": "external_id",
    "displayname": "name",
    "active": "on",
    "emails": "email",
    "emails.value": "email",
    "meta.created": "created",
    "meta.lastmodified": "changed",
}
_OF_GROUPS: Mapping[str, str] = {
    "id": "id",
    "displayname": "name",
    "externalid": "external_id",
    "members": "member",
    "members.value": "member",
    "meta.created": "created",
    "meta.lastmodified": "changed",
}
_SIGNS = {
    CompareOperator.gt: ">",
    CompareOperator.ge: ">=",
    CompareOperator.lt: "<",
    CompareOperator.le: "<=",
}
_TIMES = ("created", "changed")
_TYPES = {"emails": "work", "members": "User"}
"""The one `type` that values of an attribute have here."""
MOST = 10
"""Conditions of one filter."""


class _Nobody(Exception):
    """What is asked holds of nobody."""


class _Unknown(Exception):
    """What is asked stands in no question of these."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def read(node: FilterNode | None, *, of_people: bool, alone: bool = True) -> list[Condition] | None:
    """Return what a filter asks of people or of groups; None where it holds of none of them.

    Where both are asked, and not one of them `alone`, what only the other has holds of none.

    Raises:
        InvalidFilterException: it asks what is not answered here.
    """
    known, others = (_OF_PEOPLE, _OF_GROUPS) if of_people else (_OF_GROUPS, _OF_PEOPLE)
    try:
        found = [] if node is None else list(_conditions(node, known, ""))
    except _Unknown as error:
        if alone or error.name not in others:
            raise InvalidFilterException(detail=f"{error.name} is not answered here") from None
        return None
    except _Nobody:
        return None
    if len(found) > MOST:
        raise InvalidFilterException(detail=f"a filter has {MOST} conditions at most")
    return found


def _conditions(node: FilterNode, known: Mapping[str, str], within: str) -> Iterator[Condition]:
    if isinstance(node, LogicalExpr) and node.op is LogicalOperator.and_:
        for term in node.terms:
            yield from _conditions(term, known, within)
    elif isinstance(node, ValuePath) and not within:
        yield from _conditions(node.val_filter, known, _name(node.attr_path))
    elif isinstance(node, Comparison):
        yield from _condition(node, known, within)
    else:
        raise InvalidFilterException(detail="only comparisons joined by `and` are answered here")


def _condition(node: Comparison, known: Mapping[str, str], within: str) -> Iterator[Condition]:
    name = ".".join(filter(None, (within, _name(node.attr_path))))
    head, _, part = name.partition(".")
    if part == "type" and head in _TYPES and node.op is CompareOperator.eq:
        if str(node.value).casefold() != _TYPES[head].casefold():
            raise _Nobody
        return
    member = known.get(name)
    sign = "=" if node.op is CompareOperator.eq else _SIGNS.get(node.op)
    if member is None:
        raise _Unknown(name)
    if sign is None or (sign != "=" and member not in _TIMES):
        raise InvalidFilterException(detail=f"{name} {node.op} is not answered here")
    yield Condition(member, _value(member, node.value, name), sign)


def _value(member: str, value: Any, name: str) -> str | int | bool:
    """Return what is compared with, as it is stored.

    Raises:
        InvalidFilterException: it cannot be compared with that.
    """
    if member in _TIMES:
        try:
            return int(datetime.fromisoformat(str(value)).timestamp())
        except (ValueError, OverflowError):
            raise InvalidFilterException(detail=f"{name} is compared with a time") from None
    if member == "on":
        if isinstance(value, bool):
            return value
        if str(value).casefold() not in ("true", "false"):
            raise InvalidFilterException(detail=f"{name} is true or false")
        return str(value).casefold() == "true"
    if not isinstance(value, str) or not _is_stored(value):
        raise InvalidFilterException(detail=f"{name} is compared with text")
    return value


def _is_stored(text: str) -> bool:
    """Tell whether a database could have it: half of a pair (UTF-16) is no text."""
    return not any(one == "\0" or "\ud800" <= one <= "\udfff" for one in text)


def _name(path: AttrPath) -> str:
    return ".".join(filter(None, (path.attr, path.sub_attr))).casefold()
