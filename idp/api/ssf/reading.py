"""What a receiver sent, read strictly: a JSON object of texts that a database stores."""

import json
from typing import Any

from flask import Request
from werkzeug.exceptions import RequestEntityTooLarge

from idp.api.v1.problems import Problem


def body(request: Request) -> dict[str, Any]:
    """Return the object of a body.

    Raises:
        Problem: it is too large, or none.
    """
    try:
        data = request.get_data(cache=False)
    except RequestEntityTooLarge:
        raise Problem(413, "too-large", "the request is too large") from None
    try:
        text = data.decode()
        found = json.loads(text, parse_constant=_none)
        # A half of a pair is no text that a database stores, and neither is NUL.
        json.dumps(found, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise bad("the body is no JSON") from None
    if not isinstance(found, dict):
        raise bad("the body must be a JSON object")
    if "\\u0000" in text:
        raise bad("a text has a NUL in it")
    return found


def text_of(sent: dict[str, Any], name: str, *, needed: bool = True) -> str | None:
    """Return a member that is a text.

    Raises:
        Problem: it is none, or missing where it is `needed`.
    """
    found = sent.get(name)
    if found is None and not needed:
        return None
    if not isinstance(found, str) or (needed and not found):
        raise bad(f"{name} must be a text")
    return found


def stream_of(sent: dict[str, Any]) -> str:
    """Return which stream a request is about.

    Raises:
        Problem: it does not say.
    """
    found = text_of(sent, "stream_id")
    assert found is not None
    return found


def bad(why: str) -> Problem:
    """Return what is answered where a request cannot be read."""
    return Problem(400, "invalid_request", why)


def _none(_name: str) -> None:
    raise ValueError("no number of JSON")
