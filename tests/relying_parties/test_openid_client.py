"""The certified Node library openid-client completes the journey, unmodified, over real HTTP."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwk

from tests.protocol.oidc.apis.payroll import RUN, SAID, clerk, details, plain
from tests.protocol.sign_ins import bearer
from tests.relying_parties.keys import key_set, private_key, secret_to_sign_with
from tests.relying_parties.openid_client import NodeParty, PartyError, openid_client
from tests.support.site import MFA, ONE, Answer, Application, Browser, Site

BYE = "http://localhost:5999/bye"
STRONG = {"claims": Application.essential(MFA)}


def visit(site: Site, browser: Browser, party: NodeParty, **extra: str) -> Answer:
    """Go where the application sends the browser."""
    url: str = party.do("authorize", **extra)
    return browser.open(url.removeprefix(site.issuer))


def sign_in(
    site: Site, party: NodeParty, username: str, **extra: str
) -> tuple[Browser, dict[str, Any]]:
    """Sign in someone who has a password only; return the browser and the tokens."""
    site.person(username)
    browser = site.browser()
    visit(site, browser, party, **extra)
    return browser, party.finish(browser.sign_in(username).location)


def test_openid_client_signs_in_steps_up_and_refreshes(node: str, live_site: Site) -> None:
    site = live_site
    with openid_client(node, site, site.application("plain")) as party:
        browser, first = sign_in(site, party, "aroha")
        assert (first["claims"]["acr"], first["claims"]["amr"]) == (ONE, ["pwd"])
        found = party.do("userinfo", token=first["access_token"], sub=first["claims"]["sub"])
        assert found["email"] == "aroha@example.org"

        visit(site, browser, party, **STRONG, max_age="3600")
        second = party.finish(browser.enrol_totp().location)
        assert (second["claims"]["acr"], second["claims"]["amr"]) == (MFA, ["pwd", "otp", "mfa"])
        assert second["claims"]["sid"] == first["claims"]["sid"]

        again = party.do("refresh", token=second["refresh_token"])
        assert again["refresh_token"] != second["refresh_token"]
        assert again["claims"]["acr"] == MFA
        assert again["claims"]["auth_time"] == second["claims"]["auth_time"]

        third = party.finish(visit(site, browser, party, **STRONG).location)
        assert third["claims"]["acr"] == MFA


def test_openid_client_understands_a_refusal(node: str, live_site: Site) -> None:
    site = live_site
    site.person("hemi")
    with openid_client(node, site, site.application("refused")) as party:
        browser = site.browser()
        visit(site, browser, party, claims=Application.essential("phrh"))
        answer = browser.sign_in("hemi")
        with pytest.raises(PartyError) as refused:
            party.finish(answer.location)
    assert refused.value.error == "unmet_authentication_requirements"


def test_openid_client_reads_a_form_post(node: str, live_site: Site) -> None:
    site = live_site
    site.person("marama")
    app = site.application("formpost")
    with openid_client(node, site, app) as party:
        browser = site.browser()
        visit(site, browser, party, response_mode="form_post")
        browser.sign_in("marama")
        action, fields = browser.at.form()
        assert action == app.redirect_uri
        assert party.finish(action, fields)["claims"]["acr"] == ONE


def test_openid_client_reads_an_error_by_form_post(node: str, live_site: Site) -> None:
    site = live_site
    app = site.application("formerror")
    with openid_client(node, site, app) as party:
        browser = site.browser()
        answer = visit(site, browser, party, response_mode="form_post", prompt="none")
        assert (answer.status, answer.location) == (200, "")
        action, fields = browser.at.form()
        assert action == app.redirect_uri
        with pytest.raises(PartyError) as refused:
            party.finish(action, fields)
    assert refused.value.error == "login_required"


@pytest.mark.parametrize("alg", ["RS256", "PS256", "ES256", "Ed25519"])
def test_openid_client_signs_its_assertions_with_its_own_key(
    node: str, live_site: Site, alg: str
) -> None:
    site = live_site
    key = private_key(alg)
    app = site.application(
        f"signing-{alg}",
        token_endpoint_auth_method="private_key_jwt",
        token_endpoint_auth_signing_alg=alg,
        jwks=key_set(key),
    )
    with openid_client(node, site, app, method="private_key_jwt", key=key) as party:
        _, tokens = sign_in(site, party, f"rangi-{alg}".lower())
        again = party.do("refresh", token=tokens["refresh_token"])
        assert again["claims"]["sub"] == tokens["claims"]["sub"]


def test_a_key_that_was_not_registered_is_refused(node: str, live_site: Site) -> None:
    site = live_site
    registered = private_key("ES256")
    app = site.application(
        "wrong-key", token_endpoint_auth_method="private_key_jwt", jwks=key_set(registered)
    )
    another = {**private_key("ES256"), "kid": registered["kid"]}
    with (
        openid_client(node, site, app, method="private_key_jwt", key=another) as party,
        pytest.raises(PartyError) as refused,
    ):
        sign_in(site, party, "kiri")
    assert refused.value.error == "invalid_client"


def test_openid_client_signs_its_assertions_with_its_secret(node: str, live_site: Site) -> None:
    site = live_site
    app = site.application("sealed", token_endpoint_auth_method="client_secret_jwt")
    secret_to_sign_with(site, app)
    with openid_client(node, site, app, method="client_secret_jwt") as party:
        _, tokens = sign_in(site, party, "wiremu")
        assert party.do("refresh", token=tokens["refresh_token"])["claims"]["acr"] == ONE


def test_openid_client_posts_its_secret(node: str, live_site: Site) -> None:
    site = live_site
    app = site.application("posting", token_endpoint_auth_method="client_secret_post")
    with openid_client(node, site, app, method="client_secret_post") as party:
        _, tokens = sign_in(site, party, "ngaio")
        assert tokens["claims"]["acr"] == ONE


@pytest.mark.parametrize("alg", ["RS256", "ES256"])
def test_openid_client_verifies_what_is_signed_for_it(node: str, live_site: Site, alg: str) -> None:
    site = live_site
    app = site.application(
        f"signed-{alg}", id_token_signed_response_alg=alg, userinfo_signed_response_alg=alg
    )
    metadata = {"id_token_signed_response_alg": alg, "userinfo_signed_response_alg": alg}
    with openid_client(node, site, app, metadata=metadata) as party:
        party.do("checkSignatures")
        username = f"anahera-{alg}".lower()
        _, tokens = sign_in(site, party, username)
        sub = tokens["claims"]["sub"]
        found = party.do("userinfo", token=tokens["access_token"], sub=sub)
    assert (found["sub"], found["email"]) == (sub, f"{username}@example.org")
    assert (found["iss"], found["aud"]) == (site.issuer, app.client_id)


@pytest.mark.parametrize("alg", ["RS256", "ES256"])
def test_openid_client_takes_answers_that_are_signed(node: str, live_site: Site, alg: str) -> None:
    site = live_site
    app = site.application(f"jarm-{alg}", authorization_signed_response_alg=alg)
    metadata = {"authorization_signed_response_alg": alg}
    with openid_client(node, site, app, metadata=metadata) as party:
        party.do("takeSignedAnswers")
        _, tokens = sign_in(site, party, f"jarm-{alg}".lower())
        assert tokens["claims"]["acr"] == ONE
        browser = site.browser()
        visit(site, browser, party)
        with pytest.raises(PartyError) as refused:
            party.finish(browser.submit("/cancel").location)
        assert refused.value.error == "access_denied"


@pytest.mark.parametrize(
    ("alg", "enc"),
    [
        ("RSA-OAEP-256", "A128CBC-HS256"),
        ("ECDH-ES", "A256GCM"),
        ("ECDH-ES+A256KW", "A256CBC-HS512"),
    ],
)
def test_openid_client_decrypts_what_is_encrypted_to_it(
    node: str, live_site: Site, alg: str, enc: str
) -> None:
    """ID token, userinfo and introspection."""
    site, name = live_site, alg.lower().replace("+", "-")
    made = jwk.RSAKey if alg.startswith("RSA") else jwk.ECKey
    size: Any = 2048 if made is jwk.RSAKey else "P-256"
    key = made.generate_key(size, {"kid": "mine", "use": "enc"})
    kinds = ("id_token", "userinfo", "introspection")
    data: dict[str, Any] = {f"{kind}_encrypted_response_alg": alg for kind in kinds}
    data |= {f"{kind}_encrypted_response_enc": enc for kind in kinds}
    data |= {"userinfo_signed_response_alg": "ES256", "introspection_signed_response_alg": "ES256"}
    app = site.application(f"jwe-{name}", jwks={"keys": [key.as_dict(private=False)]}, **data)
    with openid_client(node, site, app, metadata=data) as party:
        party.do("decrypt", key=key.as_dict(private=True), enc=enc)
        _, tokens = sign_in(site, party, f"jwe-{name}")
        assert tokens["id_token"].count(".") == 4
        again = party.do("refresh", token=tokens["refresh_token"])
        token, sub = again["access_token"], tokens["claims"]["sub"]
        assert party.do("userinfo", token=token, sub=sub)["email"] == f"jwe-{name}@example.org"
        assert party.do("introspect", token=token)["active"] is True


@pytest.mark.parametrize("alg", ["RS256", "PS256", "ES256", "Ed25519"])
def test_openid_client_sends_a_signed_request_object(node: str, live_site: Site, alg: str) -> None:
    site = live_site
    key = private_key(alg)
    app = site.application(
        f"request-{alg}",
        request_object_signing_alg=alg,
        require_signed_request_object=True,
        jwks=key_set(key),
    )
    username = f"tama-{alg}".lower()
    site.person(username, totp=(secret := site.secret()))
    with openid_client(node, site, app, key=key) as party:
        assert alg in party.do("metadata")["request_object_signing_alg_values_supported"]
        browser = site.browser()
        url: str = party.do("authorizeSigned", **STRONG)
        browser.open(url.removeprefix(site.issuer))
        browser.sign_in(username)
        tokens = party.finish(browser.totp(secret).location)
        assert tokens["claims"]["acr"] == MFA

        unsigned = visit(site, browser, party)
        with pytest.raises(PartyError) as refused:
            party.finish(unsigned.location)
    assert refused.value.error in ("invalid_request", "invalid_request_object")


@pytest.mark.parametrize("method", ["client_secret_basic", "private_key_jwt", "none"])
def test_openid_client_pushes_its_requests(node: str, live_site: Site, method: str) -> None:
    site, key = live_site, private_key("ES256")
    data: dict[str, Any] = {
        "token_endpoint_auth_method": method,
        "require_pushed_authorization_requests": True,
    }
    if method == "private_key_jwt":
        data["jwks"] = key_set(key)
    app = site.application(f"push-{method}", public=method == "none", **data)
    username = f"push-{method}".replace("_", "-")
    site.person(username, totp=(secret := site.secret()))
    with openid_client(node, site, app, method=method, key=key) as party:
        browser = site.browser()
        url: str = party.do("authorizePushed", **STRONG)
        assert set(parse_qs(urlsplit(url).query)) == {"client_id", "request_uri"}
        browser.open(url.removeprefix(site.issuer))
        browser.sign_in(username)
        assert party.finish(browser.totp(secret).location)["claims"]["acr"] == MFA

        plain = visit(site, browser, party)
        with pytest.raises(PartyError) as refused:
            party.finish(plain.location)
    assert refused.value.error == "invalid_request"


@pytest.mark.parametrize("alg", ["ES256", "PS256", "Ed25519"])
@pytest.mark.parametrize("public", [False, True])
def test_openid_client_shows_its_key(node: str, live_site: Site, alg: str, *, public: bool) -> None:
    """DPoP (RFC 9449): at /par, /token, userinfo and refresh, with our nonces."""
    site = live_site
    app = site.application(
        f"dpop-{alg}-{public}",
        public=public,
        dpop_bound_access_tokens=True,
        require_pushed_authorization_requests=True,
    )
    username = f"dpop-{alg}-{public}".lower()
    site.person(username)
    method = "none" if public else "client_secret_basic"
    with openid_client(node, site, app, method=method, dpop=alg) as party:
        assert alg in party.do("metadata")["dpop_signing_alg_values_supported"]
        browser = site.browser()
        url: str = party.do("authorizePushed")
        browser.open(url.removeprefix(site.issuer))
        first = party.finish(browser.sign_in(username).location)
        assert first["token_type"] == "dpop"
        again = party.do("refresh", token=first["refresh_token"])
        found = party.do("userinfo", token=again["access_token"], sub=first["claims"]["sub"])
        assert found["email"] == f"{username}@example.org"
        stolen = site.client().send("GET", "/userinfo", None, bearer(again["access_token"]))
        assert stolen.status == 401
    with (
        openid_client(node, site, app, method=method) as without,
        pytest.raises(PartyError) as refused,
    ):
        without.do("refresh", token=again["refresh_token"])
    assert refused.value.error in ("invalid_dpop_proof", "invalid_grant")


def test_openid_client_signs_out(node: str, live_site: Site) -> None:
    site = live_site
    app = site.application("leaving", post_logout_redirect_uris=[BYE])
    with openid_client(node, site, app) as party:
        browser, tokens = sign_in(site, party, "hana")
        url: str = party.do(
            "signOut",
            id_token_hint=tokens["id_token"],
            post_logout_redirect_uri=BYE,
            state="until later",
        )
        answer = browser.open(url.removeprefix(site.issuer))
        assert (answer.location.partition("?")[0], answer.query) == (BYE, {"state": "until later"})
        silent = visit(site, browser, party, prompt="none")
        with pytest.raises(PartyError) as refused:
            party.finish(silent.location)
    assert refused.value.error == "login_required"


def test_openid_client_introspects_and_revokes(node: str, live_site: Site) -> None:
    site = live_site
    app = site.application("revoking", require_auth_time=True)
    with openid_client(node, site, app) as party:
        _, tokens = sign_in(site, party, "pania")
        found = party.do("introspect", token=tokens["access_token"])
        assert (found["active"], found["client_id"]) == (True, app.client_id)
        assert (found["acr"], found["amr"]) == (ONE, ["pwd"])
        assert found["auth_time"] == tokens["claims"]["auth_time"]

        party.do("revoke", token=tokens["refresh_token"])
        for token in (tokens["access_token"], tokens["refresh_token"]):
            assert party.do("introspect", token=token) == {"active": False}
        with pytest.raises(PartyError) as refused:
            party.do("refresh", token=tokens["refresh_token"])
    assert refused.value.error == "invalid_grant"


def test_a_resource_server_introspects_the_tokens_of_others(node: str, live_site: Site) -> None:
    site = live_site
    reader = site.application("reader", resource_server=True)
    stranger = site.application("stranger")
    with openid_client(node, site, site.application("owner")) as party:
        _, tokens = sign_in(site, party, "moana")
    with openid_client(node, site, reader) as party:
        found = party.do("introspect", token=tokens["access_token"])
        assert (found["active"], found["sub"]) == (True, tokens["claims"]["sub"])
    with openid_client(node, site, stranger) as party:
        assert party.do("introspect", token=tokens["access_token"]) == {"active": False}


def test_openid_client_gets_a_token_of_its_own(node: str, live_site: Site) -> None:
    site = live_site
    app = site.application("machine", grant_types=["authorization_code", "client_credentials"])
    with openid_client(node, site, app) as party:
        token = party.do("own")
        assert token["token_type"] == "bearer"
        assert "refresh_token" not in token
        assert party.do("introspect", token=token["access_token"])["active"]


def test_openid_client_has_a_pay_run_agreed_to_with_a_second_step(
    node: str, live_site: Site
) -> None:
    site = live_site
    app = clerk(site)
    with openid_client(node, site, app) as party:
        browser = site.browser()
        asked = {"authorization_details": details(), **STRONG}
        browser.open(party.do("authorizePushed", **asked).removeprefix(site.issuer))
        browser.sign_in("tane")
        page = browser.enrol_totp()
        assert SAID in plain(page.text)
        told = party.finish(browser.submit("/consent", decision="allow").location)
        assert (told["authorization_details"], told["claims"]["acr"]) == ([RUN], MFA)
        shown = party.do("introspect", token=told["access_token"])
        assert (shown["authorization_details"], shown["acr"]) == ([RUN], MFA)
        browser.open(party.do("authorizePushed", **asked).removeprefix(site.issuer))
        with pytest.raises(PartyError) as refused:
            party.finish(browser.submit("/consent", decision="deny").location)
        assert refused.value.error == "access_denied"
        with pytest.raises(PartyError) as refused:
            party.do("authorizePushed", authorization_details='[{"type": "bonus"}]')
        assert refused.value.error == "invalid_authorization_details"
