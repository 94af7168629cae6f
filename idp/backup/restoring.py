"""After a database was put back: what must not live again ends, in one transaction.

What happened since the backup is done again as far as the trail tells and that takes something
away; the rest is told.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from idp import audit
from idp.audit import Event
from idp.backup.decisions import BY_HAND
from idp.backup.deeds import Place
from idp.backup.manifest import Manifest
from idp.backup.planning import Plan, plan
from idp.backup.trail import OVERLAP, Trail
from idp.installation import Installation
from idp.store import events
from idp.store.copies import fates, postgresql
from idp.store.db import Work
from idp.store.service import backups


@dataclass(frozen=True)
class Outcome:
    """What a restore did, or would do: `done` again, and `left` for the operator, in sentences."""

    epoch: int
    ended: dict[str, int] = field(default_factory=dict)
    """Rows of each table that were ended."""
    done: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    events: int | None = None
    """How many events there are after the backup; None: there is no trail."""


def foreseen(about: Manifest, trail: Trail | None) -> Outcome:
    """Return what would be done again, and what left; nothing is changed, or looked up."""
    if trail is None:
        return Outcome(about.epoch + 1, left=_without_trail(about))
    found = plan(trail.after(about))
    done = tuple(deed.says(happened) for deed, happened in found.deeds)
    left = (*trail.gaps(about), *found.tells, *_afterwards(found))
    return Outcome(about.epoch + 1, done=done, left=tuple(dict.fromkeys(left)), events=found.events)


def _afterwards(found: Plan) -> Iterator[str]:
    return (deed.after(happened) for deed, happened in found.deeds if deed.after is not None)


def _without_trail(about: Manifest) -> tuple[str, ...]:
    return BY_HAND


def settle(
    work: Work, installation: Installation, about: Manifest, trail: Trail | None, epoch: int
) -> Outcome:
    """End what must not outlive a restore, and do again what the trail tells; not committed yet.

    `epoch` is that of the database whose place it takes.

    Raises:
        CommandError: the trail is another installation's.
    """
    found = None if trail is None else plan(trail.after(about, _known(work, about)))
    ended = fates.end(work, installation.settings.totp.future_steps)
    done, left = _done_again(Place(installation, work), found) if found else ((), ())
    if trail is None or found is None:
        left = _without_trail(about)
    else:
        left = tuple(dict.fromkeys((*trail.gaps(about), *found.tells, *left)))
    new = max(about.epoch, epoch) + 1
    backups.note_restored(work, about.id, about.made_at, new)
    audit.record(
        work,
        Event.RESTORE_DONE,
        reason=f"{about.id}, epoch {new}",
        backup=about.id,
        made_at=about.made_at,
        epoch=new,
        ended=ended,
        events=found.events if found else None,
        done=list(done),
        left=list(left),
    )
    if postgresql.is_marked(installation.engine):
        postgresql.unmark(work)
    return Outcome(new, ended, done, left, found.events if found else None)


def _known(work: Work, about: Manifest) -> list[tuple[int, int, str]]:
    """Return the newest events that the backup has: id, time, name."""
    wanted = events.Filter(after_id=max(about.last_event - OVERLAP, 0))
    return [(row.id, row.at, row.kind) for row in events.listing(work, wanted, OVERLAP + 1)]


def _done_again(place: Place, found: Plan) -> tuple[tuple[str, ...], tuple[str, ...]]:
    done, left = [], []
    for deed, happened in found.deeds:
        if deed.does(place, happened):
            done.append(deed.says(happened))
            if deed.after is not None:
                left.append(deed.after(happened))
    return tuple(done), tuple(left)
