"""What a request shows of its client: one way of authentication, readable, not yet believed."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

from authlib.oauth2.rfc6749.errors import InvalidClientError, InvalidRequestError

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
"""RFC 7523 section 2.2."""
ASSERTION = "assertion"
"""Shown by a JWT; which of the two ways that is, the client's registration says."""
BASIC = "client_secret_basic"
POST = "client_secret_post"
NONE = "none"
MAX_HEADER = 8192
FAILED = "client authentication failed"


class AuthenticationFailed(InvalidClientError):
    """Every failure looks the same to the caller; `why` is for the audit trail."""

    def __init__(self, why: str = FAILED) -> None:
        super().__init__(status_code=401, description=FAILED)
        self.why = why


@dataclass(frozen=True)
class Credentials:
    """The one way in which a request shows its client: `proof` is a secret, a JWT, or nothing."""

    method: str
    client_id: str
    proof: str = field(default="", repr=False)


def presented(header: str, form: Mapping[str, str]) -> Credentials:
    """Return the credentials of a request, from its Authorization header and its form.

    Raises:
        InvalidRequestError: more than one way (RFC 6749 section 2.3), or half of one.
        AuthenticationFailed: none that can be read.
    """
    ways = [
        bool(header),
        "client_secret" in form,
        "client_assertion" in form or "client_assertion_type" in form,
    ]
    if sum(ways) > 1:
        raise InvalidRequestError("authenticate in one way only")
    by_header, by_secret, by_assertion = ways
    if by_header:
        return _basic(header, form)
    if by_assertion:
        return _assertion(form)
    client_id = form.get("client_id", "")
    if not client_id:
        raise AuthenticationFailed("no credentials and no client_id came")
    if by_secret:
        return Credentials(POST, client_id, form["client_secret"])
    return Credentials(NONE, client_id)


def _basic(header: str, form: Mapping[str, str]) -> Credentials:
    """RFC 6749 section 2.3.1: both parts are form-urlencoded within RFC 7617's Basic."""
    scheme, _, value = header.partition(" ")
    if scheme.lower() != "basic" or len(header) > MAX_HEADER:
        raise AuthenticationFailed("the Authorization header is not Basic, or too long")
    try:
        name, colon, secret = base64.b64decode(value.strip(), validate=True).partition(b":")
        client_id, proof = _decoded(name), _decoded(secret)
    except ValueError:
        raise AuthenticationFailed("the Authorization header cannot be read") from None
    if not colon or not client_id or not proof:
        raise AuthenticationFailed("the Authorization header lacks a client_id or a secret")
    if form.get("client_id", client_id) != client_id:
        raise InvalidRequestError("client_id is not that of the Authorization header")
    return Credentials(BASIC, client_id, proof)


def _decoded(part: bytes) -> str:
    text = unquote_to_bytes(part.decode("ascii").replace("+", " ")).decode()
    if "\x00" in text:
        raise ValueError("no text")
    return text


def _assertion(form: Mapping[str, str]) -> Credentials:
    if "client_assertion" not in form or "client_assertion_type" not in form:
        raise InvalidRequestError("client_assertion and client_assertion_type go together")
    if form["client_assertion_type"] != ASSERTION_TYPE:
        raise AuthenticationFailed("another type of assertion")
    return Credentials(ASSERTION, form.get("client_id", ""), form["client_assertion"])
