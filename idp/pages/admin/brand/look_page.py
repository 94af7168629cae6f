"""The look: accent, logo, and whom people may ask; shown on the page itself before it is saved."""

from typing import Any

from flask import Blueprint, Response, request

from idp import web
from idp.errors import CommandError
from idp.installation import Installation
from idp.language import Words, _
from idp.messages import look, samples, texts
from idp.messages.look import FIELDS
from idp.operating import cases
from idp.operating.branding import BadField, Invisible
from idp.operating.cases import Cases
from idp.operating.refusals import Changed
from idp.pages.admin import entry, frame, uploads
from idp.pages.admin.acting import actor
from idp.policy.roles import Action
from idp.settings.values import Brand
from idp.signin.interaction import Authorized
from idp.web import said, support

PATH = frame.BRAND
_CUT = 400
"""Characters of a field that are read: what is too long stays so, and is refused."""
_UNSEEN = _("Buttons and links of this colour could not be seen. Choose a stronger one.")
_WHY = {
    "accent": _("Type a colour such as #2f5bd8."),
    "logo": _("A logo is a PNG, JPEG or WebP picture of at most 32 KB and 1024 pixels each way."),
    "support_email": _("This is no e-mail address."),
    "support_phone": _("This is no telephone number. Type it as people dial it."),
    "support_hours": _("Say which number is answered then, in one short line."),
    "support_url": _("Type an address that begins with https://."),
}


def add_to(views: Blueprint, installation: Installation) -> None:
    """Add the addresses of the look."""
    known = cases.of(installation)
    admits = entry.changes(installation, PATH, Action.BRAND_CHANGE, given_up=PATH)

    @views.get("/brand/")
    @admits
    def look_form(who: Authorized) -> Response:
        _look, decided = known.branding.now(web.work(), actor(who))
        return _show(installation, known, who, decided)

    @views.post("/brand/")
    @admits
    def change_look(who: Authorized) -> Response:
        given = {name: request.form.get(name, "").strip()[:_CUT] for name in FIELDS}
        try:
            given["logo"] = _logo(known, who, given["logo"])
            return _taken(installation, known, who, given)
        except Changed:
            web.work().rollback()
            words = _("Somebody else has changed it meanwhile. This is how it is now.")
            _look, decided = known.branding.now(web.work(), actor(who))
            return _show(installation, known, who, decided, "", words)
        except CommandError as problem:
            field = problem.field if isinstance(problem, BadField) else "logo"
            why = _UNSEEN if isinstance(problem, Invisible) else _WHY.get(field)
            return _show(installation, known, who, given, field, why)


def _logo(known: Cases, who: Authorized, held: str) -> str:
    """Return the address of the logo: of the picture that was sent, or as it was."""
    if request.form.get("no_logo"):
        return ""
    _name, content = uploads.content("picture")
    return known.branding.keep_picture(web.work(), actor(who), content) if content else held


def _taken(
    installation: Installation, known: Cases, who: Authorized, given: dict[str, str]
) -> Response:
    decided = known.branding.checked(given)
    if request.form.get("do") != "save":
        return _show(installation, known, who, decided, preview=True)
    seen = request.form.get("version", "")
    number = int(seen) if seen.isdecimal() else -1
    known.branding.change(web.work(), actor(who), decided, seen=number)
    return web.see_other(said.leading(PATH, "look-changed"))


def _show(
    installation: Installation,
    known: Cases,
    who: Authorized,
    given: dict[str, str],
    field: str = "",
    error: Words | None = None,
    *,
    preview: bool = False,
) -> Response:
    now, _decided = known.branding.now(web.work(), actor(who))
    settings = installation.settings
    seen = look.branded(settings.brand, given) if preview else now.brand
    values: dict[str, Any] = {}
    if preview:
        values = {
            "brand": support.of(seen),
            "style_url": web.frame().sheet(seen.accent),
            "letter": _letter(seen, settings.server.issuer),
            "text_message": _text(seen, settings.server.issuer),
        }
    return frame.show(
        "brand/look",
        who,
        place=PATH,
        status=400 if error else 200,
        title=_("Look"),
        error=error,
        field=field,
        typed=given,
        default=settings.brand,
        version=now.version,
        preview=preview,
        action=PATH,
        **values,
    )


def _letter(brand: Brand, issuer: str) -> dict[str, str]:
    spoken = brand.language
    subject, body = samples.shown("password-changed", spoken, brand, issuer, None)
    return {"subject": subject, "body": body, "spoken": spoken}


def _text(brand: Brand, issuer: str) -> dict[str, Any]:
    _subject, body = samples.shown("sms-code", brand.language, brand, issuer, None)
    return {"body": body, "length": texts.septets(body), "most": texts.SEGMENT}
