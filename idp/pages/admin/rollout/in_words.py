"""A stage in plain words: whom it is about, what it asks, from when, and how far it is."""

from collections.abc import Iterable, Mapping
from typing import Any

from idp import clock, language, moments
from idp.language import Every, Words, _
from idp.pages.interaction.words import level_text
from idp.policy.rollout import EVERYONE, Stage, Strength
from idp.policy.steps import EnrolmentProof
from idp.policy.types import Rules
from idp.rollout.selectors import GROUP, PERSON
from idp.store import people
from idp.store.db import Work

STRENGTHS: Mapping[str, Words] = {
    Strength.OFF: _("Not asked, and not offered in a sign-in"),
    Strength.OPTIONAL: _("Optional: people may set it up"),
    Strength.RECOMMENDED: _("Recommended: people are told of it, and may say not now"),
    Strength.REQUIRED: _("Required from a day on"),
}
PROOFS: Mapping[str, Words] = {
    EnrolmentProof.EMAIL: _("A code to the e-mail address on the profile"),
    EnrolmentProof.SMS: _("A code by text message to the number on the profile"),
    EnrolmentProof.NONE: _("Nothing: the password is enough"),
}
FIELDS: Mapping[str, Words] = {
    "audience": _("Who"),
    "excluded": _("Left out"),
    "strength": _("How strongly"),
    "level": _("What is asked"),
    "enforce_at": _("Required from"),
    "announce_at": _("People are told from"),
    "zone": _("Time zone of the dates"),
    "reminders": _("E-mails, so many days before"),
    "grace": _("Sign-ins without it, after the day"),
    "grace_privileged": _("Such sign-ins of owners and administrators"),
    "why": _("Why, in one sentence"),
    "guidance": _("Link to read more"),
    "proof": _("Check before the first second step"),
    "stopped_at": _("Stopped"),
}
"""What each part of a stage is called."""


def whom(work: Work, selectors: Iterable[str]) -> Words:
    """Return the people whom `selectors` name."""
    return str(Every(_one(work, selector) for selector in selectors))


def _one(work: Work, selector: str) -> Words:
    if selector == EVERYONE:
        return _("everyone")
    kind, _mark, name = selector.partition(":")
    if kind == PERSON:
        person = people.by_id(work, name)
        return person.name if person else _("someone who left")
    if kind == GROUP:
        return _("group %(name)s", name=name)
    return _("user type %(name)s", name=name)


def sentence(work: Work, rules: Rules, stage: Stage) -> Words:
    """Return all that matters of a stage in one line."""
    values: dict[str, Any] = {
        "who": whom(work, stage.audience),
        "what": level_text(rules, stage.level),
    }
    if stage.required:
        return _(
            "Required of %(who)s from %(when)s: %(what)s.",
            when=moment(stage.enforce_at, stage.zone),
            **values,
        )
    if stage.strength is Strength.RECOMMENDED:
        return _("Recommended to %(who)s: %(what)s.", **values)
    if stage.strength is Strength.OPTIONAL:
        return _("Optional for %(who)s: %(what)s.", **values)
    return _("Not asked of %(who)s: %(what)s.", **values)


def title(work: Work, stage: Stage) -> Words:
    """Return the heading of a stage's page."""
    who = whom(work, stage.audience)
    if stage.required and stage.enforce_at is not None:
        return _(
            "%(who)s, from %(date)s", who=title_of(who), date=moments.weekday(stage.enforce_at)
        )
    return title_of(who)


def title_of(words: Words) -> str:
    """Return words as they begin a heading."""
    text = str(words)
    return text[:1].upper() + text[1:]


def moment(at: int | None, zone: str | None = None) -> Words:
    """Return a time with its day of the week, in the installation's zone and in `zone`."""
    if at is None:
        return _("no date")
    ours = moments.whole(at)
    there = moments.whole(at, zone) if zone is not None else ours
    return ours if there == ours else f"{ours} ({there})"


def state(stage: Stage) -> Words:
    """Return how far a stage is."""
    now = clock.now()
    if stage.stopped_at is not None:
        return _("Stopped")
    if stage.due(now):
        return _("In force")
    if not stage.announced(now):
        return _("Planned")
    if stage.required:
        return _("Announced")
    return {
        Strength.OFF: _("Not asked"),
        Strength.OPTIONAL: _("Optional"),
    }.get(stage.strength, _("Recommended"))


def value(work: Work, rules: Rules, stage: Stage, name: str) -> Words:
    """Return one part of a stage, a key of `FIELDS`."""
    found = getattr(stage, name)
    if name in ("audience", "excluded"):
        return whom(work, found) if found else _("no one")
    if name == "strength":
        return STRENGTHS[found]
    if name == "level":
        return level_text(rules, found)
    if name == "announce_at" and found is None:
        return _("at once")
    if name in ("enforce_at", "announce_at"):
        return moment(found, stage.zone)
    if name == "stopped_at":
        return _("no") if found is None else moment(found)
    if name == "proof":
        return PROOFS[found] if found else as_set(rules)
    if name == "reminders":
        return ", ".join(map(str, found)) or _("none")
    if name == "why":
        spoken = [f"{language.LANGUAGES[code]}: {text}" for code, text in found.items()]
        return " · ".join(spoken) or _("none")
    return str(found) or _("none")


def as_set(rules: Rules) -> Words:
    """Return what must come back where a stage says nothing."""
    return _("As in the settings: %(what)s", what=PROOFS[rules.proof])


def facts(work: Work, rules: Rules, stage: Stage) -> list[dict[str, Words]]:
    """Return all that a stage says."""
    return [
        {"field": words, "after": value(work, rules, stage, name)}
        for name, words in FIELDS.items()
        if name != "stopped_at" or stage.stopped_at is not None
    ]


def changed(work: Work, rules: Rules, before: Stage, after: Stage) -> list[dict[str, Words]]:
    """Return what differs between two versions of a stage."""
    names = (one for one in FIELDS if getattr(before, one) != getattr(after, one))
    return [
        {
            "field": FIELDS[name],
            "before": value(work, rules, before, name),
            "after": value(work, rules, after, name),
        }
        for name in names
    ]
