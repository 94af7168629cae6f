"""Who issued a certificate: checked here against the authorities of `mutual_tls.ca_bundle`.

RFC 5280 section 6 by `cryptography`. What stands in that file is trusted by itself: an authority
below another one is there too if it issues. Whether a certificate was withdrawn is not looked up.
"""

from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.verification import (
    Criticality,
    ExtensionPolicy,
    Policy,
    PolicyBuilder,
    Store,
)

from idp.errors import ConfigurationError


def _is_authority(
    _policy: Policy, _certificate: x509.Certificate, found: x509.BasicConstraints
) -> None:
    if not found.ca:
        raise ValueError("this is no authority")


def _may_sign(_policy: Policy, _certificate: x509.Certificate, found: x509.KeyUsage | None) -> None:
    if found is not None and not found.key_cert_sign:
        raise ValueError("this key issues no certificates")


def _is_of_a_client(
    _policy: Policy, _certificate: x509.Certificate, found: x509.ExtendedKeyUsage | None
) -> None:
    if found is not None and ExtendedKeyUsageOID.CLIENT_AUTH not in found:
        raise ValueError("this is no client's certificate")


_AUTHORITIES = (
    ExtensionPolicy.permit_all()
    .require_present(x509.BasicConstraints, Criticality.AGNOSTIC, _is_authority)
    .may_be_present(x509.KeyUsage, Criticality.AGNOSTIC, _may_sign)
)
# Authorities of one's own leave out much of what the public ones must write.
_CLIENTS = ExtensionPolicy.permit_all().may_be_present(
    x509.ExtendedKeyUsage, Criticality.AGNOSTIC, _is_of_a_client
)


class Authorities:
    """Those that applications' certificates may come from. Threads share one."""

    def __init__(self, file: str) -> None:
        """Read them.

        Raises:
            ConfigurationError: they cannot be.
        """
        try:
            self._store = Store(x509.load_pem_x509_certificates(Path(file).read_bytes()))
        except (OSError, ValueError):
            raise ConfigurationError(
                f"mutual_tls.ca_bundle {file} is no readable file of certificates (PEM)"
            ) from None

    def issued(self, certificate: x509.Certificate, now: int) -> bool:
        """Return True if one of them issued it, for a client, and it is in force `now`."""
        builder = PolicyBuilder().store(self._store).time(datetime.fromtimestamp(now, UTC))
        builder = builder.extension_policies(ca_policy=_AUTHORITIES, ee_policy=_CLIENTS)
        try:
            builder.build_client_verifier().verify(certificate, [])
        except Exception:  # whatever is odd in a stranger's certificate, nobody here issued it
            return False
        return True
