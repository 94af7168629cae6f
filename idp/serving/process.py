"""What a process asks of the operating system, memory and files, and of Python when it loads.

Each asks for what it can get and goes on without.
"""

import ctypes
import gc
import resource
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager, suppress

_M_MMAP_THRESHOLD = -3
"""From glibc's malloc.h."""
TUNABLES = "GLIBC_TUNABLES"
LARGE_BYTES = 4 * 1024 * 1024


def return_large_memory() -> None:
    """Have malloc give back what is large as soon as it is freed.

    Argon2 takes 19 MiB for each password, in whichever thread; glibc would keep that much for
    every one of them.
    """
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, LARGE_BYTES)


def take_large_pages(environ: MutableMapping[str, str]) -> None:
    """Let the processes that are started with `environ` have large memory in large pages.

    What is given back as soon as it is freed is asked for anew by the next: in pages of 4 KiB that
    takes two thirds of the time of an Argon2 hash itself. glibc reads it (from 2.35) as it starts;
    whoever runs the server may have said otherwise.
    """
    environ.setdefault(TUNABLES, "glibc.malloc.hugetlb=1")


def allow_open_files(count: int) -> None:
    """Let this process and its children open `count` files, or as many as it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = count if hard == resource.RLIM_INFINITY else min(count, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


@contextmanager
def loading() -> Iterator[None]:
    """Load what stays until this process ends, within the `with`.

    To look through it for garbage, meanwhile and ever after, is a sixth of the time to start.
    """
    gc.disable()
    try:
        yield
        gc.freeze()
    finally:
        gc.enable()
