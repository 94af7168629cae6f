"""Pages of ours that demand a level: the same engine as for applications, returning to a page.

So re-authentication, step-up and enrolment need no code of their own in the account or the console.
A page says above itself whom it is for (`signed_in`, `fresh`, `admitted`), and is given that
person; `tests/protocol/web/test_turns.py` finds the page that says nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Protocol

from flask import Response, request

from idp import audit, web
from idp.audit import Event, Outcome
from idp.errors import PageError
from idp.installation import Installation
from idp.language import Either, _
from idp.pages import role_words
from idp.policy.reach import strongest
from idp.policy.steps import Finish
from idp.policy.types import Ask
from idp.policy.waiting import fallback
from idp.signin.demand import Demand, Wish
from idp.signin.interaction import Authorized
from idp.store.db import Work
from idp.web import locale_choice, said, step_pages

P = ParamSpec("P")
Address = str | Callable[..., str]
"""Where the sign-in returns to: a path, or what makes one of the values in the page's address and
may `abort` where there is no such page."""


class Admits(Protocol):
    """Makes a view of a page that is to be given who is signed in."""

    def __call__(
        self, page: Callable[Concatenate[Authorized, P], Response], /
    ) -> Callable[P, Response]: ...


# -- above a page


def signed_in(
    installation: Installation,
    path: Address,
    *,
    level: str | None = None,
    roles: Collection[str] = (),
    offers: bool = True,
    locks: bool = True,
) -> Admits:
    """Put a page behind `require`; what it says of the step before is kept on the way there."""

    def by(**values: Any) -> Authorized | Response:
        to = said.passed_on(_address(path, values), request.full_path)
        return require(installation, to, level=level, roles=roles, offers=offers, locks=locks)

    return admitted(by)


def fresh(
    installation: Installation,
    path: Address,
    *,
    given_up: Address,
    level: str | None = None,
    roles: Collection[str] = (),
    locks: bool = True,
) -> Admits:
    """Put a page behind `require_fresh`."""

    def by(**values: Any) -> Authorized | Response:
        to, back = _address(path, values), _address(given_up, values)
        return require_fresh(installation, to, given_up=back, level=level, roles=roles, locks=locks)

    return admitted(by)


def admitted(by: Callable[..., Authorized | Response]) -> Admits:
    """Put a page behind `by`, which is called with the values in the page's address.

    The page is given the person that `by` lets in; any other answer of `by` is sent in its place.
    """

    def admits(page: Callable[Concatenate[Authorized, P], Response], /) -> Callable[P, Response]:
        @wraps(page)
        def view(*args: P.args, **values: P.kwargs) -> Response:
            who = by(**values)
            return who if isinstance(who, Response) else page(who, *args, **values)

        return view

    return admits


def _address(path: Address, values: Mapping[str, Any]) -> str:
    return path if isinstance(path, str) else path(**values)


# -- within a page


def require(
    installation: Installation,
    path: str,
    *,
    level: str | None = None,
    max_age: int | None = None,
    roles: Collection[str] = (),
    enrol: str | None = None,
    subject: str | None = None,
    waited: bool = False,
    offers: bool = True,
    locks: bool = True,
    given_up: str = "",
) -> Authorized | Response:
    """Return who is signed in at `level` with one of `roles`, or the redirect to the sign-in.

    `path` is where the sign-in returns to; `max_age` is in seconds; `enrol` is a method that is to
    be added on the way, for `subject` alone, `waited` if that rests on a wait (`require_fresh`).
    With `offers` off, nothing else is offered to be added. A re-check that is given up leads to
    `given_up`, where that is known.

    A form that is sent changes something of the person, who is locked for it and read again: it is
    carried out only if the session goes on. `locks` is off where that takes a while, and the change
    itself locks (`Passwords.change`).

    Raises:
        PageError: signed in, but without any of the roles (403).
    """
    demand = Demand(
        return_to=path,
        ask=Ask(
            floor=level,
            max_age=max_age,
            enrol=enrol,
            subject=subject,
            waited=waited,
            offers=offers,
        ),
        given_up_to=given_up,
    )
    who = _admit(installation, demand, roles)
    if isinstance(who, Response) or request.method != "POST" or not locks:
        return who
    person = installation.signin.lock_signed_in(web.work(), who)
    return web.see_other(path) if person is None else replace(who, person=person)


def _admit(
    installation: Installation, demand: Demand, roles: Collection[str] = ()
) -> Authorized | Response:
    work = web.work()
    glance = installation.signin.glance(work, web.session(), demand)
    step = installation.signin.next_step(work, glance)
    if not isinstance(step, Finish):
        interaction, cookie = installation.signin.begin(work, glance)
        if cookie is not None:
            web.set_cookie(cookie)
        return web.see_other(step_pages.address(interaction.id, step))
    done = installation.signin.complete(work, glance, step)
    assert isinstance(done, Authorized)
    locale_choice.settle(done.person.chosen_locale)
    wanted = set(roles)
    if wanted and not wanted & done.person.roles:
        raise _not_for(work, done, wanted)
    return done


def _not_for(work: Work, who: Authorized, wanted: Collection[str]) -> PageError:
    """Record that someone came to a page of others, and return what they are told."""
    reason = f"{request.method} {request.path}: the role is another"[:200]
    audit.record(work, Event.ACTION_REFUSED, Outcome.REFUSED, person=who.person.id, reason=reason)
    return PageError(
        _("This page is not for your account"),
        _("It is for people with the role %(roles)s.", roles=Either(role_words.named(wanted))),
        _("If you need it, ask the people who look after your account."),
        403,
        asks=True,
    )


FRESH = 300
"""Seconds for which a proof allows a change of how someone signs in."""


def require_fresh(
    installation: Installation,
    path: str,
    *,
    given_up: str,
    level: str | None = None,
    roles: Collection[str] = (),
    enrol: str | None = None,
    back: str | None = None,
    waited: bool = False,
    locks: bool = True,
) -> Authorized | Response:
    """Return who has just proved the strongest level that the account can reach (or a redirect).

    `level` and `roles` are demanded before that, as by `require`, whose exception it raises, and
    whose `locks` it has.

    Anyone who holds an open browser, or a password and a stolen code, may not change what protects
    the account (SP 800-63B-4 4.1.2.1, ASVS 7.5.1). With `enrol`, that method is added on the way,
    and the sign-in ends at `back`. Given up, it leads to `given_up`, where the person came from.
    `waited`: this change was asked for, and its wait is over (`idp.people.factors.lost_ways`), so
    that the next strongest level does.
    """
    offers = enrol is None
    who = require(installation, path, level=level, roles=roles, offers=offers, locks=locks)
    if isinstance(who, Response):
        return who
    facts, rules = installation.signin.facts.of(web.work(), who.person), installation.signin.rules
    lesser = fallback(facts, rules) if waited else None
    proved = require(
        installation,
        back or path,
        level=lesser.level if lesser else strongest(facts, rules),
        max_age=FRESH,
        enrol=enrol,
        # The level is that of this person's account: no one else adds anything by it.
        subject=who.person.id if enrol else None,
        waited=lesser is not None,
        offers=offers,
        locks=locks,
        given_up=said.leading(given_up, "given-up"),
    )
    if isinstance(proved, Response) and request.method == "POST":
        hold_change(who)
    return proved


def hold_change(who: Authorized) -> None:
    """Record that a change was not made, because the proof of who makes it is too old."""
    audit.record(
        web.work(),
        Event.CHANGE_HELD,
        Outcome.REFUSED,
        person=who.person.id,
        sid=who.sid,
        reason=f"no proof of the last {FRESH} seconds: {request.endpoint}",
    )


def is_fresh(installation: Installation, who: Authorized) -> bool:
    """Return True if `require_fresh` would let this person through without a page."""
    work = web.work()
    level = strongest(installation.signin.facts.of(work, who.person), installation.signin.rules)
    demand = Demand(ask=Ask(floor=level, max_age=FRESH, offers=False))
    glance = installation.signin.glance(work, web.session(), demand)
    return isinstance(installation.signin.next_step(work, glance), Finish)


def change(
    installation: Installation, path: str, wish: Wish, *, done: str, given_up: str
) -> Response:
    """Begin the sign-in whose end is another address or number on the profile.

    It asks for the same proofs as `require_fresh`, and is for the person who is signed in now and
    no one else. It leads to `done`, or when it is given up to `given_up`.
    """
    who = require(installation, path)
    if isinstance(who, Response):
        return who
    level = strongest(
        installation.signin.facts.of(web.work(), who.person), installation.signin.rules
    )
    demand = Demand(
        return_to=done,
        given_up_to=given_up,
        ask=Ask(floor=level, max_age=FRESH, subject=who.person.id, offers=False),
        wish=wish,
    )
    begun = _admit(installation, demand)
    return begun if isinstance(begun, Response) else web.see_other(done)
