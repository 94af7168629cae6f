"""The plan of SSF transmitters with CAEP, by push and by poll."""

import pytest

from tests.conformance.ssf import SHOWN, Ssf
from tests.support.applications.receiver import CAEP, POLL, PUSH, SSF, body, names
from tests.support.browser import Answer
from tests.support.programs.https import Answer as Said

UNKNOWN = "no-stream-of-anybody"


def refused(answer: Answer, status: int) -> None:
    assert answer.status == status, answer.text
    if status == 401:
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


# -- what it says of itself


def test_openid_ssf_transmitter_metadata(ssf: Ssf) -> None:
    found = ssf.transmitter
    assert (found["issuer"], found["spec_version"]) == (ssf.provider.issuer, "1_0")
    assert {*found["delivery_methods_supported"]} == {PUSH, POLL}
    assert {"spec_urn": "urn:ietf:rfc:6749"} in found["authorization_schemes"]
    assert found["default_subjects"] in ("ALL", "NONE")
    for name, value in found.items():
        if name.endswith(("_endpoint", "_uri")):
            assert value.startswith("https://"), name
    assert ssf.call("GET", found["jwks_uri"]).status == 200


# -- streams


def test_openid_ssf_stream_control_happy_path(ssf: Ssf) -> None:
    made = ssf.created(f"{CAEP}session-revoked")
    query = f"?stream_id={made['stream_id']}"
    assert ssf.at("configuration", "GET", query=query).json == made
    for status in ("paused", "disabled", "enabled"):
        said = ssf.at("status", "POST", ssf.named(status=status, reason="of the suite"))
        assert (said.status, said.json["status"]) == (200, status)
        assert ssf.at("status", "GET", query=query).json["status"] == status
    changed = ssf.at("configuration", "PATCH", ssf.named(description="another"))
    assert (changed.status, changed.json["description"]) == (200, "another")
    assert changed.json["events_requested"] == made["events_requested"]
    every = {**changed.json, "delivery": ssf.wanted}
    every["events_requested"] = [f"{CAEP}credential-change"]
    replaced = ssf.at(
        "configuration", "PUT", every | {"events_delivered": made["events_delivered"]}
    )
    assert replaced.status == 200, replaced.text
    assert replaced.json["events_delivered"] == [f"{CAEP}credential-change"]
    assert ssf.at("configuration", "DELETE", query=query).status == 204
    refused(ssf.at("configuration", "GET", query=query), 404)


def test_openid_ssf_stream_control_error_create_stream_with_broken_input(ssf: Ssf) -> None:
    refused(ssf.at("configuration", "POST", '{"delivery": '), 400)


def test_openid_ssf_stream_control_error_create_stream_with_duplicate_config(ssf: Ssf) -> None:
    ssf.created()
    refused(ssf.at("configuration", "POST", {"delivery": ssf.wanted}), 409)


@pytest.mark.parametrize("token", ["", "no-token-of-ours"])
def test_openid_ssf_stream_control_error_create_stream_with_invalid_token(
    ssf: Ssf, token: str
) -> None:
    refused(ssf.at("configuration", "POST", {"delivery": ssf.wanted}, token=token), 401)


def test_openid_ssf_stream_control_error_read_stream_with_invalid_token(ssf: Ssf) -> None:
    query = f"?stream_id={ssf.created()['stream_id']}"
    refused(ssf.at("configuration", "GET", query=query, token="invalid"), 401)


def test_openid_ssf_stream_control_error_read_unknown_stream(ssf: Ssf) -> None:
    refused(ssf.at("configuration", "GET", query=f"?stream_id={UNKNOWN}"), 404)


def test_openid_ssf_stream_control_error_update_stream_with_invalid_token(ssf: Ssf) -> None:
    ssf.created()
    refused(ssf.at("configuration", "PATCH", ssf.named(description="x"), token="invalid"), 401)


def test_openid_ssf_stream_control_error_update_stream_with_invalid_body(ssf: Ssf) -> None:
    ssf.created()
    refused(ssf.at("configuration", "PATCH", '{"stream_id": '), 400)
    refused(ssf.at("configuration", "PATCH", ssf.named(iss="https://another.example")), 400)


def test_openid_ssf_stream_control_error_update_unknown_stream(ssf: Ssf) -> None:
    refused(ssf.at("configuration", "PATCH", {"stream_id": UNKNOWN, "description": "x"}), 404)


def test_openid_ssf_stream_control_error_replace_stream_with_invalid_token(ssf: Ssf) -> None:
    ssf.created()
    sent = ssf.named(delivery=ssf.wanted)
    refused(ssf.at("configuration", "PUT", sent, token="invalid"), 401)


def test_openid_ssf_stream_control_error_replace_stream_with_invalid_body(ssf: Ssf) -> None:
    ssf.created()
    refused(ssf.at("configuration", "PUT", "no JSON"), 400)
    refused(ssf.at("configuration", "PUT", ssf.named(delivery={"method": "urn:other"})), 400)


def test_openid_ssf_stream_control_error_replace_unknown_stream(ssf: Ssf) -> None:
    sent = {"stream_id": UNKNOWN, "delivery": ssf.wanted}
    refused(ssf.at("configuration", "PUT", sent), 404)


def test_openid_ssf_stream_control_error_delete_stream_with_invalid_token(ssf: Ssf) -> None:
    query = f"?stream_id={ssf.created()['stream_id']}"
    refused(ssf.at("configuration", "DELETE", query=query, token="invalid"), 401)
    assert ssf.at("configuration", "GET", query=query).status == 200


def test_openid_ssf_stream_control_error_delete_unknown_stream(ssf: Ssf) -> None:
    refused(ssf.at("configuration", "DELETE", query=f"?stream_id={UNKNOWN}"), 404)


# -- whom it is about


def test_openid_ssf_stream_subject_control(ssf: Ssf) -> None:
    ssf.created(f"{CAEP}session-revoked")
    subject = {"format": "email", "email": "alice@example.org"}
    who = ssf.signed_in()
    for _ in range(2):
        assert ssf.at("add_subject", "POST", ssf.named(subject=subject)).status == 200
    assert ssf.at("remove_subject", "POST", ssf.named(subject=subject)).status == 204
    who.browser.open("/end_session")
    who.browser.submit("/end_session")
    ssf.verified()
    assert names(ssf.came()) == ["verification"], "nothing of somebody who was taken out"
    unknown = {"format": "email", "email": "nobody@example.org"}
    assert ssf.at("add_subject", "POST", ssf.named(subject=unknown)).status in (200, 404)
    refused(ssf.at("add_subject", "POST", ssf.named(subject={"format": "email"})), 400)


# -- that it works


def test_openid_ssf_transmitter_stream_verification_push(ssf: Ssf) -> None:
    ssf.created()
    ssf.verified("of-the-suite")
    (said,) = ssf.came()
    assert said["sub_id"] == {"format": "opaque", "id": ssf.receiver.stream_id}
    assert said["events"] == {f"{SSF}verification": {"state": "of-the-suite"}}
    if ssf.delivery == "push":
        assert ssf.receiver.shown == [SHOWN]


def test_openid_ssf_transmitter_stream_verification_error_push_no_auth(ssf: Ssf) -> None:
    ssf.created()
    if ssf.delivery == "poll":
        path = f"/ssf/poll/{ssf.receiver.stream_id}"
        refused(ssf.receiver.ask("POST", path, {}, token=""), 401)
        return
    delivery = {**ssf.wanted, "authorization_header": None}
    assert ssf.at("configuration", "PATCH", ssf.named(delivery=delivery)).status == 200
    tried: list[object] = []

    def unknown(said: object) -> Said | None:
        tried.append(said)
        return Said(b'{"err": "authentication_failed"}', 400) if len(tried) == 1 else None

    ssf.receiver.say = unknown
    ssf.verified()
    assert names(ssf.came()) == ["verification"], "it is sent again, and not lost"
    assert ssf.receiver.shown == [None, None]


def test_openid_ssf_transmitter_stream_verification_poll_only(ssf: Ssf) -> None:
    ssf.created()
    ssf.verified("seen")
    assert body(ssf.came()[0])["state"] == "seen"
    if ssf.delivery == "poll":
        assert ssf.receiver.poll(maxEvents=1, returnImmediately=True) == {"sets": {}}


def test_openid_ssf_transmitter_stream_verification_ack_only(ssf: Ssf) -> None:
    ssf.created()
    ssf.verified("seen")
    if ssf.delivery == "push":
        assert names(ssf.came()) == ["verification"]
        return
    given = ssf.receiver.poll()["sets"]
    assert ssf.receiver.poll(maxEvents=0, ack=list(given)) == {"sets": {}}
    assert ssf.receiver.poll() == {"sets": {}}


def test_openid_ssf_transmitter_stream_verification_poll_and_ack(ssf: Ssf) -> None:
    ssf.created()
    ssf.verified("seen")
    if ssf.delivery == "push":
        assert names(ssf.came()) == ["verification"]
        return
    given = ssf.receiver.poll()["sets"]
    assert list(ssf.receiver.poll()["sets"]) == list(given), "until it is acknowledged"
    assert ssf.receiver.poll(ack=list(given)) == {"sets": {}}


# -- what happens to people


def test_openid_ssf_transmitter_stream_caep_interop(ssf: Ssf) -> None:
    ssf.created(f"{CAEP}session-revoked", f"{CAEP}credential-change")
    who = ssf.signed_in()
    who.browser.open("/end_session")
    who.browser.submit("/end_session")
    name = f"of-{ssf.receiver.client_id}"
    ssf.provider.command("user", "add", name, "--email", f"{name}@example.org", "--name", "Bob")
    ssf.provider.command("client", "stream", "include", ssf.receiver.client_id, name)
    ssf.provider.command("user", "enrol-totp", name)
    ssf.provider.command("user", "reset-factor", name, "totp")
    found = ssf.came(3)
    assert names(found)[:3] == ["session-revoked", "credential-change", "credential-change"]
    changes = [body(said)["change_type"] for said in found if names([said])[0][0] == "c"]
    assert changes == ["create", "delete"]
    assert {body(said).get("credential_type") for said in found} == {None, "app"}
    for said in found:
        user = said["sub_id"].get("user", said["sub_id"])
        assert (user["format"], user["iss"]) == ("iss_sub", ssf.provider.issuer)
        assert body(said)["reason_admin"]["en"]
        assert body(said)["event_timestamp"] <= said["iat"]
