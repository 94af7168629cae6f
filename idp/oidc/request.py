"""The authorization request: parameters in, one frozen value out. Reads nothing, stores nothing.

`CHECKS` is the endpoint: small functions in order, each named for what it looks at, each raising
the standard's error. Whatever is wrong before the redirect URI is trusted ends in a page.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from idp.demand import Demand
from idp.oidc.clients import Client
from idp.oidc.errors import RequestError, UntrustedRedirect

SCOPES = ("openid", "profile", "email", "phone", "offline_access")
PROMPTS = ("none", "login", "consent", "select_account")
RESPONSE_TYPES = ("code",)
RESPONSE_MODES = ("query",)
PARAMETERS = (
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "nonce",
    "response_mode",
    "display",
    "prompt",
    "max_age",
    "ui_locales",
    "claims_locales",
    "id_token_hint",
    "login_hint",
    "acr_values",
    "claims",
    "code_challenge",
    "code_challenge_method",
    "request",
    "request_uri",
    "registration",
    "resource",
)
"""What this endpoint knows; anything else is ignored (RFC 6749 section 3.1)."""
MAX_VALUE = 4096
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}\Z")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass
class Draft:
    """A request being checked: the parameters, the client, and what the checks found."""

    parameters: Mapping[str, str]
    client: Client
    hint: Callable[[str, str], str | None]
    """Turns an id_token_hint for a client id into its subject, or None when it is not ours."""
    found: dict[str, Any] = field(default_factory=dict)

    def get(self, name: str) -> str:
        return self.parameters.get(name, "")


def single_values(pairs: Sequence[tuple[str, str]]) -> tuple[dict[str, str], list[str]]:
    """Return the known parameters, empty ones left out, and the names given more than once."""
    values: dict[str, str] = {}
    repeated: list[str] = []
    for name, value in pairs:
        if name not in PARAMETERS:
            continue
        if name in values:
            repeated.append(name)
        values.setdefault(name, value)
    return {name: value for name, value in values.items() if value}, repeated


def redirect_uri(parameters: Mapping[str, str], client: Client | None, repeated: list[str]) -> str:
    """Return where the answer goes, once client and URI are trusted.

    Raises:
        UntrustedRedirect: with what to tell the person and the developer.
    """
    if "client_id" in repeated or "redirect_uri" in repeated:
        raise UntrustedRedirect("The request names its application or return address twice.")
    if not parameters.get("client_id"):
        raise UntrustedRedirect("The request does not say which application it comes from.")
    if client is None:
        raise UntrustedRedirect("The application that sent you here is not known.")
    uri = parameters.get("redirect_uri", "")
    if not uri:
        raise UntrustedRedirect("The request does not say where to return to.")
    if not client.allows_redirect(uri):
        raise UntrustedRedirect(
            f"The return address of this request is not registered for {client.name}."
        )
    return uri


def response_type(draft: Draft) -> None:
    asked = draft.get("response_type")
    if not asked:
        raise RequestError("invalid_request", "response_type is missing")
    if asked not in RESPONSE_TYPES:
        raise RequestError("unsupported_response_type", "only response_type=code is supported")


def response_mode(draft: Draft) -> None:
    if draft.get("response_mode") not in ("", *RESPONSE_MODES):
        raise RequestError("invalid_request", "this response_mode is not supported")


def request_objects(draft: Draft) -> None:
    """OIDC Core 6: unsupported request objects are said to be so, never ignored."""
    for name in ("request", "request_uri", "registration"):
        if draft.get(name):
            raise RequestError(f"{name}_not_supported", f"{name} is not supported")


def sizes(draft: Draft) -> None:
    for name, value in draft.parameters.items():
        if len(value) > MAX_VALUE:
            raise RequestError("invalid_request", f"{name} is too long")
        if _CONTROL.search(value):
            raise RequestError("invalid_request", f"{name} has control characters")


def scope(draft: Draft) -> None:
    """Unknown scopes are left out (OIDC Core 3.1.2.1); refresh tokens need the grant."""
    asked = draft.get("scope").split()
    known = [name for name in SCOPES if name in asked]
    if "offline_access" in known and "refresh_token" not in draft.client.grant_types:
        known.remove("offline_access")
    if "openid" not in known:
        raise RequestError("invalid_scope", "scope must contain openid")
    draft.found["scopes"] = frozenset(known)


def pkce(draft: Draft) -> None:
    """RFC 7636 with S256 only (RFC 9700 section 2.1.1)."""
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
    if not asked <= set(PROMPTS):
        raise RequestError("invalid_request", "prompt has a value that is not supported")
    if "none" in asked and len(asked) > 1:
        raise RequestError("invalid_request", "prompt=none stands alone")
    draft.found["prompt"] = asked


def max_age(draft: Draft) -> None:
    text = draft.get("max_age")
    if not text:
        draft.found["max_age"] = draft.client.default_max_age
        return
    if not (text.isascii() and text.isdigit() and len(text) <= 10):
        raise RequestError("invalid_request", "max_age must be a number of seconds")
    draft.found["max_age"] = int(text)


def claims(draft: Draft) -> None:
    """The claims parameter (OIDC Core 5.5): acr of the ID token, and claims wanted at userinfo."""
    text = draft.get("claims")
    if not text:
        return
    try:
        asked = json.loads(text)
    except (ValueError, RecursionError):
        raise RequestError("invalid_request", "claims is not JSON") from None
    if not isinstance(asked, dict):
        raise RequestError("invalid_request", "claims must be a JSON object")
    for part in ("id_token", "userinfo"):
        members = asked.get(part) or {}
        if not isinstance(members, dict) or not all(
            value is None or isinstance(value, dict) for value in members.values()
        ):
            raise RequestError("invalid_request", f"claims.{part} must be a JSON object of objects")
        draft.found[part] = sorted(str(name) for name in members)[:50]
        if part == "id_token" and isinstance(members.get("acr"), dict):
            _acr_claim(draft, members["acr"])


def _acr_claim(draft: Draft, asked: dict[str, Any]) -> None:
    """OIDC Core 5.5.1.1: `value` and `values` alike; essential ones are met or refused."""
    values = asked.get("values", [])
    single = [asked["value"]] if "value" in asked else []
    if not isinstance(values, list) or not all(map(_is_text, (*single, *values))):
        raise RequestError("invalid_request", "the acr claim wants strings as value or values")
    wanted = tuple(dict.fromkeys([*single, *values]))
    if asked.get("essential") is True and wanted:
        draft.found["essential"] = wanted
    elif wanted:
        draft.found["voluntary"] = wanted


def _is_text(value: Any) -> bool:
    """JSON can write what no database stores: NUL, and halves of surrogate pairs."""
    return isinstance(value, str) and value.isprintable()


def acr_values(draft: Draft) -> None:
    """Both ways at once: essential wins. Defaults act only when there is neither (ACR.md 3)."""
    client = draft.client
    asked = tuple(dict.fromkeys(draft.get("acr_values").split()))
    asked = asked or draft.found.get("voluntary", ())
    if not asked and "essential" not in draft.found:
        asked = client.default_acr_values
    if asked and client.acr_values_mode == "required" and "essential" not in draft.found:
        draft.found["essential"] = asked
    draft.found["acr_values"] = asked


def id_token_hint(draft: Draft) -> None:
    hint = draft.get("id_token_hint")
    if not hint:
        return
    subject = draft.hint(hint, draft.client.client_id)
    if subject is None:
        raise RequestError("invalid_request", "id_token_hint is not an ID token of this issuer")
    draft.found["subject"] = subject


CHECKS: tuple[Callable[[Draft], None], ...] = (
    sizes,
    request_objects,
    response_type,
    response_mode,
    scope,
    pkce,
    prompt,
    max_age,
    claims,
    acr_values,
    id_token_hint,
)


def check(
    parameters: Mapping[str, str],
    repeated: Sequence[str],
    client: Client,
    hint: Callable[[str, str], str | None],
) -> Demand:
    """Return the checked request as a Demand.

    Raises:
        RequestError: the error to send to the trusted redirect URI.
    """
    if repeated:
        raise RequestError("invalid_request", f"{repeated[0]} is given more than once")
    draft = Draft(parameters, client, hint)
    for one in CHECKS:
        one(draft)
    found = draft.found
    says_auth_time = (
        found["max_age"] is not None
        or client.require_auth_time
        or client.min_acr is not None
        or "auth_time" in found.get("id_token", ())
    )
    kept = ("state", "nonce", "code_challenge")
    return Demand(
        client_id=client.client_id,
        application=client.application,
        return_to="/authorize/resume/{id}",
        redirect_uri=draft.get("redirect_uri"),
        login_hint=draft.get("login_hint")[:254],
        acr_values=found["acr_values"],
        essential=found.get("essential"),
        max_age=found["max_age"],
        prompt=found["prompt"],
        floor=client.min_acr,
        scopes=found["scopes"],
        consent_needed=not client.first_party,
        subject=found.get("subject"),
        accepts_bootstrap=client.accepts_bootstrap,
        parameters={
            **{name: draft.get(name) for name in kept if draft.get(name)},
            "says_auth_time": says_auth_time,
        },
    )
