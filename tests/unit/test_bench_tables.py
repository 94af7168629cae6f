"""The tables of `make bench`: medians, spread, and peers beside the Acrux on the same database."""

from pathlib import Path

import pytest

from benchmarks import report
from benchmarks.peers import PEERS, Peer
from benchmarks.report import Figures, Start
from benchmarks.statements import Request


def figures(cpu: float, *, others: float = 0.0, load: float = 0.0) -> Figures:
    return Figures(rate=1e6 / cpu, p50=1.0, p99=2.0, cpu=cpu, others=others, load=load)


def rows(text: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines()]


def test_a_peer_is_compared_round_by_round_with_acrux_on_its_database() -> None:
    measured = {
        ("flow", "Acrux sqlite"): [figures(100), figures(200), figures(100)],
        ("flow", "Acrux postgresql"): [figures(1000)] * 3,
        ("flow", "node sqlite FULL"): [figures(150), figures(300), figures(200)],
    }
    asked = {("flow", "Acrux sqlite"): [Request("GET /authorize", 3, 2, 1)] * 2}
    beside = {"node sqlite FULL": "Acrux sqlite", "Acrux sqlite": "", "Acrux postgresql": ""}
    head, _, own, _, peer = rows(report.table(measured, asked, beside))
    of = dict(zip(head, own, strict=True))
    assert (of["CPU us"], of["to Acrux"]) == ("100", "")
    assert (of["SQL"], of["trips"], of["commits"]) == ("6", "4", "2")
    of = dict(zip(head, peer, strict=True))
    assert (of["CPU us"], of["middle half"], of["to Acrux"]) == ("200", "175 to 250", "1.50")
    assert of["SQL"] == ""


def test_a_row_says_that_it_was_disturbed_or_that_the_load_was_the_limit() -> None:
    measured = {("jwks", "Acrux sqlite"): [figures(50, others=0.2, load=0.9)]}
    assert "others had 20%" in report.table(measured, {}, {})
    assert "the load generator was 90% busy" in report.table(measured, {}, {})


def test_start_and_memory_stand_in_a_table_of_their_own() -> None:
    told = rows(report.starts([Start("Acrux sqlite", 1.234, 90.4, 101.6)]))
    assert told[-1] == ["Acrux sqlite", "1.23", "90", "102"]


@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.name)
def test_a_peer_that_is_not_installed_says_how_it_is(
    peer: Peer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    assert peer.why_missing() == "it is not installed: make bench-peers"
    monkeypatch.setattr("shutil.which", lambda _name: None)
    assert "on the PATH" in str(peer.why_missing())
