"""Rows that are written in one transaction: whether all of them are there, or none."""

from collections import Counter
from collections.abc import Iterator

from torture.evidence import Evidence


def nothing_is_half_done(evidence: Evidence) -> Iterator[str]:
    """What is written together is there together (a rule of `torture.rules`)."""
    yield from evidence.health
    codes = sum(row["kind"] == "client:code:issued" for row in evidence.tables["event"])
    if codes != len(evidence.authorizations):
        yield f"{len(evidence.authorizations)} authorizations, {codes} events of a code"
    known = {row["id"] for row in evidence.tables["authorization"]}
    for row in evidence.tables["token"]:
        if row["authorization_id"] not in known:
            yield "a token without its authorization"
    yield from _half_sign_ins(evidence)
    yield from _recovery_codes(evidence)


def _recovery_codes(evidence: Evidence) -> Iterator[str]:
    """Each code that was used proved once: also where nobody heard of it."""
    used = Counter(r["person_id"] for r in evidence.tables["recovery_code"] if r["used_at"])
    proved = Counter(
        row["person_id"]
        for row in evidence.tables["event"]
        if (row["kind"], row["reason"]) == ("person:factor:proved", "recovery")
    )
    for person in used.keys() | proved.keys():
        if used[person] != proved[person]:
            yield f"{person}: {used[person]} recovery codes used, {proved[person]} proved"


def _half_sign_ins(evidence: Evidence) -> Iterator[str]:
    proofs = Counter(row["interaction_id"] for row in evidence.tables["proof"])
    told: Counter[str] = Counter()
    finished = set()
    for row in evidence.tables["event"]:
        told[row["interaction_id"]] += row["kind"] == "person:factor:proved"
        if row["kind"] == "person:sign-in:finished":
            finished.add(row["interaction_id"])
    for row in evidence.tables["interaction"]:
        name = row["id"]
        # Fewer there may be: what was proved in a session ends with it.
        if proofs[name] > told[name]:
            yield f"sign-in {name}: {proofs[name]} proofs, {told[name]} events"
        if row["claimed_at"] is not None and not row["refused"] and name not in finished:
            yield f"sign-in {name} was finished without its event"
    proved = {row["session_id"] for row in evidence.tables["proof"]}
    for row in evidence.tables["session"]:
        if row["person_id"] is not None and row["id"] not in proved:
            yield f"session {row['id']} has a person and no proof"
