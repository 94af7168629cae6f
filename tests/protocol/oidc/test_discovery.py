"""Discovery and the published keys: the golden document, and what Authlib makes of it."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata
from authlib.oidc.discovery import OpenIDProviderMetadata, get_well_known_url
from authlib.oidc.rpinitiated import OpenIDProviderMetadata as LogoutMetadata

from idp import clock
from idp.oidc.tokens import signing_keys
from idp.store.oidc import signing_keys as key_store
from tests.protocol.sign_ins import jose_header, tokens
from tests.support.site import Site

ISSUER = "https://id.example.org"
GOLDEN = Path(__file__).parent / "tokens" / "golden" / "openid-configuration.json"
PRIVATE = {"d", "p", "q", "dp", "dq", "qi", "k", "oth"}


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[Site]:
    """An installation whose issuer is https, as in production."""
    found = Site(tmp_path, f"sqlite:///{tmp_path / 'acrux.db'}", server__issuer=ISSUER)
    yield found
    found.close()


def test_the_discovery_document_is_the_golden_one(secure: Site) -> None:
    """Anyone who changes it on purpose writes the file again, and tells the applications."""
    url = get_well_known_url(ISSUER, external=True)
    answer = secure.client().send("GET", url.removeprefix(ISSUER))
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    assert answer.json == json.loads(GOLDEN.read_text())


def test_authlib_finds_no_fault_in_it(secure: Site) -> None:
    document = json.loads(GOLDEN.read_text())
    OpenIDProviderMetadata(document).validate(metadata_classes=[LogoutMetadata])
    AuthorizationServerMetadata(document).validate()


def test_what_is_advertised_exists(secure: Site) -> None:
    document = json.loads(GOLDEN.read_text())
    endpoints = {n: v for n, v in document.items() if n.endswith("_endpoint") or n == "jwks_uri"}
    for name, url in endpoints.items():
        assert url.startswith(ISSUER + "/"), name
        assert secure.client().send("GET", url.removeprefix(ISSUER)).status != 404, name


def test_oauth_clients_find_the_same_document(site: Site) -> None:
    send = site.client().send
    openid = send("GET", "/.well-known/openid-configuration")
    oauth = send("GET", "/.well-known/oauth-authorization-server")
    assert openid.text == oauth.text
    assert openid.json["issuer"] == site.issuer
    assert openid.json["token_endpoint"] == site.issuer + "/token"
    assert "Set-Cookie" not in openid.headers


def test_levels_are_listed_weakest_first_with_their_aliases_and_only_if_reachable(
    tmp_path: Path,
) -> None:
    more = tmp_path / "more.toml"
    more.write_text('[aliases]\n"https://refeds.org/profile/mfa" = "urn:acrux:acr:mfa"\n')
    site = Site(tmp_path, f"sqlite:///{tmp_path / 'acrux.db'}", config=more, sms__backend="off")
    found = site.client().send("GET", "/.well-known/openid-configuration").json
    site.close()
    assert found["acr_values_supported"] == [
        "urn:acrux:acr:1fa",
        "urn:acrux:acr:mfa",
        "urn:acrux:acr:mfa-app",
        "phr",
        "https://refeds.org/profile/mfa",
    ]


def test_the_published_keys_are_public_and_each_has_its_own_kid(site: Site) -> None:
    answer = site.client().send("GET", "/jwks")
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    published = answer.json["keys"]
    assert {(key["alg"], key["kty"], key["use"]) for key in published} == {
        ("RS256", "RSA", "sig"),
        ("ES256", "EC", "sig"),
    }
    assert len({key["kid"] for key in published}) == 2
    assert not any(PRIVATE & key.keys() for key in published)


@pytest.mark.slow
def test_a_new_key_is_published_before_it_signs_and_the_old_one_stays_as_it_was(
    site: Site,
) -> None:
    site.person("tane")
    app = site.application()
    first = tokens(site, app)["id_token"]
    before = site.client().send("GET", "/jwks").json["keys"]
    with site.work() as work:
        kid = signing_keys.generate(
            work, site.installation.keyring, "RS256", active_at=clock.now() + 600
        )
    assert kid in {key["kid"] for key in site.client().send("GET", "/jwks").json["keys"]}
    assert jose_header(tokens(site, app)["id_token"])["kid"] == jose_header(first)["kid"]
    site.advance(601)
    assert jose_header(tokens(site, app)["id_token"])["kid"] == kid
    with site.work() as work:
        key_store.retire(work, "RS256", kid)
    after = site.client().send("GET", "/jwks").json["keys"]
    assert all(key in after for key in before)
    assert len(after) == 3


def test_a_request_for_the_document_keeps_no_connection(site: Site) -> None:
    client = site.client()
    for _ in range(2):
        assert client.send("GET", "/.well-known/openid-configuration").status == 200
        assert site.connections_in_use() == 0
