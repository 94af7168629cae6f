"""The proof that the record of a token is in the ledger, for the application that got the token.

What it answers is checked without Acrux (docs/ledger.md, "Proof of one token").
"""

from idp.crypto import Keyring
from idp.evidence.canonical import canonical
from idp.evidence.explain import Explanation
from idp.ledger import exporting, keys
from idp.ledger.witnessed import Witnessed
from idp.oidc.clients.client import Client
from idp.oidc.json_answers import HEADERS
from idp.oidc.own_tokens import Tell
from idp.store.db import Work
from idp.web.lane.plain import Answer

PATH = "/api/v1/proof"


def proved(keyring: Keyring, witnessed: Witnessed) -> Tell:
    """Return what gives a client the proof of its token, and the keys that verify it."""

    def prove(work: Work, _client: Client, token: str, _found: Explanation) -> Answer:
        known = [str(one) for one in keys.verifiers(work, keyring)]
        said = {"keys": known, "proof": exporting.proof(work, token, witnessed)}
        return Answer(200, HEADERS, canonical(said))

    return prove
