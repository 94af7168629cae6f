"""A deleted person's key is gone: the ledger verifies, and says nothing of them any more."""

import json
from pathlib import Path
from types import ModuleType

import pytest

from idp.ledger import checking, exporting
from idp.store.db.statements import Statement
from tests.protocol.command import Acrux
from tests.protocol.ledger.auditing import key_of, seal, verifier
from tests.protocol.sign_ins import code
from tests.support.site import Site

__all__ = ["verifier"]


@pytest.mark.slow
def test_after_a_deletion_the_ledger_verifies_and_names_nobody(
    site: Site, verifier: ModuleType, tmp_path: Path
) -> None:
    person = site.person("tane")
    app = site.application()
    jti = site.id_token(site.redeem(app, code(site, app)).json["id_token"])["jti"]
    acrux = Acrux(site.environ)
    assert json.loads(acrux("ledger", "explain", jti, "--json"))["person"] == "tane"
    seal(site)
    with site.work() as work:
        [name] = work.column(Statement("SELECT name FROM pseudonym"))
    acrux("user", "delete", "tane", "--yes")
    seal(site)
    with site.work() as work:
        assert work.column(Statement("SELECT name FROM pseudonym")) == []
    file = tmp_path / "export.jsonl"
    file.write_bytes(b"".join(exporting.export(site.installation.engine)))
    text = file.read_text()
    assert name in text
    for said in ("tane", person, "tane@example.org"):
        assert said not in text
    assert verifier.verdict([str(file)], [key_of(site)], []).said["verdict"] == "ok"
    checking.check(site.installation.engine, site.installation.keyring)
    explained = json.loads(acrux("ledger", "explain", jti, "--json"))
    assert explained["person"] is None
    assert "no one who is here" in acrux("ledger", "explain", jti)
