"""A sign-in under way is read again, also when the version before wrote what it is for."""

import json
from typing import Any

import pytest

from idp.oidc.authorize.carried import Carried
from idp.policy.types import Ask
from idp.signin.demand import EMAIL, Application, Demand, Wish

OF_AN_APPLICATION = """
{"client_id": "intranet", "application": {"name": "Intranet", "logo_uri": "https://i.example/l.png",
"policy_uri": null, "tos_uri": null, "unvetted": ""}, "return_to": "/authorize/resume/{id}",
"redirect_uri": "https://i.example/cb", "login_hint": "tane", "ui_locales": ["mi", "en"],
"acr_values": ["phr"], "essential": ["https://refeds.org/profile/mfa"], "max_age": 600,
"prompt": ["consent", "login"], "floor": "mfa", "scopes": ["claim:email", "openid"],
"consent_needed": true, "grantee": "abc", "unassured": true, "keeps": 86400, "subject": "p1",
"accepts_bootstrap": false, "enrol": null, "waited": false, "wish": null, "given_up_to": "",
"offers": true, "parameters": {"state": "s", "code_challenge": "c", "response_type": ["code"],
"response_mode": "form_post", "claims": null, "says_auth_time": true}}
"""
OF_A_CHANGE = """
{"client_id": null, "application": null, "return_to": "/account/details", "redirect_uri": null,
"login_hint": "", "ui_locales": [], "acr_values": [], "essential": null, "max_age": 300,
"prompt": [], "floor": "mfa", "scopes": [], "consent_needed": false, "grantee": "",
"unassured": false, "keeps": 0, "subject": "p1", "accepts_bootstrap": true, "enrol": null,
"waited": false, "wish": {"what": "email", "value": "tane@example.org"},
"given_up_to": "/account/", "offers": false, "parameters": {}}
"""
OF_A_SET_UP = """
{"client_id": null, "application": null, "return_to": "/account/", "redirect_uri": null,
"login_hint": "", "ui_locales": [], "acr_values": [], "essential": null, "max_age": null,
"prompt": [], "floor": null, "scopes": [], "consent_needed": false, "grantee": "",
"unassured": false, "keeps": 0, "subject": "p1", "accepts_bootstrap": true, "enrol": "totp",
"waited": true, "wish": null, "given_up_to": "", "offers": true, "parameters": {}}
"""
"""All three as they were written while a Demand still copied what it asks of the policy."""

READ = {
    OF_AN_APPLICATION: Demand(
        client_id="intranet",
        application=Application("Intranet", "https://i.example/l.png"),
        return_to="/authorize/resume/{id}",
        redirect_uri="https://i.example/cb",
        login_hint="tane",
        ui_locales=("mi", "en"),
        ask=Ask(
            acr_values=("phr",),
            essential=("https://refeds.org/profile/mfa",),
            max_age=600,
            prompt=frozenset({"login", "consent"}),
            floor="mfa",
            scopes=frozenset({"openid", "claim:email"}),
            consent_needed=True,
            unassured=True,
            subject="p1",
            accepts_bootstrap=False,
        ),
        grantee="abc",
        keeps=86400,
        parameters={
            "state": "s",
            "code_challenge": "c",
            "response_type": ["code"],
            "response_mode": "form_post",
            "claims": None,
            "says_auth_time": True,
        },
    ),
    OF_A_CHANGE: Demand(
        return_to="/account/details",
        ask=Ask(floor="mfa", max_age=300, subject="p1", offers=False),
        wish=Wish(EMAIL, "tane@example.org"),
        given_up_to="/account/",
    ),
    OF_A_SET_UP: Demand(return_to="/account/", ask=Ask(enrol="totp", waited=True, subject="p1")),
}


@pytest.mark.parametrize("text", READ)
def test_a_row_of_the_version_before_is_read(text: str) -> None:
    assert Demand.from_json(text) == READ[text]


@pytest.mark.parametrize("text", READ)
def test_a_row_is_written_as_the_version_before_reads_it(text: str) -> None:
    assert json.loads(READ[text].to_json()) == json.loads(text)


@pytest.mark.parametrize("demand", [*READ.values(), Demand()])
def test_what_is_written_is_read_again(demand: Demand) -> None:
    assert Demand.from_json(demand.to_json()) == demand


def test_the_answer_to_a_request_of_the_version_before_is_what_it_would_have_been() -> None:
    assert Carried.of(Demand.from_json(OF_AN_APPLICATION)) == Carried(
        response_type=("code",),
        response_mode="form_post",
        says_auth_time=True,
        state="s",
        code_challenge="c",
    )


def test_what_the_answer_needs_comes_back_from_the_row_and_what_is_unknown_is_left_out() -> None:
    carried = Carried(("code", "id_token"), "fragment", False, nonce="n", claims='{"userinfo": []}')
    values: dict[str, Any] = carried.to_parameters() | {"of_a_later_version": 1}
    stored = Demand(parameters=values).to_json()
    assert Carried.of(Demand.from_json(stored)) == carried


@pytest.mark.parametrize("text", READ)
def test_in_a_sign_in_it_asks_what_it_holds_and_what_is_wished_for(text: str) -> None:
    demand = READ[text]
    asked = demand.asked_in("i")
    assert (asked.interaction, asked.change) == ("i", demand.wish is not None)
    assert (asked.floor, asked.max_age, asked.enrol, asked.scopes) == (
        demand.ask.floor,
        demand.ask.max_age,
        demand.ask.enrol,
        demand.ask.scopes,
    )
