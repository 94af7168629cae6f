"""Whom the console's pages are for: the level they ask for, and the actions that a role allows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Concatenate, ParamSpec

from flask import Response

from idp import web
from idp.installation import Installation
from idp.pages import gate
from idp.pages.gate import Address, Admits
from idp.policy import roles
from idp.policy.roles import Action
from idp.signin.interaction import Authorized

P = ParamSpec("P")


def reads(installation: Installation, path: Address, action: Action) -> Admits:
    """Put a page behind a sign-in of someone who may do `action`; see `gate.signed_in`."""
    level = installation.settings.console_level
    return gate.signed_in(installation, path, level=level, roles=roles.holders(action))


def changes(
    installation: Installation,
    path: Address,
    action: Action,
    *,
    given_up: Address,
    locks: bool = True,
) -> Admits:
    """Put what changes something, or leaves the house, behind a fresh proof as well.

    What it records says who did it. `locks` is off where another person is changed, and locked:
    two people who change each other would wait for each other.
    """
    held, level = roles.holders(action), installation.settings.console_level
    admits = gate.fresh(installation, path, given_up=given_up, level=level, roles=held, locks=locks)
    return _named(admits)


def acts(installation: Installation, path: Address, action: Action) -> Admits:
    """Put a form behind a sign-in of someone who may do `action`; what it records says who did it.

    The page itself asks for a fresh proof (`gate.is_fresh`) before it changes anything.
    """
    return _named(reads(installation, path, action))


def _named(admits: Admits) -> Admits:
    """Return `admits`, with who is let in as the one who does what the page does."""

    def acts(page: Callable[Concatenate[Authorized, P], Response], /) -> Callable[P, Response]:
        @wraps(page)
        def named(who: Authorized, /, *args: P.args, **values: P.kwargs) -> Response:
            work = web.work()
            work.caller = replace(work.caller, acting=who.person.id)
            return page(who, *args, **values)

        return admits(named)

    return acts


def enters(installation: Installation, path: Address) -> Admits:
    """Put a page behind a sign-in of someone who may do anything here at all."""
    level = installation.settings.console_level
    return gate.signed_in(installation, path, level=level, roles=roles.of_console())
