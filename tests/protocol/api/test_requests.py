"""What programs rely on: versions, cursors, requests that are sent again, limits, problems."""

import json
import math
import re
import threading
import time

import pytest

from idp.store.db.statements import Statement
from idp.store.service import api_answers, cleaning
from tests.protocol.admin.audit.asking import count
from tests.protocol.api.programs import (
    Program,
    Reply,
    administrator,
    own_token,
    program,
    robot,
)
from tests.protocol.sign_ins import tokens
from tests.support.site import MFA, REDIRECT_URI, Site

TANE = {"username": "tane", "email": "tane@example.org"}


def test_a_version_is_named_and_another_one_changes_nothing(small_site: Site) -> None:
    call = program(small_site)
    made = call("POST", "/clients", {"name": "Pay", "redirect_uris": [REDIRECT_URI]})
    path = made.headers["Location"].removeprefix("/api/v1")
    read = call("GET", path)
    assert call("PATCH", path, {"name": "Wages"}).status == 428
    changed = call("PATCH", path, {"name": "Wages"}, read.version)
    assert (changed.status, changed.json["name"]) == (200, "Wages")
    for tag in (read.headers["ETag"], "W/" + changed.headers["ETag"], '"x", "y"', "nonsense"):
        late = call("PATCH", path, {"name": "Late"}, {"If-Match": tag})
        assert (late.status, late.code) == (412, "changed"), tag
    assert call("GET", path, headers={"If-None-Match": changed.headers["ETag"]}).status == 304
    assert call("DELETE", path, headers=read.version).status == 412
    assert call("DELETE", path, headers={"If-Match": "*"}).status == 200
    assert call("GET", path).code == "not-found"


def test_lists_are_read_page_by_page(site: Site) -> None:
    for number in range(5):
        site.person(f"p{number}")
    call = program(site)
    found, path = [], "/people?limit=2"
    while path:
        page = call("GET", path).json
        found += [person["username"] for person in page["items"]]
        path = page["next"] and f"/people?limit=2&cursor={page['next']}"
    assert found == [f"p{number}" for number in range(5)]
    for query in ("limit=0", "limit=1001", "limit=x", "cursor=!", "more=1", "limit=1&limit=2"):
        assert call("GET", f"/people?{query}").code == "invalid", query
    assert len(call("GET", "/events?limit=1").json["items"]) == 1


def test_a_request_that_is_sent_again_is_carried_out_once(site: Site) -> None:
    call = program(site)
    key = {"Idempotency-Key": "the-first"}
    body = {"name": "Pay", "redirect_uris": [REDIRECT_URI]}
    first, again = (call("POST", "/clients", body, key) for _ in range(2))
    assert (first.status, first.text) == (again.status, again.text)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert first.json["client_secret"]
    assert again.headers["ETag"] == first.headers["ETag"]
    assert call("POST", "/clients", {**body, "name": "Two"}, key).code == "key-used"
    assert len(site.events(kind="operator:client:added")) == 1
    site.advance(api_answers.KEPT + 1)
    later = Program(site, own_token(site, robot(site, client_id="robot2")))
    assert later("POST", "/clients", body, key).json != first.json


def test_a_refused_request_may_be_sent_again_with_its_key(small_site: Site) -> None:
    call, key = program(small_site), {"Idempotency-Key": "k"}
    assert call("POST", "/people", {**TANE, "email": "none"}, key).status == 422
    assert call("POST", "/people", TANE, key).status == 201
    for bad in ("", " ", "a b", "x" * 256):
        assert call("POST", "/people", TANE, {"Idempotency-Key": bad}).code == "bad-key"


def test_two_requests_with_one_key_at_once_are_one(site: Site) -> None:
    call, key = program(site), {"Idempotency-Key": "both"}
    found: list[Reply] = []
    threads = [
        threading.Thread(target=lambda: found.append(call("POST", "/people", TANE, key)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    statuses = sorted(reply.status for reply in found)
    assert set(statuses) <= {201, 409}
    assert 201 in statuses
    assert {reply.code for reply in found if reply.status == 409} <= {"under-way"}
    assert len(site.events(kind="operator:person:added")) == 1


def test_one_that_is_under_way_is_waited_for_and_one_that_was_left_is_not(small_site: Site) -> None:
    call, key = program(small_site), {"Idempotency-Key": "left"}
    answer = call("POST", "/people", TANE, key)
    with small_site.work() as work:
        [(digest,)] = work.all(Statement("SELECT digest FROM api_answer"))
        work.run(Statement("UPDATE api_answer SET sealed = NULL"))
    assert call("POST", "/people", TANE, key).code == "under-way"
    small_site.advance(api_answers.LEASE)
    assert call("POST", "/people", TANE, key).code == "conflict"
    assert answer.status == 201
    assert digest


def test_what_is_kept_for_a_key_is_sealed_and_goes_after_a_day(small_site: Site) -> None:
    call = program(small_site)
    body = {"name": "Pay", "redirect_uris": [REDIRECT_URI]}
    secret = call("POST", "/clients", body, {"Idempotency-Key": "k"}).json["client_secret"]
    count = Statement("SELECT count(*) FROM api_answer")
    with small_site.work() as work:
        [(sealed,)] = work.all(Statement("SELECT sealed FROM api_answer"))
        assert secret.encode() not in bytes(sealed)
    small_site.advance(api_answers.KEPT + 1)
    with small_site.work() as work:
        cleaning.clean(work, 0)
        assert work.value(count) == 0


def test_a_client_that_asks_too_often_is_told_when_to_go_on(small_site: Site) -> None:
    site = Site(small_site.folder, small_site.environ["ACRUX_DATABASE__URL"], api__per_minute=2)
    call = program(site)
    began = time.monotonic()
    told = [call("GET", "/keys").headers["RateLimit"] for _ in range(2)]
    held = call("GET", "/keys")
    # The minute goes on while they ask.
    last = 60 - math.ceil(time.monotonic() - began)
    found = [re.fullmatch(r'"client";r=(\d);t=(\d+)', one) for one in told]
    assert [one[1] for one in found if one] == ["1", "0"]
    assert all(last <= int(one[2]) <= 60 for one in found if one)
    assert (held.status, held.code) == (429, "too-many")
    assert last <= int(held.headers["Retry-After"]) <= 60
    assert held.headers["RateLimit-Policy"] == '"client";q=2;w=60'
    site.advance(60)
    assert call("GET", "/keys").status == 200
    site.close()


@pytest.mark.parametrize(
    ("data", "kind", "status"),
    [
        ("", "application/json", 422),
        ("{", "application/json", 422),
        ("[]", "application/json", 422),
        ('{"username": 1, "email": "a@b.nz"}', "application/json", 422),
        ('{"username": "a", "email": "a@b.nz", "admin": true}', "application/json", 422),
        ('{"username": "a\\u0000", "email": "a@b.nz"}', "application/json", 422),
        ('{"username": "a", "email": "a@b.nz", "name": "\\ud800"}', "application/json", 422),
        ("username=a", "application/x-www-form-urlencoded", 415),
        (b"\xff", "application/json", 400),
    ],
)
def test_a_body_that_cannot_be_is_one_problem_without_its_values(
    small_site: Site, data: str | bytes, kind: str, status: int
) -> None:
    reply = program(small_site)("POST", "/people", data=data, headers={"Content-Type": kind})
    assert reply.status == status, reply.text
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert {"type", "title", "status", "detail"} <= reply.json.keys()
    assert "a@b.nz" not in reply.text


def test_what_is_not_there_is_a_problem_too(small_site: Site) -> None:
    call = program(small_site)
    for path in ("/nothing", "/people/none", "/people/a%00b", "/clients/none", "/stages/none"):
        reply = call("GET", path)
        assert (reply.status, reply.headers["Content-Type"]) == (404, "application/problem+json")
    huge = call("POST", "/people", data="x" * 2_000_000)
    assert huge.status in (413, 415)


def test_no_secret_of_a_factor_or_client_comes_out(small_site: Site) -> None:
    secret = small_site.secret()
    sub = small_site.person("tane", totp=secret)
    call = program(small_site)
    texts = [
        call("GET", path).text
        for path in (
            *("/people", f"/people/{sub}", f"/people/{sub}/factors", f"/people/{sub}/why"),
            *("/clients", "/clients/robot", "/keys", "/messages", "/events"),
        )
    ]
    with small_site.work() as work:
        digest = work.value(Statement("SELECT secret_digest FROM client WHERE id = 'robot'"))
    for text in texts:
        assert secret not in text
        assert digest not in text
        assert '"d":' not in text
    assert "totp" in {one["method"] for one in json.loads(texts[2])["items"]}


def test_of_two_who_change_one_version_at_once_one_is_told(site: Site) -> None:
    call = program(site)
    site.person("tane")
    [person] = call("GET", "/people").json["items"]
    site.application("app")
    for path, body in ((f"/people/{person['sub']}", "Tane"), ("/clients/app", "App")):
        read = call("GET", path)
        bodies = [{"name": f"{body} {number}"} for number in range(4)]
        found: list[Reply] = []
        threads = [
            threading.Thread(
                target=lambda sent: found.append(call("PATCH", path, sent, read.version)),  # noqa: B023
                args=(sent,),
            )
            for sent in bodies
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(reply.status for reply in found) == [200, 412, 412, 412], path


@pytest.mark.slow
def test_who_signed_in_is_told_by_what_was_proved(small_site: Site) -> None:
    app = robot(small_site)
    hana = administrator(small_site, app, "auditor")
    small_site.person("tane")
    tokens(small_site, app, "tane")
    count(small_site)
    every = hana("GET", "/sign-ins?limit=1").json
    assert [line["username"] for line in every["items"]] == ["tane"]
    rest = hana("GET", f"/sign-ins?limit=1&cursor={every['next']}").json["items"]
    assert [(line["username"], line["acr"]) for line in rest] == [("hana", MFA)]
    [line] = hana("GET", "/sign-ins?amr=otp").json["items"]
    assert line["client"] == "robot"
    assert hana("GET", f"/sign-ins?person={line['person']}&acr=none").json["items"] == []
    assert hana("GET", "/sign-ins?cursor=MTI").status == 422
    viewed = small_site.events(kind="operator:audit:viewed")
    assert {str(event.reason).split()[0] for event in viewed} == {"sign-ins"}
