"""Asking the provider why the token says what it says, and for the proof, with the client's secret.

Owns these two questions and their answers as values for the page; it believes nothing for them.
"""

from collections.abc import Mapping
from typing import Any

import requests

METHODS = {
    "password": "a password",
    "totp": "an authenticator app",
    "sms": "a text message",
    "webauthn": "a passkey",
    "recovery": "a recovery code",
}
"""How the provider names its methods, in words."""


def explained(issuer: str, client_id: str, secret: str, token: str) -> Mapping[str, Any] | None:
    """Return what the provider says of a token of this application; None when it says nothing."""
    with requests.Session() as session:
        # The provider is on this machine, whatever proxy the environment names.
        session.trust_env = False
        answer = session.post(
            f"{issuer}/api/v1/explain",
            data={"token": token},
            auth=(client_id, secret),
            timeout=10,
        )
    if answer.status_code != 200:
        return None
    found: Mapping[str, Any] = answer.json()
    return found


def proved(issuer: str, client_id: str, secret: str, token: str) -> tuple[int, bytes]:
    """Return status and body of the provider's answer with the proof of a token's record."""
    with requests.Session() as session:
        session.trust_env = False
        answer = session.post(
            f"{issuer}/api/v1/proof", data={"token": token}, auth=(client_id, secret), timeout=10
        )
    return answer.status_code, answer.content


def method(name: str) -> str:
    """Return what a method is called in a sentence."""
    return METHODS.get(name, name)


def ways(higher: Mapping[str, Any]) -> str:
    """Return how a higher level would have been reached, `a passkey or an authenticator app`.

    There is one way at least.
    """
    *first, last = [" and ".join(map(method, way)) for way in higher["ways"]]
    return f"{', '.join(first)} or {last}" if first else last
