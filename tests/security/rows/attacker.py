"""Somebody who can write to the database, and has no keyring."""

from typing import Any

from idp.store.db.statements import Statement
from tests.support.site import Site

REFUSED = "installation:row:refused"
STOPPED = "We stopped here, to be safe"


def write(site: Site, sql: str, **values: Any) -> int:
    """Write past the product; return how many rows it changed."""
    with site.work() as work:
        return work.run(Statement(sql), **values)


def refused(site: Site) -> set[str]:
    """Return the rows whose refusal was recorded, each as its table and its name."""
    return {str(event.reason).partition(":")[0] for event in site.events(kind=REFUSED)}
