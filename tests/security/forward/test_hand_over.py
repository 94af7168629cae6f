"""A sign-in for a guarded host ends in the browser that began it, at that host, for that host."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from idp.oidc import provider as providers
from idp.oidc.token_endpoint.redeeming import redeem
from tests.products.visitor import destination
from tests.support.guarded import ORIGIN, Guarded, host
from tests.support.site import Application, Site

OTHER = "https://books.example.org"


@pytest.fixture
def site(tmp_path: Path, database_url: str) -> Iterator[Site]:
    """An installation behind a proxy of its own machine, with a guarded host."""
    found = Site(tmp_path, database_url, server__trusted_proxies="127.0.0.1")
    found.person("aroha")
    host(found)
    yield found
    found.close()


def answered(browser: Guarded, path: str = "/") -> str:
    """Sign in, and return the address that the provider sends the browser to."""
    browser.provider.open(browser.sent_away(path))
    return destination(browser.provider.sign_in("aroha")).removeprefix(browser.origin)


def in_vain(browser: Guarded, callback: str) -> None:
    told = browser.here(callback)
    assert "/forward/refused?" in told.location
    assert "__Host-acrux-here" not in browser.cookies


def test_an_answer_that_another_browser_began_signs_no_one_in(site: Site) -> None:
    mine, victim = Guarded(site), Guarded(site)
    callback = answered(mine)
    in_vain(victim, callback)
    victim.sent_away("/")
    in_vain(victim, callback)


def test_an_answer_is_good_once(site: Site) -> None:
    browser = Guarded(site)
    kept = dict(browser.cookies)
    callback = answered(browser)
    kept = dict(browser.cookies)
    assert browser.here(callback).location == f"{ORIGIN}/"
    browser.cookies = kept
    in_vain(browser, callback)


def test_an_answer_comes_too_late_after_half_an_hour(site: Site) -> None:
    browser = Guarded(site)
    callback = answered(browser)
    site.advance(1801)
    in_vain(browser, callback)


def test_what_one_host_gave_is_worth_nothing_at_another(site: Site) -> None:
    host(site, "books", forward_origin=OTHER)
    browser = Guarded(site)
    browser.here(answered(browser))
    elsewhere = Guarded(site, OTHER)
    elsewhere.cookies = dict(browser.cookies)
    assert elsewhere.asked("/").status == 401
    assert browser.asked("/").status == 200


def test_a_token_of_another_application_opens_no_guarded_host(site: Site) -> None:
    app = site.application("other")
    browser = site.browser()
    browser.authorize(app)
    code = browser.sign_in("aroha").query["code"]
    guarded = Guarded(site)
    for token in (site.redeem(app, code).json["access_token"], "x", "a.b.c", "x" * 9000):
        guarded.cookies = {"__Host-acrux-here": token}
        assert guarded.asked("/").status == 401


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "/%0d%0aSet-Cookie:x=1",
        "/a b",
        "javascript:1",
        "/.acrux/sign-out",
        "",
        "/" + "x" * 3000,
        "/é",
    ],
)
def test_nobody_is_sent_to_another_host_by_what_an_address_says(site: Site, target: str) -> None:
    browser = Guarded(site)
    away = browser.here("/.acrux/start?rd=" + target)
    browser.provider.open(away.location.removeprefix(site.issuer))
    told = browser.come_back(browser.provider.sign_in("aroha"))
    assert told.location.startswith(f"{ORIGIN}/")
    assert "evil.example" not in told.location
    assert "Set-Cookie:x" not in str(told.headers)


def test_only_a_proxy_that_is_named_says_which_host_is_meant(tmp_path: Path) -> None:
    site = Site(tmp_path, f"sqlite:///{tmp_path / 'acrux.db'}", server__trusted_proxies="10.0.0.1")
    host(site)
    browser = Guarded(site)
    assert browser.asked("/").status == 403
    assert browser.here("/.acrux/start?rd=/").status == 404
    assert browser.here("/.acrux/callback?code=x").status == 404
    site.close()


def test_many_tries_fill_no_browser_with_what_it_must_send_along(site: Site) -> None:
    browser = Guarded(site)
    for _ in range(9):
        browser.sent_away("/")
        site.advance(1)
    assert len(browser.cookies) == 4
    assert browser.here(answered(browser)).location == f"{ORIGIN}/"


def test_where_requests_must_be_pushed_a_guarded_host_pushes_its_own(site: Site) -> None:
    host(site, "books", forward_origin=OTHER, require_pushed_authorization_requests=True)
    browser = Guarded(site, OTHER)
    away = browser.sent_away("/")
    assert "request_uri=urn" in away
    assert "claims" not in away
    browser.provider.open(away)
    assert browser.come_back(browser.provider.sign_in("aroha")).location == f"{OTHER}/"


def test_a_token_that_is_for_an_api_is_no_way_in(site: Site) -> None:
    host(site, "books", forward_origin=OTHER, audience=["https://api.example.org"])
    browser = Guarded(site, OTHER)
    browser.sent_away("/")
    app = Application("books", None, f"{OTHER}/.acrux/callback")
    sent = app.request(resource="https://api.example.org")
    answer = browser.provider.open("/authorize", **sent)
    assert answer.status == 200
    code = dict(parse_qsl(urlsplit(destination(browser.provider.sign_in("aroha"))).query))["code"]
    provider = providers.of(site.installation)
    with site.work() as work:
        client = provider.registry.find(work, "books")
        assert client is not None
        token = redeem(
            work,
            client,
            provider.issuer,
            code=code,
            redirect_uri=app.redirect_uri,
            verifier=app.verifier,
        )
    assert token is not None
    browser.cookies["__Host-acrux-here"] = token["access_token"]
    assert browser.asked("/").status == 401


def test_bad_input_is_refused_plainly(site: Site) -> None:
    browser = Guarded(site)
    for headers in (
        {"X-Forwarded-Host": "["},
        {"X-Forwarded-Host": "wiki.example.org, evil.example"},
        {"X-Forwarded-Host": "evil.example"},
        {"X-Forwarded-Proto": "ftp"},
        {"X-Forwarded-Uri": "x"},
        {"X-Forwarded-Uri": "/" + "x" * 9000},
        {"X-Forwarded-Uri": "/%00"},
    ):
        assert browser.asked("/", **headers).status == 403, headers
    for name in ("__Host-acrux-try-00000000-aaaaaaaa", "__Host-acrux-here"):
        browser.cookies = {name: "\\x00;;"}
        assert browser.asked("/").status == 401
        assert "/forward/refused?" in browser.here("/.acrux/callback?state=x&code=y").location
