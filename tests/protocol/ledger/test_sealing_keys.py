"""The keys that sign checkpoints are changed, and a lost one leaves a way on."""

from pathlib import Path
from types import ModuleType

import pytest

from idp.ledger import checking, exporting
from idp.ledger.keys import LedgerError
from idp.store.ledger import log
from tests.protocol.command import Acrux
from tests.protocol.ledger.auditing import seal, sql, verifier, write
from tests.support.site import Site

__all__ = ["verifier"]


def all_keys(site: Site) -> list[str]:
    return Acrux(site.environ)("ledger", "key").split()


def exported(site: Site, folder: Path) -> list[str]:
    file = folder / "export.jsonl"
    file.write_bytes(b"".join(exporting.export(site.installation.engine)))
    return [str(file)]


def test_a_new_key_is_brought_in_by_the_old_one_and_both_verify(
    site: Site, verifier: ModuleType, tmp_path: Path
) -> None:
    write(site, "t0")
    seal(site)
    site.advance(-100)
    old, new = Acrux(site.environ)("ledger", "key", "--new").split()
    with site.work() as work:
        notes = [row.note for row in log.checkpoints_after(work, 0, 100)]
    signed_by = [sum(line.startswith("\u2014") for line in one.splitlines()) for one in notes]
    assert 2 in signed_by
    assert site.events(kind="installation:ledger-key:added")[0].reason == new
    write(site, "t1")
    seal(site)
    files = exported(site, tmp_path)
    assert verifier.verdict(files, [old, new], []).said["verdict"] == "ok"
    assert verifier.verdict(files, [new], []).said["kind"] == "re-keyed"
    assert verifier.verdict(files, [old], []).said["kind"] == "re-keyed"
    checking.check(site.installation.engine, site.installation.keyring)


def test_a_key_whose_line_of_the_keyring_is_lost_is_named_and_there_is_a_way_on(
    site: Site, verifier: ModuleType, tmp_path: Path
) -> None:
    write(site, "t0")
    seal(site)
    [old] = all_keys(site)
    sql(site, "UPDATE ledger_key SET private = :raw", raw=bytes(60))
    write(site, "t1")
    with pytest.raises(LedgerError, match=r"cannot be used.*docs/ledger.md#keys"):
        seal(site)
    acrux = Acrux(site.environ)
    refused = acrux.run("ledger", "key", "--new")
    assert (refused.exit_code, "cannot be used" in refused.output) == (1, True)
    wrong = acrux.run("ledger", "key", "--new", "--lost", old[:-4] + "AAAA")
    assert "no key of this ledger is that one" in wrong.output
    new = acrux("ledger", "key", "--new", "--lost", old).split()[1]
    files = exported(site, tmp_path)
    assert verifier.verdict(files, [old, new], []).said["verdict"] == "ok"
    again = acrux.run("ledger", "key", "--new", "--lost", new)
    assert "is not lost" in again.output
    write(site, "t2")
    assert seal(site) == 1
    checking.check(site.installation.engine, site.installation.keyring)
