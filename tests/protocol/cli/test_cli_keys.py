"""`acrux keys`: a new key is published before it signs, and old tokens stay verifiable."""

import pytest

from tests.protocol.command import Acrux
from tests.protocol.sign_ins import jose_header, tokens
from tests.support.site import Site


def published(site: Site) -> set[str]:
    return {key["kid"] for key in site.client().send("GET", "/jwks").json["keys"]}


def signer(site: Site) -> str:
    """Return which key signs for RS256 now."""
    app = site.application(f"app{len(site.events(kind='client:token:issued'))}")
    token = tokens(site, app)["id_token"]
    site.id_token(token)
    return str(jose_header(token)["kid"])


def states(acrux: Acrux) -> dict[str, str]:
    return {key["kid"]: key["state"] for key in acrux.json("keys", "list")}


@pytest.mark.slow
def test_a_new_key_is_published_first_and_signs_later(site: Site) -> None:
    acrux = Acrux(site.environ)
    site.person("tane")
    old = signer(site)
    made = acrux.json("keys", "rotate")
    assert {key["alg"] for key in made} == {"RS256", "ES256"}
    new = next(key["kid"] for key in made if key["alg"] == "RS256")
    assert {old, new} <= published(site)
    assert signer(site) == old
    assert (states(acrux)[old], states(acrux)[new]) == ("signing", "next")
    site.advance(599 - 60)
    assert signer(site) == old
    site.advance(120)
    assert signer(site) == new
    assert {old, new} <= published(site)
    assert (states(acrux)[old], states(acrux)[new]) == ("earlier", "signing")


@pytest.mark.slow
def test_one_key_waits_at_a_time(small_site: Site) -> None:
    acrux = Acrux(small_site.environ)
    acrux("keys", "rotate", "--alg", "ES256")
    count = len(states(acrux))
    assert "waits already" in acrux.refused("keys", "rotate", "--alg", "ES256")
    assert "waits already" in acrux.refused("keys", "rotate")
    assert len(states(acrux)) == count
    acrux("keys", "rotate", "--alg", "RS256")


@pytest.mark.slow
def test_now_means_at_once_and_retires_the_others(site: Site) -> None:
    acrux = Acrux(site.environ)
    site.person("tane")
    old = signer(site)
    waiting = acrux.json("keys", "rotate", "--alg", "RS256")[0]["kid"]
    new = acrux.json("keys", "rotate", "--alg", "RS256", "--now")[0]["kid"]
    assert signer(site) == new
    found = states(acrux)
    assert (found[old], found[waiting], found[new]) == ("retired", "retired", "signing")
    site.advance(700)
    assert signer(site) == new


def test_keys_are_listed_without_their_private_halves(small_site: Site) -> None:
    acrux = Acrux(small_site.environ)
    for key in acrux.json("keys", "list"):
        assert not {"d", "p", "q", "dp", "dq", "qi"} & set(key["public"])
        assert set(key) == {
            *("kid", "alg", "state", "created_at", "active_at", "retired_at", "public"),
        }
    assert acrux("keys", "list").splitlines()[0].split()[:3] == ["KID", "ALG", "STATE"]


def test_every_new_key_is_an_event(small_site: Site) -> None:
    acrux = Acrux(small_site.environ)
    kid = acrux.json("keys", "rotate", "--alg", "ES256")[0]["kid"]
    event = acrux.events(kind="operator:key:added")[-1]
    assert event["reason"] == f"ES256 {kid}"
    assert event["data"]["kid"] == kid


@pytest.mark.slow
def test_the_first_key_of_an_algorithm_signs_at_once(site: Site) -> None:
    acrux = Acrux(site.environ)
    site.person("tane")
    for alg, member in (("PS256", ("RSA", None)), ("EdDSA", ("OKP", "Ed25519"))):
        kid = acrux.json("keys", "rotate", "--alg", alg)[0]["kid"]
        app = site.application(f"app-{alg}", id_token_signed_response_alg=alg)
        token = tokens(site, app)["id_token"]
        assert jose_header(token) == {"alg": alg, "typ": "JWT", "kid": kid}
        keys = site.client().send("GET", "/jwks").json["keys"]
        found = next(key for key in keys if key["kid"] == kid)
        assert (found["kty"], found.get("crv"), found["alg"]) == (*member, alg)
        assert site.id_token(token, algorithms=[alg])["aud"] == f"app-{alg}"


@pytest.mark.slow
def test_a_published_key_stays_the_same_member_for_member(site: Site) -> None:
    acrux = Acrux(site.environ)
    before = site.client().send("GET", "/jwks").json["keys"]
    acrux("keys", "rotate", "--now")
    after = {key["kid"]: key for key in site.client().send("GET", "/jwks").json["keys"]}
    assert [after[key["kid"]] for key in before] == before
    assert len(after) == 2 * len(before)


@pytest.mark.slow
def test_a_key_is_withdrawn_only_when_nobody_needs_it(site: Site) -> None:
    acrux = Acrux(site.environ)
    site.person("tane")
    old = signer(site)
    assert "rotate` first" in acrux.refused("keys", "withdraw", old)
    acrux("keys", "rotate", "--alg", "RS256")
    assert "rotate` first" in acrux.refused("keys", "withdraw", old)
    site.advance(601)
    new = signer(site)
    assert "may need it until" in acrux.refused("keys", "withdraw", old)
    site.advance(43200)
    acrux("keys", "withdraw", old)
    assert old not in published(site)
    assert signer(site) == new
    event = acrux.events(kind="operator:key:withdrawn")[-1]
    assert event["data"] == {"alg": "RS256", "kid": old}
    assert "there is no key" in acrux.refused("keys", "withdraw", old)


@pytest.mark.slow
def test_a_compromised_key_is_trusted_by_nobody_from_now_on(site: Site) -> None:
    acrux = Acrux(site.environ)
    site.person("tane")
    app = site.application("app", post_logout_redirect_uris=["https://app.example.org/bye"])
    token = tokens(site, app)["id_token"]
    old = jose_header(token)["kid"]
    acrux("keys", "rotate", "--alg", "RS256", "--now")
    acrux("keys", "withdraw", old, "--compromised")
    assert old not in published(site)
    parameters = app.request(prompt="none", id_token_hint=token)
    assert site.browser().get("/authorize", **parameters).query["error"] == "invalid_request"
