"""Authlib's Flask client, as an application's developer uses it, completes the journey."""

from typing import Any

from authlib.integrations.flask_client import OAuth
from flask import Flask, Response, jsonify, redirect, session

from tests.support.site import MFA, ONE, Application, Site


def relying_party(site: Site, app: Application, issuer: str | None = None) -> Flask:
    """The application of the README: a dozen lines. `issuer` is another one than the site's."""
    flask = Flask("relying-party")
    flask.secret_key = "a secret of the tests"
    oauth = OAuth(flask)
    oauth.register(
        "acrux",
        client_id=app.client_id,
        client_secret=app.secret,
        server_metadata_url=f"{issuer or site.issuer}/.well-known/openid-configuration",
        client_kwargs={"scope": "openid profile email", "code_challenge_method": "S256"},
    )

    @flask.get("/sign-in/<wish>")
    def sign_in(wish: str) -> Any:
        extra = {"claims": app.essential(MFA)} if wish == "strong" else {}
        return oauth.acrux.authorize_redirect(app.redirect_uri, **extra)

    @flask.get("/callback")
    def callback() -> Any:
        session["user"] = oauth.acrux.authorize_access_token()["userinfo"]
        return redirect("/me")

    @flask.get("/me")
    def me() -> Response:
        return jsonify(session["user"])

    return flask


def test_authlib_client_signs_in_and_steps_up(live_site: Site) -> None:
    site = live_site
    site.person("aroha")
    app = site.application()
    party = relying_party(site, app).test_client()
    browser = site.browser()

    def delegate(wish: str) -> str:
        location = party.get(f"/sign-in/{wish}").location
        return str(location).removeprefix(site.issuer)

    def finish(location: str) -> dict[str, Any]:
        path = "/callback?" + location.partition("?")[2]
        found: dict[str, Any] = party.get(path, follow_redirects=True).json or {}
        return found

    browser.open(delegate("plain"))
    first = finish(browser.sign_in("aroha").location)
    assert (first["acr"], first["amr"]) == (ONE, ["pwd"])

    browser.open(delegate("strong"))
    second = finish(browser.enrol_totp().location)
    assert (second["acr"], second["amr"]) == (MFA, ["pwd", "otp", "mfa"])
    assert second["sub"] == first["sub"]
