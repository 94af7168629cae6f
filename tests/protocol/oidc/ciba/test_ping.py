"""An application is told that somebody answered, where it registered that, and nowhere else."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.protocol.ciba import allow, answer, asked, bank, begin, link, poll
from tests.protocol.registrations import refusal, register, registering_site
from tests.protocol.sign_ins import assert_token_error
from tests.support.programs.https import Answer, HttpsServer, https_server
from tests.support.site import Application, Site

TOKEN = "the-token-of-this-one-request.0123456789"


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[HttpsServer]:
    folder = tmp_path / "receiver"
    folder.mkdir()
    with https_server({"/ping": Answer(status=204), "/other": Answer()}, folder) as server:
        yield server


@pytest.fixture
def told(tmp_path: Path, receiver: HttpsServer) -> Iterator[Site]:
    found = Site(tmp_path, f"sqlite:///{tmp_path / 'acrux.db'}", **receiver.settings())
    found.person()
    yield found
    found.close()


def _pinged(site: Site, receiver: HttpsServer) -> Application:
    return bank(
        site,
        backchannel_token_delivery_mode="ping",
        backchannel_client_notification_endpoint=receiver.url("/ping"),
    )


@pytest.mark.slow
@pytest.mark.parametrize("decision", ["yes", "no"])
def test_it_is_told_that_and_not_what_somebody_answered(
    told: Site, receiver: HttpsServer, decision: str
) -> None:
    app = _pinged(told, receiver)
    code = asked(told, app, client_notification_token=TOKEN)
    assert receiver.requests == []
    if decision == "yes":
        allow(told, told.browser())
    else:
        answer(told.browser(), link(told), decision)
    told.work_off()
    [ping] = receiver.requests
    assert (ping.method, ping.path) == ("POST", "/ping")
    assert ping.headers["authorization"] == f"Bearer {TOKEN}"
    assert ping.headers["content-type"] == "application/json"
    assert json.loads(ping.body) == {"auth_req_id": code}
    found = poll(told, app, code)
    assert found.status == (200 if decision == "yes" else 400)
    [delivered] = told.events(kinds=("client:ping:delivered",))
    assert delivered.client_id == "bank"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("said", "times"),
    [
        (Answer(status=401), 1),
        (Answer(status=403), 1),
        (Answer(status=302, headers={"Location": "/other"}), 2),
        (Answer(b"x" * 100_000, status=200), 2),
        (Answer(status=503), 2),
    ],
)
def test_what_it_answers_wrongly_harms_nobody(
    told: Site, receiver: HttpsServer, said: Answer, times: int
) -> None:
    """No redirect is followed, no long body is read; what it refuses is not sent again."""
    receiver.routes["/ping"] = said
    app = _pinged(told, receiver)
    code = asked(told, app, client_notification_token=TOKEN)
    allow(told, told.browser())
    told.work_off()
    told.advance(5)
    told.work_off()
    assert [one.path for one in receiver.requests] == ["/ping"] * times
    assert poll(told, app, code).status == 200


@pytest.mark.slow
def test_who_has_the_tokens_is_not_told_again(told: Site, receiver: HttpsServer) -> None:
    """An application that fetches them while it is told, and fails to say that it was."""
    receiver.routes["/ping"] = Answer(status=503)
    app = _pinged(told, receiver)
    code = asked(told, app, client_notification_token=TOKEN)
    allow(told, told.browser())
    told.work_off()
    assert poll(told, app, code).status == 200
    told.work_off()
    assert len(receiver.requests) == 1
    assert len(told.events(kinds=("client:ping:delivered",))) == 1


@pytest.mark.slow
def test_a_machine_of_our_own_network_is_not_reached(
    small_site: Site, receiver: HttpsServer
) -> None:
    """Without a word of the operator no address of a client leads into the house (SSRF)."""
    small_site.person()
    app = _pinged(small_site, receiver)
    code = asked(small_site, app, client_notification_token=TOKEN)
    allow(small_site, small_site.browser())
    small_site.work_off()
    assert (receiver.requests, receiver.connections) == ([], 0)
    [failed] = small_site.events(kinds=("client:ping:failed",))
    assert TOKEN not in (failed.reason or "")
    assert poll(small_site, app, code).status == 200


def test_without_a_token_that_can_be_one_nobody_is_asked(told: Site, receiver: HttpsServer) -> None:
    app = _pinged(told, receiver)
    for token in (None, "two words", "é", "x" * 1025, "a\r\nX: y"):
        assert_token_error(begin(told, app, client_notification_token=token), "invalid_request")


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"backchannel_token_delivery_mode": "push"},
        {"backchannel_token_delivery_mode": "ping"},
        {
            "backchannel_token_delivery_mode": "ping",
            "backchannel_client_notification_endpoint": "http://a.nz/ping",
        },
        {"backchannel_token_delivery_mode": "poll", "token_endpoint_auth_method": "none"},
        {
            "backchannel_token_delivery_mode": "poll",
            "backchannel_authentication_request_signing_alg": "none",
        },
        {
            "backchannel_token_delivery_mode": "poll",
            "backchannel_authentication_request_signing_alg": "PS256",
        },
    ],
)
def test_a_registration_that_cannot_be_is_refused(tmp_path: Path, members: dict[str, str]) -> None:
    with registering_site(tmp_path) as site:
        answer = register(site, grant_types=["urn:openid:params:grant-type:ciba"], **members)
        assert refusal(answer) == "invalid_client_metadata"
