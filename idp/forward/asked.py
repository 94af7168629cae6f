"""What a proxy asks about: which host, which path, by what, and whether a page can be shown.

Owns which headers are read: X-Forwarded-Proto, -Host, -Uri and -Method, as nginx, HAProxy, Traefik
and Caddy can all send them, and only from a proxy that is named in `server.trusted_proxies`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from idp.caller import sources
from idp.caller.sources import Network
from idp.forward.readings import LONGEST
from idp.oidc.uris import origin_of
from idp.web.lane.plain import AnyRequest


@dataclass(frozen=True)
class Asked:
    """One request of a browser, as the proxy tells it."""

    origin: str
    """Of the guarded host, as browsers write it (RFC 6454)."""
    target: str
    """Path and query, as they came."""
    shows: bool
    """A browser is on its way to a page: it may be sent elsewhere."""

    @property
    def path(self) -> str:
        """Return the target without its query."""
        return self.target.partition("?")[0]


def read(request: AnyRequest, proxies: Sequence[Network]) -> Asked | None:
    """Return what a proxy asks about; None from anyone else, and where it does not say."""
    host = host_of(request, proxies)
    return of(host, request.headers.get("X-Forwarded-Uri", ""), shows=_shows(request))


def of(origin: str | None, target: str, *, shows: bool) -> Asked | None:
    """Return what is asked of `target` at `origin`; None of what no host can be asked for."""
    if origin is None or not target.startswith("/") or len(target) > LONGEST:
        return None
    return Asked(origin, target, shows)


def host_of(request: AnyRequest, proxies: Sequence[Network]) -> str | None:
    """Return the origin that a browser came to; None where no proxy of ours says it."""
    if not sources.within(request.remote_addr or "", proxies):
        return None
    scheme = request.headers.get("X-Forwarded-Proto", "")
    return origin_of(f"{scheme}://{request.headers.get('X-Forwarded-Host', '')}/")


def _shows(request: AnyRequest) -> bool:
    """Return True for a browser that opens a page (Fetch Metadata; older ones send Accept alone).

    A script's request is no page: whoever was sent elsewhere would read a sign-in page as its data.
    """
    if request.headers.get("X-Forwarded-Method", "GET") not in ("GET", "HEAD"):
        return False
    mode = request.headers.get("Sec-Fetch-Mode", "")
    if mode:
        return mode == "navigate"
    scripted = request.headers.get("X-Requested-With", "") == "XMLHttpRequest"
    return not scripted and "text/html" in request.headers.get("Accept", "")
