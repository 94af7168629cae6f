"""The authorization request: parameters in, one frozen value out. Reads nothing, stores nothing.

`CHECKS` is the endpoint: small functions in order, each named for what it looks at, each raising
the standard's error. What is wrong before the redirect URI is trusted:
`idp.oidc.authorize.parameters`.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from idp.oidc import vocabulary
from idp.oidc.authorize import parameters as incoming
from idp.oidc.authorize import requested_claims
from idp.oidc.clients.client import Client
from idp.oidc.errors import RequestError
from idp.oidc.vocabulary import CREATE, LEGACY_RESPONSE_TYPES, PROMPTS, RESPONSE_TYPES, SCOPES
from idp.signin.demand import Demand

RESPONSE_MODES = vocabulary.RESPONSE_MODES
MAX_VALUE = 4096
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}\Z")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True)
class Around:
    """What a request is checked against, beside the client's registration."""

    hint: Callable[[str], str | None]
    """Turns an id_token_hint of this client into its `sub`; None when it is not ours."""
    person: Callable[[str], str | None]
    """Turns a `sub` that this client knows into a person's id; None when it is nobody's."""
    legacy: bool = False
    """Implicit and hybrid response types exist."""
    keeps: int = 0
    """Seconds for which offline access lasts."""


@dataclass
class Draft:
    """A request being checked: the parameters, the client, and what the checks found."""

    parameters: Mapping[str, str]
    client: Client
    around: Around
    found: dict[str, Any] = field(default_factory=dict)

    def get(self, name: str) -> str:
        return self.parameters.get(name, "")


def sizes(draft: Draft) -> None:
    for name, value in draft.parameters.items():
        if len(value) > MAX_VALUE:
            raise RequestError("invalid_request", f"{name} is too long")
        if _CONTROL.search(value):
            raise RequestError("invalid_request", f"{name} has control characters")


def registration(draft: Draft) -> None:
    """OIDC Core 7.2.1: what is not supported is said to be so, never ignored."""
    if draft.get("registration"):
        raise RequestError("registration_not_supported", "registration is not supported")


def response_type(draft: Draft) -> None:
    """RFC 6749 section 3.1.1: words in any order. Registered, and offered here."""
    asked = draft.get("response_type")
    if not asked:
        raise RequestError("invalid_request", "response_type is missing")
    words = sorted(asked.split(" "))
    offered = (*RESPONSE_TYPES, *(LEGACY_RESPONSE_TYPES if draft.around.legacy else ()))
    if words not in [sorted(known.split()) for known in offered]:
        raise RequestError("unsupported_response_type", "this response_type is not supported")
    client = draft.client
    grants = {"authorization_code" if word == "code" else "implicit" for word in words}
    registered = words in [sorted(known.split()) for known in client.response_types]
    if not registered or not grants <= set(client.grant_types):
        raise RequestError("unauthorized_client", "this response_type is not registered")
    draft.found["response_type"] = words


def response_mode(draft: Draft) -> None:
    problem = incoming.mode_problem(draft.parameters)
    if problem is not None:
        raise RequestError("invalid_request", problem)


def nonce(draft: Draft) -> None:
    """OIDC Core 3.2.2.1: an ID token that comes through the browser is bound to its request."""
    if "id_token" in draft.found["response_type"] and not draft.get("nonce"):
        raise RequestError("invalid_request", "nonce is missing")


def scope(draft: Draft) -> None:
    """Unknown scopes are left out (OIDC Core 3.1.2.1), and those that are not registered.

    Offline access needs the grant, and a code (OIDC Core 11).
    """
    asked = draft.get("scope").split()
    client = draft.client
    allowed = SCOPES if client.scope is None else client.scope.split()
    known = [name for name in SCOPES if name in asked and name in allowed]
    offline = "refresh_token" in client.grant_types and "code" in draft.found["response_type"]
    if "offline_access" in known and not offline:
        known.remove("offline_access")
    if "openid" not in known:
        missing = "openid" not in asked
        reason = "scope must contain openid" if missing else "openid is not a scope of this client"
        raise RequestError("invalid_scope", reason)
    draft.found["scopes"] = frozenset(known)


def pkce(draft: Draft) -> None:
    """RFC 7636 with S256 only (RFC 9700 section 2.1.1). It protects codes, and nothing else."""
    if "code" not in draft.found["response_type"]:
        return
    challenge, method = draft.get("code_challenge"), draft.get("code_challenge_method")
    if not challenge:
        if draft.client.pkce == "required" or method:
            raise RequestError("invalid_request", "code_challenge is missing (PKCE is required)")
        return
    if method != "S256":
        raise RequestError("invalid_request", "code_challenge_method must be S256")
    if not _CHALLENGE.match(challenge):
        raise RequestError("invalid_request", "code_challenge is not a SHA-256 in base64url")


def prompt(draft: Draft) -> None:
    asked = frozenset(draft.get("prompt").split())
    if not asked <= {*PROMPTS, CREATE}:
        raise RequestError("invalid_request", "prompt has a value that is not supported")
    if "none" in asked and len(asked) > 1:
        raise RequestError("invalid_request", "prompt=none stands alone")
    # Whoever is to have a new account is not answered for by the one who is here.
    draft.found["prompt"] = asked | {"select_account"} if CREATE in asked else asked


def max_age(draft: Draft) -> None:
    text = draft.get("max_age")
    if not text:
        draft.found["max_age"] = draft.client.default_max_age
        return
    if not (text.isascii() and text.isdigit() and len(text) <= 10):
        raise RequestError("invalid_request", "max_age must be a number of seconds")
    draft.found["max_age"] = int(text)


def claims(draft: Draft) -> None:
    draft.found["claims"] = requested_claims.read(draft.get("claims"))


def acr_values(draft: Draft) -> None:
    """Both ways at once: essential wins. Defaults act only when there is neither.

    See docs/acr.md rule 3.
    """
    client, claims = draft.client, draft.found["claims"]
    essential = claims.essential_acr or None
    asked = tuple(dict.fromkeys(draft.get("acr_values").split())) or claims.voluntary_acr
    if not asked and essential is None:
        asked = client.default_acr_values
    if asked and client.acr_values_mode == "required" and essential is None:
        essential = asked
    draft.found["essential"] = essential
    draft.found["acr_values"] = asked


def subject(draft: Draft) -> None:
    """Who alone may answer: the `sub` of the hint, or of the claims parameter (OIDC Core 5.5.1).

    Somebody who is not here, and never can be, is an error even where pages may be shown.
    """
    hint, wanted = draft.get("id_token_hint"), {draft.found["claims"].subject}
    if hint:
        hinted = draft.around.hint(hint)
        if hinted is None:
            raise RequestError("invalid_request", "id_token_hint is not an ID token of this issuer")
        wanted.add(hinted)
    wanted.discard(None)
    if len(wanted) > 1:
        raise RequestError("invalid_request", "id_token_hint and claims name different people")
    draft.found["subject"] = None
    for name in wanted:
        draft.found["subject"] = draft.around.person(name)
        if draft.found["subject"] is None:
            raise RequestError("login_required", "nobody here has the sub that is asked for")


CHECKS: tuple[Callable[[Draft], None], ...] = (
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
    subject,
)


def check(
    parameters: Mapping[str, str], repeated: Sequence[str], client: Client, around: Around
) -> Demand:
    """Return the checked request as a Demand.

    Raises:
        RequestError: the error to send to the trusted redirect URI.
    """
    if repeated:
        raise RequestError("invalid_request", f"{repeated[0]} is given more than once")
    draft = Draft(parameters, client, around)
    for one in CHECKS:
        one(draft)
    found = draft.found
    scopes: frozenset[str] = found["scopes"]
    return Demand(
        client_id=client.client_id,
        application=client.application(draft.get("redirect_uri")),
        grantee=client.grantee,
        return_to="/authorize/resume/{id}",
        redirect_uri=draft.get("redirect_uri"),
        login_hint=draft.get("login_hint")[:254],
        ui_locales=tuple(draft.get("ui_locales").split()[:10]),
        acr_values=found["acr_values"],
        essential=found["essential"],
        max_age=found["max_age"],
        prompt=found["prompt"],
        floor=client.min_acr,
        scopes=scopes | found["claims"].consents(scopes),
        consent_needed=not client.first_party,
        unassured=not client.assured(
            draft.get("redirect_uri"), tokens=vocabulary.front_channel(draft.get("response_type"))
        ),
        keeps=around.keeps if "offline_access" in scopes else 0,
        subject=found["subject"],
        accepts_bootstrap=client.accepts_bootstrap,
        parameters=_carried(draft),
    )


def _carried(draft: Draft) -> dict[str, Any]:
    """Return what the answer will need."""
    found, client = draft.found, draft.client
    says_auth_time = (
        found["max_age"] is not None
        or client.require_auth_time
        or client.min_acr is not None
        or found["claims"].auth_time
    )
    challenge = ("code_challenge",) if "code" in found["response_type"] else ()
    kept = ("state", "nonce", *challenge)
    return {
        **{name: draft.get(name) for name in kept if draft.get(name)},
        "response_type": found["response_type"],
        "response_mode": incoming.response_mode(draft.parameters),
        "claims": found["claims"].to_json(),
        "says_auth_time": says_auth_time,
    }
