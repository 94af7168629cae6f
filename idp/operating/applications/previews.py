"""What an application would be told of one person: worked out as for a real sign-in, never issued.

Owns putting a sign-in in the place of one that did not happen. What each place says comes of the
very functions that answer applications; nothing is stored, signed or recorded.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from idp import clock
from idp.installation import Installation
from idp.oidc import introspection, userinfo
from idp.oidc.apis.members import Words
from idp.oidc.apis.registry import stored
from idp.oidc.authorize.as_demand import scope_words
from idp.oidc.authorize.requested_claims import RequestedClaims
from idp.oidc.clients.client import Client
from idp.oidc.tokens import access_tokens, id_tokens, lifetimes, mapped
from idp.oidc.tokens.access_tokens import Access
from idp.oidc.vocabulary import SCOPES
from idp.operating.actor import Actor, acts
from idp.operating.applications.clients import Clients
from idp.operating.people.looking import Directory
from idp.operating.refusals import Forbidden
from idp.policy.roles import Action
from idp.policy.steps import Finish
from idp.signin.interaction import Authorized
from idp.store.db import Work
from idp.store.oidc import subjects
from idp.store.oidc.authorizations import AuthorizationRow
from idp.store.people import PersonRow

DRAWN = "…"
"""Stands for what is another one each time."""


@dataclass(frozen=True)
class Preview:
    """What each place would say; `access_token` only of one that is signed and can be read."""

    client: Client
    person: PersonRow
    scope: tuple[str, ...]
    consents: tuple[str, ...]
    """What the person would be asked for, as scopes and `claim:NAME`; () where nobody is asked."""
    places: Mapping[str, Mapping[str, Any]]
    scope_words: Mapping[str, Words] = field(default_factory=dict)
    """What the person would read of scopes that are an API's, by language."""

    def described(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        told = {"scope": " ".join(self.scope), "consents": list(self.consents)}
        return told | {name: dict(self.places[name]) for name in self.places}


class Previews:
    """Looks at what applications would be told."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self._clients = Clients(installation)
        self._directory = Directory(installation)

    @acts(Action.CLIENTS_READ)
    def tokens(
        self,
        work: Work,
        actor: Actor,
        client_id: str,
        name: str,
        members: Mapping[str, Any] | None = None,
        scope: str | None = None,
    ) -> Preview:
        """Return what an application would be told of `name` if `members` were registered.

        None takes a member away. `scope`: asked for; all that it may ask for when not given.

        Raises:
            CommandError: what cannot be registered.
            NotFound: there is no such application, or no such person.
            Forbidden: the actor may not see people.
        """
        person = self._directory.named(work, actor, name)
        client = self._clients.would_be(work, client_id, members or {})
        levels = self._installation.signin.rules.levels
        # As weak as it can be: what is told does not depend on it.
        finish = Finish(client.min_acr or levels[0].name, (), clock.now(), "")
        return self._preview(work, client, person, _asked(client, scope), finish)

    @acts(Action.CLIENTS_CHANGE)
    def of_sign_in(self, work: Work, actor: Actor, client_id: str, done: Authorized) -> Preview:
        """Return what an application would be told of a sign-in of the actor's own.

        Raises:
            NotFound: there is no such application.
            Forbidden: somebody else signed in.
        """
        if actor.person != done.person.id:
            raise Forbidden(Action.PEOPLE_READ)
        client = self._clients.one(work, actor, client_id).client
        return self._preview(work, client, done.person, _asked(client, None), done.finish)

    def _preview(
        self,
        work: Work,
        client: Client,
        person: PersonRow,
        asked: tuple[str, ...],
        finish: Finish,
    ) -> Preview:
        unasked = mapped.unasked(client, asked)
        claims = RequestedClaims().to_json(unasked)
        row = _row(work, client, person, asked, claims, finish)
        consents = (*asked, *sorted(RequestedClaims().consents(asked, unasked)))
        places = self._places(work, client, person, row)
        said = scope_words(client, asked, lambda: stored(work))
        told = () if client.first_party else consents
        return Preview(client, person, asked, told, places, said)

    def _places(
        self, work: Work, client: Client, person: PersonRow, row: AuthorizationRow
    ) -> dict[str, dict[str, Any]]:
        rules, issuer = self._installation.settings.oidc, self._installation.settings.server.issuer
        ends = row.created_at + lifetimes.access(client, rules)
        access = Access(client.client_id, row.scope, row.created_at, ends, row, person, DRAWN)
        spoken = id_tokens.told(client, row.scope)
        id_token = id_tokens.content(work, client, row, spoken, row.scope) | {
            "iss": issuer,
            "iat": row.created_at,
            "exp": row.created_at + lifetimes.id_token(client, rules),
            "jti": DRAWN,
        }
        found = {
            "id_token": id_token,
            "userinfo": userinfo.known(client, access, row, person),
            "introspection": introspection.said(issuer, client, access),
        }
        if client.signs_access_tokens:
            found["access_token"] = access_tokens.jwt_claims(work, issuer, client, access)
        return found


def _asked(client: Client, scope: str | None) -> tuple[str, ...]:
    """Return what of `scope` the client may ask for, or all of that."""
    allowed = (*(client.scopes or SCOPES), *client.scope_apis)
    wanted = scope.split() if scope else allowed
    known = (*SCOPES, *client.scope_apis)
    return tuple(one for one in known if one in allowed and one in wanted)


def _row(
    work: Work,
    client: Client,
    person: PersonRow,
    scope: tuple[str, ...],
    claims: str | None,
    finish: Finish,
) -> AuthorizationRow:
    """Return what is stored of a sign-in that an application is answered, without storing it."""
    subject = person.id
    if client.sector is not None:
        # Drawn at the first real sign-in: looking ahead draws nothing.
        subject = subjects.known(work, client.sector, person.id) or DRAWN
    return AuthorizationRow(
        id="",
        client_id=client.client_id,
        person_id=person.id,
        session_id=None,
        sid=DRAWN,
        scope=scope,
        nonce=None,
        acr=finish.acr,
        amr=finish.amr,
        auth_time=finish.auth_time,
        says_auth_time=client.require_auth_time or client.min_acr is not None,
        redirect_uri="",
        code_challenge=None,
        methods=(),
        created_at=clock.now(),
        subject=subject,
        claims=claims,
    )


def written(preview: Preview) -> dict[str, str]:
    """Return what each place would say as JSON that people read."""
    return {
        name: json.dumps(said, indent=2, ensure_ascii=False)
        for name, said in preview.places.items()
    }
