"""What settings may be together: each check yields lines that say what to change.

What one value may be stands with its type (`allowed`), or in `single_values`.
"""

import os
import re
from collections.abc import Iterator

from idp import moments
from idp.settings import (
    addresses,
    anchor_places,
    directory,
    mutual_tls,
    single_values,
    witness_places,
)
from idp.settings.sms_and_mail import Sms
from idp.settings.values import Settings

LONGEST_BRAND = 40
"""Letters of what text messages call the installation: with more, none fits two segments."""
NUMBER_TYPES = {"mobile", "fixed-line-or-mobile", "fixed-line", "voip", "personal"}
"""What `sms.number_types` may name: never what costs the caller more, and never a pager."""
TRAITS = {"telephone", "phishing-resistant", "hardware"}
VERIFY_SERVICE = re.compile("VA[0-9a-f]{32}")


def problems(settings: Settings) -> list[str]:
    """Return what is wrong in any environment; each line says what to change."""
    s = settings
    return [
        *single_values.problems(s),
        *addresses.issuer_problems(s),
        *addresses.database_problems(s.database.url),
        *addresses.mail_problems(s.mail),
        *addresses.stream_problems(s.stream),
        *anchor_places.problems(s.evidence.anchors),
        *witness_places.problems(s.evidence.witnesses, s.evidence.witnesses_needed),
        *_anchor_checks(s),
        *directory.problems(s.directory),
        *mutual_tls.problems(s.mutual_tls),
        *_place_checks(s),
        *_level_checks(s),
        *_message_checks(s),
        *_limit_checks(s),
    ]


def _anchor_checks(s: Settings) -> Iterator[str]:
    if s.mail.backend == "off" and any(one.startswith("mailto:") for one in s.evidence.anchors):
        yield "mail.backend is off, but evidence.anchors has a mailto: set mail.backend = smtp"


def _place_checks(s: Settings) -> Iterator[str]:
    if s.test.clock and s.environment != "testing":
        yield "test.clock is for ACRUX_ENV=testing only: remove it"
    yield from _zone_checks(s.brand.time_zone)
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", s.brand.accent):
        yield f"brand.accent {s.brand.accent!r} must be a colour such as #2f5bd8"


def _zone_checks(name: str) -> Iterator[str]:
    try:
        moments.zone(name)
    except ValueError as error:
        yield f"brand.time_zone: {error}: use a name such as Pacific/Auckland"


def _level_checks(s: Settings) -> Iterator[str]:
    names = [level.name for level in s.levels]
    if not names:
        yield "there is no level: declare at least one in [[levels]]"
    for name in (s.policy.floor, s.policy.ask_enrolled, *s.aliases.values()):
        if name and name not in names:
            yield f"{name!r} is no level: declare it in [[levels]] or correct the name"
    wanted = s.policy.console
    if wanted and wanted not in [level.name for level in s.levels if level.kinds > 1]:
        yield f"policy.console {wanted!r} is no level of two kinds: name one of [[levels]]"
    for level in s.levels:
        if unknown := {*level.requires, *level.refuses} - TRAITS:
            yield f"level {level.name!r} names the unknown trait {sorted(unknown)[0]!r}"


def _message_checks(s: Settings) -> Iterator[str]:
    yield from _sms_checks(s)
    yield from _wording_checks(s)
    if s.sms.service == "verify":
        yield from _verify_checks(s.sms)
    if s.enrolment.proof == "sms" and s.sms.backend == "off":
        yield "sms.backend is off, but enrolment.proof = sms needs it: set sms.backend = twilio"
    if s.scim.invite and s.mail.backend == "off":
        yield "mail.backend is off, but scim.invite needs it: set mail.backend = smtp"
    if not 0 < s.sms.code_lifetime <= 600 or not 0 < s.mail.code_lifetime <= 600:
        yield "codes may live at most 600 seconds: lower code_lifetime"


def _sms_checks(s: Settings) -> Iterator[str]:
    if "twilio" in s.sms.ways:
        for key in ("account_sid", "auth_token"):
            if not getattr(s.sms, f"twilio_{key}"):
                yield f"sms.twilio_{key} is empty: Twilio needs it"
        if s.sms.service == "messages":
            yield from _sender_checks(s.sms)
    if "webhook" in s.sms.ways:
        yield from addresses.gateway_problems(s.sms)
    if s.sms.fallback and s.sms.backend not in ("twilio", "webhook"):
        yield f"sms.fallback comes after twilio or webhook, not after {s.sms.backend}"
    if s.sms.fallback == s.sms.backend:
        yield f"sms.fallback is sms.backend: {s.sms.backend} would only be asked twice"
    if unknown := set(s.sms.number_types) - NUMBER_TYPES:
        yield f"sms.number_types has {sorted(unknown)[0]!r}: use {', '.join(sorted(NUMBER_TYPES))}"
    if not s.sms.number_types:
        yield "sms.number_types is empty: name at least mobile, or set sms.backend = off"


def _wording_checks(s: Settings) -> Iterator[str]:
    if s.sms.backend != "off" and len(s.brand.short) > LONGEST_BRAND:
        room = f"{LONGEST_BRAND} letters at most"
        yield f"brand.name is too long for text messages: set brand.short_name ({room})"
    if not 0 <= s.sms.show_digits <= 4:
        yield "sms.show_digits must be from 0 to 4"


def _sender_checks(sms: Sms) -> Iterator[str]:
    if not (sms.twilio_from or sms.twilio_messaging_service_sid):
        yield "sms.twilio_from or sms.twilio_messaging_service_sid must be set"
    if sms.voice and not sms.twilio_from:
        yield "sms.voice needs a number to call from: set sms.twilio_from"


def _verify_checks(sms: Sms) -> Iterator[str]:
    if sms.backend != "twilio":
        yield f"sms.service = verify needs sms.backend = twilio, not {sms.backend}"
    if sms.fallback:
        yield "sms.service = verify has codes of Twilio's own: leave sms.fallback empty"
    if not VERIFY_SERVICE.fullmatch(sms.twilio_verify_service_sid):
        yield "sms.twilio_verify_service_sid must be the service's id: VA and 32 hex digits"


def _limit_checks(s: Settings) -> Iterator[str]:
    if not 0 <= s.totp.past_steps <= 1 or not 0 <= s.totp.future_steps <= 1:
        yield "totp.past_steps and totp.future_steps must be 0 or 1"
    if not 1 <= s.throttle.limit <= 100:
        yield "throttle.limit must be from 1 to 100"
    if not 0 < s.oidc.code_lifetime <= 600:
        yield "oidc.code_lifetime must be from 1 to 600"
    if s.passkeys.attestation == "required" and not os.access(s.passkeys.roots, os.R_OK):
        yield "passkeys.roots must name a readable file of certificates"
    if s.egress.ca_bundle and not os.access(s.egress.ca_bundle, os.R_OK):
        yield f"egress.ca_bundle {s.egress.ca_bundle} cannot be read"
    if s.password.blocklist and not os.access(s.password.blocklist, os.R_OK):
        yield f"password.blocklist {s.password.blocklist} cannot be read"
    if s.password.min_length_with_mfa < 8 or s.password.min_length < 8:
        yield "password.min_length must be at least 8"


def production_problems(settings: Settings) -> list[str]:
    """Return what must not be where people depend on it."""
    if settings.environment != "production":
        return []
    found = [
        f"{name}.backend = directory is for demo and testing: use {real} or off"
        for name, backend, real in (
            ("sms", settings.sms.backend, "twilio"),
            ("mail", settings.mail.backend, "smtp"),
        )
        if backend == "directory"
    ]
    if settings.sms.twilio_api:
        found.append("sms.twilio_api is for testing: remove it")
    if settings.password.argon2_memory < 19456 or settings.password.argon2_time < 2:
        found.append("password.argon2_memory must be at least 19456 and argon2_time at least 2")
    if settings.enrolment.proof == "email" and settings.mail.backend == "off":
        found.append(
            "mail.backend is off, but enrolment.proof = email needs it: set mail.backend = smtp"
        )
    return found
