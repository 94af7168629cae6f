"""What a trail means for a restore: what is done again, in which order, and what is told. Pure."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from idp import clock
from idp.audit import Event, Outcome
from idp.backup.decisions import DECISIONS
from idp.backup.decisions.decision import Deed
from idp.backup.trail import Happened


@dataclass(frozen=True)
class Plan:
    """What follows from what happened after a backup."""

    events: int
    deeds: tuple[tuple[Deed, Happened], ...]
    tells: tuple[str, ...]
    """What only the operator can do."""


def plan(happened: Sequence[Happened]) -> Plan:
    """Return what follows from events, oldest first.

    Where several are about the same, the last word counts: who was switched off and on again is
    left alone, and of who was deleted nothing else is said.
    """
    found = [one for one in happened if one.outcome == Outcome.DONE.value]
    for part in (_of_people_there, _last_state_of_people, _of_clients_there):
        found = part(found)
    deeds: dict[tuple[object, ...], tuple[Deed, Happened]] = {}
    tells: dict[str, None] = {}
    for one in found:
        if one.event is None:
            tells[
                f"{one.name} at {clock.iso(one.at)} is an event that this version does not know"
            ] = None
            continue
        decision = DECISIONS[one.event]
        if decision.deed is not None and decision.deed.when(one):
            key = (decision.deed.does, one.person, one.client, _detail(one))
            deeds.setdefault(key, (decision.deed, one))
        if decision.tells is not None and (said := decision.tells(one)):
            tells[said] = None
    return Plan(len(happened), tuple(deeds.values()), tuple(tells))


def _detail(happened: Happened) -> str:
    """Return what else tells one deed for a person from another."""
    names = ("credential", "kid", "alg", "stage", "before")
    return f"{happened.reason} {[happened.data.get(name) for name in names]}"


def _of_people_there(found: Iterable[Happened]) -> list[Happened]:
    """Leave out what is about people who came after the backup, or who went after it."""
    found = list(found)
    added = {one.person for one in found if one.event is Event.PERSON_ADDED}
    gone = {one.person for one in found if one.event is Event.PERSON_DELETED}
    return [
        one
        for one in found
        if one.person is None
        or (one.person not in added | gone)
        or (one.person in added - gone and one.event is Event.PERSON_ADDED)
        or (one.person in gone - added and one.event is Event.PERSON_DELETED)
    ]


def _last_state_of_people(found: Iterable[Happened]) -> list[Happened]:
    return _last_of(found, {Event.PERSON_DISABLED, Event.PERSON_ENABLED}, lambda one: one.person)


def _of_clients_there(found: Iterable[Happened]) -> list[Happened]:
    """Leave out what was told of an application before it was deleted."""
    found = list(found)
    deleted = {Event.CLIENT_DELETED, Event.REGISTRATION_DELETED}
    last = {one.client: one.id for one in found if one.event in deleted}
    return [
        one
        for one in found
        if one.client is None
        or one.person is not None
        or one.event in deleted
        or one.id > last.get(one.client, 0)
    ]


def _last_of(
    found: Iterable[Happened], events: set[Event], of: Callable[[Happened], str | None]
) -> list[Happened]:
    """Keep only the last of some events for each that they are about."""
    found = list(found)
    last = {of(one): one.id for one in found if one.event in events}
    return [one for one in found if one.event not in events or last[of(one)] == one.id]
