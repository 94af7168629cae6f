"""The outbox as others use it: stored with its cause, sent after it, and heard of by the page."""

import json
import threading
from pathlib import Path

import pytest
from jinja2 import TemplateNotFound, UndefinedError

from idp.messages.carriers.transport import DeliveryError, DirectoryTransport, Letter
from idp.store.db import Work, work
from idp.store.messages import outbox
from tests.support.post import (
    ADDRESS,
    CODE,
    KEYRING,
    NUMBER,
    SMS,
    SOON,
    Desk,
)

# -- from the transaction to the person


def test_a_message_is_sent_soon_after_its_transaction(office: Desk) -> None:
    sent = office.send_sms()
    assert office.post.wait(sent, SOON) == "sent"
    [file] = office.files()
    content = json.loads(file.read_text())
    assert content.keys() == {"to", "subject", "body", "kind", "at"}
    assert (content["to"], content["subject"], content["kind"]) == (NUMBER, "", "sms-code")
    assert CODE in content["body"]
    row = office.row(sent)
    assert (row.state, row.attempts, row.sealed) == ("sent", 1, None)
    assert row.reference == file.stem


def test_a_message_of_a_transaction_rolled_back_is_never_sent(office: Desk) -> None:
    unit = Work(office.engine)
    office.post.enqueue(
        unit, channel="sms", kind="sms-code", to=NUMBER, values=dict(SMS), lifetime=600
    )
    unit.rollback()
    unit.commit()
    unit.close()
    with work(office.engine) as unit:
        assert outbox.due(unit) == []
    assert office.files() == []


def test_what_waits_in_the_outbox_is_sealed_to_its_row(office: Desk) -> None:
    first, second = office.send_sms(quiet=True), office.send_sms(quiet=True)
    sealed = office.row(first).sealed
    assert sealed is not None
    opened = json.loads(KEYRING.open(bytes(sealed), outbox.place(first)))
    assert opened.keys() == {"to", "subject", "body", "kind", "language"}
    assert NUMBER.encode() not in bytes(sealed)
    assert outbox.place(first) != outbox.place(second)


def test_the_worker_sends_what_no_process_has_sent(office: Desk) -> None:
    waiting = [office.send_sms(quiet=True) for _ in range(3)]
    assert office.another_post().deliver_due() == 3
    assert [office.row(each).state for each in waiting] == ["sent"] * 3
    assert len(office.files()) == 3
    assert office.post.deliver_due() == 0


def test_the_worker_takes_text_messages_before_mails(small: Desk) -> None:
    for _ in range(20):
        small.send_mail(quiet=True)
    text = small.send_sms(quiet=True)
    small.post.deliver_due()
    assert small.row(text).state == "sent"
    assert len(small.files("mail")) < 20


def test_a_message_without_kind_or_value_is_not_stored(small: Desk) -> None:
    with pytest.raises(TemplateNotFound):
        small.send("sms", "no-such-kind", NUMBER, SMS)
    with pytest.raises(UndefinedError):
        small.send("sms", "sms-code", NUMBER, {"brand": "Acrux"})
    with pytest.raises(ValueError, match="mails have a subject"):
        small.send("mail", "sms-code", ADDRESS, SMS)
    assert small.post.deliver_due() == 0


# -- what the page hears


def test_a_page_hears_of_what_another_process_sent(office: Desk) -> None:
    sent = office.send_sms(quiet=True)
    other = threading.Thread(target=office.another_post().deliver, args=(sent,))
    other.start()
    assert office.post.wait(sent, SOON) == "sent"
    other.join()


def test_a_page_hears_that_nothing_is_known_yet(small: Desk) -> None:
    waiting = small.send_sms(quiet=True)
    assert small.post.wait(waiting, 0.01) == "due"
    assert small.post.wait(waiting, 0) == "due"
    assert small.post.wait(waiting, -1) == "due"
    assert small.post.wait("no such message", 0.01) == "failed"


def test_a_page_does_not_wait_where_four_others_do(small: Desk) -> None:
    waiting = small.send_sms(quiet=True)
    held = [small.post._waiting.listen(waiting) for _ in range(4)]
    for each in held:
        assert each.__enter__() is not None
    assert small.post.wait(waiting, 3600) == "due"
    for each in held:
        each.__exit__(None, None, None)
    assert small.post._waiting._listeners == {}
    small.post.deliver(waiting)
    assert small.post.wait(waiting, 3600) == "sent"


# -- the directory


def test_files_are_the_owners_and_sort_by_time(tmp_path: Path) -> None:
    way = DirectoryTransport(tmp_path / "a" / "sms")
    for number in range(30):
        way.send(Letter(str(number), "sms-code", NUMBER, "", f"{number}"))
    files = sorted((tmp_path / "a" / "sms").iterdir())
    bodies = [json.loads(file.read_text())["body"] for file in files]
    assert bodies == [str(number) for number in range(30)]
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    assert files[0].parent.stat().st_mode & 0o777 == 0o700


def test_a_directory_that_cannot_be_written_is_a_temporary_fault(tmp_path: Path) -> None:
    (tmp_path / "sms").write_text("a file where the directory should be")
    with pytest.raises(DeliveryError) as caught:
        DirectoryTransport(tmp_path / "sms").send(Letter("1", "sms-code", NUMBER, "", CODE))
    assert not caught.value.final
    assert str(caught.value) == "directory: File exists"


def test_a_directory_may_be_chosen(small: Desk, tmp_path: Path) -> None:
    post = small.with_settings("sms", directory=str(tmp_path / "elsewhere"))
    post.deliver(small.send_sms(quiet=True))
    assert len(list((tmp_path / "elsewhere").glob("*.json"))) == 1


def test_a_letter_shows_no_secret_when_printed() -> None:
    shown = repr(Letter("id", "sms-code", NUMBER, "Subject", f"{CODE} is your code"))
    assert NUMBER not in shown
    assert CODE not in shown
    assert "sms-code" in shown
