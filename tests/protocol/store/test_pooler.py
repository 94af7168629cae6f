"""PgBouncer in transaction mode: every statement may meet another session of the server."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import psycopg
import pytest

from idp.store.db.schema import pooled
from tests.protocol.command import Acrux
from tests.security.serving.crowd import at_once
from tests.support.site import Answer, Application, Site

PEOPLE = 12


@pytest.fixture
def pooled_site(tmp_path: Path, pgbouncer: str) -> Iterator[Site]:
    """An installation whose database is reached through the pooler."""
    found = Site(tmp_path, pgbouncer)
    yield found
    found.close()


def sign_in(site: Site, app: Application, name: str) -> int:
    browser = site.browser()
    browser.authorize(app)
    answer: Answer = browser.sign_in(name)
    return site.redeem(app, answer.query["code"]).status


def test_people_sign_in_at_once_through_a_pooler_and_doctor_names_it(pooled_site: Site) -> None:
    names = [f"person{number}" for number in range(PEOPLE)]
    for name in names:
        pooled_site.person(name)
    app = pooled_site.application()
    for _ in range(2):
        calls = [partial(sign_in, pooled_site, app, name) for name in names]
        assert at_once(calls) == [200] * PEOPLE
    assert pooled(pooled_site.installation.engine)
    assert "through a pooler" in Acrux(pooled_site.environ).run("doctor").stdout


def test_a_direct_connection_is_no_pooler_and_prepares_its_statements(
    tmp_path: Path, database_url: str
) -> None:
    site = Site(tmp_path, database_url)
    try:
        assert not pooled(site.installation.engine)
        if database_url.startswith("postgresql"):
            assert threshold(site) is not None
            site.close()
            site = Site(tmp_path, database_url, database__prepare="never")
            assert threshold(site) is None
    finally:
        site.close()


def threshold(site: Site) -> int | None:
    with site.installation.engine.connect() as connection:
        plain = connection.connection.driver_connection
        assert isinstance(plain, psycopg.Connection)
        return plain.prepare_threshold
