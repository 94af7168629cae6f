"""What tests of the ledger do: leaves are written and sealed, and an auditor has the verifier."""

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from idp.evidence.canonical import canonical
from idp.ledger import keys
from idp.store.db.statements import Statement
from idp.store.ledger import leaves
from tests.support.site import Site

VERIFIER = Path(__file__).parents[3] / "tools/verify/acrux_verify.py"
_SEALED = Statement("SELECT seq, body FROM ledger_leaf WHERE seq IS NOT NULL ORDER BY seq")


@pytest.fixture(scope="module")
def verifier() -> ModuleType:
    """The program that an auditor has."""
    spec = importlib.util.spec_from_file_location("acrux_verify", VERIFIER)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["acrux_verify"] = module
    spec.loader.exec_module(module)
    return module


def write(site: Site, *names: str) -> None:
    """Append leaves as requests do, one transaction each."""
    for name in names:
        body = canonical({"at": 1_700_000_000, "jti": name, "kind": "test", "v": 1}).decode()
        with site.work() as work:
            leaves.add(work, jti=name, at=1_700_000_000, body=body)


def sql(site: Site, text: str, **values: Any) -> int:
    with site.work() as work:
        return work.run(Statement(text), **values)


def seal(site: Site) -> int:
    return site.installation.sealer.seal()


def key_of(site: Site) -> str:
    with site.work() as work:
        return str(keys.verifiers(work, site.installation.keyring)[-1])


def sealed(site: Site) -> list[str]:
    with site.work() as work:
        rows = work.all(_SEALED)
    assert [seq for seq, _ in rows] == list(range(len(rows)))
    return [json.loads(body)["jti"] for _, body in rows]
