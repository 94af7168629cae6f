"""Pages about the ways to sign in: add, rename, remove, and recovery codes."""

from typing import Any

from flask import Blueprint, Response, abort, request

from idp import moments, web
from idp.authenticators.recovery import Recovery
from idp.installation import Installation
from idp.language import _
from idp.pages import gate
from idp.pages.account import without
from idp.pages.account.page import DETAILS, HOME, WAYS, show
from idp.people.factors import recovery_codes as keeping
from idp.people.factors.credentials import LONGEST_LABEL, Way
from idp.signin import sessions
from idp.signin.facts import addition_open
from idp.signin.interaction import Authorized
from idp.store import recovery
from idp.store.signin import sessions as session_store
from idp.web import said


def add_to(views: Blueprint, installation: Installation) -> None:
    """Add the addresses below /account/ways."""
    _list(views, installation)
    _others_too(views, installation)
    _one(views, installation)
    _codes(views, installation)


def _list(views: Blueprint, installation: Installation) -> None:
    @views.get("/ways")
    @gate.signed_in(installation, WAYS)
    def ways(who: Authorized) -> Response:
        return _page(installation, who)

    def addition(method: str) -> str:
        if method not in installation.signin.authenticators or method == "recovery":
            abort(404)
        return f"{WAYS}/add/{method}"

    @views.get("/ways/add/<method>")
    @gate.signed_in(installation, addition, offers=False)
    def add(who: Authorized, method: str) -> Response:
        """Begin a sign-in whose end is a new way to sign in."""
        begun = gate.require_fresh(
            installation,
            addition(method),
            given_up=WAYS,
            enrol=method,
            back=said.leading(f"{WAYS}/others", "added", method),
            waited=addition_open(web.work(), who.person.id, method),
        )
        assert isinstance(begun, Response), "adding something always has a page of its own"
        return begun


def _others_too(views: Blueprint, installation: Installation) -> None:
    @views.get("/ways/others")
    @gate.signed_in(installation, WAYS)
    def others(who: Authorized) -> Response:
        """After a change: anyone who may have got in is put out."""
        count, to = len(_others(installation, who)), request.args.get("to", "")
        if not count:
            return web.see_other(said.passed_on(_after(to), request.full_path))
        title = _("Sign out everywhere else?")
        return show("others", who, title=title, count=count, to=to)

    @views.post("/ways/others")
    @gate.signed_in(installation, WAYS)
    def end_others(who: Authorized) -> Response:
        ended = bool(request.form.get("end"))
        if ended:
            reason = "signed out elsewhere after a change"
            sessions.end_person(web.work(), who.person.id, reason, who.session_id)
        after = _after(request.form.get("to", ""))
        return web.see_other(said.leading(after, "all-ended") if ended else after)


def _after(to: str) -> str:
    """Return where the offer leads on: to where the change was made."""
    return DETAILS if to == "details" else WAYS


def _others(installation: Installation, who: Authorized) -> list[str]:
    found = session_store.sessions(web.work(), who.person.id, installation.settings.session.idle)
    return [session.id for session in found if session.id != who.session_id]


def _page(installation: Installation, who: Authorized, problem: str | None = None) -> Response:
    work = web.work()
    found = installation.credentials.ways(work, who.person)
    facts = installation.signin.facts.of(work, who.person)
    known = installation.signin.authenticators
    return show(
        "ways",
        who,
        title=_("Ways to sign in"),
        error=problem,
        ways=[_shown(way) for way in found],
        offers=[
            {"url": f"{WAYS}/add/{a.method}", "title": a.enrolment_title, "text": a.text}
            for a in installation.enrolment.ordered(filter(facts.enrollable.__contains__, known))
        ],
        codes_left=recovery.left(work, who.person.id) if facts.enrolled - {"password"} else None,
        has_codes="recovery" in who.person.methods,
        waits=without.rows(installation, who.person),
        without=without.PATH if installation.lost_ways.possible(work, who.person) else None,
    )


def _shown(way: Way) -> dict[str, Any]:
    row = way.row
    used = row.last_used_at
    return {
        "id": row.id,
        "title": way.title,
        "text": _("Last used %(when)s", when=moments.minute(used)) if used else _("Not used yet"),
        "since": moments.day(row.created_at),
        "renamable": way.renamable,
        "removable": way.removable,
        "password": row.method == "password",
        "anew": f"{WAYS}/add/{row.method}" if way.renewable else None,
        "number": f"{HOME}details/phone" if way.on_number else None,
        "alone": way.alone,
    }


def _one(views: Blueprint, installation: Installation) -> None:
    """Rename and remove one; both ask for a fresh proof first."""

    @views.get("/ways/<credential_id>")
    @gate.fresh(installation, _way_path, given_up=WAYS)
    def way(who: Authorized, credential_id: str) -> Response:
        found = _find(installation, who, credential_id)
        return show("way", who, title=found.title, way=_shown(found))

    @views.post("/ways/<credential_id>/rename")
    @gate.fresh(installation, _way_path, given_up=WAYS)
    def rename(who: Authorized, credential_id: str) -> Response:
        found = _find(installation, who, credential_id)
        label = request.form.get("label", "")
        if not found.renamable or not installation.credentials.rename(
            web.work(), who.person, credential_id, label
        ):
            longest = LONGEST_LABEL
            problem = _("A name has 1 to %(num)s letters, digits or signs.", num=longest)
            return show("way", who, 400, title=found.title, way=_shown(found), error=problem)
        return web.see_other(said.leading(WAYS, "renamed"))

    @views.post("/ways/<credential_id>/remove")
    @gate.fresh(installation, _way_path, given_up=WAYS)
    def remove(who: Authorized, credential_id: str) -> Response:
        found = _find(installation, who, credential_id)
        if not installation.credentials.remove(
            web.work(), who.person, credential_id, here=who.session_id
        ):
            problem = _(
                "%(brand)s requires a second step, and this is your only one. Add another before"
                " you remove it.",
                brand=installation.settings.brand.name,
            )
            return show("way", who, 400, title=found.title, way=_shown(found), error=problem)
        return web.see_other(said.leading(f"{WAYS}/others", "removed", found.row.method))


def _way_path(credential_id: str) -> str:
    return f"{WAYS}/{credential_id}"


def _find(installation: Installation, who: Authorized, credential_id: str) -> Way:
    found = installation.credentials.ways(web.work(), who.person)
    way = next((way for way in found if way.row.id == credential_id), None)
    if way is None or way.row.method == "password":
        abort(404)
    return way


def _codes(views: Blueprint, installation: Installation) -> None:
    codes = installation.signin.authenticators["recovery"]
    assert isinstance(codes, Recovery)
    path = f"{HOME}recovery-codes"

    @views.get("/recovery-codes")
    @gate.fresh(installation, path, given_up=WAYS)
    def recovery_codes(who: Authorized) -> Response:
        """Shown to someone who has just proved all there is (SP 800-63B-4 3.1.2.1)."""
        if not who.person.methods - {"password", "recovery"}:
            return web.see_other(WAYS)
        draft = keeping.draft(codes, who.person)
        return show("codes", who, title=_("Your recovery codes"), draft=draft, path=path)

    @views.post("/recovery-codes")
    @gate.fresh(installation, path, given_up=WAYS)
    def keep_codes(who: Authorized) -> Response:
        kept = keeping.keep(web.work(), codes, who.person, request.form.get("draft", ""))
        return web.see_other(said.leading(WAYS, "codes") if kept else WAYS)
