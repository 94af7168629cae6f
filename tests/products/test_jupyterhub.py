"""JupyterHub with oauthenticator's Generic: registered by --like, set up by what it prints."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.products.running import HERE, register, running
from tests.products.visitor import Visitor
from tests.support.programs.tls import TlsSite
from tests.support.site import MFA, free_port

pytestmark = pytest.mark.products

PROXY = HERE / "node/node_modules/configurable-http-proxy/bin/configurable-http-proxy"


@pytest.fixture(scope="module")
def at(
    python_products: Path,
    node_products: str,
    products_site: TlsSite,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    """The hub and its proxy; yields its address."""
    folder = tmp_path_factory.mktemp("jupyterhub")
    port = free_port()
    address = f"http://localhost:{port}"
    client = register(products_site, "jupyterhub", address, "--min-acr", MFA)
    (folder / "settings.py").write_text(client.settings)
    environ = {
        "FOLDER": str(folder),
        "PORT": str(port),
        "HUB_PORT": str(free_port()),
        "API_PORT": str(free_port()),
        "NODE": node_products,
        "PROXY": str(PROXY),
        "SSL_CERT_FILE": str(products_site.authority),
    }
    command = [
        *(str(python_products), "-m", "jupyterhub"),
        *("-f", str(HERE / "python/jupyterhub_config.py")),
    ]
    with running(command, port, folder / "log", environ, ready=f"{address}/hub/health"):
        yield address


def test_somebody_with_a_second_step_is_in(products_site: TlsSite, at: str) -> None:
    secret = products_site.secret()
    products_site.person("hub-aroha", totp=secret)
    visitor = Visitor(products_site, at, products_site.authority)
    page = visitor.sign_in("/hub/oauth_login", "hub-aroha", secret)
    assert page.url == f"{at}/hub/home"
    assert "hub-aroha" in page.text


def test_whoever_has_none_sets_one_up_on_the_way_in(products_site: TlsSite, at: str) -> None:
    products_site.person("hub-kiri")
    visitor = Visitor(products_site, at, products_site.authority)
    visitor.follow_out(visitor.get("/hub/oauth_login"))
    visitor.provider.sign_in("hub-kiri")
    assert "hub-kiri" in visitor.come_back(visitor.provider.enrol_totp()).text


def test_signing_out_comes_back_after_a_click(products_site: TlsSite, at: str) -> None:
    """It has no ID token at hand and sends its client_id (RP-Initiated Logout 1.0 section 2)."""
    secret = products_site.secret()
    products_site.person("hub-hemi", totp=secret)
    visitor = Visitor(products_site, at, products_site.authority)
    visitor.sign_in("/hub/oauth_login", "hub-hemi", secret)
    asked = visitor.follow_out(visitor.get("/hub/logout"))
    assert asked.status == 200
    back = visitor.come_back(visitor.provider.submit("/end_session"))
    assert back.url == f"{at}/hub/login"
    assert not visitor.is_signed_in_at_the_provider()


def test_giving_up_is_a_page_of_its_own(products_site: TlsSite, at: str) -> None:
    page = Visitor(products_site, at, products_site.authority).cancel("/hub/oauth_login")
    assert (page.status_code, page.url.partition("?")[0]) == (400, f"{at}/hub/oauth_callback")
