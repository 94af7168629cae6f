"""Answers that programs parse: JSON that no one stores, and OAuth's errors in it."""

import json
from collections.abc import Mapping
from typing import Any

from authlib.oauth2 import OAuth2Error

from idp.oidc.client_auth.keys import KeysBusy
from idp.oidc.errors import SlowDown, UseNonce
from idp.web.lane.plain import Answer

NOT_STORED = (("Cache-Control", "no-store"), ("Pragma", "no-cache"))
HEADERS = (("Content-Type", "application/json"), *NOT_STORED)


def answer(status: int, body: Mapping[str, Any], *more: tuple[str, str]) -> Answer:
    """Return a JSON answer that no one stores (RFC 6749 section 5.1), with `more` headers."""
    headers = (*HEADERS, *more) if more else HEADERS
    return Answer(status, headers, json.dumps(body).encode())


def error_answer(error: OAuth2Error, realm: str = "token") -> Answer:
    """Return an OAuth error as JSON."""
    body = {"error": error.error}
    if error.description:
        body["error_description"] = error.description
    more = []
    if error.status_code == 401:
        more.append(("WWW-Authenticate", f'Basic realm="{realm}"'))
    if isinstance(error, SlowDown | KeysBusy):
        more.append(("Retry-After", str(error.wait)))
    if isinstance(error, UseNonce):
        more.append(("DPoP-Nonce", error.nonce))
    return answer(error.status_code, body, *more)
