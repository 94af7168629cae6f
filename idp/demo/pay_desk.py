"""The pay desk: an application that calls an API, and is sent away for a better sign-in (RFC 9470).

It knows of levels only what the API's refusal says, which the kit's other half turns into the next
authorization request. What was said back and forth stands on the page.
"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests
from authlib.integrations.flask_client import OAuth, OAuthError
from flask import Blueprint, redirect, render_template, request, session, url_for

from idp import crypto
from idp.demo import pay_run
from idp.demo.kit import step_up
from idp.demo.memory import Memory
from idp.demo.pay_api import MISSING

SCOPE = f"openid profile {pay_run.APPROVE}"
KEPT_SECONDS = 3600
_KEPT = "desk"


@dataclass(frozen=True)
class Desk:
    """Where it is, whom it asks, and how it is called back."""

    address: str
    issuer: str
    callback: str


def blueprint(desk: Desk, oauth: OAuth, memory: Memory) -> Blueprint:
    """Return the page of the pay run, and what its buttons do."""
    views = Blueprint("pay_desk", __name__)

    @views.get("/pay-run")
    def pay_desk() -> str:
        return render_template("pay_run.html", run=pay_run.RUN, shown=_shown(memory))

    @views.post("/pay-run")
    def approve() -> Any:
        shown = _shown(memory)
        if "token" not in shown:
            return _away(desk, oauth, {"scope": SCOPE}, [])
        return _call(desk, oauth, memory, shown, again=False)

    @views.post("/pay-run/reopen")
    def reopen() -> Any:
        token = _shown(memory).get("token")
        if token:
            _ask(desk, "/reopen", token)
        memory.delete(f"{_KEPT} {session.pop(_KEPT, None)}")
        return redirect(url_for("pay_desk.pay_desk"))

    @views.get(desk.callback)
    def back() -> Any:
        client = oauth.create_client(pay_run.DESK)
        begun = client.framework.get_state_data(session, request.args.get("state"))
        if not begun:
            raise OAuthError("mismatching_state", "the state parameter is not known here")
        if request.args.get("iss") != desk.issuer:
            raise OAuthError("wrong_issuer", "the iss parameter does not name the provider")
        token = client.authorize_access_token()
        lines = [*begun["lines"], {"did": "came-back", "got": token.get("scope", "")}]
        shown = {"token": token["access_token"], "lines": lines}
        # A refusal that follows is to be believed, but for a first sign-in that asked for nothing.
        return _call(desk, oauth, memory, shown, again=bool(begun["asked"]))

    return views


def _call(desk: Desk, oauth: OAuth, memory: Memory, shown: dict[str, Any], *, again: bool) -> Any:
    """Approve by the API, or go where its refusal leads; with `again` it is believed."""
    answer = _ask(desk, "/approve", shown["token"])
    challenge = answer.headers.get("WWW-Authenticate", "")
    body = answer.json()
    line = {"did": "called", "status": answer.status_code, "said": challenge or body}
    lines = [*shown["lines"], line]
    asked = step_up(answer.status_code, challenge)
    if body.get("error") == MISSING:
        asked = {}
    if asked is not None and not again:
        return _away(desk, oauth, asked | {"authorization_details": pay_run.DETAILS}, lines)
    session[_KEPT] = crypto.random_token()
    done = {**shown, "lines": lines, "answer": body, "status": answer.status_code}
    memory.set(f"{_KEPT} {session[_KEPT]}", done, KEPT_SECONDS)
    return redirect(url_for("pay_desk.pay_desk"))


def _away(desk: Desk, oauth: OAuth, asked: dict[str, str], lines: list[Any]) -> Any:
    """Send the person to the provider with what is asked for."""
    client = oauth.create_client(pay_run.DESK)
    uri = desk.address + desk.callback
    begun = client.create_authorization_url(uri, **{"scope": SCOPE, **asked})
    sent = dict(parse_qsl(urlsplit(begun["url"]).query))
    shown: dict[str, Any] = {
        name: sent[name] for name in ("scope", "acr_values", "max_age") if name in sent
    }
    if "authorization_details" in asked:
        shown["authorization_details"] = [pay_run.RUN]
    line = {"did": "sent", "asked": shown}
    more = {"asked": "authorization_details" in asked, "lines": [*lines, line]}
    client.save_authorize_data(redirect_uri=uri, **begun, **more)
    return redirect(begun["url"])


def _ask(desk: Desk, path: str, token: str) -> requests.Response:
    with requests.Session() as http:
        # The API is on this machine, whatever proxy the environment names.
        http.trust_env = False
        return http.post(
            f"{desk.address}{pay_run.PATH}{path}",
            headers={"Authorization": f"Bearer {token}"},
            timeout=10,
        )


def _shown(memory: Memory) -> dict[str, Any]:
    found: dict[str, Any] = memory.get(f"{_KEPT} {session.get(_KEPT)}") or {"lines": []}
    return found
