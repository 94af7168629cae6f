"""Messages that wait to be sent, or could not be: what, since when and why, and another try."""

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, request

from idp import moments, web
from idp.errors import CommandError
from idp.installation import Installation
from idp.language import Words, _
from idp.operating import cases
from idp.operating.outbox import Outbox, Unsent
from idp.pages.admin import entry, frame
from idp.pages.admin.acting import actor
from idp.policy.roles import Action
from idp.signin.interaction import Authorized
from idp.web import said

PATH = frame.MESSAGES
ROWS = 50
CHANNELS = {
    "mail": _("E-mail"),
    "sms": _("Text message"),
    "logout": _("Sign-out"),
    "reach": _("Question of an application"),
    "ping": _("Word to an application of an answer"),
}
STATES = {
    "due": _("waits"),
    "late": _("waits for another try"),
    "failed": _("could not be sent"),
}


def add_to(views: Blueprint, installation: Installation) -> None:
    """Add the addresses of messages that were not sent."""
    outbox = cases.of(installation).outbox

    @views.get("/messages/")
    @entry.reads(installation, PATH, Action.MESSAGES_READ)
    def unsent(who: Authorized) -> Response:
        return _show(outbox, who)

    @views.post("/messages/<message>/again")
    @entry.changes(installation, _path, Action.MESSAGES_RETRY, given_up=PATH)
    def try_again(who: Authorized, message: str) -> Response:
        try:
            outbox.try_again(web.work(), actor(who), message)
        except CommandError:
            web.work().rollback()
            words = _("That message waits no more: it was sent, or is too old to be sent.")
            return _show(outbox, who, words)
        return web.see_other(said.leading(PATH, "message-hastened"))


def _path(message: str) -> str:
    return PATH


def _show(outbox: Outbox, who: Authorized, error: Words | None = None) -> Response:
    after = request.args.get("after", "")[:200].replace("\0", "")
    found = outbox.page(web.work(), actor(who), after, ROWS + 1)
    more = len(found) > ROWS
    return frame.show(
        "messages",
        who,
        place=PATH,
        status=409 if error else 200,
        title=_("Messages that were not sent"),
        error=error,
        rows=[_row(one) for one in found[:ROWS]],
        next="?" + urlencode({"after": found[ROWS - 1].row.id}) if more else None,
        first="?" if after else None,
    )


def _row(one: Unsent) -> dict[str, Any]:
    row = one.row
    return {
        "id": row.id,
        "channel": CHANNELS.get(row.channel, row.channel),
        "kind": row.kind,
        "state": STATES[row.state],
        "attempts": row.attempts,
        "why": row.error or "",
        "since": moments.minute(row.created_at),
        "waits": row.state != "failed",
    }
