"""Back-Channel Logout 1.0: whatever ends a session, each of its applications hears of it."""

from collections.abc import Callable
from typing import Any

import pytest

from idp import clock
from tests.protocol.command import Acrux
from tests.protocol.sign_ins import jose_header, signed_in
from tests.protocol.told_applications import EVENT, register, session, settle, sign_out, told
from tests.support.programs.https import HttpsServer
from tests.support.site import MFA, PASSWORD, Browser, Site


@pytest.mark.slow
def test_the_message_is_one_logout_token_and_nothing_else(
    small: Site, receiver: HttpsServer
) -> None:
    small.person("tane")
    app = register(small, receiver)
    browser, claims = session(small, app)
    sign_out(browser)
    (token,) = told(small, receiver)
    (request,) = receiver.requests
    assert request.method == "POST"
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert "cookie" not in request.headers
    assert request.form.keys() == {"logout_token"}
    assert jose_header(request.form["logout_token"])["typ"] == "logout+jwt"
    assert token.keys() == {"iss", "sub", "aud", "iat", "exp", "jti", "sid", "events"}
    assert token["events"] == {EVENT: {}}
    assert (token["iss"], token["aud"]) == (small.issuer, app.client_id)
    assert (token["sub"], token["sid"]) == (claims["sub"], claims["sid"])
    assert 0 < token["exp"] - token["iat"] <= 120
    assert abs(token["iat"] - clock.now()) < 60


@pytest.mark.slow
def test_it_is_signed_as_the_client_has_its_id_tokens_signed(
    small: Site, receiver: HttpsServer
) -> None:
    small.person("tane")
    browser, _ = session(small, register(small, receiver, id_token_signed_response_alg="ES256"))
    sign_out(browser)
    assert told(small, receiver)
    assert jose_header(receiver.requests[0].form["logout_token"])["alg"] == "ES256"


@pytest.mark.slow
def test_a_client_with_pairwise_subjects_hears_of_the_person_as_it_knows_them(
    small: Site, receiver: HttpsServer
) -> None:
    sub = small.person("tane")
    browser, claims = session(small, register(small, receiver, subject_type="pairwise"))
    sign_out(browser)
    (token,) = told(small, receiver)
    assert token["sub"] == claims["sub"] != sub


def by_hand(site: Site, browser: Browser) -> None:
    sign_out(browser)


def by_account(site: Site, browser: Browser) -> None:
    browser.open("/account/")
    assert browser.submit("/end_session").heading == "Signed out"


def by_disabling(site: Site, _: Browser) -> None:
    Acrux(site.environ)("user", "disable", "tane")


def by_operator(site: Site, _: Browser) -> None:
    assert "1 sessions" in Acrux(site.environ)("user", "sign-out", "tane")


def by_new_password(site: Site, _: Browser) -> None:
    words = ("user", "set-password", "tane", "--password-stdin")
    Acrux(site.environ)(*words, stdin="quite another long secret\n")


def by_reset(site: Site, _: Browser) -> None:
    Acrux(site.environ)("user", "reset-factor", "tane", "password")


def by_another_person(site: Site, browser: Browser) -> None:
    other = site.application("other-door")
    browser.authorize(other, prompt="login")
    browser.submit("/switch")
    assert "code" in browser.sign_in("mere").query


CAUSES = (
    *(by_hand, by_account, by_disabling, by_operator, by_new_password, by_reset),
    by_another_person,
)


@pytest.mark.slow
@pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: cause.__name__)
def test_whatever_ends_a_session_reaches_its_application_once(
    told_site: Site, receiver: HttpsServer, cause: Callable[[Site, Browser], None]
) -> None:
    site = told_site
    site.person("tane")
    site.person("mere")
    app = register(site, receiver)
    browser, claims = session(site, app)
    cause(site, browser)
    settle(site)
    site.installation.post.deliver_due()
    (token,) = told(site, receiver)
    assert (token["sub"], token["sid"]) == (claims["sub"], claims["sid"])
    assert [e.sid for e in site.events(kind="client:logout:delivered")] == [claims["sid"]]
    kind = "person:factor:removed" if cause is by_reset else "person:session:ended"
    assert len(site.events(kind=kind)) == 1


@pytest.mark.slow
def test_every_application_of_the_session_is_told_and_no_other(
    told_site: Site, receiver: HttpsServer
) -> None:
    site = told_site
    site.person("tane")
    site.person("mere")
    apps = [
        register(site, receiver, "one"),
        register(site, receiver, "two", backchannel_logout_uri=receiver.url("/other")),
        register(site, receiver, "elsewhere"),
        site.application("deaf"),
    ]
    session(site, apps[2], "mere")
    browser, claims = session(site, apps[0])
    for app in (apps[0], apps[1], apps[3]):
        assert "code" in browser.authorize(app).query
    sign_out(browser)
    (first,), (second,) = told(site, receiver), told(site, receiver, "/other")
    assert (first["aud"], second["aud"]) == ("one", "two")
    assert first["sid"] == second["sid"] == claims["sid"]
    assert len(receiver.requests) == 2


@pytest.mark.slow
def test_disabling_a_person_ends_each_session_by_its_own_message(
    told_site: Site, receiver: HttpsServer
) -> None:
    site = told_site
    site.person("tane")
    app = register(site, receiver)
    sids = {session(site, app)[1]["sid"] for _ in range(3)}
    Acrux(site.environ)("user", "disable", "tane")
    settle(site)
    site.installation.post.deliver_due()
    assert len(sids) == 3
    assert sorted(token["sid"] for token in told(site, receiver)) == sorted(sids)


@pytest.mark.slow
def test_a_factor_that_is_reset_ends_the_sessions_that_rest_on_it_alone(
    told_site: Site, receiver: HttpsServer
) -> None:
    site = told_site
    secret = site.secret()
    sub = site.person("tane")
    app = register(site, receiver)
    _, weak = session(site, app)
    totp: Any = site.installation.signin.authenticators["totp"]
    with site.work() as work:
        totp.add(work, sub, secret)
    strong = site.browser()
    strong.authorize(app, acr_values=MFA)
    strong.sign_in("tane")
    claims = site.claims(app, strong.totp(secret))
    Acrux(site.environ)("user", "reset-factor", "tane", "totp")
    settle(site)
    site.installation.post.deliver_due()
    assert [token["sid"] for token in told(site, receiver)] == [claims["sid"]]
    assert weak["sid"] != claims["sid"]


@pytest.mark.slow
def test_offline_access_outlives_the_session_and_its_application_hears_all_the_same(
    told_site: Site, receiver: HttpsServer
) -> None:
    """OIDC Core 11; Back-Channel Logout 2.7."""
    site = told_site
    site.person("tane")
    app = register(site, receiver)
    browser = signed_in(site, app, scope="openid offline_access")
    tokens = site.redeem(app, browser.at.query["code"]).json
    sign_out(browser)
    assert len(told(site, receiver)) == 1
    assert site.refresh(app, tokens["refresh_token"]).status == 200


@pytest.mark.slow
def test_a_later_person_in_the_same_browser_has_a_session_of_their_own(
    told_site: Site, receiver: HttpsServer
) -> None:
    site = told_site
    site.person("tane")
    site.person("mere")
    app = register(site, receiver)
    browser, first = session(site, app)
    browser.authorize(app, prompt="login")
    browser.submit("/switch")
    second = site.claims(app, browser.sign_in("mere"))
    assert [token["sid"] for token in told(site, receiver)] == [first["sid"]]
    sign_out(browser)
    assert [token["sid"] for token in told(site, receiver)] == [first["sid"], second["sid"]]
    assert [token["sub"] for token in told(site, receiver)] == [first["sub"], second["sub"]]


def test_signing_in_again_as_the_same_person_ends_nothing(
    small: Site, receiver: HttpsServer
) -> None:
    small.person("tane")
    app = register(small, receiver)
    browser, first = session(small, app)
    browser.authorize(app, prompt="login")
    second = small.claims(app, browser.submit("/password", password=PASSWORD))
    assert second["sid"] == first["sid"]
    assert told(small, receiver) == []


def test_a_session_that_merely_expires_is_told_to_nobody(
    small: Site, receiver: HttpsServer
) -> None:
    small.person("tane")
    browser, _ = session(small, register(small, receiver))
    small.advance(small.installation.settings.session.absolute + 1)
    browser.open("/end_session")
    assert told(small, receiver) == []


@pytest.mark.slow
def test_a_logout_token_is_no_hint(small: Site, receiver: HttpsServer) -> None:
    """It bears our signature and a `sid`, yet it must sign no one out and name no one."""
    small.person("tane")
    app = register(small, receiver, post_logout_redirect_uris=["https://app.example.org/bye"])
    browser, _ = session(small, app)
    sign_out(browser)
    assert told(small, receiver)
    token = receiver.requests[0].form["logout_token"]
    again, _ = session(small, app)
    answer = again.open(
        "/end_session",
        id_token_hint=token,
        post_logout_redirect_uri="https://app.example.org/bye",
    )
    assert 'id="logout-page"' in answer.text
    fresh = small.browser().open(
        "/end_session",
        id_token_hint=token,
        post_logout_redirect_uri="https://app.example.org/bye",
    )
    assert not fresh.location
