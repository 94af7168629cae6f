"""What a program is told when its request is refused: RFC 9457, and which refusal becomes which."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from flask import Response

from idp.errors import AcruxError, CommandError, GoneError, PageError
from idp.moments import MomentError
from idp.operating.people.standing import Outranked
from idp.operating.refusals import Changed, Conflict, Forbidden, NotFound, Reserved
from idp.rollout.errors import StageChanged, StageError, StageTold

JSON = "application/problem+json"
KINDS: tuple[tuple[type[AcruxError], int, str], ...] = (
    (Forbidden, 403, "forbidden"),
    (Outranked, 403, "outranked"),
    (Reserved, 403, "reserved"),
    (NotFound, 404, "not-found"),
    (GoneError, 404, "not-found"),
    (Changed, 412, "changed"),
    (StageChanged, 412, "changed"),
    (StageTold, 409, "told-otherwise"),
    (Conflict, 409, "conflict"),
    (StageError, 422, "invalid"),
    (MomentError, 422, "invalid"),
    (CommandError, 422, "invalid"),
)
"""Refusals of the use cases, the narrower before the wider: their status, and what they are called.
"""


class Problem(Exception):
    """A request is refused: `code` for programs, `detail` in a line, `more` members beside them."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.headers = headers or {}
        self.more = more or {}

    def answer(self) -> Response:
        """Return the answer (RFC 9457 section 3)."""
        said = {
            "type": f"urn:acrux:problem:{self.code}",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
            **self.more,
        }
        response = Response(json.dumps(said), self.status, content_type=JSON)
        response.headers.update(self.headers)
        return response


def of(error: AcruxError) -> Problem | None:
    """Return the problem that a refusal is; None for a fault of ours."""
    if isinstance(error, PageError):
        return Problem(error.status, "refused", str(error))
    for kind, status, code in KINDS:
        if isinstance(error, kind):
            more = {"field": error.field} if isinstance(error, StageError) else {}
            return Problem(status, code, str(error), more=more)
    return None
