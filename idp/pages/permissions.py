"""What an application may see or do, in sentences: on the page that asks, and on the account's.

Owns words alone; what was asked and granted is told in scopes (RFC 6749 section 3.3), and in single
claims as `claim:email` (OIDC Core section 5.5).
"""

from collections.abc import Mapping

from idp.language import Words, _
from idp.pages import deeds
from idp.policy.roles import SCOPE_PREFIX, opens_us

SCOPES = {
    "openid": _("Know that it is you"),
    "profile": _("See your name and profile"),
    "email": _("See your e-mail address"),
    "address": _("See your postal address"),
    "phone": _("See your phone number"),
    "groups": _("See which groups you are in"),
    "roles": _("See which roles you have"),
    "offline_access": _("Stay connected when you are not there"),
}
"""What a scope lets an application do, in the order shown."""
CLAIMS = {
    "name": _("See your name"),
    "given_name": _("See your given name"),
    "middle_name": _("See your middle name"),
    "family_name": _("See your family name"),
    "nickname": _("See your nickname"),
    "preferred_username": _("See your user name"),
    "profile": _("See your profile page"),
    "picture": _("See your picture"),
    "website": _("See your web page"),
    "gender": _("See your gender"),
    "birthdate": _("See your date of birth"),
    "zoneinfo": _("See your time zone"),
    "locale": _("See your language"),
    "updated_at": _("See when your profile was last changed"),
    "email": _("See your e-mail address"),
    "email_verified": _("See whether your e-mail address is confirmed"),
    "address": _("See your postal address"),
    "phone_number": _("See your phone number"),
    "phone_number_verified": _("See whether your phone number is confirmed"),
    "groups": _("See which groups you are in"),
    "roles": _("See which roles you have"),
    "user_type": _("See what kind of account you have"),
}
"""What having a single claim means, in the order shown."""

RUNNING = _("Look after people and applications here, as far as you may do so yourself")
"""What any scope of our own API means."""


def of_apis(asked: frozenset[str]) -> frozenset[str]:
    """Return the scopes among them that an operator named."""
    return frozenset(
        name
        for name in asked - SCOPES.keys()
        if not opens_us(name) and not name.startswith("claim:")
    )


def sentences(
    asked: frozenset[str], named: Mapping[str, Mapping[str, str]] | None = None
) -> list[Words]:
    """Return what is asked or was allowed: scopes first, then single claims.

    `named` is what is said, by language, of scopes that an operator registered.
    """
    said: list[Words] = [text for scope, text in SCOPES.items() if scope in asked]
    for one in sorted(of_apis(asked)):
        words = (named or {}).get(one)
        said.append(deeds.said(words) if words else one)
    if any(name.startswith(SCOPE_PREFIX) for name in asked):
        said.append(RUNNING)
    names = {name.partition(":")[2] for name in asked if name.startswith("claim:")}
    said += [text for name, text in CLAIMS.items() if name in names]
    return said + [_("See your %(what)s", what=name) for name in sorted(names - CLAIMS.keys())]
