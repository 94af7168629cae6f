"""`create_app`: the web around the parts of an installation, as a WSGI application."""

import logging
from collections.abc import Mapping
from typing import Any

from flask import Flask, Response, current_app

from idp import clock, language, shipped, web
from idp.api import carrier, tiles
from idp.api.scim import door as scim
from idp.api.ssf import door as ssf
from idp.api.v1 import door
from idp.assembly import install
from idp.forward import views as forward
from idp.oidc import views as oidc
from idp.pages import account, admin, interaction, links
from idp.settings import reading
from idp.store.db import silence
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
    app.extensions["acrux_readiness"] = Readiness(installation.engine, installation.keyring)
    silence.bound_statements(installation.engine)
    compression.init_app(app)
    sheet = style.Sheet(STATIC / "acrux.css", loaded.brand.accent)
    sheet.add_to(app)
    looks = installation.post.looks
    layer = web.Frame(loaded, installation.engine, installation.keyring, looks, sheet.address)
    web.init_app(app, layer, _texts)
    locale_choice.init_app(app)
    usual.init_app(app)
    error_pages.init_app(app)
    app.add_url_rule("/", "front_door", _to_account)
    app.add_url_rule("/.well-known/change-password", "change_password", _to_password)
    app.add_url_rule("/healthz", "healthz", _healthz)
    app.add_url_rule("/readyz", "readyz", _readyz)
    for package in (
        oidc,
        interaction,
        account,
        admin,
        links,
        carrier,
        tiles,
        door,
        scim,
        ssf,
        forward,
    ):
        app.register_blueprint(package.blueprint(installation))
    return app


def _texts() -> dict[str, Any]:
    layer = web.frame()
    return {
        "brand": support.shown({}),
        "style_url": layer.sheet(layer.looks.now().brand.accent),
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
