#!/usr/bin/env python3
"""Checks an evidence pack of Acrux in the folder that it was unpacked into, with nothing of Acrux.

    acrux_verify_pack.py --key KEY [--key KEY ...] [--anchor FILE ...]
                         [--witness KEY ... [--quorum N]] [--json] FOLDER

KEY, --anchor and --witness are as for acrux_verify.py, which stands beside this file and is used.
Checked are: the signature of SHA256SUMS, each file by it, that no file is there that it does not
name, the rows of the ledger, also beside what the pack has of anchors, the rules, and that the
tokens counted in coverage.csv are those of the ledger.
The exit status is 0 when all holds, 1 with evidence of a change, 2 when that cannot be told.
"""

import argparse
import csv
import hashlib
import json
import re
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from acrux_verify import Keys, Verdict, changed, keys_of, say, unknown, verdict
from cryptography.exceptions import InvalidSignature

SUMS, SIGNED = "SHA256SUMS", "SHA256SUMS.note"
LINE = re.compile(r"([0-9a-f]{64})  ([A-Za-z0-9._/-]+)\n")


def differs(name: str, says: str) -> Verdict:
    """Return evidence that a file of the pack is not what was signed."""
    return Verdict("changed", "pack", says, file=name)


def sums_of(folder: Path, keys: Keys) -> dict[str, str]:
    """Return the hash of each file, by its name, as it was signed."""
    try:
        raw, note = (folder / SUMS).read_bytes(), (folder / SIGNED).read_bytes().decode()
    except (OSError, UnicodeDecodeError):
        raise unknown(f"{SUMS} and {SIGNED} are not there, or cannot be read") from None
    text, signatures = keys._parts(note, SIGNED)
    ours = [
        (keys.known[sig[:4]], sig[4:])
        for name, sig in signatures
        if name == keys.origin and sig[:4] in keys.known
    ]
    if not ours:
        raise changed("re-keyed", 0, 0, f"{SIGNED}: not signed by a key that was named")
    for key, signature in ours:
        try:
            key.verify(signature, text.encode())
        except InvalidSignature:
            says = f"{SIGNED}: its signature is wrong"
            raise changed("wrong signature", 0, 0, says) from None
    lines = text.split("\n")
    if lines[:2] != ["acrux pack 1", keys.origin]:
        raise unknown(f"{SIGNED}: no pack of {keys.origin}")
    if lines[2] != hashlib.sha256(raw).hexdigest():
        raise differs(SUMS, f"{SUMS} is not the list that was signed")
    found = LINE.findall(raw.decode(errors="replace"))
    return {name: digest for digest, name in found}


def check_files(folder: Path, sums: dict[str, str]) -> None:
    """Refuse a file that is another, that is missing, or that nobody signed."""
    for name, digest in sums.items():
        file = folder / name
        if not file.is_file():
            raise differs(name, f"{name} is missing")
        hashed = hashlib.sha256()
        with file.open("rb") as opened:
            while piece := opened.read(1 << 20):
                hashed.update(piece)
        if hashed.hexdigest() != digest:
            raise differs(name, f"{name} was changed after the pack was signed")
    for file in sorted(folder.rglob("*")):
        name = file.relative_to(folder).as_posix()
        made = "__pycache__" in file.parts or file.is_dir()
        if not made and name not in {*sums, SUMS, SIGNED}:
            raise differs(name, f"{name} is no part of the pack")


def check_coverage(folder: Path, since: int, until: int) -> int:
    """Compare the table of applications with the rows of the ledger; return how many tokens."""
    counted: Counter[tuple[str, str]] = Counter()
    with (folder / "ledger.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            leaf = json.loads(line).get("leaf", {})
            if leaf.get("kind") == "token" and since <= leaf["at"] < until:
                counted[leaf["client"], leaf.get("acr", "")] += 1
    with (folder / "coverage.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    told = {
        (row["client_id"].removeprefix("'"), row["acr"].removeprefix("'")): int(row["answers"])
        for row in rows
        if int(row["answers"])
    }
    plain = {(c.removeprefix("'"), a.removeprefix("'")): n for (c, a), n in counted.items()}
    if told != plain:
        raise differs("coverage.csv", "coverage.csv does not count what the ledger has")
    return sum(counted.values())


def checked(
    folder: Path,
    keys: list[str],
    anchors: list[str],
    witnesses: Iterable[str] = (),
    quorum: int = 1,
) -> Verdict:
    """Return what is to be said of a pack."""
    try:
        sums = sums_of(folder, Keys(keys_of(keys)))
        check_files(folder, sums)
        about = json.loads((folder / "about.json").read_text())
        copies = [str(folder / name) for name in sorted(sums) if name.startswith("anchors/")]
        kept = [*anchors, *copies]
        ledger = verdict([str(folder / "ledger.jsonl")], keys, kept, witnesses, quorum)
        if ledger.said["verdict"] != "ok":
            return ledger
        for name in sorted(name for name in sums if name.startswith("policy/")):
            proof = verdict([str(folder / name)], keys, [])
            if proof.said["verdict"] != "ok":
                return proof
        tokens = check_coverage(folder, about["since"], about["until"])
    except Verdict as found:
        return found
    except (OSError, ValueError, KeyError, TypeError) as error:
        return unknown(f"this is no pack: {error}")
    says = f"{len(sums)} files are as they were signed, {tokens} tokens; {ledger.said['says']}"
    return Verdict("ok", "", says, files=len(sums), tokens=tokens)


def main() -> int:
    """Say the verdict, and return the exit status."""
    words = argparse.ArgumentParser(description="Check an evidence pack of Acrux.")
    words.add_argument("folder", type=Path, help="where the pack was unpacked")
    words.add_argument("--key", action="append", required=True, help="verifier key, or @FILE")
    words.add_argument("--anchor", action="append", default=[], help="checkpoints kept by others")
    words.add_argument("--witness", action="append", default=[], help="a witness's key, or @FILE")
    words.add_argument("--quorum", type=int, default=1, help="how many witnesses must have signed")
    words.add_argument("--json", action="store_true", help="say it as JSON")
    given = words.parse_args()
    found = checked(given.folder, given.key, given.anchor, given.witness, given.quorum)
    return say(found, given.json)


if __name__ == "__main__":
    sys.exit(main())
