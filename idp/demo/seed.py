"""Puts the demo's people and applications into an installation, once.

People who exist are left as they are, so that what someone set up in the demo is still there the
next day. The applications are brought up to date, because their addresses follow the port.
"""

import base64
import json
import secrets
from dataclasses import replace
from typing import Any

from idp import audit, clock, crypto, moments
from idp.audit import Event
from idp.authenticators.password import Password
from idp.authenticators.sms import Sms
from idp.authenticators.totp import Totp
from idp.caller import Caller
from idp.demo import pay_run, television
from idp.demo.asking import MFA
from idp.demo.cast import CAST, NURSE, Part
from idp.demo.relying_party import Registration
from idp.errors import CommandError
from idp.installation import Installation
from idp.oidc.apis.registry import stored
from idp.oidc.clients import metadata
from idp.oidc.provider import offer
from idp.oidc.tokens.signing_keys import FIRST_ALGS
from idp.operating.actor import OPERATOR
from idp.operating.applications.apis import Apis
from idp.rollout.drafts import Wanted
from idp.store import credentials, db, people
from idp.store.db import Work
from idp.store.oidc import clients
from idp.store.rollout import stages

REGISTERED: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("harbour-payroll", "Harbour Payroll", {"first_party": True}),
    ("harbour-pay-run", "Harbour Pay Run", {"first_party": False, "min_acr": MFA}),
    (
        television.CLIENT,
        "Harbour Television",
        {"first_party": True, "grant_types": [television.GRANT], "redirect_uris": []},
    ),
    (
        pay_run.DESK,
        "Harbour Pay Desk",
        {
            "first_party": True,
            "acr_values_mode": "required",
            "resource_scopes": {pay_run.AUDIENCE: [pay_run.APPROVE]},
            "authorization_details_types": [pay_run.TYPE],
        },
    ),
    (
        pay_run.API,
        "Harbour Pay",
        {
            "grant_types": ["client_credentials"],
            "redirect_uris": [],
            "speaks_for": [pay_run.AUDIENCE],
        },
    ),
)
"""Client id, name, and what is special about it: the second asks consent, and has a floor; no
browser ever comes back to the third; the fourth asks the API that the last one is."""

AHEAD = 20 * 86400
"""Seconds until the stage of the demo is in force, when it is first seeded."""


def seed(installation: Installation, address: str) -> tuple[Registration, ...]:
    """Add what is missing, and return how the applications at `address` are registered.

    Raises:
        CommandError: the database holds other people than the demo's.
    """
    with db.work(installation.engine) as work:
        work.caller = Caller(address="demo")
        _refuse_strangers(work)
        secret = shared_secret(installation, work) or _new_secret()
        for part in CAST:
            if people.by_name(work, part.username) is None:
                _add_person(installation, work, part, secret)
        if not stages.everything(work):
            _plan(installation, work)
        _add_api(installation, work)
        return tuple(_register(installation, work, address, *one) for one in REGISTERED)


def shared_secret(installation: Installation, work: Work) -> str | None:
    """Return the base32 secret that the people with an app were given, so that one scan serves all.

    None when no one has it any more.
    """
    for part in CAST:
        person = people.by_name(work, part.username) if part.second == "totp" else None
        for credential in credentials.of(work, person.id, "totp") if person else ():
            return installation.keyring.open(credential.secret, credential.place).decode()
    return None


def _refuse_strangers(work: Work) -> None:
    """Made-up people with known passwords must never get into a database that is in use."""
    present = people.everyone(work, limit=100)
    ours = {part.email for part in CAST}
    if present and not any(person.email in ours for person in present):
        raise CommandError(
            "this database holds other people than the demo's: name another ACRUX_INSTANCE__PATH"
        )


def _new_secret() -> str:
    """Return 160 random bits in base32, as RFC 4226 section 4 recommends."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def _add_person(installation: Installation, work: Work, part: Part, secret: str) -> None:
    ways = installation.signin.authenticators
    password, totp, sms = ways["password"], ways["totp"], ways["sms"]
    assert isinstance(password, Password)
    assert isinstance(totp, Totp)
    assert isinstance(sms, Sms)
    problem = password.problem(part.password, (part.username, part.name, part.email))
    if problem:
        raise CommandError(f"the password of {part.username} cannot be used: {problem}")
    person_id = people.add(
        work,
        username=part.username,
        email=part.email,
        name=part.name,
        phone=part.phone,
        verified=part.verified,
        user_type=part.user_type,
        roles=part.roles,
    )
    password.set(work, person_id, part.password)
    person = people.by_id(work, person_id)
    assert person is not None
    if part.second == "totp":
        totp.add(work, person_id, secret)
    elif part.second == "sms":
        sms.add(work, person, crypto.random_token(16))
    audit.record(work, Event.PERSON_ADDED, person=person_id, reason="part of the demo")


def _plan(installation: Installation, work: Work) -> None:
    """Plan the stage that rangi and hemi are told of, and the board is about."""
    zone = installation.settings.brand.time_zone
    wanted = Wanted(
        audience=(NURSE,),
        level=MFA,
        enforce_at=moments.date_in(clock.now() + AHEAD, zone).isoformat(),
        why={"en": "Nurses see the records of patients."},
    )
    installation.stages.add(work, installation.stages.draft(work, wanted))


def _add_api(installation: Installation, work: Work) -> None:
    """Register the API of the pay run, or bring it up to date."""
    known = Apis(installation)
    there = {one.api.id: one.described() for one in known.everything(work, OPERATOR)}
    held = there.get(pay_run.API)
    if held is None:
        known.add(work, OPERATOR, pay_run.API, pay_run.AUDIENCE, pay_run.REGISTERED)
    elif any(held[name] != value for name, value in pay_run.REGISTERED.items()):
        known.change(work, OPERATOR, pay_run.API, pay_run.REGISTERED)


def _register(
    installation: Installation,
    work: Work,
    address: str,
    client_id: str,
    name: str,
    special: dict[str, Any],
) -> Registration:
    """Register an application, or bring its registration up to date."""
    callback = f"/callback/{client_id}"
    data = {
        "redirect_uris": [address + callback],
        "post_logout_redirect_uris": [f"{address}/signed-out"],
        "require_auth_time": True,
        **special,
    }
    metadata.check(data, replace(offer(installation, FIRST_ALGS), apis=stored(work)))
    # Derived, so that it survives a restart without being stored in the clear anywhere.
    secret = installation.keyring.keyed_digest("demo client secret", client_id)
    text, digest = json.dumps(data, sort_keys=True), crypto.digest(secret)
    row = clients.find(work, client_id)
    if row is None:
        clients.add(work, client_id, name, digest, text)
        audit.record(work, Event.CLIENT_ADDED, client=client_id, reason="part of the demo")
    elif (row.name, row.data, row.secret_digest) != (name, text, digest):
        clients.change(work, client_id, name, text)
        clients.set_secret(work, client_id, digest)
        audit.record(work, Event.CLIENT_CHANGED, client=client_id, reason="part of the demo")
    return Registration(client_id, secret, name, callback)
