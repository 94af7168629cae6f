"""Ledgers made for tests: an export and the proof of a leaf, written by nothing but the form."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from idp.evidence import tree
from idp.evidence.canonical import canonical
from idp.evidence.checkpoint import Checkpoint
from idp.evidence.note import Kind, Note, Signature, Signer, VerifierKey, parse

ORIGIN = "id.example/evidence"
LOG = Signer(ORIGIN, bytes(range(32)))
NEXT = Signer(ORIGIN, bytes(range(1, 33)))
"""The key that the ledger has after a rotation."""
STRANGER = Signer(ORIGIN, bytes(range(2, 34)))
WITNESS = Signer("witness.example", bytes(range(3, 35)))
OTHER_WITNESS = Signer("other.example/w1", bytes(range(4, 36)))
SIGNED = (2, 7, 12)
"""The sizes at which the ledger of the vectors signs."""

Line = dict[str, Any]


def text_of(raw: bytes) -> str:
    """Return bytes as base64."""
    return base64.b64encode(raw).decode()


def leaf(number: int, **more: Any) -> Line:
    """Return the leaf of a token."""
    return {
        "v": 1,
        "kind": "token",
        "at": 1_700_000_000 + number,
        "jti": f"token-{number}",
        "client": ("payroll", "wiki")[number % 2],
        "sub": f"person-{number % 5}",
        "acr": "mfa" if number % 3 else "password",
        "amr": ["pwd", "otp"] if number % 3 else ["pwd"],
        "requested": {"acr_values": ["mfa"], "essential": number % 2 == 0, "max_age": None},
        **more,
    }


def leaves(count: int) -> list[Line]:
    """Return leaves, one of them with names and texts that only the one form writes alike."""
    made = [leaf(number) for number in range(count)]
    odd = {"\U0001f600": 1, "\ufb33": 2, "€": 3, "é": 4, "a": 5, "A": 6, "": 7, "1": 8, "10": 9}
    if count > 5:
        made[5]["reason"] = {**odd, "text": '=cmd()\n"<b>\\\u2028\x00\x7f', "least": -(2**53) + 1}
    return made


def hash_of(value: Line) -> bytes:
    """Return the hash of a leaf."""
    return tree.leaf_hash(canonical(value))


def row(seq: int, value: Line) -> Line:
    """Return the line of a leaf."""
    return {"hash": text_of(hash_of(value)), "leaf": value, "seq": seq}


def pruned(line: Line) -> Line:
    """Return the line without its body."""
    return {name: value for name, value in line.items() if name != "leaf"}


def nodes_of(hashes: Sequence[bytes]) -> tree.Nodes:
    """Return the nodes of a tree over all hashes."""

    def node(level: int, index: int) -> bytes:
        if level == 0:
            return hashes[index]
        return tree.node_hash(node(level - 1, 2 * index), node(level - 1, 2 * index + 1))

    return node


def head_of(values: Sequence[Line], size: int) -> Checkpoint:
    """Return the checkpoint over the first leaves."""
    hashes = [hash_of(value) for value in values[:size]]
    return Checkpoint(ORIGIN, size, tree.root(nodes_of(hashes), size))


def checkpoint(values: Sequence[Line], size: int, signer: Signer = LOG) -> Line:
    """Return the line of a checkpoint over the first leaves."""
    return {"checkpoint": str(signer.sign(head_of(values, size).text))}


def key_of_witness(signer: Signer) -> VerifierKey:
    """Return what the cosignatures of a witness are checked with."""
    return VerifierKey(signer.name, signer.verifier.public, Kind.COSIGNATURE)


def cosigned(note: str, at: int, *witnesses: Signer) -> str:
    """Return a note with the lines of witnesses that signed it at that second."""
    given = parse(note.encode())
    said = f"cosignature/v1\ntime {at}\n{given.text}".encode()
    more = [
        Signature(
            one.name,
            key_of_witness(one).key_id,
            at.to_bytes(8, "big") + Ed25519PrivateKey.from_private_bytes(one.private).sign(said),
        )
        for one in witnesses
    ]
    return str(Note(given.text, (*given.signatures, *more)))


def begin(values: Sequence[Line], start: int = 0) -> Line:
    """Return the first line of an export from `start` on."""
    read = nodes_of([hash_of(value) for value in values[:start]])
    frontier = [text_of(read(*node)) for node in tree.whole_subtrees(0, start)]
    return {"acrux_ledger": 1, "from": start, "frontier": frontier, "origin": ORIGIN}


def export(values: Sequence[Line], signed: Sequence[int] = SIGNED, start: int = 0) -> list[Line]:
    """Return the lines of an export, up to the last checkpoint."""
    lines = [begin(values, start)]
    for seq in range(start, signed[-1]):
        lines.append(row(seq, values[seq]))
        if seq + 1 in signed:
            lines.append(checkpoint(values, seq + 1))
    return [*lines, {"end": signed[-1]}]


def proof(values: Sequence[Line], index: int, size: int = SIGNED[-1]) -> Line:
    """Return the proof of one leaf."""
    read = nodes_of([hash_of(value) for value in values])
    path = [text_of(one) for one in tree.inclusion(read, index, size)]
    signed = checkpoint(values, size)["checkpoint"]
    return {
        "acrux_proof": 1,
        "checkpoint": signed,
        "index": index,
        "leaf": values[index],
        "path": path,
    }


def written(lines: Sequence[Line | bytes]) -> bytes:
    """Return lines as a file; bytes stand as they are."""
    return b"".join(line if isinstance(line, bytes) else canonical(line) + b"\n" for line in lines)


@dataclass(frozen=True)
class Case:
    """Files, who checks them with what, and what is found."""

    name: str
    files: Sequence[bytes]
    verdict: str
    kind: str = ""
    first: int | None = None
    last: int | None = None
    keys: Sequence[Signer] = (LOG,)
    anchors: Sequence[bytes] = field(default=())
    witnesses: Sequence[Signer] = ()
    quorum: int = 1
