"""Whether the record is complete: how far it is sealed and signed, and how an auditor checks it."""

from typing import Any

from flask import Blueprint, Response

from idp import clock, web
from idp.anchors import following
from idp.evidence import checkpoint, note
from idp.evidence.note import NoteError
from idp.installation import Installation
from idp.language import Words, _, n_
from idp.ledger import keys, reading
from idp.ledger.keys import LedgerError
from idp.ledger.witnessed import whole
from idp.pages.admin.audit import room
from idp.pages.admin.audit.room import Page
from idp.signin.interaction import Authorized
from idp.store.audit import counts
from idp.store.db import Work
from idp.store.ledger import log, turns
from idp.store.ledger.log import CheckpointRow

RECORD = Page("record", _("Is the record complete?"))
BEHIND = 10
"""How many times longer than between two seals a leaf may wait before that is a fault."""
LEAST_BEHIND = 120
COMMANDS = """acrux ledger key
acrux ledger export > export.jsonl
python3 tools/verify/acrux_verify.py --key "$KEY" export.jsonl"""
"""How whoever trusts neither us nor this page checks it."""


def add_to(views: Blueprint, installation: Installation) -> None:
    """Add the page's address."""

    @views.get("/audit/record")
    @room.asks(installation, RECORD)
    def audit_record(who: Authorized) -> Response:
        work = web.work()
        found = state(installation, work)
        return room.show(
            "record",
            who,
            RECORD,
            title=found["headline"],
            found=found,
            keys=found["keys"],
            commands=COMMANDS,
            anchors=following.states(work, installation.settings.evidence),
            counted=counts.progress(work),
        )


def state(installation: Installation, work: Work) -> dict[str, Any]:
    """Return how far the record is sealed, and whether what was signed last still holds."""
    newest, waiting = log.newest(work), turns.waiting(work)
    problem, known = _problem(installation, work, newest)
    lag = max(clock.now() - waiting.oldest, 0) if waiting.oldest is not None else 0
    late = lag > max(BEHIND * installation.settings.evidence.every, LEAST_BEHIND)
    return {
        "size": newest.size if newest else 0,
        "signed": room.moment(newest.at) if newest else None,
        "note": whole(work, newest) if newest else None,
        "waiting": waiting.count,
        "lag": lag,
        "problem": problem,
        "late": late,
        "keys": known,
        "headline": _headline(problem, late, newest, lag),
    }


def _headline(problem: str | None, late: bool, newest: CheckpointRow | None, lag: int) -> Words:
    if problem is not None:
        return _("The record was changed since it was signed")
    if late:
        return _("Entries wait to be sealed for %(num)s seconds: is the worker running?", num=lag)
    if newest is None:
        return _("Nothing is sealed yet")
    return n_(
        "%(num)s entry is sealed, and the last signature holds",
        "%(num)s entries are sealed, and the last signature holds",
        newest.size,
    )


def _problem(
    installation: Installation, work: Work, newest: CheckpointRow | None
) -> tuple[str | None, list[str]]:
    """Check what was signed last over the tree as it is now: in a moment, whatever its size."""
    try:
        known = keys.verifiers(work, installation.keyring)
        if newest is None:
            return None, [str(one) for one in known]
        head, _signers = checkpoint.opened(note.parse(newest.note.encode()), known[-1].name, known)
        if (head.size, head.root) != (newest.size, reading.frontier(work, newest.size).root):
            return "the tree has another root than was signed", [str(one) for one in known]
    except (LedgerError, NoteError, IndexError) as error:
        return str(error), []
    return None, [str(one) for one in known]
