"""Leaves are sealed in one order by one process at a time, and an auditor finds what was done."""

import json
import threading
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from idp.evidence import tree
from idp.evidence.canonical import canonical
from idp.ledger import checking, exporting, keys, sealing
from idp.ledger.exporting import NotSealedError
from idp.ledger.keys import LedgerError
from idp.ledger.sealing import Sealer
from idp.store.ledger import log, turns
from idp.store.tags.kinds import LEAF
from tests.protocol.ledger.auditing import key_of, seal, sealed, sql, verifier, write
from tests.protocol.sign_ins import code
from tests.support.site import Site

__all__ = ["verifier"]


def another(site: Site) -> Sealer:
    """Return the sealer of another process."""
    this = site.installation
    issuer = this.settings.server.issuer
    return Sealer(issuer, this.keyring, this.engine, lambda _work, _key: None)


def audited(site: Site, verifier: ModuleType, folder: Path, *anchors: str) -> dict[str, Any]:
    """Return what an auditor's program says of an export."""
    file, kept = folder / "export.jsonl", folder / "anchor.jsonl"
    file.write_bytes(b"".join(exporting.export(site.installation.engine)))
    kept.write_bytes(b"".join(canonical({"checkpoint": one}) + b"\n" for one in anchors))
    said: dict[str, Any] = verifier.verdict([str(file)], [key_of(site)], [str(kept)]).said
    return said


def newest(site: Site) -> str:
    with site.work() as work:
        found = log.newest(work)
    assert found is not None
    return found.note


def test_leaves_are_sealed_in_their_order_and_an_auditor_verifies_them(
    site: Site, verifier: ModuleType, tmp_path: Path
) -> None:
    write(site, *(f"t{number}" for number in range(5)))
    first = seal(site)
    assert [name for name in sealed(site) if name[1:].isdigit()] == ["t0", "t1", "t2", "t3", "t4"]
    write(site, "later")
    assert seal(site) == 1
    assert seal(site) == 0
    said = audited(site, verifier, tmp_path, newest(site))
    assert said == {**said, "verdict": "ok", "rows": first + 1, "checkpoints": 3, "anchored": 1}
    checked = checking.check(site.installation.engine, site.installation.keyring)
    assert (checked.rows, checked.checkpoints, checked.unsealed) == (first + 1, 3, 0)


def test_a_token_of_a_sign_in_is_proved_without_showing_another(
    site: Site, verifier: ModuleType, tmp_path: Path
) -> None:
    site.person("tane")
    app = site.application()
    answer = site.redeem(app, code(site, app)).json
    said = site.id_token(answer["id_token"])
    with site.work() as work, pytest.raises(NotSealedError, match="not sealed yet"):
        exporting.proof(work, said["jti"])
    write(site, *(f"t{number}" for number in range(20)))
    seal(site)
    for token in (said["jti"], answer["id_token"], answer["access_token"]):
        with site.work() as work:
            found = exporting.proof(work, token)
        assert found is not None
        assert found["leaf"]["acr"] == said["acr"]
        file = tmp_path / "proof.json"
        file.write_bytes(canonical(found) + b"\n")
        verdict = verifier.verdict([str(file)], [key_of(site)], []).said
        assert (verdict["verdict"], verdict["token"]) == ("ok", said["jti"])
    with site.work() as work:
        assert exporting.proof(work, "nobody's") is None


def test_an_export_in_parts_is_one_ledger(site: Site, verifier: ModuleType, tmp_path: Path) -> None:
    write(site, *(f"t{number}" for number in range(7)))
    seal(site)
    first = b"".join(exporting.export(site.installation.engine))
    size = json.loads(first.splitlines()[-1])["end"]
    write(site, "more")
    seal(site)
    second = b"".join(exporting.export(site.installation.engine, size))
    files = [tmp_path / "first", tmp_path / "second"]
    for file, content in zip(files, (first, second), strict=True):
        file.write_bytes(content)
    said = verifier.verdict([str(file) for file in files], [key_of(site)], []).said
    assert (said["verdict"], said["rows"]) == ("ok", size + 1)
    with pytest.raises(NotSealedError):
        list(exporting.export(site.installation.engine, size + 1))


NEWEST = "(SELECT max(seq) FROM ledger_leaf)"
EDITED, DELETED = r"row \d+ was edited", r"row \d+ was deleted"
CHANGES = {
    "a body": (
        "UPDATE ledger_leaf SET body = replace(body, 't4', 'x4') WHERE jti = 't4'",
        *("edited", EDITED),
    ),
    "an unreadable body": (
        "UPDATE ledger_leaf SET body = body || ' ' WHERE jti = 't4'",
        *("edited", EDITED),
    ),
    "a row deleted": ("DELETE FROM ledger_leaf WHERE jti = 't4'", "deleted", DELETED),
    "the last row deleted": (
        f"DELETE FROM ledger_leaf WHERE seq = {NEWEST}",
        *("truncated", DELETED),
    ),
    "a checkpoint": (
        "UPDATE ledger_checkpoint SET note = replace(note, 'evid', 'evil')"
        f" WHERE size = {NEWEST} + 1",
        *("", "is not ours"),
    ),
}
"""What is done, how it looks to an auditor, and what the operator's own check says."""


@pytest.mark.parametrize("what", CHANGES)
def test_what_someone_with_the_database_does_is_found(
    site: Site, verifier: ModuleType, tmp_path: Path, what: str
) -> None:
    change, kind, line = CHANGES[what]
    write(site, *(f"t{number}" for number in range(10)))
    seal(site)
    assert sql(site, change) == 1
    with pytest.raises(LedgerError, match=line):
        checking.check(site.installation.engine, site.installation.keyring)
    if kind:
        said = audited(site, verifier, tmp_path)
        assert (said["verdict"], said["kind"]) == ("changed", kind), said


def test_rows_that_change_places_are_found(
    site: Site, verifier: ModuleType, tmp_path: Path
) -> None:
    write(site, *(f"t{number}" for number in range(10)))
    seal(site)
    left, right = (sealed(site).index(name) for name in ("t3", "t6"))
    for seq, to in ((left, -1), (right, left), (-1, right)):
        assert sql(site, "UPDATE ledger_leaf SET seq = :to WHERE seq = :seq", seq=seq, to=to) == 1
    said = audited(site, verifier, tmp_path)
    assert said == {**said, "kind": "reordered", "first": left, "last": right}


@pytest.mark.parametrize(
    "change",
    [
        "a tile",
        "DELETE FROM ledger_tile",
        "UPDATE ledger_tree SET size = size - 1",
        "UPDATE ledger_tree SET size = 0",
        "DELETE FROM ledger_checkpoint",
        "UPDATE ledger_key SET private = :raw",
    ],
)
def test_nothing_is_signed_over_a_tree_that_was_changed(site: Site, change: str) -> None:
    write(site, *(f"t{number}" for number in range(10)))
    seal(site)
    before = sealed(site)
    if change == "a tile":
        with site.work() as work:
            log.put_tile(work, 0, 0, tree.leaf_hash(b"another") * len(before))
    else:
        assert sql(site, change, **({"raw": bytes(60)} if ":raw" in change else {})) >= 1
    write(site, "later")
    with pytest.raises(LedgerError):
        seal(site)
    assert sealed(site) == before


def test_a_key_that_someone_put_into_the_database_signs_nothing(site: Site) -> None:
    write(site, "t0")
    seal(site)
    mine = keys.Signer("evil.example/evidence", bytes(32))
    with site.work() as work:
        log.add_key(work, "00000000", str(mine.verifier), mine.private)
    write(site, "t1")
    with pytest.raises(LedgerError, match="00000000 cannot be used"):
        seal(site)


def test_many_sealers_and_writers_leave_one_ledger_without_gaps(
    site: Site, verifier: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealing, "BATCH", 7)
    write(site, "first")
    seal(site)
    written, stop = [f"w{number}-{i}" for number in range(3) for i in range(25)], threading.Event()
    failed: list[BaseException] = []

    def guarded(work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:
            failed.append(error)
            raise

    def sealing_on() -> None:
        mine = another(site)
        while not stop.is_set():
            mine.seal()

    def writing(number: int) -> None:
        write(site, *(name for name in written if name.startswith(f"w{number}-")))

    sealers = [threading.Thread(target=guarded, args=(sealing_on,)) for _ in range(3)]
    writers = [
        threading.Thread(target=guarded, args=(lambda number=number: writing(number),))
        for number in range(3)
    ]
    for thread in (*sealers, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    stop.set()
    for thread in sealers:
        thread.join()
    assert failed == []
    another(site).seal()
    ours = [name for name in sealed(site) if name.partition("-")[0] in ("w0", "w1", "w2")]
    assert sorted(ours) == sorted(written)
    assert audited(site, verifier, tmp_path)["verdict"] == "ok"


def test_a_sealer_that_lost_its_turn_writes_nothing(site: Site) -> None:
    write(site, "t0")
    seal(site)
    write(site, "t1")
    slow, before = another(site), sealed(site)
    turn = slow._turn()
    assert turn is not None
    assert seal(site) == 0, "it has the turn"
    site.advance(turns.LEASE_SECONDS + 1)
    assert seal(site) == 1
    assert slow._batch(turn) in (0, None)
    write(site, "t2")
    assert slow._batch(turn) is None
    assert sealed(site)[: len(before)] == before
    assert seal(site) == 1


def test_a_turn_taken_before_the_clock_was_set_back_ends(site: Site) -> None:
    write(site, "t0")
    seal(site)
    write(site, "t1")
    site.advance(86_400)
    assert another(site)._turn() is not None
    site.advance(-86_400)
    assert seal(site) == 1


@pytest.mark.parametrize(
    ("behind", "order"),
    [(-1, ["t0", "t1", "t2"]), (0, ["t0", "t2", "t1"])],
    ids=["between them", "in front of them"],
)
def test_a_leaf_that_is_committed_between_reading_and_numbering_is_sealed_after_all(
    site: Site, monkeypatch: pytest.MonkeyPatch, behind: int, order: list[str]
) -> None:
    if behind == 0 and site.installation.engine.dialect.name == "sqlite":
        # There is one writer at a time, so none comes in front.
        return
    write(site, "t0", "t2")
    sql(site, "UPDATE ledger_leaf SET id = id + 20 WHERE jti = 't2'")
    sql(site, "UPDATE ledger_leaf SET id = id + 10 WHERE jti = 't0'")
    late = canonical({"jti": "t1", "kind": "test"}).decode()
    before = turns.unsealed
    reads = iter(range(100))

    def and_then(work: Any, most: int) -> Any:
        found = before(work, most)
        if most > 1 and next(reads) == 0:
            row = {"jti": "t1", "at": 5, "body": late}
            add = "INSERT INTO ledger_leaf (id, jti, at, body, tag)"
            values = "VALUES (:id, :jti, :at, :body, :tag)"
            sql(site, f"{add} {values}", **row, id=found[behind][0] - 1, tag=LEAF.tag(work, **row))
        return found

    monkeypatch.setattr(turns, "unsealed", and_then)
    seal(site)
    assert [name for name in sealed(site) if len(name) == 2] == order
    checking.check(site.installation.engine, site.installation.keyring)


def test_what_waits_to_be_sealed_is_counted_with_its_age(site: Site) -> None:
    seal(site)
    with site.work() as work:
        assert turns.waiting(work) == turns.Waiting(0, None)
    write(site, "t0", "t1")
    with site.work() as work:
        assert turns.waiting(work) == turns.Waiting(2, 1_700_000_000)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("UPDATE event SET reason = 'nobody did' WHERE id = :id", r"event \d+ .*was changed"),
        ("DELETE FROM event WHERE id = :id", r"the event of row \d+ .*is gone"),
        (
            "INSERT INTO event (at, kind, outcome, salt) SELECT at, kind, outcome, 'x' FROM event"
            " WHERE id = :id",
            "made from outside",
        ),
    ],
    ids=["edited", "deleted", "inserted"],
)
def test_an_event_that_is_not_as_its_leaf_says_is_named(site: Site, change: str, said: str) -> None:
    write(site, "t0")
    seal(site)
    done = checking.check(site.installation.engine, site.installation.keyring)
    assert done.events > 0
    [chosen] = site.events(kind="installation:ledger-key:added")
    sql(site, change, id=chosen.id)
    with pytest.raises(LedgerError, match=said) as raised:
        checking.check(site.installation.engine, site.installation.keyring)
    assert chosen.kind in str(raised.value)
