"""Who must have which level from when: stages of a rollout, applied to one person at one time.

Pure: stages, person and time are arguments. What follows from it in a sign-in decides `decide`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from idp.policy.steps import EnrolmentProof
from idp.policy.types import Requirement, Rules

EVERYONE = "*"
REMINDERS = (21, 7, 1, 0)
"""Days before its date on which a stage is mailed about, 0 being the day itself."""


class Strength(StrEnum):
    """How strongly a stage asks, mildest first."""

    OFF = "off"
    """Nothing is asked, and no safer way is offered in a sign-in."""
    OPTIONAL = "optional"
    """Nothing is asked; who wants to may set one up."""
    RECOMMENDED = "recommended"
    REQUIRED = "required"


@dataclass(frozen=True)
class Stage:
    """One part of a rollout. Times are in seconds since 1970 UTC."""

    id: str
    audience: tuple[str, ...]
    """Whom it reaches: `type:clinician`, `group:north`, `person:<sub>`, or `*` for everyone."""
    level: str
    strength: Strength = Strength.REQUIRED
    enforce_at: int | None = None
    """From when it is required; of anything milder it is not kept."""
    excluded: tuple[str, ...] = ()
    """Whom it leaves out, in the words of `audience`."""
    announce_at: int | None = None
    """From when people are told of it; None: at once."""
    zone: str = "UTC"
    """The IANA zone that its dates mean."""
    reminders: tuple[int, ...] = REMINDERS
    grace: int = 0
    """How many sign-ins one person may go on without, once it is required."""
    grace_privileged: int = 0
    """The same for owners and administrators."""
    why: Mapping[str, str] = field(default_factory=dict)
    """One sentence of reason for people, by language."""
    guidance: str = ""
    """An https address with more to read; "" for none."""
    proof: EnrolmentProof | None = None
    """What must come back before its people set up a first second factor; None: it says nothing."""
    stopped_at: int | None = None
    """Since when it asks nothing of anyone; None: it runs."""
    version: int = 1
    """Moves on with every change: who changes it names the one that was read."""

    @property
    def required(self) -> bool:
        return self.strength is Strength.REQUIRED

    @property
    def trusting(self) -> bool:
        """Return True if whoever knows a password may set up a factor in its person's place."""
        return self.proof is EnrolmentProof.NONE

    def due(self, now: int) -> bool:
        """Return True if it is required by now."""
        return self.required and self.enforce_at is not None and self.enforce_at <= now

    def announced(self, now: int) -> bool:
        """Return True if people may be told of it by now."""
        return self.announce_at is None or self.announce_at <= now


@dataclass(frozen=True)
class Member:
    """What decides which stages reach a person, and how much of a grace is left."""

    id: str = ""
    user_type: str = ""
    groups: frozenset[str] = frozenset()
    privileged: bool = False
    """An owner or administrator of this installation."""
    excepted: Mapping[str, int] = field(default_factory=dict)
    """Until when a stage, by its id, does not reach this person."""
    postponed: Mapping[str, int] = field(default_factory=dict)
    """How often the set-up of a level was put off, over all stages that demand it: so that a reset,
    another date or another stage gives no new grace. Who waits with the stricter waits with the
    milder (`with_milder`)."""
    waived: frozenset[str] = frozenset()
    """Levels whose set-up was put off in this very sign-in, and milder ones."""


def reaches(stage: Stage, member: Member) -> bool:
    """Return True if `member` is of the audience, and not left out."""
    return _among(stage.audience, member) and not _among(stage.excluded, member)


def _among(selectors: Iterable[str], member: Member) -> bool:
    for selector in selectors:
        kind, _, name = selector.partition(":")
        if (
            selector == EVERYONE
            or (kind == "type" and name == member.user_type)
            or (kind == "group" and name in member.groups)
            or (kind == "person" and name == member.id)
        ):
            return True
    return False


def grants_grace(stages: Iterable[Stage], member: Member, now: int) -> bool:
    """Return True if what was put off matters: a stage that is due lets this person do so."""
    return any(stage.due(now) and _grace(stage, member) for stage in _of(stages, member, now))


def with_milder(put_off: Mapping[str, int], rules: Rules) -> dict[str, int]:
    """Return how often each level was put off where a stricter one counts for it, too.

    So one answer puts off all that is asked, and nobody is told of one stage after the other.
    """
    found: dict[str, int] = {}
    times = 0
    for level in reversed(rules.levels):
        times += put_off.get(level.name, 0)
        if times:
            found[level.name] = times
    return found


def requirement(stages: Iterable[Stage], member: Member, rules: Rules, now: int) -> Requirement:
    """Return what `stages` ask of `member` at `now`; the strictest holds."""
    reaching = [*_of(stages, member, now)]
    if not reaching:
        return Requirement(proof=rules.proof)
    rank = {level.name: index for index, level in enumerate(rules.levels)}
    mine = [stage for stage in reaching if stage.level in rank]

    def weight(stage: Stage) -> tuple[int, int, str]:
        return rank[stage.level], -(stage.enforce_at or 0), stage.id

    def strictest(some: Iterable[Stage]) -> Stage | None:
        return max(some, key=weight, default=None)

    due = [stage for stage in mine if stage.due(now)]
    hard = strictest(stage for stage in due if not _may_wait(stage, member))
    floor = rank[hard.level] if hard else -1
    waiting = [
        stage
        for stage in due
        if left(stage, member) and stage.level not in member.waived and rank[stage.level] > floor
    ]
    soft = strictest(waiting)
    # Also to who has just put it off.
    told = max((rank[stage.level] for stage in due), default=-1)
    later = [s for s in mine if s not in due and s.announced(now) and rank[s.level] > told]
    # What will be enforced soonest is announced before what is merely recommended.
    soonest = max(
        (stage for stage in later if stage.required),
        key=lambda s: (-(s.enforce_at or 0), rank[s.level], s.id),
        default=None,
    )
    coming = soonest or strictest(s for s in later if s.strength is Strength.RECOMMENDED)
    # Grace changes nothing of it: else who waits would meet another proof than who does not.
    decides = strictest(due) or coming
    alike = [s for s in (*due, *later) if decides and _alike(s, decides, now)]
    return Requirement(
        level=hard.level if hard else None,
        since=hard.enforce_at if hard else None,
        stage=hard.id if hard else None,
        due=soft.level if soft else None,
        due_since=soft.enforce_at if soft else None,
        due_stage=soft.id if soft else None,
        grace=min((left(stage, member) for stage in waiting), default=0),
        coming=coming.level if coming else None,
        coming_at=coming.enforce_at if coming and coming.required else None,
        coming_stage=coming.id if coming else None,
        quiet=bool(mine) and all(stage.strength is Strength.OFF for stage in mine),
        proof=_proof(decides, sorted(alike, key=weight, reverse=True), member, rules),
    )


def _alike(one: Stage, other: Stage, now: int) -> bool:
    """Return True if both ask for the same as strongly, both by now or both later."""
    strong = one.strength is other.strength and one.due(now) == other.due(now)
    return strong and one.level == other.level


def _proof(
    decides: Stage | None, alike: Iterable[Stage], member: Member, rules: Rules
) -> EnrolmentProof:
    """Return what must come back before a first second factor.

    The strictest stage in force says it, or else the one that is announced. It is nothing only
    where no other that asks for the same says otherwise: no stage loosens what another asks.
    """
    said = _says(decides, member, rules)
    if said is not EnrolmentProof.NONE:
        return said
    others = (_says(stage, member, rules) for stage in alike)
    return next((proof for proof in others if proof is not EnrolmentProof.NONE), said)


def _says(stage: Stage | None, member: Member, rules: Rules) -> EnrolmentProof:
    """Return what one stage says of this person's proof; where it says nothing, the settings do.

    Nothing at all is for what is required of people who run nothing here: anyone who knows a
    password could bind a factor, and a mere recommendation keeps nobody at the door.
    """
    if stage is None or stage.proof is None:
        return rules.proof
    if stage.trusting and (member.privileged or not stage.required):
        return rules.proof
    return stage.proof


def _of(stages: Iterable[Stage], member: Member, now: int) -> Iterable[Stage]:
    """Return the stages that run and reach a person who is not excepted from them."""
    return (
        stage
        for stage in stages
        if stage.stopped_at is None
        and reaches(stage, member)
        and member.excepted.get(stage.id, now) <= now
    )


def _grace(stage: Stage, member: Member) -> int:
    return stage.grace_privileged if member.privileged else stage.grace


def left(stage: Stage, member: Member) -> int:
    """Return how often the set-up may still be put off."""
    return max(0, _grace(stage, member) - member.postponed.get(stage.level, 0))


def _may_wait(stage: Stage, member: Member) -> bool:
    """Return True if it may be put off, or was in this sign-in, while it was within the grace."""
    used = member.postponed.get(stage.level, 0)
    waived = stage.level in member.waived and used <= _grace(stage, member)
    return waived or left(stage, member) > 0
