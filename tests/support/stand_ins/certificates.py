"""An authority of one's own, and the certificates that it gives to applications."""

import base64
import datetime
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID
from joserfc import jwk

from tests.support.applications.application import Application
from tests.support.site import Answer, Site

DAY = datetime.timedelta(days=1)
HEADER = "Client-Cert"
USAGES = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])


@dataclass(frozen=True)
class Shown:
    """A certificate with its key, as a client holds it."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    @property
    def thumbprint(self) -> str:
        digest = hashlib.sha256(self.der).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

    @property
    def jwks(self) -> dict[str, Any]:
        """The key as a JWK Set, with its certificate."""
        public = jwk.ECKey.import_key(self.key.public_key()).as_dict(private=False)
        return {"keys": [{**public, "x5c": [base64.b64encode(self.der).decode()]}]}

    @property
    def lines(self) -> dict[str, str]:
        """The header of a proxy that this certificate was shown to."""
        return {HEADER: f":{base64.b64encode(self.der).decode()}:"}

    def written(self, form: str) -> str:
        """Return it as the proxies write it."""
        bare = base64.b64encode(self.der).decode()
        return {
            "rfc9440": f":{bare}:",
            "der": bare,
            "pem": quote(self.pem, safe=""),
            "blanks": self.pem.replace("\n", " "),
            "xfcc": f'By=spiffe://a/b;Hash=ab;Cert="{quote(self.pem, safe="")}";Subject="CN=a,O=b"',
        }[form]

    def write(self, file: Path) -> Path:
        """Write it with its key, as curl reads them."""
        key = self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        file.write_bytes(self.pem.encode() + key)
        return file

    def ask(self, site: Site, path: str, app: Application, form: dict[str, Any]) -> Answer:
        """Send a form as a client that shows this certificate and its name, and nothing else."""
        form = {"client_id": app.client_id, **form}
        return site.client().send("POST", path, form, self.lines)

    def open(self, site: Site, token: str, path: str = "/userinfo") -> Answer:
        """Use an access token."""
        headers = {"Authorization": f"Bearer {token}", **self.lines}
        return site.client().send("GET", path, None, headers)


class Authority:
    """Gives certificates to whoever asks."""

    def __init__(self, name: str = "CN=authority") -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.certificate = (
            _builder(name, name, self._key, DAY)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .sign(self._key, hashes.SHA256())
        )

    def write(self, file: Path) -> Path:
        file.write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))
        return file

    def gives(
        self,
        subject: str | x509.Name = "CN=payroll",
        *names: x509.GeneralName,
        until: datetime.timedelta = DAY,
        usages: x509.ExtendedKeyUsage = USAGES,
    ) -> Shown:
        """Return a certificate for a client; `until` is when it ends, from now."""
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _builder(subject, self.certificate.subject, key, until)
        builder = builder.add_extension(usages, critical=False)
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        return Shown(builder.sign(self._key, hashes.SHA256()), key)


def self_signed(subject: str = "CN=payroll", until: datetime.timedelta = DAY) -> Shown:
    """Return a certificate that nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    return Shown(_builder(subject, subject, key, until).sign(key, hashes.SHA256()), key)


def _builder(
    subject: str | x509.Name,
    issuer: str | x509.Name,
    key: ec.EllipticCurvePrivateKey,
    until: datetime.timedelta,
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    subject, issuer = (
        one if isinstance(one, x509.Name) else x509.Name.from_rfc4514_string(one)
        for one in (subject, issuer)
    )
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - 2 * DAY)
        .not_valid_after(now + until)
    )
