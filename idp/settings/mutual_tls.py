"""What the settings about certificates of applications may be: each check yields a line to act on.

Pure, but for a look whether a file can be read.
"""

import os
import re
from collections.abc import Iterator

from idp.caller import sources
from idp.settings.values import MutualTls

_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,63}")
_ADDRESS = re.compile(r"https://(?:\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::[0-9]{1,5})?")
_NEED_A_PROXY = ("verified_header", "ca_bundle", "address")


def problems(s: MutualTls) -> Iterator[str]:
    """Yield why no certificate could ever be taken by these settings."""
    if not _HEADER.fullmatch(s.header):
        yield f"mutual_tls.header {s.header!r} must be the name of a header, without underscores"
    if s.verified_header and not _HEADER.fullmatch(s.verified_header):
        yield "mutual_tls.verified_header must be the name of a header, without underscores"
    if s.verified_header.lower() == s.header.lower():
        yield "mutual_tls.verified_header and mutual_tls.header are the same: one says the other"
    if s.ca_bundle and not os.access(s.ca_bundle, os.R_OK):
        yield f"mutual_tls.ca_bundle {s.ca_bundle} cannot be read"
    if s.address and not _ADDRESS.fullmatch(s.address):
        yield f"mutual_tls.address {s.address!r} must be such as https://mtls.example.org"
    yield from _proxies(s)


def _proxies(s: MutualTls) -> Iterator[str]:
    for text in s.proxies:
        if text == "direct":
            yield (
                "mutual_tls.proxies has direct: Acrux itself cannot ask for certificates, name the"
                " proxy that ends TLS (docs/certificates.md)"
            )
            continue
        try:
            sources.network(text)
        except ValueError:
            yield (
                f"mutual_tls.proxies has {text!r}, which is no address and no network:"
                " use such as 10.0.0.5 or 10.0.0.0/24"
            )
    for name in _NEED_A_PROXY:
        if getattr(s, name) and not s.proxies:
            yield f"mutual_tls.{name} is set, but mutual_tls.proxies is empty: name the proxy"
