"""An application that asks behind the browser (CIBA), and the person who answers it."""

import re
from typing import Any

from tests.protocol.endpoints import ask
from tests.support.site import Answer, Application, Browser, Site

GRANT = "urn:openid:params:grant-type:ciba"
PATH = "/backchannel_authentication"
WAIT = 5


def bank(site: Site, client_id: str = "bank", **data: Any) -> Application:
    """Register an application that asks again and again (poll)."""
    data.setdefault("backchannel_token_delivery_mode", "poll")
    data.setdefault("grant_types", [GRANT, "refresh_token"])
    return site.application(client_id, **data)


def begin(site: Site, app: Application, **changes: Any) -> Answer:
    """Ask for somebody's sign-in; what is None is left out."""
    form = {"scope": "openid profile", "login_hint": "tane"} | changes
    return ask(site, PATH, app, {name: one for name, one in form.items() if one is not None})


def asked(site: Site, app: Application, **changes: Any) -> str:
    """Ask, and have the person told; return the auth_req_id."""
    answer = begin(site, app, **changes)
    assert answer.status == 200, answer.text
    site.work_off()
    return str(answer.json["auth_req_id"])


def poll(site: Site, app: Application, auth_req_id: str, *, waits: bool = True) -> Answer:
    """Ask for the tokens, after the time that an application waits."""
    if waits:
        site.advance(WAIT)
    return ask(site, "/token", app, {"grant_type": GRANT, "auth_req_id": auth_req_id})


def link(site: Site, channel: str = "mail") -> str:
    """Return the address in the newest message, without its host."""
    kind = "ciba" if channel == "mail" else "ciba-sms"
    newest = [one["body"] for one in site.messages(channel) if one["kind"] == kind][-1]
    found = re.search(r"/a/[A-Za-z0-9_-]{22}", newest)
    assert found, newest
    return found.group()


def answer(browser: Browser, path: str, decision: str) -> Answer:
    """Open the page of a question and answer it."""
    browser.open(path)
    return browser.submit(path, decision=decision)


def allow(site: Site, browser: Browser, name: str = "tane") -> Answer:
    """Say yes by the newest mail, as somebody who signs in with a password."""
    answer(browser, link(site), "yes")
    return browser.sign_in(name)
