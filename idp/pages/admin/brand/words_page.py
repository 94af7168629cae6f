"""What messages say in each language in the place of our words, seen before it is saved."""

from typing import Any

from flask import Blueprint, Response, abort, request

from idp import language, web
from idp.errors import CommandError
from idp.installation import Installation
from idp.language import LANGUAGES, Words, _
from idp.messages import samples, texts
from idp.messages.look import Look
from idp.operating import branding, cases
from idp.operating.branding import KINDS, BadField
from idp.operating.cases import Cases
from idp.operating.refusals import Changed
from idp.pages.admin import entry, frame
from idp.pages.admin.acting import actor
from idp.policy.roles import Action
from idp.signin.interaction import Authorized
from idp.store.service.looks import WordingRow
from idp.web import said

PATH = frame.WORDS
_CUT = 4 * branding.LONGEST_BODY
"""Characters of a field that are read: what is too long stays so, and is refused."""


def add_to(views: Blueprint, installation: Installation) -> None:
    """Add the addresses of the words."""
    known = cases.of(installation)

    @views.get("/brand/words")
    @entry.reads(installation, PATH, Action.BRAND_CHANGE)
    def wordings(who: Authorized) -> Response:
        now, _decided = known.branding.now(web.work(), actor(who))
        return frame.show(
            "brand/words",
            who,
            place=PATH,
            title=_("What messages say"),
            languages=LANGUAGES,
            rows=[_row(installation, now, kind) for kind in KINDS],
        )

    admits = entry.changes(installation, _path, Action.BRAND_CHANGE, given_up=_path)

    @views.get("/brand/words/<kind>/<spoken>")
    @admits
    def words_form(who: Authorized, kind: str, spoken: str) -> Response:
        now, own = _own(known, who, kind, spoken)
        return _show(installation, who, now, own or WordingRow(kind, spoken, "", ""))

    @views.post("/brand/words/<kind>/<spoken>")
    @admits
    def change_words(who: Authorized, kind: str, spoken: str) -> Response:
        now, own = _own(known, who, kind, spoken)
        given = WordingRow(kind, spoken, _typed("subject"), _typed("body"))
        try:
            return _taken(installation, known, who, now, given)
        except Changed:
            web.work().rollback()
            now, own = _own(known, who, kind, spoken)
            words = _("Somebody else has changed it meanwhile. This is how it is now.")
            return _show(installation, who, now, own or given, error=words)
        except CommandError as problem:
            field = problem.field if isinstance(problem, BadField) else "body"
            return _show(installation, who, now, given, field, _why(kind, field))


def _typed(name: str) -> str:
    return request.form.get(name, "")[:_CUT].replace("\0", "")


def _path(kind: str, spoken: str) -> str:
    return f"{PATH}/{kind}/{spoken}"


def _own(known: Cases, who: Authorized, kind: str, spoken: str) -> tuple[Look, WordingRow | None]:
    if kind not in KINDS or spoken not in LANGUAGES:
        abort(404)
    now, _decided = known.branding.now(web.work(), actor(who))
    return now, now.own.get((kind, spoken))


def _taken(
    installation: Installation, known: Cases, who: Authorized, now: Look, given: WordingRow
) -> Response:
    by, work = actor(who), web.work()
    seen = request.form.get("version", "")
    number = int(seen) if seen.isdecimal() else -1
    if request.form.get("do") == "reset":
        known.branding.say_ours(work, by, given.kind, given.language, seen=number)
        return web.see_other(said.leading(PATH, "words-changed"))
    checked = known.branding.checked_words(given)
    if request.form.get("do") != "save":
        return _show(installation, who, now, checked)
    known.branding.say(work, by, checked, seen=number)
    return web.see_other(said.leading(PATH, "words-changed"))


def _sample(installation: Installation, now: Look, row: WordingRow) -> tuple[str, str]:
    own = row if row.body or row.subject else None
    issuer = installation.settings.server.issuer
    return samples.shown(row.kind, row.language, now.brand, issuer, own)


def _why(kind: str, field: str) -> Words:
    known = ", ".join(f"{{{name}}}" for name in branding.placeholders(kind))
    if field == "subject":
        return _(
            "Write a subject of at most %(most)s characters. You can use %(known)s.",
            most=branding.LONGEST_SUBJECT,
            known=known,
        )
    if kind.endswith(branding.SMS):
        return _(
            "Write what fits one text message of %(most)s characters with the link behind it. You"
            " can use %(known)s.",
            most=texts.SEGMENT,
            known=known,
        )
    return _(
        "Write a text of at most %(most)s characters. You can use %(known)s.",
        most=branding.LONGEST_BODY,
        known=known,
    )


def _show(
    installation: Installation,
    who: Authorized,
    now: Look,
    row: WordingRow,
    field: str = "",
    error: Words | None = None,
) -> Response:
    # What cannot be said is not shown as said.
    ours = WordingRow(row.kind, row.language, "", "")
    subject, body = _sample(installation, now, ours if error else row)
    sms = row.kind.endswith(branding.SMS)
    return frame.show(
        "brand/words_form",
        who,
        place=PATH,
        status=400 if error else 200,
        title=_title(installation, now, row.kind),
        error=error,
        field=field,
        typed=row,
        spoken=LANGUAGES[row.language],
        known=[f"{{{name}}}" for name in branding.placeholders(row.kind)],
        sms=sms,
        letter={"subject": subject, "body": body, "spoken": row.language},
        length=texts.septets(body) if sms else None,
        most=texts.SEGMENT,
        own=(row.kind, row.language) in now.own,
        version=now.version,
        action=_path(row.kind, row.language),
        back=PATH,
    )


def _title(installation: Installation, now: Look, kind: str) -> str:
    """Return what a kind of message is called: its own first words, in the reader's language."""
    subject, body = samples.shown(
        kind, language.spoken(), now.brand, installation.settings.server.issuer, None
    )
    return subject or body.partition(".")[0]


def _row(installation: Installation, now: Look, kind: str) -> dict[str, Any]:
    return {
        "kind": kind,
        "title": _title(installation, now, kind),
        "sms": kind.endswith(branding.SMS),
        "languages": [
            {"code": code, "name": name, "url": _path(kind, code), "own": (kind, code) in now.own}
            for code, name in LANGUAGES.items()
        ],
    }
