"""The protocol's addresses: thin; each reads its request and hands it to the endpoint's module."""

import json
from collections.abc import Callable
from typing import Any, cast
from urllib.parse import urlencode

from flask import Blueprint, Flask, Response, request
from flask.sansio.blueprints import BlueprintSetupState

from idp import web
from idp.installation import Installation
from idp.oidc import cors, explained, faults, logos, proved
from idp.oidc import provider as providers
from idp.oidc.authorize import pushed
from idp.oidc.authorize.endpoint import AuthorizationEndpoint
from idp.oidc.authorize.parameters import queried
from idp.oidc.authorize.pushed import Flood, PushEndpoint
from idp.oidc.authorize.reading import AuthorizationRequests
from idp.oidc.ciba import pages as ciba_pages
from idp.oidc.ciba.endpoint import BackchannelEndpoint
from idp.oidc.client_auth.authentication import ClientAuthentication
from idp.oidc.client_auth.mutual_tls import MutualTls
from idp.oidc.client_requests import ClientRequests
from idp.oidc.clients.client import LOGOS
from idp.oidc.device import pages as device_pages
from idp.oidc.device.authorization import DeviceAuthorizationEndpoint
from idp.oidc.discovery import document, webfinger
from idp.oidc.explained import Explained
from idp.oidc.introspection import IntrospectionEndpoint
from idp.oidc.logout.end_session import FIELDS, LogoutEndpoint, session_state
from idp.oidc.own_tokens import OwnTokens, Tell
from idp.oidc.provider import Provider
from idp.oidc.registration.documents import Documents
from idp.oidc.registration.endpoint import RegistrationEndpoint
from idp.oidc.revocation import RevocationEndpoint
from idp.oidc.token_endpoint.endpoint import TokenEndpoint
from idp.oidc.userinfo import UserinfoEndpoint
from idp.store.db import Work
from idp.web import csrf, error_pages, lane, locale_choice
from idp.web.lane import Straight, plain
from idp.web.lane.plain import Answer, AnyRequest
from idp.web.visits import ForFlask, Visit

MAX_QUERY = 16_384


def blueprint(installation: Installation) -> Blueprint:
    """Return the endpoints, bound to an installation."""
    provider = providers.of(installation)
    registry, issuer = provider.registry, provider.issuer
    requests = AuthorizationRequests(provider)
    strangers = Documents(provider)
    endpoint = AuthorizationEndpoint(provider, requests, strangers)
    views = Blueprint("oidc", __name__)
    views.after_request(cors.allow)
    views.after_app_request(session_state.follow)
    views.record_once(lambda state: error_pages.tell_instead(state.app.extensions, faults.told))

    @views.get("/authorize")
    def authorize() -> Response:
        if len(request.query_string) > MAX_QUERY:
            return _too_long()
        return endpoint.answer(web.work(), queried(request.query_string), web.visit())

    @views.post("/authorize")
    def authorize_by_post() -> Response:
        """As a GET, so that a SameSite=Lax cookie comes along with the person's own browser."""
        pairs = [*request.args.items(multi=True), *request.form.items(multi=True)]
        query = urlencode(pairs)
        if not web.has_cookie() and len(query) <= MAX_QUERY:
            return web.see_other(f"/authorize?{query}")
        return endpoint.answer(web.work(), pairs, web.visit())

    @views.get("/authorize/resume/<interaction_id>")
    def resume(interaction_id: str) -> Response:
        interaction = installation.signin.load(web.work(), interaction_id, web.session())
        if interaction is None or (interaction.session and interaction.session.stale):
            raise error_pages.closed(interaction_id)
        return endpoint.resume(web.work(), interaction, web.visit())

    @views.get(f"{LOGOS}<name>")
    def logo(name: str) -> Response:
        return logos.answer(web.work(), name).as_response()

    @views.get(webfinger.PATH)
    def find_issuer() -> Response:
        """Say which issuer an account of this host has, to whoever knows no more (RFC 7033)."""
        resource = request.args.get("resource", "")
        if not resource:
            return _jrd(400, {"error": "resource is missing"})
        found = webfinger.described(issuer.name, resource, request.args.getlist("rel"))
        return _jrd(404, {"error": "no such resource"}) if found is None else _jrd(200, found)

    _sessions(views, LogoutEndpoint(registry, issuer))
    _add_registration(views, RegistrationEndpoint(provider))
    views.register_blueprint(device_pages.blueprint(installation, provider))
    views.register_blueprint(ciba_pages.blueprint(installation, provider))
    straight = [*_documents(provider), *_tokens(provider, requests, strangers)]
    _add_to_flask(views, straight)
    views.record_once(
        lambda state: lane.lay(cast(Flask, state.app), [*straight, _at_once(state, endpoint)])
    )
    return views


def _at_once(state: BlueprintSetupState, endpoint: AuthorizationEndpoint) -> Straight:
    """Return how the lane answers an authorization request for which no page is to be shown."""
    frame = web.frame_of(cast(Flask, state.app))

    def authorize(work: Work, request: AnyRequest) -> Answer:
        query = request.query_string
        visit = Visit(frame, work, request.cookies, in_lane=True)
        if len(query) > MAX_QUERY or not visit.brought(frame.cookie_name):
            raise ForFlask
        try:
            pairs = queried(query)
        except UnicodeDecodeError:
            raise ForFlask from None
        if any(name == locale_choice.PARAMETER for name, _ in pairs):
            raise ForFlask
        response = endpoint.answer(work, pairs, visit)
        session_state.show(visit, response)
        return plain.of_response(response)

    return Straight("authorize", ("/authorize",), ("GET",), authorize, queried=True)


def _add_registration(views: Blueprint, registration: RegistrationEndpoint) -> None:
    """Add the addresses at which a client registers and manages itself."""

    @views.post("/register", endpoint="register")
    def registering() -> Response:
        return registration.register(web.work(), request).as_response()

    @views.route("/register/<client_id>", methods=["GET", "PUT", "DELETE"])
    def registered(client_id: str) -> Response:
        return registration.manage(web.work(), request, client_id).as_response()


def _documents(provider: Provider) -> list[Straight]:
    """Return the public documents: keys and metadata."""
    issuer, metadata = provider.issuer, document.Metadata(provider)

    def jwks(work: Work, _request: AnyRequest) -> Answer:
        return _document(issuer.keys.published(work).jwks)

    def discovery(work: Work, _request: AnyRequest) -> Answer:
        return _document(metadata.told(work))

    return [
        _straight("jwks", ("/jwks",), ("GET",), jwks),
        _straight(
            "discovery",
            ("/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"),
            ("GET",),
            discovery,
        ),
    ]


def _tokens(
    provider: Provider, requests: AuthorizationRequests, strangers: Documents
) -> list[Straight]:
    """Return the endpoints that clients call: for requests and tokens, and what those are worth."""
    settings = provider.installation.settings
    # One for all: failures of a client count together, whichever endpoint they are of.
    clients = ClientRequests(
        provider.registry,
        ClientAuthentication(
            provider.issuer.name,
            provider.registry,
            provider.installation.keyring,
            provider.client_keys,
            MutualTls(provider.certificates, provider.client_keys),
            settings.mutual_tls.address,
        ),
        strangers.unfit if strangers.on else None,
    )
    this = provider.installation
    every = this.settings.evidence.every

    def own(name: str, path: str, tell: Tell) -> Straight:
        return _straight(name, (path,), ("POST",), OwnTokens(path, clients, every, tell).answer)

    push = PushEndpoint(requests, clients, provider.proofs, Flood(this.keyring))
    return [
        _straight("par", (pushed.PATH,), ("POST",), push.answer),
        _straight(
            "token",
            ("/token",),
            ("POST",),
            TokenEndpoint(provider.issuer, clients, provider.proofs, provider.client_keys).answer,
        ),
        _straight("userinfo", ("/userinfo",), ("GET", "POST"), UserinfoEndpoint(provider).answer),
        _straight("revoke", ("/revoke",), ("POST",), RevocationEndpoint(clients).answer),
        _straight(
            "introspect",
            ("/introspect",),
            ("POST",),
            IntrospectionEndpoint(provider, clients).answer,
        ),
        _straight(
            "device_authorization",
            ("/device_authorization",),
            ("POST",),
            DeviceAuthorizationEndpoint(provider, clients).answer,
        ),
        _straight(
            "backchannel_authentication",
            ("/backchannel_authentication",),
            ("POST",),
            BackchannelEndpoint(provider, clients).answer,
        ),
        own("explain", explained.PATH, Explained(provider.issuer.name)),
        own("proof", proved.PATH, proved.proved(this.keyring, this.anchors.witnessed)),
    ]


def _straight(name: str, paths: tuple[str, ...], methods: tuple[str, ...], answer: Any) -> Straight:
    headers = cors.READABLE if f"oidc.{name}" in cors.PUBLIC else ()
    return Straight(name, paths, methods, answer, headers)


def _add_to_flask(views: Blueprint, endpoints: list[Straight]) -> None:
    """Let Flask answer whatever of `endpoints` is not for the lane."""

    def in_flask(endpoint: Straight) -> Callable[[], Response]:
        return lambda: endpoint.answer(web.work(), request).as_response()

    for one in endpoints:
        view = in_flask(one)
        for path in one.paths:
            views.add_url_rule(path, one.name, view, methods=one.methods)


def _sessions(views: Blueprint, logout: LogoutEndpoint) -> None:
    """Add the addresses that end a session, and that tell whether it has changed."""

    @views.get("/session/check")
    def check_session() -> Response:
        return session_state.frame_page()

    @views.route("/end_session", methods=["GET", "POST"])
    def end_session() -> Response:
        values = request.form if request.method == "POST" else request.args
        if request.method == "POST" and not web.has_cookie():
            # Sent by another site's form: as a GET, the person's own cookie comes along.
            query = urlencode([(name, values[name]) for name in FIELDS if values.get(name)])
            return web.see_other(f"/end_session?{query}")
        confirmed = request.method == "POST" and csrf.is_ours(request.form.get("csrf_token", ""))
        fields = {name: values[name] for name in FIELDS if values.get(name)}
        return logout.answer(web.work(), fields, confirmed=confirmed)


def _jrd(status: int, said: dict[str, Any]) -> Response:
    """Return a JRD, which a script of any origin may read (RFC 7033 sections 4.2 and 5)."""
    kind = "application/jrd+json" if status == 200 else "application/json"
    response = Response(json.dumps(said), status, content_type=kind)
    cors.let_read(response)
    return response


def _too_long() -> Response:
    return Response("the request is too long", 414, mimetype="text/plain")


def _document(body: bytes) -> Answer:
    """A public document that may be kept for a while."""
    return Answer(200, _KEPT, body)


_KEPT = (("Content-Type", "application/json"), ("Cache-Control", "public, max-age=300"))
