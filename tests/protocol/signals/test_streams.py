"""The stream of an application by SSF's addresses: made, read, changed, stopped, deleted."""

import json
import re
from typing import Any

import pytest

from idp.signals import vocabulary as words
from tests.protocol.signals.conftest import receiver, work
from tests.support.applications.receiver import CAEP, POLL, PUSH, names
from tests.support.programs.https import HttpsServer
from tests.support.site import Site


def test_the_metadata_names_addresses_that_answer(small: Site) -> None:
    answer = small.client().send("GET", "/.well-known/ssf-configuration")
    found = answer.json
    assert (answer.status, found["issuer"], found["spec_version"]) == (200, small.issuer, "1_0")
    assert found["delivery_methods_supported"] == [PUSH, POLL]
    assert found["authorization_schemes"] == [{"spec_urn": "urn:ietf:rfc:6749"}]
    for name in ("configuration", "status", "add_subject", "remove_subject", "verification"):
        path = found[f"{name}_endpoint"].removeprefix(small.issuer)
        refused = small.client().send("POST", path)
        assert refused.status == 401
        assert refused.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_stream_lives_from_its_making_to_its_end(told: Site, endpoint: HttpsServer) -> None:
    app = receiver(told)
    assert app.ask("GET", "/ssf/streams").json == []
    made = app.make(f"{CAEP}session-revoked", "urn:of:others", description="ours")
    assert made["events_delivered"] == [f"{CAEP}session-revoked"]
    assert made["events_supported"] == list(words.SUPPORTED)
    assert made["delivery"]["method"] == POLL
    path = f"/ssf/streams?stream_id={app.stream_id}"
    assert app.ask("GET", path).json == made
    assert app.ask("GET", "/ssf/streams").json == [made]
    again = app.ask("POST", "/ssf/streams", {})
    assert again.status == 409

    header = {"authorization_header": "Bearer of-the-receiver"}
    delivery = {"method": PUSH, "endpoint_url": endpoint.url("/events?key=of-the-address")}
    changed = app.ask(
        "PATCH", "/ssf/streams", {"stream_id": app.stream_id, "delivery": delivery | header}
    )
    assert changed.status == 200
    assert changed.json["delivery"] == delivery, "what is secret is not told"
    assert changed.json["description"] == "ours"
    replaced = app.ask(
        "PUT", "/ssf/streams", {**changed.json, "description": None, "events_requested": None}
    )
    assert replaced.json["events_delivered"] == list(words.SUPPORTED)
    assert "description" not in replaced.json

    assert app.ask("GET", f"/ssf/status?stream_id={app.stream_id}").json["status"] == "enabled"
    sent = {"stream_id": app.stream_id, "status": "paused", "reason": "at night"}
    assert app.ask("POST", "/ssf/status", sent).json == sent
    assert app.ask("DELETE", path).status == 204
    assert app.ask("DELETE", path).status == 404
    assert [one.kind for one in told.events(client="app", kind="client:signals:added")]
    trail = json.dumps([one.data for one in told.events()])
    assert endpoint.url("/events") in trail
    assert not re.search("of-the-(receiver|address)", trail)


@pytest.mark.parametrize(
    ("method", "path", "sent", "status"),
    [
        ("POST", "/ssf/streams", "{", 400),
        ("POST", "/ssf/streams", "[]", 400),
        ("POST", "/ssf/streams", "[" * 5000, 400),
        ("POST", "/ssf/streams", '{"description": "\\u0000"}', 400),
        ("POST", "/ssf/streams", '{"description": "\\ud800"}', 400),
        ("POST", "/ssf/streams", {"description": 1}, 400),
        ("POST", "/ssf/streams", {"events_requested": "all"}, 400),
        ("POST", "/ssf/streams", {"events_requested": [1]}, 400),
        ("POST", "/ssf/streams", {"events_requested": ["x"] * 101}, 400),
        ("POST", "/ssf/streams", {"delivery": "push"}, 400),
        ("POST", "/ssf/streams", {"delivery": {"method": "urn:mine"}}, 400),
        ("POST", "/ssf/streams", {"delivery": {"method": PUSH}}, 400),
        ("PATCH", "/ssf/streams", {}, 400),
        ("PATCH", "/ssf/streams", {"stream_id": "other"}, 404),
        ("PATCH", "/ssf/streams", {"stream_id": "=", "iss": "https://other.example"}, 400),
        ("PATCH", "/ssf/streams", {"stream_id": "=", "events_delivered": []}, 400),
        ("PUT", "/ssf/streams", {"stream_id": "=", "delivery": []}, 400),
        ("PUT", "/ssf/streams", {"stream_id": "other"}, 404),
        ("GET", "/ssf/streams?stream_id=other", None, 404),
        ("DELETE", "/ssf/streams", None, 400),
        ("DELETE", "/ssf/streams?stream_id=other", None, 404),
        ("GET", "/ssf/status", None, 400),
        ("GET", "/ssf/status?stream_id=other", None, 404),
        ("POST", "/ssf/status", {"stream_id": "=", "status": "asleep"}, 400),
        ("POST", "/ssf/status", {"stream_id": "=", "status": "paused", "reason": "x" * 201}, 400),
        ("POST", "/ssf/subjects/add", {"stream_id": "="}, 400),
        ("POST", "/ssf/subjects/add", {"stream_id": "=", "subject": {"format": "x"}}, 400),
        ("POST", "/ssf/subjects/add", {"stream_id": "=", "subject": {"format": "email"}}, 400),
        ("POST", "/ssf/subjects/remove", {"stream_id": "other", "subject": {}}, 404),
        ("POST", "/ssf/verify", {"stream_id": "=", "state": 5}, 400),
        ("POST", "/ssf/verify", {"stream_id": "other"}, 404),
        ("POST", "/ssf/poll/=", {"maxEvents": -1}, 400),
        ("POST", "/ssf/poll/=", {"maxEvents": True}, 400),
        ("POST", "/ssf/poll/=", {"ack": "all"}, 400),
        ("POST", "/ssf/poll/=", {"setErrs": {"x": "y"}}, 400),
        ("POST", "/ssf/poll/other", {}, 404),
        ("PUT", "/ssf/verify", {}, 405),
        ("POST", "/ssf/other", {}, 404),
        ("POST", "/ssf/streams/more", {}, 404),
    ],
)
def test_what_cannot_be_is_refused_in_the_standards_form(
    made: Any, method: str, path: str, sent: Any, status: int
) -> None:
    if isinstance(sent, dict) and sent.get("stream_id") == "=":
        sent = sent | {"stream_id": made.stream_id}
    answer = made.ask(method, path.replace("/=", f"/{made.stream_id}"), sent)
    assert answer.status == status, answer.text
    assert answer.json["description"]
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "address",
    [
        "http://localhost/events",
        "https://10.0.0.1/events",
        "https://169.254.169.254/latest",
        "https://[::1]/events",
        "https://user:secret@receiver.example/",
        "https://0x7f.1/",
        "https://receiver.example/#here",
    ],
)
def test_nothing_is_pushed_to_an_address_inside_or_an_odd_one(made: Any, address: str) -> None:
    sent = {
        "stream_id": made.stream_id,
        "delivery": {"method": PUSH, "endpoint_url": address},
    }
    answer = made.ask("PUT", "/ssf/streams", sent)
    assert answer.status == 400
    assert "10.0.0.1" not in answer.text


@pytest.mark.parametrize(
    "header", ["two\r\nLines: yes", "é", "", "x" * 1025, {"Authorization": "x"}]
)
def test_what_is_no_header_is_not_shown_anywhere(made: Any, header: Any) -> None:
    delivery = {"method": PUSH, "endpoint_url": "https://receiver.example/"}
    delivery["authorization_header"] = header
    sent = {"stream_id": made.stream_id, "delivery": delivery}
    assert made.ask("PUT", "/ssf/streams", sent).status == 400


def test_a_token_that_is_not_for_this_opens_nothing(small: Site) -> None:
    app, other = receiver(small), receiver(small, "other")
    app.make()
    reads = app.token("ssf.read")
    assert app.ask("GET", "/ssf/streams", token=reads).status == 200
    refused = app.ask("POST", "/ssf/verify", {"stream_id": app.stream_id}, token=reads)
    assert refused.status == 403
    assert 'error="insufficient_scope"' in refused.headers["WWW-Authenticate"]
    assert app.ask("GET", "/ssf/streams", token="no-token").status == 401
    assert app.ask("GET", "/ssf/streams", token="").status == 401
    path = f"/ssf/streams?stream_id={app.stream_id}"
    for method, sent in (("GET", path), ("DELETE", path), ("POST", f"/ssf/poll/{app.stream_id}")):
        assert other.ask(method, sent, {}).status == 404
    # What nobody let it have it cannot ask for, and a stream of an application that lost the right
    # is nobody's.
    stranger = small.application("stranger", grant_types=["client_credentials"], scope="ssf.manage")
    form = {"grant_type": "client_credentials", "scope": "ssf.manage"}
    answer = small.client().send("POST", "/token", form, stranger.authentication())
    assert (answer.status, answer.json["error"]) == (400, "invalid_scope")


def test_a_stream_says_that_it_works_and_not_too_often(told: Site) -> None:
    app = receiver(told)
    app.make()
    sent = {"stream_id": app.stream_id, "state": "VGhpcy4="}
    assert app.ask("POST", "/ssf/verify", sent).status == 204
    again = app.ask("POST", "/ssf/verify", sent)
    assert (again.status, again.headers["Retry-After"]) == (429, "5")
    (token,) = app.poll()["sets"].values()
    said = app.claims(token)
    assert said["sub_id"] == {"format": "opaque", "id": app.stream_id}
    assert said["events"] == {words.VERIFICATION: {"state": "VGhpcy4="}}
    # Until it is acknowledged it is given again; then never.
    assert list(app.poll()["sets"]) == [said["jti"]]
    assert app.poll(maxEvents=0) == {"sets": {}, "moreAvailable": True}
    assert app.poll(maxEvents=0, ack=[said["jti"], "no-token-of-ours"]) == {"sets": {}}
    assert app.poll()["sets"] == {}
    assert names([said]) == ["verification"]
    assert work(told) == 0
