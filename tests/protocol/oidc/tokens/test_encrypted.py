"""What is encrypted to a client: ID tokens, userinfo, introspection (OpenID Connect Core 10.2)."""

import base64
import json
import zlib
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwe, jwk

from idp.oidc.clients import metadata
from idp.oidc.jose.encrypting import ALGS, ENCS
from idp.oidc.provider import offer
from tests.protocol.endpoints import introspect
from tests.protocol.sign_ins import (
    assert_redirect_error,
    assert_token_error,
    code,
    jose_payload,
    userinfo,
)
from tests.support.applications.signing_client import public
from tests.support.programs.https import Answer, https_server
from tests.support.site import Application, Site

OFFLINE = "openid profile offline_access"
CALLBACK = "https://app.example.org/cb"
SIGNED = {"Accept": "application/token-introspection+jwt"}
RSA = jwk.RSAKey.generate_key(2048)
EC = {curve: jwk.ECKey.generate_key(curve) for curve in ("P-256", "P-384", "P-521")}
Key = jwk.RSAKey | jwk.ECKey


def key_set(*keys: dict[str, Any]) -> dict[str, Any]:
    return {"keys": [*keys]}


def for_encryption(key: Key, **members: Any) -> dict[str, Any]:
    return public(key, **{"use": "enc", "kid": "theirs", **members})


def opened(token: str, key: Key, alg: str, enc: str) -> tuple[dict[str, Any], str]:
    """Decrypt as a client does; return header and content."""
    found = jwe.decrypt_compact(token, key, algorithms=[alg, enc])
    assert found.plaintext is not None
    return found.protected, found.plaintext.decode()


@pytest.mark.slow
@pytest.mark.parametrize("alg", ALGS)
def test_an_id_token_is_signed_and_then_encrypted(small_site: Site, alg: str) -> None:
    site, key = small_site, RSA if alg.startswith("RSA") else EC["P-256"]
    site.person("tane")
    for enc in (None, *ENCS):
        data: dict[str, Any] = {} if enc is None else {"id_token_encrypted_response_enc": enc}
        app = site.application(
            f"app-{enc}",
            jwks=key_set(for_encryption(key)),
            id_token_encrypted_response_alg=alg,
            **data,
        )
        first = site.redeem(app, code(site, app, scope=OFFLINE)).json
        again = site.refresh(app, first["refresh_token"]).json
        for token in (first["id_token"], again["id_token"]):
            assert token.count(".") == 4
            header, inner = opened(token, key, alg, enc or "A128CBC-HS256")
            assert (header["cty"], header["kid"]) == ("JWT", "theirs")
            claims = jose_payload(inner)
            assert (claims["aud"], claims["iss"]) == (app.client_id, site.issuer)
            assert "zip" not in header


@pytest.mark.parametrize("curve", ["P-384", "P-521"])
def test_other_curves_do_for_encryption(small_site: Site, curve: str) -> None:
    small_site.person("tane")
    app = small_site.application(
        jwks=key_set(public(EC["P-256"], use="sig"), for_encryption(EC[curve])),
        id_token_encrypted_response_alg="ECDH-ES",
        id_token_encrypted_response_enc="A256GCM",
    )
    token = small_site.redeem(app, code(small_site, app)).json["id_token"]
    assert "." in opened(token, EC[curve], "ECDH-ES", "A256GCM")[1]


@pytest.mark.slow
def test_userinfo_and_introspection_are_encrypted_signed_or_not(small_site: Site) -> None:
    site = small_site
    site.person("tane")
    how = ("ECDH-ES+A128KW", "A128GCM")
    names = ("userinfo_encrypted_response_alg", "userinfo_encrypted_response_enc")
    keys = key_set(for_encryption(EC["P-256"]))
    data: dict[str, Any] = dict(zip(names, how, strict=True))
    plain = site.application("plain", jwks=keys, **data)
    answer = userinfo(site, site.redeem(plain, code(site, plain)).json["access_token"])
    assert answer.headers["Content-Type"] == "application/jwt"
    header, content = opened(answer.text, EC["P-256"], *how)
    assert (json.loads(content)["name"], "cty" in header) == ("Tane", False)

    data["userinfo_signed_response_alg"] = "ES256"
    both = site.application("both", jwks=keys, **data)
    token = site.redeem(both, code(site, both)).json["access_token"]
    header, content = opened(userinfo(site, token).text, EC["P-256"], *how)
    assert (jose_payload(content)["aud"], header["cty"]) == ("both", "JWT")

    api = site.application(
        "api",
        resource_server=True,
        jwks=keys,
        introspection_encrypted_response_alg="ECDH-ES",
        introspection_encrypted_response_enc="A256GCM",
    )
    answer = site.client().send(
        "POST", "/introspect", {"token": token}, api.authentication() | SIGNED
    )
    _, content = opened(answer.text, EC["P-256"], "ECDH-ES", "A256GCM")
    assert jose_payload(content)["token_introspection"]["active"] is True
    # Who does not ask for what is signed gets JSON, as before (RFC 9701 section 4).
    assert introspect(site, api, token).json["active"] is True


@pytest.mark.slow
def test_new_keys_are_fetched_and_where_none_fits_nothing_is_used_up(tmp_path: Path) -> None:
    with https_server({}, tmp_path) as server:
        site = Site(tmp_path, f"sqlite:///{tmp_path / 'acrux.db'}", **server.settings())
        site.person("tane")
        app = site.application(
            jwks_uri=server.url("/jwks"), id_token_encrypted_response_alg="RSA-OAEP-256"
        )
        one = code(site, app)
        assert_token_error(site.redeem(app, one), "temporarily_unavailable", 503)
        server.routes["/jwks"] = Answer(json.dumps(key_set(public(RSA, use="sig"))).encode())
        site.advance(11)
        assert_token_error(site.redeem(app, one), "invalid_request")
        mine = public(RSA, use="enc", kid="first")
        server.routes["/jwks"] = Answer(json.dumps(key_set(public(EC["P-256"]), mine)).encode())
        site.advance(11)
        token = site.redeem(app, one).json["id_token"]
        assert opened(token, RSA, "RSA-OAEP-256", "A128CBC-HS256")[0]["kid"] == "first"
        # What is published next holds once the time is over for which the last was to be kept.
        other = jwk.RSAKey.generate_key(2048)
        new = public(other, use="enc", kid="second")
        server.routes["/jwks"] = Answer(json.dumps(key_set(new)).encode())
        site.advance(601)
        token = site.redeem(app, code(site, app)).json["id_token"]
        assert opened(token, other, "RSA-OAEP-256", "A128CBC-HS256")[0]["kid"] == "second"
        site.close()


@pytest.mark.parametrize("mode", ["jwt", "form_post.jwt"])
def test_answers_by_the_browser_are_encrypted_after_they_were_signed(
    small_site: Site, mode: str
) -> None:
    """JARM section 2.2: a code, and an error, by way of pages and without one."""
    site, key = small_site, EC["P-256"]
    site.person("tane")
    app = site.application(
        jwks=key_set(for_encryption(key)),
        authorization_encrypted_response_alg="ECDH-ES",
        authorization_encrypted_response_enc="A128GCM",
    )
    browser = site.browser()
    browser.authorize(app, response_mode=mode)
    for answer, wanted in (
        (browser.sign_in("tane"), "code"),
        (browser.authorize(app, response_mode=mode, prompt="none"), "code"),
        (site.browser().authorize(app, response_mode=mode, prompt="none"), "error"),
    ):
        fields = answer.query or answer.posted
        assert list(fields) == ["response"]
        header, inner = opened(fields["response"], key, "ECDH-ES", "A128GCM")
        said = jose_payload(inner)
        assert (header["cty"], said["aud"], wanted in said) == ("JWT", app.client_id, True)


ID_ALG, ID_ENC = "id_token_encrypted_response_alg", "id_token_encrypted_response_enc"
REFUSED: dict[str, dict[str, Any]] = {
    "no keys": {ID_ALG: "ECDH-ES"},
    "a key for signatures alone": {
        ID_ALG: "ECDH-ES",
        "jwks": key_set(public(EC["P-256"], use="sig")),
    },
    "a key of another kind": {ID_ALG: "RSA-OAEP-256", "jwks": key_set(public(EC["P-256"]))},
    "a key for another algorithm": {
        ID_ALG: "ECDH-ES",
        "jwks": key_set(public(EC["P-256"], alg="ECDH-ES+A256KW")),
    },
    "an old algorithm": {ID_ALG: "RSA1_5", "jwks": key_set(public(RSA))},
    "a shared secret": {ID_ALG: "dir", "jwks": key_set(public(RSA))},
    "a cipher without more": {ID_ENC: "A256GCM", "jwks": key_set(public(RSA))},
    "an unknown cipher": {ID_ALG: "RSA-OAEP-256", ID_ENC: "none", "jwks": key_set(public(RSA))},
    "a private key": {
        ID_ALG: "ECDH-ES",
        "jwks": key_set(EC["P-256"].as_dict(private=True)),
    },
    "an answer that waits for another server": {
        "authorization_encrypted_response_alg": "ECDH-ES",
        "jwks_uri": "https://app.example.org/jwks",
    },
    "an RSA key with which nothing can be encrypted": {
        ID_ALG: "RSA-OAEP-256",
        "jwks": key_set(public(RSA, n=f"{public(RSA)['n'][:-1]}A")),
    },
    "a browser on the way": {
        ID_ALG: "ECDH-ES",
        "jwks": key_set(public(EC["P-256"])),
        "response_types": ["code id_token"],
    },
}


@pytest.mark.parametrize("data", REFUSED.values(), ids=REFUSED)
def test_what_could_not_be_encrypted_is_not_registered(
    small_site: Site, data: dict[str, Any]
) -> None:
    found = metadata.problems(
        {"redirect_uris": [CALLBACK], **data}, offer(small_site.installation, ("RS256", "ES256"))
    )
    assert any("encrypt" in problem.member for problem in found), found


def test_a_hint_is_what_was_inside(small_site: Site) -> None:
    """OpenID Connect Core 3.1.2.1: who got an ID token encrypted decrypts it for a hint."""
    site, key = small_site, EC["P-256"]
    site.person("tane")
    app = site.application(
        jwks=key_set(for_encryption(key)), id_token_encrypted_response_alg="ECDH-ES"
    )
    browser = site.browser()
    browser.authorize(app)
    token = site.redeem(app, browser.sign_in("tane").query["code"]).json["id_token"]
    inner = opened(token, key, "ECDH-ES", "A128CBC-HS256")[1]
    assert "code" in browser.authorize(app, prompt="none", id_token_hint=inner).query
    assert "error" in browser.authorize(app, prompt="none", id_token_hint=token).query


def bomb() -> str:
    """Return a JWE that says of ten kilobytes that they are ten megabytes."""
    header = {"alg": "dir", "enc": "A128CBC-HS256", "zip": "DEF"}
    packed = zlib.compress(b"0" * 10_000_000)[2:-4]
    parts = (json.dumps(header).encode(), b"", b"0" * 16, packed, b"0" * 16)
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


@pytest.mark.slow
def test_what_comes_encrypted_is_refused_unopened(small_site: Site) -> None:
    site = small_site
    site.person("tane")
    app: Application = site.application(jwks=key_set(public(EC["P-256"])))
    answer = site.client().send(
        "POST", "/par", app.request(client_id=None, request=bomb()), app.authentication()
    )
    assert_token_error(answer, "invalid_request_object")
    assert "encrypted" in answer.json["error_description"]
    short = bomb()[:3000]
    answer = site.browser().authorize(app, request=f"{short}")
    assert_redirect_error(site, answer, "invalid_request_object")
    token = site.redeem(app, code(site, app)).json["access_token"]
    for field in ("token", "subject_token"):
        assert site.client().send(
            "POST", "/introspect", {field: bomb()[:8000]}, app.authentication()
        ).status in (200, 400)
    assert userinfo(site, bomb()[:8000]).status == 401
    assert userinfo(site, token).status == 200
