"""Claims under an application's own names: what is told, where, to whom, and what never is."""

import json
from typing import Any

import pytest

from tests.protocol.command import Acrux
from tests.protocol.endpoints import introspect
from tests.protocol.sign_ins import code, jose_payload, tokens, userinfo
from tests.support.site import Application, Site

EVERYWHERE = ["id_token", "userinfo", "introspection", "access_token"]


@pytest.fixture
def aroha(site: Site) -> Site:
    site.person("aroha")
    Acrux(site.environ)("user", "set", "aroha", "groups=nurses,Ward 7", "type=nurse")
    return site


def said(site: Site, app: Application, answer: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return what each place says."""
    return {
        "id_token": site.id_token(answer["id_token"]),
        "userinfo": dict(userinfo(site, answer["access_token"]).json),
        "introspection": dict(introspect(site, app, answer["access_token"]).json),
        "access_token": jose_payload(answer["access_token"]),
    }


def test_each_claim_stands_where_it_is_mapped_to_and_nowhere_else(aroha: Site) -> None:
    mapping = {place: {"from": "groups", "in": [place]} for place in EVERYWHERE}
    mapping = {f"in_{place}.all": one for place, one in mapping.items()}
    app = aroha.application(claim_mapping=mapping, access_token_format="jwt")
    found = said(aroha, app, tokens(aroha, app, "aroha", scope="openid groups"))
    for place, claims in found.items():
        assert {name for name in claims if name.startswith("in_")} == {f"in_{place}"}
        assert claims[f"in_{place}"] == {"all": ["Ward 7", "nurses"]}


def test_what_no_scope_covers_is_told_only_where_it_is_registered_so(aroha: Site) -> None:
    mapping = {"mail": {"from": "email"}, "login": {"from": "preferred_username", "unasked": True}}
    app = aroha.application(claim_mapping=mapping)
    found = said_of(aroha, tokens(aroha, app, "aroha", scope="openid"))
    assert found == {"login": "aroha"}
    found = said_of(aroha, tokens(aroha, app, "aroha", scope="openid email"))
    assert found == {"login": "aroha", "mail": "aroha@example.org"}


def said_of(site: Site, answer: dict[str, Any]) -> dict[str, Any]:
    claims = site.id_token(answer["id_token"])
    return {name: claims[name] for name in ("login", "mail", "kind") if name in claims}


KIND = {"kind": {"from": "user_type", "unasked": True}}


@pytest.mark.slow
def test_the_page_that_asks_says_what_is_told_unasked_and_asks_again_when_it_is_more(
    aroha: Site,
) -> None:
    app = aroha.application(first_party=False)
    browser = aroha.browser()
    browser.authorize(app, scope="openid offline_access")
    browser.sign_in("aroha")
    first = browser.submit("/consent", decision="allow").query["code"]
    held = aroha.redeem(app, first).json["refresh_token"]
    Acrux(aroha.environ)("client", "set", "app", f"claim_mapping={json.dumps(KIND)}")
    renewed = aroha.refresh(app, held).json
    assert said_of(aroha, renewed) == {}, "nobody agreed to that"
    page = browser.authorize(app, scope="openid offline_access")
    assert "See what kind of account you have" in page.text
    again = browser.submit("/consent", decision="allow").query["code"]
    answer = aroha.redeem(app, again).json
    assert said_of(aroha, answer) == {"kind": "nurse"}
    renewed = aroha.refresh(app, answer["refresh_token"]).json
    assert said_of(aroha, renewed) == {"kind": "nurse"}


@pytest.mark.slow
def test_what_is_told_unasked_no_more_is_left_out_of_what_is_refreshed(aroha: Site) -> None:
    app = aroha.application(
        claim_mapping={"login": {"from": "preferred_username", "unasked": True}}
    )
    answer = tokens(aroha, app, "aroha", scope="openid offline_access")
    assert said_of(aroha, answer) == {"login": "aroha"}
    asked = json.dumps({"login": {"from": "preferred_username"}})
    Acrux(aroha.environ)("client", "set", "app", f"claim_mapping={asked}")
    assert said_of(aroha, aroha.refresh(app, answer["refresh_token"]).json) == {}


def test_a_narrowed_token_says_what_its_own_scopes_cover(aroha: Site) -> None:
    mapping = {"mail": {"from": "email"}, "login": {"from": "preferred_username", "unasked": True}}
    app = aroha.application(claim_mapping=mapping)
    answer = tokens(aroha, app, "aroha", scope="openid email offline_access")
    narrow = aroha.refresh(app, answer["refresh_token"], scope="openid").json
    assert said_of(aroha, narrow) == {}
    assert userinfo(aroha, narrow["access_token"]).json.keys() == {"sub"}


@pytest.mark.slow
def test_groups_go_under_a_second_name_too_with_the_prefix_that_holds_for_both(
    aroha: Site,
) -> None:
    mapping = {"memberOf": {"from": "groups"}, "groups": {"from": "groups", "in": ["id_token"]}}
    app = aroha.application(claim_mapping=mapping, groups_prefix="Ward")
    answer = tokens(aroha, app, "aroha", scope="openid groups")
    claims = aroha.id_token(answer["id_token"])
    assert claims["memberOf"] == claims["groups"] == ["Ward 7"]


@pytest.mark.parametrize(
    "mapping",
    [
        *({name: {"from": "name"}} for name in ("sub", "acr", "amr", "iss", "aud", "exp", "nonce")),
        *({f"{name}.x": {"from": "name"}} for name in ("sub", "act", "email", "address")),
        *({name: {"from": "nickname"}} for name in ("Sub", "ACR", "Email", "sub_id")),
        {"a": {"from": "name"}, "A": {"from": "nickname"}},
        {"Groups": {"from": "nickname"}},
        {"email": {"from": "name"}},
        {"email_verified": {"from": "phone_number_verified"}},
        {"kind": {"from": "user_type"}},
        {"kind": {"from": "password"}},
        {"kind": {"from": "name", "in": ["header"]}},
        {"kind": {"from": "name", "in": []}},
        {"kind": {"from": "name", "also": 1}},
        {"kind": "name"},
        {"a": {"from": "name"}, "a.b": {"from": "name"}},
        {"groups.x": {"from": "name"}},
        {"roles": {"from": "groups"}},
        {"": {"from": "name"}},
        {f"claim{n}": {"from": "name"} for n in range(31)},
    ],
)
def test_what_would_mean_another_thing_or_nothing_is_not_registered(
    small_acrux: Acrux, mapping: dict[str, Any]
) -> None:
    small_acrux("client", "add", "Pay", "--id", "pay", "--redirect-uri", "https://a.nz/cb")
    line = small_acrux.refused("client", "set", "pay", f"claim_mapping={json.dumps(mapping)}")
    assert "claim_mapping: " in line


def test_tokens_of_one_application_live_as_long_as_it_is_registered_for(site: Site) -> None:
    site.person("tane")
    app = site.application(
        access_token_lifetime=120,
        id_token_lifetime=240,
        refresh_token_idle=300,
        refresh_token_lifetime=500,
    )
    answer = site.redeem(app, code(site, app, scope="openid offline_access")).json
    claims = site.id_token(answer["id_token"])
    assert (answer["expires_in"], claims["exp"] - claims["iat"]) == (120, 240)
    site.advance(121)
    assert userinfo(site, answer["access_token"]).status == 401
    answer = site.refresh(app, answer["refresh_token"]).json
    site.advance(299)
    answer = site.refresh(app, answer["refresh_token"]).json
    assert introspect(site, app, answer["refresh_token"]).json["exp"] == claims["iat"] + 500
    site.advance(100)
    assert site.refresh(app, answer["refresh_token"]).status == 400


def test_no_token_is_registered_to_live_longer_than_tokens_may(small_acrux: Acrux) -> None:
    small_acrux("client", "add", "Pay", "--id", "pay", "--redirect-uri", "https://a.nz/cb")
    for change in (
        *("access_token_lifetime=86401", "id_token_lifetime=59"),
        *("refresh_token_idle=1209601", "refresh_token_lifetime=7776001"),
    ):
        assert "seconds" in small_acrux.refused("client", "set", "pay", change)


def test_the_page_that_asks_says_how_long_this_application_may_go_on(site: Site) -> None:
    site.person("tane")
    app = site.application(first_party=False, refresh_token_lifetime=86400 * 2)
    browser = site.browser()
    browser.authorize(app, scope="openid offline_access")
    assert "for 2 days at most" in browser.sign_in("tane").text
