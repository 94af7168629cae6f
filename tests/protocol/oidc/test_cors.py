"""Cross-origin requests: what a script of another origin may call, and what it never may."""

import pytest

from tests.support.site import Site

ORIGIN = {"Origin": "https://board.example.org"}
OPEN = (
    ("GET", "/.well-known/openid-configuration"),
    ("GET", "/.well-known/oauth-authorization-server"),
    ("GET", "/jwks"),
    ("POST", "/token"),
    ("GET", "/userinfo"),
    ("POST", "/par"),
    ("POST", "/revoke"),
)
CLOSED = (
    "/authorize",
    "/end_session",
    "/introspect",
    "/register",
    "/account/",
    "/admin/audit/",
    "/interaction/some-sign-in",
)


@pytest.mark.parametrize(("method", "path"), OPEN)
def test_scripts_of_any_origin_may_call_it_but_never_with_a_cookie(
    small_site: Site, method: str, path: str
) -> None:
    preflight = small_site.client().send(
        "OPTIONS",
        path,
        None,
        ORIGIN
        | {
            "Access-Control-Request-Method": method,
            "Access-Control-Request-Headers": "authorization, content-type",
        },
    )
    assert preflight.status == 200
    assert method in preflight.headers["Access-Control-Allow-Methods"].split(", ")
    allowed = preflight.headers["Access-Control-Allow-Headers"].lower().split(", ")
    assert {"authorization", "content-type"} <= set(allowed)
    form = {"token": "x"} if method == "POST" else None
    answer = small_site.client().send(method, path, form, ORIGIN)
    for each in (preflight, answer):
        assert each.headers["Access-Control-Allow-Origin"] == "*"
        assert "Access-Control-Allow-Credentials" not in each.headers


@pytest.mark.parametrize("path", CLOSED)
def test_scripts_of_other_origins_read_nothing_else(small_site: Site, path: str) -> None:
    for method in ("OPTIONS", "GET", "POST"):
        form = {"a": "b"} if method == "POST" else None
        answer = small_site.client().send(method, path, form, ORIGIN)
        found = [name for name in dict(answer.headers) if name.startswith("Access-Control")]
        assert not found, method


def test_an_error_tells_a_script_why(small_site: Site) -> None:
    answer = small_site.client().send("GET", "/userinfo", None, ORIGIN)
    assert answer.status == 401
    exposed = answer.headers["Access-Control-Expose-Headers"]
    assert exposed == "WWW-Authenticate, Retry-After, DPoP-Nonce"
