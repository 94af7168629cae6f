"""All that is the operator's, as objects of JSON one after the other: docs/export.md has the form.

APIs, applications, stages, people and exceptions, each in the form in which it comes in
(`coming_in`). With secrets, too, only where it is said: hashes of passwords, secrets of apps,
digests of client secrets. Passkeys, recovery codes and keys stay: a backup has them.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from idp import audit, clock
from idp.audit import Event
from idp.crypto import Keyring
from idp.errors import CommandError, SealError
from idp.installation import Installation
from idp.oidc.clients.secrets import SECRET_METHODS, SIGNING_METHOD
from idp.operating.actor import Actor, acts
from idp.operating.applications.clients import Clients
from idp.operating.applications.registered import Registered, registered
from idp.operating.moving.own import DIGEST, SECRET
from idp.operating.refusals import Reserved
from idp.operating.rollout.stages import described
from idp.policy.roles import Action
from idp.store import credentials, people
from idp.store.credentials import CredentialRow
from idp.store.db import Work
from idp.store.oidc import apis, clients
from idp.store.oidc.clients import secret_place
from idp.store.people import PersonRow
from idp.store.rollout import exceptions, stages

FORMAT = 1
"""Another one when a file of before could not be read any more."""
HEAD, API, CLIENT, STAGE = "acrux-export", "api", "client", "stage"
PERSON, EXCEPTION = "person", "exception"
_ORDER = (API, CLIENT, STAGE, PERSON, EXCEPTION)
Keyed = tuple[str, dict[str, Any]]
_AT_ONCE = 500
_TAKEN = "$argon2"
"""How a hash begins that an import reads: those of elsewhere are ours after the next sign-in."""


@dataclass(frozen=True)
class Export:
    """All that is the operator's, of one installation."""

    installation: Installation
    clients: Clients

    @acts(Action.PEOPLE_CHANGE)
    def everything(
        self, work: Work, actor: Actor, *, secrets: bool = False
    ) -> Iterator[dict[str, Any]]:
        """Yield objects, the first of which says what follows; recorded as one event.

        Raises:
            Reserved: the actor is not the command: nobody else reads all of it at once.
        """
        if not actor.unbound:
            raise Reserved("everything is exported by the command alone")
        audit.record(work, Event.DATA_EXPORTED, reason="with secrets" if secrets else None)
        work.commit()
        yield self._head(secrets=secrets)
        yield from (one for _, one in _keyed_apis(work))
        yield from self._clients(work, actor, secrets)
        yield from _stages(work)
        yield from self._people(work, secrets)
        yield from _exceptions(work)

    @acts(Action.DATA_EXPORT)
    def part(
        self, work: Work, _actor: Actor, after: str, limit: int
    ) -> tuple[list[dict[str, Any]], str | None]:
        """Return some of the same objects, without secrets, and what the next ones come after.

        The first part (`after` is "") is recorded as one event.

        Raises:
            CommandError: `after` is none that was given.
        """
        kind, mark, key = after.partition(":")
        if kind not in ("", *_ORDER) or (kind and not mark):
            raise CommandError("the cursor is none that was given")
        found = list[dict[str, Any]]()
        if not kind:
            audit.record(work, Event.DATA_EXPORTED, reason="by the API")
            found.append(self._head(secrets=False))
            kind = API
        for one in _ORDER[_ORDER.index(kind) :]:
            rows = _some(work, one, key, limit - len(found))
            found += [row for _key, row in rows]
            if len(found) >= limit:
                return found, f"{one}:{rows[-1][0] if rows else key}"
            key = ""
        return found, None

    def _head(self, *, secrets: bool) -> dict[str, Any]:
        return {
            "kind": HEAD,
            "format": FORMAT,
            "issuer": self.installation.settings.server.issuer,
            "made": clock.iso(clock.now()),
            "secrets": secrets,
        }

    def _clients(self, work: Work, actor: Actor, secrets: bool) -> Iterator[dict[str, Any]]:
        for one in self.clients.everything(work, actor):
            yield _client(one) | (self._secret(one.client) if secrets else {})

    def _secret(self, client: Any) -> dict[str, str]:
        method = client.token_endpoint_auth_method
        if method == SIGNING_METHOD and client.sealed_secret is not None:
            place = secret_place(client.client_id)
            return {SECRET: self.installation.keyring.open(client.sealed_secret, place).decode()}
        if method in SECRET_METHODS and client.secret_digest is not None:
            return {DIGEST: client.secret_digest}
        return {}

    def _people(self, work: Work, secrets: bool) -> Iterator[dict[str, Any]]:
        after = ""
        while found := people.after(work, after, _AT_ONCE):
            for one in found:
                yield _person(one) | (self._ways(work, one) if secrets else {})
            after = found[-1].id

    def _ways(self, work: Work, person: PersonRow) -> dict[str, str]:
        """Return a password's hash and an app's secret, where they can come in again."""
        found = {}
        for row in credentials.of(work, person.id):
            text = _opened(self.installation.keyring, row)
            if row.method == "password" and text.startswith(_TAKEN):
                found["password_hash"] = text
            elif row.method == "totp" and text:
                found["totp_secret"] = text
        return found


def _some(work: Work, kind: str, after: str, limit: int) -> list[Keyed]:
    """Return the next objects of a kind, each with its key."""
    if limit <= 0:
        return []
    if kind == CLIENT:
        rows = map(registered, clients.after(work, after, limit))
        return [(one.client.client_id, _client(one)) for one in rows]
    if kind == PERSON:
        return [(one.id, _person(one)) for one in people.after(work, after, limit)]
    read = {API: _keyed_apis, STAGE: _keyed_stages, EXCEPTION: _keyed_exceptions}
    keyed = read[kind](work)
    return [one for one in sorted(keyed, key=itemgetter(0)) if one[0] > after][:limit]


def _client(one: Registered) -> dict[str, Any]:
    plain = {name: _plain(value) for name, value in one.chosen().items()}
    # A picture is held apart from what names it.
    plain.pop("logo", None)
    return {"kind": CLIENT, "client_id": one.client.client_id, "name": one.client.name} | plain


def _person(one: PersonRow) -> dict[str, Any]:
    given = {key: one.claims[key] for key in ("given_name", "family_name") if one.claims.get(key)}
    return {
        "kind": PERSON,
        "sub": one.id,
        "username": one.username,
        "email": one.email,
        "verified": one.email_verified,
        "name": one.name,
        **given,
        **({"phone": one.phone, "phone_verified": one.phone_verified} if one.phone else {}),
        "type": one.user_type,
        "groups": list(one.groups),
        "roles": sorted(one.roles - people.OWN_ROLES),
        "switched_off": one.disabled_at is not None,
    }


def _stages(work: Work) -> Iterator[dict[str, Any]]:
    for stage in stages.everything(work):
        yield {"kind": STAGE, **described(work, stage)}


def _exceptions(work: Work) -> Iterator[dict[str, Any]]:
    for one in exceptions.holding(work):
        yield {
            "kind": EXCEPTION,
            "stage": one.stage_id,
            "sub": one.person_id,
            "until": clock.iso(one.until),
            "reason": one.reason,
        }


def _keyed_apis(work: Work) -> Iterator[Keyed]:
    for row in apis.everything(work):
        said = {"id": row.id, "audience": row.audience, "name": row.name}
        yield row.id, {"kind": API, **said, **json.loads(row.data)}


def _keyed_stages(work: Work) -> Iterator[Keyed]:
    return ((one["id"], one) for one in _stages(work))


def _keyed_exceptions(work: Work) -> Iterator[Keyed]:
    return ((f"{one['stage']} {one['sub']}", one) for one in _exceptions(work))


def _opened(keyring: Keyring, row: CredentialRow) -> str:
    if row.method not in ("password", "totp"):
        return ""
    try:
        return keyring.open(row.secret, row.place).decode()
    except SealError:
        return ""


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
