"""ID tokens read and verified, by a library and not by the product."""

import base64
import json
import time
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from joserfc import jwk, jws


def payload(token: str) -> dict[str, Any]:
    """Return what a token says; its signature is not looked at."""
    part = token.split(".")[1]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found


@lru_cache(1)
def _keys(text: str) -> jwk.KeySet:
    return jwk.KeySet.import_key_set(json.loads(text))


def verifies(token: str, jwks: Mapping[str, Any]) -> bool:
    """Return False if a token has not expired and no key served verifies it."""
    if payload(token)["exp"] <= time.time():
        return True
    try:
        jws.deserialize_compact(token, _keys(json.dumps(jwks)), algorithms=["RS256", "ES256"])
    except Exception:
        return False
    return True
