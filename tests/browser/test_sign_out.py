"""Signing out in Chromium: the browser forgets our pages, goes back, and is known the next time."""

from urllib.parse import urlencode

from tests.browser.conftest import Surfer


def test_a_browser_that_clears_what_it_kept_still_goes_back_to_the_application(
    surfer: Surfer,
) -> None:
    surfer.site.person("tane")
    uri = surfer.back.url
    app = surfer.application(post_logout_redirect_uris=[uri])
    surfer.start(app)
    surfer.sign_in("tane")
    token = surfer.site.redeem(app, surfer.answer()["code"]).json["id_token"]
    surfer.page.goto(f"{surfer.site.issuer}/account/")
    surfer.page.evaluate("localStorage.setItem('kept', 'yes')")
    back = {"post_logout_redirect_uri": uri, "id_token_hint": token, "state": "s1"}
    surfer.page.goto(f"{surfer.site.issuer}/end_session?{urlencode(back)}")
    assert surfer.page.url == f"{uri}?state=s1"
    surfer.page.goto(f"{surfer.site.issuer}/account/")
    surfer.expect_heading("Sign in")
    assert surfer.page.evaluate("localStorage.getItem('kept')") is None
    names = {cookie["name"] for cookie in surfer.context.cookies()}
    assert "acrux-device" in names
