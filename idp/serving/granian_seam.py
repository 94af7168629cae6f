"""Where granian's own parts are replaced: alone imports its private modules (2.8).

Its RSGI interface tells header lines apart, which its WSGI interface does not, but runs each
request as a task of an event loop: 110 µs more for a request, measured, where all of discovery
takes 130. So what it would schedule on the loop is done in the very thread that brings it, of as
many as its WSGI interface would have. Its main process gives up after two crashes within 5.5
seconds; ours goes on with the processes that are well.
"""

import asyncio
import atexit
import os
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from granian._futures import _BaseCBScheduler
from granian._loops import loops
from granian.server import mp

from idp.serving.bodies import Reading
from idp.serving.gateway import Gateway

LOOP = "acrux"
CRASHES = 12
CRASH_SECONDS = 60
"""So many crashes within so many seconds end the server: then it is no accident."""
RESPAWN_SECONDS = 0.5
"""A pause before a process is replaced, so that one that cannot start does not take a core."""


class _Loop(asyncio.SelectorEventLoop):
    """The loop of a worker process: for signals and the end; pieces of bodies go past it."""

    def call_soon_threadsafe(  # type: ignore[override]
        self, callback: Any, *args: Any, context: Any = None
    ) -> Any:
        if isinstance(callback, Reading):
            # A thread of the server brings a piece, and may go on with the request.
            return callback(*args)
        return super().call_soon_threadsafe(callback, *args, context=context)

    def call_soon(  # type: ignore[override]
        self, callback: Any, *args: Any, context: Any = None
    ) -> Any:
        if isinstance(callback, Reading):
            # The piece was there before anyone asked. Not at once: the caller is a reading, and
            # with many small pieces one would stand upon the other.
            return super().call_soon_threadsafe(callback, *args, context=context)
        return super().call_soon(callback, *args, context=context)


@loops.register(LOOP)
def _loop() -> asyncio.AbstractEventLoop:
    loop = _Loop()
    asyncio.set_event_loop(loop)
    return loop


class _Scheduler(_BaseCBScheduler):
    """Takes each request from the server; granian's own makes a task of it."""

    def __init__(self, loop: _Loop, *_others: Any) -> None:
        super().__init__()


class Door:
    """What granian takes for an RSGI application; it is opened in each worker process."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        mp._new_cbscheduler = self._scheduler

    async def __rsgi__(self, scope: Any, proto: Any) -> None:
        """By this granian knows an RSGI application. It is never called: see `_scheduler`."""
        raise AssertionError("requests come by the scheduler")

    def __rsgi_del__(self, _loop: Any) -> None:
        self._gateway.close()
        # Threads of the server may still come for the interpreter, and die of its end with a word
        # of their own (before Python 3.14 their stack is unwound, which Rust does not allow).
        atexit.register(os._exit, 0)

    def _scheduler(self, loop: _Loop, callback: Any, impl_asyncio: bool = False) -> _Scheduler:
        found = _Scheduler(loop, callback, None, None, None)
        found._schedule_fn = self._gateway.arrive  # type: ignore[attr-defined]
        return found


class Server(mp.MPServer):
    """granian's main process: replaces workers that died, and gives up only on a series."""

    def __init__(self, *, threads: int, **options: Any) -> None:
        """`threads` is how many requests a worker process handles at once."""
        super().__init__("idp.app:create_app", **options)
        self._threads = threads

    def startup(self, spawn_target: Callable[..., None], target_loader: Any) -> None:
        # After granian's own check, which wants one thread for the sake of its event loop.
        self.blocking_threads = self._threads
        super().startup(spawn_target, target_loader)

    def _serve_loop(self, spawn_target: Callable[..., None], target_loader: Any) -> None:
        crashes: deque[float] = deque(maxlen=CRASHES)
        while True:
            self.main_loop_interrupt.wait()
            # Before the signals are read: one that comes later sets it again.
            self.main_loop_interrupt.clear()
            if self.interrupt_signal:
                return
            if self.reload_signal:
                self._reload(spawn_target, target_loader)
            dead = sorted(set(self.interrupt_children))
            crashes.extend([time.monotonic()] * len(dead))
            if len(crashes) == CRASHES and crashes[-1] - crashes[0] < CRASH_SECONDS:
                return
            for number in dead:
                self.interrupt_children.remove(number)
            if dead:
                time.sleep(RESPAWN_SECONDS)
                self._respawn_workers(dead, spawn_target, target_loader)
