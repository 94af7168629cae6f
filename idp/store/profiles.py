"""What a person's profile holds beside name, addresses and numbers: standard claims as JSON."""

import json
from collections.abc import Mapping
from typing import Any

from idp import clock
from idp.store.db import Statement, Work
from idp.store.people import PersonRow

_READ = Statement("SELECT claims FROM person WHERE id = :id")
_REPLACE = Statement(
    "UPDATE person SET name = :name, claims = :claims, updated_at = :now"
    " WHERE id = :id AND name = :old_name AND claims = :old_claims"
)


def change(work: Work, person: PersonRow, name: str, claims: Mapping[str, Any | None]) -> bool:
    """Set the name and the given claims of a person as it was read; None takes a claim away.

    False when somebody else changed the profile meanwhile.
    """
    row = work.one(_READ, id=person.id)
    if row is None or json.loads(row[0]) != person.claims:
        return False
    together = {**person.claims, **claims}
    kept = {key: value for key, value in together.items() if value is not None}
    changed = work.run(
        _REPLACE,
        id=person.id,
        name=name,
        claims=json.dumps(kept),
        now=clock.now(),
        old_name=person.name,
        old_claims=row[0],
    )
    return changed == 1
