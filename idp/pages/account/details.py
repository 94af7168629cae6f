"""The pages of a person's details: name and language, mail address and mobile number."""

from typing import Any

from flask import Blueprint, Response, abort, request

from idp import audit, language, web
from idp.audit import Event
from idp.authenticators import identifiers
from idp.authenticators.base import Rejected
from idp.authenticators.codes import mask_phone
from idp.installation import Installation
from idp.language import LANGUAGES, Words, _
from idp.pages import gate
from idp.pages.account.page import DETAILS, WAYS, show
from idp.signin.demand import EMAIL, PHONE, Wish
from idp.signin.interaction import Authorized
from idp.store import next_sign_in
from idp.store.people import PersonRow, profiles
from idp.store.people.profiles import Profile
from idp.web import locale_choice, said

DONE = f"{WAYS}/others?to=details"
TITLES: dict[str, Words] = {
    EMAIL: _("Change your e-mail address"),
    PHONE: _("Change your mobile number"),
}


def add_to(views: Blueprint, installation: Installation) -> None:
    """Add the addresses below /account/details."""
    _profile(views, installation)
    _contact(views, installation)


# -- name and language


def _profile(views: Blueprint, installation: Installation) -> None:
    @views.get("/details")
    @gate.signed_in(installation, DETAILS)
    def details(who: Authorized) -> Response:
        return _page(installation, who)

    @views.get("/details/whole")
    @gate.fresh(installation, f"{DETAILS}/whole", given_up=DETAILS)
    def whole(_who: Authorized) -> Response:
        """After a fresh proof, the page shows the whole number."""
        return web.see_other(DETAILS)

    @views.post("/details")
    @gate.signed_in(installation, DETAILS)
    def save(who: Authorized) -> Response:
        wrong = _save(who.person)
        return (
            _page(installation, who, wrong)
            if wrong
            else web.see_other(said.leading(DETAILS, "saved"))
        )


def _save(person: PersonRow) -> Words | None:
    """Store name and language; return what is wrong with them, if anything."""
    name = identifiers.full_name(request.form.get("name", ""))
    choice = request.form.get("language", "")
    if name is None:
        return _("Type the name that pages and messages are to call you, without special signs.")
    if choice and choice not in LANGUAGES:
        return _("Choose one of the languages in the list.")
    work, changed = web.work(), []
    if name != person.name:
        if not profiles.change(work, person, Profile(name, {}, person.groups, person.roles)):
            return _(
                "Nothing was saved: your details were changed elsewhere just now. Check them, and"
                " save again."
            )
        changed.append("name")
    if (choice or None) != language.known(person.chosen_locale):
        next_sign_in.set_locale(work, person.id, choice or None)
        changed.append("language")
        if choice:
            locale_choice.remember(choice)
        else:
            locale_choice.forget()
    if changed:
        reason = f"{' and '.join(changed)}, by the person"
        audit.record(work, Event.PROFILE_CHANGED, person=person.id, reason=reason)
    return None


def _page(installation: Installation, who: Authorized, wrong: Words | None = None) -> Response:
    person, typed = who.person, request.form if wrong else {}
    return show(
        "details",
        who,
        400 if wrong else 200,
        title=_("Your details"),
        error=wrong,
        name=typed.get("name", person.name),
        choices=LANGUAGES,
        chosen=typed.get("language", language.known(person.chosen_locale) or ""),
        email=_shown(installation, person, EMAIL),
        phone=_shown(installation, person, PHONE, whole=gate.is_fresh(installation, who)),
    )


def _number(installation: Installation, person: PersonRow, *, whole: bool) -> str | None:
    if person.phone is None:
        return None
    if not whole:
        return mask_phone(person.phone)
    return identifiers.readable_phone(person.phone, installation.settings.sms.default_country)


def _shown(
    installation: Installation, person: PersonRow, what: str, *, whole: bool = False
) -> dict[str, Any]:
    """Return what the page says of an address or number, and what can be done with it.

    The `whole` number is shown to a person who has just proved all there is.
    """
    number = _number(installation, person, whole=whole)
    by_mail = what == EMAIL
    value = person.email if by_mail else number
    work, proof = web.work(), installation.contact_proof
    why_not = proof.why_not(work, person, what, known=False)
    known = value is not None and proof.readable(what, _present(person, what))
    return {
        "what": what,
        "value": value,
        "can_show": not by_mail and value is not None and not whole,
        "confirmed": person.email_verified if by_mail else person.phone_verified,
        "why_not": why_not,
        "can_confirm": known and proof.why_not(work, person, what, known=True) is None,
    }


def _present(person: PersonRow, what: str) -> str:
    return person.email if what == EMAIL else person.phone or ""


# -- address and number


def _contact(views: Blueprint, installation: Installation) -> None:
    @views.get("/details/<what>")
    @gate.fresh(installation, _path, given_up=DETAILS)
    def contact(who: Authorized, what: str) -> Response:
        return _form(installation, who, what)

    @views.post("/details/<what>")
    @gate.signed_in(installation, _path)
    def change(who: Authorized, what: str) -> Response:
        if (
            installation.contact_proof.why_not(web.work(), who.person, what, known=False)
            is not None
        ):
            return web.see_other(DETAILS)
        wish = installation.contact_proof.read(what, request.form.get("value", ""))
        if isinstance(wish, Rejected):
            return _form(installation, who, what, wish)
        if wish.value == _present(who.person, what):
            return _form(installation, who, what, _same(what))
        return _begin(installation, wish)

    @views.post("/details/<what>/confirm")
    @gate.signed_in(installation, _path)
    def confirm(who: Authorized, what: str) -> Response:
        """Prove what stands on the profile already."""
        present = _present(who.person, what)
        refused = installation.contact_proof.why_not(web.work(), who.person, what, known=True)
        if refused is not None or not installation.contact_proof.readable(what, present):
            return web.see_other(DETAILS)
        return _begin(installation, Wish(what, present))


def _path(what: str) -> str:
    if what not in TITLES:
        abort(404)
    return f"{DETAILS}/{what}"


def _begin(installation: Installation, wish: Wish) -> Response:
    done = said.leading(DONE, wish.what)
    given_up = said.leading(DETAILS, "given-up")
    return gate.change(installation, _path(wish.what), wish, done=done, given_up=given_up)


def _same(what: str) -> Rejected:
    if what == EMAIL:
        return Rejected("no change", _("That is your address already. Type the new one."))
    return Rejected("no change", _("That is your number already. Type the new one."))


def _form(
    installation: Installation, who: Authorized, what: str, wrong: Rejected | None = None
) -> Response:
    if installation.contact_proof.why_not(web.work(), who.person, what, known=False) is not None:
        return web.see_other(DETAILS)
    return show(
        "contact",
        who,
        400 if wrong else 200,
        title=TITLES[what],
        error=wrong.message if wrong else None,
        what=what,
        present=_number(installation, who.person, whole=gate.is_fresh(installation, who))
        if what == PHONE
        else who.person.email,
        typed=request.form.get("value", "") if wrong else "",
        path=_path(what),
        moves=any(
            way.on_number and way.method in who.person.methods
            for way in installation.signin.authenticators.values()
        ),
    )
