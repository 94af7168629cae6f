"""OpenLDAP's slapd, really started, with TLS of an own authority; an installation that asks it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.protocol.directory.members import THEIRS
from tests.support.programs.slapd import BASE, Slapd
from tests.support.site import Site


@pytest.fixture(scope="module")
def running(slapd: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slapd]:
    made = Slapd(tmp_path_factory.mktemp("slapd"))
    made.start()
    made.fill()
    made.person("ana", THEIRS, employeeType="staff")
    made.add(
        f"cn=Payroll,ou=groups,{BASE}",
        objectClass=["groupOfNames"],
        member=[f"uid=ana,ou=people,{BASE}"],
    )
    yield made
    made.stop()


@pytest.fixture(autouse=True)
def ana_alone(running: Slapd) -> Iterator[None]:
    """What a test adds is nobody's afterwards."""
    yield
    running.forget("ana")


@pytest.fixture
def site(running: Slapd, tmp_path: Path, database_url: str) -> Iterator[Site]:
    made = Site(tmp_path, database_url, **running.settings)
    yield made
    made.close()
