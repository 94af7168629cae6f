"""A request from its bearer to its answer: read, admitted, counted, carried out, told."""

import json
from collections.abc import Callable

from flask import Response, request
from scim2_models import SCIMException
from scim2_server.requests import ScimRequest
from scim2_server.responses import ScimResponse
from werkzeug.exceptions import RequestEntityTooLarge

from idp import audit, web
from idp.api.scim import refusals, shapes
from idp.api.scim.handling import Handler
from idp.api.scim.reading import service
from idp.api.scim.storage import Asking, Storage
from idp.api.v1.bearer import Bearers, Bearing, NotForThis
from idp.api.v1.limits import Limits
from idp.api.v1.problems import Problem
from idp.audit import Event, Outcome
from idp.errors import AcruxError
from idp.installation import Installation
from idp.oidc.tokens.resources import SCIM
from idp.operating import cases
from idp.operating.refusals import Changed
from idp.store.db import Work, again

KIND = "application/scim+json"
_CHANGES = ("PUT", "PATCH")


class Serving:
    """Answers all below `/scim/v2/`, for one installation. Threads share one."""

    def __init__(self, installation: Installation) -> None:
        self._cases = cases.of(installation)
        self._bearers = Bearers(installation)
        self._limits = Limits(installation)
        self._service = service(installation.settings.scim)
        self._user = self._service.get_model(self._service.get_resource_type(shapes.USER))
        self._base = installation.settings.server.issuer + SCIM

    def answer(self, path: str) -> Response:
        """Answer the request for what stands behind the prefix."""
        headers: dict[str, str] = {}
        try:
            found = self._answered(web.work(), f"/{path}", headers)
        except Problem as problem:
            headers |= problem.headers
            found = self._service.error_response(refusals.of_problem(problem))
            # What opens this is said by the bearer.
            found.headers.pop("WWW-Authenticate", None)
        except SCIMException as error:
            found = self._service.error_response(error)
        body = None if found.body is None else json.dumps(found.body)
        response = Response(body, int(found.status))
        response.headers.update({"Cache-Control": "no-store", **found.headers, **headers})
        return response

    def _answered(self, work: Work, path: str, headers: dict[str, str]) -> ScimResponse:
        try:
            bearing = self._bearers.directory(work, request)
        except NotForThis as error:
            _record(work, error.client_id, path, error.detail)
            raise
        headers |= self._limits.count(bearing.client_id)
        asked = ScimRequest(
            method=request.method,
            base_url=self._base,
            path=path,
            query=_query(),
            headers=list(request.headers.items()),
            body=_body(),
        )
        return self._carried_out(work, asked, bearing)

    def _carried_out(self, work: Work, asked: ScimRequest, bearing: Bearing) -> ScimResponse:
        changes = asked.method in _CHANGES
        asking = Asking(work, bearing.actor, bearing.client_id, self._cases, changes)

        def handled() -> ScimResponse:
            return Handler(self._service, Storage(asking, self._user)).handle(asked)

        try:
            return _on_what_is_there(work, handled)
        except SCIMException:
            work.rollback()
            raise
        except AcruxError as error:
            found = refusals.of(error)
            if found is None:
                raise
            work.rollback()
            if found.status == 403:
                _record(work, bearing.client_id, asked.path, str(error))
            raise found from None


def _on_what_is_there(work: Work, handled: Callable[[], ScimResponse]) -> ScimResponse:
    """Carry out and commit; anew where others change the same, unless a version was named.

    Raises:
        Changed: somebody else was faster, each time.
        DATABASE_ERRORS: as `again.committed`.
    """
    for left in reversed(range(again.TIMES)):
        try:
            return again.committed(work, handled)
        except Changed:
            if not left or "If-Match" in request.headers:
                raise
            work.rollback()
    raise AssertionError("unreachable")


def _query() -> dict[str, str]:
    """Return the query.

    Raises:
        SCIMException: it is no text that a database stores.
    """
    found = request.args.to_dict()
    if any("\0" in text or "\ufffd" in text for text in found.values()):
        raise refusals.other(400, "a parameter is no text")
    return found


def _body() -> bytes:
    """Return the body as it came.

    Raises:
        SCIMException: it is too large, or has what no database stores.
    """
    try:
        data = request.get_data(cache=False)
    except RequestEntityTooLarge:
        raise refusals.other(413, "the request is too large") from None
    if b"\\u0000" in data:
        raise refusals.other(400, "a text has a NUL in it")
    return data


def _record(work: Work, client_id: str, path: str, why: str) -> None:
    said = "".join(one if one.isprintable() else "?" for one in path)
    reason = f"{request.method} {SCIM}{said}: {why}"[:200]
    audit.record(work, Event.ACTION_REFUSED, Outcome.REFUSED, client=client_id, reason=reason)
