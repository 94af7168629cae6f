"""The demo's television: a screen with a code, which waits until somebody lets it in elsewhere.

A device as RFC 8628 has it, with nothing of the provider's but its address, and its own client: it
shows the code and the QR code, asks for the tokens each few seconds, and says who watches.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests
from flask import Blueprint, Response, make_response, redirect, render_template, session, url_for

from idp import clock, crypto
from idp.authenticators.totp import qr_svg
from idp.demo.memory import Memory

CLIENT = "harbour-television"
GRANT = "urn:ietf:params:oauth:grant-type:device_code"
KEPT_SECONDS = 3600
_KEPT = "television"


@dataclass(frozen=True)
class Device:
    """The program in the television: where it asks, and as whom."""

    issuer: str
    client_id: str
    secret: str

    def begin(self) -> Mapping[str, Any]:
        """Ask for codes; return what the provider answers."""
        return self._post("/device_authorization", scope="openid profile")

    def ask(self, device_code: str) -> Mapping[str, Any]:
        """Ask for the tokens; return them, or the error."""
        return self._post("/token", grant_type=GRANT, device_code=device_code)

    def watching(self, token: str) -> str:
        """Return the name of who let it in."""
        headers = {"Authorization": f"Bearer {token}"}
        answer = self._send("GET", "/userinfo", headers=headers)
        return str(answer.get("name") or answer.get("preferred_username") or "Somebody")

    def _post(self, path: str, **form: str) -> Mapping[str, Any]:
        return self._send("POST", path, data=form, auth=(self.client_id, self.secret))

    def _send(self, method: str, path: str, **values: Any) -> Mapping[str, Any]:
        with requests.Session() as http:
            # The provider is on this machine, whatever proxy the environment names.
            http.trust_env = False
            answer = http.request(method, self.issuer + path, timeout=10, **values)
        found: Mapping[str, Any] = answer.json()
        return found


def blueprint(device: Device, memory: Memory) -> Blueprint:
    """Return the screen, for one program."""
    views = Blueprint("television", __name__)

    @views.get("/television")
    def screen() -> Response:
        shown: dict[str, Any] = {}
        if _KEPT in session:
            key = f"{_KEPT} {session[_KEPT]}"
            shown = _next(device, memory.get(key) or {})
            memory.set(key, shown, KEPT_SECONDS)
        picture = qr_svg(shown["qr"]) if shown.get("code") else None
        response = make_response(render_template("television.html", shown=shown, picture=picture))
        if shown.get("code"):
            response.headers["Refresh"] = str(shown["wait"])
        return response

    @views.post("/television")
    def switch_on() -> Any:
        given = device.begin()
        session[_KEPT] = crypto.random_token()
        shown = {
            "code": given["user_code"],
            "address": given["verification_uri"],
            "qr": given["verification_uri_complete"],
            "device_code": given["device_code"],
            "wait": given["interval"],
            "next_at": clock.now() + given["interval"],
        }
        memory.set(f"{_KEPT} {session[_KEPT]}", shown, given["expires_in"])
        return redirect(url_for("television.screen"))

    @views.post("/television/off")
    def switch_off() -> Any:
        memory.delete(f"{_KEPT} {session.pop(_KEPT, None)}")
        return redirect(url_for("television.screen"))

    return views


def _next(device: Device, shown: dict[str, Any]) -> dict[str, Any]:
    """Return what the screen shows now: it asks no sooner than it was told to."""
    if "code" not in shown or clock.now() < shown["next_at"]:
        return shown
    answer = device.ask(shown["device_code"])
    if "access_token" in answer:
        return {"watching": device.watching(answer["access_token"])}
    if answer.get("error") not in ("authorization_pending", "slow_down"):
        return {"over": answer.get("error", "server_error")}
    slower = 5 if answer["error"] == "slow_down" else 0
    wait = shown["wait"] + slower
    return {**shown, "wait": wait, "next_at": clock.now() + wait}
