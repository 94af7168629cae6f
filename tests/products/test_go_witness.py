"""litewitness, unmodified, signs the ledger's checkpoints, and refuses another history of it."""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from idp.audit import Event
from idp.ledger import exporting
from idp.store.db.statements import Statement
from tests.protocol.command import Acrux
from tests.protocol.ledger.auditing import key_of, seal, sql, verifier, write
from tests.protocol.ledger.test_anchors import cut, follow, shown, signed
from tests.support.programs.litewitness import Witness, witness
from tests.support.site import Site

__all__ = ["verifier"]
pytestmark = [pytest.mark.products, pytest.mark.go_products]


@pytest.fixture
def real(go_products: Path) -> Iterator[Witness]:
    """A witness; the path of its agent's socket must be short."""
    with tempfile.TemporaryDirectory(prefix="w-") as folder, witness(Path(folder)) as made:
        yield made


@pytest.fixture
def site(real: Witness, tmp_path: Path, database_url: str) -> Iterator[Site]:
    """An installation that the witness knows."""
    made = Site(tmp_path, database_url, evidence__serve="true", **real.settings())
    write(made, "a0")
    seal(made)
    real.follow(key_of(made))
    yield made
    made.close()


def published(site: Site) -> tuple[int, str]:
    answer = site.client().send("GET", "/evidence/checkpoint")
    return answer.status, answer.text


def events(site: Site) -> list[str]:
    with site.work() as work:
        kind = Event.LEDGER_CONTRADICTED.value
        found: list[str] = work.column(
            Statement("SELECT reason FROM event WHERE kind = :kind ORDER BY id"), kind=kind
        )
    return found


def proof_of(site: Site, jti: str) -> dict[str, Any]:
    found = Acrux(site.environ).run("ledger", "prove", jti)
    assert found.exit_code == 0, found.output
    value: dict[str, Any] = json.loads(found.stdout)
    return value


def test_a_witness_signs_what_grows_and_an_auditor_sees_it_below_each_checkpoint(
    site: Site, real: Witness, tmp_path: Path, verifier: ModuleType
) -> None:
    assert published(site)[0] == 404, "nobody has signed it yet"
    assert follow(site) == []
    for count in (3, 1, 270):
        write(site, *(f"b{count}-{number}" for number in range(count)))
        seal(site)
        write(site, f"c{count}")
        assert follow(site) == []
    status, text = published(site)
    assert (status, text.split("\n")[1]) == (200, str(signed(site)[-1]))
    assert f"\n— {real.key.partition('+')[0]} " in text

    def said(file: str, content: bytes, *witnesses: str) -> dict[str, Any]:
        (tmp_path / file).write_bytes(content)
        found: dict[str, Any] = verifier.verdict(
            [str(tmp_path / file)], [key_of(site)], [], witnesses
        ).said
        return found

    whole = b"".join(exporting.export(site.installation.engine))
    export = said("export", whole, real.key)
    assert (export["verdict"], export["witnessed"]) == ("ok", export["size"])
    proof = json.dumps(proof_of(site, "b3-1"), ensure_ascii=False, separators=(",", ":"))
    assert said("proof", proof.encode() + b"\n", real.key)["witnessed_at"] > 1_700_000_000
    assert said("plain", whole)["verdict"] == "ok"


@pytest.mark.parametrize("count", [3, 4], ids=["as-long", "longer"])
def test_another_history_is_refused_and_an_alarm_tells_of_it_once(
    site: Site, real: Witness, count: int
) -> None:
    follow(site)
    write(site, "a1", "a2")
    assert follow(site) == []
    cut(site)
    [line] = follow(site)
    assert "was set back" in line
    sql(site, "UPDATE ledger_tree SET last_id = (SELECT max(id) FROM ledger_leaf)")
    write(site, *(f"x{number}" for number in range(count)))
    assert seal(site) == count
    # Whoever writes to the database also makes it forget what it brought.
    sql(site, "UPDATE ledger_anchor SET arrived_at = NULL, due_at = 0")
    for _ in range(2):
        [line] = site.installation.anchors.follow(at_once=True)
        assert "refuses (422) the checkpoint" in line
    assert len(events(site)) == 2, "the one that we saw, and the one that the witness saw"
    assert "does not go on from what it signed before" in events(site)[-1]
    found = json.loads(Acrux(site.environ).run("doctor", "--json").stdout)
    assert [one["mark"] for one in found if one["name"] == "witness"] == ["OK"], "just now"
    site.advance(3600)
    found = json.loads(Acrux(site.environ).run("doctor", "--json").stdout)
    [told] = [one for one in found if one["name"] == "witness"]
    assert (told["mark"], "refuses (422)" in told["text"]) == ("!!", True)
    assert shown(site)[0]["late"]


def test_a_ledger_that_was_cut_is_behind_what_the_witness_says_itself(
    site: Site, real: Witness
) -> None:
    write(site, "a1", "a2")
    follow(site)
    cut(site)
    sql(site, "DELETE FROM ledger_anchor")
    [line] = site.installation.anchors.follow()
    assert "has a checkpoint over 4 rows that the database has not" in line
    assert len(events(site)) == 1


def test_a_place_that_begins_anew_learns_how_far_the_witness_is(site: Site) -> None:
    follow(site)
    write(site, "a1")
    seal(site)
    acrux = Acrux(site.environ)
    again = acrux.run("ledger", "anchors", "--again", "witness:witness.example/w1", "--now")
    assert again.exit_code == 0, again.output
    assert shown(site)[0]["size"] == signed(site)[-1]


def test_while_a_witness_is_away_sealing_goes_on_and_proofs_wait(site: Site, real: Witness) -> None:
    follow(site)
    before = published(site)
    real.stop()
    write(site, "a1")
    [line] = follow(site)
    assert "status 502" in line
    assert published(site) == before
    waits = Acrux(site.environ).run("ledger", "prove", "a1")
    assert (waits.exit_code, "waits for the witnesses" in waits.output) == (1, True)
    old = proof_of(site, "a0")["checkpoint"]
    assert old == before[1]


def test_a_witness_that_was_told_nothing_says_what_to_do(real: Witness, tmp_path: Path) -> None:
    site = Site(tmp_path, "", evidence__witnesses_needed="0", **real.settings())
    try:
        write(site, "a1")
        [line] = follow(site)
        assert "give whoever runs it the ledger's verifier key" in line
        assert proof_of(site, "a1")["index"] >= 0, "nothing waits for it"
    finally:
        site.close()
