"""Spring Boot as web application and as API: registered by --like, set up by what it prints."""

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.products.running import register, running
from tests.products.visitor import Visitor
from tests.support.programs.tls import TlsSite
from tests.support.site import MFA, ONE, free_port

pytestmark = pytest.mark.products

API = "https://api.example.org"
PASSWORD = "only-for-the-tests"
TOLD_SECONDS = 30
"""A message to an application leaves at once; this is for a busy machine."""
BESIDE = """
server:
  port: {port}
  ssl:
    certificate: file:{identity}
    certificate-private-key: file:{identity}
"""


@pytest.fixture(scope="module")
def at(
    java_products: Path, products_site: TlsSite, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The application, over TLS as the back channel needs it; yields its address."""
    folder = tmp_path_factory.mktemp("spring")
    port = free_port()
    address = f"https://localhost:{port}"
    words = ("--set", "access_token_format=jwt", "--set", f"audience={API}")
    client = register(products_site, "spring", address, *words)
    beside = BESIDE.format(port=port, identity=products_site.identity)
    (folder / "application.yaml").write_text(client.settings + "\n" + beside)
    trust = folder / "trust.p12"
    subprocess.run(
        [
            *("keytool", "-importcert", "-noprompt", "-storepass", PASSWORD, "-keystore"),
            *(str(trust), "-file", str(products_site.authority)),
        ],
        check=True,
        capture_output=True,
    )
    command = [
        *("java", "-XX:TieredStopAtLevel=1", f"-Djavax.net.ssl.trustStore={trust}"),
        *(f"-Djavax.net.ssl.trustStorePassword={PASSWORD}", "-jar", str(java_products)),
    ]
    with running(command, port, folder / "log"):
        yield address


def signed_in(site: TlsSite, at: str, username: str) -> tuple[Visitor, dict[str, Any]]:
    """Sign in someone with a second factor; return the browser and what the application knows."""
    secret = site.secret()
    site.person(username, totp=secret)
    visitor = Visitor(site, at, site.authority)
    return visitor, visitor.sign_in("/me", username, secret).json()


def ask(site: TlsSite, at: str, path: str, token: str) -> requests.Response:
    """Call the API as a program does."""
    headers = {"Authorization": f"Bearer {token}"}
    return requests.get(at + path, headers=headers, verify=str(site.authority), timeout=30)


def test_it_knows_name_address_and_level(products_site: TlsSite, at: str) -> None:
    _, told = signed_in(products_site, at, "spring-aroha")
    claims = told["claims"]
    assert (claims["acr"], claims["amr"]) == (MFA, ["pwd", "otp", "mfa"])
    assert (claims["name"], claims["email"]) == ("Spring-aroha", "spring-aroha@example.org")


def test_one_step_is_told_as_one(products_site: TlsSite, at: str) -> None:
    products_site.person("spring-kiri")
    told = Visitor(products_site, at, products_site.authority).sign_in("/me", "spring-kiri").json()
    assert told["claims"]["acr"] == ONE


def test_an_api_takes_its_access_tokens_by_the_decoder_of_the_documents(
    products_site: TlsSite, at: str
) -> None:
    _, told = signed_in(products_site, at, "spring-hemi")
    token = told["token"]
    claims = ask(products_site, at, "/api/strict", token).json()
    assert (claims["aud"], claims["acr"]) == ([API], MFA)
    assert claims["sub"] == told["claims"]["sub"]
    assert ask(products_site, at, "/api/strict", token[:-4] + "AAAA").status_code == 401
    refused = ask(products_site, at, "/plain/api", token)
    assert refused.status_code == 401, "Spring takes at+jwt by default now: the documents say not"
    assert "at+jwt not allowed" in refused.headers["WWW-Authenticate"]


def test_signing_out_there_signs_out_here_and_comes_back(products_site: TlsSite, at: str) -> None:
    visitor, _ = signed_in(products_site, at, "spring-rangi")
    field = visitor.get("/csrf").json()
    away = visitor.post("/logout", **{field["name"]: field["token"]})
    assert visitor.come_back(visitor.follow_out(away)).text == "anybody"
    assert not visitor.is_signed_in_at_the_provider()


def test_it_is_told_when_somebody_is_signed_out_elsewhere(products_site: TlsSite, at: str) -> None:
    visitor, _ = signed_in(products_site, at, "spring-moana")
    visitor.provider.open("/end_session")
    visitor.provider.submit("/end_session")
    deadline = time.monotonic() + TOLD_SECONDS
    while time.monotonic() < deadline and not visitor.get("/me").is_redirect:
        continue
    assert visitor.leaves(visitor.get("/me"))


def test_giving_up_leads_to_its_page_of_errors(products_site: TlsSite, at: str) -> None:
    page = Visitor(products_site, at, products_site.authority).cancel("/me")
    assert page.url == f"{at}/login?error"
