"""What the claims of an ID token mean, in words for people who meet them for the first time."""

from datetime import UTC, datetime

LEVELS = {
    "urn:acrux:acr:1fa": ("One step", "One thing was proved, such as a password."),
    "urn:acrux:acr:mfa": (
        "Two steps",
        "Two things of different kinds were proved: something this person knows, and something"
        " this person has.",
    ),
    "urn:acrux:acr:mfa-app": (
        "Two steps without text messages",
        "Two things of different kinds were proved, and none of them came by telephone.",
    ),
    "phr": ("A passkey", "Proved in a way that a false sign-in page cannot steal."),
    "phrh": ("A security key", "Proved with a key in hardware that cannot be copied."),
    "0": ("No level any more", "The sign-in is too old to vouch for any level."),
}
"""The values of acr: a title and a sentence."""

METHODS = {
    "pwd": "a password",
    "otp": "a code from an authenticator app",
    "sms": "a code by text message",
    "tel": "a code by telephone call",
    "mfa": "together, two different kinds of proof",
    "pop": "a key that never leaves its device",
    "user": "a touch or an unlock at the device",
    "hwk": "a key in hardware",
    "swk": "a key in software",
}
"""The values of amr (RFC 8176 section 2)."""

ERRORS = {
    "access_denied": "You cancelled, or you did not agree. Nothing was passed on.",
    "unmet_authentication_requirements": (
        "This application insists on two steps, and they could not be reached with this account."
    ),
    "login_required": "Nobody was signed in, and no page was allowed to ask.",
    "interaction_required": "The provider needed to ask something, and no page was allowed to.",
    "consent_required": "The provider needed your consent, and no page was allowed to ask for it.",
    "invalid_request": "The application asked in a way that the provider does not understand.",
    "invalid_client": "The provider does not know this application, or not this secret.",
    "invalid_grant": "The code was used already, or it is too old.",
    "mismatching_state": (
        "This answer does not belong to a sign-in that was begun here in this browser."
        " It may be an old page, or somebody else's link."
    ),
    "wrong_issuer": "This answer comes from another provider than the one that was asked.",
    "insufficient_level": "The answer says less than this application insists on.",
    "unreachable": "The provider does not answer. Is the demo still running?",
}
"""OAuth errors, and the reasons for which this application itself refuses an answer."""

_UNITS = ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))


def level(acr: str) -> tuple[str, str]:
    """Return title and sentence of a level; another operator's level is called by its name."""
    return LEVELS.get(acr, (acr, "A level of this provider's own."))


def error(name: str) -> str:
    """Return what an error means for the person who meets it."""
    return ERRORS.get(name, "The sign-in did not work.")


def ago(at: int, now: int) -> str:
    """Return how long ago `at` was, `3 minutes ago`."""
    passed = max(0, now - at)
    for size, unit in _UNITS:
        count = passed // size
        if count:
            return f"{count} {unit}{'' if count == 1 else 's'} ago"
    return "just now"


def exact(at: int) -> str:
    """Return `at` to the second, `23 November 2026, 05:10:50 UTC`."""
    moment = datetime.fromtimestamp(at, UTC)
    return f"{moment.day} {moment:%B %Y, %H:%M:%S} UTC"


def spaced(code: str) -> str:
    """Return six digits as people read them, `123 456`."""
    return f"{code[:3]} {code[3:]}"


GLOBALS = {"ago": ago, "exact": exact, "level": level, "spaced": spaced}
"""What templates may call."""
