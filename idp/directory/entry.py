"""An entry of the directory, read into the values that we have of a person."""

import re
import unicodedata
from collections.abc import Mapping, Sequence

import ldap.dn

from idp.directory.answers import DirectoryError, Entry
from idp.settings.directory import NAME, Directory

Attributes = Mapping[str, Sequence[bytes]]
"""Values by the name of their attribute, in lower case."""


_COMPARED = re.compile(r"\(([A-Za-z][A-Za-z0-9;-]*)=([^()*]+)\)")
Typed = Sequence[tuple[str, str]]
"""Attributes, and what stands in each where `NAME` was typed."""


def typed(wanted: str) -> Typed:
    """Return what a filter compares with the name that was typed; empty where it does otherwise."""
    found = [(name, value) for name, value in _COMPARED.findall(wanted) if NAME in value]
    return found if sum(value.count(NAME) for _, value in found) == wanted.count(NAME) else ()


def is_called(attributes: Attributes, name: str, compared: Typed) -> bool:
    """Tell whether an entry has this name as it stands, in whichever case; True if it hides it."""
    pairs = [
        (_folded(text(one)), _folded(value.replace(NAME, name)))
        for attribute, value in compared
        for one in attributes.get(attribute.casefold(), ())
    ]
    return not pairs or any(there == wanted for there, wanted in pairs)


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKC", name).strip().casefold()


def read(dn: str, attributes: Attributes, settings: Directory) -> Entry:
    """Return what an entry says.

    Raises:
        DirectoryError: it has nothing that could be told again: no value of `directory.id`.
    """
    raw = attributes.get(settings.id.casefold(), ())
    if len(raw) != 1 or not raw[0]:
        raise DirectoryError(f"an entry has no {settings.id}: name another in directory.id")
    groups = None
    if settings.groups:
        listed = attributes.get(settings.groups.casefold(), ())
        groups = tuple(filter(None, (_group(text(one), settings.named) for one in listed)))
    return Entry(
        id=raw[0].hex(),
        dn=dn,
        username=_first(attributes, settings.username),
        name=_first(attributes, settings.name),
        email=_first(attributes, settings.email),
        user_type=_first(attributes, settings.user_type),
        groups=groups,
    )


def _first(attributes: Attributes, name: str) -> str:
    values = attributes.get(name.casefold(), ()) if name else ()
    return text(values[0]).strip() if values else ""


def text(raw: bytes) -> str:
    """Return what bytes say; what is no text has a sign in its place that no name may hold."""
    return raw.decode("utf-8", errors="replace")


def _group(theirs: str, named: Mapping[str, str]) -> str:
    """Return what a group is called here; "" where it counts for nothing."""
    if named:
        return named.get(theirs.strip().casefold(), "")
    try:
        return str(ldap.dn.str2dn(theirs)[0][0][1])
    except (ldap.DECODING_ERROR, IndexError):
        return theirs
