"""How Alembic reaches the database: on a plain connection of its own, all in one transaction.

The application's own connections leave transactions to the unit of work (`idp.store.db`), which a
migration must not; so it never borrows one of those.
"""

import sqlalchemy as sa
from alembic import context

from idp.store.db import connections

LOCK = 4_209_001_337
"""The PostgreSQL advisory lock under which one process at a time changes the schema."""

url = context.config.attributes["url"]
options = {"target_metadata": connections.Model.metadata, "render_as_batch": True}


def run_online() -> None:
    """Bring the schema to the revision asked for; all of it or nothing."""
    # Prepared statements would stay behind on a connection that a pooler gives to the next.
    postgresql = url.drivername.startswith("postgresql")
    connect = {"prepare_threshold": None} if postgresql else {}
    engine = sa.create_engine(url, poolclass=sa.NullPool, connect_args=connect)
    if engine.dialect.name == "sqlite":
        # The driver would begin its transaction too late, and never for CREATE TABLE.
        sa.event.listen(engine, "connect", lambda raw, _: setattr(raw, "isolation_level", None))
        sa.event.listen(engine, "begin", lambda c: c.exec_driver_sql("BEGIN IMMEDIATE"))
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
        context.configure(connection=connection, transactional_ddl=True, **options)
        with context.begin_transaction():
            context.run_migrations()


if context.is_offline_mode():
    context.configure(url=url.render_as_string(hide_password=False), literal_binds=True, **options)
    with context.begin_transaction():
        context.run_migrations()
else:
    run_online()
