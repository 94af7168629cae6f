"""What is wrong with a new password: too short, known to attackers, or guessed soon (zxcvbn)."""

import re
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit

from zxcvbn_rs_py import zxcvbn

from idp.language import Text, Words, _, n_
from idp.settings.values import Settings

MAX_LENGTH = 128
"""Characters (code points). SP 800-63B-4 3.1.1.2 wants at least 64 to be allowed."""
_BETWEEN = re.compile(r"[\s@._\-+/,;:]+")
"""What stands between words."""
_KNOWN = ("correct horse battery staple",)
"""Phrases that everyone has read of."""


class Strength:
    """The rules of one installation (`[password]` of the settings)."""

    def __init__(self, settings: Settings) -> None:
        self._rules = settings.password
        self._brand = settings.brand.name
        self._host = urlsplit(settings.server.issuer).hostname or ""

    @cached_property
    def _refused(self) -> frozenset[str]:
        """Passwords that are refused whatever their strength, run together."""
        lines: list[str] = []
        if self._rules.blocklist:
            lines = Path(self._rules.blocklist).read_text(encoding="utf-8").splitlines()
        return frozenset(map(_joined, (*_KNOWN, *lines)))

    def problem(self, password: str, about: tuple[str, ...] = (), *, mfa: bool = False) -> Words:
        """Return why a new `password`, in its NFC form, cannot be taken; "" when it can.

        `about` are words of the person (name, address), `mfa` says that a second factor is enforced
        (SP 800-63B-4 3.1.1.2: 15 characters alone, 8 within multi-factor).
        """
        least = self._rules.min_length_with_mfa if mfa else self._rules.min_length
        if len(password) < least:
            return n_(
                "Use at least %(num)s character. Three or four unrelated words work well.",
                "Use at least %(num)s characters. Three or four unrelated words work well.",
                least,
            )
        if len(password) > MAX_LENGTH:
            return _("Use at most %(num)s characters.", num=MAX_LENGTH)
        words = _context((self._brand, self._host, *about))
        joined = _joined(password)
        if joined and (joined in self._refused or joined in map(_joined, words)):
            return _("This password is on lists that attackers try first. Choose another.")
        # Where a word comes again, once more without what stands between: "superman superman" is
        # one word twice, which is not seen with the space in it.
        for form in (password, joined) if _repeats(password) else (password,):
            result = zxcvbn(form, words)
            if int(result.score) < self._rules.min_score:
                warning = str(result.feedback.warning) if result.feedback else ""
                return _weak(warning.rstrip("."))
        return ""


def _context(known: Iterable[str]) -> list[str]:
    """Return what is known of the person and the site, whole, in parts, and run together."""
    whole = [word for word in known if word]
    parts = [part for word in whole for part in _BETWEEN.split(word) if part]
    return list(dict.fromkeys([*whole, *parts, *map(_joined, whole)]))


def _joined(text: str) -> str:
    """Return `text` in lower case without what stands between words."""
    return _BETWEEN.sub("", text.casefold())


def _repeats(text: str) -> bool:
    parts = [part for part in _BETWEEN.split(text.casefold()) if part]
    return len(set(parts)) < len(parts)


WARNINGS = (
    _("A word by itself is easy to guess"),
    _("Common names and surnames are easy to guess"),
    _("Dates are often easy to guess"),
    _("Names and surnames by themselves are easy to guess"),
    _("Recent years are easy to guess"),
    _('Repeats like "aaa" are easy to guess'),
    _('Repeats like "abcabcabc" are only slightly harder to guess than "abc"'),
    _("Sequences like abc or 6543 are easy to guess"),
    _("Short keyboard patterns are easy to guess"),
    _("Straight rows of keys are easy to guess"),
    _("This is a top-10 common password"),
    _("This is a top-100 common password"),
    _("This is a very common password"),
    _("This is similar to a commonly used password"),
)
"""What zxcvbn says of a weak password, for the catalogs."""


def _weak(warning: str) -> Text:
    if not warning or warning == "None":
        return _("This password would be guessed soon. Use three or four unrelated words.")
    return _(
        "This password would be guessed soon (%(why)s). Use three or four unrelated words.",
        why=_(warning),
    )
