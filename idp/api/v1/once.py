"""A request that is sent again with its Idempotency-Key is carried out once, and answered alike.

draft-ietf-httpapi-idempotency-key-header: for 24 hours. What was answered is kept sealed, because a
new secret may stand in it. Only a success is kept: whoever was refused may ask again.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass

from flask import Request, Response

from idp import crypto
from idp.api.v1.problems import Problem
from idp.installation import Installation
from idp.store import db
from idp.store.db import Work
from idp.store.service import api_answers

HEADER = "Idempotency-Key"
_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_KEPT = ("Content-Type", "ETag", "Location")


@dataclass(frozen=True)
class _Asked:
    digest: str
    """Names the key of one client and person."""
    content: str
    """Names what is asked."""


class Once:
    """The answers that are kept, for one installation."""

    def __init__(self, installation: Installation) -> None:
        self._engine = installation.engine
        self._keyring = installation.keyring

    def answer(
        self,
        work: Work,
        request: Request,
        name: str,
        body: bytes,
        carry_out: Callable[[], Response],
    ) -> Response:
        """Return what `carry_out` answers, or what it answered before to the key of `name`.

        Raises:
            Problem: the key is none, is of another request, or of one that is under way.
        """
        key = request.headers.get(HEADER)
        if key is None or request.method != "POST":
            return carry_out()
        if not _KEY.fullmatch(key):
            raise Problem(400, "bad-key", f"{HEADER} has 1 to 255 printable characters")
        content = json.dumps([request.method, request.full_path, crypto.digest(body.decode())])
        asked = _Asked(crypto.digest(json.dumps([name, key])), crypto.digest(content))
        with db.work(self._engine) as own:
            claimed = api_answers.claim(own, asked.digest, asked.content)
        if not claimed:
            return self._before(work, asked)
        try:
            response = carry_out()
        except BaseException:
            self._give_up(asked)
            raise
        self._keep(work, asked, response)
        return response

    def _before(self, work: Work, asked: _Asked) -> Response:
        found = api_answers.find(work, asked.digest)
        if found is None or found.asked != asked.content:
            text = "this key was used for another request"
            raise Problem(422, "key-used", text)
        if found.sealed is None:
            text = "the request with this key is still under way"
            raise Problem(409, "under-way", text, headers={"Retry-After": "1"})
        kept = json.loads(self._keyring.open(found.sealed, api_answers.place(asked.digest)))
        response = Response(kept["body"], kept["status"])
        response.headers.update(kept["headers"])
        response.headers["Idempotency-Replayed"] = "true"
        return response

    def _keep(self, work: Work, asked: _Asked, response: Response) -> None:
        """Keep the answer in the transaction of what it tells of."""
        headers = {name: response.headers[name] for name in _KEPT if name in response.headers}
        kept = {
            "status": response.status_code,
            "headers": headers,
            "body": response.get_data(as_text=True),
        }
        sealed = self._keyring.seal(json.dumps(kept).encode(), api_answers.place(asked.digest))
        api_answers.keep(work, asked.digest, sealed)

    def _give_up(self, asked: _Asked) -> None:
        with db.work(self._engine) as own:
            api_answers.give_up(own, asked.digest)
