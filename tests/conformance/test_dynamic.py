"""The plan Dynamic: clients register themselves and authenticate by private_key_jwt."""

import json
import time

from tests.conformance import checks, discovery, refreshing, request_objects
from tests.conformance.party import Party, public, rsa_key, sign
from tests.conformance.suite import Suite, text, with_redirect_uri
from tests.conformance.visitor import Page
from tests.support.programs.https import Received

TERMS = "https://openid.net"
KEYS_DELAY = 60
"""Seconds that the suite waits before a client uses a new key."""
ROTATION_SECONDS = 10
"""Every worker process takes a new key up within the seconds of `oidc.cache`."""


def page_for(suite: Suite, party: Party, **changes: str | None) -> Page:
    """Send a person to sign in to `party`; return the first page."""
    request = suite.request(party, **changes)
    return suite.visitor().first_page(suite.metadata["authorization_endpoint"], request)


# -- ID tokens and userinfo


def test_oidcc_idtoken_rs256(dynamic: Suite) -> None:
    party = dynamic.register(id_token_signed_response_alg="RS256")
    assert party.registered["id_token_signed_response_alg"] == "RS256"
    dynamic.flow(party)


def test_oidcc_idtoken_unsigned(dynamic: Suite) -> None:
    """Skipped by the suite, for `none` is not advertised; nor can it be registered."""
    assert "none" not in dynamic.metadata["id_token_signing_alg_values_supported"]
    request = dynamic.registration(id_token_signed_response_alg="none")
    checks.json_error(dynamic.post_registration(request), "invalid_client_metadata")


def test_oidcc_userinfo_rs256(dynamic: Suite) -> None:
    assert "RS256" in dynamic.metadata["userinfo_signing_alg_values_supported"]
    party = dynamic.register(userinfo_signed_response_alg="RS256")
    flow = dynamic.flow(party)
    answer = dynamic.userinfo(flow.access_token)
    assert checks.content_type(answer) == "application/jwt"
    claims = checks.signed_claims(answer.text, dynamic.keys, "RS256")
    assert claims["iss"] == dynamic.metadata["issuer"]
    assert claims["aud"] in (party.client_id, [party.client_id])
    assert "nonce" not in claims
    now = dynamic.provider.now()
    assert now < claims.get("exp", now + 1)
    assert abs(claims.get("iat", now) - now) <= checks.SKEW
    protocol = {"iss", "aud", "iat", "exp", "jti"}
    told = {name: value for name, value in claims.items() if name not in protocol}
    assert told == {"sub": flow.claims["sub"]}


# -- redirect URIs


def test_oidcc_ensure_redirect_uri_in_authorization_request(dynamic: Suite) -> None:
    party = dynamic.register(redirect_uris=[dynamic.redirect_uri, "https://example.org/redirect"])
    page = page_for(dynamic, party, redirect_uri=None)
    assert page.has("error-page")


def test_oidcc_redirect_uri_query_OK(dynamic: Suite) -> None:
    party = dynamic.register(redirect_uris=[f"{dynamic.redirect_uri}?bar=foo"])
    flow = dynamic.flow(party)
    assert flow.callback.fields["bar"] == "foo"


def test_oidcc_redirect_uri_query_mismatch(dynamic: Suite) -> None:
    party = dynamic.register(redirect_uris=[f"{dynamic.redirect_uri}?bar=foo"])
    page = page_for(dynamic, with_redirect_uri(party, f"{dynamic.redirect_uri}?foo=bar"))
    assert page.has("error-page")


def test_oidcc_redirect_uri_query_added(dynamic: Suite) -> None:
    party = dynamic.register()
    page = page_for(dynamic, with_redirect_uri(party, f"{dynamic.redirect_uri}?foo=bar"))
    assert page.has("error-page")


def test_oidcc_redirect_uri_regfrag(dynamic: Suite) -> None:
    request = dynamic.registration(redirect_uris=[f"{dynamic.redirect_uri}#foobar"])
    answer = dynamic.post_registration(request)
    checks.json_error(answer, "invalid_redirect_uri", "invalid_client_metadata")


# -- discovery and registration


def test_oidcc_discovery_endpoint_verification(dynamic: Suite) -> None:
    discovery.verified_for_dynamic_clients(dynamic)


def test_oidcc_server(dynamic: Suite) -> None:
    flow = dynamic.flow(dynamic.register())
    assert flow.party.method == "private_key_jwt"


def test_oidcc_registration_logo_uri(dynamic: Suite) -> None:
    logo = dynamic.url("/logo.png")
    asked = len(dynamic.endpoints.requests)
    party = dynamic.register(logo_uri=logo)
    # No one is shown the picture of a client that no one looked at: the operator does, meanwhile.
    dynamic.provider.command("client", "set", party.client_id, "vouched=yes")
    page = page_for(dynamic, party)
    assert page.has("login-page")
    assert page.has("client-logo")
    assert f'src="{logo}"' in page.text
    assert len(dynamic.endpoints.requests) == asked, "the browser fetches it, not the provider"


def test_oidcc_registration_policy_uri(dynamic: Suite) -> None:
    policy = dynamic.url("/policy.html")
    page = page_for(dynamic, dynamic.register(policy_uri=policy))
    assert page.has("login-page")
    assert page.has("client-policy")
    assert f'href="{policy}"' in page.text


def test_oidcc_registration_tos_uri(dynamic: Suite) -> None:
    """On a host that has nothing to do with the client."""
    page = page_for(dynamic, dynamic.register(tos_uri=TERMS))
    assert page.has("login-page")
    assert page.has("client-tos")
    assert f'href="{TERMS}"' in page.text


def test_oidcc_registration_jwks_uri(dynamic: Suite) -> None:
    key = rsa_key("published", kid=True)
    path = f"/{text(10)}/client1_jwks"
    uri = dynamic.publish(path, json.dumps(public(key)).encode())
    dynamic.flow(dynamic.register(key=key, jwks=None, jwks_uri=uri))


def sector(suite: Suite, *redirect_uris: str) -> dict[str, str]:
    """Publish a list of redirect URIs; return what a client of that sector registers."""
    path = f"/{text(10)}/redirect_uris.json"
    uri = suite.publish(path, json.dumps(redirect_uris).encode())
    return {"subject_type": "pairwise", "sector_identifier_uri": uri}


def test_oidcc_registration_sector_uri(dynamic: Suite) -> None:
    """The suite stops after the registration; here someone signs in as well."""
    assert "pairwise" in dynamic.metadata["subject_types_supported"]
    pairwise = dynamic.flow(dynamic.register(**sector(dynamic, dynamic.redirect_uri)))
    assert pairwise.claims["sub"] != dynamic.flow(dynamic.register()).claims["sub"]


def test_oidcc_registration_sector_bad(dynamic: Suite) -> None:
    request = dynamic.registration(**sector(dynamic, "https://example.com/op"))
    checks.json_error(dynamic.post_registration(request), "invalid_client_metadata")


# -- keys


def test_oidcc_server_rotate_keys(dynamic: Suite) -> None:
    """A new key with a kid of its own; the old ones stay, member for member."""
    address = dynamic.metadata["jwks_uri"]
    before = dynamic.call("GET", address).json["keys"]
    dynamic.provider.command("keys", "rotate", "--alg", "RS256")
    deadline = time.monotonic() + ROTATION_SECONDS
    answer = dynamic.call("GET", address)
    while answer.json["keys"] == before and time.monotonic() < deadline:
        time.sleep(0.05)
        answer = dynamic.call("GET", address)
    checks.published_keys(answer.json)
    after = answer.json["keys"]
    assert all(key in after for key in before)
    (new,) = (key for key in after if key not in before)
    assert new["kid"] not in {key["kid"] for key in before}
    assert new["n"] not in {key.get("n") for key in before}
    assert new.get("use", "sig") == "sig"


def test_oidcc_refresh_token_rp_key_rotation(dynamic: Suite) -> None:
    """The client publishes a new key and uses it when refreshing."""
    old, new = rsa_key("old", kid=True), rsa_key("new", kid=True)
    published = [public(old)]
    path = f"/{text(10)}/client1_jwks"

    def route(_request: Received) -> bytes:
        return json.dumps(published[-1]).encode()

    uri = dynamic.publish(path, route)
    party = dynamic.register(key=old, jwks=None, jwks_uri=uri, grant_types=refreshing.GRANTS)
    flow = refreshing.offline_flow(dynamic, party)
    published.append(public(new))
    party.key = new
    dynamic.provider.advance(KEYS_DELAY)
    refreshing.refreshed(dynamic, flow)


# -- request objects and assertions


def test_oidcc_request_uri_unsigned(dynamic: Suite) -> None:
    request_objects.unsigned_by_reference(dynamic, f"/requests/{text(10)}")


def test_oidcc_request_uri_signed_rs256(dynamic: Suite) -> None:
    """Its address has a fragment, and was registered with it (OIDC Core 6.2)."""
    assert dynamic.metadata["request_uri_parameter_supported"] is True
    path = f"/requests/{text(10)}"
    uri = f"{dynamic.url(path)}#{text(43)}"
    party = dynamic.register(request_uris=[uri], request_object_signing_alg="RS256")
    request = dynamic.request(party)
    claims = {**request, "aud": dynamic.metadata["issuer"], "iss": party.client_id}
    request_objects.publish(dynamic, path, sign(claims, rsa_key("client")))
    sent = request_objects.outside(request, request_uri=uri)
    dynamic.flow(party, request=request, sent=sent)


def test_oidcc_ensure_request_object_with_redirect_uri(dynamic: Suite) -> None:
    request_objects.redirect_uri_inside(dynamic, dynamic.register())


def test_oidcc_refresh_token(dynamic: Suite) -> None:
    refreshing.two_clients_refresh(dynamic)


def test_oidcc_ensure_client_assertion_with_iss_aud_succeeds(dynamic: Suite) -> None:
    dynamic.flow(dynamic.register(), audience=dynamic.metadata["issuer"])
