"""An installation that is backed up, and another to restore it into, with the same keyring."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from idp import clock
from tests.protocol.command import Acrux
from tests.support.programs.postgres import Cluster
from tests.support.site import Site


class Elsewhere:
    """Empty databases of the kind that a site has, each with a copy of the site's keyring."""

    def __init__(self, site: Site, folder: Path, server: Cluster | None) -> None:
        self._site = site
        self._folder = folder
        self._server = server
        self._made: list[str] = []

    def place(self) -> Acrux:
        """Return the command, bound to an installation that holds nothing but the keyring."""
        folder = self._folder / f"place{len(self._made)}"
        folder.mkdir()
        shutil.copy(self._site.folder / "keyring", folder / "keyring")
        if self._server is not None:
            url = self._server.create_database()
        else:
            url = f"sqlite:///{folder / 'acrux.db'}"
        self._made.append(url)
        environ = {
            **self._site.environ,
            "ACRUX_INSTANCE__PATH": str(folder),
            "ACRUX_DATABASE__URL": url,
            "ACRUX_SMS__DIRECTORY": str(folder / "sms"),
            "ACRUX_MAIL__DIRECTORY": str(folder / "mail"),
        }
        return Acrux(environ)

    @contextmanager
    def site(self, acrux: Acrux) -> Iterator[Site]:
        """Run what was restored, at the address and the time of the first."""
        folder = Path(acrux.environ["ACRUX_INSTANCE__PATH"])
        issuer = self._site.issuer
        found = Site(folder, acrux.environ["ACRUX_DATABASE__URL"], server__issuer=issuer)
        found.issuer, found.port = issuer, self._site.port
        found.clock_file.write_text(self._site.clock_file.read_text())
        # Codes of an app until the restore count as used, on a slow machine of a later step, too.
        found._steps = {
            secret: max(step, clock.now() // 30) for secret, step in self._site._steps.items()
        }
        try:
            yield found
        finally:
            found.close()

    def close(self) -> None:
        for url in self._made:
            if self._server is not None:
                self._server.drop_database(url)


@pytest.fixture
def elsewhere(site: Site, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Elsewhere]:
    """Places for what is restored, on the database that the test is for."""
    postgres = "postgresql" in site.environ["ACRUX_DATABASE__URL"]
    server = request.getfixturevalue("postgres_server") if postgres else None
    found = Elsewhere(site, tmp_path, server)
    yield found
    found.close()


def trail(acrux: Acrux, file: Path, *words: str) -> Path:
    """Write the exported trail of an installation into a file."""
    file.write_text(acrux("audit", "export", "--format", "jsonl", *words))
    return file
