"""To whom a consent was given; and a sector of its own for a client whose addresses prove no host.

What was given before says nothing of the first, and stays as good. The second keeps the `sub` that
people have at a client: where it was alone in its sector, the sector goes by another name. Where
several shared a loopback address or the host of an app's scheme, each finds people by new ones.

Revision ID: 0013
"""

import json
from collections import defaultdict
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    column = sa.Column("grantee", sa.String(43), nullable=False, server_default=sa.text("''"))
    op.add_column("grant", column)
    sectors: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for client_id, data in op.get_bind().execute(sa.text("SELECT id, data FROM client")).all():
        members = json.loads(data)
        if members.get("subject_type") == "pairwise":
            sectors[_before(client_id, members)].append((client_id, _after(client_id, members)))
    for before, clients in sectors.items():
        moved = {after for _, after in clients} - {before}
        if len(clients) == 1 and moved:
            op.get_bind().execute(
                sa.text("UPDATE pairwise SET sector = :after WHERE sector = :before"),
                {"after": moved.pop(), "before": before},
            )


def downgrade() -> None:
    op.drop_column("grant", "grantee")


def _before(client_id: str, members: dict[str, Any]) -> str:
    uri = members.get("sector_identifier_uri") or (members.get("redirect_uris") or [""])[0]
    return urlsplit(uri).hostname or client_id


def _after(client_id: str, members: dict[str, Any]) -> str:
    uris = members.get("redirect_uris") or []
    if members.get("sector_identifier_uri") is None and any(
        not uri.startswith("https:") for uri in uris
    ):
        return client_id
    return _before(client_id, members)
