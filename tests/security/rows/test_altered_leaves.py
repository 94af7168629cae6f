"""A leaf that was changed before it was sealed is not sealed, and the alarm is sounded."""

from collections.abc import Mapping

import pytest

from idp.store.db.statements import Statement
from tests.protocol.sign_ins import tokens
from tests.security.rows.attacker import refused, write
from tests.support.site import Site

_NEWEST = Statement("SELECT jti FROM ledger_leaf ORDER BY id DESC LIMIT 1")
INSERTED = (
    "INSERT INTO ledger_leaf (jti, at, body) SELECT 'forged', at, body FROM ledger_leaf"
    " ORDER BY id DESC LIMIT 1"
)
ATTACKS: Mapping[str, str] = {
    "edited": "UPDATE ledger_leaf SET body = replace(body, '1fa', 'phr') WHERE jti = :jti",
    "emptied": "UPDATE ledger_leaf SET body = NULL WHERE jti = :jti",
    "moved in time": "UPDATE ledger_leaf SET at = at - 1 WHERE jti = :jti",
    "without its tag": "UPDATE ledger_leaf SET tag = NULL WHERE jti = :jti",
    "with another's tag": "UPDATE ledger_leaf SET tag = (SELECT l.tag FROM ledger_leaf l"
    " WHERE l.jti <> ledger_leaf.jti LIMIT 1) WHERE jti = :jti",
}


def state(site: Site) -> tuple[int, int]:
    """Return how many leaves are sealed, and how many wait."""
    with site.work() as work:
        count = Statement("SELECT count(seq), count(*) - count(seq) FROM ledger_leaf")
        sealed, waiting = work.all(count)[0]
    return sealed, waiting


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_leaf_that_was_changed_in_the_seconds_before_its_seal_is_not_sealed(
    site: Site, attack: str
) -> None:
    site.person("tane")
    app = site.application()
    tokens(site, app)
    with site.work() as work:
        jti = work.value(_NEWEST)
    before = sum(state(site))
    assert write(site, ATTACKS[attack], jti=jti) == 1
    tokens(site, app)
    site.installation.sealer.seal()
    assert state(site)[0] == before - 1
    assert refused(site) == {f"ledger_leaf {jti}"}
    # What came later waits, and is issued all the same: a request asks no sealer.
    waiting = state(site)[1]
    assert waiting >= 2
    write(site, "DELETE FROM ledger_leaf WHERE jti = :jti", jti=jti)
    write(site, "DELETE FROM event WHERE data LIKE :jti", jti=f"%{jti}%")
    assert site.installation.sealer.seal() == waiting - 1
    # Its tokens have no leaf any more.
    site.spoiled = True


def test_a_leaf_that_somebody_inserted_is_not_sealed(site: Site) -> None:
    site.person("tane")
    tokens(site, site.application())
    assert write(site, INSERTED) == 1
    site.installation.sealer.seal()
    assert refused(site) == {"ledger_leaf forged"}
    with site.work() as work:
        forged = Statement("SELECT count(seq) FROM ledger_leaf WHERE jti = 'forged'")
        assert work.value(forged) == 0
    write(site, "DELETE FROM ledger_leaf WHERE jti = 'forged'")
