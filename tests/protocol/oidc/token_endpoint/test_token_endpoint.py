"""The token endpoint: a code works once, for its client, for a minute; clients must show who."""

import base64
import json
from typing import Any
from urllib.parse import urlencode

import pytest

from idp.signin import sessions
from idp.store import people
from tests.protocol.sign_ins import assert_token_error, code, signed_in, tokens, userinfo
from tests.support.site import Application, Site

DENIED = ("invalid_client", 401)
OFFLINE = {"scope": "openid profile offline_access", "prompt": "consent"}


def offline_code(site: Site, app: Application, name: str = "tane") -> str:
    """Return a code that gives a refresh token too."""
    browser = site.browser()
    browser.authorize(app, **OFFLINE)
    browser.sign_in(name)
    return browser.submit("/consent", decision="allow").query["code"]


def basic(pair: str | bytes) -> dict[str, str]:
    raw = pair.encode() if isinstance(pair, str) else pair
    return {"Authorization": "Basic " + base64.b64encode(raw).decode()}


def test_the_answer_holds_the_tokens_and_nothing_else_and_nobody_stores_it(site: Site) -> None:
    site.person("tane")
    app = site.application()
    answer = site.redeem(app, code(site, app))
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Pragma"] == "no-cache"
    found = answer.json
    access, id_token = found.pop("access_token"), found.pop("id_token")
    assert found == {"token_type": "Bearer", "expires_in": 600, "scope": "openid profile email"}
    assert len(access) == 43
    assert site.id_token(id_token)["sub"] == userinfo(site, access).json["sub"]


@pytest.mark.slow
def test_a_refresh_token_comes_with_offline_access_only(site: Site) -> None:
    site.person("tane")
    app = site.application()
    assert "refresh_token" not in tokens(site, app)
    answer = site.redeem(app, offline_code(site, app))
    assert len(answer.json["refresh_token"]) == 43
    without = site.application("no-refresh", grant_types=["authorization_code"])
    found = tokens(site, without, scope="openid offline_access")
    assert found["scope"] == "openid"
    assert "refresh_token" not in found


@pytest.mark.slow
def test_the_second_use_of_a_code_ends_all_that_the_first_one_gave(site: Site) -> None:
    site.person("tane")
    app = site.application()
    value = offline_code(site, app)
    first = site.redeem(app, value)
    assert userinfo(site, first.json["access_token"]).status == 200
    assert_token_error(site.redeem(app, value), "invalid_grant")
    assert userinfo(site, first.json["access_token"]).status == 401
    assert_token_error(site.refresh(app, first.json["refresh_token"]), "invalid_grant")
    assert_token_error(site.redeem(app, value), "invalid_grant")
    assert site.events(kind="client:token:reused")[0].client_id == "app"


def test_a_code_used_again_after_its_minute_still_ends_all_that_it_gave(site: Site) -> None:
    site.person("tane")
    app = site.application()
    value = code(site, app)
    first = site.redeem(app, value).json["access_token"]
    site.advance(120)
    assert userinfo(site, first).status == 200
    assert_token_error(site.redeem(app, value), "invalid_grant")
    assert userinfo(site, first).status == 401


def test_a_replay_without_verifier_secret_or_address_revokes_nothing(site: Site) -> None:
    """Anyone who merely saw the code could otherwise sign people out."""
    site.person("tane")
    app, other = site.application(), site.application("other")
    value = code(site, app)
    first = site.redeem(app, value).json["access_token"]
    assert_token_error(site.redeem(app, value, code_verifier="w" * 43), "invalid_grant")
    assert_token_error(site.redeem(app, value, redirect_uri="https://a.example/"), "invalid_grant")
    assert_token_error(site.redeem(other, value, code_verifier=app.verifier), "invalid_grant")
    thief = Application("app", "guessed", verifier=app.verifier)
    assert_token_error(site.redeem(thief, value), "invalid_client", 401)
    assert userinfo(site, first).status == 200


def test_a_code_lives_for_a_minute(site: Site) -> None:
    site.person("tane")
    app = site.application()
    browser = signed_in(site, app)
    in_time, too_late = browser.at.query["code"], browser.authorize(app).query["code"]
    site.advance(50)
    assert site.redeem(app, in_time).status == 200
    site.advance(15)
    assert_token_error(site.redeem(app, too_late), "invalid_grant")
    assert not site.events(kind="client:token:reused")


def test_a_code_is_for_its_client_and_its_return_address(site: Site) -> None:
    site.person("tane")
    second = "http://localhost:5999/second"
    app = site.application(redirect_uris=["http://localhost:5999/callback", second])
    other = site.application("other")
    value = code(site, app)
    assert_token_error(site.redeem(other, value, code_verifier=app.verifier), "invalid_grant")
    assert_token_error(site.redeem(app, value, redirect_uri=second), "invalid_grant")
    assert_token_error(site.redeem(app, value, redirect_uri=None), "invalid_grant")
    assert_token_error(site.redeem(app, value + "x"), "invalid_grant")
    without = {k: v for k, v in app.redemption(value).items() if k != "code"}
    answer = site.client().send("POST", "/token", without, app.authentication())
    assert_token_error(answer, "invalid_request")
    assert site.redeem(app, value).status == 200


def test_codes_and_tokens_of_one_kind_do_not_pass_for_another(small_site: Site) -> None:
    site = small_site
    site.person("tane")
    app = site.application()
    value = offline_code(site, app)
    assert_token_error(site.refresh(app, value), "invalid_grant")
    found = site.redeem(app, value).json
    for token in (found["access_token"], found["refresh_token"], found["id_token"]):
        assert_token_error(site.redeem(app, token), "invalid_grant")
    for token in (found["access_token"], found["id_token"]):
        assert_token_error(site.refresh(app, token), "invalid_grant")


PAIRS: list[str | bytes] = [
    *("app:wrong", "app:", "nobody:x", ":", "app", "", "app:x%00", "app:%ff", "a" * 5000 + ":x"),
    # PostgreSQL takes no NUL for text, and Authlib takes every header for UTF-8.
    *("app%00:x", "%00:x", b"app\x00:x", b"\xff\xfe:\xff", "äpp:x", "app:geheïm", "%ed%a0%80:x"),
]


def test_every_failed_client_authentication_looks_the_same(site: Site) -> None:
    site.application()
    form = {"grant_type": "authorization_code", "code": "x"}
    answers = [site.client().send("POST", "/token", form, basic(pair)) for pair in PAIRS]
    for answer in answers:
        assert_token_error(answer, "invalid_client", 401)
        assert answer.headers["WWW-Authenticate"] == 'Basic realm="token"'
    assert len({answer.text for answer in answers}) == 1


@pytest.mark.slow
def test_a_client_authenticates_in_the_way_it_is_registered_for(small_site: Site) -> None:
    site = small_site
    site.person("tane")
    by_basic = site.application("basic", strict_authentication=True)
    by_post = site.application(
        "post", token_endpoint_auth_method="client_secret_post", strict_authentication=True
    )
    public = site.application("public", public=True)
    send = site.client().send
    in_form = {"client_id": "post", "client_secret": by_post.secret}
    form = by_post.redemption(code(site, by_post))
    assert_token_error(send("POST", "/token", form, basic(f"post:{by_post.secret}")), *DENIED)
    assert_token_error(send("POST", "/token", {**form, "client_id": "post"}), *DENIED)
    assert_token_error(send("POST", "/token", {**form, **in_form, "client_secret": "x"}), *DENIED)
    assert send("POST", "/token", {**form, **in_form}).status == 200
    form = by_basic.redemption(code(site, by_basic))
    wrong = {**form, "client_id": "basic", "client_secret": by_basic.secret}
    assert_token_error(send("POST", "/token", wrong), *DENIED)
    assert_token_error(send("POST", "/token", {**form, "client_id": "basic"}), *DENIED)
    assert send("POST", "/token", form, by_basic.authentication()).status == 200
    form = public.redemption(code(site, public))
    assert_token_error(send("POST", "/token", {**form, "client_secret": "x"}), *DENIED)
    assert_token_error(send("POST", "/token", form, basic("public:x")), *DENIED)
    assert send("POST", "/token", form).status == 200


def test_authenticating_in_two_ways_is_an_error(small_site: Site) -> None:
    app = small_site.application()
    form = {**app.redemption("x"), "client_id": app.client_id, "client_secret": app.secret}
    answer = small_site.client().send("POST", "/token", form, app.authentication())
    assert_token_error(answer, "invalid_request")


def test_another_scheme_of_authorization_is_a_failed_authentication(small_site: Site) -> None:
    app = small_site.application()
    for header in ("Bearer x", "Digest x", "Basic", "Basic !!!", "Basic " + "A" * 5):
        headers = {"Authorization": header}
        answer = small_site.client().send("POST", "/token", app.redemption("x"), headers)
        assert_token_error(answer, "invalid_client", 401)


@pytest.mark.parametrize(
    ("grant_type", "error"),
    [
        (None, "unsupported_grant_type"),
        ("", "unsupported_grant_type"),
        ("password", "unsupported_grant_type"),
        ("implicit", "unsupported_grant_type"),
        ("é", "unsupported_grant_type"),
    ],
)
def test_other_grants_do_not_exist(small_site: Site, grant_type: str | None, error: str) -> None:
    app = small_site.application()
    assert_token_error(small_site.redeem(app, "x", grant_type=grant_type), error)


def test_a_client_uses_only_the_grants_it_is_registered_for(small_site: Site) -> None:
    app = small_site.application(grant_types=["authorization_code"])
    assert_token_error(small_site.refresh(app, "x"), "unauthorized_client")
    own = small_site.redeem(app, "x", grant_type="client_credentials")
    assert_token_error(own, "unauthorized_client")


def send_raw(site: Site, body: Any, content_type: str, **headers: str) -> Any:
    client = site.app.test_client()
    return client.post("/token", data=body, content_type=content_type, headers=headers)


def test_parameters_come_from_the_form_alone_and_once(small_site: Site) -> None:
    """Not from the query, not as JSON, not as multipart; a second value is an error."""
    site = small_site
    site.person("tane")
    app = site.application()
    form = app.redemption(code(site, app))
    header = app.authentication()
    urlencoded = "application/x-www-form-urlencoded"
    by_json = send_raw(site, json.dumps(form), "application/json", **header)
    by_parts = send_raw(site, form, "multipart/form-data", **header)
    by_query = site.app.test_client().post("/token", query_string=form, headers=header)
    twice = send_raw(site, urlencode([*form.items(), ("code", form["code"])]), urlencoded, **header)
    for answer in (by_json, by_parts, by_query, twice):
        assert answer.status_code == 400
        assert json.loads(answer.text)["error"] == "invalid_request"
        assert answer.headers["Cache-Control"] == "no-store"
    wins = site.app.test_client().post(
        "/token?code=x&grant_type=refresh_token&client_id=y", data=form, headers=header
    )
    assert wins.status_code == 200


def test_the_endpoint_answers_post_only(small_site: Site) -> None:
    for method in ("GET", "PUT", "DELETE"):
        answer = small_site.client().send(method, "/token?grant_type=authorization_code")
        assert answer.status == 405
        assert "POST" in answer.headers["Allow"]


def test_a_refusal_is_in_the_audit_trail_with_the_client_that_was_known(site: Site) -> None:
    app, thief = site.application(), Application("app", "guessed")
    site.redeem(app, "x")
    site.redeem(thief, "x")
    later, earlier = site.events(kind="client:token:refused")
    assert (earlier.client_id, earlier.outcome) == ("app", "refused")
    assert earlier.reason == "invalid_grant: Invalid 'code' in request."
    assert (later.client_id, later.reason) == (
        "app",
        "invalid_client: the secret is wrong",
    )


def test_a_person_who_was_disabled_after_the_code_gets_no_use_of_it(site: Site) -> None:
    person = site.person("tane")
    app = site.application()
    value = code(site, app)
    with site.work() as work:
        people.set_disabled(work, person, True)
        sessions.end_person(work, person, "disabled")
    assert_token_error(site.redeem(app, value), "invalid_grant")
