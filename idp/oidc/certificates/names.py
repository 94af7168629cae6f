"""The names in a certificate, and whether they are the one that is registered (RFC 8705 2.1.2).

Pure. A subject is compared as the sequence it is (RFC 4514 is only how it is written), a name of an
alternative kind as a whole: no wildcard, no part, no case folding where case may count.
"""

import re
from collections.abc import Mapping
from ipaddress import ip_address
from types import MappingProxyType
from typing import Any

from cryptography import x509
from cryptography.x509.oid import NameOID

SUBJECT = "tls_client_auth_subject_dn"
DNS = "tls_client_auth_san_dns"
URI = "tls_client_auth_san_uri"
IP = "tls_client_auth_san_ip"
EMAIL = "tls_client_auth_san_email"
MEMBERS = (SUBJECT, DNS, URI, IP, EMAIL)
"""The members of a client, of which one says what its certificate is called."""
_TYPES = {
    "E": NameOID.EMAIL_ADDRESS,
    "EMAILADDRESS": NameOID.EMAIL_ADDRESS,
    "SERIALNUMBER": NameOID.SERIAL_NUMBER,
    "GIVENNAME": NameOID.GIVEN_NAME,
    "GN": NameOID.GIVEN_NAME,
    "SN": NameOID.SURNAME,
    "TITLE": NameOID.TITLE,
    "ORGANIZATIONIDENTIFIER": NameOID.ORGANIZATION_IDENTIFIER,
    "BUSINESSCATEGORY": NameOID.BUSINESS_CATEGORY,
    "S": NameOID.STATE_OR_PROVINCE_NAME,
}
"""Names of attribute types beside those of RFC 4514 section 3 that certificates of trade use."""
_TYPE = re.compile(r"(^|(?<!\\)[,+])\s*([A-Za-z][A-Za-z0-9-]*)=")
_HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*")
_KINDS: Mapping[str, Any] = MappingProxyType(
    {
        DNS: x509.DNSName,
        URI: x509.UniformResourceIdentifier,
        IP: x509.IPAddress,
        EMAIL: x509.RFC822Name,
    }
)


def problem(member: str, value: str) -> str | None:
    """Return why a name cannot be registered; None for one that can."""
    try:
        _registered(member, value)
    except ValueError as error:
        return f"{member}: {error}"
    return None


def is_called(certificate: x509.Certificate, member: str, value: str) -> bool:
    """Return True if a certificate has the name that is registered under `member`."""
    try:
        wanted = _registered(member, value)
        if member == SUBJECT:
            return _sequence(certificate.subject) == wanted
        return wanted in {_normal(member, one) for one in _alternatives(certificate, member)}
    except Exception:  # whatever is odd in a stranger's certificate, it has not that name
        return False


def _alternatives(certificate: x509.Certificate, member: str) -> list[Any]:
    found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    values: list[Any] = found.value.get_values_for_type(_KINDS[member])
    return values


def _registered(member: str, value: str) -> Any:
    """Return a registered name as it is compared.

    Raises:
        ValueError: it is no such name.
    """
    if member == SUBJECT:
        return subject(value)
    found = _normal(member, value)
    if member == DNS and not _HOST.fullmatch(found):
        raise ValueError("this is no host name (and stands for no others)")
    if member == EMAIL and found.count("@") != 1:
        raise ValueError("this is no e-mail address")
    if member == URI and ":" not in found:
        raise ValueError("this is no URI")
    return found


def _normal(member: str, value: Any) -> Any:
    """Hosts are the same in capitals (RFC 5280 sections 7.2 and 7.5); nothing else is."""
    if member == IP:
        return ip_address(value) if isinstance(value, str) else value
    if member == DNS:
        return value.lower()
    if member == EMAIL:
        name, at, host = value.rpartition("@")
        return f"{name}{at}{host.lower()}"
    return value


def subject(text: str) -> tuple[frozenset[tuple[str, Any]], ...]:
    """Return a subject that is written by RFC 4514 as it stands in a certificate.

    Raises:
        ValueError: this is none.
    """
    # An attribute type is the same in capitals (RFC 4514 section 3), and a blank before one counts
    # for nothing.
    plain = _TYPE.sub(lambda found: f"{found[1]}{found[2].upper()}=", text)
    try:
        name = x509.Name.from_rfc4514_string(plain, _TYPES)
    except ValueError:
        raise ValueError(
            "this is no subject as RFC 4514 writes one (CN=pay,O=Ngā Taonga)"
        ) from None
    if not name.rdns:
        raise ValueError("this subject is empty")
    return _sequence(name)


def _sequence(name: x509.Name) -> tuple[frozenset[tuple[str, Any]], ...]:
    """Return the parts in their order; of a part with several values the order means nothing."""
    return tuple(frozenset((one.oid.dotted_string, one.value) for one in rdn) for rdn in name.rdns)
