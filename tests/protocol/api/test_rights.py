"""Roles and scopes × routes × methods: whatever the table does not allow is 403, with its event."""

import pytest

from idp.api.late import METHODS
from idp.api.v1.routes import Route
from idp.api.v1.table import ROUTES
from idp.policy.roles import PROGRAM, SCOPES, TABLE, Role, scopes_for
from tests.protocol.api.programs import Program, administrator, own_token, robot
from tests.support.site import Site

REFUSED = "operator:action:refused"
NOBODY = "nobody"
URI = "https://a.nz/callback"
KEYS = "acrux:keys:write"
ANY = {"If-Match": "*"}


def address(route: Route) -> str:
    """Return an address of a route at which there is nothing."""
    path = route.path
    for part in route.parts:
        path = path.replace(f"{{{part}}}", "none")
    return path


def ask(caller: Program, route: Route) -> int:
    """Send what is of no use to anyone, and return the status."""
    return caller(route.method, address(route), headers={"If-Match": '"none"'}).status


def refusals(site: Site) -> int:
    """Return how many requests were refused: those that are alike are one event."""
    return sum(event.times for event in site.events(kind=REFUSED))


@pytest.fixture(scope="module")
def callers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Program]:
    folder = tmp_path_factory.mktemp("site")
    # No route is to be held back for how many there are.
    site = Site(folder, f"sqlite:///{folder / 'acrux.db'}", api__per_minute=100_000)
    app = robot(site)
    found = {
        role.value: administrator(site, app, role.value, name=f"a-{role.value}") for role in Role
    }
    found[NOBODY] = administrator(site, app, "grafana:owner", name="a-nobody")
    return found | {scope: Program(site, own_token(site, app, scope)) for scope in SCOPES}


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_each_route_is_for_those_whom_the_table_names(
    callers: dict[str, Program], route: Route
) -> None:
    allowed = {role.value for role in TABLE[route.action]}
    if TABLE[route.action] & {Role(name) for name in PROGRAM}:
        allowed |= set(scopes_for(route.action))
    before = refusals(callers[NOBODY].site)
    for name, caller in callers.items():
        status = ask(caller, route)
        assert (status != 403) == (name in allowed), (name, status)
        after = refusals(caller.site)
        assert after - before == (name not in allowed), name
        before = after


@pytest.mark.parametrize("path", sorted({address(route) for route in ROUTES}))
def test_a_method_that_is_not_there_is_told_with_those_that_are(
    callers: dict[str, Program], path: str
) -> None:
    there = {route.method for route in ROUTES if address(route) == path}
    there |= {"HEAD"} if "GET" in there else set()
    for method in set(METHODS) - there:
        reply = callers[Role.OWNER.value](method, path)
        assert reply.status == 405, method
        assert set(reply.headers["Allow"].split(", ")) == there


def test_a_scope_takes_away_from_what_a_person_may_do(small_site: Site) -> None:
    app = robot(small_site)
    hana = administrator(small_site, app, "owner", scope="acrux:people:read")
    assert hana("GET", "/people").status == 200
    reply = hana("GET", "/clients")
    assert (reply.status, reply.code) == (403, "insufficient-scope")
    assert 'scope="acrux:clients:read"' in reply.headers["WWW-Authenticate"]


def test_what_is_done_says_who_did_it_and_by_which_program(small_site: Site) -> None:
    app = robot(small_site)
    hana = administrator(small_site, app, "admin")
    made = hana("POST", "/people", {"username": "tane", "email": "tane@example.org"})
    assert made.status == 201, made.text
    [event] = small_site.events(kind="operator:person:added")
    assert event.person_id == made.json["sub"]
    sub = next(e.person_id for e in small_site.events(kind="person:sign-in:finished"))
    assert f'"by": "{sub}"' in (event.data or "")
    assert '"program": "robot"' in (event.data or "")


def test_a_program_makes_itself_no_more_than_its_scopes(small_site: Site) -> None:
    """Neither by another application, nor by somebody who may do more."""
    owner = small_site.person("kahu", roles=frozenset({"admin"}))
    helper = small_site.person("rua", roles=frozenset({"support"}))
    tane = small_site.person("tane")
    robot(small_site, client_id="other")
    caller = Program(small_site, own_token(small_site, robot(small_site)))
    for method, path, body in (
        ("DELETE", f"/people/{owner}", None),
        ("POST", f"/people/{owner}/disable", None),
        ("PUT", f"/people/{owner}/email", {"email": "mine@example.org", "verified": True}),
        ("POST", f"/people/{owner}/reset-factor", {"method": "password"}),
        ("PUT", f"/people/{helper}/email", {"email": "mine@example.org", "verified": True}),
        ("PUT", f"/people/{helper}/phone", {"phone": "+64279876543", "verified": True}),
        ("POST", f"/people/{helper}/reset-factor", {"method": "password"}),
        ("POST", "/people", {"username": "x", "email": "x@a.nz", "roles": ["auditor"]}),
        ("PATCH", f"/people/{tane}", {"roles": ["support"]}),
        ("POST", "/clients", {"name": "X", "redirect_uris": [URI], "api_scopes": [KEYS]}),
        ("PATCH", "/clients/robot", {"api_scopes": [KEYS]}),
        ("PATCH", "/clients/other", {"name": "Mine"}),
        ("POST", "/clients/other/rotate-secret", {}),
    ):
        reply = caller(method, path, body, {"If-Match": "*"})
        assert reply.status == 403, reply.text
        assert reply.code in ("outranked", "reserved")
    assert refusals(small_site) == 13
    assert caller("PATCH", f"/people/{tane}", {"roles": ["payroll:clerk"]}, ANY).status == 200
