"""The outbox and its senders: stored with the cause, sent once, retried or given up by rule."""

import json
import multiprocessing
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jinja2 import TemplateNotFound, UndefinedError

from idp import clock
from idp.crypto import Keyring
from idp.notify import Post
from idp.notify.senders import Late, Limit, Senders, Waiting
from idp.notify.transport import DeliveryError, DirectoryTransport, Letter
from idp.store import outbox
from idp.store.db import Work, work
from tests.support.post import CODE, KEYRING, NUMBER, SMS, Desk, Travel, desk, engine, settings
from tests.support.post import travel as travelling

SOON = 20
"""Seconds after which something that ought to be quick has failed, on a busy machine too."""


class Way:
    """A way of sending whose outcomes are laid down: a reference, an exception, or a call."""

    def __init__(self, *outcomes: Any) -> None:
        self.outcomes = list(outcomes)
        self.letters: list[Letter] = []

    def send(self, letter: Letter) -> str | None:
        self.letters.append(letter)
        outcome = self.outcomes.pop(0) if self.outcomes else "reference"
        if isinstance(outcome, Exception):
            raise outcome
        return outcome() if callable(outcome) else outcome


def use(post: Post, channel: str, *outcomes: Any) -> Way:
    """Have `post` send by a way with these outcomes."""
    post._ways[channel] = way = Way(*outcomes)
    return way


TEMPORARY = DeliveryError(False, "busy")
REFUSED = DeliveryError(True, "no such number")


@pytest.fixture
def office(database_url: str, tmp_path: Path) -> Iterator[Desk]:
    with desk(database_url, tmp_path) as made:
        yield made


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Desk]:
    """For what has nothing to do with the kind of database."""
    with desk(f"sqlite:///{tmp_path / 'acrux.sqlite'}", tmp_path) as made:
        yield made


@pytest.fixture
def travel(tmp_path: Path) -> Iterator[Travel]:
    with travelling(tmp_path) as traveller:
        yield traveller


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
    assert opened.keys() == {"to", "subject", "body", "kind"}
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
        small.send("mail", "sms-code", "rangi@example.org", SMS)
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


def test_everyone_who_waits_is_told() -> None:
    waiting = Waiting()
    with waiting.listen("a") as first, waiting.listen("a") as second, waiting.listen("b") as other:
        assert first is not None
        assert second is not None
        assert other is not None
        waiting.tell("a", "sent")
        assert [first.get(timeout=1), second.get(timeout=1)] == ["sent", "sent"]
        assert other.empty()
    waiting.tell("a", "nobody is there")


# -- attempts


def test_a_refused_message_is_given_up_and_forgotten(office: Desk) -> None:
    way = use(office.post, "sms", REFUSED)
    refused = office.send_sms()
    assert office.post.wait(refused, SOON) == "failed"
    row = office.row(refused)
    assert (row.state, row.error, row.sealed) == ("failed", "no such number", None)
    assert office.post.deliver_due() == 0
    assert len(way.letters) == 1


def test_a_late_text_message_is_failed_for_the_page_and_tried_once_more(
    office: Desk, travel: Travel
) -> None:
    way = use(office.post, "sms", TEMPORARY, "SM2")
    late = office.send_sms()
    assert office.post.wait(late, SOON) == "failed"
    row = office.row(late)
    assert (row.state, row.error) == ("late", "busy")
    assert row.sealed is not None
    assert row.due_at - clock.now() in (19, 20)
    assert office.another_post().wait(late, 0) == "failed"
    assert office.post.deliver_due() == 0
    travel.on(20)
    assert office.post.deliver_due() == 1
    assert office.post.wait(late, 0) == "sent"
    row = office.row(late)
    assert (row.attempts, row.reference, row.error, row.sealed) == (2, "SM2", None, None)
    assert len(way.letters) == 2


def test_a_text_message_is_given_up_after_the_second_attempt(small: Desk, travel: Travel) -> None:
    use(small.post, "sms", TEMPORARY, TEMPORARY)
    late = small.send_sms(quiet=True)
    small.post.deliver(late)
    travel.on(20)
    small.post.deliver(late)
    row = small.row(late)
    assert (row.state, row.attempts, row.sealed) == ("failed", 2, None)


def test_a_text_message_that_would_come_too_late_is_given_up(small: Desk) -> None:
    use(small.post, "sms", TEMPORARY)
    late = small.send_sms(lifetime=20, quiet=True)
    small.post.deliver(late)
    assert small.row(late).state == "failed"


def test_a_mail_is_tried_ever_more_slowly_until_it_is_of_no_use(
    office: Desk, travel: Travel
) -> None:
    way = use(office.post, "mail", *[TEMPORARY] * 50)
    late = office.send_mail(lifetime=3600, quiet=True)
    pauses = []
    while office.row(late).state != "failed":
        before = clock.now()
        office.post.deliver_due()
        row = office.row(late)
        if row.state == "late":
            pauses.append(row.due_at - before)
            travel.on(row.due_at - clock.now())
    # The clock may tick between two looks at it.
    exact = [30, 60, 120, 240, 480, 900, 900]
    assert [abs(a - b) <= 1 for a, b in zip(pauses, exact, strict=False)] == [True] * 7
    assert sum(pauses) <= 3600 + len(pauses)
    assert len(way.letters) == len(pauses)
    row = office.row(late)
    assert (row.error, row.sealed) == ("expired", None)


def test_a_message_past_its_time_is_not_sent(office: Desk, travel: Travel) -> None:
    way = use(office.post, "sms")
    old = office.send_sms(lifetime=600, quiet=True)
    travel.on(600)
    assert office.post.deliver_due() == 1
    row = office.row(old)
    assert (row.state, row.error, row.sealed) == ("failed", "expired", None)
    assert way.letters == []
    assert office.post.wait(old, 0) == "failed"


def test_a_transport_knows_how_long_a_message_is_of_use(small: Desk, travel: Travel) -> None:
    way = use(small.post, "sms")
    waiting = small.send_sms(lifetime=600, quiet=True)
    travel.on(100)
    small.post.deliver(waiting)
    assert way.letters[0].seconds in (499, 500)


def test_a_channel_that_is_off_says_so(small: Desk) -> None:
    post = small.with_settings("sms", backend="off")
    assert not post.available("sms")
    assert post.available("mail")
    assert small.post.available("sms")
    waiting = small.send_sms(quiet=True)
    post.deliver(waiting)
    row = small.row(waiting)
    assert (row.state, row.error) == ("failed", "sms.backend is off")


def test_a_message_whose_key_is_gone_is_given_up(small: Desk) -> None:
    waiting = small.send_sms(quiet=True)
    small.another_post(Keyring((b"x" * 32,))).deliver(waiting)
    row = small.row(waiting)
    assert row.state == "failed"
    assert "encryption key" in (row.error or "")


def test_an_unforeseen_exception_is_late_and_logged_without_its_text(
    small: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    use(small.post, "sms", RuntimeError(f"{NUMBER} {CODE}"))
    waiting = small.send_sms()
    assert small.post.wait(waiting, SOON) == "failed"
    row = small.row(waiting)
    assert (row.state, row.error) == ("late", "RuntimeError")
    assert "test_notify_post.py" in caplog.text
    assert NUMBER not in caplog.text
    assert CODE not in caplog.text


def test_a_database_that_fails_does_not_end_a_sender(
    small: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any) -> None:
        raise OSError(f"disk full near {CODE}")

    waiting = small.send_sms(quiet=True)
    with monkeypatch.context() as patch:
        patch.setattr(outbox, "lease", broken)
        assert small.post.deliver_due() == 1
    assert "could not be handled: OSError" in caplog.text
    assert CODE not in caplog.text
    assert small.post.deliver_due() == 1
    assert small.row(waiting).state == "sent"


# -- once


def test_of_many_threads_one_sends(office: Desk) -> None:
    rounds = 5
    posts = [office.another_post() for _ in range(4)]
    ways = [use(post, "sms") for post in posts]
    for number in range(1, rounds + 1):
        waiting = office.send_sms(quiet=True)
        start = threading.Barrier(len(posts))

        def race(post: Post, waiting: str = waiting, start: Any = start) -> None:
            start.wait(SOON)
            post.deliver(waiting)

        threads = [threading.Thread(target=race, args=(post,)) for post in posts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sum(len(way.letters) for way in ways) == number
        assert office.row(waiting).state == "sent"


def deliver_in_a_process(url: str, directory: str, start: Any, ids: list[str]) -> None:
    """Race for each message in turn, as a process of its own."""
    made = engine(url, create=False)
    post = Post(settings(Path(directory)), KEYRING, made)
    for outbox_id in ids:
        start.wait(60)
        post.deliver(outbox_id)
    made.dispose()


def test_of_two_processes_one_sends(office: Desk, database_url: str, tmp_path: Path) -> None:
    ids = [office.send_sms(quiet=True) for _ in range(8)]
    spawn = multiprocessing.get_context("spawn")
    arguments = (database_url, str(tmp_path), spawn.Barrier(2), ids)
    racers = [spawn.Process(target=deliver_in_a_process, args=arguments) for _ in range(2)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join(90)
    assert [racer.exitcode for racer in racers] == [0, 0]
    for racer in racers:
        racer.close()
    assert len(office.files()) == len(ids)
    assert [office.row(each).attempts for each in ids] == [1] * len(ids)


def test_the_message_of_a_sender_that_died_is_sent_when_its_lease_is_over(
    office: Desk, travel: Travel
) -> None:
    waiting = office.send_sms(quiet=True)
    with work(office.engine) as unit:
        assert outbox.lease(unit, waiting, 30) is not None
    travel.on(29)
    office.post.deliver(waiting)
    assert office.row(waiting).state == "due"
    travel.on(2)
    assert office.post.deliver_due() == 1
    assert office.row(waiting).state == "sent"


def test_a_text_message_that_ends_its_senders_is_given_up(small: Desk, travel: Travel) -> None:
    waiting = small.send_sms(quiet=True)
    for _ in range(2):
        with work(small.engine) as unit:
            assert outbox.lease(unit, waiting, 30) is not None
        travel.on(31)
    small.post.deliver(waiting)
    row = small.row(waiting)
    assert (row.state, row.sealed) == ("failed", None)
    assert "given up" in (row.error or "")
    assert small.files() == []


def test_a_sender_that_outlived_its_lease_changes_nothing(office: Desk, travel: Travel) -> None:
    waiting = office.send_mail(quiet=True)
    with work(office.engine) as unit:
        slow = outbox.lease(unit, waiting, 30)
    travel.on(31)
    with work(office.engine) as unit:
        assert outbox.lease(unit, waiting, 30) is not None
    before = office.row(waiting)
    assert slow is not None
    with work(office.engine) as unit:
        outbox.mark_late(unit, slow, 0, "slow")
        outbox.mark_failed(unit, slow, "slow")
    assert office.row(waiting) == before
    with work(office.engine) as unit:
        outbox.mark_sent(unit, slow, "it did arrive")
    assert office.row(waiting).state == "sent"


# -- threads and limits


def test_mails_that_hang_do_not_hold_up_text_messages(small: Desk) -> None:
    free = threading.Event()
    use(small.post, "mail", *[lambda: str(free.wait(SOON))] * 8)
    mails = [small.send_mail() for _ in range(8)]
    assert small.post.wait(small.send_sms(), SOON) == "sent"
    free.set()
    assert [small.post.wait(mail, SOON) for mail in mails] == ["sent"] * 8


def test_a_call_that_hangs_is_left_alone_in_time(small: Desk) -> None:
    free = threading.Event()
    post = small.with_settings("sms", twilio_timeout=0.2)
    use(post, "sms", lambda: str(free.wait(SOON)))
    waiting = small.send_sms(quiet=True)
    post.deliver(waiting)
    row = small.row(waiting)
    free.set()
    assert (row.state, row.error) == ("late", "no answer within 0.2 s")


def test_no_further_call_begins_while_too_many_hang() -> None:
    free, limit = threading.Event(), Limit(stuck=2)
    for _ in range(2):
        with pytest.raises(Late, match="no answer"):
            limit.call(0.01, lambda: str(free.wait(SOON)))
    with pytest.raises(Late, match="still hang"):
        limit.call(SOON, lambda: "never called")
    free.set()
    assert until(lambda: answers(limit))


def answers(limit: Limit) -> bool:
    try:
        return limit.call(SOON, lambda: "again") == "again"
    except Late:
        return False


def test_a_limit_passes_on_answers_and_exceptions() -> None:
    def refuse() -> str:
        raise TimeoutError("of the socket")

    assert Limit().call(SOON, lambda: "reference") == "reference"
    with pytest.raises(TimeoutError, match="of the socket"):
        Limit().call(SOON, refuse)


def test_senders_are_few_and_end_with_their_work() -> None:
    free, most, names, lock = threading.Event(), 0, set(), threading.Lock()

    def job(outbox_id: str) -> None:
        nonlocal most
        with lock:
            names.add(outbox_id)
            most = max(most, senders._running)
        free.wait(SOON)

    senders = Senders(job, limit=3)
    assert senders._running == 0
    for number in range(10):
        senders.submit(str(number))
    free.set()
    assert until(lambda: senders._running == 0)
    assert names == {str(number) for number in range(10)}
    assert most == 3


def test_a_process_that_can_start_no_thread_leaves_the_message_to_the_worker(
    small: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        waiting = small.send_sms()
        with pytest.raises(Late, match="no thread"):
            Limit().call(1, lambda: None)
    assert small.row(waiting).state == "due"
    assert small.post.deliver_due() == 1
    assert small.row(waiting).state == "sent"


def test_a_post_is_cheap_until_it_is_used(small: Desk) -> None:
    before = threading.active_count()
    small.another_post()
    assert threading.active_count() == before
    program = "import sys, idp.notify, idp.app; print('twilio' in sys.modules)"
    answer = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "False"


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


def until(condition: Callable[[], bool]) -> bool:
    """Poll until the condition holds; False when it does not in time."""
    deadline = time.monotonic() + SOON
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True
