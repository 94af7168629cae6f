"""The look in force: the brand of the settings, with what was decided in the console; own words.

Each process keeps a copy, and asks every few seconds whether it is still that: no page and no
message waits for more than one number. Where the database does not answer, the copy holds.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from idp import clock, language
from idp.messages import texts
from idp.settings.values import Brand, Settings
from idp.store import db
from idp.store.db.connections import Engine
from idp.store.db.schema import DATABASE_ERRORS
from idp.store.service import looks
from idp.store.service.looks import WordingRow

EVERY = 5
"""Seconds after which another process has seen a change."""
PATIENCE = 2
"""Seconds for which the database is waited for."""
SUPPORT = ("support_email", "support_phone", "support_hours", "support_url")
FIELDS = ("accent", "logo", *SUPPORT)
"""What of the brand can be decided in the console."""
_BRACED = re.compile(r"\{([a-z_]+)\}")


@dataclass(frozen=True)
class Look:
    """How it looks and what it says, as of one version."""

    version: int
    brand: Brand
    own: Mapping[tuple[str, str], WordingRow] = field(default_factory=dict)
    """Own words by kind of message and language."""

    def words(self, kind: str, spoken: str, values: Mapping[str, object]) -> tuple[str, str]:
        """Return subject and text of a kind of message, filled in; "" where ours are said."""
        found = self.own.get((kind, spoken))
        return filled(found, values) if found is not None else ("", "")


def filled(row: WordingRow, values: Mapping[str, object]) -> tuple[str, str]:
    """Return own words with `values` in the place of what stands in braces."""

    def fill(text: str) -> str:
        return _BRACED.sub(lambda one: str(texts.tidy(values.get(one[1], one[0]))), text)

    lines = (texts.tidy(line) for line in fill(row.body).splitlines())
    return texts.tidy(fill(row.subject)), "\n".join(lines).strip()


def placeholders(text: str) -> set[str]:
    """Return the names that stand in braces."""
    return set(_BRACED.findall(text))


class Looks:
    """The look of one installation, as this process knows it."""

    def __init__(self, settings: Settings, engine: Engine) -> None:
        self._settings = settings
        self._engine = engine
        self._known = Look(0, settings.brand)
        self._asked_at = -EVERY

    def now(self) -> Look:
        """Return the look in force."""
        now = clock.now()
        if not 0 <= now - self._asked_at < EVERY:
            # Before the answer: others go on with the copy meanwhile.
            self._asked_at = now
            try:
                with db.work(self._engine, PATIENCE) as work:
                    if looks.version(work) != self._known.version:
                        self._known = of(self._settings, work)
            except DATABASE_ERRORS:
                pass
        return self._known

    def forget(self) -> None:
        """Have the next page ask: it was changed by this very process."""
        self._asked_at = -EVERY

    def support(self, values: Mapping[str, object]) -> dict[str, object]:
        """Return whom people may ask, where a message has a place for it."""
        return {k: v for k, v in self.now().brand.support.items() if k in values}

    def own(self, kind: str, values: Mapping[str, object]) -> tuple[str, str]:
        """Return what a kind of message says in the language spoken; "" where ours are said."""
        return self.now().words(kind, language.spoken(), values)


def of(settings: Settings, work: db.Work) -> Look:
    """Read the look."""
    row = looks.find(work)
    own = {(one.kind, one.language): one for one in looks.words(work)}
    return Look(row.version, branded(settings.brand, row.data), own)


def branded(brand: Brand, decided: Mapping[str, str]) -> Brand:
    """Return a brand with what was decided in its place."""
    found = {name: decided[name] for name in FIELDS if name in decided}
    if "support_phone" in found:
        # Hours are those of the number that they stand beside.
        found.setdefault("support_hours", "")
    return replace(brand, **found)
