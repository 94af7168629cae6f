"""Revocation (RFC 7009): a token given back is dead; one of someone else stays as it was."""

import pytest

from tests.protocol.endpoints import active, ask, own_token, revoke, robot
from tests.protocol.sign_ins import assert_token_error, code, tokens, userinfo
from tests.support.site import Answer, Application, Site

OFFLINE = {"scope": "openid email offline_access"}


@pytest.fixture
def app(site: Site) -> Application:
    site.person("tane")
    return site.application()


def done(answer: Answer) -> None:
    """Check the only answer there is (RFC 7009 section 2.2)."""
    assert (answer.status, answer.text) == (200, "")
    assert answer.headers["Cache-Control"] == "no-store"


def test_an_access_token_ends_alone(site: Site, app: Application) -> None:
    found = tokens(site, app, **OFFLINE)
    second = site.refresh(app, found["refresh_token"]).json
    done(revoke(site, app, found["access_token"]))
    assert userinfo(site, found["access_token"]).status == 401
    assert not active(site, app, found["access_token"])
    assert userinfo(site, second["access_token"]).status == 200
    assert site.refresh(app, second["refresh_token"]).status == 200
    (event,) = site.events(kind="client:token:revoked")
    assert (event.client_id, event.username, event.outcome) == ("app", "tane", "done")


def test_a_refresh_token_ends_all_that_came_from_the_sign_in(site: Site, app: Application) -> None:
    found, apart = tokens(site, app, **OFFLINE), tokens(site, app, **OFFLINE)
    second = site.refresh(app, found["refresh_token"]).json
    done(revoke(site, app, second["refresh_token"]))
    for answer in (found, second):
        assert userinfo(site, answer["access_token"]).status == 401
    assert_token_error(site.refresh(app, second["refresh_token"]), "invalid_grant")
    assert not site.events(kind="client:token:reused")
    assert userinfo(site, apart["access_token"]).status == 200
    assert site.refresh(app, apart["refresh_token"]).status == 200


@pytest.mark.slow
def test_a_refresh_token_that_was_used_still_ends_its_family(site: Site, app: Application) -> None:
    found = tokens(site, app, **OFFLINE)
    second = site.refresh(app, found["refresh_token"]).json
    done(revoke(site, app, found["refresh_token"]))
    assert_token_error(site.refresh(app, second["refresh_token"]), "invalid_grant")


def test_it_may_be_done_again_and_is_noted_once(site: Site, app: Application) -> None:
    found = tokens(site, app, **OFFLINE)
    for kind in ("refresh_token", "access_token"):
        for _ in range(2):
            done(revoke(site, app, found[kind]))
    assert len(site.events(kind="client:token:revoked")) == 2


@pytest.mark.parametrize("hint", ["access_token", "refresh_token", "id_token", "é", "x" * 100])
def test_the_hint_is_only_a_hint(small_site: Site, hint: str) -> None:
    small_site.person("tane")
    app = small_site.application()
    found = tokens(small_site, app, **OFFLINE)
    done(revoke(small_site, app, found["access_token"], token_type_hint=hint))
    assert userinfo(small_site, found["access_token"]).status == 401
    done(revoke(small_site, app, found["refresh_token"], token_type_hint=hint))
    assert small_site.refresh(app, found["refresh_token"]).status == 400


def test_another_application_ends_nothing_and_learns_nothing(site: Site, app: Application) -> None:
    other = site.application("other", resource_server=True)
    stranger = site.application("stranger", public=True)
    found = tokens(site, app, **OFFLINE)
    own = own_token(site, robot(site)).json["access_token"]
    for thief in (other, stranger):
        for token in (found["access_token"], found["refresh_token"], own, "unknown"):
            done(revoke(site, thief, token))
    assert userinfo(site, found["access_token"]).status == 200
    assert site.refresh(app, found["refresh_token"]).status == 200
    assert active(site, other, own)
    assert not site.events(kind="client:token:revoked")
    assert not site.events(kind="client:own-token:revoked")


def test_a_public_client_gives_back_its_own(site: Site, app: Application) -> None:
    public = site.application("public", public=True)
    found = tokens(site, public, **OFFLINE)
    done(revoke(site, public, found["refresh_token"]))
    assert userinfo(site, found["access_token"]).status == 401


def test_a_token_of_the_application_itself_ends_too(site: Site) -> None:
    app = robot(site)
    first, second = (own_token(site, app).json["access_token"] for _ in range(2))
    done(revoke(site, app, first))
    done(revoke(site, app, first))
    assert not active(site, app, first)
    assert active(site, app, second)
    assert len(site.events(kind="client:own-token:revoked")) == 1


def test_a_signed_token_is_no_longer_taken_here(small_site: Site) -> None:
    small_site.person("tane")
    app = small_site.application(access_token_format="jwt")
    token = tokens(small_site, app)["access_token"]
    assert active(small_site, app, token)
    done(revoke(small_site, app, token))
    assert userinfo(small_site, token).status == 401
    assert not active(small_site, app, token)


@pytest.mark.slow
def test_what_is_no_token_at_all_is_no_error(small_site: Site) -> None:
    small_site.person("tane")
    app = small_site.application()
    value = code(small_site, app)
    id_token = tokens(small_site, app)["id_token"]
    for token in ("x", "é", "\u200b", "a.b.c", "....", "x" * 8192, "' OR 1=1 --", value, id_token):
        done(revoke(small_site, app, token))
    assert small_site.redeem(app, value).status == 200


def test_who_asks_must_say_who_it_is_and_what_it_gives_back(small_site: Site) -> None:
    app, thief = small_site.application(), Application("app", "guessed")
    assert_token_error(revoke(small_site, thief, "x"), "invalid_client", 401)
    nobody = small_site.client().send("POST", "/revoke", {"token": "x"})
    assert_token_error(nobody, "invalid_client", 401)
    named = small_site.client().send("POST", "/revoke", {"token": "x", "client_id": "app"})
    assert_token_error(named, "invalid_client", 401)
    assert named.headers["WWW-Authenticate"] == 'Basic realm="revoke"'
    for form in ({}, {"token": ""}, {"token": ["a", "b"]}, {"token": "x" * 9000}):
        assert_token_error(ask(small_site, "/revoke", app, form), "invalid_request")
    assert small_site.client().send("GET", "/revoke?token=x").status == 405
