"""PostgreSQL databases of tests that are over, emptied for those to come.

To make one and to remove it costs twice what a test of a page does. One is used again only when
nobody is connected to it, its schema is as it was made, and it has not grown large; then it has no
row but those of the migrations, and its numbers begin at 1.
"""

from dataclasses import dataclass, field
from typing import Any

import psycopg

from tests.support import first_state
from tests.support.programs.postgres import Cluster, database_name

LARGEST = 4 * 2**20
"""Bytes of all tables: rows that were deleted stay in their files, and slow down whoever reads."""
# A row of a catalog that is new or changed has a younger `xmin`; a copy of a database keeps them.
SCHEMA = "SELECT " + ", ".join(
    f"(SELECT (count(*), max(xmin::text::bigint))::text FROM {catalog})"
    for catalog in ("pg_class", "pg_attribute", "pg_constraint", "pg_trigger", "pg_proc")
)
FREE = """
SELECT NOT EXISTS (SELECT FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid())
AND NOT EXISTS (SELECT FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase
    WHERE d.datname = current_database())
AND (SELECT sum(pg_relation_size(oid)) FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace) < %s
"""
EMPTY = """
DO $$ DECLARE it record; BEGIN
    SET LOCAL session_replication_role = replica;
    FOR it IN SELECT relname FROM pg_class WHERE relkind = 'r'
        AND relnamespace = 'public'::regnamespace AND relname <> 'alembic_version'
    LOOP EXECUTE format('DELETE FROM %I', it.relname); END LOOP;
    FOR it IN SELECT sequencename FROM pg_sequences WHERE last_value IS NOT NULL
    LOOP PERFORM setval(format('public.%I', it.sequencename), 1, false); END LOOP;
END $$
"""


@dataclass
class Emptied:
    """The databases of one server that this process has emptied."""

    server: Cluster
    ready: list[str] = field(default_factory=list)
    schema: Any = None
    lines: dict[str, psycopg.Connection] = field(default_factory=dict)
    """A connection to each that was emptied: a new one would have all tables to learn."""

    def take(self) -> str:
        """Return the URL of one that is ready, or of one that is to be made."""
        if not self.ready:
            return self.server.new_url()
        url = self.ready.pop()
        first_state.ready.add(database_name(url))
        return url

    def give_back(self, url: str) -> None:
        """Empty a database that a test has used, or remove it where it is not as it was made."""
        if self._emptied(url):
            self.ready.append(url)
            return
        if line := self.lines.pop(url, None):
            line.close()
        self.server.drop_database(url)

    def close(self) -> None:
        """End all connections."""
        for line in self.lines.values():
            line.close()

    def _emptied(self, url: str) -> bool:
        name = database_name(url)
        if name in first_state.ready:
            # Nobody has asked for it.
            first_state.ready.discard(name)
            return True
        if name not in first_state.copied:
            return False
        try:
            if url not in self.lines:
                self.lines[url] = self.server.connect(name)
            return self._empty(self.lines[url])
        except psycopg.Error:
            return False

    def _empty(self, own: psycopg.Connection) -> bool:
        [free] = own.execute(FREE, [LARGEST]).fetchone() or [False]
        if not free or own.execute(SCHEMA).fetchone() != self._schema():
            return False
        own.execute(EMPTY)
        return True

    def _schema(self) -> Any:
        if self.schema is None:
            with self.server.connect(first_state.template(self.server)) as template:
                self.schema = template.execute(SCHEMA).fetchone()
        return self.schema
