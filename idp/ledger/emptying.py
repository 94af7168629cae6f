"""Which bodies go when their time is over: those of tokens that are sealed, and are as sealed.

What decides (changes, rules) keeps its body; what was altered keeps it, too, so that it is found.
"""

import json

from idp.evidence import tree
from idp.ledger.reading import Leaf, items
from idp.store.db import Work
from idp.store.db.connections import Engine
from idp.store.ledger import bodies


def of_tokens(engine: Engine, start: int, end: int) -> list[tuple[int, str, int]]:
    """Return number, `jti` and moment of the leaves between two numbers whose body may go."""
    found = []
    for item in items(engine, start, end):
        if not isinstance(item, Leaf) or item.body is None:
            continue
        if '"kind":"token"' not in item.body or tree.leaf_hash(item.body.encode()) != item.hash:
            continue
        leaf = json.loads(item.body)
        if leaf["kind"] == "token":
            found.append((item.seq, leaf["jti"], leaf["at"]))
    return found


def empty(work: Work, leaves: list[tuple[int, str, int]]) -> int:
    """Empty these leaves; return how many were."""
    return sum(bodies.empty(work, *leaf) for leaf in leaves)
