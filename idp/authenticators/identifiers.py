"""User names, e-mail addresses and phone numbers in their normal forms; what is none is refused."""

import unicodedata

import phonenumbers
from email_validator import EmailNotValidError, validate_email

_TYPES = phonenumbers.PhoneNumberType
_REACHABLE = {_TYPES.MOBILE, _TYPES.FIXED_LINE_OR_MOBILE, _TYPES.UNKNOWN}
MAX_NAME = 128


def login_name(text: str) -> str:
    """Return what a person typed as it may stand in the database: NFKC, case folded, trimmed.

    "" when it has characters that nobody can see or a database would not store.
    """
    name = unicodedata.normalize("NFKC", text).strip().casefold()[:254]
    return name if name.isprintable() else ""


def username(text: str) -> str | None:
    """Return a user name in its normal form; None when it cannot be one."""
    name = login_name(text)
    allowed = all(c.isalnum() or c in "._-+@" for c in name)
    return name if 1 <= len(name) <= MAX_NAME and allowed and "@" not in name else None


def email(text: str) -> str | None:
    """Return an e-mail address in its normal form; None when it is none."""
    try:
        found = validate_email(text.strip(), check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return None
    return found.normalized.casefold()


def phone(text: str, country: str, allowed: tuple[str, ...] = ()) -> str | None:
    """Return a mobile number as E.164; None when it is no such number, or its country is barred."""
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    if phonenumbers.number_type(number) not in _REACHABLE:
        return None
    region = phonenumbers.region_code_for_number(number)
    if allowed and region not in allowed:
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
