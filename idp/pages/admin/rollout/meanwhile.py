"""What someone else did to a stage, or wrote for its mails, while a form of it was open."""

import json
from collections.abc import Iterator
from typing import Any

from idp import moments
from idp.audit import Event
from idp.language import Every, Words, _
from idp.pages.admin.rollout.in_words import FIELDS
from idp.policy.rollout import Stage
from idp.store import events, people
from idp.store.db import Work
from idp.store.events import EventRow, Filter

KINDS = (Event.STAGE_CHANGED, Event.STAGE_MOVED, Event.STAGE_STOPPED, Event.STAGE_RESUMED)
RECENT = 100
"""How many of the newest changes of all stages are looked through."""


def told(work: Work, stage: Stage, version: str) -> Words:
    """Say who changed what since the `version` that a form was made from."""
    found = list(_since(work, stage.id, _number(version)))
    if not found:
        return _("Someone changed this stage meanwhile. Compare, and save again if it is right.")
    newest = found[0][0]
    moved = {name for _event, data in found for name in data.get("after", {})}
    return _(
        "%(who)s changed this stage meanwhile, at %(time)s: %(parts)s. Compare, and save again if"
        " it is right.",
        who=_who(work, newest),
        time=moments.hour(newest.at),
        parts=Every(words for name, words in FIELDS.items() if name in moved),
    )


def told_of_words(work: Work, stage: Stage, letter: str, spoken: str) -> Words:
    """Say who wrote what a mail of a stage says since a form of it was made."""
    where = {"stage": stage.id, "letter": letter, "language": spoken}
    for event in events.listing(work, Filter(kinds=(Event.STAGE_WORDS_CHANGED.value,)), RECENT):
        data = json.loads(event.data or "{}")
        if where.items() <= data.items():
            return _(
                "%(who)s changed these words meanwhile, at %(time)s. Compare, and save again if"
                " it is right.",
                who=_who(work, event),
                time=moments.hour(event.at),
            )
    return _("Someone changed these words meanwhile. Compare, and save again if it is right.")


def _number(version: str) -> int:
    """Return the version that a form was made from; 0 for what no form of ours sends."""
    return int(version) if version.isascii() and version.isdigit() and len(version) < 10 else 0


def _who(work: Work, event: EventRow) -> Words:
    person = people.by_id(work, event.person_id) if event.person_id else None
    return person.name if person else event.source or _("Someone")


def _since(work: Work, stage_id: str, version: int) -> Iterator[tuple[EventRow, dict[str, Any]]]:
    kinds = tuple(kind.value for kind in KINDS)
    for event in events.listing(work, Filter(kinds=kinds), RECENT):
        data = json.loads(event.data or "{}")
        if data.get("stage") == stage_id and data.get("version", 0) > version:
            yield event, data
