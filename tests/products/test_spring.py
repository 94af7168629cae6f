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
from tests.support.applications.prover import Prover, digest
from tests.support.programs.tls import TlsSite
from tests.support.site import MFA, ONE, Application, free_port

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
---
spring:
  security:
    oauth2:
      client:
        registration:
          machine:
            provider: acrux
            client-id: machine
            client-secret: {secret}
            authorization-grant-type: client_credentials
"""


@pytest.fixture(scope="module")
def machine(products_site: TlsSite) -> Application:
    """A program whose tokens are bound to its key."""
    return products_site.application(
        "machine",
        redirect_uris=[],
        grant_types=["client_credentials"],
        access_token_format="jwt",
        audience=[API],
        dpop_bound_access_tokens=True,
    )


@pytest.fixture(scope="module")
def at(
    java_products: Path,
    products_site: TlsSite,
    machine: Application,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    """The application, over TLS as the back channel needs it; yields its address."""
    folder = tmp_path_factory.mktemp("spring")
    port = free_port()
    address = f"https://localhost:{port}"
    words = ("--set", "access_token_format=jwt", "--set", f"audience={API}")
    client = register(products_site, "spring", address, *words)
    beside = BESIDE.format(port=port, identity=products_site.identity, secret=machine.secret)
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
    assert "the given typ" in refused.headers["WWW-Authenticate"]


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


def test_a_program_gets_a_token_that_is_bound_to_its_key_and_uses_it(
    products_site: TlsSite, at: str
) -> None:
    """Its proofs are made as Spring's page on DPoP makes them; it answers our nonce."""
    asked = {"ask": f"{at}/bound/me"}
    told = requests.get(
        f"{at}/machine", asked, verify=str(products_site.authority), timeout=30
    ).json()
    assert (told["aud"], told["client_id"]) == ([API], "machine")
    assert told["cnf"].keys() == {"jkt"}


def test_an_api_takes_a_bound_token_with_a_proof_of_its_key_alone(
    products_site: TlsSite, at: str, machine: Application
) -> None:
    prover, thief = Prover(products_site), Prover(products_site)
    answer = prover.ask("/token", machine, {"grant_type": "client_credentials"})
    assert answer.json["token_type"] == "DPoP", answer.text
    token, place = answer.json["access_token"], f"{at}/bound/me"

    def call(who: Prover, scheme: str = "DPoP", **changes: Any) -> int:
        said = {"htu": place, "ath": digest(token), "nonce": None, **changes}
        headers = {
            "Authorization": f"{scheme} {token}",
            "DPoP": who.proof("GET", "/", **said),
        }
        told = requests.get(place, headers=headers, verify=str(products_site.authority), timeout=30)
        assert told.status_code != 200 or told.json()["cnf"] == {"jkt": prover.jkt}
        return told.status_code

    assert call(prover) == 200
    assert call(thief) == 401
    assert call(prover, "Bearer") == 401
    assert ask(products_site, at, "/bound/me", token).status_code == 401
    assert call(prover, htu=f"{at}/api/strict") == 401
    assert call(prover, htm="POST") == 401
    assert call(prover, ath=digest("another")) == 401
    assert call(prover, iat=int(time.time()) - 600) == 401
    assert [call(prover, jti=digest(token)) for _ in range(2)] == [200, 401]
