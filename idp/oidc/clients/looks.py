"""What sign-in pages say and show for one application: words, picture, contact, order of ways.

Owns the rules of these members, which only operators register. What the pages make of them is
theirs.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from idp import language
from idp.oidc.clients.client import Client
from idp.oidc.uris import https_uri
from idp.settings.single_values import TELEPHONE

LONGEST_WORDS = 300
"""Characters: a sentence or two, above the fields."""
LOGO = re.compile(r"[A-Za-z0-9_-]{43}\.(?:png|jpeg|webp)")
"""What a picture that was uploaded is called: its digest, and its kind."""
_ADDRESS = re.compile(r"[^\s@<>,;:\"\\]{1,64}@[A-Za-z0-9.-]{1,190}")


def problems(client: Client, ways: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Yield each member that cannot be, and why; `ways` are the ways to sign in that there are."""
    for text in _words(client.sign_in_words or {}):
        yield "sign_in_words", f"sign_in_words: {text}"
    if client.logo is not None and not LOGO.fullmatch(client.logo):
        yield "logo", "logo is the name of a picture that was uploaded: acrux client logo"
    if client.support_email is not None and not _ADDRESS.fullmatch(client.support_email):
        yield "support_email", "support_email is no e-mail address"
    if client.support_phone is not None and not TELEPHONE.fullmatch(client.support_phone):
        yield "support_phone", "support_phone is no number: use such as 0800 123 456"
    if client.support_url is not None and not https_uri(client.support_url):
        yield "support_url", "support_url must be an https address"
    if not set(client.first_ways) <= set(ways):
        yield "first_ways", f"first_ways must be of {', '.join(ways)}"


def _words(said: Mapping[str, Any]) -> Iterator[str]:
    for code, text in said.items():
        if code not in language.LANGUAGES:
            yield f"{code!r} is no language here: {', '.join(language.LANGUAGES)}"
        elif not isinstance(text, str) or not 0 < len(text.strip()) <= LONGEST_WORDS:
            yield f"{code}: say 1 to {LONGEST_WORDS} characters"
        elif not text.isprintable():
            yield f"{code}: one paragraph of plain text"
