"""Harbour Payroll: a small application that signs people in through the provider.

Written with Authlib's client as an application elsewhere would be: discovery, code flow with PKCE,
state and nonce, the ID token checked, `acr` compared with what was insisted on. It knows the
provider by its address and its own client ids and secrets alone.
"""

import base64
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests
from authlib.integrations.flask_client import OAuth, OAuthError
from flask import Flask, Response, redirect, render_template, request, session, url_for
from joserfc.errors import JoseError
from werkzeug.exceptions import HTTPException

from idp import clock, crypto
from idp.demo import explanation, pay_api, pay_desk, pay_run, television, words
from idp.demo.asking import WAYS, verdict
from idp.demo.cast import CAST
from idp.demo.explanation import explained, proved
from idp.demo.memory import Memory

# It would write verifiers and tokens at DEBUG.
logging.getLogger("authlib").setLevel(logging.INFO)

VISIT_SECONDS = 12 * 3600
BEGUN_AT_MOST = 5
"""Sign-ins that one browser may have under way: each takes some room in its cookie."""


@dataclass(frozen=True)
class Registration:
    """What an operator hands over after `acrux client add`. `callback` is a path of ours."""

    client_id: str
    secret: str
    name: str
    callback: str


@dataclass(frozen=True)
class Setup:
    """What the application is configured with, as any other would be."""

    issuer: str
    address: str
    registrations: tuple[Registration, ...]
    session_key: str


def create(setup: Setup) -> Flask:
    """Return the application."""
    app = Flask("idp.demo")
    app.secret_key = setup.session_key
    app.config.update(SESSION_COOKIE_NAME="harbour", SESSION_COOKIE_SAMESITE="Lax")
    app.jinja_env.globals.update(iso=clock.iso, pretty=_pretty, **words.GLOBALS)
    app.jinja_env.globals.update(in_words=explanation.method, ways_of=explanation.ways)
    memory = Memory()
    oauth = OAuth(app, cache=memory)
    for one in setup.registrations:
        oauth.register(
            one.client_id,
            client_id=one.client_id,
            client_secret=one.secret,
            server_metadata_url=f"{setup.issuer}/.well-known/openid-configuration",
            client_kwargs={
                "scope": "openid profile email",
                "code_challenge_method": "S256",
                "default_timeout": 10,
                # The provider is on this machine, whatever proxy the environment names.
                "trust_env": False,
            },
        )
    _frame(app, setup, memory)
    _problems(app)
    _pages(app, memory)
    _proof(app, setup, memory)
    _sign_in(app, setup, oauth, memory)
    _sign_out(app, setup, oauth, memory)
    program = _registration(setup, television.CLIENT)
    device = television.Device(setup.issuer, program.client_id, program.secret)
    app.register_blueprint(television.blueprint(device, memory))
    _pay_run(app, setup, oauth, memory)
    return app


def _pay_run(app: Flask, setup: Setup, oauth: OAuth, memory: Memory) -> None:
    """An API, and the page that calls it: two programs that know each other by address alone."""
    ours, theirs = (_registration(setup, one) for one in (pay_run.DESK, pay_run.API))
    app.register_blueprint(pay_api.blueprint(setup.issuer, theirs.client_id, theirs.secret))
    desk = pay_desk.Desk(setup.address, setup.issuer, ours.callback)
    app.register_blueprint(pay_desk.blueprint(desk, oauth, memory))


def _frame(app: Flask, setup: Setup, memory: Memory) -> None:
    """What all pages have in common: one host name, headers, the visitor."""

    @app.before_request
    def one_host() -> Response | None:
        """Cookies and redirect URIs belong to one name, and no other name leads here."""
        if request.host == urlsplit(setup.address).netloc:
            return None
        return redirect(setup.address + request.full_path.rstrip("?"))  # type: ignore[return-value]

    @app.after_request
    def headers(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = (
            "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self';"
            " connect-src 'self';"
            f" form-action 'self' {setup.issuer}; base-uri 'none'; frame-ancestors 'none'"
        )
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "same-origin"
        if request.endpoint != "static":
            response.headers["Cache-Control"] = "no-store"
        return response

    @app.context_processor
    def visitor() -> dict[str, Any]:
        visit = _visit(memory)
        return {"issuer": setup.issuer, "now": clock.now(), "visit": visit, "ways": WAYS}


def _problems(app: Flask) -> None:
    """Answers that are refused, and addresses that lead nowhere."""

    @app.errorhandler(OAuthError)
    def refused(error: OAuthError) -> tuple[str, int]:
        return _told(error.error or "server_error", error.description or ""), 400

    @app.errorhandler(JoseError)
    def bad_token(error: JoseError) -> tuple[str, int]:
        return _told("bad_id_token", str(error)), 400

    @app.errorhandler(requests.RequestException)
    def unreachable(error: requests.RequestException) -> tuple[str, int]:
        return _told("unreachable", type(error).__name__), 502

    @app.errorhandler(HTTPException)
    def no_page(error: HTTPException) -> tuple[str, int]:
        return render_template("lost.html", name=error.name), error.code or 500


def _told(error: str, description: str) -> str:
    return render_template(
        "problem.html", error=error, description=description, text=words.error(error)
    )


def _visit(memory: Memory) -> dict[str, Any] | None:
    """Return what is known of this browser's sign-in."""
    found: dict[str, Any] | None = memory.get(f"visit {session.get('visit')}")
    return found


def _pages(app: Flask, memory: Memory) -> None:
    """What a visitor reads: the ways to sign in, and what came of it."""

    @app.get("/")
    def home() -> str:
        return render_template("home.html", cast=CAST)

    @app.get("/result")
    def result() -> str:
        visit = _visit(memory)
        if visit is None:
            return render_template("nothing_yet.html")
        return render_template(
            "result.html",
            methods=[(m, words.METHODS.get(m, m)) for m in visit["claims"].get("amr", ())],
            verdict=verdict(visit["way"], visit["claims"]["acr"]),
            header=_header(visit["id_token"]),
        )


def _proof(app: Flask, setup: Setup, memory: Memory) -> None:
    """What the script of the result page checks."""

    @app.post("/proof")
    def proof() -> Response:
        visit = _visit(memory)
        if visit is None:
            return Response(status=404)
        client_id = WAYS[visit["way"]].client_id
        secret = _registration(setup, client_id).secret
        status, body = proved(setup.issuer, client_id, secret, visit["id_token"])
        return Response(body, status, content_type="application/json")


def _sign_in(app: Flask, setup: Setup, oauth: OAuth, memory: Memory) -> None:
    """There and back."""

    @app.get("/sign-in/<key>")
    def sign_in(key: str) -> Any:
        if key not in WAYS:
            return redirect(url_for("home"))
        way = WAYS[key]
        _make_room()
        client = oauth.create_client(way.client_id)
        registration = _registration(setup, way.client_id)
        redirect_uri = setup.address + registration.callback
        begun = client.create_authorization_url(redirect_uri, **way.asks)
        client.save_authorize_data(redirect_uri=redirect_uri, way=key, **begun)
        return redirect(begun["url"])

    @app.get("/callback/<client_id>")
    def callback(client_id: str) -> Any:
        client = oauth.create_client(client_id)
        begun = client and client.framework.get_state_data(session, request.args.get("state"))
        if not begun:
            raise OAuthError("mismatching_state", "the state parameter is not known here")
        if request.args.get("iss") != setup.issuer:
            # RFC 9207: whose answer this is, before anything else in it is believed.
            raise OAuthError("wrong_issuer", "the iss parameter does not name the provider")
        visit = _believed(client, begun)
        secret = _registration(setup, client_id).secret
        visit["why"] = explained(setup.issuer, client_id, secret, visit["id_token"])
        _remember(memory, visit)
        return redirect(url_for("result"))


def _sign_out(app: Flask, setup: Setup, oauth: OAuth, memory: Memory) -> None:
    """Here first, then at the provider (OIDC RP-Initiated Logout 1.0)."""

    @app.post("/sign-out")
    def sign_out() -> Any:
        visit = _visit(memory)
        memory.delete(f"visit {session.pop('visit', None)}")
        if visit is None:
            return redirect(url_for("home"))
        session["leaving"] = WAYS[visit["way"]].client_id
        client = oauth.create_client(session["leaving"])
        back = f"{setup.address}/signed-out"
        return client.logout_redirect(back, id_token_hint=visit["id_token"])

    @app.get("/signed-out")
    def signed_out() -> Any:
        client = oauth.create_client(session.pop("leaving", ""))
        if client is None:
            return redirect(url_for("home"))
        client.validate_logout_response()
        return render_template("signed_out.html")


def _registration(setup: Setup, client_id: str) -> Registration:
    return next(one for one in setup.registrations if one.client_id == client_id)


def _make_room() -> None:
    """Forget the oldest sign-ins that this browser began and never finished."""
    begun = [key for key in session if key.startswith("_state_")]
    begun.sort(key=lambda key: session[key]["exp"])
    for key in begun[: 1 - BEGUN_AT_MOST]:
        del session[key]


def _believed(client: Any, begun: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the provider answered, once everything in it is checked."""
    token = client.authorize_access_token()
    claims, userinfo = dict(token["userinfo"]), dict(client.userinfo(token=token))
    way = WAYS[begun["way"]]
    if way.insists and claims.get("acr") not in way.insists:
        raise OAuthError("insufficient_level", f"acr is {claims.get('acr')!r}")
    if userinfo["sub"] != claims["sub"]:
        raise OAuthError("wrong_person", "userinfo tells of another subject")
    return {
        "way": begun["way"],
        "claims": claims,
        "userinfo": userinfo,
        "id_token": token["id_token"],
        "asked": dict(parse_qsl(urlsplit(begun["url"]).query)),
    }


def _remember(memory: Memory, visit: dict[str, Any]) -> None:
    """Keep the answer under a new id, so that an id known before signing in is worth nothing."""
    memory.delete(f"visit {session.get('visit')}")
    session["visit"] = crypto.random_token()
    memory.set(f"visit {session['visit']}", visit, VISIT_SECONDS)


def _pretty(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def _header(token: str) -> dict[str, Any]:
    """Return the header of a JWT that was verified before, to be shown."""
    part = token.partition(".")[0]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found
