"""The parts of an installation, put together: all that outlives a request, and no page or endpoint.

What a command and the worker need, too, so that they load nothing of the web.
"""

from typing import Any

from flask import Flask

from idp import audit, crypto, moments
from idp.anchors.following import Anchors
from idp.audit import Event
from idp.audit.counting import Counting
from idp.authenticators.base import Authenticator
from idp.authenticators.directory_password import DirectoryPassword
from idp.authenticators.password import WRONG, Password
from idp.authenticators.recovery import Recovery
from idp.authenticators.sms import Sms
from idp.authenticators.totp import Totp
from idp.authenticators.webauthn import WebAuthn
from idp.errors import ConfigurationError
from idp.evidence.note import VerifierKey
from idp.installation import Installation
from idp.ledger import writing
from idp.ledger.sealing import Sealer
from idp.ledger.writing import Ledger
from idp.messages import Post
from idp.oidc.ciba import pinging, reaching
from idp.oidc.logout import back_channel
from idp.people.contacts import Contacts
from idp.people.contacts.contact_proof import ContactProof
from idp.people.denial import Denial
from idp.people.factors.credentials import Credentials
from idp.people.factors.enrolment import Enrolment
from idp.people.factors.first_proof import FirstProof
from idp.people.factors.lost_ways import LostWays
from idp.people.factors.tickets import Tickets
from idp.people.from_directory import FromDirectory
from idp.people.helpdesk import Helpdesk
from idp.people.intake.carrying_out import Intake
from idp.people.leaving import Leaving
from idp.people.passwords.forgotten import Forgotten
from idp.people.passwords.links import PasswordLinks
from idp.people.passwords.renewal import Passwords
from idp.policy.steps import EnrolmentProof
from idp.policy.types import Codes, Level, Rules, Trait
from idp.rollout.adoption import Adoption
from idp.rollout.forecast import Forecast
from idp.rollout.mails.notices import Notices
from idp.rollout.shared.signs import SharedSigns
from idp.rollout.shared.split import SharedSplit
from idp.rollout.stages import Stages
from idp.rollout.upkeep import Upkeep
from idp.settings.values import Settings
from idp.signin.sign_in import SignIn
from idp.signin.unfinished import Unfinished
from idp.store import tags
from idp.store.db import Work, connections

RETRY = 5
"""Seconds after which anyone who heard that we are not ready may ask again."""


def install(app: Flask, loaded: Settings) -> Installation:
    """Build everything that outlives a request and hang it on `app`."""
    moments.use_zone(loaded.brand.time_zone)
    keyring = crypto.load_keyring(loaded.keyring_path)
    database = loaded.database
    engine = connections.init_app(app, loaded.database_url, database.pool, database.prepare)
    tags.use(engine, keyring, audit.row_refused)
    post = Post(loaded, keyring, engine)
    authenticators = _authenticators(loaded, keyring, post)
    signin = SignIn(loaded, keyring, authenticators, rules(loaded, authenticators), post)
    written = Ledger(loaded.server.issuer, keyring, signin.rules)
    writing.bind(engine, written)
    password_links = PasswordLinks(signin, post)
    enrolment, first_proof = Enrolment(signin, post), FirstProof(signin, post)
    contacts = Contacts(signin, post)
    contact_proof = ContactProof(signin, post, contacts)
    credentials = Credentials(signin, post)
    forecast = Forecast(signin, first_proof)
    installation = Installation(
        settings=loaded,
        keyring=keyring,
        engine=engine,
        post=post,
        ledger=written,
        sealer=Sealer(
            loaded.server.issuer,
            keyring,
            engine,
            _tell_of_ledger_key,
        ),
        counting=Counting(engine, signin.rules),
        anchors=Anchors(loaded, engine, post),
        signin=signin,
        enrolment=enrolment,
        first_proof=first_proof,
        passwords=Passwords(signin, post, password_links),
        password_links=password_links,
        forgotten=Forgotten(password_links, post, keyring, engine),
        contacts=contacts,
        contact_proof=contact_proof,
        denial=Denial(signin, post, contacts),
        credentials=credentials,
        intake=Intake(signin, contacts, password_links),
        leaving=Leaving(signin, post),
        lost_ways=LostWays(signin, credentials, post, engine),
        tickets=Tickets(signin, post),
        helpdesk=Helpdesk(signin, first_proof, contact_proof, post),
        unfinished=Unfinished(signin, post, engine),
        shared_signs=SharedSigns(loaded, engine),
        shared_split=SharedSplit(loaded, post, password_links, engine),
        stages=Stages(signin),
        notices=Notices(signin, post, engine),
        forecast=forecast,
        upkeep=Upkeep(forecast, engine),
        adoption=Adoption(signin.rules, engine),
    )
    back_channel.attach(installation)
    reaching.attach(installation)
    pinging.attach(installation)
    app.extensions["acrux_installation"] = installation
    return installation


def _directory(loaded: Settings, keyring: crypto.Keyring) -> DirectoryPassword | None:
    """Return what asks the directory, where there is one.

    Raises:
        ConfigurationError: the package that it needs is missing.
    """
    if not loaded.directory.on:
        return None
    # Loaded by those alone who want it.
    from idp.directory import needed

    if said := needed.problem():
        raise ConfigurationError(said)
    from idp.directory.asking import Asking

    asking, adopt = Asking(loaded.directory), loaded.directory.adopt
    return DirectoryPassword(keyring, asking, FromDirectory(loaded), WRONG, adopt=adopt)


def _authenticators(
    loaded: Settings, keyring: crypto.Keyring, post: Post
) -> tuple[Authenticator, ...]:
    """Return the methods, in the order in which they are offered."""
    passkeys = (WebAuthn(loaded, keyring),) if loaded.passkeys.enabled else ()
    found = (
        Password(loaded, keyring, _directory(loaded, keyring)),
        *passkeys,
        Totp(loaded, keyring),
        Sms(loaded, keyring, post),
        Recovery(loaded, keyring, post),
    )
    _check_recommended(loaded.enrolment.recommended, found)
    return found


def _check_recommended(method: str, found: tuple[Authenticator, ...]) -> None:
    seconds = [a.method for a in found if not a.ability.remembered]
    if method not in seconds:
        choice = ", ".join(seconds)
        raise ConfigurationError(f"enrolment.recommended {method!r} must be one of {choice}")


def rules(loaded: Settings, authenticators: tuple[Any, ...]) -> Rules:
    """Return the policy that the settings declare."""
    levels = tuple(
        Level(
            level.name,
            level.kinds,
            frozenset(map(Trait, level.requires)),
            frozenset(map(Trait, level.refuses)),
            level.lifetime or None,
            level.text,
        )
        for level in loaded.levels
    )
    return Rules(
        levels=levels,
        abilities=tuple(a.ability for a in authenticators),
        aliases=dict(loaded.aliases),
        floor=loaded.policy.floor or None,
        ask_enrolled=loaded.policy.ask_enrolled or None,
        proof=EnrolmentProof(loaded.enrolment.proof),
        codes=Codes(loaded.recovery.at_enrolment),
        off=frozenset(a.method for a in authenticators if not a.in_service),
    )


def _tell_of_ledger_key(work: Work, key: VerifierKey) -> None:
    audit.record(work, Event.LEDGER_KEY_ADDED, reason=str(key), key=key.key_id.hex())
