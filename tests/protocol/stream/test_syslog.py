"""The stream to a real rsyslog over TLS: every event, whole, whatever the names in it."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from idp.audit import Event
from idp.audit.streaming import syslog
from idp.store.db.statements import Statement
from tests.protocol.stream.conftest import happen, sender
from tests.support.programs.https import HttpsServer, write_authority
from tests.support.programs.rsyslog import Rsyslog
from tests.support.read_cef import read_cef, shown
from tests.support.site import Site

HOSTILE = (
    "one\ntwo",
    "<134>1 2026-11-30T00:00:00Z evil evil - - - forged",
    "\n57 <134>1 2026-11-30T00:00:00Z evil evil - - - forged",
    "x| CEF:0|Evil|Evil|1|e|e|10|suser=admin",
    "nul\0bell\x07\ttab\u202ebidi\u2028line",
    "tāne 山",
    "long " + "x" * 20_000,
)


def site_for(folder: Path, database_url: str, port: int, authority: Path, form: str) -> Site:
    settings = {
        "stream__to": f"syslog+tls://localhost:{port}#{form}",
        "stream__ca_bundle": str(authority),
    }
    site = Site(folder, database_url, **settings)
    sender(site).send()
    return site


@pytest.fixture
def collector(rsyslog: None, tmp_path: Path) -> Iterator[Rsyslog]:
    folder = tmp_path / "collector"
    folder.mkdir()
    found = Rsyslog(folder)
    found.start()
    yield found
    found.stop()


@pytest.mark.slow
@pytest.mark.parametrize("form", ["ocsf", "cef"])
def test_a_collector_reads_each_event_once_whatever_stands_in_it(
    collector: Rsyslog, tmp_path: Path, form: str
) -> None:
    url = f"sqlite:///{tmp_path / 'acrux.sqlite'}"
    site = site_for(tmp_path, url, collector.port, collector.authority, form)
    for text in HOSTILE:
        happen(site, 1, text)
    assert sender(site).send().sent == len(HOSTILE)
    read = collector.stop(len(HOSTILE))
    assert len(read) == len(HOSTILE)
    for (pri, _, host, app, kind, said), text in zip(read, HOSTILE, strict=True):
        assert (pri, host, app, kind) == ("110", "localhost", "acrux", Event.HELP_ASKED.value)
        if form == "ocsf":
            assert json.loads(said)["status_detail"] == text
        else:
            assert said.lstrip("\ufeff ").startswith("CEF:0|Acrux|Acrux|1|person:help:asked|")
            assert read_cef(said)["reason"] == shown(text)
    site.close()


@pytest.mark.slow
def test_a_collector_that_was_away_misses_nothing(
    collector: Rsyslog, tmp_path: Path, database_url: str
) -> None:
    site = site_for(tmp_path, database_url, collector.port, collector.authority, "jsonl")
    happen(site, 30)
    assert sender(site).send().sent == 30
    collector.stop(30)
    happen(site, 30)
    report = sender(site).send()
    assert report.sent == 0
    assert report.error is not None
    collector.start()
    site.advance(10)
    assert sender(site).send().sent == 30
    seen = [json.loads(parts[5])["id"] for parts in collector.stop(60)]
    with site.work() as work:
        assert seen == work.column(Statement("SELECT id FROM event ORDER BY id"))[-60:]
    site.close()


@pytest.mark.slow
def test_a_collector_that_closes_before_it_read_everything_gets_it_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(syslog, "SECONDS", 5.0)
    # It speaks TLS and another language, and hangs up.
    server = HttpsServer({}, tmp_path)
    server.start()
    url = f"sqlite:///{tmp_path / 'acrux.sqlite'}"
    site = site_for(tmp_path, url, server.port, server.ca_bundle, "jsonl")
    happen(site, 2000)
    report = sender(site).send()
    assert report.sent == 0
    assert report.error is not None
    server.stop()
    site.close()


def test_a_collector_that_is_somebody_else_gets_nothing(tmp_path: Path) -> None:
    server = HttpsServer({}, tmp_path)
    server.start()
    other = tmp_path / "other"
    other.mkdir()
    write_authority(other, ["localhost"])
    url = f"sqlite:///{tmp_path / 'acrux.sqlite'}"
    site = site_for(tmp_path, url, server.port, other / "authority.pem", "jsonl")
    happen(site)
    assert "certificate is not accepted" in (sender(site).send().error or "")
    server.stop()
    site.close()
