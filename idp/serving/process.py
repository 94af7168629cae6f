"""What a server's processes ask of the operating system: memory, files, their end, a port.

Each asks for what it can get and goes on without.
"""

import ctypes
import multiprocessing
import resource
import signal
import socket
import threading
from collections.abc import Callable
from contextlib import suppress

_M_MMAP_THRESHOLD = -3
"""From glibc's malloc.h."""
_PR_SET_PDEATHSIG = 1
"""From Linux's prctl.h."""
LARGE_BYTES = 4 * 1024 * 1024
_TRY_SECONDS = 0.1


def return_large_memory() -> None:
    """Have malloc give back what is large as soon as it is freed.

    Argon2 takes 19 MiB for each password, in whichever thread; glibc would keep that much for
    every one of them.
    """
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, LARGE_BYTES)


def end_with_parent() -> None:
    """Have Linux tell this process to end when the one that started it is gone.

    Workers of a main process that was killed would serve on, looked after by no one, and keep the
    next one from its port.
    """
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    starter = multiprocessing.parent_process()
    if starter is not None and not starter.is_alive():
        raise SystemExit("the main process of the server is gone")


def allow_open_files(count: int) -> None:
    """Let this process and its children open `count` files, or as many as it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = count if hard == resource.RLIM_INFINITY else min(count, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def when_it_listens(host: str, port: int, then: Callable[[], None]) -> None:
    """Call `then`, once and in a thread of its own, when the address takes connections."""
    target = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 it asks, no bind

    def ask() -> None:
        pause = threading.Event()
        while not _listens(target, port):
            pause.wait(_TRY_SECONDS)
        then()

    threading.Thread(target=ask, name="acrux-listens", daemon=True).start()


def _listens(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=_TRY_SECONDS * 10):
            return True
    except OSError:
        return False
