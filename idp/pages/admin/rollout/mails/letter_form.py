"""Writing what a mail of a stage says: shown as it arrives, tried on oneself, and then saved.

A text is long, so it stays on the page and in no address: when the proof of who writes is too old,
that is said, and the proof is given on another page.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from flask import Blueprint, Response, request

from idp import web
from idp.installation import Installation
from idp.language import Words, _
from idp.operating import cases
from idp.operating.refusals import Changed
from idp.operating.rollout.mails import NOTHING, LetterRow, RolloutMails
from idp.pages import gate
from idp.pages.admin import entry, frame
from idp.pages.admin.acting import actor
from idp.pages.admin.rollout import in_words, meanwhile, problems
from idp.pages.admin.rollout.board import PATH
from idp.pages.admin.rollout.mails import letters
from idp.pages.admin.rollout.mails.letters import Place, found
from idp.policy.roles import Action
from idp.policy.rollout import Stage
from idp.rollout.errors import StageError
from idp.rollout.mails import own_words
from idp.signin.interaction import Authorized
from idp.web import said

CHANGE = Action.ROLLOUT_CHANGE
WAIT = 4.0
"""Seconds for which the page waits for the mail server."""
_LONGEST = 2 * own_words.LONGEST_BODY
"""Characters of a field that are read: what is too long stays so, and is refused."""


@dataclass(frozen=True)
class Told:
    """What the page says above the form of what was pressed."""

    error: Words | None = None
    field: str = ""
    done: Words | None = None
    arrives: dict[str, str] | None = None
    stale: bool = False
    changed: bool = False
    """Someone else wrote there; what stands there is shown, and may be written over."""


def add_to(views: Blueprint, installation: Installation) -> None:
    """Add the addresses of the form."""
    known = cases.of(installation).rollout_mails

    @views.get(f"{letters.ADDRESS}/edit")
    @entry.changes(installation, _path, CHANGE, given_up=letters.path_of)
    def edit_letter(who: Authorized, stage_id: str, letter: str, spoken: str) -> Response:
        place = found(stage_id, letter, spoken)
        given = _own(known, who, place) or _template(known, who, place)
        return _show(installation, known, who, place, given)

    # What is saved wants a fresh proof; asked for here it would lose what was typed.
    @views.post(f"{letters.ADDRESS}/edit")
    @entry.acts(installation, _path, CHANGE)
    def write_letter(who: Authorized, stage_id: str, letter: str, spoken: str) -> Response:
        place = found(stage_id, letter, spoken)
        given = LetterRow(place.letter, spoken, _field("subject"), _field("body"))
        return _DOES.get(request.form.get("do", ""), _preview)(
            installation, known, who, place, given
        )

    @views.get(f"{letters.ADDRESS}/proof")
    @entry.changes(installation, _proof_path, CHANGE, given_up=letters.path_of)
    def proved(who: Authorized, stage_id: str, letter: str, spoken: str) -> Response:
        place = found(stage_id, letter, spoken)
        title = _("Continue where you were writing")
        return frame.show("rollout/proved", who, place=PATH, title=title, back=f"{place.path}/edit")


def _path(stage_id: str, letter: str, spoken: str) -> str:
    return f"{letters.path_of(stage_id, letter, spoken)}/edit"


def _proof_path(stage_id: str, letter: str, spoken: str) -> str:
    return f"{letters.path_of(stage_id, letter, spoken)}/proof"


def _field(name: str) -> str:
    return request.form.get(name, "").replace("\r\n", "\n")[:_LONGEST]


def _own(known: RolloutMails, who: Authorized, place: Place) -> LetterRow | None:
    """Return what an operator wrote there."""
    found = known.own(web.work(), actor(who), place.stage.id)
    return found.get((place.letter, place.spoken))


def _template(known: RolloutMails, who: Authorized, place: Place) -> LetterRow:
    work, by = web.work(), actor(who)
    return known.template(work, by, place.stage.id, place.letter, place.spoken)


def _show(
    installation: Installation,
    known: RolloutMails,
    who: Authorized,
    place: Place,
    given: LetterRow,
    told: Told = Told(),
) -> Response:
    own = _own(known, who, place)
    return frame.show(
        "rollout/letter_form",
        who,
        place=PATH,
        status=400 if told.error else 200,
        title=place.title,
        sentence=in_words.sentence(web.work(), installation.signin.rules, place.stage),
        told=told,
        error=told.error,
        field=told.field,
        done=told.done,
        typed=given,
        arrives=told.arrives,
        spoken=place.spoken,
        seen=own_words.mark(own) if told.changed else request.form.get("seen", own_words.mark(own)),
        own=own,
        stands_for=_stands_for(place.stage),
        of_subject=", ".join(f"{{{name}}}" for name in _known(own_words.OF_SUBJECT, place.stage)),
        test=_test_to(installation, who),
        longest=own_words.LONGEST_BODY,
        longest_subject=own_words.LONGEST_SUBJECT,
        action=f"{place.path}/edit",
        proof=f"{place.path}/proof",
        back=place.path,
    )


def _known(names: Iterable[str], stage: Stage) -> list[str]:
    """Return those of the placeholders `names` that a mail of a stage can have."""
    return [name for name in names if name != "date" or stage.enforce_at is not None]


def _stands_for(stage: Stage) -> list[tuple[str, Words]]:
    """Return the placeholders, each with what is put there."""
    said: dict[str, Words] = {
        "name": _("the name of whom it is written to"),
        "date": _("the day from which it is required"),
        "brand": _("the name of this installation"),
        "link": _("the address at which it is set up; every e-mail needs it"),
        "support": _("whom to ask for help"),
    }
    return [(f"{{{name}}}", said[name]) for name in _known(own_words.PLACEHOLDERS, stage)]


def _test_to(installation: Installation, who: Authorized) -> str | None:
    """Return where a test can be sent: to whoever writes, and no one else."""
    person = who.person
    can = installation.post.available("mail") and person.email_verified
    return person.email if can else None


# -- the buttons


def _preview(
    installation: Installation,
    known: RolloutMails,
    who: Authorized,
    place: Place,
    given: LetterRow,
) -> Response:
    try:
        shown = letters.arrives(known, who, place, given)
    except StageError as problem:
        return _problem(installation, known, who, place, given, problem)
    return _show(installation, known, who, place, given, Told(arrives=shown))


def _test(
    installation: Installation,
    known: RolloutMails,
    who: Authorized,
    place: Place,
    given: LetterRow,
) -> Response:
    to = _test_to(installation, who)
    try:
        shown = letters.arrives(known, who, place, given)
    except StageError as problem:
        return _problem(installation, known, who, place, given, problem)
    if to is None:
        return _show(installation, known, who, place, given)
    work, text = web.work(), (shown["subject"], shown["body"])
    sent = known.send_test(work, actor(who), to, place.letter, place.spoken, text)
    # The mail leaves after the commit, never inside the transaction.
    work.commit()
    installation.post.wait(sent, WAIT)
    return _show(installation, known, who, place, given, _fared(*known.fared(work, sent), to))


def _fared(state: str, error: str, to: str) -> Told:
    """Say what became of a test."""
    if state == "sent":
        return Told(done=_("The test is sent to %(address)s.", address=to))
    if error:
        return Told(_("The test was not sent: %(words)s", words=error))
    return Told(done=_("The test is on its way to %(address)s.", address=to))


def _save(
    installation: Installation,
    known: RolloutMails,
    who: Authorized,
    place: Place,
    given: LetterRow,
) -> Response:
    try:
        own_words.checked(given, place.stage)
    except StageError as problem:
        return _problem(installation, known, who, place, given, problem)
    work, by, stage = web.work(), actor(who), place.stage.id
    save = partial(known.say, work, by, stage, given)
    return _write(installation, known, who, place, given, lambda seen: save(seen=seen))


def _reset(
    installation: Installation,
    known: RolloutMails,
    who: Authorized,
    place: Place,
    given: LetterRow,
) -> Response:
    if _own(known, who, place) is None:
        return web.see_other(place.path)
    work, by, stage = web.work(), actor(who), place.stage.id
    reset = partial(known.unsay, work, by, stage, place.letter, place.spoken)
    return _write(installation, known, who, place, given, lambda seen: reset(seen=seen))


def _write(
    installation: Installation,
    known: RolloutMails,
    who: Authorized,
    place: Place,
    given: LetterRow,
    write: Callable[[str], None],
) -> Response:
    if not gate.is_fresh(installation, who):
        gate.hold_change(who)
        first = _("Show first that it is you, then press the button again. Your words stay here.")
        return _show(installation, known, who, place, given, Told(first, stale=True))
    try:
        write(request.form.get("seen", "") or NOTHING)
    except Changed:
        told = meanwhile.told_of_words(web.work(), place.stage, place.letter, place.spoken)
        return _show(installation, known, who, place, given, Told(told, changed=True))
    return web.see_other(said.leading(place.path, "saved"))


def _problem(
    installation: Installation,
    known: RolloutMails,
    who: Authorized,
    place: Place,
    given: LetterRow,
    problem: StageError,
) -> Response:
    told = Told(problems.words(problem), problem.field)
    return _show(installation, known, who, place, given, told)


_DOES = {"preview": _preview, "test": _test, "save": _save, "reset": _reset}
