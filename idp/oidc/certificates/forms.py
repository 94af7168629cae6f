"""The ways in which proxies write a certificate into a header: a reader for each.

Pure. Each returns one certificate in DER and raises ValueError for anything else: also for two, so
that a line that a stranger sent beside the proxy's own is never taken for it.
"""

import base64
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from urllib.parse import unquote

LONGEST = 16_384
"""Characters of a header."""
_PEM = re.compile(r"-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----")
_IN_COLONS = re.compile(r":([A-Za-z0-9+/=]+):")
_CERT_OF_ENVOY = re.compile(r'(?:^|;)Cert="([^",;]+)"(?=;|$)')


def pem(text: str) -> bytes:
    """PEM: percent-encoded (nginx's `$ssl_client_escaped_cert`), or with blanks for line ends."""
    found = _PEM.fullmatch(unquote(text, errors="strict").strip())
    if found is None:
        raise ValueError("this is not one certificate in PEM")
    return der("".join(found[1].split()))


def der(text: str) -> bytes:
    """Base64 alone (HAProxy's `ssl_c_der,base64`; Caddy's `certificate_der_base64`)."""
    return base64.b64decode(text.strip(), validate=True)


def rfc9440(text: str) -> bytes:
    """Base64 between colons: a Byte Sequence (RFC 9440 section 2.1)."""
    found = _IN_COLONS.fullmatch(text.strip())
    if found is None:
        raise ValueError("this is not one certificate between colons")
    return der(found[1])


def xfcc(text: str) -> bytes:
    """Envoy's X-Forwarded-Client-Cert: of one element the part Cert, which is an escaped PEM."""
    found = _CERT_OF_ENVOY.findall(text)
    if len(found) != 1 or {*re.sub(r'"[^"]*"', "", text)} & {",", '"'}:
        raise ValueError("this is not one element with one Cert")
    return pem(found[0])


FORMS: Mapping[str, Callable[[str], bytes]] = MappingProxyType(
    {"pem": pem, "der": der, "rfc9440": rfc9440, "xfcc": xfcc}
)
"""By the setting `mutual_tls.form`."""
