"""Programs bring people and applications in, and read all that is the operator's."""

import json
from typing import Any

import pytest

from idp.api.v1.door import UPLOADS
from idp.api.v1.table import ROUTES
from idp.oidc.tokens.resources import API
from idp.operating.people.import_running import ImportRunning
from tests.protocol.api.programs import Program, Reply, own_token, program, robot
from tests.protocol.cli.client.test_cli_client_import import REALM
from tests.protocol.command import Acrux
from tests.support.site import Site

ANY = {"If-Match": "*"}
ROWS = [
    {"username": "aroha", "email": "aroha@a.nz", "groups": ["north"]},
    {"username": "mere", "email": "none"},
    {"username": "kiri", "email": "kiri@a.nz", "roles": ["owner"]},
]


def work_off(site: Site) -> int:
    return ImportRunning(site.installation).carry_out()


def brought(call: Program, **body: Any) -> Reply:
    reply = call("POST", "/imports", body)
    assert reply.status == 201, reply.text
    return reply


def tried(site: Site, call: Program, **body: Any) -> tuple[str, Reply]:
    """Bring people, and let a worker try it; return where it is, and how."""
    made = brought(call, **body)
    path = made.headers["Location"].removeprefix(API)
    assert call("POST", f"{path}/check", {}, made.version).status == 200
    assert work_off(site) == 1
    return path, call("GET", path)


def names(call: Program) -> list[str]:
    return [one["username"] for one in call("GET", "/people").json["items"]]


def test_people_come_as_rows_are_tried_carried_out_and_told(site: Site) -> None:
    call = program(site)
    path, found = tried(site, call, rows=ROWS)
    assert names(call) == []
    assert found.json["counts"] == {"added": 1, "wrong": 2}
    wrong = {one["username"]: one["code"] for one in found.json["wrong"]}
    assert wrong == {"mere": "bad-email", "kiri": "role-of-acrux"}
    assert found.json["program"] == "robot"
    assert call("POST", f"{path}/carry-out", {}, found.version).code == "conflict"
    asked = call("POST", f"{path}/carry-out", {"skip_bad": True}, found.version)
    assert asked.status == 200, asked.text
    assert work_off(site) == 1
    assert names(call) == ["aroha"]
    first = call("GET", f"{path}/report?limit=2").json
    rest = call("GET", f"{path}/report?limit=2&cursor={first['next']}").json
    told = [(one["username"], one["outcome"]) for one in first["items"] + rest["items"]]
    assert told == [("aroha", "added"), ("mere", "wrong"), ("kiri", "wrong")]
    assert rest["next"] is None
    [begun] = site.events(kind="operator:import:begun")
    [ended] = site.events(kind="operator:import:ended")
    assert '"program": "robot"' in str(begun.data)
    assert '"program": "robot"' in str(ended.data)
    assert call("DELETE", path, headers=ANY).status == 200
    assert call("GET", path).status == 404


def test_columns_that_are_not_guessed_are_said(small_site: Site) -> None:
    call = program(small_site)
    made = brought(call, name="staff.csv", content="Kennung;Mail\naroha;aroha@a.nz\n")
    fields = {one["name"]: one["field"] for one in made.json["columns"]}
    assert fields == {"Kennung": "", "Mail": "email"}
    path = made.headers["Location"].removeprefix(API)
    for columns in ({"Nothing": "email"}, {"Kennung": "shoe"}):
        refused = call("POST", f"{path}/check", {"columns": columns}, made.version)
        assert refused.status == 422, columns
    chosen = {"columns": {"Kennung": "username"}}
    assert call("POST", f"{path}/check", chosen, made.version).status == 200
    assert call("POST", f"{path}/check", chosen, made.version).status == 412
    work_off(small_site)
    assert call("GET", path).json["counts"] == {"added": 1}


def test_what_is_no_file_of_people_is_refused(small_site: Site) -> None:
    call = program(small_site)
    for body in (
        {},
        {"rows": ROWS, "content": "username\naroha\n"},
        {"content": "username\naroha\n", "product": "nothing"},
        {"content": "shoe\nbig\n"},
        {"content": "username\naroha\n", "name": ""},
        {"rows": [1]},
        {"content": "{", "name": "x.json"},
        {"content": "PK\x03\x04", "name": "x.csv"},
    ):
        assert call("POST", "/imports", body).status == 422, body
    for path in ("/imports/none", "/imports/none/report"):
        assert call("GET", path).status == 404
    assert call("GET", "/imports").json["items"] == []


def test_a_program_that_may_no_longer_brings_nobody_in(site: Site) -> None:
    call = program(site)
    path, found = tried(site, call, rows=ROWS[:1])
    assert call("POST", f"{path}/carry-out", {}, found.version).status == 200
    Acrux(site.environ)("client", "set", "robot", "api_scopes=acrux:people:read")
    work_off(site)
    other = Program(site, own_token(site, robot(site, client_id="other")))
    ended = other("GET", path).json
    assert (ended["state"], ended["error"]) == ("failed", "the program that began it may no longer")
    assert names(other) == []


def test_a_program_changes_nobody_who_runs_the_installation_by_a_file(small_site: Site) -> None:
    small_site.person("hana", roles=frozenset({"owner"}))
    call = program(small_site)
    made = brought(call, rows=[{"username": "hana", "name": "Somebody Else"}])
    path = made.headers["Location"].removeprefix(API)
    call("POST", f"{path}/check", {"update": True}, made.version)
    work_off(small_site)
    [wrong] = call("GET", path).json["wrong"]
    assert wrong["code"] == "outranked"


def test_a_file_is_larger_than_a_form_and_only_where_one_is_taken(small_site: Site) -> None:
    call = program(small_site)
    rows = [{"username": f"p{n}", "email": f"p{n}@a.nz", "name": "x" * 80} for n in range(1500)]
    assert brought(call, rows=rows).json["state"] == "new"
    assert call("POST", "/people", {"username": "x" * 200_000}).status == 413
    most = small_site.installation.settings.server.max_upload
    assert call("POST", "/imports", {"content": "x" * most}).status == 413
    assert Program(small_site, None)("POST", "/imports", {"rows": rows}).status == 401
    assert {f"{API}{route.path}" for route in ROUTES if route.large} == set(UPLOADS)


def test_applications_come_in_as_by_the_command(small_site: Site) -> None:
    found = []
    for by_api in (False, True):
        small_site.begin_anew()
        call = program(small_site)
        if by_api:
            body = {"content": REALM, "product": "keycloak"}
            dry = call("POST", "/client-imports", {**body, "dry_run": True}).json["items"]
            assert [one["outcome"] for one in dry].count("added") == 2
            assert not small_site.events(kind="operator:client:added")[1:]
            done = call("POST", "/client-imports", body)
            assert done.status == 200, done.text
            told = {one["client_id"]: one["outcome"] for one in done.json["items"]}
        else:
            file = small_site.folder / "realm.json"
            file.write_text(json.dumps(REALM))
            words = ("client", "import", str(file), "--from", "keycloak", "--skip-bad")
            said = Acrux(small_site.environ).json(*words)["applications"]
            told = {one["client_id"]: one["outcome"] for one in said}
        listed = call("GET", "/clients").json["items"]
        kept = [{k: v for k, v in one.items() if k != "created_at"} for one in listed]
        found.append((told, kept))
    assert found[0] == found[1]


def test_too_many_applications_at_a_time_are_refused(small_site: Site) -> None:
    call = program(small_site)
    many = [
        {"client_id": f"c{n}", "name": "C", "redirect_uris": ["https://c/x"]} for n in range(101)
    ]
    for content in (many, []):
        assert call("POST", "/client-imports", {"content": content}).status == 422
    assert len(call("GET", "/clients").json["items"]) == 1


@pytest.mark.slow
@pytest.mark.parametrize("limit", [1, 2, 1000])
def test_what_a_program_reads_is_what_the_command_exports(site: Site, limit: int) -> None:
    acrux, call = Acrux(site.environ), program(site)
    for name in ("aroha", "mere", "tane"):
        site.person(name, groups=["north"])
    acrux("stage", "add", "--id", "one", "--audience", "*", "--level", "urn:acrux:acr:mfa", "--off")
    acrux("stage", "except", "mere", "one", "--until", "2099-01-01", "--reason", "on leave")
    items: list[dict[str, Any]] = []
    cursor: str | None = ""
    while True:
        page = call("GET", f"/export?limit={limit}&cursor={cursor}").json
        items += page["items"]
        cursor = page["next"]
        if cursor is None:
            break
    stream = [json.loads(line) for line in acrux("export", "-").splitlines() if line[:1] == "{"]
    assert len(items) == len(stream)
    assert {one["kind"] for one in items} == {
        "acrux-export",
        "client",
        "stage",
        "person",
        "exception",
    }
    for one in (items[0], stream[0]):
        one.pop("made")
    assert sorted(map(str, items)) == sorted(map(str, stream))
    assert len(site.events(kind="operator:data:exported")) == 2
    assert "$argon2" not in str(items)


def test_everything_is_read_by_whoever_may_export_alone(small_site: Site) -> None:
    call = program(small_site, "acrux:people:read", "acrux:clients:read", "acrux:rollout:read")
    assert call("GET", "/export").status == 403
    other = Program(small_site, own_token(small_site, robot(small_site, client_id="other")))
    assert other("GET", "/export?cursor=eA").status == 422
