"""What was typed of a stage: read from a form or an address, and written into one again.

So a page can be left for a sign-in, sent to a colleague, or shown again with what is wrong, and
nothing has to be typed twice. Owns the names of the fields; what they may be `idp.rollout.drafts`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any
from urllib.parse import urlencode

from werkzeug.datastructures import MultiDict

from idp import moments
from idp.policy.rollout import REMINDERS, Stage, Strength
from idp.rollout.drafts import NOW, Wanted
from idp.rollout.selectors import PERSON, shown
from idp.store.db import Work

LONGEST = 2000
"""Characters of one field. One more is read, so that what is longer is refused, not cut short."""
_MANY = ("audience", "excluded")
_WITH = {
    "audience": ("people",),
    "excluded": ("excluded_people",),
    "enforce_at": ("zone",),
    "announce_at": ("zone",),
}
"""Fields that say the same thing together."""


@dataclass(frozen=True)
class Typed:
    """The fields of the form, as text. `people` are names with commas between them."""

    audience: tuple[str, ...] = ()
    people: str = ""
    excluded: tuple[str, ...] = ()
    excluded_people: str = ""
    strength: str = Strength.REQUIRED
    level: str = ""
    enforce_at: str = ""
    at_once: str = ""
    announce_at: str = ""
    reminders: str = ", ".join(map(str, REMINDERS))
    grace: str = "0"
    grace_privileged: str = "0"
    proof: str = ""
    zone: str = ""
    version: str = ""
    """Of the stage that the form was made from; "" for a new one."""

    def wanted(self, before: "Typed | None") -> Wanted:
        """Return what is to become of a stage; what was left as it is `before` stays untouched.

        So a date with another hour than midnight stays, and so does the name of a user type that no
        one is of any more.
        """
        values: dict[str, Any] = {
            "zone": self.zone,
            "strength": self.strength,
            "level": self.level,
            "audience": self.audience + self._selected("people"),
            "excluded": self.excluded + self._selected("excluded_people"),
            "enforce_at": NOW if self.at_once else self.enforce_at,
            "announce_at": self.announce_at,
            "reminders": self.reminders,
            "grace": _number(self.grace),
            "grace_privileged": _number(self.grace_privileged),
            "proof": self.proof,
        }
        return Wanted(**{name: values[name] for name in values if self._moved(name, before)})

    def named(self, field: str) -> tuple[str, ...]:
        """Return the single people who are typed in a field."""
        names = getattr(self, field).replace("\n", ",").split(",")
        return tuple(name.strip() for name in names if name.strip())

    def _selected(self, field: str) -> tuple[str, ...]:
        return tuple(f"{PERSON}:{name}" for name in self.named(field))

    def _moved(self, name: str, before: "Typed | None") -> bool:
        if before is None or any(
            getattr(self, one) != getattr(before, one) for one in (name, *_WITH.get(name, ()))
        ):
            return True
        return name == "enforce_at" and bool(self.at_once)

    def pairs(self) -> Iterator[tuple[str, str]]:
        """Return the fields as a form sends them."""
        for one in fields(self):
            value = getattr(self, one.name)
            if one.name in _MANY:
                yield from ((one.name, each) for each in value)
            else:
                yield one.name, value

    def query(self) -> str:
        """Return the fields as the query of an address."""
        return urlencode([(name, value) for name, value in self.pairs() if value])


def read(values: MultiDict[str, str], zone: str) -> Typed:
    """Return what a form or an address says; `zone` where it says none."""
    found: dict[str, Any] = {
        one.name: values.get(one.name, "").strip()[: LONGEST + 1] for one in fields(Typed)
    }
    for name in _MANY:
        found[name] = tuple(dict.fromkeys(values.getlist(name)[:LONGEST]))
    found["zone"] = found["zone"] or zone
    return Typed(**found)


def of_stage(work: Work, stage: Stage) -> Typed:
    """Return the fields as they say what a stage is."""
    audience, people = _apart(work, stage.audience)
    excluded, excluded_people = _apart(work, stage.excluded)
    return Typed(
        audience=audience,
        people=people,
        excluded=excluded,
        excluded_people=excluded_people,
        strength=stage.strength.value,
        level=stage.level,
        enforce_at=_day(stage.enforce_at, stage.zone),
        announce_at=_day(stage.announce_at, stage.zone),
        reminders=", ".join(map(str, stage.reminders)),
        grace=str(stage.grace),
        grace_privileged=str(stage.grace_privileged),
        proof=stage.proof or "",
        zone=stage.zone,
        version=str(stage.version),
    )


def _apart(work: Work, selectors: tuple[str, ...]) -> tuple[tuple[str, ...], str]:
    """Return the kinds of people, and the single ones by their names."""
    single = tuple(one for one in selectors if one.startswith(f"{PERSON}:"))
    kinds = tuple(one for one in selectors if one not in single)
    return kinds, ", ".join(one.partition(":")[2] for one in shown(work, single))


def _number(text: str) -> int:
    """Return a number; -1 for what is none, which no field allows."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else -1


def _day(at: int | None, zone: str) -> str:
    return moments.date_in(at, zone).isoformat() if at is not None else ""
