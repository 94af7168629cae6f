"""Who comes to the pages of a guarded host, and what its application is told."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwk, jwt

from idp.forward.told import NAMES
from idp.ledger.explaining import explanation
from tests.protocol.command import Acrux
from tests.support.guarded import ORIGIN, SCRIPT, Guarded, host
from tests.support.site import MFA, ONE, PASSWORD, Site

TYPED = "acrux-forward+jwt"


@pytest.fixture
def site(tmp_path: Path, database_url: str) -> Iterator[Site]:
    """An installation behind a proxy of its own machine."""
    found = Site(tmp_path, database_url, server__trusted_proxies="127.0.0.1")
    yield found
    found.close()


def asserted(site: Site, text: str) -> dict[str, Any]:
    published = jwk.KeySet.import_key_set(site.client().send("GET", "/jwks").json)
    token = jwt.decode(text, published, algorithms=["RS256"])
    assert token.header["typ"] == TYPED
    return dict(token.claims)


def test_somebody_signs_in_on_the_way_and_the_application_is_told_who_it_is(site: Site) -> None:
    secret = site.secret()
    sub = site.person("aroha", totp=secret, groups=("north", "night, shift"))
    host(site, min_acr=MFA)
    browser = Guarded(site)
    arrived = browser.sign_in("/page/a?x=1&y=%2F", "aroha", secret)
    assert (arrived.status, arrived.location) == (303, f"{ORIGIN}/page/a?x=1&y=%2F")
    assert list(browser.cookies) == ["__Host-acrux-here"]
    told = browser.asked("/page/a?x=1&y=%2F")
    assert told.status == 200
    assert told.headers["X-User"] == "aroha"
    assert told.headers["X-Email"] == "aroha@example.org"
    assert told.headers["X-Acr"] == MFA
    assert told.headers["X-Groups"] == "night%2C shift,north"
    said = asserted(site, told.headers["X-Acrux-Assertion"])
    assert (said["iss"], said["aud"], said["sub"]) == (site.issuer, ORIGIN, sub)
    assert (said["acr"], said["groups"]) == (MFA, ["night, shift", "north"])
    assert set(said["amr"]) >= {"pwd", "otp", "mfa"}
    assert 0 < said["exp"] - said["iat"] <= 300


def test_the_cookie_is_for_this_host_alone_and_no_script_reads_it(site: Site) -> None:
    site.person("aroha")
    host(site)
    browser = Guarded(site)
    lines = browser.sign_in("/", "aroha").headers.getlist("Set-Cookie")
    [line] = [one for one in lines if one.startswith("__Host-acrux-here=")]
    attributes = {part.strip().lower() for part in line.split(";")[1:]}
    assert attributes == {"secure", "httponly", "path=/", "samesite=lax"}


def test_nobody_is_asked_for_a_public_page_and_its_application_is_told_nothing(site: Site) -> None:
    host(site, forward_paths={"/static": {"public": True}})
    told = Guarded(site).asked("/static/a.css")
    assert told.status == 200
    assert {told.headers[name] for name in NAMES} == {""}
    assert Guarded(site).asked("/static/../page").status == 401


@pytest.mark.slow
def test_a_page_that_needs_more_asks_for_that_and_no_more(site: Site) -> None:
    site.person("aroha")
    host(site, forward_paths={"/pay": {"acr": MFA}})
    browser = Guarded(site)
    browser.sign_in("/", "aroha")
    assert browser.asked("/").headers["X-Acr"] == ONE
    browser.provider.open(browser.sent_away("/pay/run"))
    arrived = browser.come_back(browser.provider.enrol_totp())
    assert arrived.location == f"{ORIGIN}/pay/run"
    assert browser.asked("/pay/run").headers["X-Acr"] == MFA


def test_a_proof_that_is_too_old_for_a_page_is_given_anew(site: Site) -> None:
    site.person("aroha")
    host(site, forward_paths={"/keys": {"max_age": 300}})
    browser = Guarded(site)
    browser.sign_in("/keys", "aroha")
    site.advance(301)
    assert browser.asked("/").status == 200
    browser.provider.open(browser.sent_away("/keys"))
    browser.come_back(browser.provider.submit("/password", password=PASSWORD))
    assert browser.asked("/keys").status == 200


@pytest.mark.slow
def test_a_page_for_a_group_is_shown_to_no_one_else_and_follows_the_group_at_once(
    site: Site,
) -> None:
    site.person("aroha")
    paths = {"/it": {"groups": ["it", "ops"]}, "/staff": {"user_types": ["staff"]}}
    host(site, forward_paths=paths)
    browser = Guarded(site)
    assert browser.sign_in("/it", "aroha").location == f"{ORIGIN}/it"
    refused = browser.asked("/it")
    assert refused.status == 403
    assert browser.asked("/staff").status == 403
    page = browser.provider.open(refused.location.removeprefix(site.issuer))
    assert (page.status, page.heading) == (403, "This page is not for you")
    assert f'href="{ORIGIN}/"' in page.text
    assert [event.reason for event in site.events(kind="client:forward:refused")]


def test_signing_out_anywhere_ends_what_the_browser_holds_there(site: Site) -> None:
    site.person("aroha")
    host(site)
    browser = Guarded(site)
    browser.sign_in("/", "aroha")
    away = browser.here("/.acrux/sign-out")
    browser.provider.open(away.location.removeprefix(site.issuer))
    browser.provider.submit("/end_session")
    assert browser.asked("/").status == 401
    assert "/password" in browser.provider.open(browser.sent_away("/")).text


def test_somebody_who_is_switched_off_is_out_at_the_next_request(site: Site) -> None:
    site.person("aroha")
    host(site)
    browser = Guarded(site)
    browser.sign_in("/", "aroha")
    Acrux(site.environ)("user", "disable", "aroha")
    assert browser.asked("/").status == 401


def test_a_script_is_told_so_and_is_sent_nowhere(site: Site) -> None:
    host(site)
    old = {"X-Requested-With": "XMLHttpRequest", "Sec-Fetch-Mode": ""}
    for headers in (SCRIPT, {"X-Forwarded-Method": "POST"}, old):
        told = Guarded(site).asked("/", **headers)
        assert (told.status, told.location) == (401, "")


def test_a_proxy_that_hands_answers_on_has_the_browser_sent(site: Site) -> None:
    host(site)
    told = Guarded(site).asked("/a?b=c", at="/forward/redirect")
    assert (told.status, told.location) == (303, "/.acrux/start?rd=/a%3Fb%3Dc")


def test_an_application_that_is_switched_off_lets_no_one_in(site: Site) -> None:
    host(site, switched_off=True)
    assert Guarded(site).asked("/").status == 403


def test_two_applications_with_one_host_let_no_one_in(site: Site) -> None:
    host(site)
    host(site, "other")
    assert Guarded(site).asked("/").status == 403


def test_the_token_in_the_cookie_has_a_leaf_that_explains_it(site: Site) -> None:
    secret = site.secret()
    site.person("aroha", totp=secret)
    host(site, min_acr=MFA)
    browser = Guarded(site)
    browser.sign_in("/", "aroha", secret)
    said = asserted(site, browser.asked("/").headers["X-Acrux-Assertion"])
    site.installation.sealer.seal()
    with site.work() as work:
        found = explanation(work, said["jti"])
    assert found is not None
    assert (found.leaf["acr"], found.leaf["client"], found.leaf["grant"]) == (
        MFA,
        "wiki",
        "authorization_code",
    )
