"""What browsers are told with every answer: nothing foreign runs, frames, stores or listens."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from idp.store import people
from idp.store.oidc import clients
from tests.security.serving.crowd import base
from tests.support.site import MFA, Answer, Application, Browser, Site

FRAME = "/session/check"
"""The one page that applications frame (OpenID Connect Session Management 1.0 section 3.2)."""
RETURN = "https://app.example.org/callback"
ALL = {
    "default-src": ["'none'"],
    "style-src": ["'self'"],
    "script-src": ["'self'"],
    "connect-src": ["'self'"],
    "img-src": ["'self'", "data:", "https:"],
    "base-uri": ["'none'"],
    "frame-ancestors": ["'none'"],
}


@pytest.fixture
def secure_site(tmp_path: Path) -> Iterator[Site]:
    """An installation as the world sees it: https."""
    url = f"sqlite:///{tmp_path / 'acrux.db'}"
    found = Site(tmp_path, url, server__issuer="https://login.example.org")
    yield found
    found.close()


def _csp(answer: Answer) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for part in answer.headers["Content-Security-Policy"].split(";"):
        name, *sources = part.split()
        assert name not in found, "browsers obey the first one only"
        found[name] = sources
    return found


def _check(answer: Answer) -> None:
    """Check one answer; the forms of a page end here and nowhere else."""
    headers = answer.headers
    assert headers.getlist("X-Content-Type-Options") == ["nosniff"]
    assert headers["Referrer-Policy"] in ("no-referrer", "same-origin", "strict-origin")
    assert headers["X-Frame-Options"] == "DENY"
    assert "X-Powered-By" not in headers
    for cookie in headers.getlist("Set-Cookie"):
        attributes = {part.strip().lower() for part in cookie.split(";")[1:]}
        # The one that a frame of ours reads says nothing but that something has changed.
        readable = cookie.startswith(("acrux-state=", "__Host-acrux-state="))
        assert {"samesite=lax", "path=/"} <= attributes
        assert readable or "httponly" in attributes
        assert not any(part.startswith("domain") for part in attributes)
        assert headers["Cache-Control"] == "no-store"
    if headers.get("Content-Type", "").startswith("text/html") and answer.text:
        _check_page(answer)


def _check_page(answer: Answer) -> None:
    assert answer.headers["Cache-Control"] == "no-store"
    csp = _csp(answer)
    assert csp.pop("form-action") == ["'self'"]
    assert csp == ALL
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert not re.search(r"<script(?![^>]*\bsrc=)[^>]*>\s*\S", answer.text), "inline script"
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", answer.text, re.I)
    for address in re.findall(r'(?:src|href|action)="([^"]*)"', answer.text):
        local = address.startswith(("/", "#", "otpauth:", "mailto:", "?", "export."))
        assert local, f"{address} is fetched or linked from elsewhere"


def _pages(site: Site) -> Iterator[Answer]:
    """Yield the pages of all steps."""
    app = site.application(redirect_uris=[RETURN])
    third = site.application("third", redirect_uris=[RETURN], first_party=False)
    secret = site.secret()
    site.person("tane", totp=secret, roles=frozenset({"auditor"}))
    site.person("mere", sms=True)
    site.person("aroha")
    site.person("hana", user_type="staff")
    site.stage("staff", MFA, 86400)
    for name in ("tane", "mere", "hana"):
        browser = site.browser()
        yield browser.authorize(app)
        yield browser.sign_in(name, "wrong guess")
        yield browser.sign_in(name)
    yield from _enrolments(site, app)
    browser = site.browser()
    browser.authorize(third)
    yield browser.sign_in("aroha")
    yield from _own_pages(site, secret)


def _enrolments(site: Site, app: Application) -> Iterator[Answer]:
    browser = site.browser()
    browser.authorize(app, claims=app.essential(MFA))
    yield browser.sign_in("aroha")
    yield browser.submit("/enrol/proof", code=site.mailed_code())
    for method in ("totp", "sms"):
        yield browser.open(f"{base(browser)}/enrol/{method}")


def _own_pages(site: Site, secret: str) -> Iterator[Answer]:
    browser = site.browser()
    yield browser.open("/account/")
    browser.sign_in("tane")
    yield browser.totp(secret)
    for path in ("/admin/audit/", "/admin/audit/?kind=x&since=nonsense"):
        answer = browser.open(path)
        assert answer.status == 200, "an auditor signed in with two factors"
        yield answer
    for path in ("/admin/audit/export.jsonl", "/admin/audit/export.csv"):
        answer = browser.open(path)
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Content-Disposition"].startswith("attachment")
        yield answer
    yield browser.open("/end_session")
    yield browser.submit("/end_session")
    for path in ("/nothing", "/interaction/nothing", "/authorize", "/authorize?client_id=x"):
        yield browser.get(path)
    yield browser.http.send("POST", "/account/ways/others", {"x": "y" * 100_000})


def test_every_page_allows_only_what_is_ours(small_site: Site) -> None:
    pages = list(_pages(small_site))
    assert len(pages) > 25
    for answer in pages:
        _check(answer)


def test_a_fault_of_ours_has_the_same_headers(
    small_site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_site.person("tane")
    browser = small_site.browser()
    browser.authorize(small_site.application())

    def broken(*_: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(people, "by_name", broken)
    answer = browser.sign_in("tane")
    assert answer.status == 500
    _check(answer)


def test_every_route_answers_with_the_common_headers(small_site: Site) -> None:
    for rule in small_site.app.url_map.iter_rules():
        path = re.sub(r"<[^>]+>", "x", rule.rule).replace("/static/x", "/static/acrux.css")
        for verb in sorted((rule.methods or set()) - {"HEAD"}):
            got = small_site.app.test_client().open(path, method=verb, buffered=True)
            if path == FRAME and got.status_code == 200:
                assert verb == "OPTIONS" or "ancestors *" in got.headers["Content-Security-Policy"]
                continue
            _check(Answer(got.status_code, got.headers, got.text, path))


@pytest.mark.parametrize("uri", [RETURN, "com.example.app:/callback", "http://127.0.0.1:51004/cb"])
def test_no_form_of_ours_ends_anywhere_else(small_site: Site, uri: str) -> None:
    """The answer to an application leaves by a page (tests/protocol/web/test_onward.py)."""
    registered = [uri.replace(":51004", ""), "https://other.example.org/callback"]
    app = small_site.application(redirect_uris=registered, application_type="native")
    page = small_site.browser().authorize(app, redirect_uri=uri)
    assert _csp(page)["form-action"] == ["'self'"]


def test_protocol_answers_are_never_stored(small_site: Site) -> None:
    small_site.person("tane")
    app = small_site.application()
    browser = small_site.browser()
    first = browser.get("/authorize", **app.request())
    browser.open(first.location)
    action, fields = browser.at.form("/password")
    proved = browser.http.send("POST", action, {**fields, "username": "tane", "password": "wrong"})
    code = browser.sign_in("tane")
    token = small_site.redeem(app, code.query["code"])
    refused = small_site.redeem(app, "x" * 43)
    bearer = {"Authorization": f"Bearer {token.json['access_token']}"}
    userinfo = small_site.client().send("GET", "/userinfo", None, bearer)
    nobody = small_site.client().send("GET", "/userinfo")
    for answer in (first, proved, code, token, refused, userinfo, nobody):
        assert answer.headers["Cache-Control"] == "no-store"
    for answer in (token, refused):
        assert answer.headers["Pragma"] == "no-cache"
        assert answer.headers["Content-Type"] == "application/json"


def test_over_https_the_cookie_is_locked_to_the_host(secure_site: Site) -> None:
    secure_site.person("tane")
    browser = secure_site.browser()
    first = browser.get("/authorize", **secure_site.application().request())
    [cookie] = first.headers.getlist("Set-Cookie")
    assert cookie.startswith("__Host-acrux=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
    assert "Domain" not in cookie
    hsts = first.headers["Strict-Transport-Security"]
    assert int(hsts.partition("max-age=")[2].partition(";")[0]) >= 31_536_000


def test_over_https_a_cookie_without_the_lock_is_not_read(secure_site: Site) -> None:
    secure_site.person("tane")
    app = secure_site.application()
    browser = secure_site.browser()
    browser.authorize(app)
    assert "code" in browser.sign_in("tane").query
    cookie = browser.http._client.get_cookie("__Host-acrux")  # type: ignore[union-attr]
    assert cookie
    thief = secure_site.browser()
    thief.http.set_cookie(cookie.value)
    assert thief.authorize(app, prompt="none").query["error"] == "login_required"


def test_texts_of_strangers_stay_texts(small_site: Site) -> None:
    """Whatever is shown of a request, a client or a person is escaped."""
    script = '"><script src=//evil.example></script>{{7*7}}'
    small_site.person("tane")
    app = small_site.application("app", first_party=False, redirect_uris=[RETURN])
    with small_site.work() as work:
        row = clients.find(work, "app")
        assert row
        clients.change(work, "app", script, row.data)
    browser = small_site.browser()
    pages = [browser.authorize(app, login_hint=script, ui_locales=script, state=script)]
    pages.append(browser.sign_in(script, "wrong guess"))
    pages.append(browser.sign_in("tane"))
    pages.append(browser.open("/end_session", state=script, id_token_hint=script))
    pages.append(browser.open("/authorize", client_id=script, redirect_uri=script))
    pages.append(browser.open("/authorize", **app.request(redirect_uri=script)))
    for page in pages:
        assert "<script src=//" not in page.text
        # But for what is drawn at random: tokens, references, and the port of an address.
        assert "49" not in re.sub(r"[\w-]{16,}|:\d+", "", page.text)
    assert any("evil.example" in page.text for page in pages), "it was shown, and escaped"


def test_what_strangers_ask_is_shown_to_the_auditor_as_text(small_site: Site) -> None:
    script = "<script/src=//evil.example></script>"
    secret = small_site.secret()
    small_site.person("tane", totp=secret, roles=frozenset({"auditor"}))
    app = small_site.application()
    stranger = small_site.browser()
    stranger.authorize(app, acr_values=script, prompt="none")
    stranger.authorize(app, acr_values=script, claims=app.essential(script))
    stranger.sign_in(script, script)
    stranger.open("/authorize", client_id=script)
    auditor = small_site.browser()
    auditor.open("/admin/audit/events")
    auditor.sign_in("tane")
    page = auditor.totp(secret)
    assert page.heading == "Every event"
    assert "&lt;script/src=//evil.example&gt;" in page.text
    assert script not in page.text
    for column in ("client", "person", "acr", "kind", "since"):
        assert script not in auditor.open("/admin/audit/events", **{column: f'"{script}'}).text


def test_a_stranger_cannot_ask_for_a_frame(small_site: Site) -> None:
    """The policy is made from the return address: that must not add to it."""
    app = small_site.application(redirect_uris=["http://127.0.0.1/cb"], application_type="native")
    for port in ("1;frame-ancestors *", "1 *", "1;script-src *", "1,*", "*"):
        answer = small_site.browser().authorize(app, redirect_uri=f"http://127.0.0.1:{port}/cb")
        assert answer.status == 400
        assert _csp(answer)["frame-ancestors"] == ["'none'"]


def test_nobody_reads_our_answers_from_another_site(small_site: Site) -> None:
    browser: Browser = small_site.browser()
    for verb, path in (("GET", "/account/"), ("GET", "/authorize"), ("OPTIONS", "/end_session")):
        answer = browser.http.send(verb, path, None, {"Origin": "https://evil.example"})
        assert not [name for name in dict(answer.headers) if name.startswith("Access-Control")]
