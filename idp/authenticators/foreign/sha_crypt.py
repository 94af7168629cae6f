"""SHA-crypt, the `$5$` and `$6$` of Unix (Drepper, "Unix crypt using SHA-256 and SHA-512").

Python has had no crypt since 3.13, and no package that is kept brings it.
"""

import hashlib
from collections.abc import Callable
from typing import Any

HASHES: dict[str, Callable[[bytes], Any]] = {
    "crypt5": hashlib.sha256,
    "crypt6": hashlib.sha512,
}
DEFAULT_ROUNDS = 5000
_LETTERS = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SIZES = {"crypt5": 32, "crypt6": 64}


def digest(kind: str, password: bytes, salt: bytes, rounds: int) -> bytes:
    """Return the digest of `password`: steps 1 to 21 of the paper."""
    hashed = HASHES[kind]
    size = _SIZES[kind]
    other = hashed(password + salt + password).digest()
    first = hashed(password + salt + _repeated(other, len(password)))
    bits = len(password)
    while bits:
        first.update(other if bits & 1 else password)
        bits >>= 1
    last: bytes = first.digest()
    each = _repeated(hashed(password * len(password)).digest(), len(password))
    salted = _repeated(hashed(salt * (16 + last[0])).digest(), len(salt))
    for number in range(rounds):
        text = each if number & 1 else last
        text += salted if number % 3 else b""
        text += each if number % 7 else b""
        text += last if number & 1 else each
        last = hashed(text).digest()
    return last[:size]


def _repeated(data: bytes, length: int) -> bytes:
    return (data * (length // len(data) + 1))[:length]


def decoded(kind: str, text: str) -> bytes:
    """Return the bytes that the letters of a `$5$` or `$6$` stand for.

    Raises:
        ValueError: they are none.
    """
    order = _order(kind)
    size, found, place = _SIZES[kind], bytearray(_SIZES[kind]), 0
    if len(text) != -(-size * 8 // 6):
        raise ValueError("its length is another")
    for start in range(0, len(order), 3):
        group = order[start : start + 3]
        letters = text[place : place + len(group) + 1]
        place += len(letters)
        value = sum(_LETTERS.index(letter) << (6 * n) for n, letter in enumerate(letters))
        for number, byte in enumerate(reversed(group)):
            found[byte] = value >> (8 * number) & 0xFF
    return bytes(found)


def _order(kind: str) -> list[int]:
    """Return the places of a digest in the order in which they are written, three by three."""
    if kind == "crypt5":
        third, turn = 10, 1
        found = [[n, n + third, n + 2 * third] for n in range(third)]
    else:
        third, turn = 21, 2
        found = [[n, n + third, n + 2 * third] for n in range(third)]
    groups = [group[-(n * turn) % 3 :] + group[: -(n * turn) % 3] for n, group in enumerate(found)]
    rest = [31, 30] if kind == "crypt5" else [63]
    return [place for group in groups for place in group] + rest
