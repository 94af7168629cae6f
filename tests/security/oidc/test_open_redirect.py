"""No one is sent to an address that was not registered, however it is spelt."""

from urllib.parse import quote, urlsplit

import pytest

from tests.support.site import Application, Browser, Site

HTTPS = "https://app.example.org/callback"
NATIVE = "http://127.0.0.1/native"
SIX = "http://[::1]/native"
SCHEME = "com.example.app:/callback"
QUERY = "https://app.example.org/callback?tenant=7"
AFTER = "https://app.example.org/signed-out"
REGISTERED = [HTTPS, NATIVE, SIX, SCHEME, QUERY]

EVIL = [
    "https://evil.example/callback",
    "https://app.example.org.evil.example/callback",
    "https://app.example.org@evil.example/callback",
    "https://app.example.org%40evil.example/callback",
    "https://evil.example\\@app.example.org/callback",
    "https://evil.example\\.app.example.org/callback",
    "https://app.example.org\\@evil.example/callback",
    "https://user@app.example.org/callback",
    "https://user:pw@app.example.org/callback",
    "https://app.example.org:443/callback",
    "https://app.example.org:8443/callback",
    "https://app.example.org:/callback",
    "https://app.example.org./callback",
    "https://APP.example.org/callback",
    "HTTPS://app.example.org/callback",
    "http://app.example.org/callback",
    "//app.example.org/callback",
    "///app.example.org/callback",
    "/callback",
    "https:/app.example.org/callback",
    "https:app.example.org/callback",
    "https:///app.example.org/callback",
    "https://app.example.org/callback/",
    "https://app.example.org//callback",
    "https://app.example.org/callback/../evil",
    "https://app.example.org/x/../callback",
    "https://app.example.org/callback%2f..%2fevil",
    "https://app.example.org/%63allback",
    "https://app.example.org/callback;evil",
    "https://app.example.org/callback?",
    "https://app.example.org/callback?next=https://evil.example",
    "https://app.example.org/callback?tenant=8",
    "https://app.example.org/callback?tenant=7&x=1",
    "https://app.example.org/callback#",
    "https://app.example.org/callback#@evil.example",
    "https://app.example.org/callback ",
    " https://app.example.org/callback",
    "https://app.example.org/callback\t",
    "https://app.example.org/callback\r\nSet-Cookie: acrux=x",
    "https://app.example.org/callback\x00.evil.example",
    "https://app.example.org/callback,https://evil.example",
    "https://app.example.org/callback https://evil.example",
    "https://app.example.org/Callback",
    "https://app.example.org",
    "https://app.exаmple.org/callback",
    "https://xn--app-6cd.example.org/callback",
    "javascript:alert(1)//app.example.org/callback",
    "data:text/html,<script>alert(1)</script>",
    "com.example.app:/callback/evil",
    "com.example.app://evil/callback",
    "com.evil.app:/callback",
    "http://localhost/native",
    "http://127.0.0.1:80@evil.example/native",
    "http://127.0.0.1:@evil.example/native",
    "http://evil.example:80\\@127.0.0.1/native",
    "http://127.0.0.1:80\\@evil.example/native",
    "http://127.0.0.1:80\\evil.example/native",
    "http://127.0.0.1:evil/native",
    "http://127.0.0.1:99999/native",
    "http://127.0.0.1:-1/native",
    "http://127.0.0.1:8080/native/x",
    "http://127.0.0.1:8080/native?x=1",
    "http://127.0.0.1:8080/native#x",
    "http://127.0.0.1:1; frame-ancestors *; x/native",
    "http://127.0.0.1:1;frame-ancestors/native",
    "http://127.0.0.1:8080 /native",
    "http://127.0.0.1:80\t80/native",
    "http://127.0.0.1.evil.example/native",
    "http://127.0.0.2:8080/native",
    "http://127.1:8080/native",
    "http://2130706433:8080/native",
    "http://0x7f.0.0.1:8080/native",
    "http://0.0.0.0:8080/native",
    "http://me@127.0.0.1:8080/native",
    "http://:pw@127.0.0.1:8080/native",
    "https://127.0.0.1:8080/native",
    "http://[::1%25lo]:8080/native",
    "http://[::2]:8080/native",
    "http://[::ffff:127.0.0.1]:8080/native",
    "http://[0:0:0:0:0:0:0:1]:8080/native",
    "http://[::1]evil.example:8080/native",
    "http://[::1/native",
]
GOOD = [*REGISTERED, "http://127.0.0.1:51004/native", "http://[::1]:51004/native"]


@pytest.fixture
def app(small_site: Site) -> Application:
    small_site.person("tane")
    return small_site.application(
        redirect_uris=REGISTERED, post_logout_redirect_uris=[AFTER], application_type="native"
    )


def test_there_are_many_vectors() -> None:
    assert len(EVIL) == len(set(EVIL)) >= 50


def test_a_wrong_return_address_gets_a_page_and_never_a_redirect(
    small_site: Site, app: Application
) -> None:
    signed_in = small_site.browser()
    signed_in.authorize(app)
    signed_in.sign_in("tane")
    fresh = small_site.browser()
    for uri in EVIL:
        for browser in (signed_in, fresh):
            for request in ({}, {"prompt": "none"}, {"scope": "none"}, {"response_type": "x"}):
                answer = browser.authorize(app, redirect_uri=uri, **request)
                assert answer.status == 400, uri
                assert not answer.location, uri
                assert "error-page" in answer.text, uri
                assert "evil" not in answer.text, uri


def test_an_address_given_twice_or_not_at_all_is_not_trusted(
    small_site: Site, app: Application
) -> None:
    browser = small_site.browser()
    query = "&".join(f"{name}={quote(value)}" for name, value in app.request().items())
    for more in ("&redirect_uri=https://evil.example", f"&redirect_uri={quote(HTTPS)}"):
        assert not browser.get(f"/authorize?{query}{more}").location
    assert not browser.authorize(app, redirect_uri=None).location
    assert not browser.authorize(app, redirect_uri="").location


def test_a_registered_address_is_returned_to_and_loopback_ports_are_free(
    small_site: Site, app: Application
) -> None:
    browser = small_site.browser()
    browser.authorize(app)
    browser.sign_in("tane")
    for uri in GOOD:
        answer = browser.authorize(app, redirect_uri=uri)
        if not uri.startswith("https:"):
            answer = browser.submit("/consent", decision="allow")
        assert answer.status == 303, uri
        assert answer.location.startswith(uri + ("&" if "?" in uri else "?")), uri
        code = answer.query["code"]
        assert small_site.redeem(app, code, redirect_uri=uri).status == 200, uri


def _signed_in(small_site: Site, app: Application) -> tuple[Browser, str]:
    browser = small_site.browser()
    browser.authorize(app)
    code = browser.sign_in("tane").query["code"]
    return browser, small_site.redeem(app, code).json["id_token"]


def test_signing_out_leads_to_a_registered_address_or_nowhere(
    small_site: Site, app: Application
) -> None:
    browser, hint = _signed_in(small_site, app)
    evil = [uri.replace("callback", "signed-out") for uri in EVIL]
    for uri in [*evil, *REGISTERED, AFTER + "/", AFTER + "?x", AFTER.upper()]:
        if uri == AFTER:
            continue
        answer = browser.get("/end_session", id_token_hint=hint, post_logout_redirect_uri=uri)
        assert (answer.status, answer.location) == (200, ""), uri
        assert "evil" not in answer.text, uri


def test_signing_out_needs_a_hint_to_lead_anywhere(small_site: Site, app: Application) -> None:
    other = small_site.application("other", post_logout_redirect_uris=["https://other.example/"])
    browser, hint = _signed_in(small_site, app)
    for request in (
        {},
        {"client_id": app.client_id},
        {"id_token_hint": "x.y.z"},
        {"id_token_hint": hint, "client_id": other.client_id},
    ):
        answer = browser.get("/end_session", post_logout_redirect_uri=AFTER, **request)
        assert not answer.location, request
    request = {"id_token_hint": hint, "post_logout_redirect_uri": "https://other.example/"}
    assert not browser.get("/end_session", **request).location
    answer = browser.get("/end_session", id_token_hint=hint, post_logout_redirect_uri=AFTER)
    assert answer.location == AFTER


NEXT = (
    "next",
    "return_to",
    "returnTo",
    "redirect",
    "redirect_uri",
    "url",
    "continue",
    "rd",
    "path",
)


def test_pages_of_ours_return_to_themselves_alone(small_site: Site) -> None:
    small_site.person("tane")
    query = "&".join(f"{name}=https://evil.example/" for name in NEXT)
    for path in (f"/account/?{query}", f"/account?{query}"):
        browser = small_site.browser()
        answer = browser.open(path)
        assert answer.heading == "Sign in"
        answer = browser.sign_in("tane")
        assert answer.url == "/account/"
        browser.open("/account/")
        answer = browser.http.send("POST", f"/end_session?{query}", {"csrf_token": browser.at.csrf})
        assert (answer.heading, answer.location) == ("Signed out", "")


@pytest.mark.parametrize(
    "path", ["/account", "/admin", "/admin/audit", "//account/", "//evil.example"]
)
def test_no_redirect_of_ours_believes_the_host_header(small_site: Site, path: str) -> None:
    for headers in ({"Host": "evil.example"}, {"X-Forwarded-Host": "evil.example"}):
        answer = small_site.client().send("GET", path, None, headers)
        assert urlsplit(answer.location).netloc in ("", urlsplit(small_site.issuer).netloc)
        assert "evil" not in answer.location


def test_what_an_application_sends_along_cannot_add_headers_or_parameters(
    small_site: Site, app: Application
) -> None:
    browser, _ = _signed_in(small_site, app)
    for state in (
        "x&code=evil&iss=https://evil.example",
        "x\u2028y",
        "a#b",
        "ä%0d%0aSet-Cookie: x",
    ):
        answer = browser.authorize(app, state=state)
        assert answer.query["state"] == state
        assert answer.location.count("code=") == 1
        assert answer.query["iss"] == small_site.issuer
    for state in ("x\r\nSet-Cookie: acrux=x", "x\x00y", "x\ny"):
        answer = browser.authorize(app, state=state)
        assert "code" not in answer.query
        assert "Set-Cookie" not in answer.headers
