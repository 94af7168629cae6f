"""Pairwise subjects (OIDC Core 8.1): each sector has its own name for a person, and keeps it."""

import json
from typing import Any

import pytest
from joserfc import jwk, jwt

from idp.oidc.clients.client import Client
from idp.oidc.tokens import subjects
from tests.protocol.endpoints import introspect
from tests.protocol.sign_ins import assert_redirect_error, signed_in, tokens, userinfo
from tests.support.site import Application, Site

ONE = "https://one.example.org/callback"
ONE_TOO = "https://one.example.org/other"
TWO = "https://two.example.org/callback"


def pairwise(site: Site, client_id: str, uri: str = ONE, **data: Any) -> Application:
    return site.application(client_id, subject_type="pairwise", redirect_uris=[uri], **data)


def sub(site: Site, app: Application, name: str = "tane") -> str:
    return str(site.id_token(tokens(site, app, name)["id_token"])["sub"])


def test_every_token_and_answer_says_the_same_sub(site: Site) -> None:
    person = site.person("tane")
    app = pairwise(site, "one", access_token_format="jwt")
    api = site.application("api", resource_server=True)
    answer = tokens(site, app, scope="openid offline_access")
    name = site.id_token(answer["id_token"])["sub"]
    assert len(name) >= 22
    assert name != person
    keys = jwk.KeySet.import_key_set(site.client().send("GET", "/jwks").json)
    access = answer["access_token"]
    again = site.refresh(app, answer["refresh_token"]).json
    assert {
        name,
        userinfo(site, access).json["sub"],
        jwt.decode(access, keys, algorithms=["RS256"]).claims["sub"],
        introspect(site, app, access).json["sub"],
        introspect(site, api, access).json["sub"],
        introspect(site, app, again["refresh_token"]).json["sub"],
        site.id_token(again["id_token"])["sub"],
    } == {name}


@pytest.mark.slow
def test_it_stays_for_a_sector_and_differs_between_sectors_and_people(site: Site) -> None:
    site.person("tane")
    site.person("mere")
    one, too = pairwise(site, "one"), pairwise(site, "too", ONE_TOO)
    two, public = pairwise(site, "two", TWO), site.application("public")
    first = sub(site, one)
    assert sub(site, one) == sub(site, too) == first
    assert len({first, sub(site, two), sub(site, public), sub(site, one, "mere")}) == 4


@pytest.mark.slow
def test_a_sector_identifier_joins_hosts_and_parts_from_them(site: Site) -> None:
    site.person("tane")
    uri = {"sector_identifier_uri": "https://sector.example.org/uris.json"}
    joined = [pairwise(site, "one", ONE, **uri), pairwise(site, "two", TWO, **uri)]
    alone = pairwise(site, "alone")
    first, second = (sub(site, app) for app in joined)
    assert first == second != sub(site, alone)


def test_nothing_that_a_client_is_told_holds_the_public_name(small_site: Site) -> None:
    person = small_site.person("tane")
    app = pairwise(small_site, "one", access_token_format="jwt")
    answer = tokens(small_site, app, scope="openid profile email phone")
    keys = jwk.KeySet.import_key_set(small_site.client().send("GET", "/jwks").json)
    told = [
        small_site.id_token(answer["id_token"]),
        jwt.decode(answer["access_token"], keys, algorithms=["RS256"]).claims,
        userinfo(small_site, answer["access_token"]).json,
        introspect(small_site, app, answer["access_token"]).json,
    ]
    assert person not in json.dumps(told)


def test_a_hint_and_a_claim_name_the_person_by_it(site: Site) -> None:
    person = site.person("tane")
    site.person("mere")
    app = pairwise(site, "one")
    browser = signed_in(site, app)
    token = site.redeem(app, browser.at.query["code"]).json["id_token"]
    name = site.id_token(token)["sub"]
    assert "code" in browser.authorize(app, prompt="none", id_token_hint=token).query
    wanted = json.dumps({"id_token": {"sub": {"value": name}}})
    assert "code" in browser.authorize(app, prompt="none", claims=wanted).query
    public = json.dumps({"id_token": {"sub": {"value": person}}})
    answer = browser.authorize(app, prompt="none", claims=public)
    assert_redirect_error(site, answer, "login_required")
    other = signed_in(site, app, "mere")
    answer = other.authorize(app, prompt="none", id_token_hint=token)
    assert_redirect_error(site, answer, "login_required")


def test_two_first_sign_ins_at_once_give_one_name(site: Site) -> None:
    """The second draws a name too, and takes that of the first."""
    person = site.person("tane")
    client = Client("one", "One", redirect_uris=(ONE,), subject_type="pairwise")
    with site.work() as first:
        name = subjects.subject_of(first, client, person)
        first.commit()
        with site.work() as second:
            assert subjects.subject_of(second, client, person) == name
            assert subjects.person_of(second, client, name) == person


@pytest.mark.parametrize("subject", ["", "nobody", "x" * 300, "' OR 1=1 --"])
def test_a_sub_that_nobody_has_is_nobodys(small_site: Site, subject: str) -> None:
    small_site.person("tane")
    for kind in ("public", "pairwise"):
        client = Client("one", "One", redirect_uris=(ONE,), subject_type=kind)
        with small_site.work() as work:
            assert subjects.person_of(work, client, subject) is None
