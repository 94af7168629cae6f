"""`/stages/…/mails`, `/words`, `/call-list`: the mails ahead of a stage's date."""

from typing import Any

from idp.api.v1 import taken_beside, told_rollout
from idp.api.v1.routes import Asked, Page, Reply, Route
from idp.operating.rollout import mails
from idp.operating.rollout.mails import Letter, RolloutMails
from idp.rollout.mails import call_list
from idp.rollout.mails.letters import ANY
from idp.store.rollout.letters import LetterRow

ONE = "/stages/{stage}"
WORDS = f"{ONE}/words/{{letter}}/{{language}}"
EVERY = "every"
"""What the text is called in an address that stands for all mails of a stage."""


def _counts(asked: Asked) -> Reply:
    found = asked.can.rollout_mails.counts(asked.work, asked.actor, asked.value("stage"))
    return Reply({"items": [mails.described_count(row) for row in found]})


def _each(asked: Asked) -> Page:
    query = asked.query
    sub, _, kind = query.cursor.partition(" ")
    found = asked.can.rollout_mails.each(asked.work, asked.actor, asked.value("stage"), (sub, kind))
    rows = mails.some(found, query.limit)
    last = f"{rows[-1].person_id} {rows[-1].kind}" if len(rows) == query.limit else None
    return Page([mails.described_mail(row) for row in rows], last)


def _calls(asked: Asked) -> Page:
    part = asked.can.rollout_mails.to_call(
        asked.work, asked.actor, asked.value("stage"), asked.query.cursor
    )
    return Page([mails.described_call(one) for one in part.found], part.after or None)


def _came_back(asked: Asked) -> Reply:
    found = call_list.addresses(asked.body.addresses)
    done = asked.can.rollout_mails.came_back(asked.work, asked.actor, found)
    return Reply({"people": done.people, "untold": done.untold, "unknown": done.unknown})


def _own(asked: Asked) -> Reply:
    found = asked.can.rollout_mails.own(asked.work, asked.actor, asked.value("stage"))
    return Reply({"items": [_said(row) for _key, row in sorted(found.items())]})


def _words(asked: Asked) -> Reply:
    found = _letter(asked)
    return Reply(_arrives(found), found.version)


def _say(asked: Asked) -> Reply:
    own = LetterRow(_kind(asked), asked.value("language"), asked.body.subject, asked.body.body)
    asked.can.rollout_mails.say(asked.work, asked.actor, asked.value("stage"), own, seen=asked.seen)
    return _words(asked)


def _unsay(asked: Asked) -> Reply:
    asked.can.rollout_mails.unsay(
        asked.work,
        asked.actor,
        asked.value("stage"),
        _kind(asked),
        asked.value("language"),
        seen=asked.seen,
    )
    return _words(asked)


def _letter(asked: Asked) -> Letter:
    return asked.can.rollout_mails.one(
        asked.work, asked.actor, asked.value("stage"), _kind(asked), asked.value("language")
    )


def _kind(asked: Asked) -> str:
    given = asked.value("letter")
    return ANY if given == EVERY else given


def _said(row: LetterRow) -> dict[str, Any]:
    return {
        "letter": row.letter or EVERY,
        "language": row.language,
        "subject": row.subject,
        "body": row.body,
    }


def _arrives(found: Letter) -> dict[str, Any]:
    return {
        "letter": found.letter or EVERY,
        "language": found.language,
        "own": _said(found.own) if found.own else None,
        "subject": found.subject,
        "body": found.body,
    }


ROUTES = (
    Route(
        *("GET", f"{ONE}/mails", RolloutMails.counts, _counts),
        "Count the mails ahead of a stage's date, by kind and by what became of them",
        told_rollout.MailCounts,
        name="countStageMails",
    ),
    Route(
        *("GET", f"{ONE}/mails/people", RolloutMails.each, _each),
        "List each mail about the present date, and whom it is for",
        told_rollout.StageMail,
        query=taken_beside.SomePart,
        name="listStageMails",
    ),
    Route(
        *("GET", f"{ONE}/call-list", RolloutMails.to_call, _calls),
        "List whom no mail reached, and who is to be called; up to 100 at a time",
        told_rollout.ToCall,
        query=taken_beside.PlainPart,
        name="listStageCalls",
    ),
    Route(
        *("POST", "/stage-mails/came-back", RolloutMails.came_back, _came_back),
        "Note that mails of stages to these addresses came back",
        told_rollout.Bounced,
        taken_beside.CameBack,
        name="noteCameBack",
    ),
    Route(
        *("GET", f"{ONE}/words", RolloutMails.own, _own),
        "List what a stage's mails say in the place of our words",
        told_rollout.OwnWords,
        name="listStageWords",
    ),
    Route(
        *("GET", WORDS, RolloutMails.one, _words),
        "See a mail of a stage as it arrives; `every` stands for all of them",
        told_rollout.StageWords,
        name="getStageWords",
    ),
    Route(
        *("PUT", WORDS, RolloutMails.say, _say, "Let a mail of a stage say something else"),
        told_rollout.StageWords,
        taken_beside.LetterWanted,
        versioned=True,
        name="setStageWords",
    ),
    Route(
        *("DELETE", WORDS, RolloutMails.unsay, _unsay, "Let a mail of a stage say our words again"),
        told_rollout.StageWords,
        versioned=True,
        name="resetStageWords",
    ),
)
