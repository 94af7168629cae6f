"""APIs as an operator looks after them: their scopes and kinds of details, in words for people.

What an application has been given stays there: a scope or a type that one still has is not taken
away. So whoever is asked reads words, and an API knows what it is shown. A scope that comes or goes
is in nothing that was granted: whoever allowed it before is asked about it anew.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from idp import audit, clock, crypto
from idp.audit import Event
from idp.errors import CommandError
from idp.installation import Installation
from idp.oidc.apis import checking
from idp.oidc.apis.api import Api, from_data, parse
from idp.oidc.clients.client import Client
from idp.oidc.clients.client import parse as parse_client
from idp.operating.actor import Actor, acts
from idp.operating.refusals import Changed, Conflict, NotFound
from idp.policy.roles import Action
from idp.store.db import Work
from idp.store.oidc import apis, clients, scopes
from idp.store.oidc.apis import ApiRow

_DATA = ("published", "scopes", "types")
LONGEST = 65_536
"""Characters of all that one API has."""


@dataclass(frozen=True)
class RegisteredApi:
    """An API as it is now, with its version: whoever changes it names the one that was read."""

    api: Api
    data: Mapping[str, Any]
    created_at: int
    version: str

    def described(self) -> dict[str, Any]:
        """Return what is registered, as JSON has it."""
        return {
            "id": self.api.id,
            "audience": self.api.audience,
            "name": self.api.name,
            **self.data,
            "created_at": clock.iso(self.created_at),
        }


class Apis:
    """The APIs of one installation."""

    def __init__(self, installation: Installation) -> None:
        self._issuer = installation.settings.server.issuer

    @acts(Action.CLIENTS_READ)
    def everything(self, work: Work, _actor: Actor) -> list[RegisteredApi]:
        """Return all APIs by id."""
        return [_registered(row) for row in apis.everything(work)]

    @acts(Action.CLIENTS_READ)
    def one(self, work: Work, _actor: Actor, api_id: str) -> RegisteredApi:
        """Return an API.

        Raises:
            NotFound: there is none of this id.
        """
        return _registered(_find(work, api_id))

    @acts(Action.CLIENTS_READ)
    def new(
        self, work: Work, _actor: Actor, api_id: str, audience: str, given: Mapping[str, Any]
    ) -> Api:
        """Return an API as `add` would register it, which it does not.

        Raises:
            CommandError: what cannot be registered.
        """
        name, data = self._new(work, api_id, audience, given)
        return from_data(api_id, audience, name, data)

    @acts(Action.CLIENTS_CHANGE)
    def add(
        self, work: Work, actor: Actor, api_id: str, audience: str, given: Mapping[str, Any]
    ) -> RegisteredApi:
        """Register an API with `given`: name, published, scopes and types.

        Raises:
            CommandError: what cannot be registered.
            Conflict: its id or audience is taken.
        """
        name, data = self._new(work, api_id, audience, given)
        # What is left of one of that name was said of another API.
        ended = scopes.forget(work, data["scopes"])
        if not apis.add(work, api_id, audience, name, json.dumps(data)):
            raise Conflict(f"there is an API {api_id!r}, or one for {audience!r}, already")
        audit.record(
            work,
            Event.API_ADDED,
            reason=f"{api_id}: {name}"[:200],
            api=api_id,
            audience=audience,
            **_ended(ended),
        )
        return self.one(work, actor, api_id)

    @acts(Action.CLIENTS_CHANGE)
    def change(
        self,
        work: Work,
        actor: Actor,
        api_id: str,
        given: Mapping[str, Any],
        *,
        seen: str | None = None,
    ) -> RegisteredApi:
        """Change what an API has; each member that is given stands in the place of the one before.

        Raises:
            CommandError: what cannot be registered.
            Conflict: an application still has what would be taken away.
            NotFound, Changed: there is none, or somebody else was faster.
        """
        apis.hold(work, api_id)
        row = _as_seen(work, api_id, seen)
        before = json.loads(row.data)
        name, data = _split({"name": row.name} | dict(given), before, row.audience)
        others = [one for one in apis.everything(work) if one.id != api_id]
        self._check(api_id, row.audience, name, data, others)
        _check_unused(work, row, data.get("scopes", {}), data.get("types", {}))
        ended = scopes.forget(work, data["scopes"].keys() ^ before.get("scopes", {}).keys())
        if not apis.replace(work, row, name, json.dumps(data)):
            raise _overtaken(api_id)
        changed = sorted(key for key in data if data[key] != before.get(key))
        changed += ["name"] if name != row.name else []
        audit.record(
            work,
            Event.API_CHANGED,
            reason=f"{api_id}: {', '.join(changed) or 'nothing'}"[:200],
            api=api_id,
            before={key: before.get(key, row.name) for key in changed},
            after={key: data.get(key, name) for key in changed},
            **_ended(ended),
        )
        return self.one(work, actor, api_id)

    @acts(Action.CLIENTS_CHANGE)
    def delete(
        self, work: Work, _actor: Actor, api_id: str, *, seen: str | None = None
    ) -> RegisteredApi:
        """Remove an API.

        Raises:
            Conflict: an application still has a scope or a type of it.
            NotFound, Changed: there is none, or somebody else was faster.
        """
        apis.hold(work, api_id)
        row = _as_seen(work, api_id, seen)
        _check_unused(work, row, {}, {})
        ended = scopes.forget(work, parse(row).scopes)
        apis.delete(work, api_id)
        audit.record(
            work,
            Event.API_DELETED,
            reason=f"{api_id}: {row.name}"[:200],
            api=api_id,
            **_ended(ended),
        )
        return _registered(row)

    def _new(
        self, work: Work, api_id: str, audience: str, given: Mapping[str, Any]
    ) -> tuple[str, dict[str, Any]]:
        """Return name and data of what may be registered."""
        name, data = _split(given, {}, audience)
        there = apis.everything(work)
        if len(there) >= checking.MOST:
            raise CommandError(f"there are {checking.MOST} APIs, and no more")
        self._check(api_id, audience, name, data, there)
        return name, data

    def _check(
        self,
        api_id: str,
        audience: str,
        name: str,
        data: Mapping[str, Any],
        others: Iterable[ApiRow],
    ) -> None:
        for problem in checking.identity(api_id, audience, name, self._issuer):
            raise CommandError(problem)
        for problem in checking.problems(data, map(parse, others)):
            raise CommandError(problem)
        if len(json.dumps(data)) > LONGEST:
            raise CommandError(f"an API has {LONGEST} characters at most, as JSON")


def read(text: str, what: str = "the API") -> dict[str, Any]:
    """Return a JSON object that an operator has written; `what` it is.

    Raises:
        CommandError: it is none.
    """
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise CommandError(f"{what}: write a JSON object")
    return found


def _split(
    given: Mapping[str, Any], before: Mapping[str, Any], audience: str
) -> tuple[str, dict[str, Any]]:
    """Return the name and all data; None takes a member back to its default."""
    values = dict(given)
    name = values.pop("name", None) or audience
    for key in values.keys() - set(_DATA):
        raise CommandError(f"{key!r} is no member of an API: name, {', '.join(_DATA)}")
    if not isinstance(name, str):
        raise CommandError("name must be str")
    merged: dict[str, Any] = {"published": False, "scopes": {}, "types": {}, **before}
    merged |= {
        key: ({} if key != "published" else False) if value is None else value
        for key, value in values.items()
    }
    return name, merged


def _ended(count: int) -> dict[str, Any]:
    """Return what an event says of how many sign-ins ended; mostly nothing."""
    return {"ended": count} if count else {}


def _check_unused(
    work: Work, row: ApiRow, scopes: Mapping[str, Any], types: Mapping[str, Any]
) -> None:
    """Refuse to take away what an application has.

    Raises:
        Conflict: with which one, and what.
    """
    before = parse(row)
    gone_scopes, gone_types = before.scopes.keys() - scopes.keys(), before.types.keys() - types
    if not gone_scopes and not gone_types:
        return
    for client in map(parse_client, clients.everything(work)):
        held = _held(client, before.audience, gone_scopes, gone_types)
        if held:
            raise Conflict(
                f"{client.client_id} still has {', '.join(sorted(held))}: change it first"
            )


def _held(client: Client, audience: str, scopes: Iterable[str], types: Iterable[str]) -> set[str]:
    own = {scope for scope, api in client.scope_apis.items() if api == audience}
    return (own & set(scopes)) | (set(client.authorization_details_types) & set(types))


def _find(work: Work, api_id: str) -> ApiRow:
    found = next((row for row in apis.everything(work) if row.id == api_id), None)
    if found is None:
        raise NotFound(f"there is no API {api_id!r}")
    return found


def _as_seen(work: Work, api_id: str, seen: str | None) -> ApiRow:
    row = _find(work, api_id)
    if seen is not None and seen != _version(row):
        raise _overtaken(api_id)
    return row


def _overtaken(api_id: str) -> Changed:
    return Changed(f"{api_id} has just been changed by somebody else: try again")


def _version(row: ApiRow) -> str:
    return crypto.digest(json.dumps([row.name, row.data]))[:22]


def _registered(row: ApiRow) -> RegisteredApi:
    return RegisteredApi(parse(row), json.loads(row.data), row.created_at, _version(row))
