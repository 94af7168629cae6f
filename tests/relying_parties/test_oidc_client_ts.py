"""A single-page application made of oidc-client-ts, in Chromium, without a secret.

Its origin differs from the provider's by the port alone: another origin for CORS and frames, the
same site for cookies, as an application below the company's domain would be.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Request

from tests.relying_parties.single_page import SinglePage, origin
from tests.support.programs.tls import TlsSite
from tests.support.site import MFA, ONE, PASSWORD, Application

OFFLINE = "openid profile email offline_access"


@pytest.fixture
def spa(node: str, tls_site: TlsSite, chromium: Browser) -> Iterator[SinglePage]:
    """The application in a fresh browser profile; `node` stands for its installed packages."""
    context = chromium.new_context(ignore_https_errors=True)
    with origin(tls_site.identity) as served:
        yield SinglePage(tls_site, served, context)
    context.close()


def test_a_single_page_signs_in_and_reads_userinfo(spa: SinglePage) -> None:
    sub = spa.site.person("aroha")
    spa.open(spa.register("spa-sign-in"), loadUserInfo=True)
    user = spa.sign_in("aroha")
    assert (user["profile"]["acr"], user["profile"]["amr"]) == (ONE, ["pwd"])
    assert user["profile"]["sub"] == sub
    assert user["profile"]["email"] == "aroha@example.org"
    assert user["refresh_token"] is None


def test_a_single_page_steps_up(spa: SinglePage) -> None:
    secret = spa.site.secret()
    spa.site.person("tane", totp=secret)
    spa.open(spa.register("spa-step-up"))
    claims = Application.essential(MFA).replace('"', '\\"')
    spa.leave(f'signinRedirect({{extraQueryParams: {{claims: "{claims}"}}}})')
    spa.page.locator("#username").fill("tane")
    spa.page.locator("#password").fill(PASSWORD)
    spa.page.locator("#login-submit").click()
    spa.page.locator("#otp").fill(spa.site.code(secret))
    spa.page.locator("#mfa-submit").click()
    spa.expect_state("Signed in")
    assert spa.user()["profile"]["acr"] == MFA


def test_a_single_page_renews_by_its_refresh_token(spa: SinglePage) -> None:
    spa.site.person("mere")
    spa.open(spa.register("spa-refresh"), scope=OFFLINE)
    before = spa.sign_in("mere")
    after = spa.ask("signinSilent()")
    assert after["access_token"] != before["access_token"]
    assert after["refresh_token"] != before["refresh_token"]
    assert after["profile"]["sub"] == before["profile"]["sub"]


def test_a_single_page_renews_in_a_hidden_frame(spa: SinglePage) -> None:
    spa.site.person("hana")
    spa.open(spa.register("spa-frame"))
    before = spa.sign_in("hana")
    framed: list[str] = []

    def note(request: Request) -> None:
        if request.is_navigation_request() and request.frame.parent_frame:
            framed.append(request.url)

    spa.page.on("request", note)
    after = spa.ask("signinSilent()")
    assert after["access_token"] != before["access_token"]
    assert after["profile"]["sid"] == before["profile"]["sid"]
    assert framed[0].startswith(f"{spa.site.issuer}/authorize?")
    assert framed[1].startswith(f"{spa.origin.url}/callback?")


def test_the_hidden_frame_learns_that_nobody_is_signed_in(spa: SinglePage) -> None:
    spa.site.person("kiri")
    spa.open(spa.register("spa-nobody"))
    assert spa.refused("signinSilent()") == "login_required"
    spa.sign_in("kiri")
    spa.sign_out_elsewhere()
    assert spa.refused("signinSilent()") == "login_required"


def test_a_single_page_renews_before_its_token_ends(spa: SinglePage) -> None:
    spa.site.person("ngaio")
    # The library renews so long before the end of ten minutes: a second or two after signing in.
    spa.open(
        spa.register("spa-timer"),
        automaticSilentRenew=True,
        accessTokenExpiringNotificationTimeInSeconds=598,
    )
    before = spa.sign_in("ngaio")
    spa.expect_other_token(before["access_token"])
    assert not [event for event in spa.told() if event.startswith("renewal failed")]


def test_the_session_frame_notices_a_sign_out_at_the_provider(spa: SinglePage) -> None:
    spa.site.person("wiremu")
    spa.open(spa.register("spa-monitor"), monitorSession=True, checkSessionIntervalInSeconds=1)
    user = spa.sign_in("wiremu")
    assert user["session_state"]
    assert set(spa.frame_answers(2)) == {"unchanged"}
    assert "signed out" not in spa.told()
    spa.sign_out_elsewhere()
    spa.expect_told("signed out")


def test_a_single_page_signs_out(spa: SinglePage) -> None:
    spa.site.person("marama")
    app = spa.register("spa-sign-out")
    spa.open(app)
    spa.sign_in("marama")
    spa.leave("signoutRedirect({state: 'until later'})")
    spa.expect_state("Signed out until later")
    spa.page.goto(spa.origin.url)
    spa.expect_state("Nobody")
    assert spa.refused("signinSilent()") == "login_required"


def test_a_single_page_revokes_its_tokens(spa: SinglePage) -> None:
    spa.site.person("hemi")
    spa.open(spa.register("spa-revoke"), scope=OFFLINE, loadUserInfo=True)
    user = spa.sign_in("hemi")
    spa.ask("revokeTokens()")
    status = spa.page.evaluate(
        "([url, token]) => fetch(url, {headers: {Authorization: `Bearer ${token}`}})"
        ".then(answer => answer.status)",
        [f"{spa.site.issuer}/userinfo", user["access_token"]],
    )
    assert status == 401


def test_a_single_page_signs_in_by_a_window_of_its_own(spa: SinglePage) -> None:
    spa.site.person("tui")
    spa.open(spa.register("spa-popup"))
    with spa.context.expect_page() as opened:
        spa.leave("signinPopup()")
    window = opened.value
    window.locator("#username").fill("tui")
    window.locator("#password").fill(PASSWORD)
    with window.expect_event("close"):
        window.locator("#login-submit").click()
    spa.expect_told("loaded")
    assert spa.user()["profile"]["acr"] == ONE
