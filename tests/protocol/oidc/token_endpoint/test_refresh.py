"""Refresh tokens: each works once, a lost answer is given again, a thief ends the family."""

from functools import partial
from typing import Any

import pytest

from idp.operating import cases
from idp.operating.actor import OPERATOR
from idp.store import people
from idp.store.db.statements import Statement
from tests.protocol.endpoints import introspect
from tests.protocol.sign_ins import assert_token_error, code, userinfo
from tests.security.serving.crowd import at_once
from tests.support.site import MFA, Application, Site

DAY = 86400
OFFLINE = {"scope": "openid profile email offline_access"}
CLAIMS_THAT_STAY = ("iss", "sub", "aud", "acr", "amr", "auth_time", "sid")


def family(site: Site, app: Application, **changes: Any) -> dict[str, Any]:
    """Return the tokens of a new sign-in, a refresh token among them."""
    found = site.redeem(app, code(site, app, **{**OFFLINE, **changes}))
    assert found.status == 200, found.text
    answer: dict[str, Any] = found.json
    return answer


def test_a_refresh_gives_new_tokens_that_say_the_same_of_the_sign_in(site: Site) -> None:
    site.person("tane")
    app = site.application()
    first = family(site, app, max_age="600")
    site.advance(300)
    answer = site.refresh(app, first["refresh_token"])
    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "no-store"
    second = answer.json
    assert second.keys() == first.keys()
    for name in ("access_token", "refresh_token", "id_token"):
        assert second[name] != first[name]
    for name in ("token_type", "scope", "expires_in"):
        assert second[name] == first[name]
    before, after = site.id_token(first["id_token"]), site.id_token(second["id_token"])
    assert {n: after[n] for n in CLAIMS_THAT_STAY} == {n: before[n] for n in CLAIMS_THAT_STAY}
    assert after["iat"] - before["iat"] >= 300
    assert after["jti"] != before["jti"]
    assert "nonce" not in after
    assert userinfo(site, second["access_token"]).json["sub"] == before["sub"]


@pytest.mark.slow
def test_a_session_raised_later_does_not_raise_its_older_tokens(site: Site) -> None:
    """docs/acr.md rule 12: what a refresh says was fixed at the code."""
    site.person("tane")
    app = site.application()
    browser = site.browser()
    browser.authorize(app, **OFFLINE)
    value = browser.sign_in("tane").query["code"]
    first = site.redeem(app, value).json
    browser.authorize(app, claims=app.essential(MFA))
    raised = site.claims(app, browser.enrol_totp())
    assert raised["acr"] == MFA
    again = site.id_token(site.refresh(app, first["refresh_token"]).json["id_token"])
    before = site.id_token(first["id_token"])
    assert (again["acr"], again["amr"]) == (before["acr"], ["pwd"])
    assert "auth_time" not in again


def test_within_the_grace_the_same_successor_is_given_again(site: Site) -> None:
    """A client whose answer got lost asks again, and is not taken for a thief."""
    site.person("tane")
    app = site.application()
    token = family(site, app)["refresh_token"]
    first = site.refresh(app, token).json
    site.advance(2)
    again = site.refresh(app, token)
    assert again.status == 200
    assert again.json["refresh_token"] == first["refresh_token"]
    assert again.json["access_token"] != first["access_token"]
    assert site.refresh(app, first["refresh_token"]).status == 200
    assert not site.events(kind="client:token:reused")


def test_a_token_used_after_its_successor_ends_the_family_even_within_the_grace(
    site: Site,
) -> None:
    site.person("tane")
    app = site.application()
    token = family(site, app)["refresh_token"]
    second = site.refresh(app, token).json
    third = site.refresh(app, second["refresh_token"]).json
    assert_token_error(site.refresh(app, token), "invalid_grant")
    assert_token_error(site.refresh(app, third["refresh_token"]), "invalid_grant")
    assert userinfo(site, third["access_token"]).status == 401


def test_a_token_used_again_after_the_grace_ends_the_family(site: Site) -> None:
    site.person("tane")
    app = site.application()
    tokens = family(site, app)
    second = site.refresh(app, tokens["refresh_token"]).json
    site.advance(15)
    assert_token_error(site.refresh(app, tokens["refresh_token"]), "invalid_grant")
    assert_token_error(site.refresh(app, second["refresh_token"]), "invalid_grant")
    for answer in (tokens, second):
        assert userinfo(site, answer["access_token"]).status == 401
    event = site.events(kind="client:token:reused")[0]
    assert (event.client_id, event.username, event.outcome) == ("app", "tane", "refused")


@pytest.mark.slow
def test_other_families_of_the_same_person_live_on(site: Site) -> None:
    site.person("tane")
    app, other = site.application(), site.application("other")
    tokens, apart, elsewhere = family(site, app), family(site, app), family(site, other)
    site.refresh(app, tokens["refresh_token"])
    site.advance(15)
    assert_token_error(site.refresh(app, tokens["refresh_token"]), "invalid_grant")
    assert site.refresh(app, apart["refresh_token"]).status == 200
    assert site.refresh(other, elsewhere["refresh_token"]).status == 200


def test_another_client_cannot_use_a_token_nor_harm_it(site: Site) -> None:
    site.person("tane")
    app, other = site.application(), site.application("other")
    public = site.application("public", public=True)
    token = family(site, app)["refresh_token"]
    assert_token_error(site.refresh(other, token), "invalid_grant")
    assert_token_error(site.refresh(public, token), "invalid_grant")
    thief = Application("app", "guessed")
    assert_token_error(site.refresh(thief, token), "invalid_client", 401)
    assert site.refresh(app, token).status == 200


def test_a_public_client_rotates_too(site: Site) -> None:
    site.person("tane")
    app = site.application(public=True)
    token = family(site, app)["refresh_token"]
    following = site.refresh(app, token).json["refresh_token"]
    site.advance(15)
    assert_token_error(site.refresh(app, token), "invalid_grant")
    assert_token_error(site.refresh(app, following), "invalid_grant")


def test_a_token_that_rests_for_fourteen_days_is_dead(site: Site) -> None:
    site.person("tane")
    app = site.application()
    rests, kept = family(site, app)["refresh_token"], family(site, app)["refresh_token"]
    site.advance(13 * DAY)
    kept = site.refresh(app, kept).json["refresh_token"]
    site.advance(DAY)
    assert_token_error(site.refresh(app, rests), "invalid_grant")
    assert site.refresh(app, kept).status == 200


def test_no_family_lives_longer_than_ninety_days(site: Site) -> None:
    site.person("tane")
    app = site.application()
    token = family(site, app)["refresh_token"]
    for _ in range(8):
        site.advance(11 * DAY)
        token = site.refresh(app, token).json["refresh_token"]
    site.advance(2 * DAY)
    assert_token_error(site.refresh(app, token), "invalid_grant")


def test_a_narrowed_access_token_stays_narrow_and_the_refresh_token_as_wide_as_it_was(
    site: Site,
) -> None:
    """RFC 6749 section 6: a new refresh token has the scope of the one presented."""
    site.person("tane")
    app = site.application()
    token = family(site, app)["refresh_token"]
    narrow = site.refresh(app, token, scope="email openid").json
    assert narrow["scope"] == "openid email"
    wide = site.refresh(app, narrow["refresh_token"]).json
    assert wide["scope"] == "openid profile email offline_access"
    known = userinfo(site, narrow["access_token"]).json
    assert known.keys() == {"sub", "email", "email_verified"}
    assert introspect(site, app, narrow["access_token"]).json["scope"] == "openid email"


def test_a_refresh_token_that_is_narrower_than_its_sign_in_never_widens_back(site: Site) -> None:
    site.person("tane")
    app = site.application()
    token = family(site, app)["refresh_token"]
    with site.work() as work:
        less = Statement("UPDATE token SET scope = 'openid email' WHERE kind = 'refresh'")
        work.run(less)
    site.trust_rows()
    for _ in range(3):
        answer = site.refresh(app, token).json
        assert answer["scope"] == "openid email"
        token = answer["refresh_token"]
        assert introspect(site, app, token).json["scope"] == "openid email"
    assert_token_error(site.refresh(app, token, scope="openid profile"), "invalid_scope")


def test_without_openid_there_is_no_id_token(site: Site) -> None:
    site.person("tane")
    app = site.application()
    token = family(site, app)["refresh_token"]
    narrow = site.refresh(app, token, scope="email").json
    assert "id_token" not in narrow
    assert userinfo(site, narrow["access_token"]).status == 403
    again = site.refresh(app, narrow["refresh_token"]).json
    assert site.id_token(again["id_token"])["aud"] == "app"


def test_a_scope_that_was_not_granted_is_refused_and_the_token_stays(site: Site) -> None:
    site.person("tane")
    app = site.application()
    token = family(site, app)["refresh_token"]
    for scope in ("openid phone", "everything", 'a"b'):
        assert_token_error(site.refresh(app, token, scope=scope), "invalid_scope")
    assert site.refresh(app, token).status == 200


def test_what_is_no_refresh_token_is_refused(small_site: Site) -> None:
    app = small_site.application()
    for token in ("x", "x" * 4000, "é", "\u200b"):
        assert_token_error(small_site.refresh(app, token), "invalid_grant")
    for token in ("x" * 5000, "a\x00b"):
        assert_token_error(small_site.refresh(app, token), "invalid_request")
    form = {"grant_type": "refresh_token"}
    answer = small_site.client().send("POST", "/token", form, app.authentication())
    assert_token_error(answer, "invalid_request")


@pytest.mark.slow
def test_where_a_client_is_registered_so_a_token_stays_the_same_and_each_use_makes_it_last(
    site: Site,
) -> None:
    """FAPI 2.0 Security Profile section 5.3.2.1; whoever has it must still be the client."""
    site.person("tane")
    app = site.application(rotate_refresh_tokens=False, refresh_token_idle=3600)
    token = family(site, app)["refresh_token"]
    answers = at_once([partial(site.refresh, app, token)] * 4)
    assert [(one.status, one.json["refresh_token"]) for one in answers] == [(200, token)] * 4
    assert len({one.json["access_token"] for one in answers}) == 4
    for _ in range(3):
        site.advance(3000)
        assert site.refresh(app, token).json["refresh_token"] == token
    assert_token_error(site.refresh(app, token, scope="openid phone"), "invalid_scope")
    with site.work() as work:
        members = {"rotate_refresh_tokens": True}
        cases.of(site.installation).clients.change(work, OPERATOR, app.client_id, members)
    site.advance(60)
    following = site.refresh(app, token).json["refresh_token"]
    assert following != token
    with site.work() as work:
        members = {"rotate_refresh_tokens": False}
        cases.of(site.installation).clients.change(work, OPERATOR, app.client_id, members)
    site.advance(600)
    # What was used up while they rotated is a thief's, whatever holds now.
    assert_token_error(site.refresh(app, token), "invalid_grant")
    assert_token_error(site.refresh(app, following), "invalid_grant")
    kept = family(site, app)["refresh_token"]
    site.advance(3601)
    assert_token_error(site.refresh(app, kept), "invalid_grant")


def test_a_disabled_person_refreshes_nothing(site: Site) -> None:
    person = site.person("tane")
    app = site.application()
    tokens = family(site, app)
    with site.work() as work:
        people.set_disabled(work, person, True)
    for _ in range(2):
        assert_token_error(site.refresh(app, tokens["refresh_token"]), "invalid_grant")
    assert userinfo(site, tokens["access_token"]).status == 401
    assert not site.events(kind="client:token:reused")
