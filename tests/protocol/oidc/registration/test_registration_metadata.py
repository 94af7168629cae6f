"""What a client may register of itself (RFC 7591 section 2, OpenID Connect Registration 1.0)."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwk
from joserfc.errors import SecurityWarning

from tests.protocol.registrations import JSON, refusal, register, registered, registering_site
from tests.support.site import REDIRECT_URI, Site

CALLBACK = "https://app.example.org/cb"


@pytest.fixture(scope="module")
def open_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Everyone may register; one for all tests of this module: none looks at another's client."""
    with registering_site(tmp_path_factory.mktemp("site"), throttle__source_limit=10_000) as site:
        yield site


@pytest.mark.parametrize(
    "uri",
    [
        "https://app.example.org/cb#fragment",
        "https://app.example.org/cb#",
        "http://app.example.org/cb",
        "javascript:alert(1)",
        "javascript://app.example.org/%0aalert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "ftp://app.example.org/",
        "myapp:/cb",
        "org.example.app:/cb",
        "/cb",
        "//app.example.org/cb",
        "https:///cb",
        "https://user@app.example.org/cb",
        "http://user@127.0.0.1/cb",
        "https://app.example.org;frame-ancestors/cb",
        "https://app.example.org,/cb",
        "https://app.example.org:port/cb",
        "https://app.example.org/a b",
        'https://app.example.org/"',
        "https://app.example.org\\@evil.example/",
        "https://āpp.example.org/",
        "HTTPS://app.example.org/cb",
        "https://app.example.org:0/cb",
        "https://app.example.org:00443/cb",
        "https://app.example.org/cb?state=x",
        "https://app.example.org/cb?a=b&%73tate",
        "https://app.example.org/\r\nX: y",
        "",
    ],
)
def test_a_web_client_cannot_have_this_redirect_uri(open_site: Site, uri: str) -> None:
    answer = register(open_site, redirect_uris=["https://good.example/cb", uri])
    assert refusal(answer) == "invalid_redirect_uri"
    out = register(open_site, post_logout_redirect_uris=[uri])
    assert refusal(out) == "invalid_client_metadata"


@pytest.mark.parametrize(
    "name", ["code", "state", "iss", "error", "error_description", "session_state", "id_token"]
)
def test_what_an_answer_brings_cannot_stand_in_the_address_already(
    open_site: Site, name: str
) -> None:
    answer = register(open_site, redirect_uris=[f"https://app.example.org/cb?tenant=7&{name}=x"])
    assert refusal(answer) == "invalid_redirect_uri"
    assert "answers bring" in answer.json["error_description"]


@pytest.mark.parametrize(
    ("uri", "kind"),
    [
        ("https://app.example.org/cb?bar=foo", "web"),
        ("https://app.example.org:8443", "web"),
        ("https://xn--pp-1ja.example.org/cb", "web"),
        ("http://127.0.0.1/cb", "web"),
        ("http://[::1]:5000/cb", "native"),
        ("http://localhost:5000/cb", "native"),
        ("org.example.app:/cb", "native"),
        ("https://app.example.org/claimed", "native"),
    ],
)
def test_redirect_uris_of_the_standard_are_registered(open_site: Site, uri: str, kind: str) -> None:
    client = registered(open_site, redirect_uris=[uri], application_type=kind)
    assert client.information["redirect_uris"] == [uri]


def test_a_native_client_learns_that_localhost_without_a_port_is_one_port(open_site: Site) -> None:
    uris = ["http://localhost/cb", "http://127.0.0.1/cb"]
    answer = register(open_site, redirect_uris=uris, application_type="native")
    assert refusal(answer) == "invalid_redirect_uri"
    assert "http://localhost/cb is answered at port 80 alone" in answer.json["error_description"]
    assert "http://127.0.0.1/cb" not in answer.json["error_description"]


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("client_name", ""),
        ("client_name", "x" * 201),
        ("client_name", "Pay\u202eroll"),
        ("client_name", ["Payroll"]),
        ("contacts", "ops@example.org"),
        ("contacts", [7]),
        ("client_uri", "http://app.example.org/"),
        ("logo_uri", "javascript:alert(1)"),
        ("logo_uri", "data:image/png;base64,AA"),
        ("policy_uri", "http://app.example.org/policy"),
        ("tos_uri", "tos"),
        ("initiate_login_uri", "http://app.example.org/start"),
        ("jwks_uri", "http://app.example.org/jwks"),
        ("jwks_uri", "https://127.0.0.1/jwks"),
        ("jwks_uri", "https://169.254.169.254/latest/meta-data"),
        ("jwks_uri", "https://[::1]/jwks"),
        ("jwks_uri", "https://0x7f.1/jwks"),
        ("backchannel_logout_uri", "https://10.0.0.1/out"),
        ("backchannel_logout_uri", "https://app.example.org/out#x"),
        ("frontchannel_logout_uri", "https://other.example.org/out"),
        ("request_uris", ["https://192.168.0.1/request#x"]),
        ("request_uris", ["http://app.example.org/request"]),
        ("sector_identifier_uri", "http://app.example.org/sector"),
        ("sector_identifier_uri", "https://10.1.2.3/sector"),
        ("jwks", {}),
        ("jwks", {"keys": []}),
        ("jwks", {"keys": [7]}),
        ("jwks", {"keys": [{"kty": "oct", "k": "AAAA"}]}),
        ("jwks", {"keys": [{"kty": "RSA", "n": "AQAB", "e": "AQAB"}]}),
        ("jwks", [[]]),
        ("token_endpoint_auth_method", "tls_client_auth"),
        ("token_endpoint_auth_method", "private_key_jwt"),
        ("token_endpoint_auth_method", 7),
        ("token_endpoint_auth_signing_alg", "none"),
        ("id_token_signed_response_alg", "none"),
        ("id_token_signed_response_alg", "HS256"),
        ("userinfo_signed_response_alg", "none"),
        ("request_object_signing_alg", "none"),
        ("request_object_signing_alg", "RS256"),
        ("response_types", ["token"]),
        ("response_types", ["code id_token"]),
        ("response_types", "code"),
        ("grant_types", ["password"]),
        ("grant_types", ["implicit"]),
        ("grant_types", ["client_credentials"]),
        ("grant_types", ["refresh_token"]),
        ("application_type", "desktop"),
        ("subject_type", "private"),
        ("default_max_age", -1),
        ("default_max_age", 10**10),
        ("default_max_age", "60"),
        ("default_max_age", True),
        ("require_auth_time", "true"),
    ],
)
def test_this_metadata_is_refused(open_site: Site, member: str, value: Any) -> None:
    answer = register(open_site, **{member: value})
    assert refusal(answer) == "invalid_client_metadata"
    assert open_site.events()[0].kind == "client:registration:refused"


def test_redirect_uris_are_needed_and_are_strings(open_site: Site) -> None:
    wrongs: list[Any] = [None, [], "https://a.nz/", [1], [None], [["https://a.nz/"]], {}]
    for wrong in wrongs:
        assert refusal(register(open_site, redirect_uris=wrong)) == "invalid_redirect_uri"


def test_keys_that_cannot_be_used_are_refused_at_once(open_site: Site) -> None:
    with pytest.warns(SecurityWarning):
        small = jwk.RSAKey.generate_key(1024)
    for weak in (small, jwk.ECKey.generate_key("P-384")):
        public = {"keys": [weak.as_dict(private=False)]}
        assert refusal(register(open_site, jwks=public)) == "invalid_client_metadata"
    good = jwk.ECKey.generate_key("P-256")
    private = {"keys": [good.as_dict(private=True)]}
    assert refusal(register(open_site, jwks=private)) == "invalid_client_metadata"
    both: dict[str, Any] = {
        "jwks": {"keys": [good.as_dict(private=False)]},
        "jwks_uri": "https://a.nz/jwks",
    }
    assert refusal(register(open_site, **both)) == "invalid_client_metadata"
    client = registered(open_site, jwks=both["jwks"], token_endpoint_auth_method="private_key_jwt")
    assert "client_secret" not in client.information
    assert client.information["jwks"] == both["jwks"]


def test_tokens_in_a_fragment_need_https_and_a_host(tmp_path: Path) -> None:
    implicit = {"response_types": ["id_token"], "grant_types": ["implicit"]}
    with registering_site(tmp_path, oidc__legacy_response_types="true") as site:
        for uri in ("http://127.0.0.1/cb", "https://localhost/cb"):
            answer = register(site, redirect_uris=[uri], **implicit)
            assert refusal(answer) == "invalid_redirect_uri"
        registered(site, redirect_uris=[CALLBACK], **implicit)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'"x"',
        b"null",
        b"{",
        b"redirect_uris=https://a.nz/",
        b'{"redirect_uris": ["https://a.nz/"], "redirect_uris": ["https://b.nz/"]}',
        b'{"redirect_uris": ["https://a.nz/"], "x": {"y": 1, "y": 2}}',
        b'{"redirect_uris": ["https://a.nz/"], "default_max_age": NaN}',
        b'{"redirect_uris": ["https://a.nz/"], "client_name": "\xff"}',
        b'\xef\xbb\xbf{"redirect_uris": ["https://a.nz/"]}',
        b'{"redirect_uris": ["https://a.nz/"], "x": ' + b"[" * 9 + b"]" * 9 + b"}",
        b"[" * 30_000,
        b'{"redirect_uris": ["https://a.nz/"], "default_max_age": ' + b"9" * 5000 + b"}",
    ],
)
def test_a_body_that_is_no_plain_json_object_is_refused(open_site: Site, body: bytes) -> None:
    answer = open_site.client().send("POST", "/register", body, JSON)
    assert refusal(answer) == "invalid_client_metadata"


def test_another_media_type_and_a_huge_body_are_refused_in_json(open_site: Site) -> None:
    good = json.dumps({"redirect_uris": [REDIRECT_URI]})
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""):
        answer = open_site.client().send("POST", "/register", good, {"Content-Type": kind})
        assert refusal(answer) == "invalid_client_metadata", kind
    huge = open_site.client().send("POST", "/register", good + " " * 70_000, JSON)
    assert huge.status == 413
    assert huge.json["error"] == "invalid_client_metadata"
