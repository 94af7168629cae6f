#!/usr/bin/env python3
"""Checks a ledger of Acrux, or the proof of one token, with nothing of Acrux: docs/ledger.md.

    acrux_verify.py --key KEY [--key KEY ...] [--anchor FILE ...]
                    [--witness KEY ... [--quorum N]] [--json] FILE ...

FILE is an export (`-`: standard input), several parts of one in their order, or a proof. KEY is
the verifier key of the ledger, or @FILE with one a line; --anchor is a file of checkpoints that
someone else kept. --witness is the verifier key of a witness, or @FILE: with it, N of them (1) must
have signed a checkpoint, too, and what they signed is said. The exit status is 0 when all is as it
was signed, 1 with evidence of a change, 2 when that cannot be told. Needs Python 3.11 and
`cryptography`; memory does not grow with rows.
"""

import argparse
import base64
import hashlib
import json
import re
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, BinaryIO, NoReturn, TypeGuard

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

MAX_LINE = 2**18
MAX_INTEGER = 2**53 - 1
MAX_STRETCH = 2**16
"""Rows between two checkpoints that are kept, to say which of them was changed."""
MAX_TRIED = 512
"""Rows between two checkpoints up to which every exchange of neighbours is tried."""
STATUS = {"ok": 0, "changed": 1, "unknown": 2}
LOG_KEY, WITNESS_KEY = 1, 4
"""What a key signs (C2SP signed-note): a note as it is, or with a time before it."""
KEY_OF = {LOG_KEY: "ledger", WITNESS_KEY: "witness"}


class Verdict(Exception):
    """What is said in the end, and why."""

    def __init__(self, verdict: str, kind: str, says: str, **more: Any) -> None:
        super().__init__(says)
        self.said = {"verdict": verdict, "kind": kind, "says": says, **more}


def changed(kind: str, first: int, last: int, says: str) -> Verdict:
    """Return evidence of a change among rows `first` to `last`, as it looks."""
    return Verdict("changed", kind, says, first=first, last=last)


def unknown(says: str, kind: str = "bad input") -> Verdict:
    """Return that nothing can be said, and why."""
    return Verdict("unknown", kind, says)


# What bytes mean: JSON in one form, hashes, the tree


def canonical(value: Any) -> str:
    """Return the one text of a value (RFC 8785, integers alone)."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    # Below U+D800 the order of characters is that of UTF-16 code units.
    return text if text.isascii() or max(text) < "\ud800" else in_order_of_units(value)


def in_order_of_units(value: Any) -> str:
    """Return the text with members in the order of UTF-16 code units (RFC 8785, 3.2.3)."""
    if isinstance(value, dict):
        members = sorted(value.items(), key=lambda member: member[0].encode("utf-16-be"))
        written = (f"{in_order_of_units(k)}:{in_order_of_units(v)}" for k, v in members)
        return "{" + ",".join(written) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(in_order_of_units, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def refuse(_: str) -> NoReturn:
    """Refuse a number that is no integer."""
    raise ValueError


def integer(text: str) -> int:
    """Return an integer that every language reads whole."""
    if abs(value := int(text)) > MAX_INTEGER:
        raise ValueError
    return value


def parsed(raw: bytes, where: str) -> dict[str, Any]:
    """Return the object in a line, which is written in the one form that it has."""
    try:
        text = raw.decode()
        value = json.loads(text, parse_float=refuse, parse_int=integer, parse_constant=refuse)
        if isinstance(value, dict) and canonical(value) == text:
            return value
    except (ValueError, RecursionError):
        pass
    raise unknown(f"{where} is not canonical JSON")


def raw_base64(text: Any, size: int = 0) -> bytes | None:
    """Return what base64 stands for, of `size` bytes, or None where it is not exactly that."""
    with suppress(ValueError):
        if isinstance(text, str):
            raw = base64.b64decode(text, validate=True)
            if base64.b64encode(raw).decode() == text and size in (0, len(raw)):
                return raw
    return None


def is_count(value: Any) -> TypeGuard[int]:
    """Tell whether a value is an integer from 0 on; true and false are none."""
    return type(value) is int and value >= 0


def is_version_1(value: dict[str, Any]) -> bool:
    """Tell whether a head, or a proof, is of the form that is read here."""
    version = value.get("acrux_ledger", value.get("acrux_proof"))
    return is_count(version) and version == 1


def hashes_of(texts: Any) -> list[bytes] | None:
    """Return a list of hashes, or None where it is not exactly that."""
    found = [raw_base64(text, 32) for text in texts] if isinstance(texts, list) else [None]
    return None if None in found else [raw for raw in found if raw]


def leaf_hash(leaf: Any) -> bytes:
    """Return the hash of a leaf (RFC 9162 section 2.1.1)."""
    return hashlib.sha256(b"\0" + canonical(leaf).encode()).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of two subtrees (RFC 9162 section 2.1.1)."""
    return hashlib.sha256(b"\1" + left + right).digest()


@dataclass
class Tree:
    """A tree that grows: the roots of its whole subtrees, the greatest first."""

    size: int = 0
    stack: list[bytes] = field(default_factory=list)

    def add(self, leaf: bytes) -> None:
        """Add the hash of one more leaf."""
        size = self.size
        while size & 1:
            leaf = node_hash(self.stack.pop(), leaf)
            size >>= 1
        self.stack.append(leaf)
        self.size += 1

    def root(self) -> bytes:
        """Return the root over all leaves."""
        joint = self.stack[-1] if self.stack else hashlib.sha256().digest()
        for left in self.stack[-2::-1]:
            joint = node_hash(left, joint)
        return joint

    def with_leaves(self, leaves: Iterable[bytes]) -> "Tree":
        """Return another tree, with further leaves."""
        tree = Tree(self.size, self.stack.copy())
        for leaf in leaves:
            tree.add(leaf)
        return tree


def led_to(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes | None:
    """Return the root that a path leads to (RFC 9162 section 2.1.3.2), None where it does not."""
    own, last = index, size - 1
    for beside in path:
        if last == 0:
            return None
        if own & 1 or own == last:
            leaf = node_hash(beside, leaf)
            while own and not own & 1:
                own, last = own >> 1, last >> 1
        else:
            leaf = node_hash(leaf, beside)
        own, last = own >> 1, last >> 1
    return leaf if last == 0 else None


# Checkpoints and the keys that sign them


@dataclass(frozen=True)
class Key:
    """A verifier key (C2SP signed-note) for Ed25519."""

    name: str
    key_id: bytes
    public: bytes


def key_of(text: str, kind: int = LOG_KEY) -> Key:
    """Return the key that `name+id+key` stands for, of a ledger or of a witness."""
    name, _, rest = text.partition("+")
    key_id, _, encoded = rest.partition("+")
    raw = raw_base64(encoded, 33) or b"\0"
    made = hashlib.sha256(name.encode() + b"\n" + raw).digest()[:4]
    if not name or " " in name or raw[0] != kind or key_id != made.hex():
        raise unknown(f"no verifier key of a {KEY_OF[kind]}: {text}")
    return Key(name, made, raw[1:])


@dataclass(frozen=True)
class Checkpoint:
    """How many rows a ledger had, and the root over them: signed by a key that is known."""

    size: int
    root: bytes
    where: str
    witnessed: int | None = None
    """By when as many witnesses as are needed had signed it, in seconds since 1970."""


class Witnesses:
    """The keys of witnesses (C2SP tlog-cosignature), and how many must have signed."""

    def __init__(self, texts: Iterable[str], quorum: int) -> None:
        keys = {key_of(text, WITNESS_KEY) for text in texts}
        if keys and not 1 <= quorum <= len(keys):
            raise unknown(f"--quorum is 1 up to the number of witnesses, {len(keys)}")
        self.quorum = quorum if keys else 0
        self.known = {
            (key.name, key.key_id): Ed25519PublicKey.from_public_bytes(key.public) for key in keys
        }

    def signed(self, text: str, lines: list[tuple[str, bytes]]) -> int | None:
        """Return by when enough of them had signed, None where they had not.

        Raises:
            InvalidSignature: the line of one is wrong.
        """
        moments: dict[tuple[str, bytes], int] = {}
        for name, raw in lines:
            of = (name, raw[:4])
            if of in self.known:
                moment = int.from_bytes(raw[4:12], "big")
                if len(raw) != 76 or moment > MAX_INTEGER:
                    raise InvalidSignature
                said = f"cosignature/v1\ntime {moment}\n{text}"
                self.known[of].verify(raw[12:], said.encode())
                moments[of] = min(moment, moments.get(of, moment))
        enough = 0 < self.quorum <= len(moments)
        return sorted(moments.values())[self.quorum - 1] if enough else None


class Keys:
    """The keys that are believed; all are of one ledger."""

    def __init__(self, texts: Iterable[str], witnesses: Witnesses | None = None) -> None:
        self.witnesses = witnesses or Witnesses((), 0)
        keys = [key_of(text) for text in texts]
        if not keys or len({key.name for key in keys}) > 1:
            raise unknown("name the keys of one ledger with --key")
        self.origin = keys[0].name
        self.known = {key.key_id: Ed25519PublicKey.from_public_bytes(key.public) for key in keys}

    def opened(self, note: Any, where: str, since: int = 0) -> Checkpoint:
        """Return what a signed note says; `since` is the first row that nothing vouches for yet."""
        text, lines = self._parts(note, where)
        found = re.fullmatch(r"([^\n]+)\n(0|[1-9][0-9]{0,15})\n([^\n]+)\n([^\n]+\n)*", text)
        size = int(found[2]) if found else since + 1
        self._check(text, lines, where, (since, size - 1))
        root = raw_base64(found[3], 32) if found else None
        if not found or root is None or size > MAX_INTEGER:
            raise unknown(f"{where}: no checkpoint")
        if found[1] != self.origin:
            raise unknown(f"{where}: a checkpoint of another ledger, {found[1]}")
        try:
            witnessed = self.witnesses.signed(text, lines)
        except InvalidSignature:
            says = f"{where}: the signature of a witness is wrong"
            raise changed("wrong signature", since, size - 1, says) from None
        return Checkpoint(size, root, where, witnessed)

    def _check(
        self, text: str, lines: list[tuple[str, bytes]], where: str, rows: tuple[int, int]
    ) -> None:
        """Refuse a text that our keys have not signed; lines of others say nothing."""
        ours = [
            (self.known[raw[:4]], raw[4:])
            for name, raw in lines
            if name == self.origin and raw[:4] in self.known
        ]
        if not ours:
            name, raw = lines[0]
            signer = f"{name}+{raw[:4].hex()}"
            says = f"{where}: the checkpoint is signed by {signer}, not by a key that was named"
            raise changed("re-keyed", *rows, says)
        for key, signature in ours:
            try:
                key.verify(signature, text.encode())
            except InvalidSignature:
                says = f"{where}: the signature of the checkpoint is wrong"
                raise changed("wrong signature", *rows, says) from None

    def _parts(self, note: Any, where: str) -> tuple[str, list[tuple[str, bytes]]]:
        """Return the text of a note and its signatures, by name."""
        text, gap, below = note.rpartition("\n\n") if isinstance(note, str) else ("", "", "")
        signatures = []
        for line in below.split("\n")[:-1]:
            found = re.fullmatch("\u2014 ([^ +\n]+) ([^ \n]+)", line)
            raw = raw_base64(found[2]) if found else None
            if not found or raw is None or len(raw) < 5:
                raise unknown(f"{where}: no signed note")
            signatures.append((found[1], raw))
        if not gap or not below.endswith("\n") or not signatures or len(signatures) > 100:
            raise unknown(f"{where}: no signed note")
        return text + "\n", signatures


# Files, line by line


def lines_of(name: str) -> Iterator[tuple[str, bytes]]:
    """Return the lines of a file, each with the words for where it stands."""
    try:
        with open_file(name) as file:
            number = 0
            while line := file.readline(MAX_LINE + 1):
                number += 1
                if len(line) > MAX_LINE:
                    raise unknown(f"{name} line {number} is too long")
                yield f"{name} line {number}", line
    except OSError as error:
        raise unknown(f"{name} cannot be read: {error.strerror}") from None


def open_file(name: str) -> BinaryIO:
    """Return a file, or standard input."""
    return sys.stdin.buffer if name == "-" else open(name, "rb")


def anchors_of(names: list[str], keys: Keys) -> list[Checkpoint]:
    """Return the checkpoints that others kept, the smallest first."""
    found = []
    for name in names:
        lines = list(lines_of(name))
        if not lines:
            continue
        if not lines[0][1].startswith(b"{"):
            note = b"".join(line for _, line in lines).decode(errors="replace")
            found.append(keys.opened(note, name))
            continue
        for where, line in lines:
            # A line that is being written while the file is copied says nothing yet.
            if line.endswith(b"\n"):
                found.append(keys.opened(parsed(line[:-1], where).get("checkpoint"), where))
    return sorted(found, key=lambda one: one.size)


@dataclass(frozen=True, slots=True)
class Row:
    """One leaf of the ledger."""

    seq: int
    stated: bytes
    """The hash beside it, as it was sealed."""
    computed: bytes | None
    """The hash of its body, where that is still there."""
    at: Any

    @property
    def hash(self) -> bytes:
        """Return what it counts with in the tree."""
        return self.stated if self.computed is None else self.computed

    @property
    def is_whole(self) -> bool:
        """Tell whether body and hash belong together, as far as both are there."""
        return self.computed in (None, self.stated)


@dataclass(frozen=True, slots=True)
class Begin:
    """The head of a file."""

    name: str
    tree: Tree


@dataclass(frozen=True, slots=True)
class Signed:
    """A checkpoint that nobody has checked yet."""

    note: Any
    where: str


@dataclass(frozen=True, slots=True)
class End:
    """The last line of a file: how many rows there are up to here."""

    size: int


Event = Begin | Row | Signed | End


def events_of(names: list[str], keys: Keys) -> Iterator[Event]:
    """Return what stands in the files, in order."""
    for name in names:
        begun = ended = False
        after = "its beginning"
        for where, line in lines_of(name):
            if not line.endswith(b"\n"):
                break
            value = parsed(line[:-1], where)
            if ended or begun == ("acrux_ledger" in value):
                raise unknown(f"{where} stands in a wrong place")
            event = event_of(value, where, name, keys)
            yield event
            begun, ended = True, isinstance(event, End)
            after = f"row {event.seq}" if isinstance(event, Row) else after
        if not ended:
            raise unknown(f"{name} is cut off after {after}: export the rest again", "cut")


def event_of(value: dict[str, Any], where: str, name: str, keys: Keys) -> Event:
    """Return what one line says."""
    names = value.keys()
    if names == {"acrux_ledger", "from", "frontier", "origin"} and is_version_1(value):
        if value["origin"] != keys.origin:
            raise unknown(f"{name} is another ledger, and the key is of {keys.origin}")
        start, stack = value["from"], hashes_of(value["frontier"])
        if is_count(start) and stack is not None and len(stack) == start.bit_count():
            return Begin(name, Tree(start, stack))
    elif names in ({"hash", "seq"}, {"hash", "leaf", "seq"}) and is_count(value["seq"]):
        stated, leaf = raw_base64(value["hash"], 32), value.get("leaf")
        if stated and "leaf" not in value:
            return Row(value["seq"], stated, None, None)
        if stated and isinstance(leaf, dict):
            return Row(value["seq"], stated, leaf_hash(leaf), leaf.get("at"))
    elif names == {"checkpoint"}:
        return Signed(value["checkpoint"], where)
    elif names == {"end"} and is_count(value["end"]):
        return End(value["end"])
    raise unknown(f"{where} is no line of a ledger")


# What kind of change it looks like: each looks at a stretch of rows with another root than signed


@dataclass
class Stretch:
    """Rows since the last root that was right."""

    before: Tree
    rows: list[Row] = field(default_factory=list)

    @property
    def start(self) -> int:
        """Return the number of its first row."""
        return self.before.size

    def root(self, hashes: Iterable[bytes]) -> bytes:
        """Return the root with these leaves instead of the rows'."""
        return self.before.with_leaves(hashes).root()


Rest = Iterator[Event]
"""What comes behind the checkpoint that failed."""


def missing(stretch: Stretch, signed: Checkpoint, rest: Rest) -> Verdict | None:
    """Rows that were signed are not there: deleted, moved or, at the end of all, cut off."""
    here = sorted({row.seq for row in stretch.rows if stretch.start <= row.seq < signed.size})
    bounds = [stretch.start - 1, *here, signed.size]
    gap = next(((low + 1, high - 1) for low, high in pairwise(bounds) if high - low > 1), None)
    if gap is None:
        return None
    first, last = gap
    at_end = last == signed.size - 1
    behind = rows_of(rest)
    following = next(behind, None)
    if following is None and at_end:
        says = f"rows {first} to {last} are missing, which {signed.where} was signed over"
        return changed("truncated", first, last, says)
    if following and following.seq == first and at_end:
        says = (
            f"rows {stretch.start} to {last}: {last - first + 1} fewer than were signed,"
            " and what comes behind has other numbers"
        )
        return changed("deleted", stretch.start, last, says)
    if following and (following.seq == first or any(row.seq == first for row in behind)):
        return changed("reordered", first, first, f"row {first} stands further behind")
    return changed("deleted", first, last, f"rows {first} to {last} are missing")


def repeated(stretch: Stretch, signed: Checkpoint, rest: Rest) -> Verdict | None:
    """There are rows that were not signed."""
    seen: set[int] = set()
    count = len(stretch.rows)
    if [row.seq for row in stretch.rows] == list(range(stretch.start, stretch.start + count)):
        return (
            added_with_new_numbers(stretch, signed) if count > signed.size - stretch.start else None
        )
    for row in stretch.rows:
        if row.seq < stretch.start or row.seq in seen:
            return changed("inserted", row.seq, row.seq, f"row {row.seq} is there twice")
        if row.seq >= signed.size:
            if any(other.seq == row.seq for other in rows_of(rest)):
                return changed("inserted", row.seq, row.seq, f"row {row.seq} is there twice")
            return changed("reordered", row.seq, row.seq, f"row {row.seq} stands further in front")
        seen.add(row.seq)
    return None


def added_with_new_numbers(stretch: Stretch, signed: Checkpoint) -> Verdict:
    """More rows than were signed, numbered anew: look for the one without which it is right."""
    hashes = [row.hash for row in stretch.rows]
    if len(hashes) <= MAX_TRIED and stretch.start + len(hashes) - 1 == signed.size:
        for at, row in enumerate(stretch.rows):
            if stretch.root(hashes[:at] + hashes[at + 1 :]) == signed.root:
                says = f"row {row.seq}: without it the rows are those that were signed"
                return changed("inserted", row.seq, row.seq, says)
    more = stretch.start + len(hashes) - signed.size
    last = stretch.rows[-1].seq
    says = f"rows {stretch.start} to {last}: {more} more than were signed"
    return changed("inserted", stretch.start, last, says)


def moved(stretch: Stretch, signed: Checkpoint, rest: Rest) -> Verdict | None:
    """The rows are there, and not in order."""
    wrong = [row.seq for at, row in enumerate(stretch.rows, stretch.start) if row.seq != at]
    if not wrong:
        return None
    says = f"rows {min(wrong)} to {max(wrong)} are not in their order"
    return changed("reordered", min(wrong), max(wrong), says)


def rewritten(stretch: Stretch, signed: Checkpoint, rest: Rest) -> Verdict | None:
    """A body is not what the hash beside it was made of."""
    wrong = [row for row in stretch.rows if not row.is_whole]
    if not wrong:
        return None
    first, last = wrong[0].seq, wrong[-1].seq
    if len(wrong) > 1 and sorted(row.hash for row in wrong) == sorted(row.stated for row in wrong):
        says = f"rows {first} to {last}: the bodies of {len(wrong)} rows are exchanged"
        return changed("reordered", first, last, says)
    if stretch.root(row.hash for row in stretch.rows) == signed.root:
        says = f"row {first}: its body is what was signed, the hash beside it is not"
    elif stretch.root(row.stated for row in stretch.rows) == signed.root:
        says = f"row {first}: its body is not what was signed"
    else:
        says = f"row {first}: its body is not what its hash was made of"
    return changed("edited", first, first, says)


def exchanged(stretch: Stretch, signed: Checkpoint, rest: Rest) -> Verdict | None:
    """In another order the rows are those that were signed."""
    for order in orders(stretch.rows):
        if stretch.root(stretch.rows[at].hash for at in order) == signed.root:
            places = [stretch.rows[at].seq for at, other in enumerate(order) if at != other]
            first, last = min(places), max(places)
            says = f"rows {first} to {last}: in another order they are those that were signed"
            return changed("reordered", first, last, says)
    return None


def orders(rows: list[Row]) -> Iterator[list[int]]:
    """Return the orders that are tried: by time, and with two rows exchanged."""
    plain = list(range(len(rows)))
    if all(type(row.at) is int for row in rows):
        yield sorted(plain, key=lambda at: rows[at].at)
    reach = 1 if len(rows) > MAX_TRIED // 8 else len(rows)
    for low in plain if len(rows) <= MAX_TRIED else ():
        for high in plain[low + 1 : low + 1 + reach]:
            other = plain.copy()
            other[low], other[high] = high, low
            yield other


def forked(stretch: Stretch, signed: Checkpoint, rest: Rest, keys: Keys) -> Verdict | None:
    """A later checkpoint is right: the ledger signed two histories."""
    tree = stretch.before.with_leaves(row.hash for row in stretch.rows)
    with suppress(Verdict):
        for event in rest:
            if isinstance(event, Row):
                if not event.is_whole or event.seq != tree.size:
                    return None
                tree.add(event.hash)
            elif isinstance(event, Signed):
                later = keys.opened(event.note, event.where)
                if (later.size, later.root) == (tree.size, tree.root()):
                    return two_histories(stretch.start, signed, later.where)
    return None


def two_histories(start: int, signed: Checkpoint, other: str) -> Verdict:
    """Return that a checkpoint was signed over other rows than another one."""
    last = max(start, signed.size - 1)
    says = (
        f"rows {start} to {last}: {signed.where} was signed over other rows than {other},"
        " both by the ledger's key"
    )
    return changed("forked", start, last, says)


def rows_of(rest: Rest) -> Iterator[Row]:
    """Return the rows that come behind, as far as they can be read."""
    with suppress(Verdict):
        yield from (event for event in rest if isinstance(event, Row))


Check = Callable[[Stretch, Checkpoint, Rest], Verdict | None]
CHECKS: tuple[Check, ...] = (missing, repeated, moved, rewritten, exchanged)


def diagnosis(stretch: Stretch, signed: Checkpoint, rest: Rest, keys: Keys) -> Verdict:
    """Return what kind of change a stretch of rows with a wrong root looks like."""
    last = max(stretch.start, signed.size - 1)
    if len(stretch.rows) > MAX_STRETCH:
        says = f"rows {stretch.start} to {last} are not those that {signed.where} was signed over"
        return changed("edited", stretch.start, last, says)
    for check in CHECKS:
        if found := check(stretch, signed, rest):
            return found
    if found := forked(stretch, signed, rest, keys):
        return found
    says = (
        f"rows {stretch.start} to {last}: one or more are not those that {signed.where} was signed"
        " over, and their hashes were made again"
    )
    return changed("edited", stretch.start, last, says)


# The whole ledger


class Ledger:
    """Goes through an export once."""

    def __init__(self, keys: Keys, anchors: list[Checkpoint], rest: Rest) -> None:
        self.keys, self.anchors, self.rest = keys, deque(anchors), rest
        self.tree: Tree | None = None
        self.first = self.pruned = self.checkpoints = self.anchored = self.witnessed = 0
        self.clean = True
        self.doubt: Checkpoint | None = None
        """An anchor's checkpoint that is not of these rows."""
        self.ends = 0

    def verify(self) -> Verdict:
        """Return that all is well, or raise what is not."""
        for event in self.rest:
            match event:
                case Begin():
                    self.begin(event)
                case Row():
                    self.row(event)
                case Signed():
                    since = self.stretch.start
                    self.compare(self.keys.opened(event.note, event.where, since))
                case End():
                    self.ends = event.size
        return self.finish()

    def begin(self, begin: Begin) -> None:
        """Begin, or go on with the next part."""
        if self.tree is None:
            self.tree = begin.tree
            self.first = begin.tree.size
            self.stretch = Stretch(self.tree.with_leaves(()))
            while self.anchors and self.anchors[0].size < self.first:
                self.anchors.popleft()
            self.meet_anchors()
        elif (begin.tree.size, begin.tree.stack) != (self.tree.size, self.tree.stack):
            raise unknown(f"{begin.name} does not continue the file before it")

    def row(self, row: Row) -> None:
        """Take one more row."""
        assert self.tree is not None
        self.clean = self.clean and row.is_whole and row.seq == self.tree.size
        self.tree.add(row.hash)
        self.pruned += row.computed is None
        if len(self.stretch.rows) <= MAX_STRETCH:
            self.stretch.rows.append(row)
        if self.clean:
            self.meet_anchors()

    def meet_anchors(self) -> None:
        """Compare with what others kept of a ledger of this size."""
        assert self.tree is not None
        while self.anchors and self.anchors[0].size == self.tree.size:
            anchor = self.anchors.popleft()
            if anchor.root == self.tree.root():
                self.anchored += 1
                self.witness(anchor)
                if self.doubt is None:
                    self.stretch = Stretch(self.tree.with_leaves(()))
            else:
                self.doubt = self.doubt or anchor

    def compare(self, signed: Checkpoint) -> None:
        """Compare with the export's own checkpoint."""
        assert self.tree is not None
        self.checkpoints += 1
        if signed.size < self.stretch.start:
            says = (
                f"{signed.where}: a checkpoint over {signed.size} rows stands after a greater one"
            )
            raise changed("reordered", signed.size, self.stretch.start - 1, says)
        right = self.clean and (signed.size, signed.root) == (self.tree.size, self.tree.root())
        if right and self.doubt is None:
            self.stretch = Stretch(self.tree.with_leaves(()))
            self.witness(signed)
        elif right and self.doubt is not None:
            raise two_histories(self.stretch.start, self.doubt, signed.where)
        elif not self.stretch.rows and signed.size == self.stretch.start:
            raise two_histories(max(0, signed.size - 1), signed, "the one before it")
        else:
            raise diagnosis(*self.narrowed(signed), self.rest, self.keys)

    def witness(self, signed: Checkpoint) -> None:
        """Note how far the rows are witnessed."""
        if signed.witnessed is not None:
            self.witnessed = max(self.witnessed, signed.size)

    def narrowed(self, signed: Checkpoint) -> tuple[Stretch, Checkpoint]:
        """Return the least stretch that is known to be wrong: an anchor may end it earlier."""
        if self.doubt is None:
            return self.stretch, signed
        count = self.doubt.size - self.stretch.start
        return Stretch(self.stretch.before, self.stretch.rows[:count]), self.doubt

    def finish(self) -> Verdict:
        """Return that all is well when nothing is missing behind."""
        assert self.tree is not None
        size = self.tree.size
        if self.doubt is not None:
            raise diagnosis(*self.narrowed(self.doubt), iter(()), self.keys)
        if self.anchors:
            known = self.anchors[-1]
            says = f"the ledger had {known.size} rows at {known.where}, and {size} are here"
            raise changed("truncated", size, known.size - 1, says)
        if self.stretch.rows:
            first = self.stretch.start
            says = f"rows {first} to {size - 1} stand after the last checkpoint: nobody signed them"
            raise changed("inserted", first, size - 1, says)
        if self.ends != size:
            says = f"the last line says that there are {self.ends} rows, and {size} are here"
            raise changed("truncated", size, max(size, self.ends - 1), says)
        if not self.checkpoints + self.anchored:
            raise unknown("there is no checkpoint")
        if self.keys.witnesses.quorum and not self.witnessed:
            raise unwitnessed("the rows are as they were signed, and no checkpoint", self.keys)
        return self.good(size, self.tree.root())

    def good(self, size: int, root: bytes) -> Verdict:
        """Return that all is well, with what was counted."""
        rows = size - self.first
        text = base64.b64encode(root).decode()
        says = (
            f"{rows} rows of {self.keys.origin} from row {self.first} on are as they were signed:"
            f" {self.checkpoints} checkpoints, {self.anchored} kept by others,"
            f" {self.pruned} rows without their body; size {size}, root {text}"
        )
        counts = {"first": self.first, "rows": rows, "pruned": self.pruned, "size": size}
        counts |= {"checkpoints": self.checkpoints, "anchored": self.anchored}
        if self.keys.witnesses.quorum:
            counts["witnessed"] = self.witnessed
            says += f"; {self.keys.witnesses.quorum} witnesses or more signed {self.witnessed} rows"
        return Verdict("ok", "", says, **counts, root=text)


# One token


def proven(value: dict[str, Any], name: str, keys: Keys, anchors: list[Checkpoint]) -> Verdict:
    """Return that the leaf of one token is in the ledger, or raise that it is not."""
    names = {"acrux_proof", "checkpoint", "index", "leaf", "path"}
    index, leaf, path = value.get("index"), value.get("leaf"), hashes_of(value.get("path"))
    whole = value.keys() == names and is_version_1(value)
    if not whole or not is_count(index) or not isinstance(leaf, dict) or path is None:
        raise unknown(f"{name} is no proof")
    signed = keys.opened(value["checkpoint"], name, index)
    for anchor in anchors:
        if anchor.size == signed.size and anchor.root != signed.root:
            raise two_histories(index, signed, anchor.where)
    root = led_to(leaf_hash(leaf), index, signed.size, path) if index < signed.size else None
    if root != signed.root:
        says = f"row {index}: this leaf is not what was signed there, or the path is another's"
        raise changed("edited", index, index, says)
    says = f"row {index} of {keys.origin} is this leaf, among {signed.size} that were signed"
    more: dict[str, Any] = {}
    if keys.witnesses.quorum:
        if signed.witnessed is None:
            raise unwitnessed(f"{says}; but the checkpoint", keys)
        more["witnessed_at"] = signed.witnessed
        quorum = keys.witnesses.quorum
        says += f"; {quorum} witnesses or more had signed them at {signed.witnessed}"
    token = leaf.get("jti")
    return Verdict("ok", "", says, first=index, rows=1, size=signed.size, token=token, **more)


def unwitnessed(what: str, keys: Keys) -> Verdict:
    """Return that too few witnesses signed."""
    quorum, count = keys.witnesses.quorum, len(keys.witnesses.known)
    says = f"{what} is signed by {quorum} of the {count} witnesses that were named"
    return unknown(says, "unwitnessed")


def verdict(
    names: list[str],
    key_texts: list[str],
    anchor_names: list[str],
    witness_texts: Iterable[str] = (),
    quorum: int = 1,
) -> Verdict:
    """Return what is to be said of the files."""
    try:
        keys = Keys(keys_of(key_texts), Witnesses(keys_of(witness_texts), quorum))
        anchors = anchors_of(anchor_names, keys)
        if len(names) == 1 and names[0] != "-":
            where, line = next(lines_of(names[0]), (names[0], b""))
            if line.startswith(b'{"acrux_proof"'):
                return proven(parsed(line.rstrip(b"\n"), where), names[0], keys, anchors)
        return Ledger(keys, anchors, events_of(names, keys)).verify()
    except Verdict as found:
        return found


def keys_of(texts: Iterable[str]) -> Iterator[str]:
    """Return the keys that were named, one by one or in files."""
    for text in texts:
        if text.startswith("@"):
            lines = [line.decode(errors="replace") for _, line in lines_of(text[1:])]
            yield from filter(None, map(str.strip, lines))
        else:
            yield text


def say(found: Verdict, as_json: bool) -> int:
    """Write a verdict, and return the exit status that goes with it."""
    said = found.said
    if as_json:
        sys.stdout.write(canonical(said) + "\n")
    else:
        head = {"ok": "OK", "changed": "CHANGED", "unknown": "CANNOT TELL"}[said["verdict"]]
        kind = f" ({said['kind']})" if said["kind"] else ""
        sys.stdout.write(f"{head}{kind}: {said['says']}\n")
    return STATUS[said["verdict"]]


def main() -> int:
    """Say the verdict, and return the exit status."""
    words = argparse.ArgumentParser(description="Check a ledger of Acrux or the proof of a token.")
    words.add_argument("file", nargs="+", help="an export, its parts in order, or a proof")
    words.add_argument("--key", action="append", required=True, help="verifier key, or @FILE")
    words.add_argument("--anchor", action="append", default=[], help="checkpoints kept by others")
    words.add_argument("--witness", action="append", default=[], help="a witness's key, or @FILE")
    words.add_argument("--quorum", type=int, default=1, help="how many witnesses must have signed")
    words.add_argument("--json", action="store_true", help="say it as JSON")
    given = words.parse_args()
    found = verdict(given.file, given.key, given.anchor, given.witness, given.quorum)
    return say(found, given.json)


if __name__ == "__main__":
    sys.exit(main())
