"""Whole sign-ins in one call, for tests that are about what comes before or after them."""

import base64
import json
import re
from typing import Any

from idp.policy.steps import Finish
from idp.signin import sessions
from idp.signin.interaction import Authorized
from idp.store import people
from tests.support.site import Answer, Application, Browser, Site

DESCRIPTION = re.compile(r"[\x20-\x21\x23-\x5b\x5d-\x7e]+\Z")
"""What an error_description may hold (RFC 6749 section 4.1.2.1)."""


def signed_in(site: Site, app: Application, name: str = "tane", **changes: Any) -> Browser:
    """Return a browser in which `name`, who has a password only, has signed in to `app`."""
    browser = site.browser()
    browser.authorize(app, **changes)
    answer = browser.sign_in(name)
    assert "code" in answer.query, f"{answer.status} {answer.location} {answer.heading}"
    browser.at = answer
    return browser


def authorized(site: Site, browser: Browser) -> Authorized:
    """Return who is signed in in a browser, as the pages of the account know it."""
    with site.work() as work:
        limits = site.installation.settings.session
        session = sessions.read(work, browser.http.cookies()["acrux"], limits)
        assert session
        assert session.person_id
        person = people.by_id(work, session.person_id)
    assert person
    return Authorized(person, session.id, session.sid, Finish("", (), 0, ""))


def code(site: Site, app: Application, name: str = "tane", **changes: Any) -> str:
    """Return the code of a new sign-in by password."""
    return signed_in(site, app, name, **changes).at.query["code"]


def tokens(site: Site, app: Application, name: str = "tane", **changes: Any) -> dict[str, Any]:
    """Return the token response of a new sign-in by password."""
    answer = site.redeem(app, code(site, app, name, **changes))
    assert answer.status == 200, answer.text
    found: dict[str, Any] = answer.json
    return found


def bearer(token: str) -> dict[str, str]:
    """Return the header that carries an access token."""
    return {"Authorization": f"Bearer {token}"}


def userinfo(site: Site, token: str) -> Answer:
    """Ask the userinfo endpoint, the access token in the header."""
    return site.client().send("GET", "/userinfo", headers=bearer(token))


def jose_header(token: str) -> dict[str, Any]:
    """Return the protected header of a signed token."""
    return _part(token, 0)


def jose_payload(token: str) -> dict[str, Any]:
    """Return what a signed token says, its signature not looked at."""
    return _part(token, 1)


def _part(token: str, index: int) -> dict[str, Any]:
    part = token.split(".")[index]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found


def assert_token_error(answer: Answer, error: str, status: int = 400) -> None:
    """Check an error of the token endpoint (RFC 6749 section 5.2) and that no one stores it."""
    assert (answer.status, answer.json["error"]) == (status, error), answer.text
    assert set(answer.json) <= {"error", "error_description"}
    assert DESCRIPTION.match(answer.json.get("error_description", "-")), answer.text
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"


def assert_redirect_error(
    site: Site, answer: Answer, error: str, *, state: str | None = "the-state"
) -> None:
    """Check an error of the authorization endpoint (RFC 6749 section 4.1.2.1, RFC 9207).

    It may travel in the query, in the fragment, or by form_post.
    """
    assert answer.status == (200 if answer.posted else 303), answer.text
    fields = answer.fields
    assert fields.get("error") == error, f"{answer.location} {fields}"
    expected = {"error", "iss"} | ({"state"} if state is not None else set())
    assert fields.keys() - {"error_description", "session_state"} == expected
    assert fields.get("state") == state
    assert fields["iss"] == site.issuer
    assert DESCRIPTION.match(fields.get("error_description", "-")), fields
    assert answer.headers["Cache-Control"] == "no-store"
