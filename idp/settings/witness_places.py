"""What `evidence.witnesses` may name: the key of a witness, and where it is asked to sign."""

import re
from collections.abc import Iterable, Iterator

from idp.evidence.note import Kind, NoteError, parse_key
from idp.settings.anchor_places import LONGEST, AnchorPlace

KIND = "witness"
MOST = 20
"""More than anyone asks; a note has at most a hundred lines of signatures."""
_ADDRESS = re.compile(r"https://[^\s/?#@]+(?:/[^\s?#]*)?")


def read(texts: Iterable[str]) -> tuple[AnchorPlace, ...]:
    """Return the witnesses that the setting names, in order; `to` ends without a slash.

    Raises:
        ValueError: one line that says what to change.
    """
    found = tuple(_read(number, text) for number, text in enumerate(texts, 1))
    names = [place.name for place in found]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"names {name.partition(':')[2]} twice: one key of each is enough")
    if len(found) > MOST:
        raise ValueError(f"has more than {MOST} entries")
    return found


def problems(texts: Iterable[str], needed: int) -> Iterator[str]:
    """Yield the line that says what to change, if there is one."""
    try:
        found = read(texts)
    except ValueError as error:
        yield f"evidence.witnesses {error}"
        return
    if found and needed > len(found):
        yield (
            f"evidence.witnesses_needed is {needed}, and evidence.witnesses has {len(found)}:"
            " nothing would ever be published"
        )


def _read(number: int, text: str) -> AnchorPlace:
    word, _, address = text.strip().partition(" ")
    address = address.strip()
    try:
        key = parse_key(word)
    except NoteError as error:
        raise ValueError(f"number {number} must be KEY https://…: {error}") from None
    if key.kind is not Kind.COSIGNATURE:
        raise ValueError(
            f"number {number} has the key of a log, and no witness's: ask for the one whose part"
            " behind the last + begins with B"
        )
    if not _ADDRESS.fullmatch(address):
        raise ValueError(f"number {number} must be KEY https://…")
    name = f"{KIND}:{key.name}"
    if len(name) > LONGEST:
        raise ValueError(f"number {number} has a name of more than {LONGEST} characters")
    return AnchorPlace(KIND, name, address.rstrip("/"), key=key)
