"""As what a path may be read, and what a page needs because of it."""

import pytest

from idp.forward.decision import needed
from idp.forward.readings import readings
from idp.oidc.clients.guarded import Needs, read

PATHS = read(
    {
        "/": {"acr": "one"},
        "/public": {"public": True},
        "/public/team": {"groups": ["it"]},
        "/Admin": {"acr": "two", "max_age": 300},
        "/Admin/people": {"user_types": ["staff"]},
    }
)
OPEN = Needs(public=True)
ONE = Needs(acr="one")
TEAM = Needs(acr="one", groups=("it",))
ADMIN = Needs(acr="two", max_age=300)
PEOPLE = Needs(acr="two", max_age=300, user_types=("staff",))


@pytest.mark.parametrize(
    ("path", "needs"),
    [
        ("/", {ONE}),
        ("/page", {ONE}),
        ("/public", {OPEN}),
        ("/public/a/b.css", {OPEN}),
        ("/publicity", {ONE}),
        ("/public/team/x", {TEAM}),
        ("/Admin", {ADMIN}),
        ("/Admin/people/", {PEOPLE}),
    ],
)
def test_a_path_needs_what_is_said_of_it_and_of_all_above(path: str, needs: set[Needs]) -> None:
    assert set(needed(PATHS, path)) == needs


@pytest.mark.parametrize(
    "path",
    [
        "/admin",
        "/ADMIN/x",
        "//Admin",
        "/public/../Admin",
        "/public/%2e%2e/Admin",
        "/public/..%2fAdmin",
        "/public/%252e%252e/Admin",
        "/public/..;/Admin",
        "/public/..;x=1/Admin",
        "/public\\..\\Admin",
        "/public/%5c..%5c../Admin",
        "/Admin;x=1",
        "/%41dmin",
        "/%2541dmin",
        "/./Admin",
        "/Admin./people",
        "/public/../Admin%20",
        "/PUBLIC/../Admin",
    ],
)
def test_however_a_protected_path_is_spelled_its_needs_count(path: str) -> None:
    assert ADMIN in needed(PATHS, path) or PEOPLE in needed(PATHS, path)


@pytest.mark.parametrize("path", ["/PUBLIC", "/public/../page", "/x/../public/../page"])
def test_what_is_public_is_so_as_it_is_spelled_alone(path: str) -> None:
    assert ONE in needed(PATHS, path)


@pytest.mark.parametrize(
    "path", ["", "page", "http://x/", "/a%00b", "/a%0d%0ab", "/\x7f", "/%25252525252541dmin"]
)
def test_what_can_be_no_path_needs_what_nobody_has(path: str) -> None:
    assert readings(path) == frozenset()
    assert needed(PATHS, path) == ()
