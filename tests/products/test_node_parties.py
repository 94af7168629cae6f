"""Auth.js, Passport and express-openid-connect: registered by --like, set up by what it prints."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.products.running import HERE, register, running
from tests.products.visitor import Visitor
from tests.support.programs.tls import TlsSite
from tests.support.site import MFA, ONE, free_port

pytestmark = pytest.mark.products

# kind: what makes the settings of it, given what a program of this library has at hand
MODULES = {
    "authjs": "export default () => (\n{}\n)\n",
    "passport": "export default (OpenIDConnectStrategy, verify) =>\n{}\n",
    "express-openid-connect": "export default (auth) =>\n{}\n",
}


@pytest.fixture(scope="module")
def running_party(
    node_products: str, products_site: TlsSite, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Any]:
    """Return what runs a party of a kind."""

    @contextmanager
    def run(kind: str) -> Iterator[str]:
        port = free_port()
        address = f"http://localhost:{port}"
        client = register(products_site, kind, address)
        folder = tmp_path_factory.mktemp(kind)
        settings = folder / "settings.mjs"
        settings.write_text(MODULES[kind].format(client.settings))
        environ = {
            "NODE_EXTRA_CA_CERTS": str(products_site.authority),
            "SESSION_SECRET": "only for the tests, and of some length",
            "NODE_ENV": "production",
        }
        command = [node_products, str(HERE / "node/party.mjs"), kind, str(settings), str(port)]
        with running(command, port, folder / "log", environ):
            yield address

    return run


@pytest.fixture(scope="module")
def authjs(running_party: Callable[[str], Any]) -> Iterator[str]:
    with running_party("authjs") as address:
        yield address


@pytest.fixture(scope="module")
def passport(running_party: Callable[[str], Any]) -> Iterator[str]:
    with running_party("passport") as address:
        yield address


@pytest.fixture(scope="module")
def express(running_party: Callable[[str], Any]) -> Iterator[str]:
    with running_party("express-openid-connect") as address:
        yield address


def begin_authjs(visitor: Visitor) -> dict[str, str]:
    """Return the fields that its sign-in needs: it takes a form of its own alone."""
    return {"csrfToken": visitor.get("/auth/csrf").json()["csrfToken"], "callbackUrl": visitor.at}


def test_authjs_knows_name_address_and_level(products_site: TlsSite, authjs: str) -> None:
    secret = products_site.secret()
    products_site.person("authjs-aroha", totp=secret)
    visitor = Visitor(products_site, authjs, products_site.authority)
    fields = begin_authjs(visitor)
    visitor.sign_in("/auth/signin/acrux", "authjs-aroha", secret, **fields)
    told = visitor.get("/me").json()
    assert told["user"] == {"name": "Authjs-aroha", "email": "authjs-aroha@example.org"}
    assert told["acr"] == MFA


def test_authjs_shows_its_page_when_somebody_gives_up(products_site: TlsSite, authjs: str) -> None:
    visitor = Visitor(products_site, authjs, products_site.authority)
    page = visitor.cancel("/auth/signin/acrux", **begin_authjs(visitor))
    assert "error=" in page.url
    assert visitor.get("/me").json() is None


def test_passport_knows_name_address_and_level(products_site: TlsSite, passport: str) -> None:
    secret = products_site.secret()
    sub = products_site.person("passport-hemi", totp=secret)
    told = (
        Visitor(products_site, passport, products_site.authority)
        .sign_in("/login", "passport-hemi", secret)
        .json()
    )
    assert told["profile"]["id"] == sub
    assert told["profile"]["displayName"] == "Passport-hemi"
    assert told["profile"]["emails"] == [{"value": "passport-hemi@example.org"}]
    assert told["context"]["class"] == MFA


def test_passport_is_told_of_a_refusal(products_site: TlsSite, passport: str) -> None:
    visitor = Visitor(products_site, passport, products_site.authority)
    assert visitor.cancel("/login").status_code in (401, 403, 500)
    assert visitor.get("/me").json() is None


def test_express_openid_connect_signs_in_and_out(products_site: TlsSite, express: str) -> None:
    secret = products_site.secret()
    sub = products_site.person("express-kiri", totp=secret)
    visitor = Visitor(products_site, express, products_site.authority)
    told = visitor.sign_in("/me", "express-kiri", secret).json()
    assert (told["sub"], told["name"], told["acr"]) == (sub, "Express-kiri", MFA)
    assert told["email"] == "express-kiri@example.org"

    back = visitor.come_back(visitor.follow_out(visitor.get("/logout")))
    assert back.url.rstrip("/") == express
    assert visitor.leaves(visitor.get("/me"))
    assert not visitor.is_signed_in_at_the_provider()


def test_express_openid_connect_sees_the_level_of_one_step(
    products_site: TlsSite, express: str
) -> None:
    products_site.person("express-rangi")
    told = (
        Visitor(products_site, express, products_site.authority)
        .sign_in("/me", "express-rangi")
        .json()
    )
    assert told["acr"] == ONE


def test_express_openid_connect_answers_a_refusal_with_an_error(
    products_site: TlsSite, express: str
) -> None:
    page = Visitor(products_site, express, products_site.authority).cancel("/me")
    assert (page.status_code, page.json()["error"]) == (400, "access_denied")
