"""The certificate that came with a request, as a proxy of ours says: nobody else is believed.

TLS ends at the proxy. Where Acrux ends it itself no certificate is to be had: granian's worker asks
for none that a request could be told of (docs/certificates.md).
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from cryptography import x509

from idp import clock, crypto
from idp.caller import sources
from idp.oidc.certificates.chains import Authorities
from idp.oidc.certificates.forms import FORMS, LONGEST
from idp.settings.values import MutualTls
from idp.web.lane.plain import AnyRequest

VERIFIED = ("SUCCESS", "0")
"""How proxies say that they have checked the issuer: nginx and Apache, HAProxy."""


class NoCertificate(Exception):
    """None came that counts; the message says why, for the trail."""


@dataclass(frozen=True)
class Shown:
    """A certificate in force whose key was proved in the handshake, as the proxy says."""

    certificate: x509.Certificate
    thumbprint: str
    """`x5t#S256`: SHA-256 of the DER in base64url (RFC 8705 section 3.1)."""
    vouched: bool
    """Somebody checked who issued it, and found it right."""


class Certificates:
    """Reads the certificates of requests. Threads share one."""

    def __init__(self, settings: MutualTls) -> None:
        """Read the authorities, if there are any.

        Raises:
            ConfigurationError: they cannot be read.
        """
        self._proxies = sources.networks(settings.proxies)
        self._header = settings.header
        self._read = lru_cache(maxsize=256)(_reader(FORMS[settings.form]))
        self._verified_header = settings.verified_header
        self._authorities = Authorities(settings.ca_bundle) if settings.ca_bundle else None

    def shown(self, request: AnyRequest) -> Shown:
        """Return the certificate that came with a request.

        Raises:
            NoCertificate: there is none, or none that counts.
        """
        text = request.headers.get(self._header, "")
        if not text:
            raise NoCertificate("no certificate came")
        if not sources.within(request.remote_addr or "", self._proxies):
            raise NoCertificate("a certificate came in a header from none of mutual_tls.proxies")
        if len(text) > LONGEST:
            raise NoCertificate("the header with the certificate is too long")
        try:
            certificate, thumbprint, begin, end = self._read(text)
        except Exception:  # whatever is odd in a stranger's certificate, it is none
            raise NoCertificate("the header with the certificate cannot be read") from None
        now = clock.now()
        if not begin <= now <= end:
            raise NoCertificate("the certificate has expired, or is for later")
        return Shown(certificate, thumbprint, self._vouched(request, certificate, now))

    def _vouched(self, request: AnyRequest, certificate: x509.Certificate, now: int) -> bool:
        """Return True if whoever is to check the issuer has: the proxy, we, or both."""
        if self._verified_header:
            if request.headers.get(self._verified_header, "").strip() not in VERIFIED:
                return False
            if self._authorities is None:
                return True
        return self._authorities is not None and self._authorities.issued(certificate, now)


_Read = tuple[x509.Certificate, str, float, float]
"""A certificate, its thumbprint, and when it is in force."""


def _reader(form: Callable[[str], bytes]) -> Callable[[str], _Read]:
    def read(text: str) -> _Read:
        der = form(text)
        found = x509.load_der_x509_certificate(der)
        begin, end = found.not_valid_before_utc, found.not_valid_after_utc
        return found, thumbprint_of(der), begin.timestamp(), end.timestamp()

    return read


def thumbprint_of(der: bytes) -> str:
    """Return `x5t#S256` of a certificate (RFC 8705 section 3.1)."""
    return crypto.base64url(hashlib.sha256(der).digest())
