"""Signed notes (C2SP signed-note): a text, and below it the lines of those who signed it.

Ed25519 alone. A text is believed only when a key that the reader already knows has signed it;
lines of other keys say nothing, whoever they claim to be from.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

MAX_SIGNATURES = 100
"""More lines are refused: whoever relays a note could add any number of them."""
_KEY_BYTES = 32
_KEY_ID_BYTES = 4
_SIGNATURE_BYTES = 64
_TIME_BYTES = 8
_DASH = "\u2014 "
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")


class NoteError(ValueError):
    """A text is no signed note, a key is none, or a known key's signature is wrong."""


class Kind(IntEnum):
    """What a key signs: its type in the standard's list."""

    NOTE = 0x01
    COSIGNATURE = 0x04
    """The note with a time before it, as a witness does it (C2SP tlog-cosignature)."""


@dataclass(frozen=True)
class Signature:
    """A line below a note."""

    name: str
    key_id: bytes
    value: bytes


@dataclass(frozen=True)
class Note:
    """A text with signatures that nobody has checked yet."""

    text: str
    signatures: tuple[Signature, ...]

    def __str__(self) -> str:
        lines = [
            f"{_DASH}{one.name} {_base64(one.key_id + one.value)}\n" for one in self.signatures
        ]
        return f"{self.text}\n{''.join(lines)}"


@dataclass(frozen=True)
class VerifierKey:
    """A key whose signatures are believed, under the name of its holder."""

    name: str
    public: bytes
    kind: Kind = Kind.NOTE

    def __post_init__(self) -> None:
        """Refuse what could not stand in a line.

        Raises:
            NoteError: the name holds a space or a plus sign or nothing, or the key is not one of
                Ed25519.
        """
        if not _is_name(self.name):
            raise NoteError("a key's name is not empty and holds neither spaces nor plus signs")
        if len(self.public) != _KEY_BYTES:
            raise NoteError("a public key of Ed25519 has 32 bytes")

    @cached_property
    def key_id(self) -> bytes:
        """Return the four bytes that a signature line names the key by."""
        named = self.name.encode() + b"\n" + bytes([self.kind]) + self.public
        return hashlib.sha256(named).digest()[:_KEY_ID_BYTES]

    def __str__(self) -> str:
        """Return the key as one word, as configurations of verifiers hold it."""
        return f"{self.name}+{self.key_id.hex()}+{_base64(bytes([self.kind]) + self.public)}"

    def accepts(self, text: str, signature: bytes) -> bool:
        """Tell whether this key made the signature over the text."""
        signed = text.encode()
        if self.kind is Kind.COSIGNATURE:
            moment = cosigned_at(signature)
            if moment is None:
                return False
            signed = f"cosignature/v1\ntime {moment}\n".encode() + signed
            signature = signature[_TIME_BYTES:]
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, signed)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True)
class Signer:
    """A private key with the name that it signs under."""

    name: str
    private: bytes
    """The 32 bytes of RFC 8032 section 5.1.5."""

    @cached_property
    def _key(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.private)

    @cached_property
    def verifier(self) -> VerifierKey:
        """Return what others check its signatures with."""
        return VerifierKey(self.name, self._key.public_key().public_bytes_raw())

    def sign(self, text: str) -> Note:
        """Return the text as a note with this one signature.

        Raises:
            NoteError: the text holds control characters, is empty, or does not end a line.
        """
        _check_text(text)
        signature = Signature(self.name, self.verifier.key_id, self._key.sign(text.encode()))
        return Note(text, (signature,))

    def __repr__(self) -> str:
        return f"Signer({self.name!r})"


def parse_key(text: str) -> VerifierKey:
    """Return the key that one word stands for: name, key id and key between plus signs.

    Raises:
        NoteError: it has another form or another algorithm, or its id is not that of the key.
    """
    name, _, rest = text.partition("+")
    key_id, _, encoded = rest.partition("+")
    raw = _from_base64(encoded)
    if not raw or raw[0] not in list(Kind):
        raise NoteError("this is no verifier key for Ed25519: name+id+key")
    key = VerifierKey(name, raw[1:], Kind(raw[0]))
    if key_id != key.key_id.hex():
        raise NoteError("the id in a verifier key is not that of its name and key")
    return key


def parse(raw: bytes) -> Note:
    """Return the note, without believing it.

    Raises:
        NoteError: it is not UTF-8, holds control characters, or has no lines of signatures.
    """
    try:
        whole = raw.decode()
    except UnicodeDecodeError:
        raise NoteError("a signed note is UTF-8") from None
    text, gap, below = whole.rpartition("\n\n")
    if not gap or not below.endswith("\n"):
        raise NoteError("a signed note has a blank line, and whole lines of signatures below it")
    _check_text(text + "\n")
    lines = below[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise NoteError(f"a signed note has at most {MAX_SIGNATURES} signatures")
    return Note(text + "\n", tuple(_signature(line) for line in lines))


def verified(note: Note, keys: Iterable[VerifierKey]) -> Sequence[tuple[VerifierKey, Signature]]:
    """Return which known keys signed the note, in the order of its lines.

    Raises:
        NoteError: no known key did, or the signature of one is wrong.
    """
    known = {(key.name, key.key_id): key for key in keys}
    found: dict[VerifierKey, Signature] = {}
    for signature in note.signatures:
        key = known.get((signature.name, signature.key_id))
        if key is None or key in found:
            continue
        if not key.accepts(note.text, signature.value):
            raise NoteError(f"the signature of {key.name} is wrong")
        found[key] = signature
    if not found:
        raise NoteError("no key that is known has signed this")
    return list(found.items())


def cosigned_at(signature: bytes) -> int | None:
    """Return when a witness signed, in seconds since 1970, or None for no such signature."""
    if len(signature) != _TIME_BYTES + _SIGNATURE_BYTES:
        return None
    moment = int.from_bytes(signature[:_TIME_BYTES], "big")
    return moment if moment < 2**63 else None


def _check_text(text: str) -> None:
    if not text.endswith("\n"):
        raise NoteError("the text of a note ends with the end of a line")
    if _CONTROL.search(text):
        raise NoteError("a note holds no control characters")


def _signature(line: str) -> Signature:
    dash, name, encoded = line[:2], *line[2:].partition(" ")[::2]
    raw = _from_base64(encoded)
    if dash != _DASH or not _is_name(name) or len(raw) <= _KEY_ID_BYTES:
        raise NoteError("a line of a signature is a dash, a name and a signature in base64")
    return Signature(name, raw[:_KEY_ID_BYTES], raw[_KEY_ID_BYTES:])


def _is_name(name: str) -> bool:
    return bool(name) and not any(one.isspace() or one == "+" or one < " " for one in name)


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _from_base64(text: str) -> bytes:
    """Return the bytes, or none where `text` is not exactly how they are written."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
    return raw if _base64(raw) == text else b""
