"""People by SCIM: added once, changed as a whole or not at all, each value what it may be."""

import threading
from typing import Any

import pytest

from idp.errors import ConfigurationError
from idp.metrics.routes import Routes
from idp.settings import reading
from idp.store import people
from tests.protocol.api.programs import Reply
from tests.protocol.scim.directory import GROUP, USER, registered
from tests.support.letters import mailed_link
from tests.support.site import Site

NEW = "harbour lantern sixpence moss"


def test_a_name_or_address_that_is_somebodys_is_a_conflict_each_time(site: Site) -> None:
    entra = registered(site)
    site.person("tane")
    for username, email in (
        ("tane", "new@example.org"),
        ("TANE@example.org", None),
        ("new", "tane@example.org"),
    ):
        body: dict[str, Any] = {"schemas": [USER], "userName": username}
        body |= {"emails": [{"value": email}]} if email else {}
        for _ in range(2):
            reply = entra("POST", "/Users", body)
            assert (reply.status, reply.json["scimType"]) == (409, "uniqueness"), reply.text
            assert reply.json["status"] == "409"
            assert reply.headers["Content-Type"] == "application/scim+json"
    assert len(site.events(kind="operator:person:added")) == 0


def test_of_many_who_add_one_person_at_once_one_does(site: Site) -> None:
    entra, found = registered(site), list[Reply]()
    body = {"schemas": [USER], "userName": "mere@example.org"}
    threads = [
        threading.Thread(target=lambda: found.append(entra("POST", "/Users", body)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(reply.status for reply in found) == [201, 409, 409, 409]


def test_somebody_elses_name_and_address_are_not_taken_over(site: Site) -> None:
    entra = registered(site)
    site.person("tane")
    sub = entra.add("mere@example.org")
    for path, value in (
        ("userName", "tane"),
        ("userName", "tane@example.org"),
        ('emails[type eq "work"].value', "tane@example.org"),
    ):
        reply = entra.patch(f"/Users/{sub}", {"op": "replace", "path": path, "value": value})
        assert (reply.status, reply.json["scimType"]) == (409, "uniqueness"), path
    person = entra("GET", f"/Users/{sub}").json
    assert (person["userName"], person["emails"][0]["value"]) == ("mere@example.org",) * 2


def test_a_change_that_cannot_be_changes_nothing(site: Site) -> None:
    entra = registered(site)
    sub = entra.add("mere@example.org", displayName="Mere")
    before = entra("GET", f"/Users/{sub}").json
    reply = entra.patch(
        f"/Users/{sub}",
        {"op": "replace", "path": "displayName", "value": "Other"},
        {"op": "replace", "path": "userName", "value": "other@example.org"},
        {"op": "replace", "path": "timezone", "value": "Mars/Olympus"},
    )
    assert (reply.status, reply.json["scimType"]) == (400, "invalidValue")
    assert entra("GET", f"/Users/{sub}").json == before
    assert site.events(kind="operator:person:changed") == []


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("userName", "a b"),
        ("userName", "../x"),
        ("userName", "x" * 129),
        ("userName", "admin\u200b@example.org"),
        ("displayName", "x" * 201),
        ("preferredLanguage", "no language"),
        ("roles", [{"value": "owner"}]),
        ("roles", [{"value": "payroll:all"}]),
        ("userType", "a b"),
        ("emails", [{"value": "none"}]),
    ],
)
def test_a_value_that_cannot_be_is_named(small: Site, member: str, value: Any) -> None:
    entra = registered(small)
    body = {"schemas": [USER], "userName": "mere@example.org", member: value}
    reply = entra("POST", "/Users", body)
    assert (reply.status, reply.json["scimType"]) == (400, "invalidValue"), reply.text
    assert small.events(kind="operator:person:added") == []


def test_a_version_is_obeyed_where_it_is_named(site: Site) -> None:
    entra = registered(site)
    sub = entra.add("mere@example.org", displayName="Mere")
    path = f"/Users/{sub}"
    read = entra("GET", path)
    assert read.headers["ETag"] == read.json["meta"]["version"]
    same = {"If-None-Match": read.headers["ETag"]}
    assert entra("GET", path, headers=same).status == 304
    body = {**read.json, "displayName": "Mere Walker"}
    assert entra("PUT", path, body, read.version).status == 200
    for method, sent in (("PUT", body), ("DELETE", None)):
        assert entra(method, path, sent, read.version).status == 412
    operation = {"op": "replace", "path": "displayName", "value": "Late"}
    assert entra.patch(path, operation, **read.version).status == 412
    assert entra("GET", path, headers=same).json["displayName"] == "Mere Walker"
    assert entra("DELETE", path, headers=entra("GET", path).version).status == 204


def test_lists_are_read_in_parts_without_what_nobody_asked_for(site: Site) -> None:
    entra = registered(site)
    subs = {entra.add(f"p{number}@example.org") for number in range(5)}
    found, start = set[str](), 1
    while len(found) < 5:
        page = entra("GET", f"/Users?startIndex={start}&count=2&attributes=userName").json
        assert page["totalResults"] == 5
        assert all(one.keys() == {"schemas", "id", "userName"} for one in page["Resources"])
        found |= {one["id"] for one in page["Resources"]}
        start += page["itemsPerPage"]
    assert found == subs
    assert entra("GET", "/Users?count=0").json["totalResults"] == 5
    rest = entra("GET", "/Users?excludedAttributes=emails,meta").json["Resources"][0]
    assert {"emails", "meta"}.isdisjoint(rest)
    every = entra("GET", "/?count=3&startIndex=4").json
    entra.add_group("north")
    more = entra("GET", "/?count=3&startIndex=4").json
    assert (every["totalResults"], more["totalResults"]) == (5, 6)
    assert [one["schemas"] for one in more["Resources"]] == [[USER], [USER], [GROUP]]
    search = {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],
        "filter": 'userName eq "p3@example.org"',
    }
    assert entra("POST", "/Users/.search", search).json["totalResults"] == 1
    assert entra("POST", "/.search", search).json["totalResults"] == 1


def test_what_one_directory_calls_people_no_other_is_told(site: Site) -> None:
    entra, okta = registered(site), registered(site, "okta")
    sub = entra.add("mere@example.org", externalId="entra-7")
    assert "externalId" not in okta("GET", f"/Users/{sub}").json
    assert okta("GET", '/Users?filter=externalId eq "entra-7"').json["totalResults"] == 0
    told = {"op": "add", "path": "externalId", "value": "okta-9"}
    assert okta.patch(f"/Users/{sub}", told).status == 204
    assert entra("GET", f"/Users/{sub}").json["externalId"] == "entra-7"
    assert okta("GET", f"/Users/{sub}").json["externalId"] == "okta-9"


def test_a_filter_that_is_not_answered_is_told_so(small: Site) -> None:
    entra = registered(small)
    for asked in (
        'userName co "a"',
        'userName eq "a" or userName eq "b"',
        'not (userName eq "a")',
        "title pr",
        "userName eq",
        'meta.lastModified gt "soon"',
        " and ".join(['userName eq "a"'] * 11),
    ):
        reply = entra("GET", f"/Users?filter={asked}")
        assert (reply.status, reply.json["scimType"]) == (400, "invalidFilter"), asked
    assert entra("GET", "/Users?sortBy=userName").status == 501
    assert entra("POST", "/Bulk", {}).status == 501
    assert entra("GET", "/Me").status == 501


def test_what_a_directory_does_not_say_stays_ours(site: Site) -> None:
    sub = site.person("tane", user_type="nurse", roles=frozenset({"lab:lead", "payroll:lead"}))
    entra = registered(site)
    person = entra("GET", f"/Users/{sub}").json
    assert person["roles"] == [{"value": "payroll:lead"}]
    assert "phoneNumbers" not in person
    body = {"schemas": [USER], "userName": "tane", "emails": person["emails"]}
    assert entra("PUT", f"/Users/{sub}", {**body, "roles": [{"value": "payroll:clerk"}]}).status
    with site.work() as work:
        found = people.by_id(work, sub)
    assert found is not None
    assert found.roles == {"lab:lead", "payroll:clerk"}
    assert found.phone == "+64211234567"
    assert entra("GET", f"/Users/{sub}").json["userName"] == "tane"


def test_two_changes_of_one_person_at_once_both_hold(site: Site) -> None:
    entra = registered(site)
    sub = entra.add("mere@example.org", displayName="Mere")
    changes = [
        {"op": "replace", "path": "displayName", "value": "Mere Walker"},
        {"op": "replace", "path": "nickName", "value": "M"},
        {"op": "replace", "path": "timezone", "value": "Pacific/Auckland"},
    ]
    found = list[Reply]()
    threads = [
        threading.Thread(
            target=lambda one: found.append(entra.patch(f"/Users/{sub}", one)), args=(one,)
        )
        for one in changes
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [reply.status for reply in found] == [204] * 3
    person = entra("GET", f"/Users/{sub}").json
    for change in changes:
        assert person[change["path"]] == change["value"]


@pytest.mark.slow
def test_whoever_is_added_is_invited_and_signs_in_by_the_address(small: Site) -> None:
    url = small.environ["ACRUX_DATABASE__URL"]
    site = Site(small.folder, url, scim__enabled=True, scim__invite=True)
    entra = registered(site)
    entra.add("Mere@Example.org", externalId="7")
    entra.add("off@example.org", active=False)
    site.work_off()
    [mail] = [one for one in site.messages("mail") if one["kind"] == "invitation"]
    assert mail["to"] == "mere@example.org"
    browser, path = site.browser(), mailed_link(site, "invitation")
    browser.open(path)
    assert browser.submit(path, password=NEW).heading == "Your password is set"
    browser.authorize(site.application())
    assert "code" in browser.sign_in("Mere@example.ORG", NEW).query
    site.close()


def test_a_figure_says_what_directories_ask(small: Site) -> None:
    routes = Routes(rule.rule for rule in small.app.url_map.iter_rules())
    assert routes.of("/scim/v2/Users/abc") == "/scim/v2/Users/*"
    assert routes.of("/scim/v2/Groups") == "/scim/v2/Groups"


def test_invitations_need_mail(small: Site) -> None:
    with pytest.raises(ConfigurationError, match="needs it"):
        reading.load({**small.environ, "ACRUX_SCIM__INVITE": "1", "ACRUX_MAIL__BACKEND": "off"})
