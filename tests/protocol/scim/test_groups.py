"""Groups by SCIM: every group there is, with the people in it, and no other word than theirs."""

import threading
from collections.abc import Callable
from functools import partial

import pytest

from tests.protocol.api.programs import Reply, program
from tests.protocol.command import Acrux
from tests.protocol.scim.directory import GROUP, registered
from tests.support.site import Site


@pytest.mark.slow
def test_a_group_that_somebody_is_in_is_there_whoever_made_it(site: Site) -> None:
    sub = site.person("tane", groups=["north"])
    acrux, entra = Acrux(site.environ), registered(site)
    [north] = entra("GET", '/Groups?filter=displayName eq "NORTH"').json["Resources"]
    assert [one["value"] for one in north["members"]] == [sub]
    acrux("user", "set", "tane", "groups=north,south")
    found = entra("GET", "/Groups").json["Resources"]
    assert {one["displayName"] for one in found} == {"north", "south"}
    acrux("user", "set", "tane", "groups=")
    assert entra.members(north["id"]) == set()
    assert entra.patch(
        f"/Groups/{north['id']}",
        {"op": "add", "path": "members", "value": [{"value": sub}]},
    )
    assert acrux.json("user", "show", "tane")["groups"] == ["north"]


@pytest.mark.slow
def test_a_change_of_who_is_in_it_is_a_change_of_each_person(site: Site) -> None:
    entra = registered(site)
    subs = [entra.add(f"{name}@example.org") for name in ("aroha", "mere")]
    group = entra.add_group("north", *subs)
    renamed = {"op": "replace", "path": "displayName", "value": "Far north"}
    assert entra.patch(f"/Groups/{group}", renamed).status == 204
    events = site.events(kind="operator:person:changed")
    assert sorted(str(event.person_id) for event in events) == sorted(subs * 2)
    assert all('"program": "entra"' in str(event.data) for event in events)
    assert len(site.events(kind="operator:group:added")) == 1
    assert len(site.events(kind="operator:group:changed")) == 1
    assert entra("DELETE", f"/Groups/{group}").status == 204
    assert len(site.events(kind="operator:group:deleted")) == 1
    assert "groups" not in entra("GET", f"/Users/{subs[0]}").json
    assert entra("GET", f"/Groups/{group}").status == 404


def test_a_name_is_one_groups_alone(site: Site) -> None:
    entra = registered(site)
    entra.add_group("north")
    south = entra.add_group("south")
    again = entra("POST", "/Groups", {"schemas": [GROUP], "displayName": "north"})
    assert (again.status, again.json["scimType"]) == (409, "uniqueness")
    renamed = {"op": "replace", "path": "displayName", "value": "north"}
    assert entra.patch(f"/Groups/{south}", renamed).status == 409
    assert entra("GET", f"/Groups/{south}").json["displayName"] == "south"


@pytest.mark.parametrize("member", ["nobody", "", None, "group"])
def test_a_member_who_is_no_person_here_is_refused(small: Site, member: str | None) -> None:
    entra = registered(small)
    group = entra.add_group("north")
    value = group if member == "group" else member
    body = {"schemas": [GROUP], "displayName": "south", "members": [{"value": value}]}
    assert entra("POST", "/Groups", body).status == 400
    operation = {"op": "add", "path": "members", "value": [{"value": value}]}
    assert entra.patch(f"/Groups/{group}", operation).status == 400
    assert entra("GET", "/Groups").json["totalResults"] == 1


@pytest.mark.slow
def test_of_two_groups_with_like_names_each_has_its_own(site: Site) -> None:
    entra = registered(site)
    names = ['a"north', "north", "north%", "n_rth", "Āwhina", "back\\slash", "North"]
    subs = {name: entra.add(f"p{at}@example.org") for at, name in enumerate(names)}
    groups = {name: entra.add_group(name, subs[name]) for name in names}
    for name in names:
        assert entra.members(groups[name]) == {subs[name]}, name
        [told] = entra("GET", f"/Users/{subs[name]}").json["groups"]
        assert told["display"] == name


@pytest.mark.slow
def test_many_come_and_go_at_once_and_nobody_is_lost(site: Site) -> None:
    entra = registered(site)
    subs = [entra.add(f"p{number}@example.org") for number in range(4)]
    groups, found = [entra.add_group("north"), entra.add_group("south")], list[Reply]()

    def come(group: str, sub: str) -> None:
        operation = {"op": "add", "path": "members", "value": [{"value": sub}]}
        found.append(entra.patch(f"/Groups/{group}", operation))

    threads = [threading.Thread(target=come, args=(g, s)) for g in groups for s in subs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [reply.status for reply in found] == [204] * 8
    for group in groups:
        assert entra.members(group) == set(subs)


@pytest.mark.slow
def test_their_words_are_mapped_to_ours(small: Site) -> None:
    site = Site(
        small.folder,
        small.environ["ACRUX_DATABASE__URL"],
        scim__enabled=True,
        scim__groups="SG-Payroll -> payroll",
        scim__user_types="Employee -> staff,* -> external",
    )
    entra, acrux = registered(site), Acrux(site.environ)
    sub = entra.add("mere@example.org", userType="Employee")
    other = entra.add("tane@example.org", userType="Contractor")
    group = entra.add_group("SG-Payroll", sub)
    shown = acrux.json("user", "show", "mere@example.org")
    assert (shown["type"], shown["groups"]) == ("staff", ["payroll"])
    assert acrux.json("user", "show", "tane@example.org")["type"] == "external"
    person = entra("GET", f"/Users/{sub}").json
    assert (person["userType"], person["groups"][0]["display"]) == ("Employee", "SG-Payroll")
    assert entra("GET", '/Groups?filter=displayName eq "SG-Payroll"').json["totalResults"] == 1
    assert entra("GET", f"/Groups/{group}").json["displayName"] == "SG-Payroll"
    operation = {"op": "replace", "path": "userType", "value": "Employee"}
    assert entra.patch(f"/Users/{other}", operation).status == 204
    assert acrux.json("user", "show", "tane@example.org")["type"] == "staff"
    site.close()


def at_once(*calls: Callable[[], object]) -> None:
    threads = [threading.Thread(target=call) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.slow
def test_groups_that_share_people_are_renamed_at_once(site: Site) -> None:
    entra = registered(site)
    subs = [entra.add(f"p{number}@example.org") for number in range(4)]
    names = ("north", "south", "east", "west")
    groups = {name: entra.add_group(name, *subs) for name in names}
    found = list[Reply]()

    def rename(name: str) -> None:
        for time in range(4):
            operation = {"op": "replace", "path": "displayName", "value": f"{name} {time}"}
            found.append(entra.patch(f"/Groups/{groups[name]}", operation))

    at_once(*(partial(rename, name) for name in names))
    assert [reply.status for reply in found] == [204] * 16, {reply.text for reply in found}
    for name in names:
        told = entra("GET", f"/Groups/{groups[name]}").json
        assert told["displayName"] == f"{name} 3"
        assert {one["value"] for one in told["members"]} == set(subs)


@pytest.mark.slow
def test_a_group_gets_a_name_that_its_people_are_given_at_the_same_time(site: Site) -> None:
    entra, other = registered(site), program(site)
    subs = [entra.add(f"p{number}@example.org") for number in range(6)]
    group, found = entra.add_group("north", *subs[:5]), list[Reply]()

    def rename() -> None:
        for time in range(8):
            operation = {"op": "replace", "path": "displayName", "value": f"north {time}"}
            found.append(entra.patch(f"/Groups/{group}", operation))

    def give() -> None:
        for time in range(8):
            for sub in subs[::-1]:
                body = {"groups": [f"north {time}", "north"]}
                reply = other("PATCH", f"/people/{sub}", body, {"If-Match": "*"})
                found.append(reply)

    at_once(rename, give)
    assert {reply.status for reply in found} <= {200, 204, 409}, {reply.text for reply in found}
    held = {name for sub in subs for name in other("GET", f"/people/{sub}").json["groups"]}
    told = {one["displayName"] for one in entra("GET", "/Groups").json["Resources"]}
    assert held <= told
