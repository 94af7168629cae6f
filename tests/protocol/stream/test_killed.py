"""The worker that sends is killed in the middle, and nothing is lost."""

import os
import signal
import threading
from pathlib import Path

import pytest

from idp.store.db.statements import Statement
from tests.protocol.command import Acrux
from tests.protocol.stream.conftest import Hook, happen
from tests.support.programs.https import Answer
from tests.support.site import Site

SECONDS = 90


@pytest.mark.slow
def test_what_a_killed_worker_was_sending_arrives_by_the_next(
    streaming: Site, hook: Hook, tmp_path: Path
) -> None:
    acrux = Acrux(streaming.environ)
    with streaming.work() as work:
        before = int(work.value(Statement("SELECT coalesce(max(id), 0) FROM event")))
    happen(streaming, 700)
    reached, killed, all_there = threading.Event(), threading.Event(), threading.Event()

    def hang(_: int) -> Answer | None:
        # The first batch arrives and is acknowledged; of the second nobody hears the answer.
        if not hook.arrived:
            return None
        reached.set()
        killed.wait(SECONDS)
        hook.say = and_tell
        return None

    def and_tell(count: int) -> Answer | None:
        if len(set(hook.ids)) + count >= 700:
            all_there.set()
        return None

    hook.say = hang
    with acrux.at_work("worker") as first:
        assert reached.wait(SECONDS)
        os.kill(first.pid, signal.SIGKILL)
        first.wait()
    killed.set()
    # Its turn is over when nothing was heard of it for a while.
    streaming.advance(120)
    with acrux.at_work("worker") as second:
        assert all_there.wait(SECONDS)
        second.send_signal(signal.SIGTERM)
        second.wait(SECONDS)
    with streaming.work() as work:
        happened = work.column(
            Statement("SELECT id FROM event WHERE id > :id ORDER BY id LIMIT 700"), id=before
        )
    assert sorted(set(hook.ids))[:700] == happened
    assert len(hook.ids) > len(set(hook.ids)), "the batch in the middle comes twice"
