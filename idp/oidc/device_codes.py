"""The two codes of a device: one that it keeps, and one that a person types elsewhere.

RFC 8628 section 6.1: no vowels, so that no word comes of it, and no digits, so that nothing looks
like another. Eight of twenty letters are 34 bits, which is enough because guesses are counted.
"""

from idp import crypto

LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
LENGTH = 8
_HALF = LENGTH // 2
_LONGEST = 64
"""Characters of what somebody typed: what is longer is no code, however it is read."""


def new_user_code() -> str:
    """Return a code for a person to type, in capital letters alone."""
    return crypto.random_letters(LETTERS, LENGTH)


def shown(code: str) -> str:
    """Return a code as people read it: `WDJB-MJHT`."""
    return f"{code[:_HALF]}-{code[_HALF:]}"


def typed(text: str) -> str | None:
    """Return the code that somebody typed, in whatever letters and gaps; None: it is none."""
    found = "".join(one for one in text[:_LONGEST].upper() if one.isalnum())
    right = len(found) == LENGTH and all(one in LETTERS for one in found)
    return found if right else None


def device_digest(keyring: crypto.Keyring, code: str) -> str:
    """Return what is stored of a device's code. No code of another kind has that digest."""
    return keyring.keyed_digest("device-code", code)


def user_digest(keyring: crypto.Keyring, code: str) -> str:
    """Return what is stored of a person's code, which is too short for a digest without a key."""
    return keyring.keyed_digest("user-code", code)
