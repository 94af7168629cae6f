"""The authorization endpoint: a request becomes a sign-in, a finished sign-in becomes an answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response

from idp import audit, web
from idp.audit import Event, Outcome
from idp.errors import PageError
from idp.language import _
from idp.oidc.authorize import parameters, pushed, responses
from idp.oidc.authorize.as_demand import RESUMES, as_demand
from idp.oidc.authorize.granting import Granting, moved
from idp.oidc.authorize.reading import AuthorizationRequests
from idp.oidc.authorize.responses import Destination
from idp.oidc.authorize.shown import is_asked_anew
from idp.oidc.authorize.signed_responses import Packing, SignedResponses
from idp.oidc.clients.client import Client
from idp.oidc.errors import RequestError, UntrustedRedirect, for_the_wire
from idp.oidc.logout.end_session import session_state
from idp.oidc.provider import Provider
from idp.oidc.registration.documents import Documents
from idp.policy.steps import Finish, Refuse, Step
from idp.signin.demand import Demand
from idp.signin.interaction import Authorized, Interaction
from idp.store.db import Work
from idp.store.signin.sessions import SessionRow
from idp.web import error_pages, step_pages, usual
from idp.web.visits import Visit

_FAULT = _("This is a fault of the application, not of you. Tell the people who run it.")


@dataclass(frozen=True)
class _Unpacked:
    """What counts of a request, and what is wrong with how it was packed."""

    parameters: dict[str, str]
    repeated: Sequence[str]
    problem: RequestError | None = None
    pushed: str | None = None
    """What it was kept under, if it was pushed."""


class AuthorizationEndpoint:
    """What /authorize and its resumption need."""

    def __init__(
        self, provider: Provider, requests: AuthorizationRequests, documents: Documents
    ) -> None:
        self._signin = provider.installation.signin
        self._registry = provider.registry
        self._rules = provider.installation.settings.oidc
        self._issuer = provider.issuer
        self._granting = Granting(provider)
        self._signed = SignedResponses(provider.registry, provider.issuer, provider.client_keys)
        self._requests = requests
        self._documents = documents

    def answer(self, work: Work, pairs: Sequence[tuple[str, str]], visit: Visit) -> Response:
        """Answer an authorization request: a code, tokens, an error, or the first page.

        Raises:
            ForFlask: in the lane, for all but what a browser is sent to the application with.
        """
        given, repeated = parameters.single_values(pairs)
        if "request" in given or pushed.digest_of(given.get("request_uri", pushed.PREFIX)) is None:
            # It may be fetched: once, wherever the answer is made.
            visit.leave_lane()
        found = self._client(work, given.get("client_id", ""), visit)
        problem: RequestError | None = None
        try:
            client = parameters.trusted_client(given, found, repeated)
            asked = self._unpacked(work, client, given, repeated)
            problem = asked.problem
            parameters.redirect_uri(asked.parameters, client)
        except UntrustedRedirect as error:
            visit.leave_lane()
            reason = f"{problem.error}: {problem.description}" if problem else str(error)
            self._refused(work, found.client_id if found else None, reason, error.redirect_uri)
            raise PageError(
                _("This sign-in cannot start"),
                error.message,
                error.remedy or _FAULT,
                client=found.client_id if found else None,
            ) from None
        try:
            if problem is not None:
                raise problem
            request, checked = self._requests.check(
                work, client, asked.parameters, asked.repeated, pushed=asked.pushed is not None
            )
            demand = as_demand(request, checked, asked.pushed)
        except RequestError as error:
            self._refused(work, client.client_id, f"{error.error}: {error.description}")
            to = Destination.of_request(asked.parameters, client)
            return self._error(work, visit, to, error.error, error.description)
        return self._start(work, demand, visit)

    def _client(self, work: Work, client_id: str, visit: Visit) -> Client | None:
        """Return the client; of one whose id is an address, why it is none is recorded."""
        if self._documents.concern(client_id):
            visit.leave_lane()
            if (reason := self._documents.take_up(work, client_id)) is not None:
                self._refused(work, None, reason)
                return None
        return self._registry.find(work, client_id)

    def _unpacked(
        self, work: Work, client: Client, given: dict[str, str], repeated: Sequence[str]
    ) -> _Unpacked:
        """Return the parameters that count, and what is wrong with a request object.

        Raises:
            UntrustedRedirect: the request that was pushed is not there, or not any more, and
                nothing says where to tell the application so.
        """
        digest = pushed.digest_of(given.get("request_uri", ""))
        if digest is not None and "request" not in given and "request_uri" not in repeated:
            kept = pushed.read(work, digest, client.client_id)
            if kept is not None:
                # What stands beside it counts for nothing (RFC 9126 section 4).
                return _Unpacked(kept, (), pushed=digest)
            if "redirect_uri" not in given:
                raise UntrustedRedirect(
                    _("The request that brought you here was used already, or is too old."),
                    remedy=_("Start again from the application that you want to use."),
                )
            return _Unpacked(given, repeated, _gone())
        if repeated:
            return _Unpacked(given, repeated)
        try:
            return _Unpacked(self._requests.unpack(work, client, given), repeated)
        except RequestError as error:
            return _Unpacked(given, repeated, error)

    def _start(self, work: Work, demand: Demand, visit: Visit) -> Response:
        glance = self._signin.glance(work, visit.session(with_owner=True), demand)
        answer = self._attempt(work, glance, visit)
        if answer is None:
            visit.leave_lane()
            self._signin.keep_still(work, glance)
            again = self._signin.glance(work, visit.session_again(with_owner=True), demand)
            answer = self._attempt(work, again, visit)
        if answer is None:
            raise moved(demand)
        return answer

    def _attempt(self, work: Work, glance: Interaction, visit: Visit) -> Response | None:
        """Answer a request as things are; None when they changed before the answer was stored."""
        step, demand = self._signin.next_step(work, glance), glance.demand
        if isinstance(step, Finish):
            finished = self._signin.complete(work, glance, step)
            return self._finished(work, glance, finished, visit)
        # A refusal without a page of its own is told at once: nothing would be shown on the way.
        over = isinstance(step, Refuse) and step_pages.path(step) is None
        if over or "none" in demand.ask.prompt:
            return self._silent(work, glance, step, visit)
        visit.leave_lane()
        interaction, cookie = self._signin.begin(work, glance)
        if cookie is not None:
            visit.cookie = cookie
        return web.see_other(step_pages.address(interaction.id, step))

    def _silent(self, work: Work, glance: Interaction, step: Step, visit: Visit) -> Response:
        """Show no page: the step becomes its OAuth error (OIDC Core 3.1.2.6)."""
        error = getattr(step, "error", "interaction_required")
        refusal = step if isinstance(step, Refuse) else Refuse(error, "no page may be shown")
        self._signin.note_refusal(work, glance, refusal)
        return self._refuse(work, visit, glance, refusal)

    def resume(self, work: Work, interaction: Interaction, visit: Visit) -> Response:
        """Go on after the hosted pages."""
        if interaction.demand.return_to != RESUMES:
            # It returns to a page of ours, which no application is answered by.
            raise error_pages.closed(interaction.id)
        answer = self._resume(work, interaction, visit)
        if answer is None:
            # All of this person stood still: it is the application that is gone.
            raise moved(interaction.demand)
        return answer

    def _resume(self, work: Work, interaction: Interaction, visit: Visit) -> Response | None:
        held = self._signin.locked(work, interaction)
        if is_asked_anew(work, interaction, held, self._rules):
            return web.see_other(f"/interaction/{interaction.id}")
        result = self._signin.complete(work, interaction, held=held)
        ended = held or interaction
        if isinstance(result, Authorized):
            usual.finished(result.person.id, ended.proofs, ended.demand.client_id)
        return self._finished(work, ended, result, visit)

    def _finished(
        self, work: Work, interaction: Interaction, result: Authorized | Step, visit: Visit
    ) -> Response | None:
        """Answer with what a sign-in came to; None, and nothing is kept, when it did not hold."""
        demand = interaction.demand
        if isinstance(result, Authorized):
            to = Destination.of_sign_in(interaction)
            _check_shown(to, visit)
            packing = self._signed.packing(work, to.client_id, to.mode)
            fields = self._granting.fields(work, demand, result)
            if not work.try_commit():
                return None
            return responses.send(to, self._complete(visit, to, fields, result, packing))
        if isinstance(result, Refuse):
            return self._refuse(work, visit, interaction, result)
        return web.see_other(f"/interaction/{interaction.id}")

    # -- answers

    def _refuse(self, work: Work, visit: Visit, interaction: Interaction, step: Refuse) -> Response:
        to = Destination.of_sign_in(interaction)
        return self._error(work, visit, to, step.error, step.reason)

    def _error(
        self, work: Work, visit: Visit, to: Destination, error: str, description: str
    ) -> Response:
        _check_shown(to, visit, held=to.unvetted)
        packing = self._signed.packing(work, to.client_id, to.mode)
        fields = {"error": error}
        if description:
            fields["error_description"] = for_the_wire(description)
        complete = self._complete(visit, to, fields, visit.session(), packing)
        if to.unvetted:
            return responses.hold(to, complete, description or error)
        return responses.send(to, complete)

    def _complete(
        self,
        visit: Visit,
        to: Destination,
        fields: Mapping[str, str],
        session: Authorized | SessionRow | None,
        packing: Packing | None,
    ) -> dict[str, str]:
        """Return an answer with what every answer has: `state` as it came, `iss` (RFC 9207).

        And `session_state` of what the answer rests on (Session Management 1.0 section 2). With a
        `packing`, all of it in one.
        """
        complete = dict(fields)
        if to.state is not None:
            complete["state"] = to.state
        complete["iss"] = self._issuer.name
        watched = session_state.for_response(visit, to.client_id, to.uri, session)
        if watched:
            complete["session_state"] = watched
        return self._signed.packed(packing, to.client_id, complete) if packing else complete

    def _refused(
        self, work: Work, client_id: str | None, reason: str, redirect_uri: str = ""
    ) -> None:
        """Record it; a redirect URI that is not registered is what an operator looks for.

        Without its query, which may hold anything.
        """
        asked = for_the_wire(redirect_uri.partition("?")[0])
        data: dict[str, Any] = {"redirect_uri": asked} if asked else {}
        audit.record(
            work, Event.REQUEST_REFUSED, Outcome.REFUSED, client=client_id, reason=reason, **data
        )


def _gone() -> RequestError:
    why = "the pushed request was used, has expired, or is not of this client"
    return RequestError("invalid_request_uri", why)


def _check_shown(to: Destination, visit: Visit, *, held: bool = False) -> None:
    """Leave the lane where the answer is a page, before anything of it is kept."""
    if held or to.by_page:
        visit.leave_lane()
