"""What holds of every installation of a test: an answer with tokens has one leaf, and one event.

And what was written can be sealed, and is found to be as it was sealed.
"""

import json
import time
from collections.abc import Iterable, Mapping
from typing import Any

import pytest

from idp.audit import Event
from idp.evidence.explain import explain
from idp.installation import Installation
from idp.ledger import checking
from idp.ledger.keys import LedgerError
from idp.store import db
from idp.store.db import trouble
from idp.store.db.statements import Statement

PATIENCE = 100
"""Looks at a ledger, a tenth of a second apart."""
_LEAVES = Statement("SELECT jti, body FROM ledger_leaf ORDER BY id")
_ISSUED = Statement(
    "SELECT data FROM event WHERE kind = :issued OR kind = :refreshed OR kind = :own"
    " OR kind = :exchanged ORDER BY id"
)
_PRUNED = Statement("SELECT 1 FROM event WHERE kind = :kind LIMIT 1")
_KINDS = {
    "issued": Event.TOKEN_ISSUED.value,
    "refreshed": Event.TOKEN_REFRESHED.value,
    "exchanged": Event.TOKEN_EXCHANGED.value,
    "own": Event.OWN_TOKEN_ISSUED.value,
}


def leaves(work: db.Work, kind: str = "token") -> list[dict[str, Any]]:
    """Return the leaves of one kind, in the order of their rows."""
    found = [json.loads(body) for _, body in work.all(_LEAVES) if body is not None]
    return [leaf for leaf in found if leaf["kind"] == kind]


def _unmet(leaf: dict[str, Any], rules: dict[str, Any]) -> str:
    """Return what tokens said that does not follow from their evidence; "" for nothing."""
    basis = leaf.get("basis") or {}
    found = explain(leaf, rules.get(basis.get("policy", "")))
    return "" if found.follows else f"{found.unmet} of {leaf}"


def _demand_agreement(claims: Mapping[str, Any], leaf: Mapping[str, Any]) -> None:
    for name in ("iss", "acr", "amr", "auth_time", "sid"):
        if name in leaf and name in claims:
            assert claims[name] == leaf[name], (name, claims, leaf)


def check(
    installation: Installation, said: Iterable[Mapping[str, Any]] = (), *, spoiled: bool = False
) -> None:
    """Demand one leaf for each answer with tokens that the trail tells of, and no other; that what
    the leaf says of the tokens follows from what it has of the sign-in, and is what the ID tokens
    of which these are the claims have `said`; and that the ledger verifies, or does not where it is
    `spoiled`.

    Of a database that is away, or of before there was a ledger, nothing is demanded; and not that
    all events are there, once retention has deleted some.
    """
    if spoiled:
        with pytest.raises(LedgerError):
            verify(installation)
        return
    try:
        with db.work(installation.engine) as work:
            told = sorted(json.loads(d)["jti"] for (d,) in work.all(_ISSUED, **_KINDS) if d)
            found = leaves(work)
            pruned = work.one(_PRUNED, kind=Event.EVENTS_PRUNED.value) is not None
            rules = {leaf["jti"]: leaf["rules"] for leaf in leaves(work, "policy")}
    except Exception as error:
        if trouble.of(error) is None and "ledger_leaf" not in str(error):
            raise
        return
    by_jti = {leaf["jti"]: leaf for leaf in found}
    unmet = [one for leaf in found if (one := _unmet(leaf, rules))]
    assert not unmet, unmet
    for claims in said:
        _demand_agreement(claims, by_jti.get(str(claims.get("jti")), {}))
    kept = sorted(leaf["jti"] for leaf in found)
    assert pruned or told == kept, f"{len(told)} answers with tokens, {len(kept)} leaves"
    if kept:
        verify(installation)


def verify(installation: Installation) -> None:
    """Demand that all leaves can be sealed, and that the ledger is as it was signed.

    Raises:
        LedgerError: it is not, or some wait.
    """
    # A server that runs beside may be sealing at this moment: then it is waited for.
    for _ in range(PATIENCE):
        installation.sealer.seal()
        found = checking.check(installation.engine, installation.keyring)
        if not found.unsealed:
            return
        time.sleep(0.1)
    raise LedgerError(f"{found.unsealed} leaves are not sealed")
