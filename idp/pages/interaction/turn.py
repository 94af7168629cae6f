"""Whose turn it is: what stands above every page of the sign-in, and what the page is given.

Owns the ways in which a page opens a sign-in (`of`, `When`, `proving`, `at_any_step`), never what
comes next. There is no other way to a sign-in from an address, and
`tests/protocol/web/test_turns.py` finds the page that has none of them above it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Concatenate, Generic, ParamSpec, Protocol, TypeVar

from flask import Response, request

from idp import web
from idp.installation import Installation
from idp.pages.interaction import dispatcher
from idp.policy.steps import Step
from idp.signin import sessions
from idp.signin.interaction import Interaction
from idp.store.db import Work
from idp.web import error_pages, locale_choice

P = ParamSpec("P")
S = TypeVar("S", bound=Step)
T = TypeVar("T")
View = Callable[Concatenate[str, P], Response]
"""What stands at an address below `/interaction/<interaction_id>`."""


class Opens(Protocol):
    """Makes a view of what is to be given the sign-in."""

    def __call__(self, answer: Callable[Concatenate[Interaction, P], Response], /) -> View[P]: ...


@dataclass(frozen=True)
class When(Generic[T]):
    """Opens a page when `find` finds something, which the page is given; else the dispatcher does.

    What `find` returns is mostly the step. Where it may be of two kinds, both are to be named, as
    in `When[Enrol | Change](…)`: mypy does not find that out.
    """

    installation: Installation
    find: Callable[[Work, Interaction], T | None]

    def __call__(self, page: Callable[Concatenate[Interaction, T, P], Response]) -> View[P]:
        @wraps(page)
        def view(interaction_id: str, *args: P.args, **values: P.kwargs) -> Response:
            interaction = _load(self.installation, interaction_id)
            found = self.find(web.work(), interaction)
            if found is None:
                return dispatcher.back(interaction)
            return page(interaction, found, *args, **values)

        return view


def of(installation: Installation, kind: type[S]) -> When[S]:
    """Open a page at the turn of a step of this `kind`, which the page is given."""

    def find(work: Work, interaction: Interaction) -> S | None:
        step = installation.signin.next_step(work, interaction)
        return step if isinstance(step, kind) else None

    return When(installation, find)


def proving(installation: Installation) -> Opens:
    """Open the answer of a proof, and answer the second copy of a form sent twice in its place.

    Whether it is its turn is looked at by what is called, under its lock (`Proving.prove`).
    """

    def opens(answer: Callable[Concatenate[Interaction, P], Response], /) -> View[P]:
        @wraps(answer)
        def view(interaction_id: str, *args: P.args, **values: P.kwargs) -> Response:
            interaction = _load(installation, interaction_id)
            if interaction.session is not None and interaction.session.stale:
                again = installation.signin.proving.repeat(
                    web.work(), interaction, _method(), request.form
                )
                return dispatcher.repeated(interaction, again)
            return answer(interaction, *args, **values)

        return view

    return opens


def at_any_step(installation: Installation) -> Opens:
    """Open an answer at any step: what it calls looks at the turn, or any turn will do."""

    def opens(answer: Callable[Concatenate[Interaction, P], Response], /) -> View[P]:
        @wraps(answer)
        def view(interaction_id: str, *args: P.args, **values: P.kwargs) -> Response:
            return answer(_load(installation, interaction_id), *args, **values)

        return view

    return opens


def _load(installation: Installation, interaction_id: str) -> Interaction:
    """Return the browser's own interaction.

    Raises:
        PageError: cookies are off, it expired, it is finished, or another browser began it.
    """
    interaction = installation.signin.load(web.work(), interaction_id, web.session())
    if interaction is None:
        raise error_pages.closed(interaction_id)
    if interaction.session is not None and interaction.session.stale and not _repeated():
        raise error_pages.closed(interaction_id)
    person = interaction.person
    locale_choice.settle(person.chosen_locale if person else None, interaction.demand.ui_locales)
    return interaction


def _repeated() -> bool:
    """A form sent twice: the second copy still has the cookie that the first one replaced."""
    session = web.session()
    if session is None or request.method != "POST" or request.view_args is None:
        return False
    interaction_id = request.view_args.get("interaction_id", "")
    answer = sessions.answer_digest(session, interaction_id, _method(), request.form)
    if sessions.same_submission(session, answer):
        return True
    sessions.forget_answer(web.work(), session)
    return False


def _method() -> str:
    """Return the method that the address names, "" where it names none."""
    method: str = (request.view_args or {}).get("method", "")
    return method
