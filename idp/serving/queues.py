"""Connections that have come and were not taken yet: a socket that closes resets them.

The client of one of them has sent its request already, and is told nothing. So before a socket that
listens is closed nobody else is let in (`bar`), and who waits is taken (`emptied`). Of Linux;
elsewhere there is neither.
"""

import ctypes
import os
import socket
import struct
import time
from contextlib import suppress

_ATTACH_FILTER = 26
"""SO_ATTACH_FILTER of asm-generic/socket.h, which Python does not name."""
_DROP = struct.pack("HBBI", 0x06, 0, 0, 0)
"""BPF_RET with 0: of each packet nothing is kept (socket(7), linux/filter.h)."""
_UNTAKEN = struct.Struct("@24xI")
"""tcpi_unacked of struct tcp_info: of a socket that listens, how many wait to be taken."""
_LOOK_SECONDS = 0.002


def bar(listening: socket.socket) -> None:
    """Let no further connection begin at this socket, in whatever process: who tries, tries again.

    Those that wait to be taken still wait. It holds until the socket is closed for good, so never
    for one that outlives us.
    """
    drop = ctypes.create_string_buffer(_DROP, len(_DROP))
    program = struct.pack("@HP", 1, ctypes.addressof(drop))
    with suppress(OSError):
        listening.setsockopt(socket.SOL_SOCKET, _ATTACH_FILTER, program)


def emptied(listening: int, seconds: float) -> None:
    """Return when nobody waits to be taken at this socket, or after so many seconds."""
    until = time.monotonic() + seconds
    with suppress(OSError), socket.socket(fileno=os.dup(listening)) as one:
        while _waiting(one) and time.monotonic() < until:
            time.sleep(_LOOK_SECONDS)


def _waiting(one: socket.socket) -> int:
    told = getattr(socket, "TCP_INFO", None)
    if told is None:
        return 0
    info = one.getsockopt(socket.IPPROTO_TCP, told, _UNTAKEN.size)
    return int(_UNTAKEN.unpack(info)[0])
