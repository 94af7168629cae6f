"""Which machines may be reached: those of the public internet, and what `egress.allow` names.

The tables follow the IANA registries of special-purpose addresses (RFC 6890), written out because
the ones in Python's library change with its version.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Network,
    ip_network,
)

from idp.egress.address import EgressError, IPAddress, Place, host_name, ip_literal, port_number
from idp.errors import ConfigurationError

REFUSED_4 = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",  # this network, unspecified (RFC 791)
            "10.0.0.0/8",  # private (RFC 1918)
            "100.64.0.0/10",  # behind a carrier's address translation (RFC 6598)
            "127.0.0.0/8",  # loopback
            "168.63.129.16/32",  # Azure's own, reachable from inside its machines alone
            "169.254.0.0/16",  # link-local, and the clouds' metadata (RFC 3927)
            "172.16.0.0/12",  # private
            "192.0.0.0/24",  # protocol assignments (RFC 6890)
            "192.0.2.0/24",  # documentation (RFC 5737)
            "192.88.99.0/24",  # 6to4 relays, deprecated (RFC 7526)
            "192.168.0.0/16",  # private
            "198.18.0.0/15",  # benchmarks (RFC 2544)
            "198.51.100.0/24",  # documentation
            "203.0.113.0/24",  # documentation
            "224.0.0.0/4",  # multicast (RFC 5771)
            "240.0.0.0/4",  # reserved, broadcast (RFC 1112)
        ),
    )
)
GLOBAL_6 = IPv6Network("2000::/3")
"""All that is given out as global unicast (RFC 4291): what is not in it is refused."""
REFUSED_6 = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",  # protocol assignments: Teredo, ORCHID, benchmarks (RFC 2928)
            "2001:db8::/32",  # documentation (RFC 3849)
            "2002::/16",  # 6to4: any IPv4 address in disguise (RFC 3056)
            "3fff::/20",  # documentation (RFC 9637)
        ),
    )
)
_NAT64 = IPv6Network("64:ff9b::/96")
LOWEST_PORT = 1024


def embedded(address: IPAddress) -> IPv4Address | None:
    """Return the IPv4 address that traffic to `address` would reach, if it is written inside.

    IPv4-mapped (RFC 4291 section 2.5.5.2), and NAT64 as an IPv6-only network makes of every public
    IPv4 address (RFC 6052 section 2.1).
    """
    if isinstance(address, IPv4Address):
        return None
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped


def public(address: IPAddress) -> bool:
    """Return True if an address belongs to the public internet."""
    inner = embedded(address)
    if inner is not None:
        return public(inner)
    if isinstance(address, IPv4Address):
        return not any(address in network for network in REFUSED_4)
    return address in GLOBAL_6 and not any(address in network for network in REFUSED_6)


@dataclass(frozen=True)
class Rule:
    """One entry of `egress.allow`: a host or a network, on one port or on all usual ones."""

    host: str | None
    network: IPv4Network | IPv6Network | None
    port: int | None

    def covers(self, host: str, addresses: Iterable[IPAddress], port: int) -> bool:
        """Return True if the entry speaks of `host`, or of one of `addresses`, at `port`."""
        if self.port not in (None, port):
            return False
        if self.network is None:
            return host == self.host
        return any(address in self.network for address in addresses)


class Allowed:
    """What `egress.allow` adds to the public internet."""

    def __init__(self, entries: Iterable[str]) -> None:
        """Read the entries.

        Raises:
            ConfigurationError: one is neither host, address nor network, with or without a port.
        """
        self._rules = tuple(map(read_rule, entries))

    def check(self, place: Place, address: IPAddress) -> None:
        """Refuse an address of the host of `place`, or the port on it.

        Ports below 1024 other than 443 belong to the system services of a host, which take
        connections for other ends than ours; an entry that names such a port opens it.

        Raises:
            EgressError: it may not be reached; final.
        """
        inner = embedded(address)
        forms = (address,) if inner is None else (address, inner)
        covering = [rule for rule in self._rules if rule.covers(place.host, forms, place.port)]
        named = any(rule.port is not None for rule in covering)
        if place.port < LOWEST_PORT and place.port != 443 and not named:
            text = f"port {place.port} is neither 443 nor above 1023, and not in egress.allow"
            raise EgressError(True, text)
        if not covering and not public(address):
            text = "the host has an address that is not public, and is not in egress.allow"
            raise EgressError(True, text)


def read_rule(entry: str) -> Rule:
    """Read one entry: `host`, `address` or `network`, or one of the first two with `:port`.

    Raises:
        ConfigurationError: it is none of these.
    """
    network = _network(entry)
    if network is not None:
        return Rule(None, network, None)
    if name := host_name(entry):
        return Rule(name, None, None)
    before, _, text = entry.rpartition(":")
    port = port_number(text)
    if port is not None and (literal := ip_literal(before)) is not None:
        return Rule(None, ip_network(literal), port)
    if port is not None and (name := host_name(before)):
        return Rule(name, None, port)
    raise ConfigurationError(
        f"egress.allow: {entry!r} is neither a host, an address nor a network (such as "
        "rp.example.org, 10.1.2.3:8443, [::1]:8443 or 10.0.0.0/8)"
    )


def _network(text: str) -> IPv4Network | IPv6Network | None:
    try:
        return None if "%" in text else ip_network(text)
    except ValueError:
        return None
