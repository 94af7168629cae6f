"""A finished sign-in becomes an Authorization, and what the response hands out of it: code, tokens.

Owns that row and its event. Where the answer goes, and how, says `responses`.
"""

from typing import Any

from idp import audit, clock, crypto
from idp.audit import Event
from idp.errors import PageError
from idp.language import _
from idp.oidc.authorize.carried import Carried
from idp.oidc.authorize.pushed import LIFETIME as PUSHED
from idp.oidc.clients.client import Client
from idp.oidc.clients.profiles import code_lifetime
from idp.oidc.provider import Provider
from idp.oidc.tokens import subjects
from idp.oidc.vocabulary import SCOPES, front_channel
from idp.policy import roles
from idp.signin.demand import Demand
from idp.signin.interaction import Authorized
from idp.store.db import Work
from idp.store.oidc import authorizations, pushed
from idp.store.oidc.authorizations import AuthorizationRow


class Granting:
    """What handing out a code, or tokens through the browser, needs of the installation."""

    def __init__(self, provider: Provider) -> None:
        self._registry = provider.registry
        self._issuer = provider.issuer
        self._settings = provider.installation.settings
        self._ledger = provider.installation.ledger
        self._facts = provider.installation.signin.facts

    def fields(self, work: Work, demand: Demand, done: Authorized) -> dict[str, str]:
        """Store the Authorization, with the commit; return what the response type asks for.

        Raises:
            PageError: the client is gone, or has moved, or there is no key to sign by; or the
                request was pushed, and another sign-in came of it.
        """
        client = self._registry.find(work, demand.client_id or "")
        if client is None or not client.allows_redirect(demand.redirect_uri or ""):
            # Both were so when the sign-in began, half an hour ago at most.
            raise moved(demand)
        carried = Carried.of(demand)
        if carried.pushed and not pushed.claim(work, carried.pushed, self._under_way):
            raise _used(demand)
        words = carried.response_type
        # Without a code, its place holds a value that no one is given and that has expired.
        code, lifetime = crypto.random_token(32), 0
        if "code" in words:
            lifetime = code_lifetime(client.profile, self._settings.oidc.code_lifetime)
        row = self.store(work, client, demand, done, crypto.digest(code), lifetime)
        if carried.pushed:
            pushed.forget(work, carried.pushed)
        fields = {"code": code} if "code" in words else {}
        if "code" in words:
            self._note_code(work, demand, row, done.finish.reason, carried)
        if front_channel(words):
            fields |= self._issuer.front_channel(
                work,
                client,
                row,
                code=fields.get("code"),
                state=carried.state,
                with_access_token="token" in words,
                with_id_token="id_token" in words,
            )
        return fields

    @property
    def _under_way(self) -> int:
        """Seconds after which no other sign-in by a request that was pushed can be under way."""
        return self._settings.interaction.lifetime + PUSHED

    def store(
        self,
        work: Work,
        client: Client,
        demand: Demand,
        done: Authorized,
        code_digest: str,
        lifetime: int,
    ) -> AuthorizationRow:
        """Store what a finished sign-in is worth to `client`, with the commit, and return it.

        It is found by the digest of its code, which lives for `lifetime` seconds.
        """
        subject = subjects.subject_of(work, client, done.person.id)
        stages = self._facts.read_last.stages
        basis = self._ledger.basis(
            work, done.person.id, demand.ask, done.finish, stages, demand.deeds_digest
        )
        row = _authorization(demand, client, done, subject, basis)
        authorizations.add(work, row, code_digest, lifetime, done.person.epoch)
        return row

    def _note_code(
        self, work: Work, demand: Demand, row: AuthorizationRow, reason: str, carried: Carried
    ) -> None:
        more: dict[str, Any] = {"pushed": True} if carried.pushed else {}
        audit.record(
            work,
            Event.CODE_ISSUED,
            person=row.person_id,
            client=row.client_id,
            sid=row.sid,
            requested=demand.requested,
            acr=row.acr,
            amr=row.amr,
            auth_time=row.auth_time,
            reason=reason,
            authorization=row.id,
            **more,
        )


def moved(demand: Demand) -> PageError:
    """Return the page for a sign-in whose application is gone, or has moved, meanwhile."""
    return PageError(
        _("This sign-in cannot be finished"),
        _("The application that sent you here is no longer registered, or has moved."),
        _("Start again from the application that you want to use."),
        client=demand.client_id,
    )


def _used(demand: Demand) -> PageError:
    """Return the page for a sign-in by a request that was pushed once, and used before."""
    return PageError(
        _("This sign-in cannot be finished"),
        _("It was finished already, in another window perhaps."),
        _("Start again from the application that you want to use."),
        client=demand.client_id,
    )


def _authorization(
    demand: Demand, client: Client, done: Authorized, subject: str, basis: str
) -> AuthorizationRow:
    finish, carried = done.finish, Carried.of(demand)
    known = (*SCOPES, *roles.SCOPES, *(client.scope_apis if client.resource_scopes else ()))
    return AuthorizationRow(
        id=crypto.random_token(16),
        client_id=demand.client_id or "",
        person_id=done.person.id,
        session_id=done.session_id,
        sid=done.sid,
        scope=tuple(name for name in known if name in demand.ask.scopes),
        nonce=carried.nonce,
        acr=finish.acr,
        amr=finish.amr,
        auth_time=finish.auth_time,
        says_auth_time=carried.says_auth_time,
        redirect_uri=demand.redirect_uri or "",
        code_challenge=carried.code_challenge,
        methods=finish.methods,
        created_at=clock.now(),
        subject=subject,
        claims=carried.claims,
        basis=basis,
        resource=tuple(carried.resource.split()),
        jkt=carried.jkt,
        details=carried.details,
    )
