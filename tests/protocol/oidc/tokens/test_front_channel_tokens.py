"""Tokens of an authorization response: the same issuer, the same rules, bound to their response."""

import base64
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.protocol.endpoints import active, add_key, introspect, revoke
from tests.protocol.sign_ins import assert_token_error, jose_header, userinfo
from tests.support.applications.application import OWNED_URI
from tests.support.site import Answer, Application, Site

CLAIMS = {"iss", "sub", "aud", "iat", "exp", "jti", "acr", "amr", "sid", "nonce"}
HASHES = {"RS256": "sha256", "ES256": "sha256", "EdDSA": "sha512"}


@pytest.fixture
def old_site(tmp_path: Path, database_url: str) -> Iterator[Site]:
    site = Site(tmp_path, database_url, oidc__legacy_response_types="true")
    site.person("tane")
    yield site
    site.close()


def legacy(site: Site, client_id: str = "old", **data: object) -> Application:
    """Register an application whose address is its own, as no loopback address is anyone's."""
    types = ["code", "id_token", "id_token token", "code id_token", "code id_token token"]
    grants = ["authorization_code", "implicit", "refresh_token"]
    data = {"redirect_uris": [OWNED_URI], **data}
    return site.application(client_id, response_types=types, grant_types=grants, **data)  # type: ignore[arg-type]


def sign_in(site: Site, app: Application, response_type: str, **changes: str) -> Answer:
    browser = site.browser()
    browser.authorize(app, response_type=response_type, **changes)
    return browser.sign_in("tane")


@pytest.mark.parametrize("alg", HASHES)
def test_code_token_and_state_are_hashed_into_the_id_token(old_site: Site, alg: str) -> None:
    if alg == "EdDSA":
        add_key(old_site, alg)
    app = legacy(old_site, id_token_signed_response_alg=alg)
    fields = sign_in(old_site, app, "code id_token token").fragment
    claims = old_site.id_token(fields["id_token"], [alg])
    for name, field in (("c_hash", "code"), ("at_hash", "access_token"), ("s_hash", "state")):
        digest = hashlib.new(HASHES[alg], fields[field].encode()).digest()
        half = base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()
        assert claims[name] == half
    assert claims.keys() == CLAIMS | {"c_hash", "at_hash", "s_hash"}


def test_a_signed_access_token_travels_here_too(old_site: Site) -> None:
    app = legacy(old_site, access_token_format="jwt")
    fields = sign_in(old_site, app, "id_token token").fragment
    assert jose_header(fields["access_token"])["typ"] == "at+jwt"
    found = introspect(old_site, app, fields["access_token"]).json
    claims = old_site.id_token(fields["id_token"])
    assert [found[n] for n in ("sub", "acr", "sid")] == [claims[n] for n in ("sub", "acr", "sid")]


@pytest.mark.slow
def test_it_ends_alone_or_with_all_that_the_code_gave(old_site: Site) -> None:
    app = legacy(old_site)
    scope = "openid offline_access"
    first = sign_in(old_site, app, "code id_token token", scope=scope).fragment
    back = old_site.redeem(app, first["code"]).json
    revoke(old_site, app, first["access_token"])
    assert not active(old_site, app, first["access_token"])
    assert active(old_site, app, back["access_token"])
    second = sign_in(old_site, app, "code id_token token", scope=scope).fragment
    back = old_site.redeem(app, second["code"]).json
    revoke(old_site, app, back["refresh_token"])
    for token in (second["access_token"], back["access_token"]):
        assert userinfo(old_site, token).status == 401


def test_a_pairwise_client_sees_one_sub_in_both_id_tokens(old_site: Site) -> None:
    app = legacy(old_site, subject_type="pairwise")
    fields = sign_in(old_site, app, "code id_token").fragment
    back = old_site.redeem(app, fields["code"]).json
    front = old_site.id_token(fields["id_token"])["sub"]
    assert front == old_site.id_token(back["id_token"])["sub"]
    assert front == userinfo(old_site, back["access_token"]).json["sub"]


@pytest.mark.slow
def test_claims_asked_for_come_in_every_id_token_and_scopes_only_without_an_access_token(
    old_site: Site,
) -> None:
    app = legacy(old_site)
    claims = json.dumps({"id_token": {"phone_number": None}})
    alone = sign_in(old_site, app, "id_token", claims=claims).fragment
    found = old_site.id_token(alone["id_token"])
    assert (found["phone_number"], found["email"]) == ("+64211234567", "tane@example.org")
    hybrid = sign_in(old_site, app, "code id_token", claims=claims).fragment
    back = old_site.redeem(app, hybrid["code"]).json
    for token in (hybrid["id_token"], back["id_token"]):
        found = old_site.id_token(token)
        assert found["phone_number"] == "+64211234567"
        assert "email" not in found


@pytest.mark.slow
def test_each_answer_is_in_the_audit_trail(old_site: Site) -> None:
    sign_in(old_site, legacy(old_site), "id_token")
    (event,) = old_site.events(kind="client:token:issued")
    assert (event.client_id, event.username) == ("old", "tane")


def test_without_a_key_for_it_the_person_is_told_and_nothing_is_given(old_site: Site) -> None:
    app = legacy(old_site, id_token_signed_response_alg="EdDSA")
    answer = sign_in(old_site, app, "code id_token")
    assert answer.status in (303, 503)
    assert "code" not in answer.fields
    assert not old_site.events(kind="client:token:issued")
    assert not old_site.events(kind="client:code:issued")
    assert_token_error(old_site.redeem(app, "x"), "invalid_grant")
