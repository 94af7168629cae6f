"""Assertions that someone forged: other algorithms, other keys, other kinds of JWT, nonsense."""

import base64
import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwk

from idp.egress import Fetcher
from idp.oidc.client_auth.assertions import Assertions, Audiences, claimed_client
from idp.oidc.client_auth.keys import ClientKeys, InvalidAssertion
from idp.oidc.clients.client import Client
from tests.security.serving.crowd import new_name
from tests.support.applications.signing_client import (
    SigningClient,
    by_key,
    by_secret,
    key_for,
    public,
    sign,
)
from tests.support.site import Site

BY_KEY: dict[str, Any] = {"token_endpoint_auth_method": "private_key_jwt"}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One installation for all tests of this module: nothing here stays."""
    folder = tmp_path_factory.mktemp("site")
    site = Site(folder, f"sqlite:///{folder / 'acrux.db'}")
    yield site
    site.close()


@pytest.fixture
def signer(place: Site) -> SigningClient:
    return by_key(place, new_name("signer"))


def test_typ_is_that_of_an_assertion(signer: SigningClient) -> None:
    def typed(typ: Any) -> str:
        return sign(signer.claims(), signer.key, "ES256", kid="first", typ=typ)

    for typ in ("JWT", "jwt", "client-authentication+jwt", "application/client-authentication+jwt"):
        assert signer.works(typed(typ)), typ
    wrong: list[Any] = ["at+jwt", "logout+jwt", "oauth-authz-req+jwt", "dpop+jwt", "", 7, [], {}]
    for typ in wrong:
        assert not signer.works(typed(typ)), typ


def test_the_algorithm_is_one_for_the_kind_of_client(place: Site) -> None:
    """No key passes for a secret, no secret for a key, and nothing for a signature."""
    signer, sharer = by_key(place, new_name("signer")), by_secret(place, new_name("sharer"))
    rsa = key_for("RS256")
    jwks = {"keys": [public(rsa, kid="first")]}
    by_rsa = by_key(place, new_name("signer"), alg="RS256", jwks=jwks)
    pem = jwk.RSAKey.import_key(public(rsa)).as_pem(private=False)
    for known in (pem, json.dumps(public(rsa)).encode(), public(rsa)["n"].encode(), b""):
        assert not by_rsa.works(sign(by_rsa.claims(), known, "HS256", kid="first"))
    for client in (signer, sharer, by_rsa):
        header = base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()
        body = client.assertion().split(".")[1]
        for unsigned in (f"{header}.{body}.", f"{header}.{body}.x"):
            assert not client.works(unsigned)
    assert not sharer.works(sign(sharer.claims(), key_for("ES256"), "ES256"))
    assert not sharer.works(sign(sharer.claims(), sharer.key, "HS512"))


def test_the_registered_algorithm_is_the_only_one(place: Site) -> None:
    jwks = {"keys": [public(key_for("RS256"), kid="first")]}
    picky = by_key(
        place,
        new_name("picky"),
        alg="PS256",
        jwks=jwks,
        token_endpoint_auth_signing_alg="PS256",
    )
    assert picky.works()
    assert not picky.works(sign(picky.claims(), picky.key, "RS256", kid="first"))


def test_headers_that_bring_a_key_or_a_demand_bring_nothing(signer: SigningClient) -> None:
    thief = key_for("ES256", "thief")
    for header in (
        {"jwk": public(thief)},
        {"jku": "https://thief.example/jwks"},
        {"kid": "first", "jwk": public(thief)},
        {"kid": "../../dev/null"},
        {"kid": ""},
    ):
        assert not signer.works(sign(signer.claims(), thief, "ES256", **header)), header
    demands: list[dict[str, Any]] = [{"crit": ["exp"], "exp": 1}, {"crit": []}, {"b64": True}]
    for more in [*demands, {"zip": "DEF"}]:
        assert not signer.works(sign(signer.claims(), signer.key, "ES256", kid="first", **more))


def test_what_is_signed_must_be_one_object_with_distinct_members(signer: SigningClient) -> None:
    text = json.dumps(signer.claims()).encode()
    for wrong in (
        b"[]",
        b"7",
        b"",
        b"\xff",
        text[:-1] + b', "aud": "x"}',
        text[:-1] + b', "x": NaN}',
        text[:-1] + b', "x": ' + b"[" * 2500 + b"]" * 2500 + b"}",
        text[:-1] + b', "x": ' + b"9" * 5000 + b"}",
        text[:-1] + b', "sub": "\\ud800"}',
    ):
        assert not signer.works(sign(wrong, signer.key, "ES256", kid="first")), wrong[:80]


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=8,
)
_texts = st.text(alphabet=".abcABC019-_=+/ \u20ac", max_size=60)
_names = st.sampled_from(["iss", "sub", "aud", "exp", "iat", "nbf", "jti", "x"])


_headers = st.dictionaries(st.sampled_from(["typ", "kid", "cty", "jwk", "x"]), _json)


@given(changes=st.dictionaries(_names, _json), header=_headers, text=_texts)
def test_nonsense_is_refused_and_breaks_nothing(
    place: Site, changes: dict[str, Any], header: dict[str, Any], text: str
) -> None:
    """Whatever a stranger sends, signed or not, there is one way for it to be wrong."""
    signer = SigningClient(place, "fuzzed", key_for("ES256"), "ES256")
    client = Client("fuzzed", "", jwks={"keys": [public(signer.key)]}, **BY_KEY)
    keys = ClientKeys(Fetcher(place.installation.settings.egress), 600)
    assertions = Assertions(place.installation.keyring, keys)
    audiences = Audiences(place.issuer, frozenset())
    signed = sign({**signer.claims(), **changes}, signer.key, "ES256", **header)
    for sent in (signed, text):
        with place.work() as work, suppress(InvalidAssertion):
            claimed_client(sent)
            assertions.accept(work, client, sent, audiences)
