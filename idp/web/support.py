"""Whom a person may ask, in a sentence; pages that have room name it all (templates/support.html).

Owns the words, never what support is asked for.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from idp import web
from idp.language import Words, _
from idp.settings.values import Brand


def shown(own: Mapping[str, str]) -> dict[str, Any]:
    """Return `brand` as templates read it, with an application's `own` contact in place of ours."""
    return of(_with(own))


def of(brand: Brand) -> dict[str, Any]:
    """Return a brand as templates read it."""
    return {
        "name": brand.name,
        "logo_url": brand.logo or None,
        **brand.support,
        "support_tel": brand.support_tel,
    }


def _with(own: Mapping[str, str]) -> Brand:
    brand = web.frame().looks.now().brand
    return replace(brand, **{"support_hours": "", **own}) if own else brand


def sentence(own: Mapping[str, str]) -> Words:
    """Say where a person finds help: with an application's `own` contact, there."""
    brand = _with(own)
    address, number = brand.support_email, brand.support_phone
    if address and number:
        return _(
            "For help, write to %(address)s or call %(number)s.", address=address, number=number
        )
    if address:
        return _("For help, write to %(address)s.", address=address)
    if number:
        return _("For help, call %(number)s.", number=number)
    return _("For help, ask the people who look after your account.")
