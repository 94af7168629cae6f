"""Applications are brought in from a file: what it would do, and doing it.

Each is registered whole or not at all, in a transaction of its own; the same file again does the
rest. What is here already stays as it is: an operator changes it by name.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from idp.errors import CommandError
from idp.installation import Installation
from idp.oidc.apis.api import Api
from idp.oidc.clients.client import Client, from_metadata
from idp.oidc.clients.secrets import SECRET_METHODS, SIGNING_METHOD, NewSecret, kept_secret
from idp.operating.actor import Actor, acts
from idp.operating.applications.clients import Clients
from idp.operating.moving import auth0, keycloak, own
from idp.operating.moving.brought import Brought
from idp.operating.refusals import NotFound
from idp.people.intake.held import File
from idp.people.intake.json_files import document
from idp.people.intake.plans import Outcome
from idp.policy.roles import Action
from idp.store.db import Work

_READERS: Mapping[str, Callable[[Any], Iterator[Brought]]] = {
    "keycloak": keycloak.clients,
    "auth0": auth0.clients,
}
PRODUCTS = tuple(_READERS)
"""Whose exports are read as they are."""
MOST = 10_000
"""Applications of one file."""


@dataclass(frozen=True)
class Said:
    """What became of an application, or would."""

    client_id: str
    name: str
    outcome: Outcome
    why: str = ""
    notes: tuple[str, ...] = ()
    secret: str | None = field(default=None, repr=False)
    """A new one, to be told this once; None where it keeps its own, or has none."""


def read(file: File, product: str = "") -> list[Brought]:
    """Return the applications of a file.

    Raises:
        CommandError: it cannot be read, or holds none.
    """
    try:
        found = list(_READERS.get(product, own.clients)(document(file)))
    except CommandError as error:
        raise CommandError(f"{file.name}: {error}") from None
    if not found:
        raise CommandError(f"{file.name} has no application")
    if len(found) > MOST:
        raise CommandError(f"{file.name} has more than {MOST} applications")
    return found


class Applications:
    """Files of applications, for one installation."""

    def __init__(self, installation: Installation, clients: Clients) -> None:
        self._keyring = installation.keyring
        self._clients = clients

    @acts(Action.CLIENTS_CHANGE)
    def check(
        self, work: Work, actor: Actor, brought: Iterable[Brought], apis: tuple[Api, ...] = ()
    ) -> Iterator[Said]:
        """Say of each what would become of it, once `apis` are there; nothing is written."""
        seen: set[str] = set()
        for one in brought:
            yield self._planned(work, actor, one, seen, apis)

    @acts(Action.CLIENTS_CHANGE)
    def carry_out(self, work: Work, actor: Actor, brought: Iterable[Brought]) -> Iterator[Said]:
        """Register each that is right; say what became of it once that is committed."""
        seen: set[str] = set()
        for one in brought:
            said = self._planned(work, actor, one, seen)
            if said.outcome is Outcome.ADDED:
                said = self._added(work, actor, one, said)
            yield said

    def _planned(
        self,
        work: Work,
        actor: Actor,
        one: Brought,
        seen: set[str],
        apis: tuple[Api, ...] = (),
    ) -> Said:
        said = Said(one.client_id, one.name, Outcome.ADDED, notes=one.notes)
        if one.left_out:
            return replace(said, outcome=Outcome.LEFT_OUT, why=one.left_out)
        try:
            if one.client_id in seen:
                raise CommandError("it is in the file twice")
            seen.add(one.client_id)
            new = self._clients.new(work, actor, one.name, one.members, one.client_id, apis)
            there = self._there(work, actor, one.client_id)
            if there is None:
                return said
            if differing := _differing(there, new):
                raise CommandError(
                    f"is there already and differs in {', '.join(differing)}:"
                    " acrux client set changes it"
                )
            return replace(said, outcome=Outcome.UNCHANGED)
        except CommandError as error:
            return replace(said, outcome=Outcome.WRONG, why=str(error))

    def _there(self, work: Work, actor: Actor, client_id: str) -> Client | None:
        try:
            return self._clients.one(work, actor, client_id).client
        except NotFound:
            return None

    def _added(self, work: Work, actor: Actor, one: Brought, said: Said) -> Said:
        try:
            done = self._clients.add(
                work,
                actor,
                one.name,
                one.members,
                client_id=one.client_id,
                chosen=True,
                brought=self._secret(one),
            )
        except CommandError as error:
            work.rollback()
            return replace(said, outcome=Outcome.WRONG, why=str(error))
        work.commit()
        return replace(said, secret=done.secret)

    def _secret(self, one: Brought) -> NewSecret | None:
        """Return how the secret is stored that it keeps; None where one is drawn, or there is none.

        Of a digest nothing can be sealed: a client that signs with its secret gets another one.
        """
        method = from_metadata(one.members, client_id="", name="").token_endpoint_auth_method
        if method not in SECRET_METHODS:
            return None
        if one.secret is not None:
            return kept_secret(self._keyring, one.client_id, method, one.secret)
        if one.digest is not None and method != SIGNING_METHOD:
            return NewSecret("", one.digest, None)
        return None


def _differing(there: Client, new: Client) -> list[str]:
    """Return the members in which two applications of one id differ, and the name."""
    held = ("name", *own.MEMBERS)
    return [name for name in held if getattr(there, name) != getattr(new, name)]
