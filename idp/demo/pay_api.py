"""The API that pays: it demands a second step of the last minutes, and a yes to this very pay run.

Made with the kit for Python (`kits/python`) as an API elsewhere would be. It believes nothing but
the token that it is shown, and acts on one yes once.
"""

from typing import Any

from flask import Blueprint, Response, g, jsonify

from idp.demo import pay_run
from idp.demo.asking import MFA
from idp.demo.kit import Api, Verified, demands

FRESH = 300
"""Seconds: how old the oldest proof may be."""
MISSING = "insufficient_authorization_details"


def blueprint(issuer: str, client_id: str, secret: str) -> Blueprint:
    """Return the API, which asks `issuer` about tokens as the client `client_id`."""
    views = Blueprint("pay_api", __name__, url_prefix=pay_run.PATH)
    # The provider is on this machine, whatever proxy the environment names.
    api = Api(issuer, pay_run.AUDIENCE, client_id, secret, trust_env=False)
    approved: dict[str, str] = {}

    @views.get("")
    @demands(api)
    def see() -> Response:
        return jsonify({"run": pay_run.RUN, "approved": g.token.subject in approved})

    @views.post("/approve")
    @demands(api, acr=MFA, max_age=FRESH, scopes=[pay_run.APPROVE])
    def approve() -> tuple[Response, int]:
        token: Verified = g.token
        if pay_run.RUN not in token.details:
            return jsonify({"error": MISSING, "authorization_details": [pay_run.RUN]}), 403
        yes = str(token.claims.get("jti") or token.claims.get("iat"))
        if approved.setdefault(token.subject, yes) != yes:
            return jsonify({"error": "approved_already"}), 409
        return _told(token), 200

    @views.post("/reopen")
    @demands(api)
    def reopen() -> Response:
        approved.pop(g.token.subject, None)
        return jsonify({"approved": False})

    return views


def _told(token: Verified) -> Response:
    said: dict[str, Any] = {"approved": True, "by": token.subject, "acr": token.acr}
    return jsonify(said | {"auth_time": token.auth_time})
