"""What a server's processes ask of the operating system: memory and files.

Each asks for what it can get and goes on without.
"""

import ctypes
import resource
from contextlib import suppress

_M_MMAP_THRESHOLD = -3
"""From glibc's malloc.h."""
LARGE_BYTES = 4 * 1024 * 1024


def return_large_memory() -> None:
    """Have malloc give back what is large as soon as it is freed.

    Argon2 takes 19 MiB for each password, in whichever thread; glibc would keep that much for
    every one of them.
    """
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, LARGE_BYTES)


def allow_open_files(count: int) -> None:
    """Let this process and its children open `count` files, or as many as it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = count if hard == resource.RLIM_INFINITY else min(count, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
