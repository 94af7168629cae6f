"""Attempts: one sender at a time, retried or given up by rule, and never after its time."""

import multiprocessing
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from idp import clock
from idp.crypto import Keyring
from idp.messages import Post
from idp.store.db import connections, work
from idp.store.messages import outbox
from tests.support.post import (
    CODE,
    KEYRING,
    NUMBER,
    REFUSED,
    SOON,
    TEMPORARY,
    Desk,
    Travel,
    engine,
    settings,
    use,
)
from tests.support.post import travel as travelling


@pytest.fixture
def travel(tmp_path: Path) -> Iterator[Travel]:
    with travelling(tmp_path) as traveller:
        yield traveller


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
    before = clock.now()
    late = office.send_sms()
    assert office.post.wait(late, SOON) == "failed"
    row = office.row(late)
    assert (row.state, row.error) == ("late", "busy")
    assert row.sealed is not None
    assert row.due_at - before in range(20, 20 + SOON)
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
    # The clock may go on between two looks at it.
    exact = [30, 60, 120, 240, 480, 900, 900]
    assert [0 <= a - b <= 5 for a, b in zip(pauses, exact, strict=False)] == [True] * 7
    assert sum(pauses) <= 3600 + 5 * len(pauses)
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
    assert way.letters[0].seconds in range(500 - SOON, 501)


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
    assert "in send\n" in caplog.text, "the place is told"
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
        assert small.post.deliver_due() == 0, "a worker that goes on while there is more would spin"
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
    connections.close(made)


@pytest.mark.slow
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
    travel.on(30 - SOON)
    office.post.deliver(waiting)
    assert office.row(waiting).state == "due"
    travel.on(SOON)
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
