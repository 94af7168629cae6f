"""The console's first page: what needs somebody, which dates come next, and the sign-ins of today.

Each part is there for whom its own page is. It decides nothing, and links to where more is said.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response

from idp import clock, moments, web
from idp.anchors import following
from idp.installation import Installation
from idp.language import Words, _, n_
from idp.operating import cases
from idp.operating.actor import Actor
from idp.operating.cases import Cases
from idp.pages.admin import entry, frame
from idp.pages.admin.acting import actor
from idp.pages.admin.audit import home, record_page
from idp.pages.admin.rollout import board, in_words
from idp.pages.interaction.words import level_text
from idp.policy.roles import Action
from idp.policy.types import Rules
from idp.signin.interaction import Authorized
from idp.store.audit import counts
from idp.store.db import Work
from idp.store.rollout import stages

DAY = 86400
DATES = 5
"""How many of the next dates are shown."""
MOST = 100
"""Up to so many messages are counted."""


@dataclass(frozen=True)
class Need:
    """Something that somebody is to look at, and where."""

    words: Words
    url: str


def add_to(views: Blueprint, installation: Installation) -> None:
    """Add the console's first address."""
    known = cases.of(installation)

    @views.get("/")
    @entry.enters(installation, frame.HOME)
    def index(who: Authorized) -> Response:
        work, by = web.work(), actor(who)
        return frame.show(
            "overview",
            who,
            place=frame.HOME,
            title=_("Overview"),
            rollout=board.headline(installation, work),
            rollout_url=frame.ROLLOUT,
            needs=list(_needs(installation, known, work, by)),
            dates=_dates(work, installation.signin.rules),
            today=_today(work, installation.signin.rules) if by.may(Action.AUDIT_READ) else None,
            tokens_url=f"{frame.AUDIT}tokens",
        )


def _needs(installation: Installation, known: Cases, work: Work, by: Actor) -> Iterator[Need]:
    """Yield what somebody is to look at, of what the actor may see."""
    if by.may(Action.MESSAGES_READ):
        unsent = known.outbox.page(work, by, limit=MOST)
        failed = [one for one in unsent if one.row.state != "due"]
        if failed:
            yield Need(
                n_(
                    "%(num)s message could not be sent",
                    "%(num)s messages could not be sent",
                    len(failed),
                ),
                frame.MESSAGES,
            )
    if by.may(Action.KEYS_READ):
        refused = [one for one in known.keys.everything(work, by) if one.state == "refused"]
        if refused:
            yield Need(
                _("A signing key was made without our encryption key. It signs nothing."),
                frame.KEYS,
            )
    if by.may(Action.AUDIT_READ):
        canary, record = home.canary(work), record_page.state(installation, work)
        if canary is not None and not canary["good"]:
            yield Need(canary["headline"], frame.AUDIT)
        if record["problem"] is not None or record["late"]:
            yield Need(record["headline"], f"{frame.AUDIT}record")
        places = following.states(work, installation.settings.evidence)
        late = sum(place.late for place in places)
        if late:
            yield Need(
                n_(
                    "%(num)s place outside lacks checkpoints of the record, or contradicts it",
                    "%(num)s places outside lack checkpoints of the record, or contradict it",
                    late,
                ),
                f"{frame.AUDIT}record",
            )


def _dates(work: Work, rules: Rules) -> list[dict[str, Any]]:
    """Return the next dates of the rollout, the first of them first."""
    now = clock.now()
    coming = [
        (stage.enforce_at, stage)
        for stage in stages.everything(work)
        if stage.stopped_at is None and stage.enforce_at is not None and stage.enforce_at > now
    ]
    return [
        {
            "when": moments.weekday(at),
            "words": in_words.sentence(work, rules, stage),
            "url": board.stage_path(stage.id),
        }
        for at, stage in sorted(coming, key=lambda one: one[0])[:DATES]
    ]


def _today(work: Work, rules: Rules) -> list[tuple[Words, int]]:
    """Return how many answers with tokens said what today, as far as they are counted."""
    day = clock.now() // DAY
    known, found = counts.means(work), Counter[str]()
    for _day, means, answers in counts.by_day(work, "", day, day):
        found[known[means].acr] += answers
    return [
        (level_text(rules, acr) if acr else _("no sign-in"), count)
        for acr, count in found.most_common()
    ]
