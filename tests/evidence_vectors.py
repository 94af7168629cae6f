"""Ledgers and proofs, right and wrong, for whoever writes a verifier: `make vectors`.

Each case has its files in tests/vectors/evidence/ and its line in cases.json: the files in their
order, the keys, the anchors' files, and the verdict with kind and rows. Our two verifiers must
find that, and say it in the same words.
"""

import copy
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from idp.evidence import note
from idp.evidence.canonical import canonical
from tests.support.ledgers.ledger_changes import (
    AT,
    SEAL,
    Change,
    both,
    ended,
    moved,
    renumbered,
    signed_by,
    swapped,
    with_row,
    without,
)
from tests.support.ledgers.ledger_files import (
    LOG,
    NEXT,
    OTHER_WITNESS,
    STRANGER,
    WITNESS,
    Case,
    Line,
    begin,
    checkpoint,
    cosigned,
    export,
    key_of_witness,
    leaf,
    leaves,
    proof,
    pruned,
    row,
    written,
)

FOLDER = Path(__file__).parent / "vectors" / "evidence"
LEAVES = leaves(20)
OTHERS = [*LEAVES[:4], leaf(4, acr="password"), *LEAVES[5:]]
"""Another history: row 4 is different."""


def case(name: str, change: Change, verdict: str, kind: str = "", *rows: int, **more: Any) -> Case:
    """Return the case of an export that was changed."""
    lines = change(copy.deepcopy(export(LEAVES)))
    first, last = (rows * 2)[:2] if rows else (None, None)
    return Case(name, [written(lines)], verdict, kind, first, last, **more)


def anchor(*lines: Line) -> list[bytes]:
    """Return a file of checkpoints that someone else kept."""
    return [written(lines)]


RAISED = leaf(4, acr="mfa-hardware")
EDITED = with_row(4, {**row(4, LEAVES[4]), "leaf": RAISED})
FORGED = with_row(4, row(4, RAISED))
HISTORY = [*LEAVES[:4], RAISED, *LEAVES[5:]]
LINES = export(LEAVES)


def edits() -> Iterator[Case]:
    """Rows whose content is another."""
    yield case("edited", EDITED, "changed", "edited", 4)
    yield case("edited-with-its-hash", FORGED, "changed", "edited", 2, 6)
    kept = anchor(checkpoint(LEAVES, 4), checkpoint(LEAVES, 6))
    yield case("edited-between-anchors", FORGED, "changed", "edited", 4, 5, anchors=kept)
    hash_alone = with_row(4, {**row(4, RAISED), "leaf": LEAVES[4]})
    yield case("edited-hash-alone", hash_alone, "changed", "edited", 4)
    yield case("edited-twice", both(EDITED, with_row(8, row(8, RAISED))), "changed", "edited", 4)
    gone = with_row(4, pruned(row(4, RAISED)))
    yield case("edited-and-pruned", gone, "changed", "edited", 2, 6)
    yield case("people-exchanged", _people_exchanged, "changed", "edited", 3)


def _people_exchanged(lines: list[Line]) -> list[Line]:
    left, right = lines[AT[3]]["leaf"], lines[AT[5]]["leaf"]
    left["sub"], right["sub"] = right["sub"], left["sub"]
    return lines


def deletions() -> Iterator[Case]:
    """Rows that are gone."""
    yield case("deleted", without(AT[4]), "changed", "deleted", 4)
    yield case("deleted-two", without(AT[4], AT[5]), "changed", "deleted", 4, 5)
    yield case("deleted-first", without(AT[0]), "changed", "deleted", 0)
    yield case("deleted-before-checkpoint", without(AT[6]), "changed", "deleted", 6)
    stretch = without(*range(AT[2], SEAL[7] + 1))
    yield case("deleted-with-checkpoint", stretch, "changed", "deleted", 2, 6)
    numbered = renumbered(without(AT[4]))
    yield case("deleted-and-renumbered", numbered, "changed", "deleted", 2, 6)


def insertions() -> Iterator[Case]:
    """Rows that were never signed."""
    new = row(4, leaf(99))
    doubled: Change = lambda lines: [*lines[: AT[4]], new, *lines[AT[4] :]]  # noqa: E731
    yield case("inserted", doubled, "changed", "inserted", 4)
    yield case("inserted-and-renumbered", renumbered(doubled), "changed", "inserted", 4)
    copied: Change = lambda lines: [*lines[: AT[9]], lines[AT[1]], *lines[AT[9] :]]  # noqa: E731
    yield case("inserted-copy", copied, "changed", "inserted", 1)
    early: Change = lambda lines: [*lines[: AT[4]], lines[AT[9]], *lines[AT[4] :]]  # noqa: E731
    yield case("inserted-copy-in-front", early, "changed", "inserted", 9)
    tail: Change = lambda lines: [*lines[:-1], row(12, LEAVES[12]), {"end": 13}]  # noqa: E731
    yield case("inserted-after-all", tail, "changed", "inserted", 12)


def reorderings() -> Iterator[Case]:
    """Rows in another order."""
    yield case("reordered", swapped(3, 5), "changed", "reordered", 3, 5)
    yield case("reordered-bodies", swapped(3, 5, "leaf"), "changed", "reordered", 3, 5)
    whole = swapped(3, 5, "leaf", "hash")
    yield case("reordered-with-hashes", whole, "changed", "reordered", 3, 5)
    yield case("reordered-neighbours", swapped(4, 5, "leaf", "hash"), "changed", "reordered", 4, 5)
    yield case("reordered-bodies-far", swapped(1, 9, "leaf"), "changed", "edited", 1)
    yield case("reordered-to-behind", moved(3, AT[9]), "changed", "reordered", 3)
    yield case("reordered-to-front", moved(9, AT[3]), "changed", "reordered", 9)
    old: Change = lambda lines: [*lines[: AT[9]], lines[SEAL[2]], *lines[AT[9] :]]  # noqa: E731
    yield case("reordered-checkpoint", old, "changed", "reordered", 2, 6)


def truncations() -> Iterator[Case]:
    """The end is gone."""
    tail = without(*(AT[seq] for seq in range(7, 12)), SEAL[12])
    kept = anchor(checkpoint(LEAVES, 7), checkpoint(LEAVES, 12))
    cut = both(tail, ended(7))
    yield case("truncated", cut, "changed", "truncated", 7, 11, anchors=kept)
    yield case("truncated-unseen-without-anchor", cut, "ok")
    yield case("truncated-last-line-kept", tail, "changed", "truncated", 7, 11)
    yield case("truncated-checkpoint-kept", without(AT[11]), "changed", "truncated", 11)
    yield case("cut-in-a-line", lambda lines: [written(lines)[:-30]], "unknown", "cut")
    yield case("cut-between-lines", lambda lines: lines[:-1], "unknown", "cut")
    yield case("cut-to-nothing", lambda _: [], "unknown", "cut")


def signatures() -> Iterator[Case]:
    """Checkpoints of others, of two histories, and false ones."""
    fork = both(FORGED, signed_by(LOG, HISTORY, 7, 12))
    kept = anchor(checkpoint(LEAVES, 2), checkpoint(LEAVES, 7))
    yield case("forked", fork, "changed", "forked", 2, 6, anchors=kept)
    yield case("forked-unseen-without-anchor", fork, "ok")
    yield case("forked-inside", signed_by(LOG, HISTORY, 7), "changed", "forked", 2, 6)
    again: Change = lambda lines: [  # noqa: E731
        *lines[: SEAL[7] + 1], checkpoint(HISTORY, 7), *lines[SEAL[7] + 1 :]
    ]  # fmt: skip
    yield case("forked-one-size", again, "changed", "forked", 6)
    rolled = export(OTHERS, (2, 10))
    yield Case("rolled-back", [written(rolled)], "changed", "forked", 2, 6, anchors=kept)
    rekeyed = both(FORGED, signed_by(STRANGER, HISTORY, 2, 7, 12))
    yield case("rekeyed", rekeyed, "changed", "re-keyed", 0, 1)
    late = both(FORGED, signed_by(STRANGER, HISTORY, 7, 12))
    yield case("rekeyed-late", late, "changed", "re-keyed", 2, 6)
    yield case("wrong-signature", _greater, "changed", "wrong signature", 2, 7)
    yield case("wrong-origin", _renamed, "changed", "wrong signature", 2, 6)
    kept = anchor(checkpoint(LEAVES, 7, STRANGER))
    yield case("rekeyed-anchor", lambda lines: lines, "changed", "re-keyed", 0, 6, anchors=kept)


def _greater(lines: list[Line]) -> list[Line]:
    lines[SEAL[7]]["checkpoint"] = lines[SEAL[7]]["checkpoint"].replace("\n7\n", "\n8\n")
    return lines


def _renamed(lines: list[Line]) -> list[Line]:
    text = lines[SEAL[7]]["checkpoint"]
    lines[SEAL[7]]["checkpoint"] = text.replace("id.example", "no.example", 1)
    return lines


def unharmed() -> Iterator[Case]:
    """Exports in which nothing was changed."""
    kept = anchor(*(checkpoint(LEAVES, size) for size in (12, 3, 7)))
    yield case("good", lambda lines: lines, "ok", anchors=kept)
    plain = [checkpoint(LEAVES, 7)["checkpoint"].encode()]
    yield case("good-anchor-as-note", lambda lines: lines, "ok", anchors=plain)
    bodies = [pruned(line) if 0 < at < SEAL[7] and "leaf" in line else line
              for at, line in enumerate(LINES)]  # fmt: skip
    yield case("good-pruned", lambda _: bodies, "ok")
    parts = [written([*export(LEAVES, (2, 7))]), written(export(LEAVES, (12,), 7))]
    yield Case("good-in-parts", parts, "ok")
    yield Case("good-from-seven", parts[1:], "ok", anchors=anchor(checkpoint(LEAVES, 7)))
    rotated = signed_by(NEXT, LEAVES, 7, 12)
    yield case("good-rotated", rotated, "ok", keys=(LOG, NEXT))
    yield case("rotated-without-the-new-key", rotated, "changed", "re-keyed", 2, 6)
    yield case("good-with-a-witness", _witnessed, "ok")
    yield case("good-signed-twice", lambda lines: [*lines[:-1], lines[SEAL[12]], lines[-1]], "ok")


def _witnessed(lines: list[Line]) -> list[Line]:
    text = lines[SEAL[7]]["checkpoint"]
    signed = note.parse(text.encode())
    more = WITNESS.sign(signed.text).signatures
    lines[SEAL[7]]["checkpoint"] = str(note.Note(signed.text, (*more, *signed.signatures)))
    return lines


def witnessed() -> Iterator[Case]:
    """Checkpoints that witnesses have signed, and their keys are given."""
    two = (WITNESS, OTHER_WITNESS)

    def signed(lines: list[Line]) -> list[Line]:
        for size, at, by in ((7, 1_700_000_100, two), (12, 1_700_000_200, (WITNESS,))):
            line = lines[SEAL[size]]
            line["checkpoint"] = cosigned(line["checkpoint"], at, *by)
        return lines

    def later(lines: list[Line]) -> list[Line]:
        line = lines[SEAL[7]]
        text = signed(lines)[SEAL[7]]["checkpoint"]
        given = note.parse(text.encode())
        last = given.signatures[-1]
        moved = replace(last, value=(1_700_000_999).to_bytes(8, "big") + last.value[8:])
        line["checkpoint"] = str(note.Note(given.text, (*given.signatures[:-1], moved)))
        return lines

    yield case("good-witnessed", signed, "ok", witnesses=two)
    yield case("good-witnessed-by-two", signed, "ok", witnesses=two, quorum=2)
    one = (OTHER_WITNESS,)
    fork = both(FORGED, signed_by(LOG, HISTORY, 7, 12))
    yield case("unwitnessed", fork, "unknown", "unwitnessed", witnesses=two)
    yield case("unwitnessed-note-alone", _witnessed, "unknown", "unwitnessed", witnesses=two[:1])
    yield case("witness-wrong-time", later, "changed", "wrong signature", 2, 6, witnesses=one)
    yield case("witness-unknown-wrong-time", later, "ok", witnesses=two[:1])
    yield case("witnesses-too-few", signed, "unknown", "bad input", witnesses=one, quorum=2)
    good = proof(LEAVES, 4)
    text = cosigned(good["checkpoint"], 1_700_000_200, WITNESS)
    whole = [written([{**good, "checkpoint": text}])]
    yield Case("proof-witnessed", whole, "ok", witnesses=two)
    for name, quorum in (("proof-unwitnessed", 1), ("proof-witnessed-by-one", 2)):
        file = whole if quorum > 1 else [written([good])]
        yield Case(name, file, "unknown", "unwitnessed", witnesses=two, quorum=quorum)


def no_ledgers() -> Iterator[Case]:
    """What nothing can be said of."""
    first, some = begin(LEAVES), canonical(row(0, LEAVES[0]))
    lines: dict[str, list[Line | bytes]] = {
        "empty": [first, {"end": 0}],
        "space": [b" " + canonical(first) + b"\n"],
        "blank-line": [first, b"\n"],
        "fraction": [first, some.replace(b'"v":1', b'"v":1.0') + b"\n"],
        "exponent": [first, some.replace(b'"v":1', b'"v":1e0') + b"\n"],
        "too-great": [first, some.replace(b'"v":1', b'"v":9007199254740993') + b"\n"],
        "two-members": [first, some.replace(b'"v":1', b'"v":1,"v":1') + b"\n"],
        "surrogate": [first, some.replace(b"payroll", b"\\ud800") + b"\n"],
        "escape": [first, some.replace(b"payroll", b"p\\u0061yroll") + b"\n"],
        "not-utf-8": [first, some.replace(b"payroll", b"\xff") + b"\n"],
        "no-object": [first, b"[]\n"],
        "unknown-member": [{**first, "more": 1}],
        "version-2": [{**first, "acrux_ledger": 2}],
        "version-true": [{**first, "acrux_ledger": True}],
        "negative": [first, {**row(0, LEAVES[0]), "seq": -1}],
        "no-head": [row(0, LEAVES[0])],
        "two-heads": [first, first],
        "after-the-end": [first, {"end": 0}, {"end": 0}],
        "frontier": [{**first, "from": 3}],
        "another-ledger": [{**first, "origin": "other.example/evidence"}],
        "no-note": [first, {"checkpoint": "hello"}],
        "no-checkpoint": [first, {"checkpoint": str(LOG.sign("hello\n"))}],
        "loose-base64": [first, {**row(0, LEAVES[0]), "hash": row(0, LEAVES[0])["hash"][:-1]}],
    }
    for name, made in lines.items():
        yield Case(f"bad-{name}", [written(made)], "unknown", "bad input")
    parts = [written(export(LEAVES, (2, 7))), written(export(OTHERS, (12,), 7))]
    yield Case("bad-parts", parts, "unknown", "bad input")
    wrong = written([begin(OTHERS, 7), *export(LEAVES, (12,), 7)[1:]])
    yield Case("frontier-of-another-ledger", [wrong], "changed", "edited", 7, 11)


def proofs() -> Iterator[Case]:
    """The proof of one leaf."""
    good = proof(LEAVES, 4)
    kept = anchor(checkpoint(LEAVES, 12))
    yield Case("proof", [written([good])], "ok", anchors=kept)
    yield Case("proof-of-the-only-leaf", [written([proof(LEAVES, 0, 1)])], "ok")
    yield Case("proof-of-the-odd-leaf", [written([proof(LEAVES, 5)])], "ok")
    wrong: dict[str, Line] = {
        "proof-of-another-leaf": {"leaf": RAISED},
        "proof-at-another-index": {"index": 5},
        "proof-with-a-short-path": {"path": good["path"][:-1]},
        "proof-with-a-long-path": {"path": [*good["path"], good["path"][0]]},
    }
    for name, change in wrong.items():
        index = change.get("index", 4)
        yield Case(name, [written([{**good, **change}])], "changed", "edited", index, index)
    beyond = {**good, "index": 12}
    yield Case("proof-beyond", [written([beyond])], "changed", "edited", 12, 12)
    forged = {**proof(HISTORY, 4), **checkpoint(HISTORY, 12, STRANGER)}
    yield Case("proof-rekeyed", [written([forged])], "changed", "re-keyed", 4, 11)
    other = written([proof(HISTORY, 4)])
    yield Case("proof-forked", [other], "changed", "forked", 4, 11, anchors=kept)
    yield Case("proof-with-more", [written([{**good, "more": 1}])], "unknown", "bad input")


GROUPS = (
    *(unharmed, edits, deletions, insertions, reorderings, truncations, signatures, witnessed),
    *(no_ledgers, proofs),
)


def cases() -> list[Case]:
    """Return all cases."""
    return [made for group in GROUPS for made in group()]


def files(made: Case) -> dict[str, bytes]:
    """Return the files of a case, by their names."""
    parts = enumerate(made.files, 1)
    many = len(made.files) > 1
    named = {f"{made.name}{f'.{number}' if many else ''}.jsonl": part for number, part in parts}
    return named | {f"{made.name}.anchor": content for content in made.anchors}


def described(made: Case) -> dict[str, Any]:
    """Return what cases.json says of a case."""
    names = list(files(made))
    count = len(made.files)
    believed = [str(key_of_witness(one)) for one in made.witnesses]
    expected: Line = {"verdict": made.verdict, "kind": made.kind}
    if made.first is not None:
        expected |= {"first": made.first, "last": made.last}
    return {
        "name": made.name,
        "files": names[:count],
        "anchors": names[count:],
        "keys": [str(key.verifier) for key in made.keys],
        **({"witnesses": believed, "quorum": made.quorum} if believed else {}),
        "expected": expected,
    }


def everything() -> dict[str, bytes]:
    """Return every file of the folder."""
    made = {name: content for one in cases() for name, content in files(one).items()}
    index = json.dumps([described(one) for one in cases()], indent=1, ensure_ascii=False)
    return {**made, "cases.json": f"{index}\n".encode()}


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for old in FOLDER.iterdir():
        old.unlink()
    for name, content in everything().items():
        (FOLDER / name).write_bytes(content)
