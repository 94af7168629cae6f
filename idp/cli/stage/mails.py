"""`acrux stage mail` and `acrux stage notices`: what a stage's mails say, and how each fares."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from idp import clock
from idp.cli import context, mailing
from idp.cli.context import Context
from idp.cli.output import json_option, print_json, print_table, when
from idp.errors import CommandError
from idp.language import LANGUAGES
from idp.operating.actor import OPERATOR
from idp.operating.rollout.mails import SAMPLE
from idp.policy.rollout import Stage
from idp.rollout.mails import call_list
from idp.rollout.mails.dates import ANNOUNCED, LETTERS
from idp.rollout.mails.letters import ANY
from idp.store.rollout.letters import LetterRow
from idp.store.rollout.notice_reports import CountRow

_letter = click.option("--kind", type=click.Choice(LETTERS), help="Which mail.")
_spoken = click.option("--language", "spoken", type=click.Choice(list(LANGUAGES)))


@click.command()
@click.argument("stage_id", metavar="ID")
@_spoken
@_letter
@click.option("--subject", help="The subject; it may have {name}, {date} and {brand}.")
@click.option(
    "--body-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The text, in UTF-8; it may also have {support}, and needs {link}.",
)
@click.option("--reset", is_flag=True, help="Say again what is said by default.")
def mail(
    stage_id: str,
    spoken: str | None,
    kind: str | None,
    subject: str | None,
    body_file: Path | None,
    reset: bool,
) -> None:
    """Let a stage's mails say something else in one language.

    Without --kind the text stands for all its mails. `acrux stage notices ID --preview` shows it.
    """
    if reset == (subject is not None) or reset == (body_file is not None):
        raise click.UsageError("give --subject and --body-file, or --reset")
    at_hand = context.open_installation()
    spoken = spoken or at_hand.installation.settings.brand.language
    body = _text(body_file) if body_file else ""
    can = at_hand.cases.rollout_mails
    with at_hand.work() as work:
        if reset:
            can.unsay(work, OPERATOR, stage_id, kind or ANY, spoken)
        else:
            own = LetterRow(kind or ANY, spoken, subject or "", body)
            can.say(work, OPERATOR, stage_id, own)
    what = f"The {kind} mail" if kind else "Every mail"
    says = "the default words" if reset else "your words"
    click.echo(f"{what} of {stage_id} has {says} in {LANGUAGES[spoken]}.")


@click.command()
@click.argument("stage_id", metavar="ID", required=False)
@click.option("--people", "each", is_flag=True, help="Each mail, with whom it is for.")
@click.option("--call-list", "calls", is_flag=True, help="CSV of whom no mail reached.")
@click.option("--preview", is_flag=True, help="Show a mail instead.")
@click.option("--test", "to", metavar="ADDRESS", help="Mail it to yourself instead.")
@_spoken
@_letter
@click.option("--administrator", is_flag=True, help="As an owner or administrator gets it.")
@json_option
def notices(
    stage_id: str | None,
    each: bool,
    calls: bool,
    preview: bool,
    to: str | None,
    spoken: str | None,
    kind: str | None,
    administrator: bool,
    as_json: bool,
) -> None:
    """Show what became of the mails ahead of a stage's date."""
    if sum((each, calls, preview, to is not None)) > 1:
        raise click.UsageError("one of --people, --call-list, --preview and --test at a time")
    at_hand = context.open_installation()
    if stage_id is None:
        if each or calls or preview or to:
            raise click.UsageError("say which stage")
        _counts(at_hand, "", as_json)
        return
    with at_hand.work() as work:
        stage = at_hand.cases.rollout.one(work, OPERATOR, stage_id)
    if calls:
        _call_list(at_hand, stage, as_json)
    elif each:
        _people(at_hand, stage, as_json)
    elif preview or to:
        spoken = spoken or at_hand.installation.settings.brand.language
        subject, body = _written(at_hand, stage, spoken, kind or ANNOUNCED, administrator)
        if to:
            _test(at_hand, stage, to, (subject, body), spoken, kind or ANNOUNCED)
        elif as_json:
            print_json({"language": spoken, "subject": subject, "body": body})
        else:
            click.echo(f"Subject: {subject}\n\n{body}", nl=False)
    else:
        _counts(at_hand, stage_id, as_json)


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{file} cannot be read: {error}") from None


def _written(
    at_hand: Context, stage: Stage, spoken: str, kind: str, administrator: bool
) -> tuple[str, str]:
    reader = replace(SAMPLE, privileged=administrator)
    with at_hand.work() as work:
        found = at_hand.cases.rollout_mails.one(work, OPERATOR, stage.id, kind, spoken, reader)
    return found.subject, found.body


def _test(
    at_hand: Context, stage: Stage, to: str, text: tuple[str, str], spoken: str, kind: str
) -> None:
    post = at_hand.installation.post
    if not post.available("mail"):
        raise CommandError("mail.backend is off: no mail can be sent")
    with at_hand.work() as work:
        sent = at_hand.cases.rollout_mails.send_test(work, OPERATOR, to, kind, spoken, text)
    if problem := mailing.trouble(at_hand, sent):
        raise CommandError(f"the mail to {to} was not sent: {problem}")
    click.echo(f"Mailed to {to} as {stage.id} says it.")


def _counts(at_hand: Context, stage_id: str, as_json: bool) -> None:
    with at_hand.work() as work:
        found = at_hand.cases.rollout_mails.counts(work, OPERATOR, stage_id)
    if as_json:
        print_json([_count(row) for row in found])
        return
    print_table(
        ("STAGE", "DATE", "MAIL", "STATE", "PEOPLE", "BEGAN"),
        [tuple(_count(row).values()) for row in found],
        "No mail was due yet: `acrux worker` sends them on their days.",
    )


def _count(row: CountRow) -> dict[str, Any]:
    return {
        "stage": row.stage_id,
        "date": _date(row.enforce_at),
        "kind": row.kind,
        "state": row.state,
        "people": row.count,
        "opened": row.opened,
    }


def _people(at_hand: Context, stage: Stage, as_json: bool) -> None:
    with at_hand.work() as work:
        rows = at_hand.cases.rollout_mails.each(work, OPERATOR, stage.id)
        records = [
            {
                "user": row.username,
                "email": row.email,
                "kind": row.kind,
                "state": row.state,
                "words": row.words,
                "at": clock.iso(row.queued_at),
                "opened": when(row.opened_at),
            }
            for row in rows
        ]
    if as_json:
        print_json(records)
        return
    print_table(
        ("USER", "E-MAIL", "MAIL", "STATE", "WORDS", "AT", "BEGAN"),
        [tuple(record.values()) for record in records],
        "No mail was due yet.",
    )


def _call_list(at_hand: Context, stage: Stage, as_json: bool) -> None:
    with at_hand.work() as work:
        found = list(at_hand.cases.rollout_mails.all_to_call(work, OPERATOR, stage.id))
    if as_json:
        print_json(
            [dict(zip(call_list.COLUMNS, call_list.cells(one), strict=True)) for one in found]
        )
    else:
        click.echo(call_list.as_csv(found), nl=False)


def _date(enforce_at: int) -> str | None:
    return when(enforce_at or None)
