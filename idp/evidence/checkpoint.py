"""Checkpoints (C2SP tlog-checkpoint): how many leaves a log had, and the root over them, signed."""

import base64
import binascii
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from idp.evidence.note import Note, NoteError, Signature, Signer, VerifierKey, verified
from idp.evidence.tree import HASH_BYTES

MAX_SIZE = 2**63 - 1
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


@dataclass(frozen=True)
class Checkpoint:
    """What a log says of itself."""

    origin: str
    """The name of the log."""
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()
    """Further lines; nobody can check what they say."""

    @property
    def text(self) -> str:
        """Return what is signed."""
        root = base64.b64encode(self.root).decode()
        lines = [self.origin, str(self.size), root, *self.extensions]
        return "".join(f"{line}\n" for line in lines)


def origin(issuer: str) -> str:
    """Return what the ledger of an issuer is called: its address without scheme, and `/evidence`.

    A plus sign, which a key's name cannot hold, is written as a URL may write it.
    """
    name = issuer.partition("://")[2].rstrip("/") + "/evidence"
    return quote(name, safe="/:[]!$&'()*,;=@%-._~").replace("+", "%2B")


def parse(text: str) -> Checkpoint:
    """Return what the text of a note says.

    Raises:
        NoteError: it is no checkpoint.
    """
    if not text.endswith("\n"):
        raise NoteError("a checkpoint ends with the end of a line")
    lines = text[:-1].split("\n")
    if len(lines) < 3 or not all(lines):
        raise NoteError("a checkpoint has three lines or more, none of them empty")
    origin, size, root, *extensions = lines
    if not _SIZE.fullmatch(size) or int(size) > MAX_SIZE:
        raise NoteError("the second line of a checkpoint is a number of leaves")
    return Checkpoint(origin, int(size), _root(root), tuple(extensions))


def _root(text: str) -> bytes:
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != HASH_BYTES or base64.b64encode(raw).decode() != text:
        raise NoteError("the third line of a checkpoint is the root in base64")
    return raw


def sign(checkpoint: Checkpoint, *signers: Signer) -> Note:
    """Return the checkpoint, signed by each."""
    signed = [signer.sign(checkpoint.text) for signer in signers]
    return Note(checkpoint.text, tuple(one for note in signed for one in note.signatures))


def opened(
    note: Note, origin: str, keys: Iterable[VerifierKey]
) -> tuple[Checkpoint, Sequence[tuple[VerifierKey, Signature]]]:
    """Return what a note says of the log `origin`, and who of `keys` signed it.

    Raises:
        NoteError: no known key signed it, a signature is wrong, it is no checkpoint, or one of
            another log.
    """
    signatures = verified(note, keys)
    checkpoint = parse(note.text)
    if checkpoint.origin != origin:
        raise NoteError("this is the checkpoint of another log")
    return checkpoint, signatures
