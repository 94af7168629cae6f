"""The roles of docs/operate.md on PostgreSQL: enough for the service, and not the trail's past."""

import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg
import pytest

from idp.audit import Event
from idp.cli.running.worker import Worker
from idp.settings import values
from tests.protocol.command import Acrux
from tests.support.programs import postgres
from tests.support.programs.documented import OPERATE, samples
from tests.support.site import MFA, MFA_APP, Site

pytestmark = pytest.mark.postgres


@dataclass
class Roles:
    """A database made and granted by the document's statements, with names of its own."""

    cluster: postgres.Cluster
    name: str
    """Of the service's role and of the database alike: `acrux` in the document."""

    def url(self, role: str) -> str:
        return f"postgresql+psycopg://{role}@/{self.name}?host={self.cluster.directory}"

    @property
    def owner(self) -> str:
        return f"{self.name}_owner"

    def run(self, sample: str, role: str, database: str) -> None:
        """Run a sample's statements one by one, as `psql` does."""
        place = str(self.cluster.directory)
        with psycopg.connect(host=place, user=role, dbname=database, autocommit=True) as found:
            for statement in sample.replace("acrux", self.name).split(";"):
                if statement.strip():
                    # A document's text, which psycopg would have literal.
                    found.execute(statement.encode())


@pytest.fixture
def roles(postgres_server: postgres.Cluster) -> Iterator[Roles]:
    found = Roles(postgres_server, f"documented_{secrets.token_hex(4)}")
    made = samples(OPERATE, "sql")[0]
    found.run(made, postgres.USER, "postgres")
    yield found
    postgres_server.drop_database(found.url(found.owner))
    found.run("DROP ROLE acrux; DROP ROLE acrux_owner", postgres.USER, "postgres")


def test_the_service_works_with_the_documented_role_and_cannot_rewrite_the_trail(
    roles: Roles, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    environ = {
        "ACRUX_ENV": "testing",
        "ACRUX_INSTANCE__PATH": str(tmp_path),
        "ACRUX_DATABASE__URL": roles.url(roles.owner),
    }
    Acrux(environ)("init")
    granted = samples(OPERATE, "sql")[1]
    roles.run(granted, roles.owner, roles.name)
    site = Site(tmp_path, roles.url(roles.name))
    secret = site.secret()
    site.person("tane", totp=secret)
    app = site.application(min_acr=MFA)
    browser = site.browser()
    for guess in ("wrong", "wrong"):
        browser.authorize(app)
        browser.sign_in("tane", guess)
    browser.sign_in("tane")
    assert site.claims(app, browser.totp(secret))["acr"] == MFA_APP
    site.browser().open("/authorize", client_id="nobody")
    site.browser().open("/authorize", client_id="nobody")
    assert "!!" not in Acrux(site.environ).run("doctor").stdout
    Acrux(site.environ)("backup", str(tmp_path / "one.acrux-backup"))
    site.advance(3 * 86400)
    worker = Worker(site.installation)
    worker.deliver()
    worker.clean()
    for statement in ("UPDATE event SET reason = ''", "DELETE FROM event"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            roles.run(statement, roles.name, roles.name)
    _retention(site, roles, caplog)
    site.close()


def _retention(site: Site, roles: Roles, caplog: pytest.LogCaptureFixture) -> None:
    """Delete events as soon as the right that the document names is given, and say so before."""
    this = site.installation
    settings = replace(this.settings, retention=values.Retention(30, 30, 0))
    worker = Worker(replace(this, settings=settings))
    site.advance(40 * 86400)
    worker.clean()
    assert "events whose time is over were not deleted: " in caplog.text
    assert not site.events(kind=Event.EVENTS_PRUNED.value)
    [grant] = re.findall(r"`(GRANT DELETE ON event TO acrux;)`", OPERATE.read_text())
    roles.run(grant, roles.owner, roles.name)
    worker.clean()
    assert site.events(kind=Event.EVENTS_PRUNED.value)
