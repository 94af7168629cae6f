"""Who must have which level from when: stages of a rollout, applied to one person at one time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from idp.policy.types import Level, Requirement

EVERYONE = "*"


@dataclass(frozen=True)
class Stage:
    """One part of an MFA rollout."""

    id: str
    audience: str
    """A user type, or `*` for everyone."""
    level: str
    required: bool
    """False: recommended, announced but never enforced."""
    enforce_at: int | None = None
    """Seconds since 1970 UTC; None on a recommendation without a date."""


def requirement(
    stages: Iterable[Stage], user_type: str, levels: Sequence[Level], now: int
) -> Requirement:
    """Return what `stages` ask of a person of `user_type` at `now`; the strictest holds."""
    strength = {level.name: index for index, level in enumerate(levels)}
    mine = [s for s in stages if s.audience in (EVERYONE, user_type) and s.level in strength]
    due = [s for s in mine if s.required and s.enforce_at is not None and s.enforce_at <= now]
    enforced = max(due, key=lambda s: strength[s.level], default=None)
    floor = strength[enforced.level] if enforced else -1
    later = [s for s in mine if s not in due and strength[s.level] > floor]
    # What will be enforced soonest is announced before what is merely recommended.
    dated = (s for s in later if s.required)
    soonest = min(dated, key=lambda s: (s.enforce_at or 0, -strength[s.level]), default=None)
    coming = soonest or max(later, key=lambda s: strength[s.level], default=None)
    said = enforced or coming
    return Requirement(
        level=enforced.level if enforced else None,
        coming=coming.level if coming else None,
        coming_at=coming.enforce_at if coming and coming.required else None,
        stage=said.id if said else None,
        since=enforced.enforce_at if enforced else None,
    )
