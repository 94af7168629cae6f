"""Every page says above itself whose turn it is, or stands here with the reason why it need not."""

from collections.abc import Iterator
from types import FunctionType
from typing import cast

import pytest
from flask import Flask

from idp.pages import gate
from idp.pages.interaction import turn
from tests.support.site import Site

FOR_PROGRAMS = {"oidc", "carrier", "api", "signals"}
"""Blueprints for applications, carriers and programs, which have checks of their own."""
OF_A_SIGN_IN = ("When", "proving", "at_any_step")
OPEN = {
    "forward.auth": "asked by a proxy that is named, of whoever it serves",
    "forward.redirect": "the same",
    "forward.start": "at a guarded host, whose proxy is named: a sign-in follows",
    "forward.callback": "what the browser remembers of the sign-in that it began opens it",
    "forward.sign_out": "leads to the page that asks",
    "forward.refused": "says the same to everyone, and the name of who is signed in",
    "links.forgot": "for people who cannot sign in; changes nothing",
    "links.ask": "for people who cannot sign in; sends a message, held back after a few",
    "links.asked": "says the same to everyone",
    "links.choose": "the secret in the address opens it",
    "links.chosen": "the secret in the address opens it, once",
    "links.password_set": "names no one",
    "links.ticket": "the secret in the address opens it",
    "links.begin": "the secret in the address opens it, once, and a sign-in follows",
    "links.confirm": "the secret in the address opens it",
    "links.confirmed": "the secret in the address opens it, once",
    "links.address_confirmed": "names no one",
    "links.deny": "the secret in the address opens it",
    "links.denied": "the secret in the address opens it, once",
    "links.one_ended": "names no one",
    "links.all_ended": "the secret in the address opens it",
}
"""Pages that ask no one who it is."""
WITHOUT_A_TURN = {"interaction.dispatch"}
"""Pages of a sign-in to look at that are shown at any step: it leads to the step."""


def opened_by(view: object) -> str | None:
    """Return which of our decorators made what Flask calls, None when it was made by none."""
    code = cast(FunctionType, view).__code__
    name = code.co_qualname.partition(".")[0]
    if code.co_filename == turn.__file__ and name in OF_A_SIGN_IN:
        return name
    return name if code.co_filename == gate.__file__ and name == "admitted" else None


def pages(app: Flask, *blueprints: str) -> Iterator[tuple[str, str | None]]:
    """Return the endpoints of what people see, and what opens each."""
    for endpoint, view in app.view_functions.items():
        if endpoint.partition(".")[0] in blueprints:
            yield endpoint, opened_by(view)


def test_every_page_says_whom_it_is_for(small_site: Site) -> None:
    app = small_site.app
    found = dict(pages(app, *(app.blueprints.keys() - FOR_PROGRAMS)))
    assert len(found) > 60
    assert {endpoint for endpoint, by in found.items() if by is None} == OPEN.keys()


@pytest.mark.parametrize("room", ["account", "admin"])
def test_pages_of_ours_are_given_who_is_signed_in(small_site: Site, room: str) -> None:
    found = dict(pages(small_site.app, room))
    assert {by for endpoint, by in found.items() if endpoint not in OPEN} == {"admitted"}


def test_what_is_shown_of_a_sign_in_is_shown_at_its_turn(small_site: Site) -> None:
    """What is sent may be looked at further below, under the lock of its own change."""
    found = dict(pages(small_site.app, "interaction"))
    assert set(found.values()) == set(OF_A_SIGN_IN)
    shown = {
        rule.endpoint
        for rule in small_site.app.url_map.iter_rules()
        if rule.endpoint in found and "GET" in (rule.methods or ())
    }
    assert {endpoint for endpoint in shown if found[endpoint] != "When"} == WITHOUT_A_TURN


def test_a_page_that_forgets_is_found(small_site: Site) -> None:
    def forgetful() -> str:
        return "everything about everyone"

    app = Flask("idp")
    app.add_url_rule("/account/forgetful", "account.forgetful", forgetful)
    assert list(pages(app, "account")) == [("account.forgetful", None)]
    path = "/account/mindful"
    mindful = gate.signed_in(small_site.installation, path)(lambda _who: "")  # type: ignore[arg-type,return-value]
    app.add_url_rule(path, "account.mindful", mindful)
    assert ("account.mindful", "admitted") in pages(app, "account")
