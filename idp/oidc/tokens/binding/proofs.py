"""Proofs of possession as the endpoints take them: with a nonce of ours, and each used once.

A nonce says nothing and is kept nowhere: it is what the keyring makes of the present moment, the
same in every process. One that is past its time is answered by the next (RFC 9449 section 8).
"""

from authlib.oauth2.rfc6749.errors import InvalidRequestError

from idp import clock, crypto
from idp.oidc.certificates.shown import Certificates, NoCertificate
from idp.oidc.errors import UseNonce
from idp.oidc.tokens.binding import confirmation, proof
from idp.oidc.tokens.binding.proof import REMEMBERED, InvalidProof, Proof
from idp.settings.values import Settings
from idp.store import spent
from idp.store.db import Work
from idp.web.lane.plain import AnyRequest, Pairs

HEADER = "DPoP"
ROTATION = 120
"""Seconds after which there is a new nonce; the one before it holds for as long again."""


class CertificateNeeded(InvalidRequestError):
    """Tokens are bound to a certificate, and none came; `why` is for the audit trail."""

    def __init__(self, why: str) -> None:
        super().__init__("tokens of this client are bound to its certificate: show it")
        self.why = why


class Proofs:
    """Reads the proofs of requests. Threads share one."""

    def __init__(
        self,
        places: tuple[str, ...],
        keyring: crypto.Keyring,
        certificates: Certificates,
        *,
        nonces: bool,
    ) -> None:
        """`places` are the hosts that are called: the issuer's, perhaps one for certificates.

        `nonces`: a proof without one of ours is sent back for it.
        """
        self._places = places
        self._certificates = certificates
        self._keyring = keyring
        self._nonces = nonces

    def shown(self, request: AnyRequest, path: str) -> Proof | None:
        """Return the proof that came with a request to `path`, not used up yet; None for none.

        Raises:
            InvalidProof: it is not right for this request.
            UseNonce: it is, but for its nonce.
        """
        if HEADER not in request.headers:
            return None
        # Two of them come as one with a comma, which stands in no JWT (RFC 9110 section 5.3).
        text = request.headers.get(HEADER, "").strip()
        found = proof.read(text, request.method, *(place + path for place in self._places))
        if self._nonces and found.nonce not in (self._nonce(0), self._nonce(1)):
            raise UseNonce(self._nonce(0))
        return found

    def use(self, work: Work, found: Proof | None) -> str | None:
        """Use a proof up, in every process: return the thumbprint of its key, None for none.

        Raises:
            InvalidProof: it was used before.
        """
        if found is None:
            return None
        if not spent.claim(work, "dpop", found.jkt, found.jti, lifetime=REMEMBERED):
            raise InvalidProof("the proof was used before")
        return found.jkt

    def certificate(self, request: AnyRequest) -> str:
        """Return what a token will be bound to that is issued for a request by a certificate.

        Raises:
            CertificateNeeded: none came, or none that counts.
        """
        try:
            return confirmation.of_certificate(self._certificates.shown(request).thumbprint)
        except NoCertificate as error:
            raise CertificateNeeded(str(error)) from None

    def told(self, found: Proof | None) -> Pairs:
        """Return the header by which an answer tells whoever showed a proof the next nonce."""
        if found is None or not self._nonces or found.nonce == self._nonce(0):
            return ()
        return nonce_header(self._nonce(0))

    def _nonce(self, back: int) -> str:
        return self._keyring.keyed_digest("dpop-nonce", str(clock.now() // ROTATION - back))


def of(settings: Settings, keyring: crypto.Keyring, certificates: Certificates) -> Proofs:
    """Return what reads the proofs of an installation."""
    also = settings.mutual_tls.address
    places = (settings.server.issuer, also) if also else (settings.server.issuer,)
    return Proofs(places, keyring, certificates, nonces=settings.oidc.dpop_nonces)


def nonce_header(nonce: str) -> Pairs:
    """Return the header that tells a nonce; no one keeps such an answer (section 8.2)."""
    return (("DPoP-Nonce", nonce),)
