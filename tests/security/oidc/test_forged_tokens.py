"""Tokens that look like ours and are not; tokens that are ours, in the wrong place."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwk, jwt

from idp import clock
from idp.oidc.tokens.signing_keys import Keys
from tests.support.site import Application, Browser, Site


class Bench:
    """A signed-in browser, its genuine ID token, and a forger's tools."""

    def __init__(self, site: Site) -> None:
        self.site = site
        site.person("tane")
        self.app = site.application()
        self.other = site.application("other")
        self.browser = site.browser()
        self.browser.authorize(self.app)
        tokens = site.redeem(self.app, self.browser.sign_in("tane").query["code"]).json
        self.access: str = tokens["access_token"]
        self.genuine: str = tokens["id_token"]
        header, payload, self.signature = self.genuine.split(".")
        self.header: dict[str, Any] = _decoded(header)
        self.claims: dict[str, Any] = _decoded(payload)
        self.published = site.client().send("GET", "/jwks").json["keys"]

    def signed(self, alg: str = "RS256", typ: Any = "JWT", **claims: Any) -> str:
        """Sign with the real key: what another part of ours might have signed one day."""
        with self.site.work() as work:
            signer = Keys(self.site.installation.keyring, 0).ring(work).signers[alg]
        values = {k: v for k, v in (self.claims | claims).items() if v is not None}
        header = {"alg": alg, "kid": signer.kid, "typ": typ}
        return jwt.encode(header, values, signer.key, algorithms=[alg])

    def public(self, alg: str) -> dict[str, Any]:
        return next(key for key in self.published if key["alg"] == alg)

    def raw(self, header: dict[str, Any], signature: str, **claims: Any) -> str:
        """Put a token together by hand."""
        parts = [_encoded(json.dumps(part).encode()) for part in (header, self.claims | claims)]
        return ".".join([*parts, signature])

    def mac(self, secret: bytes, **header: Any) -> str:
        """Sign with HMAC under something that everyone knows."""
        unsigned = self.raw({"alg": "HS256", "kid": self.header["kid"], **header}, "")
        digest = hmac.digest(secret, unsigned[:-1].encode(), hashlib.sha256)
        return unsigned + _encoded(digest)

    def mine(self, alg: str = "RS256", **header: Any) -> str:
        """Sign with a key of the forger's own."""
        key: Any = (
            jwk.RSAKey.generate_key(2048) if alg == "RS256" else jwk.ECKey.generate_key("P-256")
        )
        full = {"alg": alg, "kid": self.header["kid"], **header}
        if header.get("jwk") == "mine":
            full["jwk"] = key.as_dict(private=False)
        full = {name: value for name, value in full.items() if value is not None}
        return jwt.encode(full, self.claims, key, algorithms=[alg], registry=_lenient())


LOGOUT = "http://schemas.openid.net/event/backchannel-logout"


def _lenient() -> Any:
    from joserfc.jws import JWSRegistry

    return JWSRegistry(algorithms=["RS256", "ES256", "HS256"], strict_check_header=False)


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decoded(part: str) -> Any:
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def _pem(bench: Bench) -> bytes:
    key = jwk.RSAKey.import_key(bench.public("RS256")).public_key
    return bytes(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))


FORGERIES: dict[str, Callable[[Bench], str]] = {
    "nothing": lambda b: "x",
    "dots": lambda b: "..",
    "no signature": lambda b: b.genuine.rpartition(".")[0] + ".",
    "alg none": lambda b: b.raw({"alg": "none"}, ""),
    "alg none with the kid": lambda b: b.raw({"alg": "none", "kid": b.header["kid"]}, ""),
    "alg NONE": lambda b: b.raw({"alg": "NONE", "kid": b.header["kid"]}, b.signature),
    "no alg": lambda b: b.raw({"kid": b.header["kid"]}, b.signature),
    "another person": lambda b: b.raw(b.header, b.signature, sub="somebody-else"),
    "another session": lambda b: b.raw(b.header, b.signature, sid="another"),
    "a bit flipped": lambda b: b.genuine[:-2] + ("AA" if b.genuine[-2:] != "AA" else "BB"),
    "HS256 with the PEM": lambda b: b.mac(_pem(b)),
    "HS256 with the JWK": lambda b: b.mac(json.dumps(b.public("RS256")).encode()),
    "HS256 with the JWKS": lambda b: b.mac(json.dumps({"keys": b.published}).encode()),
    "HS256 with the modulus": lambda b: b.mac(b.public("RS256")["n"].encode()),
    "HS256 with the client secret": lambda b: b.mac((b.app.secret or "").encode()),
    "HS256 with nothing": lambda b: b.mac(b""),
    "HS256 by a kid that is a path": lambda b: b.mac(b"", kid="/dev/null"),
    "the forger's key, our kid": lambda b: b.mine(),
    "the forger's key, its own kid": lambda b: b.mine(kid="mine"),
    "the forger's key, no kid": lambda b: b.mine(kid=None),
    "the forger's key in the header": lambda b: b.mine(jwk="mine"),
    "the forger's key at an address": lambda b: b.mine(jku="https://evil.example/jwks"),
    "the forger's ES256 under our RS256 kid": lambda b: b.mine("ES256"),
    "our ES256 kid with RS256": lambda b: b.mine(kid=b.public("ES256")["kid"]),
    "a kid that is SQL": lambda b: b.mine(kid="' OR 1=1 --"),
    "a kid that is a list": lambda b: b.raw(b.header | {"kid": [b.header["kid"]]}, b.signature),
    "a critical extension": lambda b: b.raw(b.header | {"crit": ["x"], "x": 1}, b.signature),
    "a header that is no object": lambda b: _encoded(b"[1]") + b.genuine[b.genuine.index(".") :],
    "a header that never ends": lambda b: _encoded(b"[" * 3000) + ".x.x",
    "an encrypted token": lambda b: b.genuine + "." + b.signature + ".x",
    "another issuer": lambda b: b.signed(iss="https://evil.example"),
    "an issuer that begins like ours": lambda b: b.signed(iss=b.site.issuer + ".evil.example"),
    "a list of issuers": lambda b: b.signed(iss=[b.site.issuer]),
    "no issuer": lambda b: b.signed(iss=None),
    "no subject": lambda b: b.signed(sub=None),
    "a subject that is no text": lambda b: b.signed(sub=7),
    "no session, so no ID token": lambda b: b.signed(sid=None),
    "an access token": lambda b: b.access,
    "a signed access token": lambda b: b.signed(typ="at+jwt"),
    "a signed access token by its long name": lambda b: b.signed(typ="application/at+jwt"),
    "a signed access token in capitals": lambda b: b.signed(typ="AT+JWT"),
    "a logout token": lambda b: b.signed(typ="logout+jwt", events={LOGOUT: {}}),
    "a logout token without its type": lambda b: b.signed(events={LOGOUT: {}}),
    "a type that nobody knows": lambda b: b.signed(typ="x"),
    "no type at all": lambda b: b.signed(typ=""),
}


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("forged")
    site = Site(folder, f"sqlite:///{folder / 'acrux.db'}")
    yield Bench(site)
    site.close()


def _alive(bench: Bench) -> bool:
    return "code" in bench.browser.authorize(bench.app, prompt="none").query


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_hint_is_no_hint(bench: Bench, forgery: str) -> None:
    token = FORGERIES[forgery](bench)
    answer = bench.browser.authorize(bench.app, prompt="none", id_token_hint=token)
    assert answer.query.get("error") == "invalid_request"
    for verb in ("GET", "POST"):
        form = {"id_token_hint": token}
        url = "/end_session" if verb == "POST" else f"/end_session?id_token_hint={token}"
        asked = bench.browser.http.send(verb, url, form if verb == "POST" else None)
        assert asked.status == 200
        assert "logout-page" in asked.text
    assert _alive(bench)


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_token_opens_nothing(bench: Bench, forgery: str) -> None:
    token = FORGERIES[forgery](bench)
    if token != bench.access:
        bearer = {"Authorization": f"Bearer {token}"}
        assert bench.site.client().send("GET", "/userinfo", None, bearer).status == 401
    assert bench.site.redeem(bench.app, token).status == 400
    assert bench.site.refresh(bench.app, token).status == 400


def test_a_hint_for_another_application_is_refused(bench: Bench) -> None:
    for audience in (
        bench.other.client_id,
        [bench.app.client_id],
        None,
        "",
        bench.app.client_id + "x",
    ):
        answer = bench.browser.authorize(
            bench.app, prompt="none", id_token_hint=bench.signed(aud=audience)
        )
        assert answer.query.get("error") == "invalid_request", audience


def test_the_genuine_token_is_a_hint_even_expired_and_by_either_key(bench: Bench) -> None:
    old = bench.signed(exp=clock.now() - 86400, iat=clock.now() - 87000)
    for token in (bench.genuine, old, bench.signed("ES256")):
        answer = bench.browser.authorize(bench.app, prompt="none", id_token_hint=token)
        assert "code" in answer.query


def test_a_token_of_ours_works_in_its_own_place_alone(bench: Bench) -> None:
    site, app = bench.site, bench.app
    browser: Browser = bench.browser
    granted = browser.authorize(app, scope="openid offline_access")
    code = granted.query["code"]
    refresh = site.redeem(app, code).json["refresh_token"]
    cookie = browser.http.cookies()["acrux"]
    unused = browser.authorize(app).query["code"]
    for token in (unused, refresh, bench.genuine, cookie):
        bearer = {"Authorization": f"Bearer {token}"}
        assert site.client().send("GET", "/userinfo", None, bearer).status == 401
    for token in (bench.access, refresh, bench.genuine, cookie):
        assert site.redeem(app, token).status == 400
    for token in (bench.access, unused, bench.genuine, cookie):
        assert site.refresh(app, token).status == 400
    for token in (bench.access, unused, refresh, bench.genuine):
        thief = site.browser()
        thief.http.set_cookie(token)
        assert thief.authorize(app, prompt="none").query["error"] == "login_required"
    query = site.client().send("GET", f"/userinfo?access_token={bench.access}")
    assert query.status == 401, "RFC 6750 section 2.3 is not offered: addresses end up in logs"
    assert site.redeem(app, unused).status == 200
    assert site.refresh(app, refresh).status == 200


def test_an_application_cannot_use_what_another_was_given(bench: Bench) -> None:
    site, app, other = bench.site, bench.app, bench.other
    granted = bench.browser.authorize(app, scope="openid offline_access")
    tokens = site.redeem(app, granted.query["code"]).json
    assert site.refresh(other, tokens["refresh_token"]).status == 400
    code = bench.browser.authorize(app).query["code"]
    stolen = Application(other.client_id, other.secret, verifier=app.verifier)
    assert site.redeem(stolen, code).status == 400
    assert site.redeem(app, code).status == 200
    assert site.refresh(app, tokens["refresh_token"]).status == 200


def test_no_private_key_is_published(bench: Bench) -> None:
    assert len({key["kid"] for key in bench.published}) == len(bench.published) == 2
    for key in bench.published:
        assert not {"d", "p", "q", "dp", "dq", "qi", "k"} & key.keys()
        assert key["use"] == "sig"
        assert key["alg"] in ("RS256", "ES256")
