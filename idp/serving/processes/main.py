"""The main process: starts a crew, replaces what ends, lets a new one take over, and ends all."""

import logging
import selectors
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from idp.errors import CommandError
from idp.serving.processes.child import Child
from idp.serving.processes.crew import Crew, Plan
from idp.serving.processes.manager import Manager

log = logging.getLogger("acrux.serving")
_ENDING = (signal.SIGTERM, signal.SIGINT)
_LONGEST_SLEEP = 5.0


class Main:
    """The main process of a server, until it is told to end."""

    def __init__(
        self,
        plan: Plan,
        manager: Manager,
        *,
        checked: Callable[[Crew], None],
        serves: Callable[[Crew], None],
    ) -> None:
        """`checked` is called with the first crew once it has checked, then `serves` once it does.

        `checked` may raise what keeps this process itself from serving.
        """
        self._plan = plan
        self._manager = manager
        self._checked = checked
        self._serves = serves
        self._crew = Crew(plan, patient=False)
        self._next: Crew | None = None
        self._leaving: list[Child] = []
        self._over = False
        self._ending = False
        self._wanted = False
        """Whether another crew is wanted, as soon as the one that comes is there."""

    def run(self) -> None:
        """Serve until SIGTERM or SIGINT; SIGHUP starts new processes in place of these.

        Raises:
            CommandError: the first crew cannot serve.
        """
        with self._watched() as woken:
            try:
                self._start(woken)
                self._serve(woken)
            finally:
                self._end(woken)

    def _start(self, woken: Callable[[], None]) -> None:
        checked = False
        while not self._crew.established and not self._over:
            woken()
            # On a busy machine it may serve by the time its checks are heard of: both are told.
            if self._crew.said and not checked:
                checked = True
                self._checked(self._crew)
            # A service manager tells all processes to end at once: that is no failure.
            if self._crew.failure and not self._over:
                raise CommandError(self._crew.failure)
        if not self._over:
            self._serves(self._crew)
            self._manager.ready("Serving")

    def _serve(self, woken: Callable[[], None]) -> None:
        while not self._over:
            woken()
            if self._wanted and self._next is None:
                self._wanted = False
                self._next = Crew(self._plan, patient=True)
                self._manager.reloading()
                log.info("new processes are started, to take over from these")
            if self._next:
                self._take_over(self._next)

    def _take_over(self, coming: Crew) -> None:
        if coming.failure:
            log.error(
                "the new processes do not take over: %s; those before serve on", coming.failure
            )
            self._leaving += coming.members
            for child in coming.members:
                child.end()
        elif coming.established:
            self._leaving += self._crew.members
            for child in self._crew.members:
                child.retire()
            self._crew = coming
            log.info("the new processes have taken over")
        else:
            return
        self._next = None
        self._manager.ready("Serving")

    def _end(self, woken: Callable[[], None]) -> None:
        self._ending = True
        self._manager.stopping()
        if self._plan.doors:
            self._plan.doors.close()
        crews = self._crews()
        self._leaving += [child for crew in crews for child in crew.members]
        for crew in crews:
            crew.members.clear()
        self._next = None
        for child in self._leaving:
            child.end()
        while self._leaving:
            woken()

    # -- what happens

    @contextmanager
    def _watched(self) -> Iterator[Callable[[], None]]:
        """Take signals, and yield what waits for the next that happens and takes it up."""
        reader, writer = socket.socketpair()
        reader.setblocking(False)
        writer.setblocking(False)
        numbers = (*_ENDING, signal.SIGHUP, signal.SIGCHLD)
        before = {number: signal.signal(number, self._note) for number in numbers}
        woken = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
        try:
            yield lambda: self._wait(reader)
        finally:
            signal.set_wakeup_fd(woken)
            for number, handler in before.items():
                signal.signal(number, handler)
            reader.close()
            writer.close()

    def _note(self, number: int, _frame: FrameType | None) -> None:
        if number in _ENDING:
            self._over = True
        elif number == signal.SIGHUP:
            self._wanted = True

    def _wait(self, reader: socket.socket) -> None:
        now = time.monotonic()
        crews = [] if self._ending else self._crews()
        for crew in crews:
            crew.fill(now)
        for child in self._leaving:
            child.hurry(now)
        # Of the kind that takes no file: there may be none left.
        with selectors.PollSelector() as selector:
            selector.register(reader, selectors.EVENT_READ)
            for child in self._open():
                selector.register(child.line, selectors.EVENT_READ)
            selector.select(self._sleep(crews, now))
        while _drained(reader):
            pass
        for crew in crews:
            self._hear(crew)
        self._bury(time.monotonic())

    def _open(self) -> list[Child]:
        return [child for crew in self._crews() for child in crew.members if child.talks]

    def _crews(self) -> list[Crew]:
        return [crew for crew in (self._crew, self._next) if crew]

    def _sleep(self, crews: list[Crew], now: float) -> float:
        times = [crew.wakes_at() for crew in crews]
        times += [child.deadline for child in self._leaving]
        known = [time for time in times if time is not None]
        return max(0.0, min([*known, now + _LONGEST_SLEEP]) - now)

    def _hear(self, crew: Crew) -> None:
        for child in list(crew.members):
            self._hear_one(crew, child)

    def _hear_one(self, crew: Crew, child: Child) -> None:
        for message in child.messages():
            crew.hear(child, message)

    def _bury(self, now: float) -> None:
        """Give up those that have ended."""
        for crew in self._crews():
            for child in list(crew.members):
                if child.process.poll() is not None:
                    # What it said before, it may have said just now.
                    self._hear_one(crew, child)
                    crew.lose(child, child.close(), now)
        for child in list(self._leaving):
            if child.process.poll() is not None:
                child.close()
                self._leaving.remove(child)


def _drained(reader: socket.socket) -> bytes:
    try:
        return reader.recv(4096)
    except BlockingIOError:
        return b""
