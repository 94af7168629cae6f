"""What is done again for applications and signing keys: see `idp.backup.deeds`."""

import json
from typing import Any

from idp import audit, clock
from idp.audit import Event
from idp.backup.deeds import BY, Place
from idp.backup.trail import Happened
from idp.oidc.clients.client import parse
from idp.oidc.clients.secrets import FORMER, SECRET_METHODS, new_secret
from idp.oidc.tokens.signing_keys import generate
from idp.store.oidc import authorizations, clients, signing_keys
from idp.store.oidc.signing_keys import KeyRow


def delete_client(place: Place, happened: Happened) -> bool:
    found = clients.find(place.work, happened.client or "")
    if found is None:
        return False
    authorizations.lock_people_of(place.work, found.id)
    clients.hold(place.work, found.id)
    clients.delete(place.work, found.id)
    audit.record(place.work, Event.CLIENT_DELETED, client=found.id, name=found.name, reason=BY)
    return True


def void_secret(place: Place, happened: Happened) -> bool:
    """The secret of then is refused: in its place is one that no one knows."""
    found = clients.find(place.work, happened.client or "")
    if found is None:
        return False
    method = parse(found).token_endpoint_auth_method
    if method not in SECRET_METHODS:
        return False
    drawn = new_secret(place.installation.keyring, found.id, method)
    kept = {key: value for key, value in json.loads(found.data).items() if key != FORMER}
    clients.set_secret(place.work, found.id, drawn.digest, drawn.sealed, data=json.dumps(kept))
    audit.record(place.work, Event.CLIENT_SECRET_ROTATED, client=found.id, reason=BY)
    return True


def changes_secret(happened: Happened) -> bool:
    """Return True if a change of a client may have given it another secret."""
    changed = happened.data.get("changed") or []
    return any(str(one).startswith("token_endpoint_auth_method=") for one in changed)


def withdraw_key(place: Place, happened: Happened) -> bool:
    rows = signing_keys.listed(place.work)
    found = next((row for row in rows if row.kid == happened.data.get("kid")), None)
    if found is None:
        return False
    signing_keys.remove(place.work, found.kid)
    audit.record(
        place.work,
        Event.KEY_WITHDRAWN,
        reason=f"{found.alg} {found.kid}, {BY}",
        alg=found.alg,
        kid=found.kid,
    )
    if not _signing(signing_keys.everything(place.work), found.alg):
        _make(place, found.alg)
    return True


def at_once(happened: Happened) -> bool:
    """Return True if a key was made to sign from the same moment on: the others were retired."""
    active_at: Any = happened.data.get("active_at")
    return isinstance(active_at, int) and active_at <= happened.at


def retire_keys(place: Place, happened: Happened) -> bool:
    """Another key took over at once: those of then sign no more, and a new one does."""
    alg = str(happened.data.get("alg"))
    if not _signing(signing_keys.everything(place.work), alg):
        return False
    signing_keys.retire(place.work, alg, _make(place, alg))
    return True


def _signing(rows: list[KeyRow], alg: str) -> list[KeyRow]:
    now = clock.now()
    return [r for r in rows if r.alg == alg and r.retired_at is None and r.active_at <= now]


def _make(place: Place, alg: str) -> str:
    now = clock.now()
    kid = generate(place.work, place.installation.keyring, alg, active_at=now)
    audit.record(
        place.work, Event.KEY_ADDED, reason=f"{alg} {kid}, {BY}", alg=alg, kid=kid, active_at=now
    )
    return kid
