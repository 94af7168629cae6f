"""The protocol's addresses: thin; each reads its request and hands it to the endpoint's module."""

from urllib.parse import urlencode

from authlib.oauth2 import OAuth2Error
from flask import Blueprint, Response, current_app, request

from idp import clock, crypto, web
from idp.installation import Installation
from idp.oidc import claims, metadata
from idp.oidc.authorization import AuthorizationEndpoint
from idp.oidc.grants import register
from idp.oidc.logout import FIELDS, LogoutEndpoint
from idp.oidc.provider import build
from idp.oidc.server import Server, answer, error_answer
from idp.store import authorizations, people

MAX_QUERY = 16_384


def blueprint(this: Installation) -> Blueprint:
    """Return the endpoints, bound to an installation."""
    provider = build(this)
    registry, issuer = provider.registry, provider.issuer
    server = Server(issuer, registry)
    register(server)
    endpoint = AuthorizationEndpoint(this, registry, issuer)
    logout = LogoutEndpoint(registry, issuer)
    views = Blueprint("oidc", __name__)
    documents: dict[str, bytes] = {}

    @views.get("/authorize")
    def authorize() -> Response:
        if len(request.query_string) > MAX_QUERY:
            return _too_long()
        return endpoint.answer(web.work(), list(request.args.items(multi=True)))

    @views.post("/authorize")
    def authorize_by_post() -> Response:
        """As a GET, so that a SameSite=Lax cookie comes along with the person's own browser."""
        pairs = [*request.args.items(multi=True), *request.form.items(multi=True)]
        query = urlencode(pairs)
        if not web.has_cookie() and len(query) <= MAX_QUERY:
            return web.see_other(f"/authorize?{query}")
        return endpoint.answer(web.work(), pairs)

    @views.get("/authorize/resume/<interaction_id>")
    def resume(interaction_id: str) -> Response:
        interaction = this.signin.load(web.work(), interaction_id, web.session())
        if interaction is None or (interaction.session and interaction.session.stale):
            raise web.cookies_off() if not web.has_cookie() else web.expired()
        return endpoint.resume(web.work(), interaction)

    @views.post("/token")
    def token() -> Response:
        unit = web.work()
        try:
            asked = server.read(request, unit)
        except OAuth2Error as error:
            return server.refuse(unit, error, None)
        return server.respond(asked)

    @views.route("/userinfo", methods=["GET", "POST"])
    def userinfo() -> Response:
        return _userinfo()

    @views.get("/jwks")
    def jwks() -> Response:
        return _document(issuer.keys.ring(web.work()).jwks)

    @views.get("/.well-known/openid-configuration")
    @views.get("/.well-known/oauth-authorization-server")
    def discovery() -> Response:
        if "discovery" not in documents:
            documents["discovery"] = metadata.document(current_app, this)
        return _document(documents["discovery"])

    @views.route("/end_session", methods=["GET", "POST"])
    def end_session() -> Response:
        values = request.form if request.method == "POST" else request.args
        if request.method == "POST" and not web.has_cookie():
            # Sent by another site's form: as a GET, the person's own cookie comes along.
            query = urlencode([(name, values[name]) for name in FIELDS if values.get(name)])
            return web.see_other(f"/end_session?{query}")
        confirmed = request.method == "POST" and crypto.same(
            request.form.get("csrf_token", ""), web.csrf_token() or crypto.random_token()
        )
        fields = {name: values[name] for name in FIELDS if values.get(name)}
        return logout.answer(web.work(), fields, confirmed=confirmed)

    return views


def _too_long() -> Response:
    return Response("the request is too long", 414, mimetype="text/plain")


def _document(body: bytes) -> Response:
    """A public document that may be kept for a while."""
    response = Response(body, mimetype="application/json")
    response.headers["Cache-Control"] = "public, max-age=300"
    return response


def _userinfo() -> Response:
    """OIDC Core 5.3: header or form body; an access token of a live authorization."""
    bearer = _bearer()
    if bearer is None:
        response = answer(401, {"error": "invalid_request"})
        response.headers["WWW-Authenticate"] = 'Bearer realm="userinfo"'
        return response
    unit = web.work()
    row = authorizations.token(unit, crypto.digest(bearer), "access")
    person = None
    if row and row.expires_at > clock.now() and row.authorization.revoked_at is None:
        person = people.by_id(unit, row.authorization.person_id)
    if row is None or person is None or person.disabled_at is not None:
        error = OAuth2Error("the access token is unknown, expired or revoked", status_code=401)
        error.error = "invalid_token"
        response = error_answer(error)
        response.headers["WWW-Authenticate"] = 'Bearer realm="userinfo", error="invalid_token"'
        return response
    return answer(200, claims.userinfo(person, row.scope))


def _bearer() -> str | None:
    """Return the access token, given once, in the header or in a form body (RFC 6750 section 2)."""
    header = request.headers.get("Authorization", "")
    scheme, _, value = header.partition(" ")
    found = [value.strip()] if scheme.lower() == "bearer" and value.strip() else []
    if request.method == "POST":
        found += request.form.getlist("access_token")
    return found[0] if len(found) == 1 and len(found[0]) <= 512 else None
