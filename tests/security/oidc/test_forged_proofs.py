"""Proofs of possession that are not right (RFC 9449 section 4.3): each is refused, and for good."""

import base64
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from joserfc import jwk, jws

from idp import clock
from idp.store.db.statements import Statement
from tests.protocol.sign_ins import bearer, code
from tests.support.applications.prover import KEYS, Prover, digest
from tests.support.site import Answer, Site


class Holder:
    """An application's key with an access token that is bound to it."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.prover = Prover(site)
        app = site.application()
        self.token = str(self.prover.redeem(app, code(site, app)).json["access_token"])
        assert self.right().status == 200

    def right(self, **changes: Any) -> Answer:
        return self.shows(self.made(**changes))

    def made(self, **changes: Any) -> str:
        return self.prover.proof("GET", "/userinfo", **{"ath": digest(self.token), **changes})

    def shows(self, proof: str, method: str = "GET", path: str = "/userinfo") -> Answer:
        headers = {"Authorization": f"DPoP {self.token}", "DPoP": proof}
        answer = self.site.client().send(method, path, None, headers)
        self.prover.nonce = answer.headers.get("DPoP-Nonce", self.prover.nonce)
        return answer

    def signed(self, header: dict[str, Any], **changes: Any) -> str:
        """Return a proof whose header is as it is given, signed by the key all the same."""
        said = self.prover.claims("GET", "/userinfo", **{"ath": digest(self.token), **changes})
        key = self.prover.key
        head, body = (_b64(json.dumps(part).encode()) for part in (header, said))
        real = jws.serialize_compact({"alg": "ES256"}, b"x", key, algorithms=["ES256"])
        return f"{head}.{body}.{real.rsplit('.', 1)[1]}"


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@pytest.fixture(scope="module")
def holder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Holder]:
    folder = tmp_path_factory.mktemp("site")
    site = Site(folder, f"sqlite:///{folder / 'acrux.db'}")
    site.person("tane")
    yield Holder(site)
    site.close()


CLAIMS: dict[str, dict[str, Any]] = {
    "no jti": {"jti": None},
    "an empty jti": {"jti": ""},
    "a jti of a number": {"jti": 7},
    "a jti without end": {"jti": "x" * 513},
    "no htm": {"htm": None},
    "another method": {"htm": "POST"},
    "the method in small letters": {"htm": "get"},
    "no htu": {"htu": None},
    "an htu of a list": {"htu": ["x"]},
    "another host": {"htu": "https://evil.example/userinfo"},
    "another path": {"htu": "/token"},
    "a path with more": {"htu": "/userinfo/"},
    "a host with a name before it": {"htu": "http://x@localhost/userinfo"},
    "no address at all": {"htu": "http://["},
    "no iat": {"iat": None},
    "an iat of words": {"iat": "now"},
    "an iat of a flag": {"iat": True},
    "an old iat": {"iat": -120},
    "an iat to come": {"iat": 120},
    "expired": {"exp": -60},
    "not valid yet": {"nbf": 120},
    "an exp of words": {"exp": "soon"},
    "no ath": {"ath": None},
    "the digest of another token": {"ath": digest("another")},
    "an ath of a number": {"ath": 5},
    "a nonce of a list": {"nonce": ["x"]},
}


@pytest.mark.parametrize("changes", CLAIMS.values(), ids=CLAIMS)
def test_a_proof_that_says_something_else_is_refused(
    holder: Holder, changes: dict[str, Any]
) -> None:
    changes = dict(changes)
    for name in ("iat", "exp", "nbf"):
        if type(changes.get(name)) is int:
            changes[name] += clock.now()
    if str(changes.get("htu", "")).startswith("/"):
        changes["htu"] = holder.site.issuer + changes["htu"]
    _refused(holder.right(**changes))


RIGHT: dict[str, dict[str, Any]] = {
    "ten seconds ago": {"iat": -10},
    "in ten seconds": {"iat": 10},
    "claims that nobody knows": {"shoe_size": [44], "sub": "tane"},
    "with exp and nbf": {"exp": 60, "nbf": -60},
    "with a query": {"htu": "{issuer}/userinfo?x=1#y"},
    "the host in capitals": {"htu": "HTTP://LOCALHOST:{port}/userinfo"},
}


@pytest.mark.parametrize("changes", RIGHT.values(), ids=RIGHT)
def test_what_may_be_different_is_accepted(holder: Holder, changes: dict[str, Any]) -> None:
    site, found = holder.site, dict(changes)
    for name in ("iat", "exp", "nbf"):
        if name in found:
            found[name] += clock.now()
    if "htu" in found:
        found["htu"] = found["htu"].format(issuer=site.issuer, port=site.port)
    assert holder.right(**found).status == 200


def _private(holder: Holder) -> str:
    return holder.signed(holder.prover.header(jwk=holder.prover.key.as_dict(private=True)))


def _none(holder: Holder) -> str:
    token = holder.signed(holder.prover.header(alg="none"))
    return token.rsplit(".", 1)[0] + "."


def _by_another(holder: Holder) -> str:
    mine, other = Prover(holder.site), holder.prover
    mine.nonce = other.nonce
    shown = {"jwk": other.key.as_dict(private=False)}
    return mine.proof("GET", "/userinfo", header=shown, ath=digest(holder.token))


def _of_another_key(holder: Holder) -> str:
    mine = Prover(holder.site)
    mine.nonce = holder.prover.nonce
    return mine.proof("GET", "/userinfo", ath=digest(holder.token))


def _by(alg: str) -> Callable[[Holder], str]:
    def made(holder: Holder) -> str:
        mine = Prover(holder.site, alg)
        mine.nonce = holder.prover.nonce
        return mine.proof("GET", "/userinfo", ath=digest(holder.token))

    return made


def _altered(holder: Holder) -> str:
    head, body, signature = holder.made().split(".")
    return f"{head}.{body}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}"


def _twice(holder: Holder) -> str:
    return f"{holder.made()},{holder.made()}"


def _small_rsa(holder: Holder) -> str:
    weak = {"kty": "RSA", "n": _b64(b"\xff" * 128), "e": "AQAB"}
    return holder.signed(holder.prover.header(alg="PS256", jwk=weak))


def _slow_rsa(holder: Holder) -> str:
    slow = {"kty": "RSA", "n": _b64(b"\xff" * 384), "e": _b64(b"\xff" * 383)}
    return holder.signed(holder.prover.header(alg="PS256", jwk=slow))


HEADERS: dict[str, Callable[[Holder], str]] = {
    "no typ": lambda h: h.signed(h.prover.header(typ=None)),
    "the typ of another JWT": lambda h: h.signed(h.prover.header(typ="JWT")),
    "no alg": lambda h: h.signed(h.prover.header(alg=None)),
    "not signed": _none,
    "signed with a secret": _by("HS256"),
    "signed by RS256": _by("RS256"),
    "no key": lambda h: h.signed(h.prover.header(jwk=None)),
    "a key of words": lambda h: h.signed(h.prover.header(jwk="key")),
    "a key of another kind": lambda h: h.signed(
        h.prover.header(jwk=KEYS["PS256"]().as_dict(private=False))
    ),
    "the private key": _private,
    "a secret as the key": lambda h: h.signed(h.prover.header(jwk={"kty": "oct", "k": "AAAA"})),
    "a point that is on no curve": lambda h: h.signed(
        h.prover.header(jwk={"kty": "EC", "crv": "P-256", "x": "AAAA", "y": "AAAA"})
    ),
    "a key of numbers": lambda h: h.signed(
        h.prover.header(jwk={"kty": "EC", "crv": "P-256", "x": 1, "y": 2})
    ),
    "a short RSA key": _small_rsa,
    "an RSA key that keeps us busy": _slow_rsa,
    "an extension that must be understood": lambda h: h.signed(
        h.prover.header(crit=["b64"], b64=False)
    ),
    "signed by another key": _by_another,
    "of another key": _of_another_key,
    "an altered signature": _altered,
    "two proofs": _twice,
    "nothing": lambda _h: "",
    "no JWT": lambda _h: "proof",
    "parts of nothing": lambda _h: "..",
    "without end": lambda _h: "x" * 9000,
}


@pytest.mark.parametrize("made", HEADERS.values(), ids=HEADERS)
def test_a_proof_that_is_made_differently_is_refused(
    holder: Holder, made: Callable[[Holder], str]
) -> None:
    _refused(holder.shows(made(holder)))


def _refused(answer: Answer) -> None:
    assert answer.status == 401, answer.text
    assert answer.json["error"] in ("invalid_dpop_proof", "invalid_token", "use_dpop_nonce")
    assert answer.headers["WWW-Authenticate"].startswith("DPoP ")


def test_a_proof_is_used_once(holder: Holder) -> None:
    proof = holder.made()
    assert holder.shows(proof).status == 200
    again = holder.shows(proof)
    assert (again.status, again.json["error"]) == (401, "invalid_dpop_proof")


def test_a_proof_for_one_address_opens_no_other(holder: Holder) -> None:
    _refused(holder.shows(holder.made(), method="POST"))
    _refused(holder.right(htu=holder.site.issuer + "/token"))


def test_no_proof_makes_a_bearers_token_of_a_bound_one(holder: Holder) -> None:
    headers = {**bearer(holder.token), "DPoP": holder.made()}
    _refused(holder.site.client().send("GET", "/userinfo", None, headers))


@pytest.mark.parametrize("made", HEADERS.values(), ids=HEADERS)
def test_the_token_endpoint_refuses_them_before_it_looks_at_the_client(
    holder: Holder, made: Callable[[Holder], str]
) -> None:
    form = {"grant_type": "authorization_code", "code": "x", "client_id": "nobody"}
    answer = holder.site.client().send("POST", "/token", form, {"DPoP": made(holder)})
    assert (answer.status, answer.json["error"]) == (400, "invalid_dpop_proof")


def test_a_key_is_imported_by_its_numbers_alone(holder: Holder) -> None:
    """Whatever else stands in a JWK changes neither the key nor its thumbprint."""
    key = holder.prover.key.as_dict(private=False)
    shown = key | {"alg": "HS256", "use": "enc", "kid": "x", "x5u": "https://evil.example/"}
    assert holder.right(header={"jwk": shown}).status == 200
    assert jwk.ECKey.import_key(key).thumbprint() == holder.prover.jkt


def test_what_is_refused_at_the_token_endpoint_leaves_nothing_behind(holder: Holder) -> None:
    """A client without a secret is anyone: proofs of theirs must not fill the table."""
    site, stranger = holder.site, Prover(holder.site)
    app = site.application("spa", public=True)
    count = Statement("SELECT count(*) FROM spent")

    def kept() -> int:
        with site.work() as work:
            return int(work.value(count))

    before = kept()
    for _ in range(5):
        assert stranger.redeem(app, "no code").json["error"] == "invalid_grant"
    assert kept() == before
