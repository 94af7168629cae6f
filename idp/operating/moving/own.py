"""Applications as our own files have them: members under their names, one object each."""

from collections.abc import Iterator, Mapping
from typing import Any

from idp.errors import CommandError
from idp.oidc.clients.client import MEMBERS
from idp.operating.moving.brought import Brought, kept_secret

SECRET, DIGEST = "client_secret", "client_secret_digest"
_SHOWN = frozenset({"created_at", "manages_itself", "refused_uris", "kind"})
"""What `acrux client show` and an export say besides, and what nobody can register."""


def clients(found: Any) -> Iterator[Brought]:
    """Yield applications: `client_id`, `name` (or `client_name`) and members.

    Raises:
        CommandError: it is no list of objects.
    """
    listed = [found] if isinstance(found, Mapping) else found
    if not isinstance(listed, list) or not all(isinstance(one, Mapping) for one in listed):
        raise CommandError("it is no list of applications")
    yield from map(client, listed)


def client(one: Mapping[str, Any]) -> Brought:
    """Return one application; a member that there is not is left out, with a note."""
    client_id = str(one.get("client_id") or "")
    known = {"client_id", "name", "client_name", SECRET, DIGEST} | _SHOWN
    unknown = sorted(set(one) - set(MEMBERS) - known)
    notes = [f"not read: {', '.join(unknown)}"] if unknown else []
    secret = kept_secret(one.get(SECRET), notes)
    members = {name: one[name] for name in MEMBERS if one.get(name) is not None}
    return Brought(
        client_id,
        str(one.get("name") or one.get("client_name") or client_id),
        members,
        secret,
        _text(one.get(DIGEST)),
        notes=tuple(notes),
    )


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
