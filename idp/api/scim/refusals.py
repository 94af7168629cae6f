"""What a directory is told when its request is refused (RFC 7644 3.12)."""

from collections.abc import Callable

from scim2_models import (
    ConflictException,
    ForbiddenException,
    InvalidValueException,
    NotFoundException,
    PreconditionFailedException,
    SCIMException,
    UniquenessException,
)

from idp.api.v1.problems import Problem
from idp.errors import AcruxError, CommandError, GoneError, PageError
from idp.operating.people.standing import Outranked
from idp.operating.refusals import Changed, Conflict, Forbidden, NotFound

_KINDS: tuple[tuple[type[AcruxError], Callable[..., SCIMException]], ...] = (
    (Forbidden, ForbiddenException),
    (Outranked, ForbiddenException),
    (NotFound, NotFoundException),
    (GoneError, NotFoundException),
    (Changed, PreconditionFailedException),
    (Conflict, UniquenessException),
    (CommandError, InvalidValueException),
)
"""Refusals of the use cases, the narrower before the wider."""


def of(error: AcruxError) -> SCIMException | None:
    """Return what a refusal is for SCIM; None for a fault of ours."""
    for kind, made in _KINDS:
        if isinstance(error, kind):
            return made(detail=str(error))
    return other(error.status, str(error)) if isinstance(error, PageError) else None


def of_problem(problem: Problem) -> SCIMException:
    """Return what a refusal of the API is for SCIM."""
    return other(problem.status, problem.detail)


def other(status: int, detail: str) -> SCIMException:
    """Return a refusal that SCIM has no word for."""
    found = ConflictException(detail=detail) if status == 409 else SCIMException(detail=detail)
    found.status = status
    return found
