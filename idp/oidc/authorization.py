"""The authorization endpoint: a request becomes a sign-in, a finished sign-in becomes a code."""

from collections.abc import Sequence

from flask import Response

from idp import audit, clock, crypto, web
from idp.audit import Event, Outcome
from idp.demand import Demand
from idp.errors import PageError
from idp.installation import Installation
from idp.oidc import request, responses
from idp.oidc.clients import Registry
from idp.oidc.errors import RequestError, UntrustedRedirect
from idp.oidc.tokens import Issuer, read_hint
from idp.policy.types import Finish, Refuse, Step
from idp.progress import Authorized, Interaction
from idp.store import authorizations
from idp.store.authorizations import AuthorizationRow
from idp.store.db import Work


class AuthorizationEndpoint:
    """What /authorize and its resumption need."""

    def __init__(self, this: Installation, registry: Registry, issuer: Issuer) -> None:
        self._signin = this.signin
        self._settings = this.settings
        self._registry = registry
        self._issuer = issuer

    def answer(self, work: Work, pairs: Sequence[tuple[str, str]]) -> Response:
        """Answer an authorization request: a code, an error, or the first page."""
        parameters, repeated = request.single_values(pairs)
        client_id = parameters.get("client_id", "")
        client = self._registry.find(work, client_id)
        try:
            uri = request.redirect_uri(parameters, client, repeated)
        except UntrustedRedirect as error:
            self._refused(work, client_id if client else None, error.message)
            raise PageError(
                "This sign-in cannot start",
                error.message,
                "This is a fault of the application, not of you. Tell whoever runs it.",
            ) from None
        assert client is not None

        def hint(token: str, audience: str) -> str | None:
            claims = read_hint(self._issuer.keys.ring(work), self._issuer.name, token, audience)
            return str(claims["sub"]) if claims else None

        try:
            demand = request.check(parameters, repeated, client, hint)
        except RequestError as error:
            self._refused(work, client_id, f"{error.error}: {error.description}")
            return self._error(uri, parameters.get("state"), error.error, error.description)
        return self._start(work, demand)

    def _start(self, work: Work, demand: Demand) -> Response:
        glance = self._signin.glance(work, web.session(), demand)
        step = self._signin.next_step(work, glance)
        if isinstance(step, Finish):
            finished = self._signin.complete(work, glance, step)
            return self._finished(work, glance, finished)
        if "none" in demand.prompt:
            return self._silent(work, glance, step)
        interaction, cookie = self._signin.begin(work, glance)
        if cookie is not None:
            web.set_cookie(cookie)
        return web.see_other(f"/interaction/{interaction.id}")

    def _silent(self, work: Work, glance: Interaction, step: Step) -> Response:
        """prompt=none: the step becomes its OAuth error (OIDC Core 3.1.2.6)."""
        error = getattr(step, "error", "interaction_required")
        refusal = step if isinstance(step, Refuse) else Refuse(error, "no page may be shown")
        self._signin.note_refusal(work, glance, refusal)
        return self._refuse(glance.demand, refusal)

    def resume(self, work: Work, interaction: Interaction) -> Response:
        """Go on after the hosted pages."""
        if interaction.demand.client_id is None:
            raise web.expired()
        return self._finished(work, interaction, self._signin.complete(work, interaction))

    def _finished(
        self, work: Work, interaction: Interaction, result: Authorized | Step
    ) -> Response:
        demand = interaction.demand
        if isinstance(result, Authorized):
            code = self._code(work, demand, result)
            return responses.redirect(
                demand.redirect_uri or "",
                self._issuer.name,
                demand.parameters.get("state"),
                {"code": code},
            )
        if isinstance(result, Refuse):
            return self._refuse(demand, result)
        return web.see_other(f"/interaction/{interaction.id}")

    def _code(self, work: Work, demand: Demand, done: Authorized) -> str:
        """Store the Authorization and return its code of 256 random bits."""
        code = crypto.random_token(32)
        finish, now = done.finish, clock.now()
        row = AuthorizationRow(
            id=crypto.random_token(16),
            client_id=demand.client_id or "",
            person_id=done.person.id,
            session_id=done.session_id,
            sid=done.sid,
            scope=" ".join(s for s in request.SCOPES if s in demand.scopes),
            nonce=demand.parameters.get("nonce"),
            acr=finish.acr,
            amr=" ".join(finish.amr),
            auth_time=finish.auth_time,
            says_auth_time=demand.parameters["says_auth_time"],
            redirect_uri=demand.redirect_uri or "",
            code_challenge=demand.parameters.get("code_challenge"),
            methods=" ".join(finish.methods),
            created_at=now,
            subject=done.person.id,
        )
        lifetime = self._settings.oidc.code_lifetime
        authorizations.add(work, row, crypto.digest(code), lifetime)
        audit.record(
            work,
            Event.CODE_ISSUED,
            person=row.person_id,
            client=row.client_id,
            sid=row.sid,
            requested=demand.requested,
            acr=finish.acr,
            amr=finish.amr,
            auth_time=finish.auth_time,
            reason=finish.reason,
            authorization=row.id,
        )
        return code

    def _refuse(self, demand: Demand, step: Refuse) -> Response:
        state = demand.parameters.get("state")
        return self._error(demand.redirect_uri or "", state, step.error, step.reason)

    def _error(self, uri: str, state: str | None, error: str, description: str) -> Response:
        values = {"error": error}
        if description:
            values["error_description"] = description
        return responses.redirect(uri, self._issuer.name, state, values)

    def _refused(self, work: Work, client_id: str | None, reason: str) -> None:
        audit.record(work, Event.REQUEST_REFUSED, Outcome.REFUSED, client=client_id, reason=reason)
