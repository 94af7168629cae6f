"""What `acrux doctor` finds of the ledger: whether it is sealed, and whether others have it."""

from collections.abc import Iterator

from idp import clock
from idp.anchors import following
from idp.anchors.following import State
from idp.cli.auditing import anchor_lines
from idp.cli.doctor.finding import BAD, GOOD, Finding
from idp.settings import witness_places
from idp.settings.values import Settings
from idp.store.db import Work
from idp.store.ledger import turns


def ledger_findings(work: Work, loaded: Settings) -> Iterator[Finding]:
    """Rows are sealed soon after they were written."""
    waiting = turns.waiting(work)
    age = clock.now() - waiting.oldest if waiting.oldest is not None else 0
    if age > turns.LATE:
        text = f"{waiting.count} rows wait to be sealed, the oldest for {age // 60} min"
        mend = "see that a worker runs; `acrux ledger seal` says what it stops at"
        yield Finding(BAD, "ledger", text, mend)
    else:
        yield Finding(GOOD, "ledger", "no row waits for long to be sealed")
    for state in following.states(work, loaded.evidence):
        yield _witness(state) if state.place.kind == witness_places.KIND else _anchor(state)
    if not loaded.evidence.anchors:
        yield Finding(GOOD, "anchor", "there is none: evidence.anchors is empty")


def _anchor(state: State) -> Finding:
    if state.late:
        return Finding(BAD, "anchor", _said(state), "docs/ledger.md#anchors")
    return Finding(GOOD, "anchor", _said(state))


def _witness(state: State) -> Finding:
    if state.late:
        return Finding(BAD, "witness", _said(state), "docs/ledger.md#witnesses")
    return Finding(GOOD, "witness", _said(state))


def _said(state: State) -> str:
    return f"{state.place.name}: {anchor_lines.how(state)}"
