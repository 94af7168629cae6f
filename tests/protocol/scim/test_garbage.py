"""Whatever is sent, the answer is SCIM's, and never a fault of ours."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.protocol.api.programs import own_token, robot
from tests.protocol.scim.directory import GROUP, PATCH, SCIM, USER, Directory, registered
from tests.support.site import Site

pytestmark = pytest.mark.slow

PATHS = ("/Users", "/Groups", "/Users/{sub}", "/Groups/{group}", "/Users/.search", "/Bulk", "/Me")
WORDS = st.sampled_from(
    [
        *("userName", "emails", "members", "active", "name", "schemas", "Operations", "op"),
        *("path", "value", "externalId", "id", "meta", "roles", "filter", "count", USER, PATCH),
        *(
            'emails[type eq "work"].value',
            "members[value eq",
            "name.givenName",
            "$ref",
            "__class__",
        ),
    ]
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=8)
    | st.sampled_from(["add", "Replace", "remove", "mere@example.org", USER, GROUP, PATCH]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=12,
)


def test_no_body_is_a_fault(small: Site) -> None:
    entra = registered(small)
    known = {"sub": entra.add("mere@example.org"), "group": entra.add_group("north")}
    schemas = st.sampled_from([[USER], [GROUP], [PATCH], [], None])

    @given(
        method=st.sampled_from(["POST", "PUT", "PATCH"]),
        path=st.sampled_from(PATHS),
        schema=schemas,
        body=st.dictionaries(WORDS, VALUES, max_size=5),
        operations=st.lists(st.dictionaries(WORDS, VALUES, max_size=4), max_size=2),
    )
    @settings(
        max_examples=250,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    def send(method: str, path: str, schema: Any, body: Any, operations: Any) -> None:
        if operations:
            body = {**body, "Operations": operations}
        reply = entra(method, path.format(**known), {**body, "schemas": schema})
        assert reply.status < 500 or reply.status == 501, (method, path, body, reply.text)
        if reply.text:
            assert reply.json["schemas"], reply.text

    send()


@pytest.mark.parametrize(
    ("data", "kind", "status"),
    [
        ("", SCIM, 400),
        ("{", SCIM, 400),
        ("[]", SCIM, 400),
        ("null", SCIM, 400),
        ("[" * 5000, SCIM, 400),
        ('{"userName": "a\\u0000"}', SCIM, 400),
        ('{"userName": "\\ud800@example.org"}', SCIM, 400),
        ("userName=a", "application/x-www-form-urlencoded", 415),
        (b"\xff", SCIM, 400),
        ("x" * 2_000_000, SCIM, 413),
    ],
)
def test_a_body_that_cannot_be_read(small: Site, data: Any, kind: str, status: int) -> None:
    entra = registered(small)
    for method, path in (("POST", "/Users"), ("PATCH", f"/Users/{entra.add('mere@a.nz')}")):
        reply = entra(method, path, data=data, headers={"Content-Type": kind})
        assert reply.status == status, reply.text[:200]
        assert json.loads(reply.text)["status"] == str(status)


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/Users/none",
        "/Users/a%00b",
        "/Groups/none",
        "/Users/a/b",
        "/Schemas/none",
        "/Users/%ff",
        "/Groups/..%2f..",
    ],
)
def test_what_is_not_there(small: Site, path: str) -> None:
    entra = registered(small)
    for method in ("GET", "DELETE"):
        reply = entra(method, path)
        assert reply.status in (400, 404, 405), reply.text
        assert reply.headers["Content-Type"] == SCIM


@pytest.mark.parametrize(
    "query",
    [
        "filter=%00",
        "filter=" + "(" * 2000,
        "filter=" + "not (" * 500,
        'filter=userName eq "%27; DROP TABLE person; --"',
        'filter=userName eq "%ff"',
        'filter=externalId eq "%5Cud800"',
        "startIndex=-5&count=-1",
        "startIndex=999999999999999999999",
        "count=x",
        "attributes=" + "a." * 500,
        "attributes=userName&excludedAttributes=userName",
        'filter=id eq "a"&filter=id eq "b"',
        "cursor=x",
    ],
)
def test_a_question_that_cannot_be(site: Site, query: str) -> None:
    entra = registered(site)
    for path in ("/Users", "/Groups", "/"):
        reply = entra("GET", f"{path}?{query}")
        assert reply.status < 500 or reply.status == 501, (query, reply.text)
        assert reply.headers["Content-Type"] == SCIM


def test_what_is_too_long_to_be_kept_is_refused(site: Site) -> None:
    entra = registered(site)
    sub, group = entra.add("mere@example.org"), entra.add_group("north")
    long = {"op": "add", "path": "externalId", "value": "7" * 256}
    blanks = {"schemas": [USER], "userName": f"{' ' * 300}tane", "emails": [{"value": "t@a.nz"}]}
    for reply in (
        entra("POST", "/Users", {"schemas": [USER], "userName": "a@a.nz", "externalId": "7" * 256}),
        entra("POST", "/Users", blanks),
        entra("POST", "/Groups", {"schemas": [GROUP], "displayName": "s", "externalId": "7" * 256}),
        entra.patch(f"/Users/{sub}", long),
        entra.patch(f"/Groups/{group}", long),
    ):
        assert (reply.status, reply.json["scimType"]) == (400, "invalidValue"), reply.text
    assert entra("GET", "/").json["totalResults"] == 2


def test_no_path_is_a_fault_to_a_client_that_is_no_directory(site: Site) -> None:
    other = Directory(site, own_token(site, robot(site)))
    for path in ("/Users/a%00b", "/Users/%ff", "/%ed%a0%80"):
        assert other("GET", path).status == 403
    assert len(site.events(kind="operator:action:refused")) == 3


def test_a_change_has_so_many_operations_and_who_is_in_a_group_more(small: Site) -> None:
    """Each address that is added is looked for among all before it: 500 took 14 seconds."""
    entra = registered(small)
    sub, group = entra.add("mere@example.org"), entra.add_group("north")
    addresses = [
        {"op": "add", "path": f'emails[type eq "{one}"].value', "value": f"a{one}@example.org"}
        for one in range(101)
    ]
    assert entra.patch(f"/Users/{sub}", *addresses).status == 413
    assert entra.patch(f"/Users/{sub}", *addresses[:100]).status == 204
    gone = [{"op": "remove", "path": f'members[value eq "{one}"]'} for one in range(300)]
    assert entra.patch(f"/Groups/{group}", *gone).status == 204
    renamed = {"op": "replace", "path": "displayName", "value": "south"}
    assert entra.patch(f"/Groups/{group}", renamed, *gone).status == 413
