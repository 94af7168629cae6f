"""How long text messages are in each language: whether a code fits one, or is paid as two."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from idp import language
from idp.cli.doctor.finding import GOOD, OPEN, Finding
from idp.messages import texts
from idp.settings.values import Settings

LINK = "x" * 22
"""As long as the token of a link in a text message."""


def septets_of_a_code(host: str, origin: str, brand: str) -> int:
    """Return the length of the longest text with a code, in any language, in septets."""
    values: dict[str, object] = {
        "code": "000000",
        "brand": brand,
        "host": host,
        "not_me": f"{origin}/n/{LINK}",
        "minutes": 10,
    }
    longest = 0
    for code in language.LANGUAGES:
        with language.speaking(code):
            longest = max(longest, texts.septets(texts.render("sms", "sms-code", values)[1]))
    return longest


def message_findings(loaded: Settings) -> Iterator[Finding]:
    """A code takes one text message in every language, or how it would."""
    if loaded.sms.backend == "off" or loaded.sms.service == "verify":
        return
    issuer, brand = loaded.server.issuer, loaded.brand.short
    length = septets_of_a_code(urlsplit(issuer).hostname or "", issuer, brand)
    over = length - texts.SEGMENT
    if over <= 0:
        yield Finding(GOOD, "sms-length", "a code takes one text message in every language")
        return
    left = len(brand) - over
    how = f"set brand.short_name to {left} letters at most" if left > 0 else "use a shorter host"
    yield Finding(OPEN, "sms-length", "a code takes two text messages in a language", how)
