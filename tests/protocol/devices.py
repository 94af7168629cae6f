"""A device that asks for a sign-in elsewhere (RFC 8628), and the person who answers it."""

from typing import Any

from tests.protocol.endpoints import ask
from tests.support.site import Answer, Application, Browser, Site

GRANT = "urn:ietf:params:oauth:grant-type:device_code"
WAIT = 5


def television(site: Site, client_id: str = "television", **data: Any) -> Application:
    """Register an application for devices, which keeps no secret."""
    data.setdefault("public", True)
    return site.application(client_id, grant_types=[GRANT, "refresh_token"], **data)


def begin(site: Site, app: Application, **changes: Any) -> Answer:
    """Ask for codes as a device does."""
    form = {"scope": "openid profile"} | changes
    return ask(site, "/device_authorization", app, form)


def codes(site: Site, app: Application, **changes: Any) -> dict[str, Any]:
    answer = begin(site, app, **changes)
    assert answer.status == 200, answer.text
    found: dict[str, Any] = answer.json
    return found


def poll(site: Site, app: Application, device_code: str, *, waits: bool = True) -> Answer:
    """Ask for the tokens, after the time that a device waits."""
    if waits:
        site.advance(WAIT)
    return ask(site, "/token", app, {"grant_type": GRANT, "device_code": device_code})


def enter(browser: Browser, user_code: str) -> Answer:
    """Open the page and type a code."""
    browser.open("/device")
    return browser.submit("/device", user_code=user_code)


def answer(browser: Browser, decision: str) -> Answer:
    """Answer the question on the page."""
    return browser.submit(browser.at.url, decision=decision)


def allow(browser: Browser, user_code: str, name: str = "tane") -> Answer:
    """Let a device in, as somebody who signs in with a password."""
    enter(browser, user_code)
    answer(browser, "yes")
    return browser.sign_in(name)
