"""A request from its bearer to its answer: which address, who asks, and what becomes of it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Request, Response, request

from idp import audit, web
from idp.api.ssf import reading
from idp.api.ssf.polling import Polling
from idp.api.ssf.reading import bad
from idp.api.ssf.refused import told
from idp.api.v1.bearer import Bearers, Bearing, NotForThis
from idp.api.v1.limits import Limits
from idp.api.v1.problems import Problem, of
from idp.audit import Event, Outcome
from idp.errors import AcruxError, CommandError
from idp.installation import Installation
from idp.oidc import provider
from idp.oidc.tokens.resources import SSF
from idp.oidc.tokens.signers import NoKey
from idp.operating import cases
from idp.operating.applications.streams import TooSoon
from idp.policy.roles import SIGNAL_SCOPES, SIGNALS_MANAGE
from idp.signals.configuration import VERIFY_EVERY, NotTaken, described, state
from idp.signals.naming import NoSubject
from idp.store.db import Work, again

MANAGE = (SIGNALS_MANAGE,)
_WITH_BODY = ("POST", "PUT", "PATCH")


@dataclass(frozen=True)
class Asked:
    """One request: who asks, and what was sent."""

    work: Work
    bearing: Bearing
    request: Request
    rest: str
    """What stands in the address behind its name."""
    sent: dict[str, Any]
    """The body; empty where none is read."""

    @property
    def client_id(self) -> str:
        return self.bearing.client_id

    @property
    def query(self) -> str | None:
        """Return the stream that the query names."""
        return self.request.args.get("stream_id")


Handler = Callable[["Serving", Asked], tuple[int, Any]]


class Serving:
    """Answers all below `/ssf/`, for one installation. Threads share one."""

    def __init__(self, installation: Installation) -> None:
        self.streams = cases.of(installation).streams
        self.issuer = installation.settings.server.issuer
        self.polling = Polling(installation)
        self.registry = provider.of(installation).registry
        self._bearers = Bearers(installation)
        self._limits = Limits(installation)

    def answer(self, path: str) -> Response:
        """Answer the request for what stands behind the prefix."""
        name, _, rest = path.partition("/")
        if name == "subjects":
            name, rest = path, ""
        headers: dict[str, str] = {}
        try:
            status, said = self._answered(name, rest, headers)
        except Problem as problem:
            headers |= problem.headers
            response = told(problem.status, problem.detail)
        else:
            body = None if said is None else json.dumps(said)
            response = Response(body, status, content_type="application/json")
            if said is None:
                del response.headers["Content-Type"]
        response.headers.update({"Cache-Control": "no-store", **headers})
        return response

    def _answered(self, name: str, rest: str, headers: dict[str, str]) -> tuple[int, Any]:
        methods = _TABLE.get(name)
        if methods is None or (rest and name != "poll"):
            raise Problem(404, "not-found", "there is no such address")
        row = methods.get(request.method)
        if row is None:
            allowed = ", ".join(methods)
            raise Problem(405, "not-allowed", "not by this method", headers={"Allow": allowed})
        handler, scopes = row
        work = web.work()
        try:
            bearing = self._bearers.receiver(work, request, scopes)
        except NotForThis as error:
            reason = f"{request.method} {SSF}/{name}: {error.detail}"
            client, refused = error.client_id, Outcome.REFUSED
            audit.record(work, Event.ACTION_REFUSED, refused, client=client, reason=reason[:200])
            raise
        headers |= self._limits.count(bearing.client_id)
        sent = reading.body(request) if request.method in _WITH_BODY else {}
        asked = Asked(work, bearing, request, rest, sent)
        return self._carried_out(work, lambda: handler(self, asked))

    def _carried_out(self, work: Work, handled: Callable[[], tuple[int, Any]]) -> tuple[int, Any]:
        try:
            return again.committed(work, handled)
        except (NotTaken, NoSubject) as error:
            work.rollback()
            raise bad(str(error)) from None
        except TooSoon as error:
            work.rollback()
            again_in = {"Retry-After": str(VERIFY_EVERY)}
            raise Problem(429, "too-many", str(error), headers=again_in) from None
        except NoKey as error:
            work.rollback()
            raise Problem(503, "no-key", error.description or "") from None
        except AcruxError as error:
            found = of(error)
            if found is None:
                raise
            work.rollback()
            if type(error) is CommandError:
                # An operator took the right away meanwhile.
                raise Problem(403, "forbidden", "this application may have no stream") from None
            raise found from None


# -- what is asked


def _create(serving: Serving, asked: Asked) -> tuple[int, Any]:
    row = serving.streams.add(asked.work, asked.bearing.actor, asked.client_id, asked.sent)
    return 201, described(serving.issuer, row)


def _read(serving: Serving, asked: Asked) -> tuple[int, Any]:
    """One stream, or all that there are: at most one."""
    actor = asked.bearing.actor
    if asked.query is not None:
        row = serving.streams.one(asked.work, actor, asked.client_id, asked.query)
        return 200, described(serving.issuer, row)
    found = serving.streams.of(asked.work, actor, asked.client_id)
    return 200, [] if found is None else [described(serving.issuer, found)]


def _update(serving: Serving, asked: Asked) -> tuple[int, Any]:
    sent, which = asked.sent, reading.stream_of(asked.sent)
    row = serving.streams.update(asked.work, asked.bearing.actor, asked.client_id, sent, which)
    return 200, described(serving.issuer, row)


def _replace(serving: Serving, asked: Asked) -> tuple[int, Any]:
    sent, which = asked.sent, reading.stream_of(asked.sent)
    row = serving.streams.replace(asked.work, asked.bearing.actor, asked.client_id, sent, which)
    return 200, described(serving.issuer, row)


def _delete(serving: Serving, asked: Asked) -> tuple[int, Any]:
    serving.streams.delete(asked.work, asked.bearing.actor, asked.client_id, _named(asked))
    return 204, None


def _status(serving: Serving, asked: Asked) -> tuple[int, Any]:
    row = serving.streams.one(asked.work, asked.bearing.actor, asked.client_id, _named(asked))
    return 200, state(row)


def _set_status(serving: Serving, asked: Asked) -> tuple[int, Any]:
    sent = asked.sent
    which, wanted = reading.stream_of(sent), reading.text_of(sent, "status") or ""
    why = reading.text_of(sent, "reason", needed=False)
    row = serving.streams.set_status(
        asked.work, asked.bearing.actor, asked.client_id, which, wanted, why
    )
    return 200, state(row)


def _add_subject(serving: Serving, asked: Asked) -> tuple[int, Any]:
    sent, which = asked.sent, reading.stream_of(asked.sent)
    if not isinstance(sent.get("verified", True), bool):
        raise bad("verified must be true or false")
    serving.streams.add_subject(
        asked.work, asked.bearing.actor, asked.client_id, which, sent.get("subject")
    )
    return 200, None


def _remove_subject(serving: Serving, asked: Asked) -> tuple[int, Any]:
    sent, which = asked.sent, reading.stream_of(asked.sent)
    serving.streams.remove_subject(
        asked.work, asked.bearing.actor, asked.client_id, which, sent.get("subject")
    )
    return 204, None


def _verify(serving: Serving, asked: Asked) -> tuple[int, Any]:
    sent = asked.sent
    which, said = reading.stream_of(sent), reading.text_of(sent, "state", needed=False)
    serving.streams.verify(asked.work, asked.bearing.actor, asked.client_id, which, said)
    return 204, None


def _poll(serving: Serving, asked: Asked) -> tuple[int, Any]:
    row = serving.streams.one(asked.work, asked.bearing.actor, asked.client_id, asked.rest)
    client = serving.registry.find(asked.work, asked.client_id)
    if client is None or row.pushed:
        raise Problem(404, "not-found", "there is no such stream to poll")
    return 200, serving.polling.answer(asked.work, client, row, asked.sent)


def _named(asked: Asked) -> str:
    if not asked.query:
        raise bad("stream_id is missing")
    return asked.query


_TABLE: Mapping[str, Mapping[str, tuple[Handler, tuple[str, ...]]]] = {
    "streams": {
        "POST": (_create, MANAGE),
        "GET": (_read, SIGNAL_SCOPES),
        "PATCH": (_update, MANAGE),
        "PUT": (_replace, MANAGE),
        "DELETE": (_delete, MANAGE),
    },
    "status": {"GET": (_status, SIGNAL_SCOPES), "POST": (_set_status, MANAGE)},
    "subjects/add": {"POST": (_add_subject, MANAGE)},
    "subjects/remove": {"POST": (_remove_subject, MANAGE)},
    "verify": {"POST": (_verify, MANAGE)},
    "poll": {"POST": (_poll, MANAGE)},
}
"""Each address, what it is asked by, and the scopes of which one is needed (CAEP's profile 2.7.2).
"""
