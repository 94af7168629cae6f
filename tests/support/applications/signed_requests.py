"""An application that signs its authorization requests (RFC 9101), with keys of its own."""

import json
import time
from typing import Any
from urllib.parse import urlencode

from joserfc import jwk, jws

from tests.support.applications.application import REDIRECT_URI
from tests.support.site import Answer, Application, Browser, Site

KEYS: dict[str, jwk.RSAKey | jwk.ECKey] = {
    "rsa": jwk.RSAKey.generate_key(2048, {"kid": "rsa", "use": "sig"}),
    "ec": jwk.ECKey.generate_key("P-256", {"kid": "ec", "use": "sig"}),
}
STRANGER = jwk.RSAKey.generate_key(2048, {"kid": "rsa"})
KEY_OF = {"RS256": "rsa", "PS256": "rsa", "ES256": "ec"}


def public_keys() -> dict[str, Any]:
    """Return what the application registers or publishes."""
    return {"keys": [key.as_dict(private=False) for key in KEYS.values()]}


def signer(site: Site, client_id: str = "signer", **data: Any) -> Application:
    """Register an application whose keys are known."""
    data.setdefault("redirect_uris", [REDIRECT_URI, "https://app.example.org/cb?x=1"])
    if "jwks_uri" not in data:
        data.setdefault("jwks", public_keys())
    return site.application(client_id, **data)


def members(site: Site, app: Application, **changes: Any) -> dict[str, Any]:
    """Return what a careful application puts into a request object; None leaves a member out."""
    now = int(time.time() + float(site.clock_file.read_text()))
    found = {
        **app.request(),
        "iss": app.client_id,
        "aud": site.issuer,
        "iat": now,
        "exp": now + 300,
        **changes,
    }
    return {name: value for name, value in found.items() if value is not None}


def sign(
    payload: dict[str, Any] | str,
    alg: str = "RS256",
    key: Any = None,
    **header: Any,
) -> str:
    """Sign a request object, by the application's own key for `alg` unless another is given."""
    chosen = key or KEYS[KEY_OF[alg]]
    text = payload if isinstance(payload, str) else json.dumps(payload)
    complete = {"alg": alg, "kid": KEY_OF.get(alg, "rsa"), **header}
    complete = {name: value for name, value in complete.items() if value is not None}
    registry = jws.JWSRegistry(algorithms=[alg], strict_check_header=False)
    return jws.serialize_compact(complete, text, chosen, registry=registry)


def ask(browser: Browser, app: Application, token: str | None, **outside: Any) -> Answer:
    """Begin a sign-in with a request object and only the parameters that must stand outside."""
    parameters = {
        "client_id": app.client_id,
        "response_type": "code",
        "scope": "openid",
        "request": token,
        **outside,
    }
    given = {name: value for name, value in parameters.items() if value is not None}
    return browser.open(f"/authorize?{urlencode(given)}")
