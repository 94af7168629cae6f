"""What the checker looks at: the journal, and the rows of the database as they lie there."""

import json
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from idp import crypto
from idp.installation import Installation
from idp.ledger import checking
from idp.ledger.keys import LedgerError
from idp.store import db
from idp.store.db.connections import Engine
from idp.store.db.statements import Statement
from idp.store.ledger import turns
from torture.journal import Deed

Row = Mapping[str, Any]
_COLUMNS = {
    '"authorization"': "id, code_digest, code_used_at, person_id, revoked_at, session_id",
    "token": "digest, kind, authorization_id, expires_at, used_at",
    "client_token": "digest",
    "ledger_leaf": "jti, body",
    "event": "kind, outcome, person_id, interaction_id, data, reason",
    "proof": "interaction_id, session_id, person_id, method",
    "interaction": "id, claimed_at, refused, client_id, person_id",
    "session": "id, person_id, ended_at",
    "person": "id, disabled_at",
    "recovery_code": "person_id, used_at",
    "outbox": "id, channel, kind, state, error",
}


@dataclass(frozen=True)
class Evidence:
    """All of it, after the load has ended and the outbox was worked off."""

    deeds: list[Deed]
    tables: Mapping[str, list[Row]]
    jwks: Mapping[str, Any]
    links: Mapping[str, int]
    """Different links that arrived by mail, by address."""
    texts: int
    """Messages that the carrier took."""
    health: list[str]
    """What the database says of its own files."""
    ledger: list[str] = field(default_factory=list)
    """What `acrux ledger verify` finds wrong, once all is sealed."""

    def of(self, *kinds: str) -> list[Deed]:
        return [deed for kind in kinds for deed in self._by_kind[kind]]

    @cached_property
    def _by_kind(self) -> dict[str, list[Deed]]:
        found: dict[str, list[Deed]] = defaultdict(list)
        for deed in self.deeds:
            found[deed.kind].append(deed)
        return found

    @cached_property
    def authorizations(self) -> dict[str, Row]:
        """By the digest of the code."""
        return {row["code_digest"]: row for row in self.tables["authorization"]}

    @cached_property
    def tokens(self) -> dict[str, Row]:
        return {row["digest"]: row for row in self.tables["token"]}

    @cached_property
    def issued(self) -> list[tuple[str, str, dict[str, Any]]]:
        """Kind, outcome and data of each event."""
        return [
            (row["kind"], row["outcome"], json.loads(row["data"] or "{}"))
            for row in self.tables["event"]
        ]

    def events(self, kinds: Iterable[str]) -> list[dict[str, Any]]:
        wanted = set(kinds)
        return [data for kind, outcome, data in self.issued if kind in wanted and outcome == "done"]

    def authorization(self, code: str) -> Row | None:
        return self.authorizations.get(crypto.digest(code))


def rows(engine: Engine) -> dict[str, list[Row]]:
    """Read every table that the rules look at, in one view of the database."""
    found: dict[str, list[Row]] = {}
    with db.work(engine) as work:
        for table, columns in _COLUMNS.items():
            names = columns.split(", ")
            lines = work.all(Statement(f"SELECT {columns} FROM {table}"))
            found[table.strip('"')] = [dict(zip(names, line, strict=True)) for line in lines]
    return found


def ledger(this: Installation) -> list[str]:
    """Seal what waits, also behind the turn of a sealer that was killed, and check all of it."""
    until = time.monotonic() + turns.LEASE_SECONDS + 15
    try:
        while time.monotonic() < until:
            this.sealer.seal()
            found = checking.check(this.engine, this.keyring)
            if not found.unsealed:
                return []
            time.sleep(1)
    except LedgerError as error:
        return [str(error)]
    return [f"{found.unsealed} rows are not sealed"]


def health(engine: Engine) -> list[str]:
    """Return what SQLite finds wrong with its file; nothing on PostgreSQL."""
    if engine.dialect.name != "sqlite":
        return []
    with db.work(engine) as work:
        whole = [str(line) for line in work.column(Statement("PRAGMA integrity_check"))]
        broken = work.all(Statement("PRAGMA foreign_key_check"))
    return [line for line in whole if line != "ok"] + [
        f"a row refers to none: {row}" for row in broken
    ]
