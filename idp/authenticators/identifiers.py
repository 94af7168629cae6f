"""User names, e-mail addresses and phone numbers in their normal forms; what is none is refused."""

import re
import unicodedata
from functools import lru_cache

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from idp.authenticators.lookalikes import deceptive

_TYPES = {
    "mobile": phonenumbers.PhoneNumberType.MOBILE,
    "fixed-line-or-mobile": phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE,
    "fixed-line": phonenumbers.PhoneNumberType.FIXED_LINE,
    "voip": phonenumbers.PhoneNumberType.VOIP,
    "personal": phonenumbers.PhoneNumberType.PERSONAL_NUMBER,
}
"""What `sms.number_types` may name."""
ALL_TYPES = tuple(_TYPES)
MOBILE = ("mobile", "fixed-line-or-mobile")
MAX_NAME = 128
MAX_EMAIL = 254
MAX_FULL_NAME = 200
MAX_GROUP = 100
_ROLE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,99}")


def login_name(text: str) -> str:
    """Return what a person typed as it may stand in the database: NFKC, case folded, trimmed.

    "" when it has characters that no one can see or a database would not store.
    """
    name = unicodedata.normalize("NFKC", text).strip().casefold()[:254]
    return name if name.isprintable() else ""


def username(text: str) -> str | None:
    """Return a user name in its normal form; None when it cannot be one.

    It begins and ends with a letter or digit, and looks like no other (`lookalikes.deceptive`).
    """
    name = login_name(text)
    allowed = all(c.isalnum() or c in "._-+" for c in name)
    if not (1 <= len(name) <= MAX_NAME and allowed):
        return None
    whole = name[0].isalnum() and name[-1].isalnum()
    return name if whole and not deceptive(name) else None


def email(text: str) -> str | None:
    """Return an e-mail address in its normal form; None when it is none, or looks like another."""
    try:
        found = validate_email(text.strip(), check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return None
    normal = found.normalized.casefold()
    parts = re.split(r"[@.]", unicodedata.normalize("NFKC", normal))
    return normal if len(normal) <= MAX_EMAIL and not any(map(deceptive, parts)) else None


def directory_name(text: str) -> str | None:
    """Return a user name that a directory gives, in its normal form: an e-mail address may be one.

    None when it cannot be one.
    """
    if "@" not in text:
        return username(text)
    name = email(text)
    # What somebody types at the sign-in is found by the one form alone.
    return name if name is not None and len(name) <= MAX_NAME and login_name(name) == name else None


def full_name(text: str) -> str | None:
    """Return what pages and messages may call a person, on one line; None when it cannot be that.

    "null" is what a lost value leaves behind.
    """
    name = " ".join(text.split())
    decent = 0 < len(name) <= MAX_FULL_NAME and name.isprintable() and name != "null"
    return name if decent else None


def group(text: str) -> str | None:
    """Return the name of a group, on one line and without commas; None when it cannot be one."""
    name = " ".join(text.split())
    decent = 0 < len(name) <= MAX_GROUP and name.isprintable() and "," not in name
    return name if decent else None


def role(text: str) -> str | None:
    """Return the name of a role, a word of letters, digits and . _ : / -; None when it is none."""
    return text if _ROLE.fullmatch(text) else None


def phone(
    text: str, country: str, allowed: tuple[str, ...] = (), types: tuple[str, ...] = MOBILE
) -> str | None:
    """Return a number as E.164; None when it is none, or its country or its kind is barred.

    `allowed` are countries (ISO 3166; none: all), `types` kinds of number (`sms.number_types`).
    """
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    if phonenumbers.number_type(number) not in {_TYPES[name] for name in types}:
        return None
    region = phonenumbers.region_code_for_number(number)
    if allowed and region not in allowed:
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def readable_phone(number: str, country: str) -> str:
    """Return an E.164 number as people of `country` write it: `021 123 4567`, `+49 30 901820`."""
    try:
        parsed = phonenumbers.parse(number, "ZZ")
    except phonenumbers.NumberParseException:
        return number
    here = phonenumbers.region_code_for_number(parsed) == country
    form = phonenumbers.PhoneNumberFormat
    return phonenumbers.format_number(parsed, form.NATIONAL if here else form.INTERNATIONAL)


@lru_cache(maxsize=4096)
def reachable(number: str, countries: tuple[str, ...], types: tuple[str, ...]) -> bool:
    """Return True if messages may be sent to a number on a profile, in E.164."""
    return phone(number, "ZZ", countries, types) == number
