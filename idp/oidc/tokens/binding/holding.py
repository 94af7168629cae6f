"""An access token that is bound to a key is good for whoever shows that key (RFC 9449 section 7).

Or, bound to a certificate, for whoever connects with that (RFC 8705 section 3).

Owns how a token is shown: as a bearer's, or with a proof. What it opens, the endpoints say.
"""

from typing import NamedTuple

from idp.oidc.errors import UseNonce
from idp.oidc.tokens.binding import confirmation
from idp.oidc.tokens.binding.proof import InvalidProof, Proof
from idp.oidc.tokens.binding.proofs import CertificateNeeded, Proofs
from idp.oidc.vocabulary import PROOF_ALGS
from idp.store.db import Work
from idp.web.lane.plain import AnyRequest

SCHEMES = ("bearer", "dpop")
ALGS = " ".join(PROOF_ALGS)


class NotHeld(Exception):
    """The token is not shown as it must be: what the challenge says (RFC 9449 section 7.1)."""

    scheme = "DPoP"

    def __init__(self, error: str, description: str, nonce: str = "") -> None:
        super().__init__(error)
        self.error = error
        self.description = description
        self.nonce = nonce

    @property
    def more(self) -> dict[str, str]:
        """What the challenge says beside that."""
        return {"algs": ALGS} if self.scheme == "DPoP" else {}


class AnotherCertificate(NotHeld):
    """The certificate of the token is not that of the connection (RFC 8705 section 3)."""

    scheme = "Bearer"

    def __init__(self) -> None:
        super().__init__("invalid_token", "the access token is bound to a certificate: show it")


class Token(NamedTuple):
    """An access token as it was shown."""

    value: str
    by_proof: bool = False
    """By the scheme DPoP."""


def in_header(header: str) -> Token | None:
    """Return the access token of an Authorization header; None where there is none.

    The name of a scheme is the same in capitals (RFC 9110 section 11.1).
    """
    scheme, _, value = header.partition(" ")
    name, token = scheme.lower(), value.strip()
    return Token(token, name == "dpop") if token and name in SCHEMES else None


def check(
    proofs: Proofs, work: Work, request: AnyRequest, path: str, token: Token, jkt: str | None
) -> Proof | None:
    """Hold what is shown at `path` against the key that the token is bound to; None: to none.

    Raises:
        NotHeld: no proof, not of that key, or not for this request and token.
    """
    if jkt is not None and confirmation.is_certificate(jkt):
        _check_certificate(proofs, request, token, jkt)
        return None
    if not token.by_proof:
        if jkt is not None:
            raise NotHeld("invalid_token", "the access token is bound to a key, which is not shown")
        return None
    if jkt is None:
        raise NotHeld("invalid_token", "the access token is bound to no key")
    try:
        found = proofs.shown(request, path)
        if found is None or not found.goes_with(token.value):
            raise InvalidProof("a proof for this access token must come with it")
        if found.jkt != jkt:
            raise NotHeld("invalid_token", "the access token is bound to another key")
        proofs.use(work, found)
    except UseNonce as error:
        raise NotHeld(error.error, error.description or "", error.nonce) from None
    except InvalidProof as error:
        raise NotHeld(error.error, error.description or "") from None
    return found


def _check_certificate(proofs: Proofs, request: AnyRequest, token: Token, bound: str) -> None:
    """Hold the certificate of the connection against that of the token.

    Raises:
        AnotherCertificate: it is another, or none that counts.
    """
    try:
        if not token.by_proof and proofs.certificate(request) == bound:
            return
    except CertificateNeeded:
        pass
    raise AnotherCertificate
