"""The client credentials grant (RFC 6749 section 4.4): a token for an application itself."""

from pathlib import Path

import pytest

from idp.store.oidc import clients
from tests.protocol.endpoints import active, ask, introspect, own_token, robot
from tests.protocol.sign_ins import assert_token_error, tokens, userinfo
from tests.support.applications.signing_client import ASSERTION_TYPE, by_key
from tests.support.site import Site


def test_it_gives_an_access_token_and_nothing_else(site: Site) -> None:
    app = robot(site)
    answer = own_token(site, app)
    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "no-store"
    found = answer.json
    assert len(found.pop("access_token")) == 43
    assert found == {"token_type": "Bearer", "expires_in": 600, "scope": "read write"}
    (event,) = site.events(kind="client:own-token:issued")
    assert (event.client_id, event.username, event.outcome) == ("robot", None, "done")
    assert not site.events(kind="client:token:issued")


def test_each_answer_has_its_own_token_and_it_lives_as_long_as_it_says(site: Site) -> None:
    app = robot(site)
    first, second = (own_token(site, app).json["access_token"] for _ in range(2))
    assert first != second
    site.advance(590)
    assert active(site, app, first)
    site.advance(15)
    assert not active(site, app, first)


def test_less_may_be_asked_for_and_no_more(small_site: Site) -> None:
    app = robot(small_site, scope="read write delete")
    assert own_token(small_site, app, "delete read").json["scope"] == "read delete"
    for scope in ("admin", "read admin", "READ", 'a"b', "é"):
        assert_token_error(own_token(small_site, app, scope), "invalid_scope")


@pytest.mark.parametrize(
    "scope", ["openid", "offline_access", "profile", "email", "address", "phone", "read email"]
)
def test_scopes_about_people_are_never_given(small_site: Site, scope: str) -> None:
    """No one signed in: there is no one to be told of, no one who is away."""
    app = robot(small_site, scope="openid profile email address phone offline_access read")
    assert_token_error(own_token(small_site, app, scope), "invalid_scope")
    assert own_token(small_site, app).json["scope"] == "read"


def test_without_scopes_of_its_own_it_has_none(site: Site) -> None:
    app = site.application("plain", grant_types=["client_credentials"])
    answer = own_token(site, app).json
    assert "scope" not in answer
    found = introspect(site, app, answer["access_token"]).json
    assert found["active"]
    assert "scope" not in found


def test_only_who_is_registered_for_it_and_proves_who_it_is(small_site: Site) -> None:
    app = small_site.application()
    assert_token_error(own_token(small_site, app), "unauthorized_client")
    public = small_site.application("public", public=True, grant_types=["client_credentials"])
    assert_token_error(own_token(small_site, public), "invalid_client", 401)
    by_name = {"grant_type": "client_credentials", "client_id": "robot"}
    robot(small_site)
    answer = small_site.client().send("POST", "/token", by_name)
    assert_token_error(answer, "invalid_client", 401)


def test_who_signs_may_ask_too(small_site: Site) -> None:
    signer = by_key(small_site, grant_types=["client_credentials"])
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": signer.assertion(),
    }
    assert small_site.client().send("POST", "/token", form).status == 200


def test_the_token_works_nowhere_else(small_site: Site) -> None:
    app = robot(small_site, grant_types=["client_credentials", "refresh_token"])
    token = own_token(small_site, app).json["access_token"]
    assert userinfo(small_site, token).status == 403
    assert_token_error(small_site.refresh(app, token), "invalid_grant")
    redeemed = ask(small_site, "/token", app, {"grant_type": "authorization_code", "code": token})
    assert_token_error(redeemed, "unauthorized_client")


def test_one_application_may_have_people_and_a_token_of_its_own(small_site: Site) -> None:
    small_site.person("tane")
    app = small_site.application(
        scope="openid email read", grant_types=["authorization_code", "client_credentials"]
    )
    assert tokens(small_site, app, scope="openid email read")["scope"] == "openid email"
    assert own_token(small_site, app).json["scope"] == "read"


@pytest.mark.slow
@pytest.mark.parametrize("form", ["opaque", "jwt"])
def test_a_client_that_was_deleted_a_moment_ago_gets_no_token(
    tmp_path: Path, database_url: str, form: str
) -> None:
    """Servers know a client for some seconds after it is gone."""
    site = Site(tmp_path, database_url, oidc__cache=3600)
    app = robot(site, access_token_format=form)
    assert own_token(site, app).status == 200
    with site.work() as work:
        assert clients.delete(work, app.client_id)
    for _ in range(3):
        assert_token_error(own_token(site, app), "invalid_client", 401)
    assert len(site.events(kind="client:own-token:issued")) == 1
    site.close()
