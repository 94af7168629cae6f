"""Pictures that may be shown as an application's logo: PNG, JPEG or WebP, small in every way.

Pure. Owns what a picture is: told by its own first bytes, never by its name or by what anyone says
of it. What can hold a script or another address (SVG) is none.
"""

import hashlib
import struct
from collections.abc import Callable

from idp import crypto
from idp.errors import CommandError

LARGEST = 32_768
"""Bytes: it is shown at 56 pixels, and travels within one request (`server.max_body`)."""
SIDES = range(16, 1025)
"""Pixels of each side: a small file may unfold into a picture that no telephone can hold."""
_PNG = b"\x89PNG\r\n\x1a\n"
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""The segments of a JPEG that say its size (ITU-T T.81, table B.1)."""
Size = tuple[int, int]


def kind(content: bytes) -> str | None:
    """Return `png`, `jpeg` or `webp`; None for anything else."""
    for name, begins in (("png", _PNG), ("jpeg", b"\xff\xd8\xff")):
        if content.startswith(begins):
            return name
    return "webp" if content[:4] == b"RIFF" and content[8:12] == b"WEBP" else None


def name_of(content: bytes) -> str:
    """Return what a picture is called: its digest, and its kind.

    Raises:
        CommandError: it is no picture that can be shown.
    """
    found = kind(content)
    if found is None:
        raise CommandError("a logo is a PNG, JPEG or WebP picture")
    if len(content) > LARGEST:
        raise CommandError(f"a logo has at most {LARGEST} bytes, this has {len(content)}")
    try:
        size = _SIZES[found](content)
    except (struct.error, IndexError):
        size = None
    if size is None or any(side not in SIDES for side in size):
        raise CommandError(f"a logo is {SIDES[0]} to {SIDES[-1]} pixels wide and high")
    return f"{digest(content)}.{found}"


def digest(content: bytes) -> str:
    """Return what a picture is kept by."""
    return crypto.base64url(hashlib.sha256(content).digest())


def _png(content: bytes) -> Size | None:
    """The first chunk says it (PNG, section 11.2.1)."""
    width, height = struct.unpack(">II", content[16:24])
    return (width, height) if content[12:16] == b"IHDR" else None


def _jpeg(content: bytes) -> Size | None:
    at = 2
    while at + 9 <= len(content) and content[at] == 0xFF:
        marker, length = content[at + 1], int.from_bytes(content[at + 2 : at + 4], "big")
        if marker in _FRAMES:
            height, width = struct.unpack(">HH", content[at + 5 : at + 9])
            return width, height
        at += 2 + max(length, 2)
    return None


def _webp(content: bytes) -> Size | None:
    """Three forms (RFC 9649 section 2): lossy, lossless, extended."""
    form, begins = content[12:16], content[20:30]
    if form == b"VP8 ":
        width, height = struct.unpack("<HH", content[26:30])
        return width & 0x3FFF, height & 0x3FFF
    if form == b"VP8L":
        bits = struct.unpack("<I", begins[1:5])[0]
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if form == b"VP8X":
        width, height = begins[4:7], begins[7:10]
        return int.from_bytes(width, "little") + 1, int.from_bytes(height, "little") + 1
    return None


_SIZES: dict[str, Callable[[bytes], Size | None]] = {"png": _png, "jpeg": _jpeg, "webp": _webp}
