"""What an application asks of the endpoints about tokens, in one call."""

from typing import Any

from idp import clock
from idp.oidc.tokens import signing_keys
from tests.support.site import Answer, Application, Site


def ask(site: Site, path: str, app: Application, form: dict[str, Any]) -> Answer:
    """Send a form, authenticated as `app` by header, or as a public client by its name."""
    if app.secret is None:
        form = {"client_id": app.client_id, **form}
    return site.client().send("POST", path, form, app.authentication())


def revoke(site: Site, app: Application, token: str, **more: Any) -> Answer:
    return ask(site, "/revoke", app, {"token": token, **more})


def introspect(site: Site, app: Application, token: str, **more: Any) -> Answer:
    return ask(site, "/introspect", app, {"token": token, **more})


def active(site: Site, app: Application, token: str) -> bool:
    """Return True if a token is active in the eyes of `app`; if it is not, nothing else is said."""
    answer = introspect(site, app, token)
    assert answer.status == 200, answer.text
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    found = answer.json
    assert found["active"] is True or found == {"active": False}
    return bool(found["active"])


def robot(site: Site, client_id: str = "robot", **data: Any) -> Application:
    """Register an application that asks for itself."""
    data = {"grant_types": ["client_credentials"], "scope": "read write", **data}
    return site.application(client_id, **data)


def own_token(site: Site, app: Application, scope: str | None = None) -> Answer:
    """Ask for a token of the application's own (RFC 6749 section 4.4)."""
    form = {"grant_type": "client_credentials"} | ({"scope": scope} if scope is not None else {})
    return ask(site, "/token", app, form)


def add_key(site: Site, alg: str) -> str:
    """Add a signing key that signs from now on; return its kid."""
    with site.work() as work:
        return signing_keys.generate(work, site.installation.keyring, alg, active_at=clock.now())
