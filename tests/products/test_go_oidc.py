"""go-oidc with x/oauth2, in the way of its own example, is registered by --like and signs in."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.products.running import register, running
from tests.products.visitor import Visitor
from tests.support.programs.tls import TlsSite
from tests.support.site import MFA, ONE, Application, free_port

pytestmark = pytest.mark.products


@pytest.fixture(scope="module")
def at(
    go_products: Path, products_site: TlsSite, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The program, registered and running; yields its address."""
    port = free_port()
    address = f"http://localhost:{port}"
    client = register(products_site, "go-oidc", address)
    environ = {
        "ISSUER": products_site.issuer,
        "CLIENT_ID": client.client_id,
        "CLIENT_SECRET": client.secret,
        "REDIRECT_URI": f"{address}/callback",
        "LISTEN": f"localhost:{port}",
        "SSL_CERT_FILE": str(products_site.authority),
    }
    log = tmp_path_factory.mktemp("go-oidc") / "log"
    with running([str(go_products / "idtoken")], port, log, environ):
        yield address


def told(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text)
    return found


def test_its_own_flow_signs_in_and_refreshes(products_site: TlsSite, at: str) -> None:
    secret = products_site.secret()
    sub = products_site.person("go-aroha", totp=secret)
    page = told(
        Visitor(products_site, at, products_site.authority).sign_in("/", "go-aroha", secret).text
    )
    claims = page["claims"]
    assert (claims["sub"], claims["name"]) == (sub, "Go-aroha")
    assert (claims["acr"], claims["amr"]) == ("urn:acrux:acr:mfa-app", ["pwd", "otp", "mfa"])
    assert claims["groups"] == []
    assert page["refreshed"]["acr"] == claims["acr"]
    assert page["refreshed"]["amr"] == claims["amr"]
    assert page["userinfo"]["email"] == "go-aroha@example.org"


def test_a_demand_that_is_met_is_in_the_token(products_site: TlsSite, at: str) -> None:
    secret = products_site.secret()
    products_site.person("go-hemi", totp=secret)
    visitor = Visitor(products_site, at, products_site.authority)
    page = told(visitor.sign_in("/?acr_values=" + MFA, "go-hemi", secret).text)
    assert page["claims"]["acr"] == MFA


def test_without_a_second_factor_the_token_says_so(products_site: TlsSite, at: str) -> None:
    products_site.person("go-kiri")
    page = told(Visitor(products_site, at, products_site.authority).sign_in("/", "go-kiri").text)
    assert page["claims"]["acr"] == ONE


def test_refusals_reach_it_as_errors(products_site: TlsSite, at: str) -> None:
    products_site.person("go-rangi")
    assert (
        Visitor(products_site, at, products_site.authority).cancel("/").text.strip()
        == "access_denied"
    )
    unmet = Visitor(products_site, at, products_site.authority)
    unmet.follow_out(unmet.get("/?claims=" + Application.essential("phrh")))
    page = unmet.come_back(unmet.provider.sign_in("go-rangi"))
    assert page.text.strip() == "unmet_authentication_requirements"
