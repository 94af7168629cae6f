"""Who is a directory, and on whom it acts."""

from pathlib import Path

import pytest

from idp.store import canaries
from idp.store.db.statements import Statement
from tests.protocol.api.programs import Program, own_token, robot
from tests.protocol.command import Acrux
from tests.protocol.scim.directory import GROUP, USER, Directory, registered
from tests.protocol.sign_ins import tokens
from tests.support.site import Site

OFF = {"op": "replace", "path": "active", "value": False}


def test_there_is_nothing_unless_it_is_enabled(small_site: Site) -> None:
    entra = registered(small_site)
    assert entra("GET", "/Users").status == 404


def test_without_a_token_nothing_is_told(small: Site) -> None:
    for token in (None, "nonsense", "x" * 9000):
        for path in ("/Users", "/ServiceProviderConfig", "/nothing"):
            reply = Directory(small, token)("GET", path)
            assert reply.status == 401
            assert reply.headers["Content-Type"] == "application/scim+json"
            assert reply.headers["WWW-Authenticate"].startswith('Bearer realm="acrux"')
            assert reply.json["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]


@pytest.mark.slow
def test_a_client_that_is_no_directory_is_refused_with_its_event(site: Site) -> None:
    other = Directory(site, own_token(site, robot(site)))
    reply = other("GET", "/Users")
    assert (reply.status, reply.json["status"]) == (403, "403")
    assert 'scope="acrux:scim"' in reply.headers["WWW-Authenticate"]
    [event] = site.events(kind="operator:action:refused")
    assert (event.client_id, event.outcome) == ("robot", "refused")
    assert "GET /scim/v2/Users" in str(event.reason)


def test_a_directory_opens_nothing_of_the_api_and_no_person_is_one(small: Site) -> None:
    entra = registered(small)
    reply = Program(small, entra.token)("GET", "/people")
    assert (reply.status, reply.code) == (401, "invalid-token")
    app = small.application("web", api_scopes=["acrux:scim"])
    small.person("tane", roles=frozenset({"owner"}))
    found = tokens(small, app, scope="openid acrux:scim")
    assert "acrux:scim" not in found.get("scope", "")
    assert Directory(small, found["access_token"])("GET", "/Users").status == 403


def test_a_scope_that_was_taken_away_and_a_client_that_rests_open_nothing(small: Site) -> None:
    entra, acrux = registered(small), Acrux(small.environ)
    assert entra("GET", "/Users").status == 200
    acrux("client", "set", "entra", "api_scopes=")
    assert entra("GET", "/Users").status == 403
    acrux("client", "set", "entra", "api_scopes=acrux:scim", "switched_off=yes")
    assert entra("GET", "/Users").status == 401


@pytest.mark.parametrize("role", ["owner", "admin"])
def test_whoever_runs_acrux_is_left_alone(site: Site, role: str) -> None:
    entra = registered(site)
    sub = site.person("hana", roles=frozenset({role}))
    site.person("spare", roles=frozenset({"owner"}))
    path, group = f"/Users/{sub}", entra.add_group("north")
    person = entra("GET", path).json
    member = {"op": "add", "path": "members", "value": [{"value": sub}]}
    put = {"schemas": [GROUP], "displayName": "north", "members": [{"value": sub}]}
    for reply in (
        entra.patch(path, OFF),
        entra.patch(path, {"op": "replace", "path": "userName", "value": "tane"}),
        entra("PUT", path, {**person, "emails": [{"value": "evil@example.org"}]}),
        entra("DELETE", path),
        entra.patch(f"/Groups/{group}", member),
        entra("PUT", f"/Groups/{group}", put),
        entra("POST", "/Groups", {**put, "displayName": "south"}),
    ):
        assert reply.status == 403, reply.text
    assert entra("GET", path).json == person
    assert entra.members(group) == set()
    assert entra("GET", "/Groups").json["totalResults"] == 1
    refused = site.events(kind="operator:action:refused")
    assert {event.client_id for event in refused} == {"entra"}
    assert site.events(kind="operator:person:disabled") == []


@pytest.mark.parametrize("role", ["support", "auditor"])
def test_no_directory_says_where_somebody_with_a_role_of_acrux_is_reached(
    tmp_path: Path, role: str
) -> None:
    """A link to choose a password goes there; whoever else helps people has that role then."""
    site = Site(tmp_path, "", scim__enabled=True, scim__verified=True, scim__phone_numbers=True)
    entra = registered(site)
    sub = site.person("hana", roles=frozenset({role}), phone=None)
    path = f"/Users/{sub}"
    for change in (
        {"op": "replace", "path": 'emails[type eq "work"].value', "value": "evil@example.org"},
        {
            "op": "add",
            "path": "phoneNumbers",
            "value": [{"value": "+64211234567", "type": "mobile"}],
        },
    ):
        assert entra.patch(path, change).status == 403
    assert entra("GET", path).json["emails"][0]["value"] == "hana@example.org"
    nick = {"op": "add", "path": "nickName", "value": "Hana"}
    assert entra.patch(path, nick).status == 204, "all else goes on"
    assert entra.patch(path, OFF).status == 204
    site.close()


def test_nobody_is_given_a_role_of_acrux_itself(small: Site) -> None:
    entra = registered(small)
    sub = entra.add("mere@example.org", roles=[{"value": "payroll:clerk"}])
    for role in ("owner", "admin", "support", "auditor"):
        operation = {"op": "add", "path": "roles", "value": [{"value": role}]}
        assert entra.patch(f"/Users/{sub}", operation).status == 400
    assert entra("GET", f"/Users/{sub}").json["roles"] == [{"value": "payroll:clerk"}]


def test_the_canary_is_nobody(small: Site) -> None:
    entra = registered(small)
    with small.work() as work:
        canaries.add_person(work, "one", "user", '["north"]')
    assert entra("GET", "/Users").json["totalResults"] == 0
    for method in ("GET", "DELETE"):
        assert entra(method, "/Users/canary:one").status == 404
    assert entra.patch("/Users/canary:one", OFF).status == 404
    group = entra.add_group("south")
    member = {"op": "add", "path": "members", "value": [{"value": "canary:one"}]}
    assert entra.patch(f"/Groups/{group}", member).status == 400
    with small.work() as work:
        canaries.remove(work)


def test_it_asks_as_often_as_a_program_may(small: Site) -> None:
    site = Site(
        small.folder, small.environ["ACRUX_DATABASE__URL"], scim__enabled=True, api__per_minute=1
    )
    entra = registered(site)
    assert entra("GET", "/Users").headers["RateLimit"].startswith('"client";r=0;t=')
    held = entra("GET", "/Users")
    assert (held.status, held.json["status"]) == (429, "429")
    assert 0 < int(held.headers["Retry-After"]) <= 60
    assert held.headers["Content-Type"] == "application/scim+json"
    site.close()


def test_a_token_that_was_stored_from_outside_opens_nothing(small: Site) -> None:
    entra = registered(small)
    with small.work() as work:
        work.run(Statement("UPDATE client_token SET expires_at = expires_at + 86400"))
    small.spoiled = True
    assert entra("GET", "/Users").status == 401
    assert entra("POST", "/Users", {"schemas": [USER], "userName": "a"}).status == 401
