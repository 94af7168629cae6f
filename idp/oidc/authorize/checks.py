"""The checks of an authorization request. They read nothing from the database and store nothing.

`CHECKS` is the endpoint: small functions in the order in which they run, each named for what it
looks at, each raising the standard's error, each handed by name what it needs of the request and of
what the checks before it found (`ordered_checks`). What is wrong before the redirect URI is trusted
is shown on a page: `parameters`. What was found becomes a Demand: `as_demand`.

A pushed request (RFC 9126) goes through all of them, at /par and again at /authorize, so the table
has no column. An endpoint that is another (a device request, RFC 8628: `device.asked`) has a table
of its own, of the same functions. What it does not check but they need, such as the response_type
of a device request, is a field of what it is given.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from idp.oidc.apis import details
from idp.oidc.apis.api import Api, DetailType
from idp.oidc.apis.details import Detail
from idp.oidc.authorize import parameters as incoming
from idp.oidc.authorize import requested_claims
from idp.oidc.authorize.ordered_checks import OrderedChecks
from idp.oidc.authorize.requested_claims import RequestedClaims
from idp.oidc.clients.client import Client
from idp.oidc.errors import RequestError
from idp.oidc.tokens import resources
from idp.oidc.vocabulary import (
    CREATE,
    LEGACY_RESPONSE_TYPES,
    PROMPTS,
    RESPONSE_TYPES,
    SCOPES,
)

MAX_VALUE = 4096
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}\Z")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")

Parameters = Mapping[str, str]
Lookup = Callable[[str], str | None]
Registered = Callable[[], Sequence[Api]]
"""Returns the APIs that are registered: only who asks for one of theirs needs them."""
Details = tuple[tuple[Detail, DetailType], ...]


@dataclass(frozen=True)
class Asked:
    """A request to be checked, and what it is checked against."""

    parameters: Parameters
    """Known ones, none of them empty."""
    repeated: Sequence[str]
    """The names given more than once."""
    client: Client
    hint: Lookup
    """Turns an id_token_hint of this client into its `sub`; None when it is not ours."""
    person: Lookup
    """Turns a `sub` that this client knows into a person's id; None when it is no one's."""
    legacy: bool
    """Implicit and hybrid response types exist."""
    keeps: int
    """Seconds for which offline access lasts."""
    issuer: str
    """Our own name."""
    pushed: bool
    """It comes to /par, or was there."""
    pushed_only: bool
    """Nothing else is taken, of any client."""
    apis: Registered


@dataclass(frozen=True)
class Levels:
    """The acr values asked for, in order of preference: see `idp.policy.types.Ask`."""

    essential: tuple[str, ...] | None
    voluntary: tuple[str, ...]


@dataclass(frozen=True)
class Checked:
    """What the checks found, each under the name of its check."""

    response_type: tuple[str, ...]
    """Its words, sorted."""
    response_mode: str
    nonce: str
    scope: tuple[str, ...]
    """Those that may be granted, in the order of `vocabulary.SCOPES`, then those of APIs."""
    pkce: str
    """The code_challenge; "" where there is none, or no code."""
    prompt: frozenset[str]
    max_age: int | None
    """Seconds."""
    claims: RequestedClaims
    acr_values: Levels
    resource: tuple[str, ...]
    """The APIs that its access tokens are for; none: as the client is registered."""
    authorization_details: Details
    """The single acts that the person is to agree to."""
    dpop_jkt: str | None
    """The thumbprint of the key that its code is bound to."""
    subject: str | None
    """The id of the person who alone may answer."""


def once(repeated: Sequence[str]) -> None:
    """RFC 6749 section 3.1."""
    if repeated:
        raise RequestError("invalid_request", f"{repeated[0]} is given more than once")


def by_push(client: Client, pushed: bool, pushed_only: bool) -> None:
    """RFC 9126 sections 5 and 6: of some clients, or of all, nothing else is taken."""
    if not pushed and (pushed_only or client.require_pushed_authorization_requests):
        raise RequestError("invalid_request", "requests of this client must be pushed (RFC 9126)")


def sizes(parameters: Parameters) -> None:
    for name, value in parameters.items():
        if len(value) > MAX_VALUE:
            raise RequestError("invalid_request", f"{name} is too long")
        if _CONTROL.search(value):
            raise RequestError("invalid_request", f"{name} has control characters")


def registration(parameters: Parameters) -> None:
    """OIDC Core 7.2.1: what is not supported is said to be so, never ignored."""
    if parameters.get("registration"):
        raise RequestError("registration_not_supported", "registration is not supported")


def response_type(parameters: Parameters, client: Client, legacy: bool) -> tuple[str, ...]:
    """RFC 6749 section 3.1.1: words in any order. Registered, and offered here."""
    asked = parameters.get("response_type", "")
    if not asked:
        raise RequestError("invalid_request", "response_type is missing")
    words = tuple(sorted(asked.split(" ")))
    if words not in _in_order((*RESPONSE_TYPES, *(LEGACY_RESPONSE_TYPES if legacy else ()))):
        raise RequestError("unsupported_response_type", "this response_type is not supported")
    grants = {"authorization_code" if word == "code" else "implicit" for word in words}
    registered = words in _in_order(client.response_types)
    if not registered or not grants <= set(client.grant_types):
        raise RequestError("unauthorized_client", "this response_type is not registered")
    return words


@lru_cache(maxsize=64)
def _in_order(response_types: tuple[str, ...]) -> frozenset[tuple[str, ...]]:
    """Return the words of each response type, sorted."""
    return frozenset(tuple(sorted(one.split())) for one in response_types)


def response_mode(parameters: Parameters) -> str:
    problem = incoming.mode_problem(parameters)
    if problem is not None:
        raise RequestError("invalid_request", problem)
    return incoming.response_mode(parameters)


def nonce(parameters: Parameters, response_type: tuple[str, ...]) -> str:
    """OIDC Core 3.2.2.1: an ID token that comes through the browser is bound to its request."""
    found = parameters.get("nonce", "")
    if "id_token" in response_type and not found:
        raise RequestError("invalid_request", "nonce is missing")
    return found


def scope(
    parameters: Parameters, client: Client, response_type: tuple[str, ...]
) -> tuple[str, ...]:
    """Unknown scopes are left out (OIDC Core 3.1.2.1), and those that are not registered.

    Offline access needs the grant, and a code (OIDC Core 11).
    """
    asked = parameters.get("scope", "").split()
    allowed = SCOPES if client.scopes is None else client.scopes
    known = [name for name in SCOPES if name in asked and name in allowed]
    offline = "refresh_token" in client.grant_types and "code" in response_type
    if "offline_access" in known and not offline:
        known.remove("offline_access")
    known += [name for name in client.api_scopes if name in asked]
    if client.resource_scopes:
        known += [name for name in client.scope_apis if name in asked]
    if "openid" not in known:
        missing = "openid" not in asked
        reason = "scope must contain openid" if missing else "openid is not a scope of this client"
        raise RequestError("invalid_scope", reason)
    return tuple(known)


def pkce(parameters: Parameters, client: Client, response_type: tuple[str, ...]) -> str:
    """RFC 7636 with S256 only (RFC 9700 section 2.1.1). It protects codes, and nothing else."""
    if "code" not in response_type:
        return ""
    challenge = parameters.get("code_challenge", "")
    method = parameters.get("code_challenge_method", "")
    if not challenge:
        if client.pkce == "required" or method:
            raise RequestError("invalid_request", "code_challenge is missing (PKCE is required)")
        return ""
    if method != "S256":
        raise RequestError("invalid_request", "code_challenge_method must be S256")
    if not _CHALLENGE.match(challenge):
        raise RequestError("invalid_request", "code_challenge is not a SHA-256 in base64url")
    return challenge


def prompt(parameters: Parameters) -> frozenset[str]:
    asked = frozenset(parameters.get("prompt", "").split())
    if not asked <= {*PROMPTS, CREATE}:
        raise RequestError("invalid_request", "prompt has a value that is not supported")
    if "none" in asked and len(asked) > 1:
        raise RequestError("invalid_request", "prompt=none stands alone")
    # Anyone who is to have a new account is not answered for by the one who is here.
    return asked | {"select_account"} if CREATE in asked else asked


def max_age(parameters: Parameters, client: Client) -> int | None:
    text = parameters.get("max_age", "")
    if not text:
        return client.default_max_age
    if not (text.isascii() and text.isdigit() and len(text) <= 10):
        raise RequestError("invalid_request", "max_age must be a number of seconds")
    return int(text)


def claims(parameters: Parameters) -> RequestedClaims:
    return requested_claims.read(parameters.get("claims", ""))


def acr_values(parameters: Parameters, client: Client, claims: RequestedClaims) -> Levels:
    """Both ways at once: essential wins. Defaults act only when there is neither.

    See docs/acr.md rule 3.
    """
    essential = claims.essential_acr or None
    listed = parameters.get("acr_values", "").split()
    asked = tuple(dict.fromkeys(listed)) or claims.voluntary_acr
    if not asked and essential is None:
        asked = client.default_acr_values
    if asked and client.acr_values_mode == "required" and essential is None:
        essential = asked
    return Levels(essential, asked)


def resource(parameters: Parameters, client: Client, issuer: str) -> tuple[str, ...]:
    """RFC 8707 section 2.1: what is not known is an error, never ignored."""
    return resources.named(issuer, client, parameters.get("resource", ""))


def authorization_details(
    parameters: Parameters,
    client: Client,
    response_type: tuple[str, ...],
    resource: tuple[str, ...],
    apis: Registered,
) -> Details:
    """RFC 9396 section 5: what is not known, or not as its type says, is an error.

    They are never part of an answer that comes through the browser.
    """
    text = parameters.get(details.NAME)
    if text is None:
        return ()
    try:
        if "token" in response_type:
            raise details.Invalid("details need the response type code")
        return details.checked(text, apis(), client.authorization_details_types, resource)
    except details.Invalid as error:
        raise RequestError(details.INVALID, str(error)) from None


def dpop_jkt(parameters: Parameters) -> str | None:
    """RFC 9449 section 10: a code that only whoever shows this key redeems."""
    found = parameters.get("dpop_jkt")
    if found is not None and not _CHALLENGE.match(found):
        raise RequestError("invalid_request", "dpop_jkt is not a SHA-256 in base64url")
    return found


def subject(
    parameters: Parameters, claims: RequestedClaims, hint: Lookup, person: Lookup
) -> str | None:
    """Who alone may answer: the `sub` of the hint, or of the claims parameter (OIDC Core 5.5.1).

    Someone who is not here, and never can be, is an error even where pages may be shown.
    """
    token, wanted = parameters.get("id_token_hint", ""), {claims.subject}
    if token:
        hinted = hint(token)
        if hinted is None:
            raise RequestError("invalid_request", "id_token_hint is not an ID token of this issuer")
        wanted.add(hinted)
    wanted.discard(None)
    if len(wanted) > 1:
        raise RequestError("invalid_request", "id_token_hint and claims name different people")
    name = next(iter(wanted), None)
    found = person(name) if name is not None else None
    if name is not None and found is None:
        raise RequestError("login_required", "nobody here has the sub that is asked for")
    return found


CHECKS = OrderedChecks(
    Asked,
    Checked,
    (
        once,
        by_push,
        sizes,
        registration,
        response_type,
        response_mode,
        nonce,
        scope,
        pkce,
        prompt,
        max_age,
        claims,
        acr_values,
        resource,
        authorization_details,
        dpop_jkt,
        subject,
    ),
)
