"""Request objects: parameters in a JWT that the client signed (OIDC Core 6, RFC 9101).

By value (`request`) or by reference (`request_uri`, registered before and fetched through the
guarded fetcher). Members inside win over parameters outside; of a client that registered
`require_signed_request_object`, nothing outside counts (RFC 9101 section 6.3).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from idp import clock
from idp.egress import EgressError, Fetcher, Shares
from idp.oidc.authorize.ordered_checks import OrderedChecks
from idp.oidc.client_auth.keys import ClientKeys, KeysBusy
from idp.oidc.clients.client import Client
from idp.oidc.errors import RequestError
from idp.oidc.jose.compact import InvalidAssertion, read_header
from idp.oidc.vocabulary import MANY, PARAMETERS, REQUEST_OBJECT_ALGS
from idp.store.db import Work

TYPES = ("jwt", "oauth-authz-req+jwt")
"""Values of `typ`: no other kind of JWT passes for a request (RFC 9101 section 10.8)."""
MEDIA_TYPES = "application/oauth-authz-req+jwt, application/jwt"
LEEWAY = 60
"""Seconds by which clocks may differ."""
LONGEST = 3600
"""Seconds from `nbf` to `exp` at most, and how old `nbf` may be, where a profile is held."""
MAX_OBJECT = 65_536
"""Bytes of a request object."""
FETCH_SECONDS = 5.0
FETCHES = 8
"""Requests that are fetched at once in one process, half of them from one host at most."""
_NESTED = ("request", "request_uri")
_JSON: Mapping[str, type] = {"claims": dict, "registration": dict, "authorization_details": list}
"""Parameters whose text is JSON, with its type: inside a request object they stand as it."""
_NUMBERS = ("max_age", "requested_expiry")


Members = Mapping[str, Any]


@dataclass(frozen=True)
class Opened:
    """A request object whose signature is right, and what it is held against."""

    members: Members
    outside: Mapping[str, str]
    """The parameters that came beside it."""
    client: Client
    own_name: str
    """Ours, as the issuer."""


@dataclass(frozen=True)
class Inside:
    """What the checks found in a request object."""

    texts: dict[str, str]
    """Its parameters, as they would stand outside."""


def _refuse(description: str) -> RequestError:
    return RequestError("invalid_request_object", description)


# -- what must be true of the members


def nesting(members: Members) -> None:
    if any(name in members for name in _NESTED):
        raise _refuse("a request object holds no other (RFC 9101 section 4)")


def issuer(members: Members, client: Client) -> None:
    said = members.get("iss")
    if said != client.client_id and (said is not None or client.require_signed_request_object):
        raise _refuse("iss must be the client_id")


def audience(members: Members, client: Client, own_name: str) -> None:
    """Neither specification demands `aud`; a client that insists on signatures has to give it.

    So has one that a profile holds (FAPI 2.0 Message Signing section 5.3.1).
    """
    said = members.get("aud")
    known = said if isinstance(said, list) else [said]
    needed = client.require_signed_request_object or client.profile is not None
    if own_name not in known and (said is not None or needed):
        raise _refuse("aud must be this issuer")


def not_an_assertion(members: Members, client: Client) -> None:
    """What authenticates the client elsewhere is no request (RFC 9101 section 10.8)."""
    if members.get("sub") == client.client_id:
        raise _refuse("sub must not be the client_id")


def times(members: Members) -> None:
    """RFC 7519 section 4.1: NumericDate, with some leeway."""
    names = ("exp", "nbf", "iat")
    found = {name: members[name] for name in names if name in members}
    for name, value in found.items():
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise _refuse(f"{name} must be a number")
    now = clock.now()
    if found.get("exp", now) <= now - LEEWAY:
        raise _refuse("the request object has expired")
    if max(found.get("nbf", now), found.get("iat", now)) > now + LEEWAY:
        raise _refuse("the request object is not valid yet")


def an_hour_at_most(members: Members, client: Client) -> None:
    """FAPI 2.0 Message Signing section 5.3.1: from `nbf`, not an hour ago, to `exp`.

    They are numbers: `times` looked.
    """
    if client.profile is None:
        return
    begins, ends = members.get("nbf"), members.get("exp")
    if begins is None or ends is None:
        raise _refuse("nbf and exp are needed")
    why = beyond_an_hour(begins, ends, clock.now())
    if why is not None:
        raise _refuse(why)


def beyond_an_hour(begins: float, ends: float, now: int) -> str | None:
    """Return why what counts from `begins` to `ends` counts for too long; None if it does not.

    Numbers, of whatever size: in JSON 1e999 is one that is larger than any other.
    """
    if begins < now - LONGEST:
        return "nbf is more than an hour ago"
    return "exp is more than an hour after nbf" if ends > begins + LONGEST else None


def same_client(members: Members, client: Client) -> None:
    if members.get("client_id", client.client_id) != client.client_id:
        raise _refuse("client_id must be the same inside and outside")


def same_response_type(members: Members, outside: Mapping[str, str]) -> None:
    within, beside = members.get("response_type"), outside.get("response_type")
    if within is None or beside is None:
        return
    if not isinstance(within, str) or sorted(within.split(" ")) != sorted(beside.split(" ")):
        raise _refuse("response_type must be the same inside and outside")


def texts(members: Members) -> dict[str, str]:
    """Return the parameters among the members as they would stand outside; empty ones left out."""
    found = {name: as_text(name, members[name]) for name in PARAMETERS if name in members}
    return {name: value for name, value in found.items() if value}


def as_text(name: str, value: Any) -> str:
    """OIDC Core 6.1: strings, numbers as JSON numbers, and `claims` as a JSON object.

    And RFC 9396 section 3: `authorization_details` as a JSON array.

    Raises:
        RequestError: invalid_request_object, it is of another type.
    """
    if isinstance(value, str) and not _has_half_characters(value):
        return value
    if name in _NUMBERS and isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if name in MANY and isinstance(value, list):
        return " ".join(as_text("", one) for one in value)
    if isinstance(value, _JSON.get(name, ())):
        try:
            return json.dumps(value)
        except RecursionError:
            pass
    raise _refuse(f"{name} is of another type than it must be")


def _has_half_characters(value: str) -> bool:
    """JSON can write halves of surrogate pairs, which no address and no database takes."""
    return any("\ud800" <= character <= "\udfff" for character in value)


CHECKS = OrderedChecks(
    Opened,
    Inside,
    (
        nesting,
        issuer,
        audience,
        not_an_assertion,
        times,
        an_hour_at_most,
        same_client,
        same_response_type,
        texts,
    ),
)


class RequestObjects:
    """Turns parameters that carry or name a request object into those that count."""

    def __init__(self, issuer: str, keys: ClientKeys, fetcher: Fetcher) -> None:
        self._issuer = issuer
        self._keys = keys
        self._fetcher = fetcher
        self._shares = Shares(FETCHES, FETCHES // 2)

    def unpack(self, work: Work, client: Client, outside: Mapping[str, str]) -> dict[str, str]:
        """Return the parameters that count; those given when no request object is.

        May fetch the object or the client's keys: to be called when no transaction is open.

        Raises:
            RequestError: invalid_request_object, invalid_request_uri, or another.
        """
        if all(name in outside for name in _NESTED):
            raise RequestError("invalid_request", "request and request_uri exclude each other")
        if "request" in outside:
            token = outside["request"]
        elif "request_uri" in outside:
            token = self._fetch(work, client, outside["request_uri"])
        elif client.require_signed_request_object:
            raise RequestError("invalid_request", "this client sends signed request objects only")
        else:
            return dict(outside)
        members = self._open(work, client, token)
        found = CHECKS.run(Opened(members, outside, client, self._issuer))
        kept = {} if client.require_signed_request_object else outside
        merged = {**kept, **found.texts, "client_id": client.client_id}
        return {name: value for name, value in merged.items() if name not in _NESTED}

    def _open(self, work: Work, client: Client, token: str) -> dict[str, Any]:
        """Return the members of an object signed with a key of the client."""
        if len(token) > MAX_OBJECT:
            raise _refuse("the request object is too long")
        registered = client.request_object_signing_alg
        algs = client.signs_by((registered,) if registered else REQUEST_OBJECT_ALGS)
        try:
            header = read_header(token)
            if (header.typ or "jwt") not in TYPES:
                raise InvalidAssertion("this typ of JWT is no request object")
            return self._keys.claims(work, client, token, algs)
        except InvalidAssertion as error:
            raise _refuse(str(error)) from None
        except KeysBusy as error:
            raise RequestError(error.error, error.description) from None

    def _fetch(self, work: Work, client: Client, uri: str) -> str:
        """Return what stands at a registered request_uri (OIDC Core 6.2).

        A fragment is a mark of the version: it is not sent, and one may be added to an address
        that was registered without.
        """
        address = uri.partition("#")[0]
        if uri not in client.request_uris and address not in client.request_uris:
            raise _lost("request_uri is not registered")
        with self._shares.place(address, strange=client.unvetted) as free:
            if not free:
                raise RequestError("temporarily_unavailable", "too many requests are being fetched")
            work.release()
            try:
                fetched = self._fetcher.get(
                    address, accept=MEDIA_TYPES, limit=MAX_OBJECT, seconds=FETCH_SECONDS
                )
            except EgressError:
                raise _lost("request_uri could not be fetched") from None
        if fetched.status != 200:
            raise _lost("request_uri was not answered with status 200")
        return fetched.body.decode("ascii", "replace").strip()


def _lost(description: str) -> RequestError:
    return RequestError("invalid_request_uri", description)
