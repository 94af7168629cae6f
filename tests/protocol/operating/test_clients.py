"""Applications as they are looked after: two secrets for a while, a rest, and who may do it."""

import json

import pytest

from idp.operating import cases
from idp.operating.actor import OPERATOR, Actor
from idp.operating.refusals import Changed, Forbidden
from idp.policy.roles import PROGRAM, Action, within
from tests.protocol.command import Acrux
from tests.protocol.sign_ins import code
from tests.support.site import REDIRECT_URI, Application, Site

ADD = ("client", "add", "Payroll", "--redirect-uri", REDIRECT_URI, "--first-party", "--id", "pay")
TOKEN = {"grant_type": "client_credentials"}


def status(site: Site, secret: str) -> int:
    """Return what the token endpoint answers to a client with this secret."""
    app = Application("pay", secret)
    return site.client().send("POST", "/token", TOKEN, app.authentication()).status


@pytest.mark.slow
def test_a_replaced_secret_works_until_its_overlap_is_over_and_two_work_at_most(site: Site) -> None:
    acrux = Acrux(site.environ)
    grants = ("--set", "grant_types=client_credentials", "--set", "scope=pay:run")
    first = acrux.json("client", "add", "Robot", "--id", "pay", *grants)["client_secret"]
    rotate = ("client", "rotate-secret", "pay", "--overlap", "600")
    second = acrux.json(*rotate)["client_secret"]
    assert (status(site, first), status(site, second)) == (200, 200)
    third = acrux.json(*rotate)["client_secret"]
    assert [status(site, one) for one in (first, second, third)] == [401, 200, 200]
    acrux("client", "set", "pay", "name=Robots")
    assert status(site, second) == 200
    site.advance(601)
    assert [status(site, one) for one in (second, third)] == [401, 200]
    assert "former" not in acrux("client", "show", "pay")


def test_a_client_that_signs_with_its_secret_has_one_at_a_time(small_acrux: Acrux) -> None:
    small_acrux(*ADD, "--auth-method", "client_secret_jwt")
    line = small_acrux.refused("client", "rotate-secret", "pay", "--overlap", "60")
    assert "has one at a time" in line


def test_an_application_that_is_switched_off_rests_with_its_tokens(site: Site) -> None:
    acrux = Acrux(site.environ)
    site.person("tane")
    app = Application("pay", acrux.json(*ADD)["client_secret"])
    token = site.redeem(app, code(site, app)).json["access_token"]
    header = {"Authorization": f"Bearer {token}"}
    acrux("client", "set", "pay", "switched_off=yes")
    assert site.client().send("GET", "/userinfo", headers=header).status == 401
    assert site.browser().open("/authorize?client_id=pay").status == 400
    assert status(site, app.secret or "") == 401
    acrux("client", "set", "pay", "switched_off=")
    assert site.client().send("GET", "/userinfo", headers=header).status == 200


def test_a_change_says_before_and_after_and_how_to_make_it_again(small_acrux: Acrux) -> None:
    small_acrux(*ADD)
    small_acrux("client", "set", "pay", "name=Wages", "contacts=a@b.nz,c@d.nz")
    [event] = small_acrux.events(kind="operator:client:changed")
    assert event["data"] == {
        "changed": ["contacts=a@b.nz,c@d.nz", "name=Wages"],
        "before": {"contacts": None, "name": "Payroll"},
        "after": {"contacts": ["a@b.nz", "c@d.nz"], "name": "Wages"},
    }


def test_whoever_changes_a_version_that_is_over_is_refused(site: Site) -> None:
    site.application("app")
    clients = cases.of(site.installation).clients
    with site.work() as work:
        seen = clients.one(work, OPERATOR, "app").version
        now = clients.change(work, OPERATOR, "app", {"name": "One"}, seen=seen)
    assert now.version != seen
    for late in (
        lambda work: clients.change(work, OPERATOR, "app", {"name": "Two"}, seen=seen),
        lambda work: clients.rotate_secret(work, OPERATOR, "app", seen=seen),
        lambda work: clients.delete(work, OPERATOR, "app", seen=seen),
    ):
        with pytest.raises(Changed), site.work() as work:
            late(work)
    with site.work() as work:
        assert clients.one(work, OPERATOR, "app").client.name == "One"


def test_nobody_does_what_neither_role_nor_scope_allows(small_site: Site) -> None:
    clients = cases.of(small_site.installation).clients
    reader = Actor(PROGRAM, within=within(["acrux:clients:read", "acrux:people:write"]))
    helper = Actor(frozenset({"support", "grafana:owner"}))
    with small_site.work() as work:
        assert clients.page(work, reader) == clients.page(work, helper) == []
        for actor in (reader, helper):
            with pytest.raises(Forbidden, match="right clients"):
                clients.add(work, actor, "App", {"redirect_uris": [REDIRECT_URI]})
    assert not Actor(frozenset(), within=frozenset(Action)).may(Action.CLIENTS_READ)
    assert json.dumps([event.kind for event in small_site.events()]) == "[]"
