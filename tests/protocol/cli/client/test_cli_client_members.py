"""`acrux client` and every member that can be registered; tokens for clients to register with."""

import json
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwk

from idp.oidc.clients import key_material
from idp.oidc.clients.client import MEMBERS
from tests.protocol.command import Acrux
from tests.protocol.registrations import registered, registering_site
from tests.support.programs.https import https_server
from tests.support.site import REDIRECT_URI, Site

ADD = ("client", "add", "Payroll", "--redirect-uri", REDIRECT_URI, "--id", "payroll")
PUBLIC_KEY = jwk.ECKey.generate_key("P-256").as_dict(private=False)
API = "https://pay.a.nz"
PAYS = {"scopes": {"pay:read": {}}, "types": {"pay": {"words": {"en": "Pay"}}}}
VALUES: dict[str, tuple[str, Any]] = {
    "redirect_uris": ("https://a.nz/1,https://a.nz/2", ["https://a.nz/1", "https://a.nz/2"]),
    "post_logout_redirect_uris": ("https://a.nz/out", ["https://a.nz/out"]),
    "response_types": ("code", ["code"]),
    "grant_types": ("authorization_code", ["authorization_code"]),
    "application_type": ("native", "native"),
    "contacts": ("ops@a.nz, it@a.nz", ["ops@a.nz", "it@a.nz"]),
    "client_uri": ("https://a.nz/", "https://a.nz/"),
    "logo_uri": ("https://a.nz/logo", "https://a.nz/logo"),
    "policy_uri": ("https://a.nz/policy", "https://a.nz/policy"),
    "tos_uri": ("https://a.nz/tos", "https://a.nz/tos"),
    "initiate_login_uri": ("https://a.nz/start", "https://a.nz/start"),
    "scope": ("openid email", "openid email"),
    "token_endpoint_auth_method": ("client_secret_post", "client_secret_post"),
    "token_endpoint_auth_signing_alg": ("ES256", "ES256"),
    "jwks": (json.dumps({"keys": [PUBLIC_KEY]}), {"keys": [PUBLIC_KEY]}),
    "jwks_uri": ("https://a.nz/jwks", "https://a.nz/jwks"),
    "request_uris": ("https://a.nz/request#x", ["https://a.nz/request#x"]),
    "request_object_signing_alg": ("PS256", "PS256"),
    "require_signed_request_object": ("yes", True),
    "require_pushed_authorization_requests": ("yes", True),
    "dpop_bound_access_tokens": ("yes", True),
    "tls_client_certificate_bound_access_tokens": ("yes", True),
    "tls_client_auth_subject_dn": ("CN=pay,O=A", "CN=pay,O=A"),
    "tls_client_auth_san_dns": ("pay.a.nz", "pay.a.nz"),
    "tls_client_auth_san_uri": ("https://a.nz/pay", "https://a.nz/pay"),
    "tls_client_auth_san_ip": ("2001:db8::1", "2001:db8::1"),
    "tls_client_auth_san_email": ("pay@a.nz", "pay@a.nz"),
    "id_token_encrypted_response_alg": ("ECDH-ES", "ECDH-ES"),
    "id_token_encrypted_response_enc": ("A256GCM", "A256GCM"),
    "userinfo_encrypted_response_alg": ("ECDH-ES+A128KW", "ECDH-ES+A128KW"),
    "userinfo_encrypted_response_enc": ("A128GCM", "A128GCM"),
    "authorization_encrypted_response_alg": ("ECDH-ES", "ECDH-ES"),
    "authorization_encrypted_response_enc": ("A256GCM", "A256GCM"),
    "introspection_encrypted_response_alg": ("ECDH-ES+A256KW", "ECDH-ES+A256KW"),
    "introspection_encrypted_response_enc": ("A256CBC-HS512", "A256CBC-HS512"),
    "id_token_signed_response_alg": ("ES256", "ES256"),
    "userinfo_signed_response_alg": ("RS256", "RS256"),
    "authorization_signed_response_alg": ("RS256", "RS256"),
    "introspection_signed_response_alg": ("ES256", "ES256"),
    "backchannel_token_delivery_mode": ("poll", "poll"),
    "backchannel_client_notification_endpoint": ("https://a.nz/ping", "https://a.nz/ping"),
    "backchannel_authentication_request_signing_alg": ("ES256", "ES256"),
    "subject_type": ("pairwise", "pairwise"),
    "sector_identifier_uri": ("https://a.nz/sector", "https://a.nz/sector"),
    "backchannel_logout_uri": ("https://a.nz/back", "https://a.nz/back"),
    "backchannel_logout_session_required": ("true", True),
    "frontchannel_logout_uri": ("https://a.nz/front", "https://a.nz/front"),
    "frontchannel_logout_session_required": ("1", True),
    "default_acr_values": ("urn:acrux:acr:mfa", ["urn:acrux:acr:mfa"]),
    "default_max_age": ("60", 60),
    "require_auth_time": ("true", True),
    "pkce": ("optional", "optional"),
    "exchange_from": ("web", ["web"]),
    "profile": ("fapi2", "fapi2"),
    "strict_authentication": ("yes", True),
    "assertion_audience": ("issuer", "issuer"),
    "audience": ("https://api.a.nz", ["https://api.a.nz"]),
    "access_token_format": ("jwt", "jwt"),
    "access_token_signing_alg": ("ES256", "ES256"),
    "resource_server": ("true", True),
    "min_acr": ("urn:acrux:acr:1fa", "urn:acrux:acr:1fa"),
    "acr_values_mode": ("required", "required"),
    "accepts_bootstrap": ("false", False),
    "first_party": ("true", True),
    "vouched": ("yes", True),
    "id_token_claims": ("scope", "scope"),
    "userinfo_sign_in": ("true", True),
    "groups_claim": ("teams", "teams"),
    "roles_claim": ("realm_access.roles", "realm_access.roles"),
    "groups_prefix": ("Ward", "Ward"),
    "roles_prefix": ("payroll:", "payroll:"),
    "claim_mapping": ('{"mail": {"from": "email"}}', {"mail": {"from": "email"}}),
    "access_token_lifetime": ("60", 60),
    "id_token_lifetime": ("86400", 86400),
    "refresh_token_idle": ("3600", 3600),
    "refresh_token_lifetime": ("7776000", 7776000),
    "rotate_refresh_tokens": ("no", False),
    "sign_in_words": ('{"en": "Hello."}', {"en": "Hello."}),
    "logo": ("A" * 43 + ".png", "A" * 43 + ".png"),
    "support_email": ("help@a.nz", "help@a.nz"),
    "support_phone": ("0800 123 456", "0800 123 456"),
    "support_url": ("https://a.nz/help", "https://a.nz/help"),
    "first_ways": ("webauthn,totp", ["webauthn", "totp"]),
    "forward_origin": ("https://wiki.a.nz", "https://wiki.a.nz"),
    "forward_paths": ('{"/a": {"public": true}}', {"/a": {"public": True}}),
    "switched_off": ("true", True),
    "api_scopes": ("acrux:people:read", ["acrux:people:read"]),
    "resource_scopes": (json.dumps({API: ["pay:read"]}), {API: ["pay:read"]}),
    "authorization_details_types": ("pay", ["pay"]),
    "speaks_for": (API, [API]),
}
ENCRYPTED = {f"{what}_encrypted_response" for what in key_material.ENCRYPTED}
NEEDED = {"forward_paths": ("forward_origin=https://wiki.a.nz",)} | {
    f"{what}_enc": (f"{what}_alg=ECDH-ES",) for what in ENCRYPTED
}
NEEDS_KEYS = {
    *("request_object_signing_alg", "require_signed_request_object"),
    "backchannel_authentication_request_signing_alg",
    *(f"{what}_{part}" for what in ENCRYPTED for part in ("alg", "enc")),
}
FETCHED = "sector_identifier_uri"
"""Looked up at once: see below."""
HELD_TO = "profile"
"""It needs much else: see `test_profiles`."""
CERTIFICATES = "tls_client_certificate_bound_access_tokens"
"""It needs a setting: see `test_mutual_tls`."""


@pytest.mark.slow
def test_every_member_can_be_set_and_shown(small_acrux: Acrux) -> None:
    assert set(VALUES) == set(MEMBERS)
    small_acrux(*ADD)
    small_acrux("api", "add", "pay", API, json.dumps(PAYS))
    keys = f"jwks={VALUES['jwks'][0]}"
    for name, (text, value) in VALUES.items():
        if name in (FETCHED, HELD_TO, CERTIFICATES):
            continue
        more = *((keys,) if name in NEEDS_KEYS else ()), *NEEDED.get(name, ())
        shown = small_acrux.json("client", "set", "payroll", f"{name}={text}", *more)
        assert shown[name] == value, name
        small_acrux(
            *("client", "set", "payroll", f"{name}=", "jwks=", "forward_origin="),
            *(f"{what}_alg=" for what in ENCRYPTED),
            f"redirect_uris={REDIRECT_URI}",
        )


def test_every_member_can_be_given_at_once(small_acrux: Acrux) -> None:
    words = [
        *("--set", f"contacts={VALUES['contacts'][0]}", "--set", "default_max_age=60"),
        *("--set", "scope=openid email", "--set", f"jwks={VALUES['jwks'][0]}"),
        *("--set", "contacts=more@a.nz"),
    ]
    small_acrux(*ADD, *words, "--auth-method", "private_key_jwt")
    shown = small_acrux.json("client", "show", "payroll")
    assert shown["contacts"] == ["ops@a.nz", "it@a.nz", "more@a.nz"]
    assert shown["default_max_age"] == 60
    assert shown["jwks"] == {"keys": [PUBLIC_KEY]}
    assert shown["token_endpoint_auth_method"] == "private_key_jwt"
    assert shown["manages_itself"] is False


def test_a_client_without_people_needs_no_redirect_uri(small_acrux: Acrux) -> None:
    made = small_acrux.json("client", "add", "Robot", "--set", "grant_types=client_credentials")
    assert made["client_secret"]
    line = small_acrux.refused("client", "add", "Payroll")
    assert "at least one redirect URI" in line


@pytest.mark.slow
def test_keys_and_lists_come_from_files(small_acrux: Acrux, tmp_path: Path) -> None:
    keys, uris = tmp_path / "jwks.json", tmp_path / "uris.json"
    keys.write_text(json.dumps({"keys": [PUBLIC_KEY]}))
    uris.write_text(json.dumps(["https://a.nz/a,b"]))
    small_acrux(*ADD)
    shown = small_acrux.json("client", "set", "payroll", f"jwks=@{keys}", f"redirect_uris=@{uris}")
    assert shown["jwks"] == {"keys": [PUBLIC_KEY]}
    assert shown["redirect_uris"] == ["https://a.nz/a,b"]
    keys.write_text("[1]")
    for value, says in (
        (f"jwks=@{keys}", "must be a JSON object"),
        (f"redirect_uris=@{keys}", "must be a list of strings"),
        (f"jwks=@{tmp_path / 'nothing'}", "cannot be read"),
        ("jwks={", "must be a JSON object"),
        ("jwks={}", "JSON Web Key Set"),
    ):
        assert says in small_acrux.refused("client", "set", "payroll", value)


@pytest.mark.parametrize(
    "words",
    [
        ("--set", f"redirect_uris={REDIRECT_URI}"),
        ("--set", "name=Other"),
        ("--min-acr", "urn:acrux:acr:1fa", "--set", "min_acr=urn:acrux:acr:mfa"),
        ("--public", "--set", "token_endpoint_auth_method=client_secret_post"),
    ],
)
def test_a_member_given_twice_is_wrong_usage(small_acrux: Acrux, words: tuple[str, ...]) -> None:
    assert small_acrux.run(*ADD, *words).exit_code == 2


def test_the_list_of_members_says_what_they_are(small_bare: Acrux) -> None:
    found = {member["name"]: member for member in small_bare.json("client", "members")}
    assert list(found) == list(MEMBERS)
    assert found["min_acr"] == {
        "name": "min_acr",
        "type": "text",
        "default": None,
        "registered_by": "operator",
        "meaning": MEMBERS["min_acr"].meaning,
    }
    assert found["response_types"]["default"] == ["code"]
    assert found["jwks"]["type"] == "JSON"
    assert "where answers may be sent" in small_bare("client", "members")


def test_a_secret_that_signs_is_drawn_anew_and_kept_sealed(small_acrux: Acrux) -> None:
    first = small_acrux.json(*ADD)["client_secret"]
    method = "token_endpoint_auth_method"
    signs = small_acrux.json("client", "set", "payroll", f"{method}=client_secret_jwt")
    rotated = small_acrux.json("client", "rotate-secret", "payroll")["client_secret"]
    assert len({first, signs["client_secret"], rotated}) == 3
    assert "client_secret" not in small_acrux.json(
        "client", "set", "payroll", f"{method}=client_secret_basic"
    )
    assert rotated not in small_acrux("client", "show", "payroll")
    small_acrux("client", "set", "payroll", f"{method}=private_key_jwt", "jwks_uri=https://a.nz/k")
    line = small_acrux.refused("client", "rotate-secret", "payroll")
    assert line == "payroll authenticates by private_key_jwt: it has no secret"


@pytest.mark.slow
def test_a_sector_is_looked_up_for_the_operator_too(small_site: Site, tmp_path: Path) -> None:
    folder = tmp_path / "network"
    folder.mkdir()
    routes = {"/sector": json.dumps([REDIRECT_URI]).encode()}
    with https_server(routes, folder) as network:
        acrux = Acrux(
            small_site.environ
            | {
                "ACRUX_EGRESS__ALLOW": "localhost",
                "ACRUX_EGRESS__CA_BUNDLE": str(network.ca_bundle),
            }
        )
        sector = f"sector_identifier_uri={network.url('/sector')}"
        acrux(*ADD, "--set", "subject_type=pairwise", "--set", sector)
        change = ("client", "set", "payroll", "redirect_uris=https://a.nz/")
        assert "does not list every redirect URI" in acrux.refused(*change)
        missing = f"sector_identifier_uri={network.url('/nothing')}"
        assert "answers with status 404" in acrux.refused("client", "set", "payroll", missing)
        refused = Acrux(small_site.environ).refused("client", "set", "payroll", sector)
        assert "cannot be fetched" in refused


def test_an_initial_token_is_printed_once_and_recorded(tmp_path: Path) -> None:
    with registering_site(tmp_path, registration__mode="token") as site:
        acrux = Acrux(site.environ)
        token = acrux("client", "initial-token", "--uses", "2", "--days", "1").strip()
        client = registered(site, token)
        assert acrux.json("client", "show", client.client_id)["manages_itself"] is True
        [event] = acrux.events(kind="operator:initial-token:added")
        assert event["data"]["uses"] == 2
        assert token not in acrux("audit", "tail", "-n", "100", "--json")
    for words in (("--uses", "0"), ("--days", "0"), ("--days", "400")):
        assert acrux.run("client", "initial-token", *words).exit_code == 2


def test_an_initial_token_that_nobody_asks_for_is_said_to_be_so(small_acrux: Acrux) -> None:
    result = small_acrux.run("client", "initial-token")
    assert "registration.mode is off" in result.stderr
    assert "shown this once" in result.stderr
