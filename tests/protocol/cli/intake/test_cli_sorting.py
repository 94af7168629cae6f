"""`acrux user set` sorts people: type, groups and roles, with a word about what nobody has yet."""

import json
from functools import partial

import pytest

from idp.errors import CommandError
from idp.people import sorting
from idp.store import people
from idp.store.people.profiles import Profile
from tests.protocol.command import Acrux
from tests.security.serving.crowd import at_once
from tests.support.site import MFA, Site


def added(acrux: Acrux, name: str, *words: str) -> None:
    acrux("user", "add", name, "--email", f"{name}@example.org", *words)


def said(acrux: Acrux, *words: str) -> str:
    """Set something, and return what is said beside the result."""
    result = acrux.run("user", "set", *words, "--json")
    assert result.exit_code == 0, result.output
    return result.stderr


def test_a_person_changes_type_with_an_event_that_says_before_and_after(acrux: Acrux) -> None:
    added(acrux, "mere", "--type", "clinician")
    added(acrux, "aroha", "--type", "user", "--group", "north")
    shown = acrux.json("user", "set", "aroha", "type=clinician", "groups=north", "roles=lab:read")
    assert shown == {
        "name": "aroha",
        "type": "clinician",
        "groups": ["north"],
        "roles": ["lab:read"],
    }
    (event,) = acrux.events(kind="operator:person:changed")
    assert event["reason"] == "set: roles type"
    assert event["data"] == {
        "before": {"roles": [], "type": "user"},
        "after": {"roles": ["lab:read"], "type": "clinician"},
    }


def test_a_stage_reaches_a_person_from_the_moment_of_the_new_type(site: Site) -> None:
    acrux = Acrux(site.environ)
    site.person("tane", user_type="user")
    site.stage("clinician", MFA, -60)
    browser, app = site.browser(), site.application()
    browser.authorize(app)
    assert "code" in browser.sign_in("tane").query
    acrux("user", "set", "tane", "type=clinician")
    browser = site.browser()
    browser.authorize(app)
    assert "code" not in browser.sign_in("tane").query


@pytest.mark.slow
def test_a_type_or_group_that_nobody_has_is_taken_and_said_to_be_new(acrux: Acrux) -> None:
    for name in ("mere", "tane"):
        added(acrux, name, "--type", "clinician", "--group", "north")
    added(acrux, "aroha", "--type", "staff", "--group", "south")
    note = said(acrux, "aroha", "type=clinican", "groups=nroth,north")
    assert note.splitlines() == [
        "note: aroha: nobody is of type 'clinican' yet; there are clinician (2), staff (1)",
        "note: aroha: nobody is in group 'nroth' yet; there are north (2), south (1)",
    ]
    assert acrux.json("user", "show", "aroha")["type"] == "clinican"
    assert said(acrux, "aroha", "type=clinician", "groups=north") == ""
    assert said(acrux, "aroha", "type=clinician", "nickname=Ro") == ""


def test_a_type_that_cannot_be_changes_nothing(acrux: Acrux) -> None:
    added(acrux, "aroha")
    for value in ("type=", "type=a b", "type=*", f"type={'x' * 65}"):
        assert "is no user type" in acrux.refused("user", "set", "aroha", value, "groups=north")
    assert acrux.json("user", "show", "aroha")["groups"] == []
    assert not acrux.events(kind="operator:person:changed")


def test_taking_the_last_administrator_away_is_pointed_out(acrux: Acrux) -> None:
    added(acrux, "aroha", "--role", "admin")
    assert said(acrux, "aroha", "nickname=Ro") == ""
    added(acrux, "mere", "--role", "admin")
    acrux("user", "disable", "mere")
    assert said(acrux, "aroha", "roles=") == "note: aroha: nobody else has the role admin\n"
    acrux("user", "enable", "mere")
    acrux("user", "set", "aroha", "roles=admin")
    assert said(acrux, "aroha", "roles=") == ""


def test_two_changes_at_once_lose_nothing(site: Site) -> None:
    """Each reads under the lock, so that each sees what the other has done."""
    person = site.person("aroha")

    def change(group: str) -> None:
        with site.work() as work:
            people.lock_person(work, person)
            row = people.by_id(work, person)
            assert row is not None
            groups = tuple(sorted({*row.groups, group}))
            sorting.change(work, row, Profile(row.name, {}, groups, row.roles))

    names = [f"g{number}" for number in range(6)]
    at_once([partial(change, name) for name in names])
    assert Acrux(site.environ).json("user", "show", "aroha")["groups"] == names


def test_what_was_read_before_another_change_is_not_written(site: Site) -> None:
    person = site.person("aroha")
    with site.work() as work:
        row = people.by_id(work, person)
    assert row is not None
    Acrux(site.environ)("user", "set", "aroha", "type=clinician")
    refused = ""
    with site.work() as work:
        try:
            sorting.change(work, row, Profile(row.name, {}, ("north",), row.roles, "staff"))
        except CommandError as error:
            refused = str(error)
    assert "changed meanwhile" in refused
    shown = json.loads(Acrux(site.environ)("user", "show", "aroha", "--json"))
    assert (shown["type"], shown["groups"]) == ("clinician", [])
