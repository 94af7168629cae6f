"""What `[directory]` may hold: where people's passwords are checked, and how an entry is read."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from idp.settings.allowed import Count, Secret

NAME = "{name}"
ARROW = " -> "
"""Stands between a group of the directory and what it is called here."""
MOST_AT_ONCE = 24
"""So that a directory that hangs leaves threads to everyone else (`cli.running.served.THREADS`)."""
_URL = re.compile(r"ldaps?://(\[[0-9a-fA-F:.]+\]|[^\s/?#@:\[\]]+)(?::[0-9]{1,5})?/?")
_ATTRIBUTE = re.compile(r"[A-Za-z][A-Za-z0-9;-]{0,62}")


@dataclass(frozen=True)
class Directory:
    url: str
    start_tls: bool
    plain: bool
    ca_bundle: str
    bind_dn: str
    bind_password: Secret
    bind_template: str
    base: str
    filter: str
    active: str
    seconds: Count
    at_once: Count
    adopt: bool
    id: str
    username: str
    name: str
    email: str
    user_type: str
    groups: str
    group_names: tuple[str, ...]
    password_url: str

    @property
    def on(self) -> bool:
        """Return True if passwords are checked by a directory at all."""
        return bool(self.url)

    @property
    def named(self) -> dict[str, str]:
        """Return what groups of the directory are called here, in lower case; empty: as there."""
        pairs = (text.rpartition(ARROW)[::2] for text in self.group_names)
        return {theirs.strip().casefold(): ours.strip() for theirs, ours in pairs}


def problems(s: Directory) -> Iterator[str]:
    """Yield a line for each value that can never work, or is not safe."""
    if not s.on:
        return
    yield from _way(s)
    yield from _who_asks(s)
    yield from _search(s)
    for key in ("id", "username", "name", "email", "user_type", "groups"):
        value = getattr(s, key)
        if not _ATTRIBUTE.fullmatch(value) and not (value == "" and key in ("user_type", "groups")):
            yield f"directory.{key} is {value!r}, which is no name of an attribute"
    for number, text in enumerate(s.group_names, 1):
        if not all(part.strip() for part in text.rpartition(ARROW)[::2]):
            yield f"directory.group_names number {number} must be: DN{ARROW}name"
    if s.at_once > MOST_AT_ONCE:
        yield f"directory.at_once must be {MOST_AT_ONCE} at most: everyone else needs threads, too"
    if s.password_url and not s.password_url.startswith("https://"):
        yield "directory.password_url must begin with https://"


def _who_asks(s: Directory) -> Iterator[str]:
    if not (s.bind_dn or s.bind_template):
        yield "directory.bind_dn or directory.bind_template is needed: who asks the directory?"
    if s.bind_dn and not s.bind_password:
        yield "directory.bind_password is empty: a directory takes that for nobody's name"
    if s.bind_template and NAME not in s.bind_template:
        yield f"directory.bind_template must have {NAME} in it"


def _search(s: Directory) -> Iterator[str]:
    if not s.base:
        yield "directory.base is empty: below which entry are the people?"
    if NAME not in s.filter or not _is_filter(s.filter):
        yield f"directory.filter must be a filter with {NAME} in it, such as (uid={NAME})"
    if s.active and not _is_filter(s.active):
        yield "directory.active must be a filter in brackets, or empty"


def _way(s: Directory) -> Iterator[str]:
    for url in s.url.split():
        if not _URL.fullmatch(url):
            yield "directory.url must be ldaps://host or ldap://host, several with blanks between"
        elif url.startswith("ldap://") and not s.start_tls:
            if not s.plain:
                yield (
                    "directory.url is ldap:// without directory.start_tls: passwords would travel"
                    " in the open"
                )
            elif not _is_loopback(urlsplit(url).hostname or ""):
                yield "directory.plain is for a directory on this very machine: use TLS"


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _is_filter(text: str) -> bool:
    return text.startswith("(") and text.endswith(")") and text.count("(") == text.count(")")
