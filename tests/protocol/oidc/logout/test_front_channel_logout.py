"""Front-Channel Logout 1.0: the page that signs out loads a frame of each application."""

import re
from html import unescape
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.protocol.sign_ins import assert_redirect_error, signed_in
from tests.support.site import Answer, Application, Browser, Site

OUT = "https://app.example.org/out"
BACK = "https://app.example.org/bye"


@pytest.fixture
def app(small_site: Site) -> Application:
    small_site.person("tane")
    return small_site.application(
        frontchannel_logout_uri=OUT, post_logout_redirect_uris=[BACK, "com.example:/bye"]
    )


def session(site: Site, app: Application) -> tuple[Browser, str, str]:
    """Sign in; return the browser, the ID token and its `sid`."""
    browser = signed_in(site, app)
    token = site.redeem(app, browser.at.query["code"]).json["id_token"]
    return browser, token, site.id_token(token)["sid"]


def frames(answer: Answer) -> list[str]:
    return [unescape(found) for found in re.findall(r'<iframe src="([^"]*)"', answer.text)]


def frame_sources(answer: Answer) -> list[str]:
    found = re.search(r"frame-src ([^;]*)", answer.headers["Content-Security-Policy"])
    return found.group(1).split() if found else []


def continues(answer: Answer) -> str | None:
    """Return where the page goes on to, without JavaScript: with it, the script alone goes on."""
    link = re.search(r'href="([^"]*)"\s+id="logout-continue"', answer.text)
    inside = re.search(
        r'<noscript>\s*<meta http-equiv="refresh" content="(\d+);url=([^"]*)">', answer.text
    )
    assert "Refresh" not in answer.headers
    assert (link is None) == (inside is None)
    if link is None or inside is None:
        return None
    assert int(inside.group(1)) <= 1
    assert inside.group(2) == link.group(1)
    return unescape(link.group(1))


def test_the_frame_is_told_issuer_and_session_and_nothing_else(
    small_site: Site, app: Application
) -> None:
    browser, token, sid = session(small_site, app)
    state = "~!@#$%^&*()_+{}|:\"<>? `-=[]\\;',./ aZ0"
    answer = browser.open(
        "/end_session", id_token_hint=token, post_logout_redirect_uri=BACK, state=state
    )
    assert answer.status == 200
    assert 'id="logged-out"' in answer.text
    (frame,) = frames(answer)
    assert frame.startswith(OUT + "?")
    assert parse_qsl(urlsplit(frame).query) == [("iss", small_site.issuer), ("sid", sid)]
    target = continues(answer)
    assert target
    assert target.startswith(BACK + "?")
    assert parse_qsl(urlsplit(target).query) == [("state", state)]
    assert_redirect_error(small_site, browser.authorize(app, prompt="none"), "login_required")


def test_without_an_address_to_return_to_the_page_stays(small_site: Site, app: Application) -> None:
    browser, token, _ = session(small_site, app)
    answer = browser.open("/end_session", id_token_hint=token)
    assert len(frames(answer)) == 1
    assert continues(answer) is None


def test_a_confirmed_sign_out_loads_the_frames_too(small_site: Site, app: Application) -> None:
    for page in ("/end_session", "/account/"):
        browser, _, _ = session(small_site, app)
        browser.open(page)
        assert len(frames(browser.submit("/end_session"))) == 1


def test_each_application_of_this_session_has_a_frame_and_no_other(
    small_site: Site, app: Application
) -> None:
    two = small_site.application(
        "two", frontchannel_logout_uri="http://localhost:7001/out?tenant=a&iss=x"
    )
    small_site.application("never", frontchannel_logout_uri="https://never.example.org/out")
    elsewhere = small_site.application("else", frontchannel_logout_uri="https://else.example/out")
    session(small_site, elsewhere)
    browser, token, sid = session(small_site, app)
    for again in (two, two, app):
        assert "code" in browser.authorize(again).query
    answer = browser.open("/end_session", id_token_hint=token)
    first, second = frames(answer)
    assert first.startswith(OUT)
    assert second.startswith("http://localhost:7001/out?tenant=a&iss=x&iss=")
    assert second.endswith(f"&sid={sid}")
    assert sorted(frame_sources(answer)) == ["http://localhost:7001", "https://app.example.org"]


def test_somebody_elses_applications_are_not_among_them(small_site: Site, app: Application) -> None:
    """The browser was another person's before."""
    small_site.person("mere")
    other = small_site.application("other", frontchannel_logout_uri="https://other.example/out")
    browser, _, _ = session(small_site, app)
    browser.authorize(other, prompt="login")
    browser.submit("/switch")
    token = small_site.redeem(other, browser.sign_in("mere").query["code"]).json["id_token"]
    (frame,) = frames(browser.open("/end_session", id_token_hint=token))
    assert frame.startswith("https://other.example/out")


def test_a_second_sign_out_has_nothing_to_load(small_site: Site, app: Application) -> None:
    browser, token, _ = session(small_site, app)
    browser.open("/end_session", id_token_hint=token)
    answer = browser.open("/end_session", id_token_hint=token, post_logout_redirect_uri=BACK)
    assert answer.location == BACK


def test_the_page_allows_frames_of_those_origins_and_stays_strict_otherwise(
    small_site: Site, app: Application
) -> None:
    browser, token, _ = session(small_site, app)
    answer = browser.open("/end_session", id_token_hint=token, post_logout_redirect_uri=BACK)
    policy = answer.headers["Content-Security-Policy"]
    assert policy.count("frame-src") == 1
    assert frame_sources(answer) == ["https://app.example.org"]
    assert "script-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["Cache-Control"] == "no-store"
    assert not re.search(r"<script(?![^>]*\bsrc=)", answer.text)
    assert "allow-top-navigation" not in answer.text


def test_an_address_that_could_reach_into_the_policy_is_left_out(small_site: Site) -> None:
    """Registration takes what is a URI by its characters; a host of these breaks a header."""
    small_site.person("tane")
    odd = small_site.application("odd", frontchannel_logout_uri="https://a;script-src,b/out")
    browser = signed_in(small_site, odd)
    browser.open("/end_session")
    answer = browser.submit("/end_session")
    assert frames(answer) == []
    assert "script-src,b" not in answer.headers["Content-Security-Policy"]


def test_discovery_says_so(small_site: Site) -> None:
    found = small_site.client().send("GET", "/.well-known/openid-configuration").json
    assert found["frontchannel_logout_supported"] is True
    assert found["frontchannel_logout_session_supported"] is True
    assert found["backchannel_logout_supported"] is True
    assert found["backchannel_logout_session_supported"] is True
    assert found["check_session_iframe"] == f"{small_site.issuer}/session/check"
