"""What the stricter ways cost: pushed requests, bound tokens, certificates, devices, guarded pages.

Acrux alone, by request: no peer does them all, and the installation has a proxy that is named.
"""

import base64
import datetime
import hashlib
import json
import secrets
import time
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from benchmarks.load import Ask, Operation, Reply, Unexpected
from benchmarks.operations import CLIENT_ID, SCOPE, Browser, Party, expect, redeem
from idp.forward.guard import AUTH, START

ISSUER = "https://acrux.invalid"
PAGES = "pages.invalid"
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
SUBJECT = "bench-certificate"
_HERE = f"X-Forwarded-Proto: https\r\nX-Forwarded-Host: {PAGES}\r\nAccept: text/html\r\n"


@dataclass
class Key:
    """An application's key, and what its tokens are bound to it by (RFC 9449)."""

    private: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    nonce: str = ""
    access_token: str = ""
    refresh_token: str = ""

    def __post_init__(self) -> None:
        point = self.private.public_key().public_numbers()
        public = {"kty": "EC", "crv": "P-256", "x": _number(point.x), "y": _number(point.y)}
        self._head = _part({"typ": "dpop+jwt", "alg": "ES256", "jwk": public})

    def line(self, method: str, path: str, **more: str) -> str:
        """Return the header line of a proof for one request."""
        said = {"jti": secrets.token_urlsafe(16), "htm": method, "htu": ISSUER + path, **more}
        nonce = {"nonce": self.nonce} if self.nonce else {}
        told = f"{self._head}.{_part({**said, **nonce, 'iat': int(time.time())})}"
        numbers = decode_dss_signature(self.private.sign(told.encode(), ec.ECDSA(hashes.SHA256())))
        return f"DPoP: {told}.{_encoded(b''.join(n.to_bytes(32) for n in numbers))}\r\n"

    def take(self, reply: Reply) -> None:
        """Keep the nonce and the tokens of an answer."""
        head = reply.head.lower()
        if (at := head.find(b"\r\ndpop-nonce:")) >= 0:
            self.nonce = reply.head[at + 13 :].split(b"\r\n")[0].strip().decode()
        if reply.status == 200 and b"access_token" in reply.body:
            told = json.loads(reply.body)
            self.access_token, self.refresh_token = told["access_token"], told["refresh_token"]


def pushed_flow(party: Party, browser: Browser) -> Operation:
    """Push the request (RFC 9126), then a code from a living session, and its redemption."""
    body = party.authorize.partition("?")[2]
    pushed = yield Ask("POST", "/par", party.basic, body)
    expect(pushed, 201)
    wish = {"client_id": CLIENT_ID, "request_uri": json.loads(pushed.body)["request_uri"]}
    answer = yield Ask("GET", f"/authorize?{urlencode(wish)}", browser.line)
    browser.take(answer)
    yield from redeem(party, browser, answer)


def bound_refresh(party: Party, browser: Browser) -> Operation:
    """Rotate a refresh token, with a proof of the key."""
    key = yield from _bound(party, browser)
    body = f"grant_type=refresh_token&refresh_token={key.refresh_token}"
    expect((yield from _proved(key, "POST", "/token", party.basic, body)), 200)


def bound_userinfo(party: Party, browser: Browser) -> Operation:
    """Ask who a bound access token speaks for."""
    key = yield from _bound(party, browser)
    ath = _encoded(hashlib.sha256(key.access_token.encode()).digest())
    line = f"Authorization: DPoP {key.access_token}\r\n"
    expect((yield from _proved(key, "GET", "/userinfo", line, ath=ath)), 200)


def certificate(_party: Party, browser: Browser) -> Operation:
    """An access token for a client that is known by its certificate, and bound to that."""
    body = urlencode({"grant_type": "client_credentials", "client_id": SUBJECT})
    expect((yield Ask("POST", "/token", browser.more["certificate"], body)), 200)


def device(party: Party, _browser: Browser) -> Operation:
    """A device asks for codes, and once whether somebody has answered (RFC 8628)."""
    begun = yield Ask("POST", "/device_authorization", party.basic, urlencode({"scope": SCOPE}))
    expect(begun, 200)
    form = {"grant_type": DEVICE, "device_code": json.loads(begun.body)["device_code"]}
    answer = yield Ask("POST", "/token", party.basic, urlencode(form))
    expect(answer, 400)
    if json.loads(answer.body)["error"] != "authorization_pending":
        raise Unexpected(f"device: {answer.body[:300]!r}")


def guarded(_party: Party, browser: Browser) -> Operation:
    """A proxy asks who comes to a page."""
    if "page" not in browser.more:
        yield from _enter(browser)
    asked = f"{_HERE}X-Forwarded-Uri: /page\r\nX-Forwarded-Method: GET\r\n"
    expect((yield Ask("GET", AUTH, f"{asked}{browser.more['page']}")), 200)


OPERATIONS = {
    "pushed-flow": pushed_flow,
    "bound-refresh": bound_refresh,
    "bound-userinfo": bound_userinfo,
    "certificate": certificate,
    "device": device,
    "guarded": guarded,
}


def settings(authority: str) -> dict[str, str]:
    """Return the variables of an installation behind a proxy on this machine."""
    return {
        "ACRUX_SERVER__TRUSTED_PROXIES": "127.0.0.1",
        "ACRUX_MUTUAL_TLS__PROXIES": "127.0.0.1",
        "ACRUX_MUTUAL_TLS__FORM": "pem",
        "ACRUX_MUTUAL_TLS__CA_BUNDLE": authority,
    }


def clients() -> dict[str, dict[str, Any]]:
    """Return the metadata of the applications that these need, by client_id."""
    return {
        "pages": {"redirect_uris": [], "first_party": True, "forward_origin": f"https://{PAGES}"},
        SUBJECT: {
            "redirect_uris": [],
            "response_types": [],
            "grant_types": ["client_credentials"],
            "token_endpoint_auth_method": "tls_client_auth",
            "tls_client_auth_subject_dn": f"CN={SUBJECT}",
            "tls_client_certificate_bound_access_tokens": True,
        },
    }


def certificates() -> tuple[bytes, str]:
    """Return an authority as PEM, and the header line by which a proxy shows one of its own."""
    key, name = ec.generate_private_key(ec.SECP256R1()), _name("bench authority")
    authority = (
        _builder(name, name, key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    own = ec.generate_private_key(ec.SECP256R1())
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())
    shown = (
        _builder(_name(SUBJECT), name, own)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(SUBJECT)]), critical=False)
        .add_extension(issuer, critical=False)
        .sign(key, hashes.SHA256())
    )
    line = f"Client-Cert: {quote(shown.public_bytes(Encoding.PEM))}\r\n"
    return authority.public_bytes(Encoding.PEM), line


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    now, day = datetime.datetime.now(datetime.UTC), datetime.timedelta(days=1)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - day)
        .not_valid_after(now + day)
    )


def _bound(party: Party, browser: Browser) -> Generator[Ask, Reply, Key]:
    """Return the browser's key, once there are tokens that are bound to it."""
    if "key" in browser.more:
        known: Key = browser.more["key"]
        return known
    key = Key()
    answer = yield Ask("GET", party.authorize, browser.line)
    browser.take(answer)
    code = answer.location.partition("code=")[2].partition("&")[0]
    form = party.redemption + code
    # A nonce that is asked for costs no code: it is looked at first.
    expect((yield from _proved(key, "POST", "/token", party.basic, form)), 200)
    browser.more["key"] = key
    return key


def _proved(
    key: Key, method: str, path: str, headers: str, body: str = "", **more: str
) -> Generator[Ask, Reply, Reply]:
    """Send a request with a proof, and once more where a nonce is wanted."""
    reply = yield Ask(method, path, headers + key.line(method, path, **more), body)
    key.take(reply)
    if reply.status in (400, 401) and b"use_dpop_nonce" in reply.head + reply.body:
        reply = yield Ask(method, path, headers + key.line(method, path, **more), body)
        key.take(reply)
    return reply


def _enter(browser: Browser) -> Operation:
    """Come to a guarded page with a session at the provider."""
    away = yield Ask("GET", f"{START}?rd=%2Fpage", _HERE)
    back = yield Ask("GET", away.location.removeprefix(ISSUER), browser.line)
    arrived = yield Ask("GET", back.location.removeprefix(f"https://{PAGES}"), _cookies(away))
    expect(arrived, 303)
    browser.more["page"] = _cookies(arrived).removeprefix(_HERE)


def _cookies(reply: Reply) -> str:
    pairs = "; ".join(f"{name}={value}" for name, value in reply.cookies.items() if value)
    return f"{_HERE}Cookie: {pairs}\r\n"


def _number(value: int) -> str:
    return _encoded(value.to_bytes(32))


def _part(value: dict[str, Any]) -> str:
    return _encoded(json.dumps(value, separators=(",", ":")).encode())


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
