"""The provider that the products of a test process share, and what each kind of them runs on."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import need
from tests.support.programs import installed
from tests.support.programs.https import write_authority
from tests.support.programs.tls import TlsSite


@pytest.fixture(scope="session")
def products_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TlsSite]:
    """A provider over TLS that may call applications on this machine.

    No one moves its clock: the products have the machine's. Each test brings people of its own.
    """
    folder = tmp_path_factory.mktemp("products-site")
    identity = write_authority(folder, ["localhost"])
    authority = folder / "authority.pem"
    site = TlsSite(
        folder,
        identity,
        authority,
        egress__allow="localhost",
        egress__ca_bundle=authority,
        # A refresh token that a product uses twice is always taken for stolen.
        oidc__refresh_grace=0,
    )
    with site.serve():
        yield site
    site.close()


@pytest.fixture(scope="session")
def go_products() -> Path:
    """The folder of the built Go programs."""
    need("go_products")
    return installed.GO


@pytest.fixture(scope="session")
def node_products() -> str:
    """The path of Node; the products' packages are installed beside their scripts."""
    need("node_products")
    return str(shutil.which("node"))


@pytest.fixture(scope="session")
def python_products() -> Path:
    """The Python of the products, apart from Acrux's own."""
    need("python_products")
    return installed.PYTHON


@pytest.fixture(scope="session")
def java_products() -> Path:
    """The packed Java application."""
    need("java_products")
    return installed.JAVA


@pytest.fixture(scope="session")
def nginx() -> str:
    """The path of nginx."""
    need("nginx")
    return str(installed.nginx())
