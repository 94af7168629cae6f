"""Finding a token's leaf, and the rules that it names, so that it can be explained."""

import json

from idp.errors import AlteredError
from idp.evidence import leaf
from idp.evidence.explain import Explanation, explain
from idp.ledger.reading import PrunedError
from idp.store.db import Work
from idp.store.ledger import leaves, log


def explanation(work: Work, said: str) -> Explanation | None:
    """Explain the tokens of a `jti`, or of one of them as it was given out; None: of no leaf here.

    Raises:
        PrunedError: the leaf has no body any more, because its time was over.
        ValueError: the leaf is there, and cannot be explained: its text or its rules were altered.
    """
    try:
        bodies = (leaves.body_of(work, jti) for jti in leaf.references(said))
        body = next((one for one in bodies if one is not None), None)
        if body is None:
            _demand_none(work, said)
            return None
        found = json.loads(body)
        if found["kind"] != "token":
            return None
        basis = found.get("basis")
        rules = leaves.body_of(work, basis["policy"]) if basis else None
    except AlteredError as error:
        raise ValueError(str(error)) from None
    return explain(found, json.loads(rules)["rules"] if rules else None)


def _demand_none(work: Work, said: str) -> None:
    """Tell what is not there from what has no body any more."""
    for jti in leaf.references(said):
        if log.by_jti(work, jti) is not None:
            raise PrunedError(jti)
