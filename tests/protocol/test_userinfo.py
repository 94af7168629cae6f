"""The userinfo endpoint: who may ask, what each scope tells, and nothing that is empty."""

import json
from typing import Any

import pytest

from idp.store import people
from tests.protocol.sign_ins import bearer, tokens, userinfo
from tests.support.site import Answer, Application, Site

PROFILE: dict[str, Any] = {
    "family_name": "Ngata",
    "given_name": "Tāne",
    "middle_name": "Te",
    "nickname": "T",
    "profile": "https://example.org/tane",
    "picture": "https://example.org/tane.png",
    "website": "https://tane.example.org",
    "gender": "male",
    "birthdate": "1980-02-29",
    "zoneinfo": "Pacific/Auckland",
    "locale": "mi-NZ",
}
BLANK: dict[str, Any] = {"nickname": "", "website": None, "gender": "", "address": {}, "acr": "x"}


@pytest.fixture
def app(site: Site) -> Application:
    with site.work() as work:
        for name, claims, phone in (("tane", PROFILE, "+64211234567"), ("mere", BLANK, None)):
            person = people.add(
                work,
                username=name,
                email=f"{name}@example.org",
                name=name.capitalize(),
                phone=phone,
                claims=claims,
            )
            password: Any = site.this.signin.authenticators["password"]
            password.set(work, person, "correct horse battery staple")
    return site.application()


def known(site: Site, app: Application, name: str, scope: str) -> dict[str, Any]:
    answer = userinfo(site, tokens(site, app, name, scope=scope)["access_token"])
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    found: dict[str, Any] = answer.json
    return found


def test_each_scope_tells_its_standard_claims(site: Site, app: Application) -> None:
    assert known(site, app, "tane", "openid").keys() == {"sub"}
    profile = known(site, app, "tane", "openid profile")
    assert len(profile.keys() - {"sub"}) == 14
    assert profile.items() >= PROFILE.items()
    assert profile["name"] == "Tane"
    assert profile["preferred_username"] == "tane"
    assert isinstance(profile["updated_at"], int)
    email = known(site, app, "tane", "openid email")
    del email["sub"]
    assert email == {"email": "tane@example.org", "email_verified": False}
    phone = known(site, app, "tane", "openid phone")
    assert phone.keys() == {"sub", "phone_number", "phone_number_verified"}
    assert phone["phone_number"] == "+64211234567"
    everything = known(site, app, "tane", "openid profile email phone")
    assert everything == {**profile, **email, **phone}


def test_what_is_empty_or_foreign_is_left_out(site: Site, app: Application) -> None:
    found = known(site, app, "mere", "openid profile email phone")
    expected = {"sub", "name", "preferred_username", "updated_at", "email", "email_verified"}
    assert found.keys() == expected
    assert all(value not in ("", None, "null", {}, []) for value in found.values())


def test_the_token_comes_in_the_header_or_in_the_body(site: Site, app: Application) -> None:
    token = tokens(site, app)["access_token"]
    send = site.client().send
    by_get = send("GET", "/userinfo", headers=bearer(token))
    by_post = send("POST", "/userinfo", headers=bearer(token))
    in_body = send("POST", "/userinfo", {"access_token": token})
    lower_case = send("GET", "/userinfo", headers={"Authorization": f"bearer {token}"})
    assert by_get.status == 200
    assert by_get.json == by_post.json == in_body.json == lower_case.json


def refused(answer: Answer, error: str) -> None:
    assert answer.status == 401
    assert answer.json["error"] == error
    assert answer.headers["WWW-Authenticate"].startswith('Bearer realm="userinfo"')
    assert answer.headers["Cache-Control"] == "no-store"


def test_without_one_good_token_there_is_nothing(site: Site, app: Application) -> None:
    answer = tokens(site, app, scope="openid offline_access")
    token = answer["access_token"]
    send = site.client().send
    refused(send("GET", "/userinfo"), "invalid_request")
    refused(send("GET", f"/userinfo?access_token={token}"), "invalid_request")
    refused(send("GET", "/userinfo", headers={"Authorization": "Bearer"}), "invalid_request")
    refused(
        send("GET", "/userinfo", headers={"Authorization": f"Basic {token}"}), "invalid_request"
    )
    both = send("POST", "/userinfo", {"access_token": token}, bearer(token))
    refused(both, "invalid_request")
    for wrong in (token + "x", token[:-1], answer["refresh_token"], "é", "a b", '"', "x" * 500):
        refused(userinfo(site, wrong), "invalid_token")
    assert 'error="invalid_token"' in userinfo(site, "x").headers["WWW-Authenticate"]
    # An ID token is longer than anything we take for an access token.
    refused(userinfo(site, answer["id_token"]), "invalid_request")
    as_json = site.app.test_client().post("/userinfo", data=json.dumps({"access_token": token}))
    assert as_json.status_code == 401


def test_an_access_token_lives_for_ten_minutes(site: Site, app: Application) -> None:
    token = tokens(site, app)["access_token"]
    site.advance(590)
    assert userinfo(site, token).status == 200
    site.advance(15)
    refused(userinfo(site, token), "invalid_token")


def test_a_disabled_person_is_not_told_of(site: Site, app: Application) -> None:
    answer = tokens(site, app)
    person = site.id_token(answer["id_token"])["sub"]
    with site.work() as work:
        people.set_disabled(work, person, True)
    refused(userinfo(site, answer["access_token"]), "invalid_token")


def test_other_methods_are_refused(small_site: Site) -> None:
    assert small_site.client().send("DELETE", "/userinfo").status == 405
