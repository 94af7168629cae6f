"""Session Management 1.0: what authorization responses and the cookie say of the session.

The frame itself runs in a browser: tests/browser/test_session_iframe.py.
"""

import base64
import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.protocol.sign_ins import assert_redirect_error, signed_in
from tests.support.site import PASSWORD, Answer, Application, Browser, Site

ORIGIN = "http://localhost:5999"


@pytest.fixture
def app(small_site: Site) -> Application:
    small_site.person("tane")
    small_site.person("mere")
    return small_site.application()


@pytest.fixture
def secure_site(tmp_path: Path) -> Iterator[Site]:
    url = f"sqlite:///{tmp_path / 'acrux.db'}"
    found = Site(tmp_path, url, server__issuer="https://login.example.org")
    yield found
    found.close()


def browser_state(browser: Browser, name: str = "acrux-state") -> str:
    """Return what scripts of our frame would find in the browser; "" without a cookie."""
    cookie = browser.http._client.get_cookie(name)  # type: ignore[union-attr]
    return cookie.value if cookie else ""


def hashed(client_id: str, origin: str, state: str, salt: str) -> str:
    """Compute the hash as the frame does (section 3.2)."""
    digest = hashlib.sha256(f"{client_id} {origin} {state} {salt}".encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode() + "." + salt


def unchanged(browser: Browser, session_state: str, origin: str = ORIGIN) -> bool:
    """Say what the frame would answer."""
    salt = session_state.rpartition(".")[2]
    return hashed("app", origin, browser_state(browser), salt) == session_state


def said(answer: Answer) -> str:
    return answer.fields["session_state"]


def test_a_response_describes_the_state_that_the_browser_was_given(
    small_site: Site, app: Application
) -> None:
    browser = signed_in(small_site, app)
    assert browser_state(browser)
    assert unchanged(browser, said(browser.at))


def test_every_response_has_its_own_salt_and_the_state_stays(
    small_site: Site, app: Application
) -> None:
    browser = signed_in(small_site, app)
    state = browser_state(browser)
    again = browser.authorize(app, prompt="none")
    other = browser.authorize(small_site.application("other"))
    assert said(again) != said(browser.at)
    assert unchanged(browser, said(again))
    assert unchanged(browser, said(browser.at))
    assert browser_state(browser) == state
    assert not unchanged(browser, said(other)), "it is bound to its client"


def test_it_is_bound_to_the_origin(small_site: Site, app: Application) -> None:
    browser = signed_in(small_site, app)
    for other in ("http://localhost:6000", "https://localhost:5999", "http://127.0.0.1:5999"):
        assert not unchanged(browser, said(browser.at), other)


def test_signing_in_again_changes_nothing_and_another_person_does(
    small_site: Site, app: Application
) -> None:
    browser = signed_in(small_site, app)
    first = said(browser.at)
    browser.authorize(app, prompt="login")
    assert unchanged(browser, said(browser.submit("/password", password=PASSWORD)))
    assert unchanged(browser, first)
    browser.authorize(app, prompt="login")
    browser.submit("/switch")
    second = said(browser.sign_in("mere"))
    assert unchanged(browser, second)
    assert not unchanged(browser, first)


def test_signing_out_changes_it(small_site: Site, app: Application) -> None:
    browser = signed_in(small_site, app)
    first = said(browser.at)
    browser.open("/end_session")
    browser.submit("/end_session")
    assert browser_state(browser) == ""
    assert not unchanged(browser, first)
    refused = browser.authorize(app, prompt="none")
    assert_redirect_error(small_site, refused, "login_required")
    assert unchanged(browser, said(refused)), "nobody is signed in, and that can be watched too"
    browser.authorize(app)
    browser.sign_in("tane")
    assert not unchanged(browser, said(refused))


def test_a_sign_out_by_hint_changes_it(small_site: Site, app: Application) -> None:
    browser = signed_in(small_site, app)
    token = small_site.redeem(app, browser.at.query["code"]).json["id_token"]
    browser.open("/end_session", id_token_hint=token)
    assert browser_state(browser) == ""


def test_an_expired_session_is_noticed_at_the_next_request(
    small_site: Site, app: Application
) -> None:
    browser = signed_in(small_site, app)
    first = said(browser.at)
    small_site.advance(small_site.installation.settings.session.absolute + 1)
    refused = browser.authorize(app, prompt="none")
    assert not unchanged(browser, first)
    assert unchanged(browser, said(refused))


def test_a_session_that_a_page_of_ours_began_is_noticed_too(
    small_site: Site, app: Application
) -> None:
    browser = small_site.browser()
    nobody = said(browser.authorize(app, prompt="none"))
    browser.open("/account/")
    browser.sign_in("tane")
    assert browser_state(browser)
    assert not unchanged(browser, nobody)
    assert unchanged(browser, said(browser.authorize(app, prompt="none")))


def test_a_lost_cookie_comes_back(small_site: Site, app: Application) -> None:
    browser = signed_in(small_site, app)
    state = browser_state(browser)
    browser.http._client.delete_cookie("acrux-state")  # type: ignore[union-attr]
    assert not unchanged(browser, said(browser.at))
    browser.authorize(app, prompt="none")
    assert browser_state(browser) == state


def test_the_state_says_nothing_of_session_or_person(small_site: Site, app: Application) -> None:
    browser = signed_in(small_site, app)
    claims = small_site.claims(app, browser.at)
    state = browser_state(browser)
    for secret in (claims["sid"], claims["sub"], browser.http.cookies()["acrux"]):
        assert secret not in state
        digest = hashlib.sha256(secret.encode()).digest()
        assert base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != state
    thief = small_site.browser()
    thief.http.set_cookie(state)
    assert thief.authorize(app, prompt="none").query["error"] == "login_required"


def test_answers_in_every_mode_have_it(small_site: Site, app: Application) -> None:
    browser = signed_in(small_site, app)
    for mode in ("query", "fragment", "form_post"):
        assert unchanged(browser, said(browser.authorize(app, response_mode=mode)))


def test_an_application_without_an_origin_gets_none(small_site: Site) -> None:
    small_site.person("tane")
    native = small_site.application("native", public=True, redirect_uris=["com.example.app:/cb"])
    browser = small_site.browser()
    browser.authorize(native)
    browser.sign_in("tane")
    assert "session_state" not in browser.submit("/consent", decision="allow").query


@pytest.mark.parametrize(
    ("uri", "origin"),
    [
        ("https://APP.example.org:443/cb", "https://app.example.org"),
        ("https://app.example.org:8443/cb?x=y", "https://app.example.org:8443"),
        ("http://127.0.0.1:80/cb", "http://127.0.0.1"),
        ("http://[::1]:5000/cb", "http://[::1]:5000"),
    ],
)
def test_the_origin_is_written_as_browsers_write_it(
    small_site: Site, uri: str, origin: str
) -> None:
    small_site.person("tane")
    browser = signed_in(small_site, small_site.application(redirect_uris=[uri]))
    assert unchanged(browser, said(browser.at), origin)


def test_over_https_other_sites_pages_may_frame_what_reads_it(secure_site: Site) -> None:
    """SameSite=None, because the frame stands in pages of other sites; no script else reads it."""
    secure_site.person("tane")
    browser = signed_in(secure_site, secure_site.application())
    cookies = browser.at.headers.getlist("Set-Cookie")
    (cookie,) = [text for text in cookies if text.startswith("__Host-acrux-state=")]
    attributes = set(cookie.split("; ")[1:])
    assert attributes == {"Secure", "Path=/", "SameSite=None"}


def test_the_frame_may_stand_in_any_page_and_runs_only_our_script(small_site: Site) -> None:
    answer = small_site.client().send("GET", "/session/check")
    assert answer.status == 200
    assert "X-Frame-Options" not in answer.headers
    policy = answer.headers["Content-Security-Policy"]
    assert "frame-ancestors *" in policy
    assert "script-src 'self'" in policy
    assert "default-src 'none'" in policy
    assert "Set-Cookie" not in answer.headers
    assert small_site.client().send("POST", "/session/check").status == 405


def test_no_other_page_may_be_framed(small_site: Site) -> None:
    for path in ("/end_session", "/nothing"):
        assert small_site.client().send("GET", path).headers["X-Frame-Options"] == "DENY"
