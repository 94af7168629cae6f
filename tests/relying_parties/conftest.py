"""A provider in real worker processes, for applications that run beside it."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.programs.apache import Apache
from tests.support.programs.https import write_authority
from tests.support.programs.tls import TlsSite
from tests.support.site import Site, free_port


@pytest.fixture(scope="module")
def live_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """An installation on SQLite, served to all tests of a file; each brings its own people."""
    folder = tmp_path_factory.mktemp("site")
    site = Site(folder, f"sqlite:///{folder / 'acrux.db'}")
    with site.serve():
        yield site
    site.close()


@pytest.fixture(scope="module")
def tls_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TlsSite]:
    """The same over TLS; it may call applications on this machine, and they may register."""
    folder = tmp_path_factory.mktemp("site")
    identity = write_authority(folder, ["localhost"])
    authority = folder / "authority.pem"
    site = TlsSite(
        folder,
        identity,
        authority,
        egress__allow="localhost",
        egress__ca_bundle=authority,
        registration__mode="open",
    )
    with site.serve():
        yield site
    site.close()


@pytest.fixture
def apache() -> Iterator[Apache]:
    """A server to be, in a folder that an ordinary user may read too."""
    with tempfile.TemporaryDirectory(prefix="acrux-apache-") as folder:
        yield Apache(Path(folder), free_port())
