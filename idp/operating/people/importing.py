"""People are brought in from a file: what it would do, and doing it.

Owns who may, whom a file may change, and the events of its beginning and end. What a row means, and
what becomes of it, is `people.intake`'s.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial

from idp import audit
from idp.audit import Event
from idp.installation import Installation
from idp.operating.actor import Actor, acts
from idp.operating.people import standing
from idp.people.intake import files, json_files
from idp.people.intake.carrying_out import Options
from idp.people.intake.files import Source
from idp.people.intake.held import File
from idp.people.intake.plans import Outcome, Said
from idp.people.intake.recipes import RECIPES, open_export
from idp.policy.roles import Action
from idp.store.db import Work

PRODUCTS = tuple(RECIPES)
"""Whose exports are read as they are."""


def opened(file: File, product: str = "") -> Source:
    """Return a file as it is read: CSV, JSON by its ending, or the export of a product.

    Raises:
        CommandError: it cannot be read, or nothing in it names people.
    """
    if product:
        return open_export(product, file)
    if file.suffix.lower() in json_files.ENDINGS:
        return json_files.open_json(file)
    return files.open_source(file)


class Importing:
    """Files of people, for one installation."""

    def __init__(self, installation: Installation) -> None:
        self._intake = installation.intake

    @acts(Action.PEOPLE_CHANGE)
    def check(self, work: Work, actor: Actor, source: Source, options: Options) -> Iterator[Said]:
        """Say of each row what would become of it; nothing is written.

        Raises:
            CommandError: the file cannot be read to its end, or nobody could be invited.
        """
        return self._intake.check(work, source, _bound(actor, options))

    @acts(Action.PEOPLE_CHANGE)
    def carry_out(
        self, work: Work, actor: Actor, source: Source, options: Options, done: int = 0
    ) -> Iterator[Said]:
        """Carry out each row that is right, past the first `done`; say what became of it.

        A row is said once it is committed. It is done whole, or not at all.

        Raises:
            CommandError: as for `check`.
        """
        return self._intake.carry_out(work, source, _bound(actor, options), done)


def begun(work: Work, name: str, options: Mapping[str, bool]) -> None:
    """Record that somebody began to bring people in."""
    said = sorted(word for word, on in options.items() if on)
    audit.record(work, Event.IMPORT_BEGUN, reason=" ".join([name, *said])[:200])


def ended(work: Work, name: str, counts: Mapping[str, int], *, whole: bool = True) -> None:
    """Record what became of the rows of a file; not `whole`: it was broken off."""
    numbers = {outcome.value: counts[outcome.value] for outcome in Outcome if counts.get(outcome)}
    reason = name if whole else f"{name}, broken off"
    audit.record(work, Event.IMPORT_ENDED, reason=reason[:200], rows=numbers)


def counted(work: Work, name: str, said: Iterator[Said]) -> Iterator[Said]:
    """Yield what is said, between the events of its beginning and its end."""
    begun(work, name, {})
    counts, whole = Counter[str](), False
    try:
        for one in said:
            counts[one.outcome.value] += 1
            yield one
        whole = True
    finally:
        ended(work, name, counts, whole=whole)
        work.commit()


def _bound(actor: Actor, options: Options) -> Options:
    """Return options with which nobody changes someone who may do more."""
    return replace(options, allowed=partial(standing.check, actor))
