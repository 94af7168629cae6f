"""What tokens would say of somebody, before it is saved, is what they say afterwards."""

import base64
import json
from typing import Any

import pytest

from idp.operating import cases
from idp.operating.actor import Actor
from idp.operating.refusals import Forbidden
from idp.policy.roles import Action
from idp.store.db.statements import Statement
from tests.protocol.api.programs import program
from tests.protocol.command import Acrux
from tests.protocol.endpoints import introspect
from tests.protocol.sign_ins import jose_payload, tokens, userinfo
from tests.protocol.signin.test_own_look import png
from tests.support.site import Site

MEMBERS: dict[str, Any] = {
    "claim_mapping": {
        "memberOf": {"from": "groups", "in": ["id_token", "userinfo", "access_token"]},
        "kind": {"from": "user_type", "in": ["id_token", "introspection"], "unasked": True},
    },
    "access_token_format": "jwt",
    "access_token_lifetime": 120,
}
EACH_TIME = {"iat", "exp", "jti", "sid", "at_hash", "amr", "auth_time", "nonce"}


def written(members: dict[str, Any]) -> list[str]:
    return [f"{k}={v if isinstance(v, str) else json.dumps(v)}" for k, v in members.items()]


def same(told: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in told.items() if name not in EACH_TIME}


@pytest.fixture
def aroha(site: Site) -> Site:
    site.person("aroha", groups=["Ward 7"], user_type="nurse")
    site.application("app")
    return site


@pytest.mark.slow
def test_each_place_says_afterwards_what_was_shown_before(aroha: Site) -> None:
    acrux, app = Acrux(aroha.environ), aroha.application("pay")
    shown = acrux.json("client", "preview", "pay", "aroha", *written(MEMBERS))
    assert acrux.json("client", "show", "pay")["claim_mapping"] is None
    acrux("client", "set", "pay", *written(MEMBERS))
    answer = tokens(aroha, app, "aroha", scope=shown["scope"])
    token = answer["access_token"]
    for place, real in {
        "id_token": aroha.id_token(answer["id_token"]),
        "userinfo": userinfo(aroha, token).json,
        "introspection": introspect(aroha, app, token).json,
        "access_token": jose_payload(token),
    }.items():
        assert same(shown[place]) == same(real), place
    lived = shown["access_token"]["exp"] - shown["access_token"]["iat"]
    assert lived == answer["expires_in"] == 120


def test_it_says_what_the_person_would_be_asked(aroha: Site) -> None:
    acrux = Acrux(aroha.environ)
    ask = ("client", "preview", "app", "aroha", *written(MEMBERS), "--scope", "openid email")
    assert acrux.json(*ask)["consents"] == []
    assert acrux.json(*ask[:-2], "first_party=no", *ask[-2:])["consents"] == [
        *("openid", "email", "claim:user_type")
    ]


def test_looking_ahead_draws_no_subject_and_records_nothing(aroha: Site) -> None:
    acrux = Acrux(aroha.environ)
    aroha.application("apart", subject_type="pairwise")
    before = len(aroha.events())
    shown = acrux.json("client", "preview", "apart", "aroha")
    assert shown["id_token"]["sub"] == shown["userinfo"]["sub"] == "…"
    assert len(aroha.events()) == before
    with aroha.work() as work:
        assert work.value(Statement("SELECT count(*) FROM pairwise")) == 0


def test_what_cannot_be_registered_is_not_previewed(aroha: Site) -> None:
    acrux = Acrux(aroha.environ)
    line = acrux.refused(
        "client", "preview", "app", "aroha", 'claim_mapping={"acr":{"from":"name"}}'
    )
    assert "said by the protocol" in line
    assert "there is no" in acrux.refused("client", "preview", "none", "aroha")
    assert "aroha2" in acrux.refused("client", "preview", "app", "aroha2")


def test_who_may_not_see_people_sees_none_here(aroha: Site) -> None:
    found = cases.of(aroha.installation)
    actor = Actor(frozenset({"admin"}), within=frozenset({Action.CLIENTS_READ}))
    with aroha.work() as work, pytest.raises(Forbidden):
        found.previews.tokens(work, actor, "app", "aroha")


def test_the_api_previews_and_takes_a_logo_as_the_command_does(aroha: Site) -> None:
    calls = program(aroha)
    told = calls("POST", "/clients/app/preview", {"person": "aroha", "members": MEMBERS})
    shown = Acrux(aroha.environ).json("client", "preview", "app", "aroha", *written(MEMBERS))
    assert same(told.json["id_token"]) == same(shown["id_token"])
    picture = {"picture": base64.b64encode(png()).decode()}
    seen = calls("GET", "/clients/app").version
    assert calls("PUT", "/clients/app/logo", picture, seen).json["logo"].endswith(".png")
    for wrong in ("no base64!", base64.b64encode(b"<svg/>").decode(), "A" * 50_000):
        seen = calls("GET", "/clients/app").version
        assert calls("PUT", "/clients/app/logo", {"picture": wrong}, seen).status in (400, 422)
    [event] = aroha.events(kind="operator:client:changed")
    assert event.data
    assert json.loads(event.data)["after"]["logo"].endswith(".png")
