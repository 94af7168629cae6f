"""Questions of a client about a token of its own: whose it is, and what is said when nothing is.

Owns that what a client is told comes from the ledger, and that of the tokens of others it learns
no more than that there is no such token. Of a body that is gone, or was altered, nobody knows
whose it was: that is said to any client which has its `jti`.
"""

import json
from collections.abc import Callable

from idp.evidence.explain import Explanation
from idp.ledger.explaining import explanation
from idp.ledger.exporting import NotSealedError
from idp.ledger.keys import LedgerError
from idp.ledger.reading import PrunedError
from idp.oidc.client_requests import ClientRequest, ClientRequests
from idp.oidc.clients.client import Client
from idp.oidc.vocabulary import CONFIDENTIAL_METHODS
from idp.store.db import Work
from idp.web.lane.plain import Answer, AnyRequest

Tell = Callable[[Work, Client, str, Explanation], Answer]
"""Answers about a token, given as it came, of the client's own, with what its leaf explains."""


class OwnTokens:
    """One address of that kind. Threads share one."""

    def __init__(self, path: str, requests: ClientRequests, every: int, tell: Tell) -> None:
        """`every` is after how many seconds at most what was written is sealed."""
        self._path, self._requests = path, requests
        self._every, self._tell = every, tell

    def answer(self, work: Work, request: AnyRequest) -> Answer:
        """Answer a POST with `token`: a token of the client's own, or its `jti`."""
        return self._requests.answer(work, request, self._path.removeprefix("/"), self._told)

    def _told(self, work: Work, asked: ClientRequest) -> Answer:
        """Let a client that proves who it is be told.

        Raises:
            OAuth2Error: it does not, or there is no token.
        """
        client = self._requests.authenticate(work, asked, CONFIDENTIAL_METHODS)
        token = asked.token()
        try:
            found = explanation(work, token)
            if found is None or found.leaf["client"] != client.client_id:
                return _problem(404, "Not Found", "no such token was issued to this client")
            return self._tell(work, client, token, found)
        except NotSealedError as error:
            return _problem(409, "Not sealed yet", str(error), ("Retry-After", str(self._every)))
        except PrunedError as error:
            return _problem(410, "Gone", str(error))
        except (LedgerError, ValueError):
            return _problem(409, "Evidence altered", "the evidence of this token was altered")


def _problem(status: int, title: str, detail: str, *more: tuple[str, str]) -> Answer:
    """Return a refusal in the form of RFC 9457."""
    told = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    kind, kept = ("Content-Type", "application/problem+json"), ("Cache-Control", "no-store")
    return Answer(status, (kind, kept, *more), json.dumps(told).encode())
