"""Places outside have every checkpoint: with them a database that was set back is seen."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from idp import clock
from idp.ledger import exporting
from idp.settings import anchor_places
from idp.store.db.statements import Statement
from tests.protocol.command import Acrux
from tests.protocol.ledger.auditing import key_of, seal, verifier, write
from tests.support.programs.https import Answer, Received, https_server
from tests.support.site import Site
from tests.support.stand_ins.smtp import mail_server, smtp_settings

__all__ = ["verifier"]


def follow(site: Site) -> list[str]:
    """Seal, and bring what is due; return what was not taken."""
    seal(site)
    return site.installation.anchors.follow()


def shown(site: Site) -> list[dict[str, Any]]:
    """Return what the command says of the places."""
    found: list[dict[str, Any]] = json.loads(
        Acrux(site.environ).run("ledger", "anchors", "--json").stdout
    )
    return found


@pytest.fixture
def anchor(tmp_path: Path) -> Path:
    return tmp_path / "kept" / "anchor.jsonl"


@pytest.fixture
def kept(tmp_path: Path, database_url: str, anchor: Path) -> Iterator[Site]:
    """An installation whose checkpoints are kept in the file `anchor`."""
    anchor.parent.mkdir()
    site = Site(tmp_path, database_url, evidence__anchors=f"file:{anchor}")
    yield site
    site.close()


def signed(site: Site) -> list[int]:
    """Return the sizes of the database's checkpoints, smallest first."""
    with site.work() as work:
        return work.column(Statement("SELECT size FROM ledger_checkpoint ORDER BY size"))


def cut(site: Site) -> None:
    """Set the database back to its first checkpoint, as whoever can write to it would."""
    for text in (
        "DELETE FROM ledger_leaf WHERE seq >= :size",
        "DELETE FROM ledger_checkpoint WHERE size > :size",
        "UPDATE ledger_tree SET size = :size",
    ):
        with site.work() as work:
            work.run(Statement(text), size=signed(site)[0])


def anchored(site: Site, folder: Path, verifier: ModuleType, kept: str) -> dict[str, Any]:
    """Return what an auditor's program says of an export beside what somebody kept."""
    file, anchor = folder / "export.jsonl", folder / "theirs.jsonl"
    file.write_bytes(b"".join(exporting.export(site.installation.engine)))
    anchor.write_text(kept)
    said: dict[str, Any] = verifier.verdict([str(file)], [key_of(site)], [str(anchor)]).said
    return said


def test_every_checkpoint_is_kept_and_an_auditor_reads_the_file_as_it_is(
    kept: Site, anchor: Path, tmp_path: Path, verifier: ModuleType
) -> None:
    for name in ("a1", "a2"):
        write(kept, name)
        assert follow(kept) == []
    assert len(anchor.read_bytes().splitlines()) == len(signed(kept)) > 1
    assert anchored(kept, tmp_path, verifier, anchor.read_text())["verdict"] == "ok"
    cut(kept)
    assert anchored(kept, tmp_path, verifier, anchor.read_text())["kind"] == "truncated"


def test_a_database_that_was_set_back_is_seen_and_the_file_stays(kept: Site, anchor: Path) -> None:
    for name in ("a1", "a2"):
        write(kept, name)
        follow(kept)
    before = anchor.read_bytes()
    cut(kept)
    assert "the database has not" in follow(kept)[0]
    write(kept, "b2")
    kept.advance(3600)
    assert "the database has not" in follow(kept)[0]
    assert anchor.read_bytes() == before
    [state] = shown(kept)
    assert state["late"]
    assert "was set back" in state["problem"]


def test_a_file_knows_of_a_database_that_was_set_back_with_all_its_rows(
    kept: Site, anchor: Path
) -> None:
    for name in ("a1", "a2"):
        write(kept, name)
        follow(kept)
    cut(kept)
    with kept.work() as work:
        work.run(Statement("UPDATE ledger_anchor SET size = :size"), size=signed(kept)[0])
    [line] = follow(kept)
    assert "has a checkpoint over" in line


def test_what_was_missed_comes_later_and_a_torn_line_is_written_again(
    kept: Site, anchor: Path
) -> None:
    write(kept, "a1")
    follow(kept)
    whole = anchor.read_bytes()
    anchor.write_bytes(whole[:-30])
    assert follow(kept) == []
    assert anchor.read_bytes() == whole
    away = anchor.parent.rename(anchor.parent.with_name("away"))
    write(kept, "a2")
    [line] = follow(kept)
    assert "cannot be kept" in line
    away.rename(anchor.parent)
    write(kept, "a3")
    assert follow(kept) == [], "it is left alone for a moment"
    assert len(anchor.read_bytes().splitlines()) < len(signed(kept))
    kept.advance(20)
    follow(kept)
    assert len(anchor.read_bytes().splitlines()) == len(signed(kept))
    assert shown(kept)[0]["problem"] is None


def test_processes_side_by_side_keep_each_checkpoint_once(kept: Site, anchor: Path) -> None:
    def work(name: int) -> None:
        for number in range(5):
            write(kept, f"w{name}-{number}")
            follow(kept)

    threads = [threading.Thread(target=work, args=(name,)) for name in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    kept.advance(100)
    follow(kept)
    lines = anchor.read_bytes().splitlines()
    assert len(lines) == len(set(lines)) == len(signed(kept))


@pytest.mark.parametrize("content", ["garbage\n", '{"checkpoint": "x"}\n', "[]\n", "\x00\n"])
def test_a_file_that_is_none_is_left_alone(kept: Site, anchor: Path, content: str) -> None:
    anchor.write_text(content)
    write(kept, "a1")
    assert len(follow(kept)) == 1
    assert anchor.read_text() == content


@pytest.mark.slow
def test_an_https_address_gets_each_checkpoint_in_order_and_none_is_skipped(
    tmp_path: Path, database_url: str
) -> None:
    refusing: list[int] = []

    def take(request: Received) -> Answer:
        return Answer(status=refusing[0] if refusing else 204)

    (tmp_path / "tls").mkdir()
    with https_server({"/keep": take}, tmp_path / "tls") as server:
        address = server.url("/keep?token=secret", host="127.0.0.1")
        trusted = {"egress__ca_bundle": server.ca_bundle}
        site = Site(tmp_path, database_url, evidence__anchors=address, **trusted)
        try:
            write(site, "a1")
            assert follow(site) == []
            refusing.append(503)
            for name in ("a2", "a3"):
                write(site, name)
                seal(site)
            [line] = site.installation.anchors.follow()
            assert "status 503" in line
            assert "secret" not in line
            assert site.installation.anchors.follow() == [], "not before it is due"
            tried = len(server.requests)
            site.advance(2000)
            [state] = shown(site)
            assert (state["late"], state["size"]) == (True, signed(site)[-3])
            refusing.clear()
            assert site.installation.anchors.follow() == []
            assert [one.body.split(b"\n")[1] for one in server.requests[tried:]] == [
                b"%d" % size for size in signed(site)[-2:]
            ]
            assert not shown(site)[0]["late"]
            refusing.append(409)
            write(site, "a4")
            assert "contradicts" in follow(site)[0]
        finally:
            site.close()


def test_a_mail_brings_the_newest_checkpoint_and_no_more_than_one_a_day(
    tmp_path: Path, verifier: ModuleType
) -> None:
    with mail_server() as server:
        mail = {k.removeprefix("ACRUX_").lower(): v for k, v in smtp_settings(server.port).items()}
        site = Site(tmp_path, "", evidence__anchors="mailto:auditor@example.org", **mail)
        try:
            for name in ("a1", "a2", "a3"):
                write(site, name)
                assert follow(site) == []
                site.work_off()
            [first] = server.mails
            assert first.recipients == ("auditor@example.org",)
            assert shown(site)[0]["size"] == signed(site)[-3]
            site.advance(86_400)
            follow(site)
            site.work_off()
            second = server.mails[1].text
            assert shown(site)[0]["size"] == signed(site)[-1]
            note = second[second.index(site.issuer.removeprefix("http://")) :]
            assert anchored(site, tmp_path, verifier, note)["anchored"] == 1
            server.refuse_with = "550 No"
            write(site, "a4")
            site.advance(86_400)
            follow(site)
            site.work_off()
            [state] = shown(site)
            assert (state["size"], state["problem"]) == (
                signed(site)[-2],
                "SMTP: recipient refused, 550: No",
            )
        finally:
            site.close()


@pytest.mark.slow
def test_a_place_begins_again_when_it_is_told_to(kept: Site, anchor: Path) -> None:
    write(kept, "a1")
    follow(kept)
    cut(kept)
    anchor.unlink()
    acrux = Acrux(kept.environ)
    assert acrux.run("ledger", "anchors", "--again", "file:/nowhere").exit_code == 1
    again = acrux.run("ledger", "anchors", "--again", f"file:{anchor}", "--now")
    assert again.exit_code == 0, again.output
    assert len(anchor.read_bytes().splitlines()) == len(signed(kept))


@pytest.mark.parametrize(
    "text",
    [
        *("", "file:", "file:relative", "file://host/x", "http://a/b", "https://u:p@host/x"),
        *("https:///x", "mailto:nobody", "mailto:a@b?subject=x", "syslog+udp://host"),
        *("syslog+tls://host:0", "syslog+tls://host:70000", "syslog+tcp://u@host:1", "ftp://x"),
    ],
)
def test_what_is_no_place_is_refused_and_said_without_its_text(text: str) -> None:
    [line] = anchor_places.problems([text])
    assert line.startswith("evidence.anchors number 1 must be")
    assert len(text) < 8 or text not in line


def test_places_have_names_without_secrets_and_each_is_there_once() -> None:
    texts = ["file:///a/b", "https://h/k?t=1", "syslog+tls://[::1]", "syslog+tcp://h"]
    assert [place.name for place in anchor_places.read(texts)] == [
        *("file:/a/b", "https://h/k", "syslog+tls://[::1]:6514", "syslog+tcp://h:514")
    ]
    [line] = anchor_places.problems(["https://h/k?t=1", "https://h/k?t=2"])
    assert line == "evidence.anchors names https://h/k twice: one is enough"


def test_doctor_and_readiness_tell_of_rows_that_are_not_sealed_and_requests_go_on(
    kept: Site, anchor: Path
) -> None:
    def doctor(name: str) -> list[str]:
        found = json.loads(Acrux(kept.environ).run("doctor", "--json").stdout)
        return [f["mark"] for f in found if f["name"] == name]

    follow(kept)
    assert (doctor("ledger"), doctor("anchor")) == (["OK"], ["OK"])
    with kept.work() as work:
        work.run(
            Statement("INSERT INTO ledger_leaf (jti, at, body) VALUES ('late', :at, :body)"),
            at=clock.now() - 301,
            body='{"kind":"change"}',
        )
    kept.advance(2)
    answer = kept.client().send("GET", "/readyz")
    assert answer.status == 200
    assert answer.text == "ready\nwarning: the ledger was not sealed for 5 minutes\n"
    assert doctor("ledger") == ["!!"]
