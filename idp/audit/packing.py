"""The evidence of a period in one signed file, for an auditor without network: docs/ledger.md.

It is written while it is read: neither the pack nor what it is made of is held in memory. Owns what
is in it; what the programs in it check is theirs (`tools/verify`).
"""

import hashlib
import io
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from idp import clock, shipped
from idp.audit import DECIDING, export
from idp.crypto import Keyring
from idp.evidence import checkpoint
from idp.evidence.canonical import canonical
from idp.ledger import exporting, keys
from idp.ledger.keys import LedgerError
from idp.store import db
from idp.store.db.connections import Engine
from idp.store.events import Filter
from idp.store.ledger import log, periods
from idp.store.oidc import clients
from idp.store.rollout import exceptions, stages

VERIFY = shipped.folder("tools/verify")
Part = tuple[str, Iterable[bytes]]
Kept = Callable[[int, int], Iterator[Part]]
"""Gives the files of what places outside have of the rows from a number up to another."""
PROGRAMS = ("acrux_verify.py", "acrux_verify.mjs", "acrux_verify_pack.py")
README = "PACK-README.txt"
_PIECE = 1 << 16
_NO_ACR = ""


class _Drain(io.RawIOBase):
    """What was written and is not handed on yet. It cannot be sought in: a zip goes on forward."""

    def __init__(self) -> None:
        super().__init__()
        self._kept = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._kept += data
        return len(data)

    def take(self) -> bytes:
        """Return what is there, and keep it no longer."""
        found = bytes(self._kept)
        self._kept.clear()
        return found


@dataclass
class _Counted:
    """What was seen of the ledger on its way into the pack."""

    since: int
    until: int
    answers: Counter[tuple[str, str]] = field(default_factory=Counter)
    rules: dict[str, None] = field(default_factory=dict)

    def see(self, line: bytes) -> bytes:
        """Count a line, and return it."""
        leaf = json.loads(line).get("leaf", {})
        if leaf.get("kind") == "token" and self.since <= leaf["at"] < self.until:
            self.answers[leaf["client"], leaf.get("acr", _NO_ACR)] += 1
            policy = (leaf.get("basis") or {}).get("policy")
            if policy:
                self.rules[policy] = None
        return line


def pack(
    engine: Engine, keyring: Keyring, issuer: str, since: int, until: int, kept: Kept
) -> Iterator[bytes]:
    """Return the pack of a period, from the second `since` up to `until`, piece by piece.

    Raises:
        LedgerError: nothing of that period is sealed, or the ledger or its key was changed.
    """
    with db.work(engine) as work:
        found = periods.rows_between(work, since, until)
        signer = keys.signers(work, keyring, issuer, _no_new_key, log.newest(work))[-1]
        known = keys.verifiers(work, keyring)
    if found is None:
        raise LedgerError("no row of the ledger is of this period, or none of them is sealed yet")
    counted = _Counted(since, until)
    about = {
        "acrux_pack": 1,
        "issuer": issuer,
        "made": clock.now(),
        "since": since,
        "until": until,
        "rows": {"from": found.first, "end": found.end},
    }
    parts = chain(
        _parts(engine, about, counted, [str(one) for one in known]), kept(found.first, found.end)
    )
    return _zipped(parts, lambda sums: _signature(signer, issuer, sums))


def _parts(
    engine: Engine, about: dict[str, Any], counted: _Counted, known: list[str]
) -> Iterator[Part]:
    """Yield each file with its content; one that counts the ledger comes after it."""
    rows = about["rows"]
    yield "README.txt", [(VERIFY / README).read_bytes()]
    yield "about.json", [canonical(about) + b"\n"]
    yield "keys.txt", ["".join(f"{key}\n" for key in known).encode()]
    lines = exporting.export(engine, rows["from"], rows["end"])
    yield "ledger.jsonl", (counted.see(line) for line in lines)
    for number, digest in enumerate(counted.rules, 1):
        yield f"policy/{number}.json", [_proof(engine, digest)]
    yield "coverage.csv", _coverage(engine, counted)
    yield "stages.csv", _stages(engine)
    yield "exceptions.csv", _exceptions(engine)
    yield "changes.jsonl", _changes(engine, counted)
    for name in PROGRAMS:
        yield f"verify/{name}", [(VERIFY / name).read_bytes()]


def _zipped(parts: Iterator[Part], sign: Any) -> Iterator[bytes]:
    drain, sums = _Drain(), []
    with ZipFile(drain, "w", ZIP_DEFLATED) as archive:
        for name, content in parts:
            hashed = hashlib.sha256()
            with archive.open(_entry(name), "w", force_zip64=True) as file:
                for piece in content:
                    hashed.update(piece)
                    file.write(piece)
                    if len(piece) + len(drain._kept) > _PIECE:
                        yield drain.take()
            sums.append(f"{hashed.hexdigest()}  {name}\n")
        listed = "".join(sums).encode()
        archive.writestr(_entry("SHA256SUMS"), listed)
        archive.writestr(_entry("SHA256SUMS.note"), sign(listed))
    yield drain.take()


def _entry(name: str) -> ZipInfo:
    made = ZipInfo(name)
    made.compress_type, made.external_attr = ZIP_DEFLATED, 0o644 << 16
    return made


def _signature(signer: Any, issuer: str, listed: bytes) -> bytes:
    """Return the signed note over the list; a checkpoint begins with another line."""
    digest = hashlib.sha256(listed).hexdigest()
    text = f"acrux pack 1\n{checkpoint.origin(issuer)}\n{digest}\n"
    return str(signer.sign(text)).encode()


def _proof(engine: Engine, digest: str) -> bytes:
    with db.work(engine) as work:
        found = exporting.proof(work, digest)
    if found is None:
        raise LedgerError(f"the rules {digest} are not in the ledger")
    return canonical(found) + b"\n"


def _coverage(engine: Engine, counted: _Counted) -> Iterator[bytes]:
    """Every application, those without an answer too, with its share of answers by acr."""
    with db.work(engine) as work:
        rows = {row.id: row for row in clients.everything(work)}
    totals = Counter[str]()
    for (client_id, _), count in counted.answers.items():
        totals[client_id] += count
    yield _line("client_id", "name", "min_acr", "acr", "answers", "percent")
    lines = [*counted.answers.items()]
    lines += [((one, _NO_ACR), 0) for one in rows if one not in totals]
    for (client_id, acr), count in sorted(lines):
        row = rows.get(client_id)
        demanded = json.loads(row.data).get("min_acr") if row else None
        share = f"{100 * count / totals[client_id]:.1f}" if count else ""
        yield _line(client_id, row.name if row else "", demanded or "", acr, count, share)


def _stages(engine: Engine) -> Iterator[bytes]:
    names = ("id", "audience", "excluded", "level", "strength", "enforce_at", "grace", "stopped_at")
    yield _line(*names)
    with db.work(engine) as work:
        found = stages.everything(work)
    for one in found:
        yield _line(
            one.id,
            " ".join(one.audience),
            " ".join(one.excluded),
            one.level,
            one.strength.value,
            _when(one.enforce_at),
            one.grace,
            _when(one.stopped_at),
        )


def _exceptions(engine: Engine) -> Iterator[bytes]:
    yield _line("stage", "person", "until", "reason", "author", "given")
    with db.work(engine) as work:
        found = exceptions.holding(work)
    for one in found:
        given = _when(one.created_at)
        yield _line(one.stage_id, one.person_id, _when(one.until), one.reason, one.author, given)


def _changes(engine: Engine, counted: _Counted) -> Iterator[bytes]:
    kinds = tuple(sorted(event.value for event in DECIDING))
    wanted = Filter(since=counted.since, until=counted.until, kinds=kinds)
    for line in export.json_lines(export.rows(engine, wanted)):
        yield line.encode()


def _line(*cells: Any) -> bytes:
    return export.csv_line(cells).encode()


def _when(at: int | None) -> str:
    return "" if at is None else clock.iso(at)


def _no_new_key(*_: Any) -> None:
    raise LedgerError("the ledger has no key yet: nothing is sealed")
