"""Whether a maker vouches for a security key: packed attestation, by roots the operator trusts.

The library checks the signature and the chain of certificates. What a maker's certificate must be
beyond that (Web Authentication Level 3 section 8.2.1), and that a statement without any certificate
is the device's own word, is checked here.
"""

from pathlib import Path
from uuid import UUID

from cryptography import x509
from cryptography.x509.oid import NameOID, ObjectIdentifier
from webauthn.helpers import parse_attestation_object
from webauthn.helpers.structs import AttestationFormat

_AAGUID = ObjectIdentifier("1.3.6.1.4.1.45724.1.1.4")
_OCTETS = b"\x04\x10"
"""How the extension's value begins: an OCTET STRING of 16 bytes."""
_UNIT = "Authenticator Attestation"
_MARK = b"-----END CERTIFICATE-----"


def read_roots(file: str) -> dict[AttestationFormat, list[bytes]] | None:
    """Return the roots in a PEM file, for the library; None when no file is named."""
    if not file:
        return None
    parts = Path(file).read_bytes().split(_MARK)
    roots = [part.strip() + b"\n" + _MARK + b"\n" for part in parts if b"BEGIN" in part]
    return {AttestationFormat.PACKED: roots}


def vouched(fmt: str, attestation_object: bytes, aaguid: str) -> bool:
    """Return True if a maker's certificate of a verified chain vouches for a key like this."""
    shown = parse_attestation_object(attestation_object).att_stmt.x5c
    if fmt != AttestationFormat.PACKED or not shown:
        return False
    try:
        return _fits(x509.load_der_x509_certificate(shown[0]), aaguid)
    except (ValueError, x509.ExtensionNotFound):
        return False


def _fits(certificate: x509.Certificate, aaguid: str) -> bool:
    units = certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATIONAL_UNIT_NAME)
    basic = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    right = certificate.version is x509.Version.v3 and not basic.ca
    return right and [unit.value for unit in units] == [_UNIT] and _same_model(certificate, aaguid)


def _same_model(certificate: x509.Certificate, aaguid: str) -> bool:
    """Where the certificate names a model, it is the model that the key says it is."""
    for extension in certificate.extensions:
        if extension.oid == _AAGUID:
            value = getattr(extension.value, "value", b"")
            return not extension.critical and bool(value == _OCTETS + UUID(aaguid).bytes)
    return True
