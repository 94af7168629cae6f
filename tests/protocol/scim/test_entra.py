"""Microsoft Entra ID, as its documentation says that it sends requests.

"Tutorial: Develop and plan provisioning for a SCIM endpoint in Microsoft Entra ID".
"""

from typing import Any

import pytest

from tests.protocol.scim.directory import ENTERPRISE, PATCH, USER, registered
from tests.support.site import Site

MERE: dict[str, Any] = {
    "schemas": [USER, ENTERPRISE],
    "externalId": "0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef",
    "userName": "Mere@Example.org",
    "active": True,
    "addresses": [{"primary": False, "type": "work", "country": "NZ", "postalCode": "6011"}],
    "displayName": "Mere Kereama",
    "emails": [
        {"primary": False, "type": "other", "value": "mere@home.example.org"},
        {"primary": True, "type": "work", "value": "mere@example.org"},
    ],
    "meta": {"resourceType": "User"},
    "name": {"formatted": "Mere Kereama", "familyName": "Kereama", "givenName": "Mere"},
    "phoneNumbers": [{"primary": True, "type": "work", "value": "+64 4 123 4567"}],
    "preferredLanguage": "en-NZ",
    "title": "Nurse",
    "roles": [],
    ENTERPRISE: {"department": "Ward 3", "manager": {"value": "x"}},
}


@pytest.mark.slow
def test_a_connection_is_tried_with_a_user_who_is_not_there(site: Site) -> None:
    entra = registered(site)
    reply = entra("GET", '/Users?filter=userName eq "6c3d6b2e-99a1-4c6b-8f5e-not-there"')
    assert reply.status == 200
    assert reply.json["totalResults"] == 0
    assert reply.json.get("Resources", []) == []
    assert reply.json["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:ListResponse"]


@pytest.mark.slow
def test_someone_is_added_found_and_changed(site: Site) -> None:
    entra = registered(site)
    made = entra("POST", "/Users", MERE)
    assert made.status == 201, made.text
    sub = made.json["id"]
    assert made.headers["Location"] == f"{site.issuer}/scim/v2/Users/{sub}"
    assert made.headers["Content-Type"] == "application/scim+json"
    assert made.json["userName"] == "Mere@Example.org"
    assert made.json["emails"] == [{"value": "mere@example.org", "type": "work", "primary": True}]
    for asked in (
        'userName eq "mere@EXAMPLE.org"',
        f'externalId eq "{MERE["externalId"]}"',
        f'id eq "{sub}" and active eq true',
        'emails[type eq "work" and value eq "mere@example.org"]',
        'displayName eq "mere kereama" and meta.lastModified gt "2020-01-01T00:00:00Z"',
    ):
        found = entra("GET", f"/Users?filter={asked}").json
        assert [one["id"] for one in found.get("Resources", [])] == [sub], asked
    reply = entra.patch(
        f"/Users/{sub}",
        {"op": "Replace", "path": "displayName", "value": "Mere Walker"},
        {"op": "Replace", "path": "name.familyName", "value": "Walker"},
        {"op": "Replace", "path": "name.formatted", "value": "Mere Walker"},
        {"op": "Replace", "path": 'emails[type eq "work"].value', "value": "walker@example.org"},
        {"op": "Add", "path": 'phoneNumbers[type eq "mobile"].value', "value": "+64211234567"},
        {"op": "Add", "path": f"{ENTERPRISE}:department", "value": "Ward 4"},
        {"op": "Remove", "path": "title"},
    )
    assert reply.status == 204, reply.text
    [person] = entra("GET", "/Users").json["Resources"]
    assert person["displayName"] == "Mere Walker"
    assert person["name"] == {"givenName": "Mere", "familyName": "Walker"}
    assert person["emails"][0]["value"] == "walker@example.org"
    assert "phoneNumbers" not in person


def test_a_change_without_a_path_has_dotted_names(site: Site) -> None:
    entra = registered(site)
    sub = entra.add("mere@example.org", displayName="Mere")
    value = {
        "displayName": "Mere Walker",
        "name.givenName": "Mere",
        "name.familyName": "Walker",
        'emails[type eq "work"].value': "walker@example.org",
        "active": "True",
        f"{ENTERPRISE}:department": "Ward 4",
    }
    reply = entra.patch(f"/Users/{sub}", {"op": "replace", "value": value})
    assert reply.status == 204, reply.text
    person = entra("GET", f"/Users/{sub}").json
    assert person["name"] == {"givenName": "Mere", "familyName": "Walker"}
    assert (person["displayName"], person["active"]) == ("Mere Walker", True)
    assert person["emails"][0]["value"] == "walker@example.org"


def test_active_comes_as_a_word(site: Site) -> None:
    entra = registered(site)
    sub = entra.add("mere@example.org")
    for word, active in (("False", False), ("True", True), (False, False)):
        operation = {"op": "Replace", "path": "active", "value": word}
        assert entra.patch(f"/Users/{sub}", operation).status == 204
        assert entra("GET", f"/Users/{sub}").json["active"] is active


def test_members_of_a_group_come_and_go_by_lists(site: Site) -> None:
    entra = registered(site)
    subs = [entra.add(f"{name}@example.org") for name in ("aroha", "mere", "tane")]
    made = entra(
        "POST",
        "/Groups",
        {
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
            "externalId": "8aa1a0c0-c4c3-4bc0-b4a5-2ef676900159",
            "displayName": "Ward 3",
            "meta": {"resourceType": "Group"},
        },
    )
    group = made.json["id"]
    known = entra("GET", '/Groups?excludedAttributes=members&filter=displayName eq "ward 3"').json
    assert [one["id"] for one in known["Resources"]] == [group]
    come = [{"$ref": None, "value": sub} for sub in subs]
    operation = {"op": "Add", "path": "members", "value": come}
    assert entra.patch(f"/Groups/{group}", operation).status == 204
    assert entra.members(group) == set(subs)
    asked = f'id eq "{group}" and members eq "{subs[0]}"'
    assert entra("GET", f"/Groups?filter={asked}").json["totalResults"] == 1
    gone = {"op": "Remove", "path": "members", "value": [{"$ref": None, "value": subs[0]}]}
    assert entra.patch(f"/Groups/{group}", gone).status == 204
    assert entra.members(group) == set(subs[1:])
    assert entra("GET", f"/Groups?filter={asked}").json["totalResults"] == 0
    named = entra("GET", f"/Users/{subs[1]}").json["groups"]
    assert [(one["value"], one["display"]) for one in named] == [(group, "Ward 3")]
    renamed = {"op": "Replace", "path": "displayName", "value": "Ward 4"}
    assert entra.patch(f"/Groups/{group}", renamed).status == 204
    assert entra.members(group) == set(subs[1:])
    assert entra("DELETE", f"/Groups/{group}").status == 204
    assert "groups" not in entra("GET", f"/Users/{subs[1]}").json


def test_who_was_here_before_is_met_by_the_address(site: Site) -> None:
    sub = site.person("tane")
    entra = registered(site)
    found = entra("GET", '/Users?filter=userName eq "tane@example.org"').json
    assert [one["id"] for one in found["Resources"]] == [sub]
    told = {"op": "Replace", "path": "userName", "value": "Tane@example.org"}
    body = {"schemas": [PATCH], "Operations": [told, {**told, "path": "externalId", "value": "7"}]}
    assert entra("PATCH", f"/Users/{sub}", body).status == 204
    person = entra("GET", f"/Users/{sub}").json
    assert (person["userName"], person["externalId"]) == ("Tane@example.org", "7")
    [event] = site.events(kind="operator:person:changed")
    assert event.reason == "set: username"
    assert site.browser().open("/account/").status == 200
