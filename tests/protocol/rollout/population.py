"""People of every kind that a rollout meets, drawn by chance from a seed.

Every feature is drawn on its own, so that all combinations come up: what is set up, what was
confirmed, what number there is, what is shut, what is demanded, who is excepted, what was put off.
But whoever must choose a new password has used up all grace: with some left the new password comes
by a mailed link, before the stage has its say.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import cbor2
import pyotp
from cryptography.hazmat.primitives.asymmetric import ec

from idp import clock, crypto
from idp.authenticators.passkeys.kept_passkeys import KeptPasskeys
from idp.policy.rollout import EVERYONE
from idp.policy.steps import EnrolmentProof
from idp.policy.throttling import throttle_keys
from idp.store import next_sign_in, people
from idp.store.db import Work
from idp.store.db.statements import Statement
from idp.store.rollout import exceptions, postponements
from tests.support.recovery import give_codes
from tests.support.site import MFA, MFA_APP, PASSWORD, Site
from tests.support.stand_ins.authenticator import Key, cose

SHUT = (
    *("password", "totp", "sms", "enrol-totp", "enrol-sms", "enrol-webauthn"),
    *("address-code", "sms-proof-code"),
)
_SHUT = Statement(
    'INSERT INTO throttle ("key", count, since, next_at) VALUES (:key, 1000, :now, 0)'
)
_SPEND = Statement("UPDATE recovery_code SET used_at = :now WHERE person_id = :person_id")
SMALL = {"password__argon2_memory": 64, "password__argon2_time": 1}
"""Hashes that cost nothing: what a forecast says does not rest on them."""


@dataclass(frozen=True)
class Drawn:
    """One person, as drawn."""

    name: str
    password: bool
    app: str | None
    """The secret of an authenticator app."""
    texts: bool
    passkey: bool
    codes: str
    """Recovery codes: `none`, `some` or `used`."""
    confirmed: bool
    """The e-mail address; and the number, if there is one."""
    phone: str | None
    moved: bool
    """The number was another one when text messages were set up."""
    disabled: bool
    shut: str | None
    password_due: bool
    enrolment_due: bool
    user_type: str
    groups: tuple[str, ...]
    privileged: bool
    excepted: str
    """From the stage: `never`, `until-then` or `beyond`."""
    put_off: int
    recovery: tuple[str, ...] = ()
    """The recovery codes."""
    sub: str = ""
    keys: tuple[Key, ...] = ()


def draw(count: int, seed: int) -> Iterator[Drawn]:
    """Yield `count` people."""
    chance = random.Random(seed)

    def of(share: float) -> bool:
        return chance.random() < share

    for index in range(count):
        number = chance.choice([None, "landline", "abroad", "mobile", "mobile", "mobile"])
        texts = number is not None and of(0.35)
        password_due = of(0.1)
        yield Drawn(
            name=f"person{index}",
            password=of(0.93),
            app=pyotp.random_base32(32) if of(0.3) else None,
            texts=texts,
            passkey=of(0.2),
            codes=chance.choice(["none", "none", "some", "used"]),
            confirmed=of(0.6),
            phone=_number(number, index),
            moved=texts and of(0.2),
            disabled=of(0.06),
            shut=chance.choice(SHUT) if of(0.25) else None,
            password_due=password_due,
            enrolment_due=of(0.1),
            user_type=chance.choice(["staff", "staff", "guest"]),
            groups=tuple(name for name in ("north", "south") if of(0.3)),
            privileged=of(0.1),
            excepted=chance.choice(["never"] * 6 + ["until-then", "beyond"]),
            put_off=3 if password_due else chance.choice([0, 0, 0, 1, 2, 3]),
        )


def draw_stages(count: int, seed: int) -> Iterator[dict[str, Any]]:
    """Yield what `count` stages say that are in force in a month, in words of `Site.stage`."""
    chance = random.Random(seed)
    for _ in range(count):
        yield {
            "audience": chance.choice(["staff", "guest", "group:north", "group:south", EVERYONE]),
            "level": chance.choice([MFA, MFA, MFA_APP]),
            "at": chance.randint(0, 29) * 86400 + 60,
            "grace": chance.choice([0, 0, 1]),
            "proof": chance.choice([None, *EnrolmentProof]),
        }


def _number(kind: str | None, index: int) -> str | None:
    if kind == "landline":
        return f"+649300{index % 10000:04}"
    if kind == "abroad":
        return f"+4915120{index % 1000000:06}"
    return None if kind is None else f"+6421{2000000 + index}"


def settle(site: Site, drawn: Drawn, *, stage: str, at: int) -> Drawn:
    """Let a person be there, as drawn; return them with their `sub` and keys."""
    number = drawn.phone
    with_other = replace(drawn, phone="+64211234567") if drawn.moved else drawn
    sub = site.person(
        drawn.name,
        password=PASSWORD if drawn.password else None,
        totp=drawn.app,
        sms=drawn.texts,
        phone=with_other.phone,
        verified=drawn.confirmed,
        user_type=drawn.user_type,
        roles=frozenset({"admin"}) if drawn.privileged else frozenset(),
        groups=drawn.groups,
    )
    codes = give_codes(site, drawn.name) if drawn.codes != "none" else ()
    with site.work() as work:
        if drawn.moved:
            work.run(_MOVE, phone=number, person_id=sub)
        if drawn.codes == "used":
            work.run(_SPEND, now=clock.now(), person_id=sub)
        if drawn.shut:
            work.run(_SHUT, key=throttle_keys.guesses(drawn.shut, sub), now=clock.now())
        if drawn.disabled:
            people.set_disabled(work, sub, True)
        if drawn.password_due:
            next_sign_in.demand_password(work, sub, True)
        if drawn.enrolment_due:
            next_sign_in.demand_enrolment(work, sub)
        _except(work, drawn, sub, stage=stage, at=at)
        for index in range(drawn.put_off):
            postponements.claim(work, sub, f"{sub}{index}", level=MFA, stage_id=stage)
        keys = (_passkey(site, work, sub),) if drawn.passkey else ()
    return replace(drawn, sub=sub, keys=keys, recovery=codes)


_MOVE = Statement("UPDATE person SET phone = :phone WHERE id = :person_id")


def _except(work: Work, drawn: Drawn, sub: str, *, stage: str, at: int) -> None:
    if drawn.excepted == "never":
        return
    until = at - 60 if drawn.excepted == "until-then" else at + 86400
    exceptions.put(
        work, stage_id=stage, person_id=sub, until=until, reason="on leave", author="tests"
    )


def _passkey(site: Site, work: Work, sub: str) -> Key:
    """Let a passkey be set up, as its registration would have left it."""
    private = ec.generate_private_key(ec.SECP256R1())
    key = Key(random.randbytes(32), private, crypto.base64url(sub.encode()))
    known: dict[str, Any] = {
        "id": key.name,
        "key": crypto.base64url(cbor2.dumps(cose(private))),
        "aaguid": "",
        "backup": False,
        "hardware": False,
    }
    KeptPasskeys(site.installation.keyring).add(work, sub, known, 0)
    return key
