"""Applications as an operator looks after them: registered, changed, given secrets, deleted."""

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any

from idp import audit, clock
from idp.audit import Event
from idp.egress import Fetcher
from idp.errors import CommandError
from idp.installation import Installation
from idp.oidc.apis.api import Api
from idp.oidc.apis.registry import stored
from idp.oidc.clients import changes
from idp.oidc.clients.client import Client, from_metadata, parse
from idp.oidc.clients.metadata import check
from idp.oidc.clients.naming import checked_id, checked_name
from idp.oidc.clients.offer import Offer
from idp.oidc.clients.secrets import FORMER, SECRET_METHODS, NewSecret, kept_former, new_secret
from idp.oidc.provider import offer
from idp.oidc.registration import sectors
from idp.operating.actor import Actor, acts
from idp.operating.applications.client_rows import (
    as_seen,
    find,
    overtaken,
    record_change,
    told,
    with_changes,
)
from idp.operating.applications.registered import Registered, registered
from idp.operating.refusals import Conflict, Reserved
from idp.policy.roles import Action
from idp.store import events
from idp.store.db import Work
from idp.store.events import Filter
from idp.store.oidc import authorizations, clients, signing_keys

LATELY, SHOWN = 200, 10
"""Refused requests that are looked at for other redirect URIs, and how many of those are told."""
PAGE = 100
LONGEST_OVERLAP = 7 * 86400
"""Seconds for which a replaced secret may go on working."""
_ALG = "id_token_signed_response_alg"
_SCOPES = "api_scopes"


class Clients:
    """The applications of one installation."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self._keyring = installation.keyring
        self._fetcher = Fetcher(installation.settings.egress)

    # -- looking

    @acts(Action.CLIENTS_READ)
    def page(
        self, work: Work, _actor: Actor, after: str = "", limit: int = PAGE
    ) -> list[Registered]:
        """Return applications by id, from the one after `after` on ("": from the first)."""
        return [registered(row) for row in clients.after(work, after, limit)]

    def everything(self, work: Work, actor: Actor) -> Iterator[Registered]:
        """Yield all applications by id, as `page` does."""
        after = ""
        while found := self.page(work, actor, after):
            yield from found
            after = found[-1].client.client_id

    @acts(Action.CLIENTS_READ)
    def one(self, work: Work, _actor: Actor, client_id: str) -> Registered:
        """Return an application.

        Raises:
            NotFound: there is none of this id.
        """
        return registered(find(work, client_id))

    @acts(Action.CLIENTS_READ)
    def refused_uris(self, work: Work, _actor: Actor, client_id: str) -> list[str]:
        """Return the redirect URIs asked for lately that are not registered, newest first."""
        wanted = Filter(client=client_id, kind=Event.REQUEST_REFUSED.value)
        found = [row.data for row in events.listing(work, wanted, LATELY) if row.data]
        uris = (json.loads(data).get("redirect_uri") for data in found)
        return list(dict.fromkeys(uri for uri in uris if uri))[:SHOWN]

    def signing_algs(self, work: Work) -> list[str]:
        """Return the algorithms that there is a key for."""
        return list(dict.fromkeys(key.alg for key in signing_keys.everything(work)))

    def would_be(self, work: Work, client_id: str, members: Mapping[str, Any]) -> Client:
        """Return an application with `members` as `change` would store them, which it does not.

        Raises:
            CommandError: what cannot be registered.
            NotFound: there is none of this id.
        """
        row = find(work, client_id)
        members = dict(members)
        name = checked_name(members.pop("name", row.name))
        data = with_changes(told(json.loads(row.data)), members)
        check(data, self._offer(work))
        return from_metadata(data, client_id=client_id, name=name)

    def new(
        self,
        work: Work,
        actor: Actor,
        name: str,
        members: Mapping[str, Any],
        client_id: str,
        apis: tuple[Api, ...] = (),
    ) -> Client:
        """Return an application as `add` would register it, which it does not.

        `apis` are some that would be there by then, beside those that are.

        Raises:
            CommandError: what cannot be registered.
        """
        name, client_id = checked_name(name), checked_id(client_id)
        _check_scopes(actor, members.get(_SCOPES))
        check(members, self._offer(work, apis))
        return from_metadata(members, client_id=client_id, name=name)

    # -- changing

    @acts(Action.CLIENTS_CHANGE)
    def add(
        self,
        work: Work,
        actor: Actor,
        name: str,
        members: Mapping[str, Any],
        *,
        client_id: str | None = None,
        chosen: bool = False,
        brought: NewSecret | None = None,
    ) -> Registered:
        """Register an application with `members`; its id is drawn where none is given.

        How its ID tokens are signed is a member, or else the installation's setting, unless that
        was `chosen` not to be said: a product's libraries are known. A secret that it has `brought`
        along is not told.

        Raises:
            CommandError: what cannot be registered.
            Conflict: the id is taken.
        """
        client_id = client_id or changes.new_id()
        data = dict(members) if chosen else self._signed() | dict(members)
        found = self.new(work, actor, name, data, client_id)
        name = found.name
        self._check_sector(work, found)
        stored = changes.add(work, self._keyring, client_id, name, data, brought=brought)
        if stored is None:
            raise Conflict(f"{client_id} is taken already, by a client or as a person's sub")
        audit.record(work, Event.CLIENT_ADDED, client=client_id, name=name, metadata=data)
        return registered(find(work, client_id), stored.secret)

    @acts(Action.CLIENTS_CHANGE)
    def change(
        self,
        work: Work,
        actor: Actor,
        client_id: str,
        asked: Mapping[str, Any],
        *,
        seen: str | None = None,
    ) -> Registered:
        """Change members, None taking one away; `name` is one too. `seen`: of that version alone.

        A secret goes, stays or is drawn as its way of authentication needs
        (`oidc.clients.changes.change`).

        Raises:
            CommandError: what cannot be registered.
            NotFound, Changed: there is none, or somebody else was faster.
        """
        row = as_seen(work, client_id, seen)
        members = dict(asked)
        name = checked_name(members.pop("name")) if "name" in members else row.name
        before = json.loads(row.data)
        _check_scopes(actor, before.get(_SCOPES), asked.get(_SCOPES))
        former = before.pop(FORMER, None)
        data = with_changes(before, members)
        check(data, self._offer(work))
        changed = from_metadata(data, client_id=client_id, name=name)
        if {"sector_identifier_uri", "redirect_uris"} & members.keys():
            self._check_sector(work, changed)
        data |= kept_former(former, changed)
        stored = changes.change(work, self._keyring, row, name, data)
        if stored is None:
            raise overtaken(client_id)
        record_change(work, row, before, name, data, asked)
        return registered(find(work, client_id), stored.secret)

    @acts(Action.CLIENTS_CHANGE)
    def rotate_secret(
        self,
        work: Work,
        actor: Actor,
        client_id: str,
        *,
        overlap: int = 0,
        seen: str | None = None,
    ) -> Registered:
        """Replace the secret; the one before works for `overlap` seconds more.

        Two work at most: one that was replaced before ends now.

        Raises:
            CommandError: it has no secret, or signs with it and cannot have two.
            NotFound, Changed: there is none, or somebody else was faster.
        """
        row = as_seen(work, client_id, seen)
        found = parse(row)
        _check_scopes(actor, found.api_scopes)
        method = found.token_endpoint_auth_method
        if method not in SECRET_METHODS:
            raise CommandError(f"{client_id} authenticates by {method}: it has no secret")
        if not 0 <= overlap <= LONGEST_OVERLAP:
            raise CommandError(f"a secret overlaps for {LONGEST_OVERLAP} seconds at most")
        if overlap and row.sealed_secret is not None:
            raise CommandError(f"{client_id} signs with its secret, and has one at a time")
        data = {key: value for key, value in json.loads(row.data).items() if key != FORMER}
        until = clock.now() + overlap
        if overlap and row.secret_digest is not None:
            data[FORMER] = {"digest": row.secret_digest, "until": until}
        drawn = new_secret(self._keyring, client_id, method)
        if not clients.replace(
            work,
            row,
            row.name,
            json.dumps(data),
            secret_digest=drawn.digest,
            sealed_secret=drawn.sealed,
        ):
            raise overtaken(client_id)
        audit.record(
            work,
            Event.CLIENT_SECRET_ROTATED,
            client=client_id,
            former_until=until if overlap else None,
        )
        return registered(find(work, client_id), drawn.text)

    @acts(Action.CLIENTS_CHANGE)
    def delete(
        self, work: Work, _actor: Actor, client_id: str, *, seen: str | None = None
    ) -> Registered:
        """Remove an application; its tokens end, and the consents given to it are forgotten.

        Raises:
            NotFound, Changed: there is none, or somebody else was faster.
        """
        authorizations.lock_people_of(work, client_id)
        clients.hold(work, client_id)
        # From here on nobody is locked: it would be the other way round (`people.lock_person`).
        row = as_seen(work, client_id, seen)
        clients.delete(work, client_id)
        before = told(json.loads(row.data))
        audit.record(work, Event.CLIENT_DELETED, client=client_id, name=row.name, before=before)
        return registered(row)

    # -- of one installation

    def _offer(self, work: Work, apis: tuple[Api, ...] = ()) -> Offer:
        found = offer(self._installation, tuple(self.signing_algs(work)))
        return replace(found, apis=(*stored(work), *apis))

    def _signed(self) -> dict[str, Any]:
        """Return the members that let ID tokens be signed as the setting says."""
        alg = self._installation.settings.oidc.new_clients_alg
        return {} if alg == Client.id_token_signed_response_alg else {_ALG: alg}

    def _check_sector(self, work: Work, found: Client) -> None:
        """Look at the sector identifier (OIDC Registration section 5), with no transaction open."""
        if found.sector_identifier_uri is None:
            return
        work.release()
        problem = sectors.problem(self._fetcher, found)
        if problem is not None:
            raise CommandError(problem)


def _check_scopes(actor: Actor, *scopes: Collection[str] | None) -> None:
    """Leave applications with scopes of our own API to the command: who has them has its rights.

    Raises:
        Reserved: the actor is not the command, and there are some.
    """
    if any(scopes) and not actor.unbound:
        raise Reserved("an application with api_scopes is changed by the command alone")
