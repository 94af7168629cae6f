"""`acrux restore`: what lives shortly, or once, does not live again; people and applications do."""

from pathlib import Path

import pytest

from tests.protocol.backup.restoring import Elsewhere
from tests.protocol.command import Acrux
from tests.protocol.sign_ins import assert_token_error, code, signed_in, tokens, userinfo
from tests.support.letters import forget, mailed_link
from tests.support.site import MFA, Site


@pytest.mark.slow
def test_sessions_tokens_codes_and_links_of_before_are_dead(
    site: Site, elsewhere: Elsewhere, tmp_path: Path
) -> None:
    acrux = Acrux(site.environ)
    secret = site.secret()
    site.person("tane", totp=secret)
    site.person("mere")
    app = site.application("app", grant_types=["authorization_code", "refresh_token"])
    robot = site.application("robot", grant_types=["client_credentials"], redirect_uris=[""])
    signed = signed_in(site, app, "mere")
    cookie = signed.http.cookies()["acrux"]
    held = tokens(site, app, "mere", scope="openid offline_access")
    unused = code(site, app, "mere")
    own = site.client().send(
        "POST", "/token", {"grant_type": "client_credentials"}, robot.authentication()
    )
    forget(site, "mere")
    reset = mailed_link(site, "reset-link")
    acrux("user", "add", "aroha", "--email", "aroha@example.org", "--invite")
    invitation = mailed_link(site, "invitation")
    under_way = site.browser()
    under_way.authorize(app, acr_values=MFA)
    assert under_way.sign_in("tane").heading == "Enter the code from your app"
    step = under_way.at.url
    acrux("client", "initial-token")
    file = tmp_path / "one.acrux-backup"
    held_then = acrux.json("backup", str(file))["tables"]
    # What is used after the backup, and must not be usable again.
    spent = site.code(secret)
    assert "code" in under_way.submit("/totp", code=spent).query

    place = elsewhere.place()
    said = place("restore", str(file))
    assert "epoch 1" in said
    assert "people who were switched off are on: acrux user disable NAME" in said
    left = place.json("backup", str(tmp_path / "two.acrux-backup"))
    assert left["epoch"] == 1
    gone = {"device", "initial_access_token", "client_token", "token", "interaction"}
    assert {name for name in held_then if held_then[name] and not left["tables"][name]} == gone
    with elsewhere.site(place) as again:
        browser = again.browser()
        browser.http.set_cookie(cookie)
        assert browser.authorize(app, prompt="none").query["error"] == "login_required"
        assert userinfo(again, held["access_token"]).status == 401
        assert_token_error(again.refresh(app, held["refresh_token"]), "invalid_grant")
        assert_token_error(again.redeem(app, unused), "invalid_grant")
        seen = again.client().send(
            "POST", "/introspect", {"token": own.json["access_token"]}, robot.authentication()
        )
        assert seen.json == {"active": False}
        for link in (reset, invitation):
            assert again.browser().open(link).status == 410, link
        assert again.browser().open(step).heading != "Enter the code from your app"
        people_known = again.browser()
        people_known.authorize(app, acr_values=MFA)
        people_known.sign_in("tane")
        refused = people_known.submit("/totp", code=spent)
        assert refused.status == 400, "a code that was used after the backup"
        assert "code" in people_known.totp(secret).query, "the next one is as good as ever"
        again.work_off()
        assert again.messages("sms") == []
        [event] = again.events(kind="operator:restore:done")
        assert '"epoch": 1' in str(event.data)
