"""The mails ahead of a stage's date: what became of them, and who is to be called instead."""

from itertools import islice
from typing import Any

from flask import Blueprint, Response

from idp import web
from idp.installation import Installation
from idp.language import Text, Words, _, n_
from idp.pages.admin import entry, frame
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
from idp.store.rollout import notice_reports
from idp.store.rollout.notice_reports import CountRow

MOST = 200
"""How many of those to be called are listed; the file has all of them."""
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

    @views.get("/rollout/stages/<stage_id>/mails")
    @entry.reads(installation, _path, Action.ROLLOUT_READ)
    def mails(who: Authorized, stage_id: str) -> Response:
        return _show(installation, who, stage_of(stage_id))

    # Names and numbers leave the house: anyone who holds an open browser may not take them.
    @views.get("/rollout/stages/<stage_id>/call-list.csv")
    @entry.changes(installation, _file, Action.ROLLOUT_CHANGE, given_up=_path)
    def calls(_who: Authorized, stage_id: str) -> Response:
        stage = stage_of(stage_id)
        text = call_list.as_csv(call_list.missing(web.work(), installation.notices, stage))
        return frame.file(text, "text/csv", f"call-list-{stage.id}.csv")


def _path(stage_id: str) -> str:
    return stage_path(stage_id, "mails")


def _file(stage_id: str) -> str:
    return stage_path(stage_id, "call-list.csv")


def _show(installation: Installation, who: Authorized, stage: Stage) -> Response:
    work = web.work()
    counted = notice_reports.counts(work, stage.id)
    listed = list(islice(call_list.missing(work, installation.notices, stage), MOST + 1))
    return frame.show(
        "rollout/mails",
        who,
        place=PATH,
        title=_headline(len(listed)),
        sentence=in_words.sentence(work, installation.signin.rules, stage),
        counts=[_count(row) for row in counted],
        calls=[_call(one) for one in listed[:MOST]],
        more=len(listed) > MOST,
        file=_file(stage.id),
        words=letters.overview_path(stage.id),
        back=stage_path(stage.id),
    )


def _headline(calls: int) -> Words:
    if not calls:
        return _("No one has to be called")
    if calls > MOST:
        return _("More than %(num)s people have to be called", num=MOST)
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
