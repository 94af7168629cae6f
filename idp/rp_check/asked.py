"""What an application asks for at `/authorize`, parsed once."""

import json
from dataclasses import dataclass
from typing import Any

_MODES = ("", "query", "form_post")


class NotCheckedError(Exception):
    """The application asks for what this check cannot give, or cannot be told apart by it."""


@dataclass(frozen=True)
class Asked:
    """An authorization request (OpenID Connect Core 3.1.2.1), as far as cases depend on it."""

    client_id: str
    redirect_uri: str
    state: str | None
    nonce: str | None
    scope: str
    code_challenge: str
    challenge_method: str
    acrs: tuple[str, ...]
    """The levels asked for, by `acr_values` or the `claims` parameter."""
    max_age: int | None
    """Seconds."""
    posts: bool
    """Whether the answer goes by a form (`form_post`)."""


def read(parameters: dict[str, str]) -> Asked:
    """Return the request.

    Raises:
        NotCheckedError: it is not of the code flow by plain parameters.
    """
    kind, mode = parameters.get("response_type", ""), parameters.get("response_mode", "")
    if kind != "code":
        raise NotCheckedError(f"it asks for response_type={kind!r}; only the code flow is checked")
    if mode not in _MODES:
        raise NotCheckedError(f"it asks for response_mode={mode!r}, which is not checked")
    if "request" in parameters or "request_uri" in parameters:
        raise NotCheckedError("it sends a request object, and this provider announces none")
    return Asked(
        client_id=parameters.get("client_id", ""),
        redirect_uri=parameters.get("redirect_uri", ""),
        state=parameters.get("state"),
        nonce=parameters.get("nonce"),
        scope=parameters.get("scope", ""),
        code_challenge=parameters.get("code_challenge", ""),
        challenge_method=parameters.get("code_challenge_method", "plain"),
        acrs=_levels(parameters),
        max_age=_seconds(parameters.get("max_age", "")),
        posts=mode == "form_post",
    )


def _levels(parameters: dict[str, str]) -> tuple[str, ...]:
    wished = parameters.get("acr_values", "").split()
    try:
        claim = json.loads(parameters.get("claims", "{}"))["id_token"]["acr"]
    except (ValueError, TypeError, KeyError):
        return tuple(wished)
    return (*wished, *_values(claim))


def _values(claim: Any) -> tuple[str, ...]:
    if not isinstance(claim, dict):
        return ()
    many = claim.get("values", ())
    found = [claim.get("value"), *(many if isinstance(many, list) else ())]
    return tuple(one for one in found if isinstance(one, str))


def _seconds(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 10 else None
