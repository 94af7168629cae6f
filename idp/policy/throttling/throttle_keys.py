"""What each counter of attempts is called. Owns the format; `store.throttles` keeps the counters.

The kind comes first and what is counted for last, apart by colons. A counter that ends in a
person's id is kept for as long as the person, unless it begins like one of `PASSING`, which count
in windows: forgetting failures would let a patient guesser begin again (SP 800-63B-4 3.2.2).
Stored counters have these names, so another format lets everyone begin again.
"""

import ipaddress

PASSING = ("source:", "send:")
"""How the counters begin that may be deleted when no one has added to them for long."""
PERSON_LENGTH = 22
"""The length of a `sub` (16 bytes, base64url): the end of a counter that is a person's."""


def source(origin: str | None) -> str:
    """Return the counter of a source: an IPv4 address, or the /64 that one IPv6 site commands."""
    try:
        address = ipaddress.ip_address(origin or "")
    except ValueError:
        return "source:unknown"
    if address.version == 6 and address.ipv4_mapped is not None:
        # How a server that listens on both sees IPv4: not all of them are one source.
        address = address.ipv4_mapped
    if address.version == 6:
        return f"source:{ipaddress.ip_network((address, 64), strict=False)}"
    return f"source:{address}"


# Guesses: at a factor of a person, at a client's secret.


def guesses(method: str, person: str) -> str:
    """Return the counter of guesses at a person's method, or at what else `method` calls it.

    `person` is an id, or the keyed digest of a name that no one has.
    """
    return f"{method}:{person}"


def guesses_of_browser(key: str, allowance: str) -> str:
    """Return the counter, beside that of all guesses (`key`), of one browser known to the person.

    `allowance` names the browser, see `store.signin.devices.allowance`.
    """
    method, _sep, person = key.partition(":")
    return f"{method}~{allowance}:{person}"


def guessed_at(key: str) -> str:
    """Return what the guesses that are counted under `key` are made at."""
    return key.partition(":")[0]


def client_failures(digest: str) -> str:
    """Return the counter of a client's failed authentications; `digest`: of its id and source."""
    return f"client:{digest}"


def registrations(origin: str | None) -> str:
    """Return the counter of registrations of clients from a source."""
    return f"registration:{source(origin)}"


def pushed_requests(digest: str) -> str:
    """Return the counter of pushed requests; `digest`: of the client's id and the source."""
    return f"pushed:{digest}"


def device_requests(origin: str | None) -> str:
    """Return the counter of devices that ask for a sign-in elsewhere, from a source."""
    return f"device:{source(origin)}"


DEVICE_REQUESTS = "device:all"
"""The counter of all devices that ask for a sign-in elsewhere."""


def device_codes(origin: str | None) -> str:
    """Return the counter of codes of devices that were typed, from a source, and are none."""
    return f"device-code:{source(origin)}"


DEVICE_CODES = "device-code:all"
"""The counter of all codes of devices that were typed and are none."""


def ciba_requests(digest: str) -> str:
    """Return the counter of people whom a client asks for behind the browser; `digest`: its id."""
    return f"ciba:{digest}"


def ciba_hints(digest: str) -> str:
    """Return the counter of what a client asks with one hint; `digest`: of its id and the hint."""
    return f"ciba-hint:{digest}"


def api_requests(digest: str) -> str:
    """Return the counter of a client's requests to the API; `digest`: of its id."""
    return f"api:{digest}"


# Messages: what was sent for whom, to what, and how much in all.


def sent_for(purpose: str, person: str) -> str:
    """Return the counter of messages for one purpose that were sent for a person."""
    return f"send:{purpose}:{person}"


def sent_to(channel: str, destination: str) -> str:
    """Return the counter of what an address or number gets; `destination`: its keyed digest."""
    return f"send:{channel}:{destination}"


def sent_to_wish(channel: str, destination: str) -> str:
    """Return the counter of codes to an address or number (its digest) that is only wished for."""
    return f"send:wished:{channel}:{destination}"


def sent_again(purpose: str, interaction: str, person: str) -> str:
    """Return the counter of the wait between two codes for one person in one sign-in."""
    return f"send:again:{purpose}:{interaction}:{person}"


def sent_from(origin: str | None) -> str:
    """Return the counter of text messages that were asked for from a source."""
    return f"send:{source(origin)}"


def sent_to_block(block: str) -> str:
    """Return the counter of text messages to a block of numbers."""
    return f"send:block:{block}"


SENT_IN_AN_HOUR = "send:installation"
"""The counter of all text messages of an hour."""
SENT_IN_A_DAY = "send:spent"
"""The counter of all text messages of a day."""


def asked_for_reset(origin: str | None) -> str:
    """Return the counter of requests, from a source, for a link to a new password."""
    return f"send:forgot:{source(origin)}"


def wrong_second_steps(interaction: str) -> str:
    """Return the counter of wrong answers at the second step of a sign-in."""
    return f"send:second-wrong:{interaction}"


def told_of_second_step(person: str) -> str:
    """Return the counter of notices to a person of sign-ins that failed at the second step."""
    return f"send:failed-second:{person}"
