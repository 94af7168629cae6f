"""The sign-in page itself: names as people type them, and answers that tell a stranger nothing."""

import re
from pathlib import Path

import pytest

from tests.support.site import PASSWORD, Answer, Application, Site

WRONG = "That name and password don&#39;t match."


@pytest.fixture
def app(site: Site) -> Application:
    return with_links(site)


def with_links(site: Site) -> Application:
    """Add a person and an application that has all that a page may show of it."""
    site.person("tane")
    return site.application(
        logo_uri="https://app.example.org/logo.svg",
        policy_uri="https://app.example.org/policy",
        tos_uri="https://openid.net",
    )


@pytest.mark.slow
def test_a_name_may_be_typed_in_many_ways(site: Site, app: Application) -> None:
    for name in ("tane", "TANE", " Tane ", "tane@example.org", "Tane@Example.ORG", "ｔａｎｅ"):
        browser = site.browser()
        browser.authorize(app)
        assert browser.sign_in(name).query["code"], name


def without_tokens(answer: Answer) -> str:
    """Return the page without what differs each time."""
    text = re.sub(r"/(interaction|forgot)/[^/\"]+", r"/\1/ID", answer.text)
    text = re.sub(r"challenge&#34;: &#34;[\w-]+", "CHALLENGE", text)
    return re.sub(r'(csrf_token" value|name="username"\s+type="text"\s+value)="[^"]*"', "", text)


def test_a_wrong_name_and_a_wrong_password_read_the_same(site: Site, app: Application) -> None:
    site.person("nopass", password=None)
    texts = set()
    for name, password in (("tane", "wrong"), ("nobody", PASSWORD), ("nopass", PASSWORD)):
        browser = site.browser()
        browser.authorize(app)
        answer = browser.sign_in(name, password)
        assert answer.status == 400
        assert WRONG in answer.text
        assert "<title>Problem: " in answer.text.replace("\n", "")
        texts.add(without_tokens(answer))
    assert len(texts) == 1
    rejected = site.events(kind="person:factor:rejected")
    assert {event.username for event in rejected} == {"tane", "nopass", None}


def test_an_empty_answer_is_no_guess(site: Site, app: Application) -> None:
    browser = site.browser()
    browser.authorize(app)
    for name, password in (("tane", ""), ("", PASSWORD), (" ", PASSWORD), ("ta\x00ne", PASSWORD)):
        for _ in range(4):
            answer = browser.sign_in(name, password)
            assert answer.status == 400
            assert WRONG not in answer.text
    assert not site.events(kind="person:factor:rejected")
    assert browser.sign_in("tane").query["code"]


def test_strange_passwords_are_just_wrong(site: Site, app: Application) -> None:
    browser = site.browser()
    browser.authorize(app)
    for password in ("x" * 60000, "\x00", PASSWORD + "\x00", "é" * 200):
        assert WRONG in browser.sign_in("tane", password).text
    assert browser.sign_in("tane").query["code"]


def test_markup_in_a_name_stays_text(small_site: Site) -> None:
    browser = small_site.browser()
    browser.authorize(with_links(small_site))
    answer = browser.sign_in('"><img src=x onerror=alert(1)>', "wrong")
    assert "<img src=x" not in answer.text
    assert "&lt;img src=x" in answer.text


def test_the_page_shows_the_application_and_carries_the_headers(small_site: Site) -> None:
    page = small_site.browser().authorize(with_links(small_site))
    for ident in ("login-page", "username", "password", "login-submit", "client-logo"):
        assert f'id="{ident}"' in page.text
    for ident, uri in (
        ("client-policy", "https://app.example.org/policy"),
        ("client-tos", "https://openid.net"),
    ):
        assert re.search(rf'id="{ident}"\s+href="{uri}"', page.text)
    assert 'src="https://app.example.org/logo.svg"' in page.text
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "form-action 'self';" in policy
    assert "unsafe" not in policy
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("on", [True, False])
def test_the_field_of_the_name_offers_passkeys_where_there_are_any(
    tmp_path: Path, on: bool
) -> None:
    """Browsers show them in a field that asks for `webauthn` (Web Authentication 5.1.4)."""
    url = f"sqlite:///{tmp_path / 'acrux.db'}"
    site = Site(tmp_path, url, passkeys__enabled=str(on).lower())
    try:
        page = site.browser().authorize(site.application())
        field = re.search(r'<input id="username"[^>]*>', page.text)
        assert field, page.text
        asked = re.findall(r'autocomplete="([^"]*)"', field.group())
        assert asked == ["username webauthn" if on else "username"]
        forms = re.findall(r"<form[^>]*data-passkey[^>]*>", page.text)
        assert ["data-conditional" in form for form in forms] == [True] * on
    finally:
        site.close()
