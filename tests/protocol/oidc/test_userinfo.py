"""The userinfo endpoint: who may ask, what each scope tells, and nothing that is empty."""

import json
from typing import Any

import pytest
from joserfc import jwk, jwt

from idp.store import people
from tests.protocol.endpoints import add_key, own_token, robot
from tests.protocol.sign_ins import bearer, jose_header, tokens, userinfo
from tests.support.site import PASSWORD, Answer, Application, Site

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
ADDRESS = {
    "formatted": "1 Queen Street\nAuckland 1010\nNew Zealand",
    "street_address": "1 Queen Street",
    "locality": "Auckland",
    "region": "Tāmaki Makaurau",
    "postal_code": "1010",
    "country": "New Zealand",
}
BLANK: dict[str, Any] = {"nickname": "", "website": None, "gender": "", "address": {}, "acr": "x"}
EVERYTHING = "openid profile email address phone"


@pytest.fixture
def app(site: Site) -> Application:
    with site.work() as work:
        tane = {**PROFILE, "address": ADDRESS}
        for name, claims, phone in (("tane", tane, "+64211234567"), ("mere", BLANK, None)):
            somebody(site, work, name, claims, phone)
    return site.application()


def somebody(site: Site, work: Any, name: str, claims: Any, phone: str | None = None) -> str:
    person = people.add(
        work,
        username=name,
        email=f"{name}@example.org",
        name=name.capitalize(),
        phone=phone,
        claims=claims,
    )
    password: Any = site.installation.signin.authenticators["password"]
    password.set(work, person, PASSWORD)
    return person


def known(site: Site, app: Application, name: str, scope: str) -> dict[str, Any]:
    answer = userinfo(site, tokens(site, app, name, scope=scope)["access_token"])
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    found: dict[str, Any] = answer.json
    return found


@pytest.mark.slow
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
    address = known(site, app, "tane", "openid address")
    assert address.pop("address") == ADDRESS
    assert address.keys() == {"sub"}
    everything = known(site, app, "tane", EVERYTHING)
    assert everything == {**profile, **email, **phone, "address": ADDRESS}


def test_what_is_empty_or_foreign_is_left_out(site: Site, app: Application) -> None:
    found = known(site, app, "mere", EVERYTHING)
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


WRONG: dict[str, Any] = {
    "family_name": ["Ngata"],
    "given_name": "   ",
    "middle_name": "null",
    "nickname": 7,
    "profile": "javascript:alert(1)",
    "picture": "http://example.org/plain.png",
    "website": "https://user:pass@example.org/",
    "gender": {"is": "x"},
    "birthdate": "1981-02-29",
    "zoneinfo": "../etc/passwd",
    "locale": "english please",
    "address": "1 Queen Street",
    "sub": "somebody-else",
    "email": "admin@example.org",
    "email_verified": True,
    "updated_at": 1,
    "preferred_username": "admin",
}


def test_what_has_the_wrong_form_is_left_out_and_a_profile_replaces_nothing(
    small_site: Site,
) -> None:
    with small_site.work() as work:
        rua = somebody(small_site, work, "rua", WRONG)
    found = known(small_site, small_site.application(), "rua", EVERYTHING)
    assert found.pop("updated_at") > 1
    assert found == {
        "sub": rua,
        "name": "Rua",
        "preferred_username": "rua",
        "email": "rua@example.org",
        "email_verified": False,
    }


def test_of_an_address_the_members_that_are_text_are_told(small_site: Site) -> None:
    address = {"locality": "Ōtaki", "region": "", "postal_code": 5512, "planet": "Earth"}
    with small_site.work() as work:
        somebody(small_site, work, "rua", {"address": address})
    found = known(small_site, small_site.application(), "rua", "openid address")
    assert found["address"] == {"locality": "Ōtaki"}


@pytest.mark.parametrize("birthdate", ["1980-02-29", "0000-02-29", "1980"])
def test_a_birthdate_may_keep_a_part_to_itself(small_site: Site, birthdate: str) -> None:
    with small_site.work() as work:
        somebody(small_site, work, "rua", {"birthdate": birthdate})
    found = known(small_site, small_site.application(), "rua", "openid profile")
    assert found["birthdate"] == birthdate


# -- signed


@pytest.mark.slow
@pytest.mark.parametrize("alg", ["RS256", "PS256", "ES256", "EdDSA"])
def test_a_client_may_have_it_signed(site: Site, app: Application, alg: str) -> None:
    if alg in ("PS256", "EdDSA"):
        add_key(site, alg)
    signed = site.application("signed", userinfo_signed_response_alg=alg)
    tokens_of = tokens(site, signed, scope=EVERYTHING)
    answer = userinfo(site, tokens_of["access_token"])
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/jwt"
    assert answer.headers["Cache-Control"] == "no-store"
    published = jwk.KeySet.import_key_set(site.client().send("GET", "/jwks").json)
    claims = jwt.decode(answer.text, published, algorithms=[alg]).claims
    assert jose_header(answer.text)["alg"] == alg
    plain = userinfo(site, tokens(site, app, scope=EVERYTHING)["access_token"]).json
    assert claims == {"iss": site.issuer, "aud": "signed", **plain}


def test_without_a_key_for_it_nothing_is_told_unsigned(small_site: Site) -> None:
    small_site.person("tane")
    app = small_site.application(userinfo_signed_response_alg="PS256")
    answer = userinfo(small_site, tokens(small_site, app)["access_token"])
    assert (answer.status, answer.json["error"]) == (503, "temporarily_unavailable")
    assert answer.headers["Retry-After"] == "5"
    assert answer.json.keys() == {"error", "error_description"}


def test_signed_userinfo_is_no_hint_and_no_access_token(small_site: Site) -> None:
    small_site.person("tane")
    app = small_site.application(userinfo_signed_response_alg="RS256")
    text = userinfo(small_site, tokens(small_site, app)["access_token"]).text
    asked = small_site.browser().authorize(app, id_token_hint=text)
    assert asked.query["error"] == "invalid_request"
    refused(userinfo(small_site, text), "invalid_token")


# -- who may ask


def refused(answer: Answer, error: str, status: int = 401) -> None:
    """Check an error of RFC 6750 section 3: the same in the header and in the body."""
    assert (answer.status, answer.json["error"]) == (status, error), answer.text
    challenge = answer.headers["WWW-Authenticate"]
    assert challenge.startswith(f'Bearer realm="userinfo", error="{error}"')
    assert answer.headers["Cache-Control"] == "no-store"


def asked_for(answer: Answer) -> None:
    """Check that a token is asked for, and no error told (RFC 6750 section 3.1)."""
    assert (answer.status, answer.json) == (401, {})
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="userinfo"'
    assert answer.headers["Cache-Control"] == "no-store"


def test_without_one_good_token_there_is_nothing(site: Site, app: Application) -> None:
    answer = tokens(site, app, scope="openid offline_access")
    token = answer["access_token"]
    send = site.client().send
    asked_for(send("GET", "/userinfo"))
    asked_for(send("POST", "/userinfo"))
    asked_for(send("GET", f"/userinfo?access_token={token}"))
    asked_for(send("GET", "/userinfo", headers={"Authorization": "Bearer"}))
    asked_for(send("GET", "/userinfo", headers={"Authorization": f"Basic {token}"}))
    for wrong in (token + "x", token[:-1], answer["refresh_token"], "é", "a b", '"', "x" * 9000):
        refused(userinfo(site, wrong), "invalid_token")
    refused(userinfo(site, answer["id_token"]), "invalid_token")
    as_json = site.app.test_client().post("/userinfo", data=json.dumps({"access_token": token}))
    assert as_json.status_code == 401


def test_a_token_given_in_two_ways_is_refused(small_site: Site) -> None:
    small_site.person("tane")
    token = tokens(small_site, small_site.application())["access_token"]
    send = small_site.client().send
    twice = send("POST", "/userinfo", {"access_token": [token, token]})
    both = send("POST", "/userinfo", {"access_token": token}, bearer(token))
    query = send("GET", f"/userinfo?access_token={token}", headers=bearer(token))
    for answer in (twice, both, query):
        refused(answer, "invalid_request", 400)


def test_a_token_without_openid_is_not_good_enough(site: Site, app: Application) -> None:
    refresh = tokens(site, app, scope="openid email offline_access")["refresh_token"]
    narrow = site.refresh(app, refresh, scope="email").json
    answer = userinfo(site, narrow["access_token"])
    refused(answer, "insufficient_scope", 403)
    assert answer.headers["WWW-Authenticate"].endswith('scope="openid"')


def test_a_token_of_an_application_itself_tells_of_nobody(site: Site) -> None:
    token = own_token(site, robot(site)).json["access_token"]
    refused(userinfo(site, token), "insufficient_scope", 403)


def test_a_narrowed_token_brings_no_claims_that_were_asked_for_one_by_one(
    small_site: Site,
) -> None:
    small_site.person("tane")
    app = small_site.application()
    scope = "openid email offline_access"
    found = tokens(small_site, app, scope=scope, claims='{"userinfo": {"name": null}}')
    assert userinfo(small_site, found["access_token"]).json["name"] == "Tane"
    again = small_site.refresh(app, found["refresh_token"]).json
    assert userinfo(small_site, again["access_token"]).json["name"] == "Tane"
    less = small_site.refresh(app, again["refresh_token"], scope="openid").json
    assert userinfo(small_site, less["access_token"]).json.keys() == {"sub"}


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
