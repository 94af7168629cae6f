"""What `evidence.anchors` may name: files, https addresses, mail addresses, collectors of logs.

Pure: whether anything takes a checkpoint there is known when one is brought.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from idp.evidence.note import VerifierKey

LONGEST = 300
"""Characters of a name."""
_ADDRESS = re.compile(r"[^\s@<>(),;:\"\[\]\\?]+@[^\s@<>(),;:\"\[\]\\?]+")
_HTTPS = re.compile(r"https://[^\s/?#@]+(?:[/?][^\s#]*)?")
_SYSLOG = re.compile(
    r"syslog\+(tls|tcp)://(\[[0-9a-fA-F:.]+\]|[^\s/?#@:\[\]]+)(?::([0-9]{1,5}))?/?"
)
_PORTS = {"tls": 6514, "tcp": 514}
"""RFC 5425 section 4.1; for plain TCP what collectors listen at (RFC 6587 knows none)."""


@dataclass(frozen=True)
class AnchorPlace:
    """Where checkpoints go. `name` is what people and the database call it, without a secret."""

    kind: str
    """`file`, `https`, `mailto`, `syslog+tls` or `syslog+tcp`; or `witness`."""
    name: str
    to: str
    """The path, the whole https address, the mail address, or the host."""
    port: int = 0
    key: VerifierKey | None = None
    """What a witness's signatures are checked with."""


def read(texts: Iterable[str]) -> tuple[AnchorPlace, ...]:
    """Return the places that the setting names, in order.

    Raises:
        ValueError: one line that says what to change; addresses that may hold a secret are not
            quoted.
    """
    found = [_read(number, text) for number, text in enumerate(texts, 1)]
    names = [place.name for place in found]
    for place in found:
        if names.count(place.name) > 1:
            raise ValueError(f"names {place.name} twice: one is enough")
        if len(place.name) > LONGEST:
            raise ValueError(f"has an entry of more than {LONGEST} characters: use a shorter one")
    return tuple(found)


def problems(texts: Iterable[str]) -> Iterator[str]:
    """Yield the line that says what to change, if there is one."""
    try:
        read(texts)
    except ValueError as error:
        yield f"evidence.anchors {error}"


def _read(number: int, text: str) -> AnchorPlace:
    scheme, _, rest = text.partition(":")
    found = _file(rest) if scheme == "file" else None
    if scheme == "https" and _HTTPS.fullmatch(text):
        found = AnchorPlace("https", _without_query(text), text)
    elif scheme == "mailto" and _ADDRESS.fullmatch(rest):
        found = AnchorPlace("mailto", text, rest)
    elif scheme.startswith("syslog+"):
        found = _syslog(text)
    if found is not None:
        return found
    raise ValueError(
        f"number {number} must be file:/path, https://…, mailto:address, syslog+tls://host:port or"
        " syslog+tcp://host:port"
    )


def _file(rest: str) -> AnchorPlace | None:
    path = rest.removeprefix("//")
    plain = path.startswith("/") and not path.startswith("//")
    return AnchorPlace("file", f"file:{path}", path) if plain else None


def _syslog(text: str) -> AnchorPlace | None:
    found = _SYSLOG.fullmatch(text)
    if found is None:
        return None
    way, host, port = found[1], found[2], int(found[3] or _PORTS[found[1]])
    if not 0 < port < 65536:
        return None
    kind = f"syslog+{way}"
    return AnchorPlace(kind, f"{kind}://{host}:{port}", host.strip("[]"), port)


def _without_query(text: str) -> str:
    return urlsplit(text)._replace(query="").geturl()
