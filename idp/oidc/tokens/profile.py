"""The standard claims of a profile (OIDC Core 5.1): what a value of each may look like.

`acrux user set` refuses by these checks what cannot be; `oidc.tokens.claims` leaves out what came
into a profile before, or by another way.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date
from functools import cache
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import available_timezones

MAX_LENGTH = 1000
ADDRESS = (
    "formatted",
    "street_address",
    "locality",
    "region",
    "postal_code",
    "country",
)
"""The members of an address (OIDC Core 5.1.1), all of them text."""
MULTILINE = ("formatted", "street_address")
_LANGUAGE = re.compile(
    r"[A-Za-z]{2,3}(-[A-Za-z]{4})?(-([A-Za-z]{2}|[0-9]{3}))?(-([A-Za-z0-9]{5,8}|[0-9][A-Za-z0-9]{3}))*"
)
_ZONE = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}")
_BIRTHDATE = re.compile(r"([0-9]{4})(?:-([0-9]{2})-([0-9]{2}))?")
LEAP_YEAR = 2000


def text(value: Any) -> bool:
    """Printable, not blank, and not the word that a lost value leaves behind."""
    decent = isinstance(value, str) and value.isprintable() and len(value) <= MAX_LENGTH
    return decent and value.strip() not in ("", "null")


def birthdate(value: Any) -> bool:
    """YYYY-MM-DD, YYYY alone, or 0000-MM-DD when the year is no one's business."""
    found = _BIRTHDATE.fullmatch(value) if isinstance(value, str) and value.isascii() else None
    if found is None:
        return False
    year, month, day = found.groups()
    if month is None:
        return year != "0000"
    try:
        date(LEAP_YEAR if year == "0000" else int(year), int(month), int(day))
    except ValueError:
        return False
    return True


def zoneinfo(value: Any) -> bool:
    """A name of the time zone database, such as Pacific/Auckland.

    A machine may lack that database; then whatever has the form of such a name is believed.
    """
    if not isinstance(value, str) or not _ZONE.fullmatch(value):
        return False
    return value in _zones() or not _zones()


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def locale(value: Any) -> bool:
    """A language tag of BCP 47, such as mi or en-NZ."""
    return isinstance(value, str) and _LANGUAGE.fullmatch(value) is not None


def address_on_the_web(value: Any) -> bool:
    """An https address without a password in it: pages of applications will link to it."""
    if not text(value) or not value.isascii() or any(c in value for c in ' <>"\\^`{|}'):
        return False
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    return parts.scheme == "https" and bool(parts.hostname) and "@" not in parts.netloc


def postal(value: Any) -> bool:
    """Members that have a name and are text; the two that may, in several lines."""
    return (
        isinstance(value, Mapping)
        and bool(value)
        and all(name in ADDRESS and _line(name, one) for name, one in value.items())
    )


def _line(name: str, value: Any) -> bool:
    if name in MULTILINE and isinstance(value, str):
        return all(text(line) for line in re.split(r"\r?\n", value)) and len(value) <= MAX_LENGTH
    return text(value)


Check = Callable[[Any], bool]
CHECKS: dict[str, tuple[Check, str]] = {
    "family_name": (text, "text"),
    "given_name": (text, "text"),
    "middle_name": (text, "text"),
    "nickname": (text, "text"),
    "profile": (address_on_the_web, "an https address"),
    "picture": (address_on_the_web, "an https address"),
    "website": (address_on_the_web, "an https address"),
    "gender": (text, "text"),
    "birthdate": (birthdate, "YYYY-MM-DD, YYYY, or 0000-MM-DD"),
    "zoneinfo": (zoneinfo, "a time zone such as Pacific/Auckland"),
    "locale": (locale, "a language tag such as en-NZ"),
    "address": (postal, "an address of text"),
}
"""The claims that a profile holds beside the columns of a person: the check, and it in words."""


def holds(claims: Mapping[str, Any]) -> dict[str, Any]:
    """Return the standard claims of a stored profile whose values are what they must be."""
    found = {name: value for name, value in claims.items() if name in CHECKS}
    if isinstance(found.get("address"), Mapping):
        found["address"] = {n: v for n, v in found["address"].items() if postal({n: v})}
    return {name: value for name, value in found.items() if CHECKS[name][0](value)}
