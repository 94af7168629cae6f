"""What can become of a file on its way: cut off, a bit turned, rewritten."""

import os
from collections.abc import Callable


def flip(at: float) -> Callable[[bytes], bytes]:
    def change(raw: bytes) -> bytes:
        place = int(len(raw) * at) if at < 1 else int(at)
        return raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]

    return change


def other_number(raw: bytes) -> bytes:
    return raw.replace(b'"epoch": 0', b'"epoch": 1')


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda raw: b"",
    "cut off in the manifest": lambda raw: raw[:700],
    "cut off in the database": lambda raw: raw[: len(raw) // 2],
    "one byte short": lambda raw: raw[:-1],
    "longer": lambda raw: raw + b"\0",
    "a bit of the first header": flip(110),
    "a bit of the manifest": flip(600),
    "a bit of what fills up the manifest": flip(512 + 1500),
    "a bit of the second header": flip(2048 + 110),
    "a bit of the database": flip(0.5),
    "a bit of the end": lambda raw: flip(len(raw) - 1)(raw),
    "another number in the manifest": other_number,
    "another name": lambda raw: raw.replace(b"database.sqlite\0\0\0", b"../../tmp/sqlite\0\0"),
    "no backup at all": lambda raw: os.urandom(4096),
}
