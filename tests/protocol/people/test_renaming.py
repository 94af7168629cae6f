"""A user type or a group gets another name: everyone keeps it, and nobody falls out of a stage."""

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from idp.operating import kinds
from idp.store import people
from idp.store.oidc import clients
from idp.store.rollout import adoption
from tests.protocol.admin.test_frame import someone
from tests.protocol.api.pressing import press, problem
from tests.protocol.api.programs import Program, Reply, administrator, own_token, program, robot
from tests.protocol.command import Acrux
from tests.protocol.scim.directory import registered
from tests.security.serving.crowd import number
from tests.support.guarded import host
from tests.support.site import MFA, Site

ANY = {"If-Match": "*"}
PATH = "/user-types-and-groups"
WAITING = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    " AND wait_event_type = 'Lock'"
)


def stage(site: Site, stage_id: str, *words: str) -> None:
    Acrux(site.environ)("stage", "add", "--id", stage_id, "--level", MFA, "--recommended", *words)


def rename(call: Program, kind: str, name: str, new: str, **headers: str) -> Reply:
    body = {"kind": kind, "name": name, "new_name": new}
    return call("POST", f"{PATH}/rename", body, headers or ANY)


def of(call: Program, kind: str) -> dict[str, int]:
    return {one["name"]: one["people"] for one in call("GET", PATH).json[f"{kind}s"]}


def test_a_user_type_is_renamed_with_its_people_and_stages(site: Site) -> None:
    for name in ("aroha", "mere"):
        site.person(name, user_type="nurse", groups=["north"])
    site.person("tane")
    stage(site, "nurses", "--audience", "nurse")
    stage(site, "others", "--audience", "*", "--except", "type:nurse")
    stage(site, "north", "--audience", "group:north")
    call = program(site)
    done = rename(call, "type", "nurse", "clinician")
    assert done.json == {
        "name": "clinician",
        "people": 2,
        "stages": ["nurses", "others"],
        "notes": [],
    }
    assert of(call, "type") == {"clinician": 2, "user": 1}
    told = {one["id"]: one for one in call("GET", "/stages").json["items"]}
    assert told["nurses"]["audience"] == ["type:clinician"]
    assert told["others"]["excluded"] == ["type:clinician"]
    assert told["north"]["version"] == 1
    [event] = site.events(kind="operator:kind:renamed")
    data = json.loads(str(event.data))
    assert (data["before"], data["after"]) == ({"name": "nurse"}, {"name": "clinician"})
    assert (data["people"], data["stages"]) == (2, ["nurses", "others"])
    assert len(site.events(kind="operator:stage:changed")) == 2
    assert not site.events(kind="operator:person:changed")
    # Each row still has its tag: nobody is taken for changed from outside.
    assert {one["type"] for one in call("GET", "/people?type=clinician").json["items"]} == {
        "clinician"
    }
    assert rename(call, "type", "nurse", "carer").status == 404


def test_a_group_is_renamed_also_for_directories_and_no_other_group_with_it(site: Site) -> None:
    names = ['a"north', "north", "north%", "North", "far north"]
    for at, name in enumerate(names):
        site.person(f"p{at}", groups=[name, "all"])
    stage(site, "one", "--audience", "group:north")
    call = program(site)
    assert rename(call, "group", "north", "a north").json["people"] == 1
    left = [one for one in names if one != "north"]
    assert of(call, "group") == dict.fromkeys(["a north", *left], 1) | {"all": 5}
    held = call("GET", "/people?search=p1").json["items"][0]["groups"]
    assert held == ["a north", "all"]
    assert call("GET", "/stages/one").json["audience"] == ["group:a north"]


def test_pages_of_guarded_hosts_that_name_it_move_along(site: Site) -> None:
    site.person("aroha", user_type="nurse", groups=["north"])
    paths = {
        "/": {"user_types": ["doctor", "nurse"]},
        "/north": {"groups": ["north"], "acr": MFA},
        "/all": {"public": True},
    }
    host(site, forward_paths=paths)
    host(site, "other", forward_origin="https://other.example.org")
    call = program(site)
    done = rename(call, "type", "nurse", "clinician")
    assert done.json["notes"] == ["wiki: its guarded pages name it so from now on"]
    rename(call, "group", "north", "northern")
    shown = Acrux(site.environ).json("client", "show", "wiki")["forward_paths"]
    assert shown == {
        "/": {"user_types": ["doctor", "clinician"]},
        "/north": {"groups": ["northern"], "acr": MFA},
        "/all": {"public": True},
    }
    assert len(site.events(kind="operator:client:changed")) == 2


def test_who_may_change_people_alone_moves_no_page_of_a_guarded_host(small_site: Site) -> None:
    small_site.person("aroha", groups=["north"])
    host(small_site, forward_paths={"/": {"groups": ["north"]}})
    call = program(small_site, "acrux:people:read", "acrux:people:write", "acrux:rollout:write")
    assert rename(call, "group", "north", "northern").status == 403
    assert of(call, "group") == {"north": 1}


@pytest.mark.slow
def test_a_directory_that_renames_a_group_takes_its_stages_along(tmp_path: Any) -> None:
    site = Site(tmp_path, f"sqlite:///{tmp_path / 'acrux.db'}", scim__enabled=True)
    entra = registered(site)
    sub = entra.add("mere@example.org")
    group = entra.add_group("north", sub)
    stage(site, "one", "--audience", "group:north")
    renamed = {"op": "replace", "path": "displayName", "value": "far north"}
    assert entra.patch(f"/Groups/{group}", renamed).status == 204
    shown = Acrux(site.environ).json("stage", "show", "one")
    assert shown["audience"] == ["group:far north"]
    assert entra.patch(f"/Groups/{group}", {**renamed, "value": "north"}).status == 204
    site.close()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "name", "new", "status"),
    [
        ("type", "nurse", "user", 409),
        ("group", "north", "south", 409),
        ("type", "nurse", "nurse", 422),
        ("type", "nurse", "a nurse", 422),
        ("type", "nurse", "", 422),
        ("group", "north", "a,b", 422),
        ("group", "north", " ", 422),
        ("group", "nothing", "north", 404),
        ("person", "north", "south", 422),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_moves(
    small_site: Site, kind: str, name: str, new: str, status: int
) -> None:
    small_site.person("tane")
    small_site.person("mere", user_type="nurse", groups=["north", "south"])
    stage(small_site, "one", "--audience", "nurse")
    call = program(small_site)
    assert rename(call, kind, name, new).status == status
    assert of(call, "type") == {"nurse": 1, "user": 1}
    assert call("GET", "/stages/one").json["version"] == 1


def test_a_version_that_is_over_changes_nothing(small_site: Site) -> None:
    small_site.person("mere", user_type="nurse")
    call = program(small_site)
    [seen] = [one["version"] for one in call("GET", PATH).json["types"] if one["name"] == "nurse"]
    small_site.person("aroha", user_type="nurse")
    late = rename(call, "type", "nurse", "carer", **{"If-Match": f'"{seen}"'})
    assert (late.status, late.code) == (412, "changed")
    assert (
        call("POST", f"{PATH}/rename", {"kind": "type", "name": "a", "new_name": "b"}).status == 428
    )


def test_who_may_change_people_alone_moves_no_stage(small_site: Site) -> None:
    small_site.person("mere", user_type="nurse", groups=["north"])
    stage(small_site, "one", "--audience", "nurse")
    call = program(small_site, "acrux:people:read", "acrux:people:write")
    assert rename(call, "type", "nurse", "carer").status == 403
    assert rename(call, "group", "north", "far north").status == 200


def test_a_program_renames_nothing_of_whoever_runs_the_installation(small_site: Site) -> None:
    app = robot(small_site, client_id="browser")
    hana = administrator(small_site, app, "admin")
    refused = rename(program(small_site), "type", "user", "staff")
    assert (refused.status, refused.code) == (403, "outranked")
    assert rename(hana, "type", "user", "staff").status == 200


def test_what_the_settings_name_is_changed_there_first(tmp_path: Any) -> None:
    url = f"sqlite:///{tmp_path / 'acrux.db'}"
    site = Site(tmp_path, url, scim__enabled=True, scim__groups="SG-Payroll -> payroll")
    site.person("mere", groups=["payroll"])
    refused = rename(program(site), "group", "payroll", "pay")
    assert (refused.status, refused.code) == (409, "conflict")
    assert "scim.groups" in refused.json["detail"]
    site.close()


def test_whom_an_application_is_told_no_more_is_pointed_out(small_site: Site) -> None:
    small_site.application("payroll", groups_prefix="pay-")
    small_site.person("mere", groups=["pay-clerks"])
    notes = rename(program(small_site), "group", "pay-clerks", "clerks").json["notes"]
    assert notes == ["payroll is told of it no more: its groups_prefix is 'pay-'"]


def test_very_many_are_renamed_by_the_command_alone(
    small_site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kinds, "MOST", 1)
    for name in ("aroha", "mere"):
        small_site.person(name, user_type="nurse")
    refused = rename(program(small_site), "type", "nurse", "carer")
    assert (refused.status, refused.code) == (409, "conflict")
    acrux = Acrux(small_site.environ)
    assert acrux.json("user", "rename-type", "nurse", "carer")["people"] == 2
    assert acrux.refused("user", "rename-group", "north", "south")


def test_what_was_counted_goes_on_under_the_new_name(small_site: Site) -> None:
    small_site.person("mere", user_type="nurse")
    with small_site.work() as work:
        adoption.claim_day(work, "2020-01-01", 1)
        adoption.keep(work, "2020-01-01", {("nurse", "people"): 1})
    Acrux(small_site.environ)("user", "rename-type", "nurse", "carer")
    with small_site.work() as work:
        assert {row.user_type for row in adoption.since(work, "2019-01-01")} == {"carer"}


@pytest.mark.slow
def test_the_console_shows_what_moves_and_does_it_after_a_fresh_proof(small_site: Site) -> None:
    small_site.person("mere", user_type="nurse", groups=["R&D"])
    stage(small_site, "one", "--audience", "nurse")
    browser = someone(small_site, "admin")
    browser.open("/admin/people/groups")
    assert "rename?kind=type&amp;name=nurse" in browser.at.text
    page = browser.open("/admin/people/groups/rename?kind=type&name=nurse")
    assert page.heading == "Rename the user type nurse"
    assert "1 person has it." in page.text
    assert 'id="stages"' in page.text
    press(browser, "/admin/people/groups/rename?kind=type&name=nurse", new="carer")
    press(browser, "/admin/people/groups/rename?kind=group&name=R%26D", new="R D")
    call = Program(small_site, own_token(small_site, robot(small_site)))
    assert of(call, "type") == {"carer": 1, "user": 1}
    assert of(call, "group") == {"R D": 1}
    for query in (
        "",
        "?kind=type",
        "?kind=shoe&name=x",
        "?kind=type&name=%00",
        "?kind=type&name=x",
    ):
        assert browser.get(f"/admin/people/groups/rename{query}").status == 404, query


@pytest.mark.slow
def test_the_console_says_why_not_and_keeps_what_was_typed(small_site: Site) -> None:
    small_site.person("mere", user_type="nurse")
    browser = someone(small_site, "admin")
    browser.open("/admin/people/groups/rename?kind=type&name=nurse")
    answer = browser.submit("name=nurse", new="user")
    assert answer.status == 400
    assert problem(answer).endswith("There is &#39;user&#39; already.")
    assert 'value="user"' in answer.text
    support = someone(small_site, "support")
    assert "rename?kind" not in support.open("/admin/people/groups").text
    assert support.get("/admin/people/groups/rename?kind=type&name=nurse").status == 403


def at_once(*calls: Callable[[], object]) -> None:
    threads = [threading.Thread(target=call) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.slow
@pytest.mark.parametrize(
    "database_url", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True
)
def test_no_application_is_held_before_the_people_are(site: Site) -> None:
    """Whoever deletes one locks the people who let it in first: the two waited for each other.

    On SQLite one change waits for another from its beginning.
    """
    mere = site.person("mere", groups=["north"])
    host(site, forward_paths={"/": {"groups": ["south"]}})
    call = program(site, "acrux:people:read", "acrux:people:write", "acrux:rollout:write")
    with ThreadPoolExecutor(1) as pool:
        with site.work() as work:
            people.lock_person(work, mere)
            going = pool.submit(rename, call, "group", "north", "far")
            while not number(site, WAITING):
                assert not going.done()
            clients.hold(work, "wiki")
        assert going.result(30).status == 200


@pytest.mark.slow
def test_while_people_and_stages_are_changed_nobody_is_lost(site: Site) -> None:
    subs = [site.person(f"p{n}", user_type="nurse", groups=["north"]) for n in range(6)]
    stage(site, "one", "--audience", "nurse")
    call, found = program(site), list[Reply]()

    def types() -> None:
        for old, new in (("nurse", "carer"), ("carer", "nurse")) * 3:
            found.append(rename(call, "type", old, new))

    def groups() -> None:
        for old, new in (("north", "far"), ("far", "north")) * 3:
            found.append(rename(call, "group", old, new))

    def change() -> None:
        for sub in subs * 2:
            found.append(call("PATCH", f"/people/{sub}", {"name": "Somebody Else"}, ANY))

    at_once(types, groups, change)
    assert {reply.status for reply in found} <= {200, 404, 409, 412}, {r.text for r in found}
    assert sum(of(call, "type").values()) == 6
    assert len(of(call, "type")) == 1
    assert list(of(call, "group").values()) == [6]
    [kind] = of(call, "type")
    assert call("GET", "/stages/one").json["audience"] == [f"type:{kind}"]
