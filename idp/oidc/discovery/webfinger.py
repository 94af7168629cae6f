"""WebFinger for the issuer's own host (RFC 7033, OpenID Connect Discovery 1.0 section 2).

Pure. Whatever name is asked for has the same issuer: it never tells who is there.
"""

from collections.abc import Collection
from typing import Any
from urllib.parse import urlsplit

PATH = "/.well-known/webfinger"
ISSUER = "http://openid.net/specs/connect/1.0/issuer"
LONGEST = 2048
"""Characters of a resource."""


def described(issuer: str, resource: str, relations: Collection[str]) -> dict[str, Any] | None:
    """Return the JRD of a resource at the issuer's host (RFC 7033 section 4.4); None of any other.

    `relations` are those that are asked for; none: all that there are.
    """
    if len(resource) > LONGEST or not resource.isprintable() or not _is_here(issuer, resource):
        return None
    links = [{"rel": ISSUER, "href": issuer}]
    wanted = [link for link in links if not relations or link["rel"] in relations]
    return {"subject": resource, "links": wanted}


def _is_here(issuer: str, resource: str) -> bool:
    """Return True if a resource is an account, or an address, at the issuer's host and port."""
    here = urlsplit(issuer)
    scheme, _, rest = resource.partition(":")
    if scheme.lower() == "acct":
        name, at, host = rest.rpartition("@")
        return bool(name and at) and host.lower() == here.netloc
    try:
        asked = urlsplit(resource)
        _ = asked.port
    except ValueError:
        return False
    return asked.scheme.lower() == here.scheme and asked.netloc.lower() == here.netloc
