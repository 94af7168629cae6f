"""Another server of PostgreSQL takes the place of the first: the old one is left at once."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.protocol.store.test_database_away import assert_short, assert_unavailable
from tests.support.applications.application import Application
from tests.support.programs.postgres import Cluster
from tests.support.site import Answer, Site

pytestmark = pytest.mark.postgres
GRANT = {"grant_type": "client_credentials"}


@pytest.fixture
def own_site(tmp_path: Path, own_postgres: Cluster) -> Iterator[Site]:
    """An installation on a PostgreSQL of its own."""
    found = Site(tmp_path, own_postgres.create_database())
    yield found
    found.close()


def ask(site: Site, application: Application) -> Answer:
    return site.client().send("POST", "/token", GRANT, application.authentication())


def test_a_server_that_takes_no_writes_is_a_503_and_is_left_for_the_one_that_does(
    own_site: Site, own_postgres: Cluster, caplog: pytest.LogCaptureFixture
) -> None:
    """As where an address led to a standby for a moment, and leads to the primary again."""
    application = own_site.application(grant_types=["client_credentials"])
    assert ask(own_site, application).status == 200
    engine = own_site.installation.engine
    only_reading = f'ALTER DATABASE "{engine.url.database}" SET default_transaction_read_only = on'
    with own_postgres.connect() as owner:
        owner.execute(only_reading.encode())
        engine.dispose()
        assert_unavailable(ask(own_site, application), program=True)
        assert_unavailable(ask(own_site, application), program=True)
        owner.execute(only_reading.replace("= on", "= off").encode())
    assert ask(own_site, application).status == 200, "a connection of before is still in use"
    assert_short(caplog, "ReadOnlySqlTransaction 25006")
