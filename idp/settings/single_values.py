"""What a single value of a setting may be: a network, a port, seconds, a score.

Pure: each check returns the line that says what to change. How settings fit together is
`idp.settings.reading`'s.
"""

import re
from collections.abc import Iterator

from phonenumbers import SUPPORTED_REGIONS

from idp.caller import sources
from idp.policy.roles import Role
from idp.settings import allowed
from idp.settings.sms_and_mail import Sms
from idp.settings.values import Brand, Scim, Settings, Traces

_LEAST_BODY = 8192
"""Bytes: no form and no token request of ours needs more, and some need nearly this."""
_LONGEST_CALL = 60
TELEPHONE = re.compile(r"\+?[0-9(][0-9 ()./-]{2,30}")
_BIND = re.compile(r"(\[[0-9a-fA-F:.]+\]|[^\[\]:\s]+):(\d{1,5})")
_COLLECTOR = re.compile(r"https?://[^\s/?#@]+/[^\s?#]*")
_ROLE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,99}")
_HTTPS = re.compile(r"https://[^\s/?#@]+(?:[/?#]\S*)?")


def problems(s: Settings) -> Iterator[str]:
    """Yield a line for each value that can never work."""
    yield from allowed.problems(s)
    yield from _networks(s)
    yield from _seconds("sms.twilio_timeout", s.sms.twilio_timeout)
    yield from _seconds("mail.timeout", s.mail.timeout)
    if s.server.max_body < _LEAST_BODY:
        yield f"server.max_body must be at least {_LEAST_BODY}"
    if not 0 < s.mail.port < 65536:
        yield f"mail.port {s.mail.port} is no port: use 1 to 65535"
    yield from _bind(s.metrics.bind)
    yield from _traces(s.traces)
    yield from _support(s.brand)
    yield from _countries(s.sms)
    yield from _directories(s.scim)
    if not 0 <= s.account.recovery_wait <= 720:
        yield "account.recovery_wait must be from 0 to 720 hours"
    if not 0 <= s.password.min_score <= 4:
        yield "password.min_score must be from 0 to 4"
    if s.password.argon2_memory < 8 * s.password.argon2_lanes:
        yield "password.argon2_memory must be at least 8 for each of argon2_lanes"
    for level in s.levels:
        if not level.name or level.kinds not in (1, 2, 3) or level.lifetime < 0:
            yield f"level {level.name!r} needs a name, 1 to 3 kinds and no lifetime below 0"


def _networks(s: Settings) -> Iterator[str]:
    for text in s.server.trusted_proxies:
        try:
            sources.network(text)
        except ValueError:
            yield (
                f"server.trusted_proxies has {text!r}, which is no address and no network:"
                " use such as 10.0.0.5 or 10.0.0.0/24"
            )


def _bind(text: str) -> Iterator[str]:
    found = _BIND.fullmatch(text)
    if text and not (found and 0 < int(found[2]) < 65536):
        yield f"metrics.bind {text!r} must be HOST:PORT, such as 127.0.0.1:9464"


def _traces(traces: Traces) -> Iterator[str]:
    if traces.endpoint and not _COLLECTOR.fullmatch(traces.endpoint):
        yield (
            f"traces.endpoint {traces.endpoint!r} must be an address with its path,"
            " such as http://127.0.0.1:4318/v1/traces"
        )
    if not 1 <= traces.percent <= 100:
        yield "traces.percent must be from 1 to 100"


def _support(brand: Brand) -> Iterator[str]:
    """What is written there becomes a link on pages, and is dialled from a phone."""
    if brand.support_phone and not TELEPHONE.fullmatch(brand.support_phone):
        yield f"brand.support_phone {brand.support_phone!r} is no number: use such as 0800 123 456"
    if brand.support_url and not _HTTPS.fullmatch(brand.support_url):
        yield f"brand.support_url {brand.support_url!r} must be an https address"
    if brand.support_hours and not brand.support_phone:
        yield "brand.support_hours needs brand.support_phone: say which number is answered then"


def _countries(sms: Sms) -> Iterator[str]:
    """A country that is none would bar every number without a word."""
    named = (
        *(("sms.countries", one) for one in sms.countries),
        ("sms.default_country", sms.default_country),
    )
    for setting, country in named:
        if country not in SUPPORTED_REGIONS:
            yield f"{setting} has {country!r}: use two letters (ISO 3166) such as NZ or GB"


def _seconds(name: str, value: float) -> Iterator[str]:
    if not 0 < value <= _LONGEST_CALL:
        yield f"{name} must be above 0 and at most {_LONGEST_CALL}"


def _directories(scim: Scim) -> Iterator[str]:
    for key in ("user_types", "groups"):
        for pair in getattr(scim, key):
            theirs, _, ours = pair.partition("->")
            if not theirs.strip() or not ours.strip():
                yield f"scim.{key} has {pair!r}: write THEIRS -> OURS"
    for role in scim.roles:
        if role in set(Role):
            yield f"scim.roles has {role!r}: no directory gives a role of Acrux itself"
        elif not _ROLE.fullmatch(role):
            yield f"scim.roles has {role!r}: letters, digits and . _ : / - only"
