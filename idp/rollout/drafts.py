"""What an operator writes of a stage becomes a stage, or the line that says what is wrong with it.

A table of small functions, one a field. Owns no change: `idp.rollout.stages` makes those.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any
from urllib.parse import urlsplit

from idp import clock, moments
from idp.language import LANGUAGES
from idp.policy.reach import can_ever_hold
from idp.policy.rollout import EVERYONE, Stage, Strength
from idp.policy.steps import EnrolmentProof
from idp.policy.types import Rules
from idp.rollout import selectors
from idp.rollout.errors import StageError
from idp.store.db import Work

SETTING = "setting"
"""Instead of a proof: what the setting `enrolment.proof` says."""
NOW = "now"
"""Instead of a date: from this moment."""
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
MOST_GRACE = 50
LONGEST_REMINDER = 365
LONGEST_WHY = 300
"""Characters of the sentence of reason: it stands on a page and in a mail."""
LONGEST_GUIDANCE = 500


@dataclass(frozen=True)
class Wanted:
    """What was written of a stage; None leaves a field as it is."""

    id: str | None = None
    zone: str | None = None
    strength: str | None = None
    level: str | None = None
    audience: tuple[str, ...] | None = None
    excluded: tuple[str, ...] | None = None
    enforce_at: str | None = None
    """A date, RFC 3339, or `now`."""
    announce_at: str | None = None
    """The same; "" for at once."""
    reminders: str | None = None
    """Days before the date, as in `21, 7, 1, 0`; "" for no mails."""
    grace: int | None = None
    grace_privileged: int | None = None
    why: Mapping[str, str] | None = None
    guidance: str | None = None
    proof: str | None = None
    """`email`, `sms`, `none`; `setting` or "" for what the settings say."""


@dataclass(frozen=True)
class Bench:
    """What a field is read against."""

    work: Work
    rules: Rules
    before: Stage | None
    """The stage as it stands; None for a new one."""
    may_be_empty: bool = False
    """Nobody need be of an audience yet."""
    unsent: frozenset[EnrolmentProof] = frozenset()
    """Proofs whose codes this installation does not send."""


def read(bench: Bench, wanted: Wanted, zone: str) -> Stage:
    """Return the stage that is wanted: that of before with what was written, or a new one.

    `zone` is that of a new stage's dates. A new stage without an id has the id "".

    Raises:
        StageError: a field cannot be so, or two of them contradict each other.
    """
    stage = bench.before or Stage("", (), "", zone=zone)
    for name in (one.name for one in fields(Wanted)):
        value = getattr(wanted, name)
        if value is not None:
            stage = replace(stage, **{name: _READERS[name](bench, stage, value)})
    stage = _as_strong(stage)
    for check in _WHOLE:
        check(bench, stage)
    return stage


def _id(_bench: Bench, _stage: Stage, text: str) -> str:
    if not _ID.fullmatch(text):
        raise StageError("id", f"{text!r} is no stage's name: letters, digits and . _ - only")
    return text


def _zone(_bench: Bench, _stage: Stage, text: str) -> str:
    try:
        moments.zone(text)
    except ValueError as error:
        raise StageError("zone", str(error)) from None
    return text


def _strength(_bench: Bench, _stage: Stage, text: str) -> Strength:
    try:
        return Strength(text)
    except ValueError:
        known = ", ".join(Strength)
        raise StageError("strength", f"{text!r} is none of {known}") from None


def _level(bench: Bench, stage: Stage, text: str) -> str:
    level = bench.rules.level(text)
    if level is None:
        known = ", ".join(level.name for level in bench.rules.levels)
        raise StageError("level", f"{text!r} is no level: {known}")
    if stage.required and not can_ever_hold(level, bench.rules.abilities):
        text = f"no method of this installation reaches {text}: nobody could sign in"
        raise StageError("level", text)
    return level.name


def _audience(bench: Bench, _stage: Stage, words: tuple[str, ...]) -> tuple[str, ...]:
    found = selectors.read(bench.work, words, "audience", may_be_empty=bench.may_be_empty)
    if not found:
        raise StageError("audience", "a stage needs an audience: a user type, a group, or *")
    return found


def _excluded(bench: Bench, _stage: Stage, words: tuple[str, ...]) -> tuple[str, ...]:
    found = selectors.read(bench.work, words, "excluded", may_be_empty=bench.may_be_empty)
    if EVERYONE in found:
        raise StageError("excluded", "a stage that leaves out everyone reaches nobody")
    return found


def _enforce_at(bench: Bench, stage: Stage, text: str) -> int | None:
    if not text:
        return None
    now = clock.now()
    if text == NOW:
        return now
    at = _date("enforce_at", text, stage.zone)
    if at < now and (bench.before is None or at != bench.before.enforce_at):
        said = moments.minute(at)
        raise StageError("enforce_at", f"{said} is over: write {NOW} to begin at this moment")
    return at


def _announce_at(_bench: Bench, stage: Stage, text: str) -> int | None:
    return None if text in ("", NOW) else _date("announce_at", text, stage.zone)


def _date(field: str, text: str, zone: str) -> int:
    try:
        return moments.read(text, zone=zone)
    except moments.MomentError as error:
        raise StageError(field, str(error)) from None


def _reminders(_bench: Bench, _stage: Stage, text: str) -> tuple[int, ...]:
    words = text.replace(",", " ").split()
    days = {int(word) for word in words if word.isascii() and word.isdigit() and len(word) < 5}
    if len(days) != len(set(words)) or max(days, default=0) > LONGEST_REMINDER:
        text = f"reminders are days before the date, 0 to {LONGEST_REMINDER}, such as 21, 7, 1, 0"
        raise StageError("reminders", text)
    return tuple(sorted(days, reverse=True))


def _grace_of(field: str) -> Callable[[Bench, Stage, int], int]:
    def read(_bench: Bench, _stage: Stage, number: int) -> int:
        if not 0 <= number <= MOST_GRACE:
            raise StageError(field, f"a grace is 0 to {MOST_GRACE} sign-ins")
        return number

    return read


def _why(_bench: Bench, stage: Stage, said: Mapping[str, str]) -> dict[str, str]:
    """Return the sentences of each language; an empty one takes that of before away."""
    whole = {**stage.why, **said}
    kept = {language: " ".join(text.split()) for language, text in whole.items() if text.strip()}
    if unknown := set(kept) - set(LANGUAGES):
        known = ", ".join(LANGUAGES)
        raise StageError("why", f"{min(unknown)!r} is no language spoken here: {known}")
    if any(len(text) > LONGEST_WHY for text in kept.values()):
        raise StageError("why", f"the reason is one sentence, of {LONGEST_WHY} characters at most")
    return kept


def _guidance(_bench: Bench, _stage: Stage, text: str) -> str:
    if text and not (_is_https(text) and text.isprintable() and len(text) <= LONGEST_GUIDANCE):
        said = f"guidance is an https address, of {LONGEST_GUIDANCE} characters at most"
        raise StageError("guidance", said)
    return text


def _is_https(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme == "https" and bool(parts.hostname)


def _proof(_bench: Bench, _stage: Stage, text: str) -> EnrolmentProof | None:
    if text in ("", SETTING):
        return None
    try:
        return EnrolmentProof(text)
    except ValueError:
        known = ", ".join((*EnrolmentProof, SETTING))
        raise StageError("proof", f"{text!r} is none of {known}") from None


_READERS: Mapping[str, Callable[[Bench, Stage, Any], Any]] = {
    "id": _id,
    "zone": _zone,
    "strength": _strength,
    "level": _level,
    "audience": _audience,
    "excluded": _excluded,
    "enforce_at": _enforce_at,
    "announce_at": _announce_at,
    "reminders": _reminders,
    "grace": _grace_of("grace"),
    "grace_privileged": _grace_of("grace_privileged"),
    "why": _why,
    "guidance": _guidance,
    "proof": _proof,
}


def _as_strong(stage: Stage) -> Stage:
    """A mere wish has no date, and gives no grace."""
    return stage if stage.required else replace(stage, enforce_at=None)


def _is_whole(_bench: Bench, stage: Stage) -> None:
    if not stage.audience:
        raise StageError("audience", "a stage needs an audience: a user type, a group, or *")
    if not stage.level:
        raise StageError("level", "a stage needs a level")


def _can_begin(_bench: Bench, stage: Stage) -> None:
    if stage.required and stage.enforce_at is None:
        raise StageError("enforce_at", "what is required needs a date from which it is")


def _is_told_before(_bench: Bench, stage: Stage) -> None:
    at, from_when = stage.announce_at, stage.enforce_at
    if at is not None and from_when is not None and at > from_when:
        raise StageError("announce_at", "it is announced after it is required")


def _can_be_held(bench: Bench, stage: Stage) -> None:
    if stage.required:
        _level(bench, stage, stage.level)


def _can_come_back(bench: Bench, stage: Stage) -> None:
    if stage.proof in bench.unsent:
        backend = {EnrolmentProof.EMAIL: "mail.backend", EnrolmentProof.SMS: "sms.backend"}
        said = f"{backend[stage.proof]} is off, but proof = {stage.proof} needs it"
        raise StageError("proof", f"{said}: no code would ever come")
    if stage.proof is EnrolmentProof.NONE and not stage.required:
        said = "proof = none is for what is required: who may wait can wait for a code"
        raise StageError("proof", said)


_WHOLE = (_is_whole, _can_begin, _is_told_before, _can_be_held, _can_come_back)
