"""mozilla-django-oidc and allauth: registered by --like, set up by what it prints."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from idp.rp_check import ownership
from tests.products.running import HERE, register, running
from tests.products.visitor import Visitor
from tests.support.programs.tls import TlsSite
from tests.support.site import MFA, free_port

pytestmark = pytest.mark.products

DOCUMENT = Path(__file__).parents[2] / "docs/relying-parties.md"
MOZILLA, ALLAUTH = "mozilla-django-oidc", "allauth"


@contextmanager
def django(
    kind: str, python: Path, site: TlsSite, folder: Path, issuer: str | None = None
) -> Iterator[str]:
    """Run a Django site of a kind; yields its address. `issuer` is another one than the site's."""
    port = free_port()
    address = f"http://localhost:{port}"
    client = register(site, kind, address)
    settings = folder / "printed.py"
    settings.write_text(client.settings.replace(site.issuer, issuer or site.issuer))
    blocks = re.findall(r"^```python\n(.*?)^```$", DOCUMENT.read_text(), re.M | re.S)
    logout = next(block for block in blocks if "def provider_logout" in block)
    (folder / "signing.py").write_text(logout)
    environ = {"REQUESTS_CA_BUNDLE": str(site.authority)}
    if issuer:
        environ["RP_CHECK"] = ownership.word(site.installation.keyring, client.client_id)
    command = [str(python), str(HERE / "python/django_site.py"), kind, str(settings), str(port)]
    with running(command, port, folder / "log", environ):
        yield address


@pytest.fixture(scope="module")
def mozilla(
    python_products: Path, products_site: TlsSite, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    with django(
        MOZILLA, python_products, products_site, tmp_path_factory.mktemp(MOZILLA)
    ) as address:
        yield address


@pytest.fixture(scope="module")
def allauth(
    python_products: Path, products_site: TlsSite, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    with django(
        ALLAUTH, python_products, products_site, tmp_path_factory.mktemp(ALLAUTH)
    ) as address:
        yield address


def test_mozilla_signs_in_and_out_by_the_documents(products_site: TlsSite, mozilla: str) -> None:
    secret = products_site.secret()
    products_site.person("mozilla-aroha", totp=secret)
    visitor = Visitor(products_site, mozilla, products_site.authority)
    told = visitor.sign_in("/oidc/authenticate/", "mozilla-aroha", secret).json()
    assert (told["email"], told["acr"]) == ("mozilla-aroha@example.org", MFA)

    token = visitor.get("/form").json()["csrf"]
    away = visitor.post("/oidc/logout/", csrfmiddlewaretoken=token)
    back = visitor.come_back(visitor.follow_out(away))
    assert back.json()["user"] is None
    assert not visitor.is_signed_in_at_the_provider()


def test_mozilla_lets_nobody_in_who_took_one_step(products_site: TlsSite, mozilla: str) -> None:
    products_site.person("mozilla-hemi")
    page = Visitor(products_site, mozilla, products_site.authority).sign_in(
        "/oidc/authenticate/", "mozilla-hemi"
    )
    assert page.json()["user"] is None


def test_mozilla_goes_home_when_somebody_gives_up(products_site: TlsSite, mozilla: str) -> None:
    assert (
        Visitor(products_site, mozilla, products_site.authority)
        .cancel("/oidc/authenticate/")
        .json()["user"]
        is None
    )


def test_allauth_keeps_both_userinfo_and_id_token(products_site: TlsSite, allauth: str) -> None:
    secret = products_site.secret()
    sub = products_site.person("allauth-kiri", totp=secret)
    visitor = Visitor(products_site, allauth, products_site.authority)
    told = visitor.sign_in("/accounts/oidc/acrux/login/", "allauth-kiri", secret).json()
    assert told["email"] == "allauth-kiri@example.org"
    assert told["extra"]["id_token"]["sub"] == sub
    assert told["extra"]["id_token"]["acr"] == "urn:acrux:acr:mfa-app"
    assert told["extra"]["userinfo"]["name"] == "Allauth-kiri"


def test_allauth_shows_its_page_when_somebody_gives_up(
    products_site: TlsSite, allauth: str
) -> None:
    visitor = Visitor(products_site, allauth, products_site.authority)
    page = visitor.cancel("/accounts/oidc/acrux/login/")
    assert "cancel" in page.url
    assert visitor.get("/me").json()["user"] is None
