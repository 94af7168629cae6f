"""The tables. Times are seconds since 1970 UTC; JSON columns are text; tokens stand as digests.

Names of people and numbers are personal data; secrets are sealed (`idp.crypto.Keyring`) and bound
to `table:column:id`; a `tag` vouches for what its row says in the open (`store.tags`). The models
serve the migrations, which compare all of them with the database, and name the columns that rows
are read from (`store.rows`); no ORM session is ever opened.
"""

from idp.store.models import (
    audit,
    directory,
    evidence,
    imports,
    notices,
    people,
    protocol,
    rollout,
    service,
    shared,
    sign_in,
    signals,
)

__all__ = [
    "audit",
    "directory",
    "evidence",
    "imports",
    "notices",
    "people",
    "protocol",
    "rollout",
    "service",
    "shared",
    "sign_in",
    "signals",
]
