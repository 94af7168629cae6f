"""Text messages on the wire: Twilio's own client against a stand-in for its Messages API."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from idp.messages.carriers.transport import DeliveryError, Letter
from idp.messages.carriers.twilio import TwilioTransport
from tests.support.post import CODE, NUMBER, SOON, Desk, Travel, desk
from tests.support.post import travel as travelling
from tests.support.stand_ins.twilio import ACCOUNT, SENDER, FakeTwilio

PATIENCE = 5.0
"""Seconds after which a person must know that a message could not be sent."""


@pytest.fixture
def office(twilio: FakeTwilio, tmp_path: Path) -> Iterator[Desk]:
    url = f"sqlite:///{tmp_path / 'acrux.sqlite'}"
    with desk(url, tmp_path, twilio.settings()) as made:
        yield made


@pytest.fixture
def travel(tmp_path: Path) -> Iterator[Travel]:
    with travelling(tmp_path) as traveller:
        yield traveller


@pytest.fixture(scope="module", autouse=True)
def twilio_is_imported() -> None:
    """The first message of a process pays for the import; a test of time should not."""
    import twilio.rest

    assert twilio.rest.Client("AC", "token").messages


def letter(number: str = NUMBER, seconds: int = 600) -> Letter:
    return Letter("id", "sms-code", number, "", f"{CODE} is your code.", seconds)


def failure(office: Desk, message: Letter | None = None) -> DeliveryError:
    """Return why a letter could not be sent."""
    with pytest.raises(DeliveryError) as caught:
        TwilioTransport(office.settings.sms).send(message or letter())
    for secret in (NUMBER, NUMBER[1:], CODE, SENDER, ACCOUNT):
        assert secret not in str(caught.value)
    assert caught.value.__suppress_context__
    return caught.value


def test_a_message_reaches_twilio_as_it_wants_it(office: Desk, twilio: FakeTwilio) -> None:
    sent = office.send_sms()
    assert office.post.wait(sent, SOON) == "sent"
    [message] = twilio.messages
    assert message["to"] == NUMBER
    assert message["from"] == SENDER
    assert message["messaging_service_sid"] is None
    assert message["body"].startswith(f"{CODE} is your Acrux code.")
    assert message["body"].endswith(f"\n@id.example.org #{CODE}")
    assert int(message["validity_period"]) in range(600 - SOON, 601)
    assert office.row(sent).reference == message["sid"]


def test_a_messaging_service_takes_the_place_of_a_number(office: Desk, twilio: FakeTwilio) -> None:
    service = "MG" + "0" * 32
    post = office.with_settings("sms", twilio_messaging_service_sid=service)
    post.deliver(office.send_sms(quiet=True))
    [message] = twilio.messages
    assert (message["from"], message["messaging_service_sid"]) == (None, service)


def test_a_message_does_not_wait_at_twilio_beyond_its_use(office: Desk, twilio: FakeTwilio) -> None:
    transport = TwilioTransport(office.settings.sms)
    for seconds in (-5, 1, 300, 90000):
        transport.send(letter(seconds=seconds))
    assert [m["validity_period"] for m in twilio.messages] == ["6", "6", "300", "36000"]


@pytest.mark.parametrize("code", [21610, 21211])
def test_a_refusal_is_final(office: Desk, twilio: FakeTwilio, code: int) -> None:
    twilio.refuse(code)
    refused = office.send_sms()
    assert office.post.wait(refused, SOON) == "failed"
    row = office.row(refused)
    assert (row.state, row.error) == ("failed", f"Twilio: HTTP 400, error {code}")
    assert row.sealed is None
    assert twilio.calls == 1


def test_a_number_that_said_stop_is_refused_and_others_are_not(
    office: Desk, twilio: FakeTwilio
) -> None:
    twilio.unsubscribed.add(NUMBER)
    assert office.post.wait(office.send_sms(), SOON) == "failed"
    assert office.post.wait(office.send_sms("+64215550199"), SOON) == "sent"


def test_what_is_no_number_is_refused(office: Desk, twilio: FakeTwilio) -> None:
    assert failure(office, letter("021 555 0123")).final
    assert twilio.messages == []


def test_wrong_credentials_are_final_and_named(office: Desk, twilio: FakeTwilio) -> None:
    post = office.with_settings("sms", twilio_auth_token="another")
    refused = office.send_sms(quiet=True)
    post.deliver(refused)
    assert office.row(refused).error == "Twilio: HTTP 401, error 20003"
    assert office.row(refused).state == "failed"
    assert twilio.messages == []


@pytest.mark.parametrize("code", [20429, 20500])
def test_a_twilio_in_trouble_is_asked_once_more(
    office: Desk, twilio: FakeTwilio, travel: Travel, code: int
) -> None:
    twilio.refuse(code)
    late = office.send_sms()
    assert office.post.wait(late, SOON) == "failed"
    assert office.row(late).state == "late"
    twilio.work()
    assert office.post.deliver_due() == 0
    travel.on(20)
    assert office.post.deliver_due() == 1
    assert office.row(late).state == "sent"
    assert (len(twilio.messages), twilio.calls) == (1, 2)


@pytest.mark.slow
@pytest.mark.parametrize("trouble", ["slow", "hang", "drip"])
def test_a_person_knows_within_five_seconds_that_twilio_is_slow(
    office: Desk, twilio: FakeTwilio, trouble: str
) -> None:
    {"slow": lambda: twilio.slow(8), "hang": twilio.hang, "drip": twilio.drip}[trouble]()
    begin = time.monotonic()
    late = office.send_sms()
    assert office.post.wait(late, office.settings.sms.twilio_timeout) == "failed"
    assert time.monotonic() - begin < PATIENCE
    row = office.row(late)
    assert row.state == "late"
    assert row.error == "no answer within 3.6 s"


def test_a_twilio_that_is_a_little_slow_is_waited_for(office: Desk, twilio: FakeTwilio) -> None:
    twilio.slow(1)
    assert office.post.wait(office.send_sms(), SOON) == "sent"


def test_a_slow_twilio_holds_at_most_four_pages(office: Desk, twilio: FakeTwilio) -> None:
    twilio.hang()
    sent = [office.send_sms() for _ in range(6)]
    answers: list[tuple[float, str]] = []

    together = threading.Barrier(len(sent))

    def page(outbox_id: str) -> None:
        together.wait(SOON)
        begin = time.monotonic()
        state = office.post.wait(outbox_id, 1.5)
        answers.append((time.monotonic() - begin, state))

    pages = [threading.Thread(target=page, args=(each,)) for each in sent]
    for each in pages:
        each.start()
    for each in pages:
        each.join()
    assert [state for _, state in answers] == ["due"] * 6
    assert sum(seconds >= 1.5 for seconds, _ in answers) == 4


def test_a_dropped_connection_is_temporary(office: Desk, twilio: FakeTwilio) -> None:
    twilio.drop()
    error = failure(office)
    assert (error.final, str(error)) == (False, "Twilio: ConnectionError")


def test_a_twilio_that_is_not_there_is_temporary(office: Desk, twilio: FakeTwilio) -> None:
    twilio.close()
    assert not failure(office).final


@pytest.mark.parametrize(
    ("status", "body", "final"),
    [
        (200, "<html>Sign in to this network</html>", False),
        (200, "[]", False),
        (200, "", False),
        (201, "{}", False),
        (201, '{"sid": "SM1", "status": "failed", "error_code": 30007}', True),
        (302, "", False),
        (403, "forbidden by the proxy", True),
        (404, "[]", True),
        (502, "bad gateway", False),
    ],
)
def test_an_answer_that_is_not_twilios_is_no_delivery(
    office: Desk, twilio: FakeTwilio, status: int, body: str, final: bool
) -> None:
    twilio.answer(status, body)
    post = office.another_post()
    outbox_id = office.send_sms(quiet=True)
    post.deliver(outbox_id)
    assert office.row(outbox_id).state == ("failed" if final else "late")


def test_a_kept_connection_that_was_closed_meanwhile_does_no_harm(
    office: Desk, twilio: FakeTwilio
) -> None:
    transport = TwilioTransport(office.settings.sms)
    transport.send(letter())
    twilio.close_kept_connections()
    transport.send(letter())
    assert len(twilio.messages) == 2


@pytest.mark.slow
def test_each_of_many_threads_gets_its_own_answer(office: Desk, twilio: FakeTwilio) -> None:
    """Twilio's client as it is mixes them up: its last answer is an attribute of the client."""
    transport = TwilioTransport(office.settings.sms)
    got: list[tuple[str, str | None]] = []

    def send(first: int) -> None:
        for number in range(first, first + 25):
            to = f"+6421555{number:04}"
            got.append((to, transport.send(letter(to))))

    threads = [threading.Thread(target=send, args=(25 * each,)) for each in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 100
    assert sorted(got) == sorted((m["to"], m["sid"]) for m in twilio.messages)


def test_variables_of_the_process_do_not_lead_elsewhere(
    office: Desk, twilio: FakeTwilio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TWILIO_REGION", "au1")
    monkeypatch.setenv("TWILIO_EDGE", "sydney")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    transport = TwilioTransport(office.settings.sms)
    assert transport.send(letter()) == twilio.messages[0]["sid"]
    real = TwilioTransport(office.with_settings("sms", twilio_api="")._settings.sms)
    api = "https://api.twilio.com/2010-04-01"
    assert real._client.get_hostname(api) == api


def test_the_client_keeps_neither_number_nor_code(office: Desk) -> None:
    transport = TwilioTransport(office.settings.sms)
    transport.send(letter())
    kept = repr(vars(transport._client.http_client))
    assert NUMBER[1:] not in kept
    assert CODE not in kept


def test_without_an_address_of_a_stand_in_twilio_itself_is_called(
    office: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, float]] = []

    def request(method: str, url: str, **options: object) -> None:
        asked.append((url, float(str(options["timeout"]))))
        raise TimeoutError

    transport = TwilioTransport(office.with_settings("sms", twilio_api="")._settings.sms)
    client = transport._client.http_client
    monkeypatch.setattr(client.session, "request", request)
    with pytest.raises(TimeoutError):
        transport.send(letter())
    url = f"https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
    assert asked == [(url, 4.0)]
    assert client.session.trust_env
