"""The mails ahead of a stage's date: what became of them, and who is to be called instead."""

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, request

from idp import web
from idp.installation import Installation
from idp.language import Text, Words, _, n_
from idp.operating import cases
from idp.operating.rollout.mails import CountRow, RolloutMails
from idp.pages.admin import entry, frame
from idp.pages.admin.acting import actor
from idp.pages.admin.rollout import in_words
from idp.pages.admin.rollout.board import PATH, stage_path
from idp.pages.admin.rollout.mails import letters
from idp.pages.admin.rollout.stage_form import found as stage_of
from idp.policy.roles import Action
from idp.policy.rollout import Stage
from idp.rollout.mails import call_list
from idp.rollout.mails.call_list import Missing
from idp.rollout.mails.dates import REMINDER
from idp.signin.interaction import Authorized

_LONGEST = 200
STATES: dict[str, Words] = {
    "queued": _("Waits to be sent"),
    "sent": _("Sent"),
    "refused": _("Refused by the e-mail server"),
    "failed": _("Given up"),
    "bounced": _("Came back"),
    "none": _("No e-mail address"),
    "unconfirmed": _("The e-mail address was never confirmed"),
}


def add_to(views: Blueprint, installation: Installation) -> None:
    """Add the addresses of a stage's mails."""
    known = cases.of(installation).rollout_mails

    @views.get("/rollout/stages/<stage_id>/mails")
    @entry.reads(installation, _same_part, Action.ROLLOUT_READ)
    def mails(who: Authorized, stage_id: str) -> Response:
        return _show(installation, known, who, stage_of(stage_id), _after())

    # Names and numbers leave the house: anyone who holds an open browser may not take them.
    @views.get("/rollout/stages/<stage_id>/call-list.csv")
    @entry.changes(installation, _file, Action.ROLLOUT_CHANGE, given_up=_path)
    def calls(who: Authorized, stage_id: str) -> Response:
        stage = stage_of(stage_id)
        text = call_list.as_csv(known.all_to_call(web.work(), actor(who), stage.id))
        return frame.file(text, "text/csv", f"call-list-{stage.id}.csv")


def _path(stage_id: str) -> str:
    return stage_path(stage_id, "mails")


def _after() -> str:
    """Return whom the part of the list that the address asks for begins after."""
    given = request.args.get("after", "")[:_LONGEST]
    return "" if "\0" in given else given


def _same_part(stage_id: str) -> str:
    return _part_path(stage_id, _after())


def _part_path(stage_id: str, after: str) -> str:
    return _path(stage_id) + ("?" + urlencode({"after": after}) if after else "")


def _file(stage_id: str) -> str:
    return stage_path(stage_id, "call-list.csv")


def _show(
    installation: Installation, known: RolloutMails, who: Authorized, stage: Stage, after: str
) -> Response:
    work = web.work()
    counted = known.counts(work, actor(who), stage.id)
    part = known.some_to_call(work, actor(who), stage.id, after)
    return frame.show(
        "rollout/mails",
        who,
        place=PATH,
        title=_("Whom to call") if after or part.after else _headline(len(part.found)),
        sentence=in_words.sentence(work, installation.signin.rules, stage),
        counts=[_count(row) for row in counted],
        calls=[_call(one) for one in part.found],
        next=_part_path(stage.id, part.after) if part.after else None,
        first=_path(stage.id) if after else None,
        file=_file(stage.id),
        words=letters.overview_path(stage.id),
        back=stage_path(stage.id),
    )


def _headline(calls: int) -> Words:
    if not calls:
        return _("No one has to be called")
    return n_(
        "%(num)s person has to be called: no e-mail reached them",
        "%(num)s people have to be called: no e-mail reached them",
        calls,
    )


def _count(row: CountRow) -> dict[str, Any]:
    return {
        "date": in_words.moment(row.enforce_at) if row.enforce_at else None,
        "kind": _kind(row.kind),
        "state": STATES.get(row.state, row.state),
        "people": row.count,
        "began": row.opened,
    }


def _kind(kind: str) -> Words:
    name, _mark, days = kind.partition("-")
    if name != REMINDER:
        return letters.NAMES.get(kind, kind)
    return n_("%(num)s day before", "%(num)s days before", int(days))


def _call(one: Missing) -> dict[str, Any]:
    said: Text | str = STATES.get(one.row.state, one.why)
    return {
        "name": one.row.name,
        "username": one.row.username,
        "phone": one.row.phone,
        "email": one.row.email,
        "why": said,
        "words": one.row.words,
    }
