"""Why a token says what it says, for the developer of the application that got it.

Owns what a client is told of its own tokens: worked out from the evidence (`idp.evidence.explain`),
never read out of the token.
"""

import json
from typing import Any
from urllib.parse import urlencode

from idp.evidence.explain import Explanation, Higher
from idp.oidc.clients.client import Client
from idp.oidc.json_answers import answer
from idp.store.db import Work
from idp.web.lane.plain import Answer

PATH = "/api/v1/explain"
_OF_LEAF = ("jti", "grant", "tokens", "scope", "acr", "amr", "auth_time", "sid")


class Explained:
    """Tells a client what its token rests on. Threads share one."""

    def __init__(self, issuer: str) -> None:
        self._issuer = issuer

    def __call__(self, _work: Work, client: Client, _token: str, found: Explanation) -> Answer:
        """Say what was asked, proved and decided."""
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
