"""A request of a program: whose it is, which row of the table, carried out, answered in JSON."""

import json
from collections.abc import Mapping
from typing import NoReturn

from flask import Response, request

from idp import audit, web
from idp.api.v1 import bearer, description, problems, reading, table
from idp.api.v1.bearer import Bearers, Bearing
from idp.api.v1.limits import Limits
from idp.api.v1.once import Once
from idp.api.v1.problems import Problem
from idp.api.v1.routes import Asked, Page, Reply, Route
from idp.audit import Event, Outcome
from idp.errors import AcruxError
from idp.installation import Installation
from idp.oidc.tokens.resources import API
from idp.operating import cases
from idp.policy import roles
from idp.store.db import Work

JSON = "application/json"
_FOR_READERS = ("", description.FILE)


class Serving:
    """Answers all below `/api/v1/`, for one installation. Threads share one."""

    def __init__(self, installation: Installation) -> None:
        self._cases = cases.of(installation)
        self._bearers = Bearers(installation)
        self._limits = Limits(installation)
        self._once = Once(installation)
        self._largest = installation.settings.server.max_upload
        self._description = description.Description(installation.settings.server.issuer)

    def answer(self, path: str) -> Response:
        """Answer the request for what stands behind the prefix."""
        try:
            if path in _FOR_READERS:
                return self._readers(path)
            response = self._answered(web.work(), f"/{path}")
        except Problem as problem:
            response = problem.answer()
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    def _readers(self, path: str) -> Response:
        """The description, for whoever asks: it tells nothing of the installation."""
        if request.method not in ("GET", "HEAD"):
            raise table.not_allowed(["GET"])
        return self._description.json() if path else self._description.page()

    def _answered(self, work: Work, path: str) -> Response:
        if "\0" in path:
            raise Problem(404, "not-found", "there is nothing at this address")
        route, values = table.find(request.method, path)
        bearing = self._bearers.of(work, request)
        told = self._limits.count(bearing.client_id)
        try:
            response = self._admitted(work, route, values, bearing)
        except Problem as problem:
            problem.headers = {**told, **problem.headers}
            raise
        response.headers.update(told)
        return response

    def _admitted(
        self, work: Work, route: Route, values: Mapping[str, str], bearing: Bearing
    ) -> Response:
        if not bearing.actor.may(route.action):
            self._refuse(work, route, bearing)
        if route.changes:
            self._bearers.check_fresh(bearing)
        seen = reading.version(route, request)
        if route.large:
            # Of nobody who may not: what is longer than a form is looked at here first.
            request.max_content_length = self._largest
        data = reading.content(request)
        asked = Asked(
            work,
            bearing.actor,
            self._cases,
            values,
            reading.body(route, request, data),
            reading.query(route, request),
            seen,
        )
        return self._once.answer(
            work, request, bearing.name, data, lambda: self._carried_out(route, asked, bearing)
        )

    def _carried_out(self, route: Route, asked: Asked, bearing: Bearing) -> Response:
        try:
            return _response(route, route.does(asked))
        except AcruxError as error:
            problem = problems.of(error)
            if problem is None:
                raise
            asked.work.rollback()
            if problem.status == 403:
                self._record(asked.work, route, bearing, str(error))
            raise problem from None

    def _refuse(self, work: Work, route: Route, bearing: Bearing) -> NoReturn:
        """Refuse what neither the scopes nor the roles allow, with its event.

        Raises:
            Problem: always.
        """
        action = route.action
        self._record(work, route, bearing, f"{action.value} is not allowed")
        within = bearing.actor.within
        if within is not None and action not in within:
            scopes = " ".join(roles.scopes_for(action))
            text = "the access token is not good for this"
            raise bearer.challenge("insufficient_scope", text, 403, more={"scope": scopes})
        raise Problem(403, "forbidden", f"this needs the right {action.value}")

    @staticmethod
    def _record(work: Work, route: Route, bearing: Bearing, why: str) -> None:
        audit.record(
            work,
            Event.ACTION_REFUSED,
            Outcome.REFUSED,
            client=bearing.client_id,
            reason=f"{route.method} {route.path}: {why}"[:200],
        )


def _response(route: Route, reply: Reply | Page) -> Response:
    if isinstance(reply, Page):
        told = {"items": reply.items, "next": reading.cursor_of(reply.last)}
        return Response(json.dumps(told), 200, content_type=JSON)
    tag = None if reply.version is None else f'"{reply.version}"'
    if tag and not route.changes and tag in _tags(request.headers.get("If-None-Match", "")):
        response = Response(status=304)
    else:
        response = Response(json.dumps(reply.value), route.status, content_type=JSON)
    if tag:
        response.headers["ETag"] = tag
    if reply.location is not None:
        response.headers["Location"] = API + reply.location
    return response


def _tags(text: str) -> list[str]:
    return [one.strip().removeprefix("W/") for one in text.split(",")]
