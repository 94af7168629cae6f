"""rsyslog, unmodified, has every checkpoint among its lines."""

import json
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from tests.protocol.ledger.auditing import seal, verifier, write
from tests.protocol.ledger.test_anchors import anchored, follow, signed
from tests.support.programs.rsyslog import Rsyslog
from tests.support.site import Site

__all__ = ["verifier"]


@pytest.fixture(params=[True, False], ids=["tls", "tcp"])
def collector(rsyslog: None, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Rsyslog]:
    """A collector of logs that takes lines over TLS, and one that takes them in the open."""
    folder = tmp_path / "rsyslog"
    folder.mkdir()
    made = Rsyslog(folder, tls=request.param)
    made.start()
    yield made
    made.stop()


def at(collector: Rsyslog, tls: bool) -> str:
    return f"syslog+{'tls' if tls else 'tcp'}://localhost:{collector.port}"


@pytest.mark.rsyslog
def test_a_collector_of_logs_has_lines_that_an_auditor_reads(
    collector: Rsyslog, tmp_path: Path, verifier: ModuleType, request: pytest.FixtureRequest
) -> None:
    tls = "tls" in request.node.callspec.id
    trusted = {"egress__ca_bundle": collector.authority}
    site = Site(tmp_path, "", evidence__anchors=at(collector, tls), **trusted)
    try:
        write(site, "a1")
        assert follow(site) == []
        for name in ("a2", "a3"):
            write(site, name)
            seal(site)
        assert site.installation.anchors.follow() == []
        lines = collector.stop(3)
        assert {tuple(line[2:5]) for line in lines} == {("localhost", "acrux", "ledger-checkpoint")}
        kept = "".join(f"{line[5].strip()}\n" for line in lines)
        sizes = [json.loads(line)["checkpoint"].split("\n")[1] for line in kept.splitlines()]
        assert sizes == [str(size) for size in signed(site)[-3:]]
        said = anchored(site, tmp_path, verifier, kept)
        assert (said["verdict"], said["anchored"]) == ("ok", 3)
    finally:
        site.close()


@pytest.mark.rsyslog
@pytest.mark.parametrize("collector", [True], indirect=True)
def test_a_collector_that_no_authority_vouches_for_gets_nothing(
    collector: Rsyslog, tmp_path: Path
) -> None:
    site = Site(tmp_path, "", evidence__anchors=at(collector, True))
    try:
        write(site, "a1")
        [line] = follow(site)
        assert "certificate is not accepted" in line
        assert collector.stop() == []
    finally:
        site.close()
