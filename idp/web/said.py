"""What a page says of the step before it: "Saved", "Removed: a passkey".

A code of a fixed table travels in the address of the next page, with a tag that only this browser's
session gives it: no one can make a page of ours say it to another, and no word of an address is
ever shown. Needs no script and keeps nothing.
"""

from collections.abc import Mapping
from urllib.parse import parse_qs, urlsplit

from idp import crypto, web
from idp.authenticators.base import Authenticator
from idp.authenticators.codes import mask_phone
from idp.language import Words, _
from idp.store.people import PersonRow
from idp.web.urlencoded import with_parameters

_NAME = "said"
_TAG = 22
_ALONE: dict[str, Words] = {
    "saved": _("Saved."),
    "password": _("Your password is changed."),
    "renamed": _("The new name is saved."),
    "codes": _("Your new recovery codes are in force. The earlier ones no longer work."),
    "ended": _("That device is signed out."),
    "all-ended": _("Signed out everywhere else."),
    "withdrawn": _(
        "Access removed. The application sees your details again only when you sign in to it."
    ),
    "stopped": _("Stopped. Nothing changes."),
    "given-up": _("Nothing was changed."),
    "stage-planned": _("The stage is planned."),
    "stage-changed": _("The stage is changed."),
    "stage-stopped": _("The stage is stopped. It asks nothing of anyone until you resume it."),
    "stage-resumed": _("The stage holds again, with the dates that it has."),
    "stage-removed": _("The stage is removed."),
    "exception-given": _("The exception is given. It ends by itself."),
    "exception-ended": _("The exception is over."),
    "profile-asked": _("The owner is written to."),
    "profile-kept": _("It is left out until there are new signs."),
    "profile-split": _("The profiles are made and invited. The shared one closes on its day."),
    "question-saved": _("The question is saved. It stands at the end of this page."),
    "question-removed": _("The question is removed."),
    "questions-full": _("There are 200 saved questions. Remove one first."),
    "person-added": _("The person is added. A password comes with a link that you send."),
    "person-invited": _("The e-mail with the link is on its way."),
    "person-released": _("What was counted is forgotten."),
    "person-signed-out": _("Signed out everywhere."),
    "person-password": _("The next sign-in asks for a new password."),
    "person-reset": _("It is removed."),
    "person-off": _("The account is switched off."),
    "person-on": _("The account is switched on."),
    "person-deleted": _("The account is deleted."),
    "look-changed": _("The look is changed. Every page has it within seconds."),
    "words-changed": _("The words are changed. The next message says them."),
    "import-discarded": _("The file is forgotten, with its report."),
    "message-hastened": _("It is tried again now."),
    "keys-made": _("The new keys are published. They sign in ten minutes."),
    "key-withdrawn": _("The key is published no longer."),
    "application-deleted": _("The application is removed."),
    "api-deleted": _("The API is removed."),
    "asked": _("Your change is waiting. We sent you an e-mail with a link that stops it."),
}


def leading(path: str, code: str, what: str = "") -> str:
    """Return `path` with a note for the page there; `what` is the method it is about."""
    said = f"{code}.{what}" if what else code
    return with_parameters(path, {_NAME: f"{said}~{_tag(said)}"})


def passed_on(path: str, address: str) -> str:
    """Return `path` with the note that stands in another address of ours, if there is one."""
    said = parse_qs(urlsplit(address).query).get(_NAME, [])
    if len(said) != 1:
        return path
    return with_parameters(path, {_NAME: said[0]})


def words(
    address: str, ways: Mapping[str, Authenticator], person: PersonRow | None = None
) -> Words | None:
    """Return the note that stands in an address of ours; None where there is none of this browser.

    `person` is who is signed in: notes that name an address or number are about it as it is now.
    """
    said = parse_qs(urlsplit(address).query).get(_NAME, [])
    code, _mark, tag = said[0].partition("~") if len(said) == 1 else ("", "", "")
    if not code or not crypto.same(tag, _tag(code)):
        return None
    kind, _dot, what = code.partition(".")
    if kind in _ALONE:
        return _ALONE[kind]
    return _about_way(kind, ways.get(what)) or (_about_contact(kind, person) if person else None)


def _about_way(kind: str, way: Authenticator | None) -> Words | None:
    if way is None:
        return None
    if kind == "added":
        return _("Added: %(what)s.", what=way.noun)
    return _("Removed: %(what)s.", what=way.noun) if kind == "removed" else None


def _about_contact(kind: str, person: PersonRow) -> Words | None:
    if kind == "email":
        return _("Your e-mail address is now %(address)s.", address=person.email)
    if kind == "phone" and person.phone:
        return _("Your mobile number is now %(number)s.", number=mask_phone(person.phone))
    return None


def _tag(said: str) -> str:
    session = web.session()
    return web.frame().keyring.keyed_digest("said", session.id if session else "", said)[:_TAG]
