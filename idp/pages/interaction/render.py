"""Rendering shared by the sign-in's pages: the common values, and the answer to a "send" button."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import Response

from idp import web
from idp.authenticators.base import Rejected
from idp.installation import Installation
from idp.language import Words, _, joined
from idp.pages.interaction import dispatcher
from idp.signin.interaction import Interaction
from idp.web import support

SEND_WAIT = 4.0
"""Seconds for which the answer to "send" waits for the carrier: people are told within five."""


def render(
    template: str, interaction: Interaction, rejected: Rejected | None, **values: Any
) -> Response:
    """Show a page of an interaction; `rejected` says what was wrong with the answer before."""
    common: dict[str, Any] = {
        "client": interaction.demand.application,
        "base": dispatcher.base(interaction),
        "error": None,
        "page": template.rpartition("/")[2].replace("_", "-"),
        "stuck": None,
        "step_note": None,
        "can_cancel": True,
        "alternatives": [],
        "later_url": None,
    }
    shown = common | values
    application = interaction.demand.application
    own = application.support if application else {}
    if own:
        shown["brand"] = support.shown(own)
    if rejected:
        shown["error"] = _said(rejected, own, can_choose=bool(shown["alternatives"]))
    return web.page(f"interaction/{template}.html", 400 if rejected else 200, **shown)


def _said(rejected: Rejected, own: Mapping[str, str], *, can_choose: bool) -> Words:
    """Return what was wrong; where nothing more comes of this way, also what is left to do."""
    if not rejected.over:
        return rejected.message
    if can_choose:
        return joined(rejected.message, _("Choose another way below."))
    return joined(rejected.message, support.sentence(own))


def sent(
    installation: Installation,
    interaction: Interaction,
    result: str | Rejected | None,
    page: str,
    show: Callable[[Rejected], Response],
) -> Response:
    """Answer a "send" button: wait a little for the carrier, then show how it went."""
    if isinstance(result, Rejected):
        return show(result)
    if result is None:
        return dispatcher.back(interaction)
    # The message leaves after the commit, never inside the transaction.
    web.work().commit()
    installation.post.wait(result, SEND_WAIT)
    return web.see_other(dispatcher.base(interaction) + page)
