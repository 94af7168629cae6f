"""`create_app`: the only wiring. Settings, database, authenticators, server, blueprints."""

import logging
from collections.abc import Mapping
from functools import partial
from typing import Any

from flask import Flask, Response, current_app

from idp import audit, clock, crypto, language, moments, oidc, shipped, web
from idp.anchors.following import Anchors
from idp.api import carrier, tiles
from idp.api.v1 import door
from idp.audit import Event
from idp.audit.counting import Counting
from idp.authenticators.base import Authenticator
from idp.authenticators.password import Password
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
from idp.oidc.logout import back_channel
from idp.pages import account, admin, interaction, links
from idp.people.contact_proof import ContactProof
from idp.people.contacts import Contacts
from idp.people.credentials import Credentials
from idp.people.denial import Denial
from idp.people.enrolment import Enrolment
from idp.people.first_proof import FirstProof
from idp.people.helpdesk import Helpdesk
from idp.people.intake.carrying_out import Intake
from idp.people.leaving import Leaving
from idp.people.lost_ways import LostWays
from idp.people.passwords.forgotten import Forgotten
from idp.people.passwords.links import PasswordLinks
from idp.people.passwords.renewal import Passwords
from idp.people.tickets import Tickets
from idp.policy.steps import EnrolmentProof
from idp.policy.types import Codes, Level, Rules, Trait
from idp.rollout.adoption import Adoption
from idp.rollout.forecast import Forecast
from idp.rollout.mails.notices import Notices
from idp.rollout.shared.signs import SharedSigns
from idp.rollout.shared.split import SharedSplit
from idp.rollout.stages import Stages
from idp.rollout.upkeep import Upkeep
from idp.settings import reading
from idp.settings.values import Settings
from idp.signin.sign_in import SignIn
from idp.signin.unfinished import Unfinished
from idp.store import tags
from idp.store.db import Work, connections, silence
from idp.web import (
    application,
    compression,
    csrf,
    error_pages,
    locale_choice,
    style,
    support,
    usual,
)
from idp.web.readiness import Readiness

RETRY = 5
"""Seconds after which anyone who heard that we are not ready may ask again."""
log = logging.getLogger("acrux.web")
STATIC = shipped.PACKAGE / "static"


def create_app(environ: Mapping[str, str] | None = None) -> Flask:
    """Return the WSGI application for the settings in `environ` (default: the process's).

    Raises:
        ConfigurationError: one line that says what to change.
    """
    loaded = reading.load(environ)
    clock.use_offset_file(loaded.test.clock or None)
    app = application.Application(
        "idp", template_folder=str(shipped.folder("templates")), static_folder=str(STATIC)
    )
    app.config["MAX_CONTENT_LENGTH"] = loaded.server.max_body
    app.config["MAX_FORM_MEMORY_SIZE"] = loaded.server.max_body
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = 3600
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        language.gettext, language.ngettext, newstyle=True
    )
    installation = install(app, loaded)
    silence.bound_statements(installation.engine)
    compression.init_app(app)
    sheet = style.init_app(app, STATIC / "acrux.css", loaded.brand.accent)
    web.init_app(
        app, web.Frame(loaded, installation.engine, installation.keyring), partial(_texts, sheet)
    )
    locale_choice.init_app(app)
    usual.init_app(app)
    error_pages.init_app(app)
    app.add_url_rule("/", "front_door", _to_account)
    app.add_url_rule("/.well-known/change-password", "change_password", _to_password)
    app.add_url_rule("/healthz", "healthz", _healthz)
    app.add_url_rule("/readyz", "readyz", _readyz)
    for package in (oidc, interaction, account, admin, links, carrier, tiles, door):
        app.register_blueprint(package.blueprint(installation))
    return app


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
    app.extensions["acrux_readiness"] = Readiness(engine, keyring)
    app.extensions["acrux_installation"] = installation
    return installation


def _authenticators(
    loaded: Settings, keyring: crypto.Keyring, post: Post
) -> tuple[Authenticator, ...]:
    """Return the methods, in the order in which they are offered."""
    passkeys = (WebAuthn(loaded, keyring),) if loaded.passkeys.enabled else ()
    found = (
        Password(loaded, keyring),
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


def _texts(sheet: str) -> dict[str, Any]:
    return {
        "brand": support.shown({}),
        "style_url": sheet,
        "csrf_token": csrf.token(),
        "signed_in": None,
        "languages": language.LANGUAGES if locale_choice.links_lead_here() else {},
        "language": language.spoken(),
        "language_tag": language.tag(),
    }


def _to_account() -> Response:
    return web.see_other("/account/")


def _to_password() -> Response:
    """Lead a password manager to the page (W3C, A Well-Known URL for Changing Passwords)."""
    return web.see_other("/account/password")


def _healthz() -> Response:
    return Response("alive\n", mimetype="text/plain")


def _readyz() -> Response:
    said = current_app.extensions["acrux_readiness"].said()
    if said.problem is None:
        warning = f"warning: {said.warning}\n" if said.warning else ""
        return Response(f"ready\n{warning}", mimetype="text/plain")
    log.error("not ready: %s", said.problem)
    response = Response("not ready\n", 503, mimetype="text/plain")
    response.headers["Retry-After"] = str(RETRY)
    return response
