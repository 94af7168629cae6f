"""What a stored token is bound to: a key (RFC 9449) or a certificate (RFC 8705), in one column.

Pure. The column `jkt` holds 43 characters: the thumbprint of a key as it is, that of a certificate
behind a mark, with its 32 bytes in the shorter base 85. Neither can be taken for the other.
"""

import base64
from typing import Any

from idp import crypto

_MARK = "x5:"
BY_PROOF, BY_CERTIFICATE = "dpop", "mtls"


def of_certificate(thumbprint: str) -> str:
    """Return what is stored of a token that is bound to a certificate, by its `x5t#S256`."""
    return _MARK + base64.b85encode(crypto.from_base64url(thumbprint)).decode()


def is_certificate(bound: str) -> bool:
    """Return True if what is stored names a certificate, and no key."""
    return bound.startswith(_MARK)


def way(bound: str | None) -> str | None:
    """Return how a token is bound, in the word of the events; None: it is not."""
    if bound is None:
        return None
    return BY_CERTIFICATE if is_certificate(bound) else BY_PROOF


def kind(bound: str | None) -> str:
    """Return `token_type`: a certificate is shown by the connection, beside a bearer's token."""
    return "DPoP" if way(bound) == BY_PROOF else "Bearer"


def cnf(bound: str | None) -> dict[str, Any]:
    """Return the claim (RFC 9449 section 6, RFC 8705 section 3.1), or nothing."""
    if bound is None:
        return {}
    if not is_certificate(bound):
        return {"cnf": {"jkt": bound}}
    thumbprint = crypto.base64url(base64.b85decode(bound.removeprefix(_MARK)))
    return {"cnf": {"x5t#S256": thumbprint}}
