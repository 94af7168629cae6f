"""Where a request comes from: the caller's address, or the one that a trusted proxy saw.

Pure. Owns what of X-Forwarded-For is believed; `Forwarded` and X-Real-IP are never read.
"""

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network
_LONGEST = 64


def network(text: str) -> Network:
    """Return the network, or the single address, that a setting names.

    Raises:
        ValueError: it names none.
    """
    return ip_network(text, strict=False)


def networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Return the networks of checked settings."""
    return tuple(network(text) for text in texts)


def source(peer: str, forwarded: str, proxies: Sequence[Network]) -> str:
    """Return the address that a request comes from, at most 64 characters.

    `peer` is who connected, `forwarded` all lines of X-Forwarded-For in their order, joined by
    commas. Read from its end, each hop is believed only while the one that names it is a proxy of
    ours.
    """
    address = peer or "unknown"
    if proxies and forwarded:
        for hop in reversed([_bare(part) for part in forwarded.split(",")]):
            if not hop:
                continue
            if not within(address, proxies):
                break
            address = hop
    return address[:_LONGEST]


def _bare(hop: str) -> str:
    """Return an address without the port that some proxies add."""
    hop = hop.strip()
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    return hop.partition(":")[0] if hop.count(":") == 1 else hop


def within(text: str, proxies: Sequence[Network]) -> bool:
    """Return True if an address lies in one of `proxies`; False also for what is no address."""
    if not proxies:
        return False
    try:
        address = ip_address(text)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return any(address in proxy or (mapped and mapped in proxy) for proxy in proxies)
