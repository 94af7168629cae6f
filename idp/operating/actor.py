"""Who acts, and whether they may: each use case names its action above itself (`acts`).

The rights are those of `policy.roles`; scopes of a token only ever take away from them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from idp.operating.refusals import Forbidden
from idp.policy import roles
from idp.policy.roles import Action, Role
from idp.store.db import Work

P = ParamSpec("P")
S = TypeVar("S")
R = TypeVar("R")
_ACTION = "_acrux_action"


@dataclass(frozen=True)
class Actor:
    """Someone or something that acts. With `within`, for nothing but these actions."""

    roles: frozenset[str]
    person: str | None = None
    """The `sub` of who acts; None: a program, or the account of this machine that runs a command.
    """
    within: frozenset[Action] | None = None
    unbound: bool = False
    """Rules about whom one may act on are pointed out, and hold nobody: see `people.standing`."""

    @property
    def alone(self) -> bool:
        """Return True of a program that acts for itself: whoever wrote it has no roles here."""
        return self.person is None and not self.unbound

    def may(self, action: Action) -> bool:
        """Return True if this actor may do `action`."""
        return roles.may(self.roles, action) and (self.within is None or action in self.within)


OPERATOR = Actor(frozenset({Role.OWNER.value}), unbound=True)
"""Whoever runs a command on the server: the machine's own accounts say who that may be."""


def acts(
    action: Action,
) -> Callable[
    [Callable[Concatenate[S, Work, Actor, P], R]], Callable[Concatenate[S, Work, Actor, P], R]
]:
    """Let a use case be carried out for an actor who may do `action` alone.

    It raises `Forbidden` for anyone else, before anything is read.
    """

    def admits(
        case: Callable[Concatenate[S, Work, Actor, P], R],
    ) -> Callable[Concatenate[S, Work, Actor, P], R]:
        @wraps(case)
        def admitted(self: S, work: Work, actor: Actor, /, *args: P.args, **more: P.kwargs) -> R:
            if not actor.may(action):
                raise Forbidden(action)
            return case(self, work, actor, *args, **more)

        setattr(admitted, _ACTION, action)
        return admitted

    return admits


def action_of(case: Callable[..., object]) -> Action:
    """Return the action that a use case is."""
    found: Action = getattr(case, _ACTION)
    return found
