"""What a client says of itself when it registers: strict JSON in, members fit to be stored out.

RFC 7591 section 2, OpenID Connect Registration section 2. A client may register the members that
are marked as standard; whatever else it sends is ignored and never stored, a software statement
and names in further languages (`client_name#mi`) too. The operator's members of a client, such as
`min_acr`, stay what they are when it replaces its registration.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from idp.oidc.clients.client import MEMBERS, Client, from_metadata
from idp.oidc.clients.metadata import Problem, problems
from idp.oidc.clients.offer import Offer
from idp.oidc.errors import RegistrationError
from idp.oidc.uris import HOST_AND_PORT, https_uri
from idp.oidc.vocabulary import SCOPES, front_channel

INVALID = "invalid_client_metadata"
MAX_DEPTH = 6
"""Levels of JSON: a key set has four."""
MAX_NAME = 200
MAX_AGE_DIGITS = 10
"""As many as a max_age of /authorize may have."""


@dataclass(frozen=True)
class Terms:
    """What this installation lets a client register for itself."""

    offer: Offer
    address_problem: Callable[..., str | None]
    """Why an address will never be fetched (`idp.egress.Fetcher.problem`)."""
    everybody: bool
    """No one vouches for the client: registration is open."""


@dataclass(frozen=True)
class Registration:
    """A name and members that passed every check."""

    name: str
    data: Mapping[str, Any]

    @property
    def client(self) -> Client:
        return from_metadata(self.data, client_id="", name=self.name)


def read(media_type: str, body: bytes) -> dict[str, Any]:
    """Return the JSON object of a request, without the members that are null.

    Raises:
        RegistrationError: not application/json, no UTF-8, no object, a member twice, or too deep.
    """
    if media_type != "application/json":
        raise RegistrationError(INVALID, "send application/json")
    try:
        found = json.loads(
            body.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_constant
        )
    except (ValueError, RecursionError):
        raise RegistrationError(
            INVALID, "the body is no JSON, or names a member twice (RFC 8259)"
        ) from None
    if not isinstance(found, dict) or not _shallow(found, MAX_DEPTH):
        raise RegistrationError(INVALID, "the body must be a JSON object, and no deep one")
    return {name: value for name, value in found.items() if value is not None}


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a member twice")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _shallow(value: Any, levels: int) -> bool:
    if not isinstance(value, dict | list):
        return True
    inner = value.values() if isinstance(value, dict) else value
    return levels > 0 and all(_shallow(each, levels - 1) for each in inner)


def checked(
    sent: Mapping[str, Any], terms: Terms, present: Mapping[str, Any] | None = None
) -> Registration:
    """Return what is to be stored of `sent`; `present` are the members of a client that is there.

    Raises:
        RegistrationError: invalid_redirect_uri or invalid_client_metadata, with the first problem.
    """
    data = {
        name: sent[name] for name, member in MEMBERS.items() if member.standard and name in sent
    }
    data = _with_defaults(_offered(data, terms.offer))
    data |= {name: v for name, v in (present or {}).items() if not MEMBERS[name].standard}
    if data.get("token_endpoint_auth_method") == "none" or data["application_type"] == "native":
        data["pkce"] = "required"
    else:
        data.setdefault("pkce", "optional")
    _refuse(problems(data, terms.offer))
    if "scope" in data:
        data["scope"] = " ".join(scope for scope in SCOPES if scope in data["scope"].split())
    client = from_metadata(data, client_id="", name="")
    _refuse(problem for check in CHECKS for problem in check(client, terms))
    return Registration(_name(sent, client), data)


def _offered(data: dict[str, Any], offer: Offer) -> dict[str, Any]:
    """Leave out response and grant types that are not offered here (RFC 7591 section 2).

    Many clients register for all they know. What is left is in the answer; if nothing is, the
    registration is refused.
    """
    for name, known in (
        ("response_types", offer.response_types),
        ("grant_types", offer.grant_types),
    ):
        asked = data.get(name)
        if isinstance(asked, list) and (kept := [one for one in asked if one in known]):
            data[name] = kept
    return data


def _with_defaults(data: dict[str, Any]) -> dict[str, Any]:
    """RFC 7591 section 2: what holds for members that are not given.

    A client that acts for no one but itself has no response type.
    """
    data.setdefault("application_type", "web")
    grants = data.setdefault("grant_types", ["authorization_code"])
    alone = isinstance(grants, list) and "client_credentials" in grants
    alone = alone and "authorization_code" not in grants and "implicit" not in grants
    data.setdefault("response_types", [] if alone else ["code"])
    return data


def _refuse(found: Any) -> None:
    for problem in found:
        uris = problem.member == "redirect_uris"
        raise RegistrationError("invalid_redirect_uri" if uris else INVALID, problem.text)


def _name(sent: Mapping[str, Any], client: Client) -> str:
    """Return client_name, or what a person would recognise the client by."""
    fallback = urlsplit((client.redirect_uris or ("",))[0]).hostname or "An application"
    given = sent.get("client_name", fallback)
    name = " ".join(given.split()) if isinstance(given, str) else ""
    if not 0 < len(name) <= MAX_NAME or not name.isprintable():
        raise RegistrationError(
            INVALID, f"client_name must have 1 to {MAX_NAME} printable characters"
        )
    return name


# -- the rules for clients that no one looked at


def redirects(client: Client, _terms: Terms) -> Iterator[Problem]:
    """OIDC Registration section 2 (application_type); RFC 8252 section 7; RFC 9700 section 4.14."""
    implicit = any(front_channel(one.split()) for one in client.response_types)
    web = client.application_type == "web"
    for member in ("redirect_uris", "post_logout_redirect_uris"):
        for uri in getattr(client, member):
            parts = urlsplit(uri)
            if parts.scheme in ("https", "http"):
                if not HOST_AND_PORT.fullmatch(parts.netloc):
                    yield Problem(member, f"{uri!r} needs a plain host and port, and no user name")
                elif member == "redirect_uris" and web and implicit and not _remote(uri):
                    yield Problem(member, f"{uri!r}: tokens in a fragment need https and a host")
            elif web:
                yield Problem(member, f"{uri!r} is for a native application")


def _remote(uri: str) -> bool:
    return https_uri(uri) and urlsplit(uri).hostname != "localhost"


def front_channel_logout(client: Client, _terms: Terms) -> Iterator[Problem]:
    """Front-Channel Logout section 2: the origin of a redirect URI."""
    uri = client.frontchannel_logout_uri
    if uri is None:
        return
    own = {_origin(each) for each in client.redirect_uris}
    if urlsplit(uri).scheme not in ("https", "http") or _origin(uri) not in own:
        yield Problem(
            "frontchannel_logout_uri",
            "frontchannel_logout_uri must have scheme, host and port of a redirect URI",
        )


def _origin(uri: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(uri)
    standard = {"https": 443, "http": 80}.get(parts.scheme)
    return parts.scheme, parts.hostname, parts.port or standard


def fetched(client: Client, terms: Terms) -> Iterator[Problem]:
    """Addresses that we will call ourselves must be ones that may be reached."""
    for member in ("jwks_uri", "sector_identifier_uri", "backchannel_logout_uri"):
        uri = getattr(client, member)
        if uri is not None and (text := terms.address_problem(uri)):
            yield Problem(member, f"{member}: {text}")
    for uri in client.request_uris:
        if text := terms.address_problem(uri, fragment=True):
            yield Problem("request_uris", f"request_uris: {text}")


def scopes(client: Client, _terms: Terms) -> Iterator[Problem]:
    """Unknown scopes were left out; none at all would mean every scope."""
    if client.scope == "":
        yield Problem("scope", f"scope must name some of {' '.join(SCOPES)}")


def numbers(client: Client, _terms: Terms) -> Iterator[Problem]:
    if client.default_max_age is not None and len(str(client.default_max_age)) > MAX_AGE_DIGITS:
        yield Problem("default_max_age", "default_max_age is too large")


def without_a_person(client: Client, terms: Terms) -> Iterator[Problem]:
    """A token of the client itself says that someone let it in: so someone must have."""
    if terms.everybody and "client_credentials" in client.grant_types:
        yield Problem("grant_types", "client_credentials needs the operator of this service")


CHECKS: tuple[Callable[[Client, Terms], Iterator[Problem]], ...] = (
    redirects,
    front_channel_logout,
    fetched,
    scopes,
    numbers,
    without_a_person,
)


def described(client: Client) -> dict[str, Any]:
    """Return what is registered, defaults included, as a client may read it (RFC 7591 3.2.1)."""
    values = {name: getattr(client, name) for name, member in MEMBERS.items() if member.standard}
    found = {name: list(v) if isinstance(v, tuple) else v for name, v in values.items()}
    always = ("redirect_uris", "response_types", "grant_types")
    return {
        "client_name": client.name,
        **{n: v for n, v in found.items() if n in always or v not in (None, [])},
    }
