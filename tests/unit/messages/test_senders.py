"""The threads of delivery: few, short-lived, and never held up for long by what hangs."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable

import pytest

from idp.messages.senders import Late, Limit, Senders, Waiting
from tests.support.post import (
    SOON,
    Desk,
    use,
)


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
    assert (row.state, row.error) == ("late", "no answer within 0.18 s")


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


@pytest.mark.slow
def test_a_post_is_cheap_until_it_is_used(small: Desk) -> None:
    before = threading.active_count()
    small.another_post()
    assert threading.active_count() == before
    program = "import sys, idp.messages, idp.app; print('twilio' in sys.modules)"
    answer = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "False"


def until(condition: Callable[[], bool]) -> bool:
    """Poll until the condition holds; False when it does not in time."""
    deadline = time.monotonic() + SOON
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def test_settling_waits_until_the_last_message_is_dealt_with() -> None:
    go, done = threading.Event(), []

    def job(outbox_id: str) -> None:
        assert go.wait(10)
        done.append(outbox_id)

    senders = Senders(job, limit=2)
    assert senders.settle(0)
    for outbox_id in ("one", "two", "three"):
        senders.submit(outbox_id)
    assert not senders.settle(0.05)
    go.set()
    assert senders.settle(10)
    assert sorted(done) == ["one", "three", "two"]
