"""Where granian is used: alone imports it, and what is private of it (2.8).

Its worker in Rust is started without its main process, which gives each of its processes a socket
of its own: what waits in that one is lost with the process. Its RSGI interface tells header lines
apart, which its WSGI interface does not, but runs each request as a task of an event loop: 110 µs
more for a request, measured, where all of discovery takes 130. So what it would schedule on the
loop is done in the very thread that brings it, of as many as its WSGI interface would have.
"""

import asyncio
import atexit
import logging
import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from granian._futures import _BaseCBScheduler
from granian._granian import RSGIWorker, SocketHolder, WorkerSignal
from granian.constants import SSLProtocols
from granian.http import HTTP1Settings

from idp.serving.bodies import Reading
from idp.serving.gateway import Gateway
from idp.serving.leaving import IDLE_SECONDS, SOON_SECONDS, Leaving
from idp.serving.processes.listening import BACKLOG

CONNECTIONS = 2048
"""Open connections of one process; more wait to be accepted."""
HEADER_SECONDS = 10
"""A client that has not sent its request line and headers by then is dropped."""
IDLE_THREAD_SECONDS = 30
_WORKER: Any = RSGIWorker
_HOLDER: Any = SocketHolder
"""Both are of Rust, and what granian's stubs say of them is of an earlier version."""


class _Loop(asyncio.SelectorEventLoop):
    """The loop of a process that serves: for signals and the end; pieces of bodies go past it."""

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


class _Scheduler(_BaseCBScheduler):
    """Takes each request from the server; granian's own makes a task of it."""

    def __init__(self, loop: _Loop, *_others: Any) -> None:
        super().__init__()


class Server:
    """granian's part of a process that serves, from the listening socket to the gateway."""

    def __init__(
        self,
        gateway: Gateway,
        listening: int,
        *,
        threads: int,
        certificate: tuple[Path, Path] | None = None,
        tls12: bool = False,
    ) -> None:
        """`threads` is how many requests are handled at once, `certificate` its file and key's."""
        logging.getLogger("_granian").setLevel(logging.ERROR)
        self._gateway = gateway
        self._loop = _Loop()
        asyncio.set_event_loop(self._loop)
        self._over = WorkerSignal()
        self._leaving = Leaving(gateway, listening)
        self._worker = _WORKER(
            worker_id=1,
            sock=(None, _HOLDER(listening, False, BACKLOG)),
            ipc=None,
            py_threads=threads,
            py_threads_idle_timeout=IDLE_THREAD_SECONDS,
            backpressure=CONNECTIONS,
            http_mode="1",
            http1_opts=HTTP1Settings(header_read_timeout=HEADER_SECONDS * 1000),
            **_tls(certificate, tls12=tls12),
            metrics=(None, None),
        )

    def retire(self) -> None:
        """Others have taken over: end when the last connection is idle."""
        self._end_after(IDLE_SECONDS)

    def end(self) -> None:
        """End when what was asked is answered."""
        self._end_after(SOON_SECONDS)

    def run(self, serves: Callable[[], None]) -> None:
        """Serve until `end` or `retire` is through; `serves` is called when it does."""
        done = asyncio.Event()
        self._over.add_cb(lambda: self._loop.call_soon_threadsafe(done.set))
        self._loop.add_signal_handler(signal.SIGTERM, self.end)
        scheduler = _Scheduler(self._loop, None, None, None, None)
        scheduler._schedule_fn = self._gateway.arrive  # type: ignore[attr-defined]
        self._worker.serve_str(scheduler, self._loop, self._over)
        serves()
        self._loop.run_until_complete(done.wait())
        self._gateway.close()
        # Threads of the server may still come for the interpreter, and die of its end with a word
        # of their own (before Python 3.14 their stack is unwound, which Rust does not allow).
        atexit.register(os._exit, 0)

    def _end_after(self, quiet: float) -> None:
        def wait() -> None:
            if self._leaving.wait(quiet):
                self._loop.call_soon_threadsafe(self._over.set)

        threading.Thread(target=wait, name="acrux-leaving", daemon=True).start()


def _tls(certificate: tuple[Path, Path] | None, *, tls12: bool) -> dict[str, Any]:
    """Return what granian wants to know of TLS."""
    if certificate is None:
        return {"ssl_crl": []}
    file, key = (str(path.resolve()) for path in certificate)
    least = SSLProtocols.tls12 if tls12 else SSLProtocols.tls13
    return {
        "ssl_enabled": True,
        "ssl_cert": file,
        "ssl_key": key,
        "ssl_protocol_min": str(least),
        "ssl_crl": [],
    }
