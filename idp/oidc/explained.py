"""Why a token says what it says, for the developer of the application that got it.

Owns what a client is told of its own tokens: worked out from the evidence (`idp.evidence.explain`),
never read out of the token. Of anything else it learns no more than that there is no such token.
"""

import json
from typing import Any
from urllib.parse import urlencode

from idp.evidence.explain import Explanation, Higher
from idp.ledger.explaining import explanation
from idp.ledger.reading import PrunedError
from idp.oidc.client_requests import ClientRequest, ClientRequests
from idp.oidc.clients.client import Client
from idp.oidc.json_answers import answer
from idp.oidc.vocabulary import CONFIDENTIAL_METHODS
from idp.store.db import Work
from idp.web.plain import Answer, AnyRequest

PATH = "/api/v1/explain"
_OF_LEAF = ("jti", "grant", "tokens", "scope", "acr", "amr", "auth_time", "sid")


class ExplainEndpoint:
    """What the address needs. Threads share one."""

    def __init__(self, issuer: str, requests: ClientRequests) -> None:
        self._issuer = issuer
        self._requests = requests

    def answer(self, work: Work, request: AnyRequest) -> Answer:
        """Answer a POST with `token`: a token of the client's own, or its `jti`."""
        return self._requests.answer(work, request, PATH.removeprefix("/"), self._explain)

    def _explain(self, work: Work, asked: ClientRequest) -> Answer:
        """Say what was asked, proved and decided, to a client that proves who it is.

        Raises:
            OAuth2Error: it does not, or there is no token.
        """
        client = self._requests.authenticate(work, asked, CONFIDENTIAL_METHODS)
        try:
            found = explanation(work, asked.token())
        except PrunedError as error:
            return _problem(410, "Gone", str(error))
        except ValueError:
            return _problem(409, "Evidence altered", "the evidence of this token was altered")
        if found is None or found.leaf["client"] != client.client_id:
            return _problem(404, "Not Found", "no such token was issued to this client")
        return answer(200, self._said(client, found))

    def _said(self, client: Client, found: Explanation) -> dict[str, Any]:
        leaf, basis = found.leaf, found.leaf.get("basis")
        said = {name: leaf[name] for name in _OF_LEAF if name in leaf}
        said["issued_at"] = leaf["at"]
        if basis is None:
            return said
        return said | {
            "decided_at": found.decided_at,
            "requested": basis["requested"],
            "demanded": basis["floor"],
            "why": basis["reason"],
            "proofs": [vars(proof) for proof in found.proofs],
            "follows": found.follows,
            "higher": [self._higher(client, one) for one in found.higher],
        }

    def _higher(self, client: Client, one: Higher) -> dict[str, Any]:
        """With the address that asks for it, to which the client adds its own state and PKCE."""
        # Essential: a voluntary value asks nobody to set anything up (OIDC Core 5.5.1.1).
        demanded = {"id_token": {"acr": {"essential": True, "values": [one.level]}}}
        query = {
            "response_type": "code",
            "client_id": client.client_id,
            "redirect_uri": client.redirect_uris[0] if client.redirect_uris else "",
            "scope": "openid",
            "claims": json.dumps(demanded, separators=(",", ":")),
        }
        return {
            "acr": one.level,
            "more_factors": one.factors,
            "ways": one.ways,
            "ask": f"{self._issuer}/authorize?{urlencode(query)}",
        }


def _problem(status: int, title: str, detail: str) -> Answer:
    """Return a refusal in the form of RFC 9457."""
    told = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    headers = (("Content-Type", "application/problem+json"), ("Cache-Control", "no-store"))
    return Answer(status, headers, json.dumps(told).encode())
