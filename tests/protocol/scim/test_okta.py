"""Okta, as its documentation says that it sends requests.

"SCIM 2.0 protocol reference" and "Build a SCIM API service" of its developers' site.
"""

from typing import Any

import pytest

from tests.protocol.scim.directory import GROUP, USER, registered
from tests.support.site import Site

MERE: dict[str, Any] = {
    "schemas": [USER],
    "userName": "mere@example.org",
    "name": {"givenName": "Mere", "familyName": "Kereama"},
    "emails": [{"primary": True, "value": "mere@example.org", "type": "work"}],
    "displayName": "Mere Kereama",
    "locale": "en-US",
    "externalId": "00ujl29u0le5T6Aj10h7",
    "groups": [],
    "password": "1mz050nq",
    "active": True,
}


def test_someone_is_looked_for_added_and_put_whole(site: Site) -> None:
    okta = registered(site, "okta")
    asked = '/Users?filter=userName eq "mere@example.org"&startIndex=1&count=100'
    none = okta("GET", asked).json
    assert (none["totalResults"], none["startIndex"], none["itemsPerPage"]) == (0, 1, 0)
    made = okta("POST", "/Users", MERE)
    assert made.status == 201, made.text
    assert "password" not in made.json
    path = f"/Users/{made.json['id']}"
    assert okta("GET", asked).json["totalResults"] == 1
    put = {**made.json, "name": {"givenName": "Mere", "familyName": "Walker"}}
    put = {**put, "displayName": "Mere Walker", "active": True}
    reply = okta("PUT", path, put)
    assert (reply.status, reply.json["name"]["familyName"]) == (200, "Walker")
    del put["externalId"], put["displayName"]
    assert "displayName" not in okta("PUT", path, put).json


def test_deactivation_is_one_replacement(site: Site) -> None:
    okta = registered(site, "okta")
    made = okta("POST", "/Users", MERE).json
    path = f"/Users/{made['id']}"
    assert okta.patch(path, {"op": "replace", "value": {"active": False}}).status == 204
    assert okta("GET", path).json["active"] is False
    put = okta("PUT", path, {**made, "active": True})
    assert (put.status, put.json["active"]) == (200, True)


@pytest.mark.slow
def test_members_of_a_group_are_named_by_filters(site: Site) -> None:
    okta = registered(site, "okta")
    aroha, mere, tane = (okta.add(f"{name}@example.org") for name in ("aroha", "mere", "tane"))
    made = okta("POST", "/Groups", {"schemas": [GROUP], "displayName": "Nurses", "members": []})
    path = f"/Groups/{made.json['id']}"
    come = [{"value": one, "display": one} for one in (aroha, mere)]
    assert okta.patch(path, {"op": "add", "path": "members", "value": come}).status == 204
    gone = {"op": "remove", "path": f'members[value eq "{aroha}"]'}
    come = [{"value": tane, "display": "tane@example.org"}]
    assert okta.patch(path, gone, {"op": "add", "path": "members", "value": come}).status == 204
    assert okta.members(made.json["id"]) == {mere, tane}
    name = {"id": made.json["id"], "displayName": "All nurses"}
    assert okta.patch(path, {"op": "replace", "value": name}).status == 204
    whole = [{"value": aroha, "display": "aroha"}]
    assert okta.patch(path, {"op": "replace", "path": "members", "value": whole}).status == 204
    found = okta("GET", path).json
    assert found["displayName"] == "All nurses"
    assert okta.members(made.json["id"]) == {aroha}
    put = {"schemas": [GROUP], "displayName": "Nurses", "members": []}
    assert okta("PUT", path, put).status == 200
    assert okta.members(made.json["id"]) == set()
    assert okta("GET", "/Groups?startIndex=1&count=100").json["totalResults"] == 1
