"""The proof that the record of a token is in the ledger, for the application that got the token.

What it answers is checked without Acrux (docs/ledger.md, "Proof of one token"). Of the tokens of
others an application learns no more than that there is no such token.
"""

import json

from idp.evidence.canonical import canonical
from idp.installation import Installation
from idp.ledger import exporting, keys
from idp.ledger.exporting import NotSealedError
from idp.ledger.keys import LedgerError
from idp.ledger.reading import PrunedError
from idp.oidc.client_requests import ClientRequest, ClientRequests
from idp.oidc.vocabulary import CONFIDENTIAL_METHODS
from idp.store.db import Work
from idp.web.plain import Answer, AnyRequest

PATH = "/api/v1/proof"
_FRESH = ("Cache-Control", "no-store")


class ProofEndpoint:
    """What the address needs. Threads share one."""

    def __init__(self, installation: Installation, requests: ClientRequests) -> None:
        self._this = installation
        self._requests = requests

    def answer(self, work: Work, request: AnyRequest) -> Answer:
        """Answer a POST with `token`: a token of the client's own, or its `jti`."""
        return self._requests.answer(work, request, PATH.removeprefix("/"), self._prove)

    def _prove(self, work: Work, asked: ClientRequest) -> Answer:
        """Give the proof, and the keys that verify it, to a client that proves who it is.

        Raises:
            OAuth2Error: it does not, or there is no token.
        """
        client = self._requests.authenticate(work, asked, CONFIDENTIAL_METHODS)
        try:
            found = exporting.proof(work, asked.token())
            known = keys.verifiers(work, self._this.keyring)
        except NotSealedError as error:
            seconds = ("Retry-After", str(self._this.settings.evidence.every))
            return _problem(409, "Not sealed yet", str(error), seconds)
        except PrunedError as error:
            return _problem(410, "Gone", str(error))
        except LedgerError as error:
            return _problem(409, "Evidence altered", str(error))
        if found is None or found["leaf"].get("client") != client.client_id:
            return _problem(404, "Not Found", "no such token was issued to this client")
        said = {"keys": [str(one) for one in known], "proof": found}
        return Answer(200, (("Content-Type", "application/json"), _FRESH), canonical(said))


def _problem(status: int, title: str, detail: str, *more: tuple[str, str]) -> Answer:
    """Return a refusal in the form of RFC 9457."""
    told = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    headers = (("Content-Type", "application/problem+json"), _FRESH, *more)
    return Answer(status, headers, json.dumps(told).encode())
