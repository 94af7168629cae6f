"""The threads of delivery: those that send, those that wait for word, and a limit on both.

No thread outlives its work: a sender ends when nothing is left to send, so a process that never
sends has none, and one made by fork inherits none. Knows ids and calls only, never a letter.
"""

import logging
import queue
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager
from functools import partial

from idp import spans

_log = logging.getLogger(__name__)

Word = queue.SimpleQueue[str]


class Senders:
    """Up to `limit` daemon threads that call `job` with each id handed in, in order."""

    def __init__(self, job: Callable[[str], object], limit: int = 4) -> None:
        self._job = job
        self._limit = limit
        self._lock = threading.Condition()
        self._calls: deque[Callable[[], object]] = deque()
        self._running = 0

    def submit(self, outbox_id: str) -> None:
        """Have `job(outbox_id)` called soon; returns at once and never raises."""
        call = partial(spans.carried(self._job), outbox_id)
        with self._lock:
            self._calls.append(call)
            if self._running >= self._limit:
                return
            self._running += 1
        try:
            threading.Thread(target=self._run, name="acrux-sender", daemon=True).start()
        except RuntimeError:
            # The transaction is committed, so nothing is lost: the worker will send it.
            _log.warning("no thread could be started to send messages")
            with self._lock:
                self._ended()

    def settle(self, seconds: float) -> bool:
        """Wait until nothing is being sent, at most `seconds`; say whether that is so."""
        with self._lock:
            return self._lock.wait_for(lambda: self._running == 0, seconds)

    def _ended(self) -> None:
        self._running -= 1
        self._lock.notify_all()

    def _run(self) -> None:
        while True:
            with self._lock:
                if not self._calls:
                    self._ended()
                    return
                call = self._calls.popleft()
            call()


class Waiting:
    """Who waits in this process for word about a message: at most `seats` callers at once."""

    def __init__(self, seats: int = 4) -> None:
        self._seats = threading.BoundedSemaphore(seats)
        self._lock = threading.Lock()
        self._listeners: dict[str, list[Word]] = {}

    @contextmanager
    def listen(self, outbox_id: str) -> Iterator[Word | None]:
        """Hear what is told of a message from now on; None when every seat is taken."""
        if not self._seats.acquire(blocking=False):
            yield None
            return
        word: Word = queue.SimpleQueue()
        with self._lock:
            self._listeners.setdefault(outbox_id, []).append(word)
        try:
            yield word
        finally:
            with self._lock:
                self._listeners[outbox_id].remove(word)
                if not self._listeners[outbox_id]:
                    del self._listeners[outbox_id]
            self._seats.release()

    def tell(self, outbox_id: str, state: str) -> None:
        """Let everyone who waits for this message know its state."""
        with self._lock:
            for word in self._listeners.get(outbox_id, ()):
                word.put(state)


class Late(Exception):
    """A call did not end in time, or was not begun because too many others hang."""


class Limit:
    """Bounds how long a call may take, whatever it is stuck in: DNS, connecting, or a slow answer.

    Time-outs of sockets bound one step each, and nothing bounds a name look-up. A call that is late
    is left to itself in its thread; while `stuck` of them hang, no further one is begun.
    """

    def __init__(self, stuck: int = 16) -> None:
        self._places = threading.BoundedSemaphore(stuck)

    def call(self, seconds: float, function: Callable[[], str | None]) -> str | None:
        """Return what `function()` returns, or raise what it raises, within `seconds`.

        Raises:
            Late: there was no answer in time.
        """
        if not self._places.acquire(blocking=False):
            raise Late("too many earlier attempts still hang")
        answer: Future[str | None] = Future()
        attempt = threading.Thread(
            target=spans.carried(self._run),
            args=(function, answer),
            name="acrux-attempt",
            daemon=True,
        )
        try:
            attempt.start()
        except RuntimeError:
            self._places.release()
            raise Late("no thread could be started") from None
        wait([answer], seconds)
        if not answer.done():
            raise Late(f"no answer within {seconds:g} s")
        return answer.result()

    def _run(self, function: Callable[[], str | None], answer: Future[str | None]) -> None:
        try:
            answer.set_result(function())
        except BaseException as error:
            answer.set_exception(error)
        finally:
            self._places.release()
