"""Whom a person may ask, in a sentence; pages that have room name it all (templates/support.html).

Owns the words, never what support is asked for.
"""

from idp import web
from idp.language import Words, _


def sentence() -> Words:
    """Say where a person finds help."""
    brand = web.frame().settings.brand
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
