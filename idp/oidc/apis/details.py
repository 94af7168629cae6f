"""Authorization details (RFC 9396): read strictly, held against their types, and narrowed.

Each is for one API, and is written beside its audience from the moment it was checked: whoever
issues or reads a token needs no registration for that. Nothing is let in that no page shows.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

from authlib.oauth2 import OAuth2Error

from idp import crypto
from idp.evidence.canonical import canonical
from idp.oidc.apis.api import Api, DetailType
from idp.oidc.apis.members import fits

NAME = "authorization_details"
INVALID = "invalid_authorization_details"
MOST = 10
"""Details of one request: a page with more is not read."""
LONGEST = 4096
"""Characters of all of them."""


class Invalid(ValueError):
    """What is asked for is no list of details that can be had, and why."""


class InvalidDetails(OAuth2Error):
    """The same as a program is told at the token endpoint (RFC 9396 section 5)."""

    error = INVALID

    def __init__(self, why: str) -> None:
        super().__init__(description=why, status_code=400)


class Detail(NamedTuple):
    """One detail, and the API that it is for."""

    audience: str
    asked: Mapping[str, Any]
    """As it stands in tokens."""


def read(text: str) -> list[dict[str, Any]]:
    """Return the details of a request as JSON has them, with no more than their form checked.

    Raises:
        Invalid: it is no JSON array of some objects, each with a type; or a member stands twice,
            a number is not whole, or it is nested too deep.
    """
    try:
        if len(text) > LONGEST:
            raise Invalid("the details are too long")
        found = _read(text)
    except Invalid:
        raise
    except (ValueError, RecursionError):
        raise Invalid("the details are no JSON with distinct members and whole numbers") from None
    if not isinstance(found, list) or not 0 < len(found) <= MOST:
        raise Invalid(f"the details are a JSON array of 1 to {MOST} objects")
    if not all(isinstance(one, dict) and isinstance(one.get("type"), str) for one in found):
        raise Invalid("each detail is a JSON object with a type")
    return found


def checked(
    text: str, apis: Iterable[Api], registered: Collection[str], resources: Collection[str] = ()
) -> tuple[tuple[Detail, DetailType], ...]:
    """Return the details that a client asks for, each with its type, no two the same.

    `registered` are the types that the client was given; `resources` what the request names, if it
    names any (RFC 8707).

    Raises:
        Invalid: with what the client is told.
    """
    known = {name: (api, one) for api in apis for name, one in api.types.items()}
    found: dict[bytes, tuple[Detail, DetailType]] = {}
    for asked in read(text):
        name = asked["type"]
        if name not in known or name not in registered:
            raise Invalid("this type of details is not known, or the client was not given it")
        api, kind = known[name]
        _check(asked, api, kind)
        if resources and api.audience not in resources:
            raise Invalid("the details are for an API that resource does not name")
        found[canonical(asked)] = Detail(api.audience, asked), kind
    return tuple(found.values())


def _check(asked: Mapping[str, Any], api: Api, kind: DetailType) -> None:
    """Hold a detail against its type: all members and no other, each as it must be.

    Raises:
        Invalid: it is another.
    """
    if asked.get("locations", [api.audience]) != [api.audience]:
        raise Invalid("locations of this type can be its API alone")
    names = asked.keys() - {"type", "locations"}
    if names != kind.members.keys():
        raise Invalid("details of this type have other members")
    for name, member in kind.members.items():
        if not fits(asked[name], member):
            raise Invalid("a member of the details is not as its type says")


def kept(details: Iterable[Detail]) -> str | None:
    """Return details as they are stored; None where there are none."""
    found = [list(one) for one in details]
    return json.dumps(found, ensure_ascii=False, separators=(",", ":")) if found else None


def opened(text: str | None) -> tuple[Detail, ...]:
    """Return what `kept` wrote."""
    return tuple(Detail(*one) for one in json.loads(text)) if text else ()


def told(details: Iterable[Detail]) -> list[Mapping[str, Any]]:
    """Return details as tokens and answers have them."""
    return [one.asked for one in details]


def digest(details: Iterable[Detail]) -> str:
    """Return what stands for these details in the ledger: SHA-256 of their canonical JSON."""
    return crypto.digest(canonical(told(details)).decode())


def granted(text: str, before: str | None, resources: Collection[str]) -> str | None:
    """Return what a token is good for of the details that were granted `before`, as it is stored.

    `text` names some of them, and "" all; `resources` are the APIs that the token is for, if any
    are named. Nothing that was not agreed to is ever added.

    Raises:
        InvalidDetails: others were asked for.
    """
    if before is None and not text:
        return None
    held = [one for one in opened(before) if not resources or one.audience in resources]
    if not text:
        return kept(held)
    try:
        wanted = read(text)
    except Invalid as error:
        raise InvalidDetails(str(error)) from None
    if not all(any(one.asked == asked for one in held) for asked in wanted):
        raise InvalidDetails("these details were not granted")
    return kept(one for one in held if one.asked in wanted)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a member stands twice")
    return found


def _no_number(text: str) -> Any:
    raise ValueError(f"{text[:20]} is no whole number")


_read = json.JSONDecoder(
    object_pairs_hook=_once, parse_float=_no_number, parse_constant=_no_number
).decode
