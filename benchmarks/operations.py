"""What is measured: sign-in, code flow without a page, and what programs ask for.

An operation checks each status and fails loudly, so that an error is never counted as work.
"""

import base64
import hashlib
import json
import re
import secrets
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import pyotp

from benchmarks.load import Ask, Operation, Reply, Unexpected

CLIENT_ID = "bench"
REDIRECT_URI = "https://app.invalid/callback"
PASSWORD = "wandering kettle harbour violin"
SCOPE = "openid profile email offline_access"
_CSRF = re.compile(rb'name="csrf_token" value="([^"]+)"')
_CODE = re.compile(r"[?&]code=([^&]+)")
_STEP = 30


@dataclass
class Person:
    """Someone who can sign in, once in each 30-second step of the authenticator app."""

    username: str
    secret: str
    used: int = 0


@dataclass
class Browser:
    """What one connection has in its hands."""

    cookies: dict[str, str] = field(default_factory=dict)
    access_token: str = ""
    refresh_token: str = ""
    more: dict[str, Any] = field(default_factory=dict)
    """What an operation needs beside these, by its name."""

    @property
    def line(self) -> str:
        """The header line that brings every cookie; "" for none."""
        pairs = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return f"Cookie: {pairs}\r\n" if pairs else ""

    def take(self, reply: Reply) -> None:
        """Keep the cookies that an answer sets; one that is emptied is gone."""
        for name, value in reply.cookies.items():
            if value:
                self.cookies[name] = value
            else:
                self.cookies.pop(name, None)


@dataclass(frozen=True)
class Paths:
    """Where a provider answers; the defaults are Acrux's."""

    authorize: str = "/authorize"
    token: str = "/token"
    userinfo: str = "/userinfo"
    introspection: str = "/introspect"
    jwks: str = "/jwks"
    discovery: str = "/.well-known/openid-configuration"


@dataclass
class Party:
    """The relying party and the people of one installation."""

    secret: str
    people: list[Person]
    paths: Paths = Paths()
    scope: str = SCOPE
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(40))
    turn: int = 0

    def __post_init__(self) -> None:
        digest = hashlib.sha256(self.verifier.encode()).digest()
        wish = {
            "response_type": "code",
            "client_id": CLIENT_ID,
            "redirect_uri": REDIRECT_URI,
            "scope": self.scope,
            "state": secrets.token_urlsafe(16),
            "nonce": secrets.token_urlsafe(16),
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        self.authorize = f"{self.paths.authorize}?{urlencode(wish)}"
        pair = base64.b64encode(f"{CLIENT_ID}:{self.secret}".encode()).decode()
        self.basic = f"Authorization: Basic {pair}\r\n"
        redemption = {
            "grant_type": "authorization_code",
            "redirect_uri": REDIRECT_URI,
            "code_verifier": self.verifier,
            "code": "",
        }
        self.redemption = urlencode(redemption)

    def next_person(self) -> tuple[Person, int]:
        """Return someone whose app shows a code that was not used yet, and that code's step."""
        step = int(time.time()) // _STEP
        for _ in self.people:
            person = self.people[self.turn]
            self.turn = (self.turn + 1) % len(self.people)
            if person.used < step:
                person.used = step
                return person, step
        raise Unexpected("everybody signed in within half a minute: raise --people")


def sign_in(party: Party, browser: Browser) -> Operation:
    """A new browser: user name and password, the app's code, and the tokens for it."""
    person, step = party.next_person()
    browser.cookies.clear()
    page = yield from _open(browser, party.authorize)
    page = yield from _submit(browser, page, username=person.username, password=PASSWORD)
    code = pyotp.TOTP(person.secret).generate_otp(step)
    answer = yield from _submit(browser, page, code=code)
    yield from redeem(party, browser, answer)


def flow(party: Party, browser: Browser) -> Operation:
    """A code from a living session without any page, and its redemption."""
    answer = yield Ask("GET", party.authorize, browser.line)
    browser.take(answer)
    yield from redeem(party, browser, answer)


def refresh(party: Party, browser: Browser) -> Operation:
    """Rotate the refresh token."""
    body = f"grant_type=refresh_token&refresh_token={browser.refresh_token}"
    answer = yield Ask("POST", party.paths.token, party.basic, body)
    _keep_tokens(browser, answer)


def client_credentials(party: Party, _browser: Browser) -> Operation:
    """An access token for the client itself (RFC 6749 section 4.4)."""
    body = "grant_type=client_credentials"
    expect((yield Ask("POST", party.paths.token, party.basic, body)), 200)


def userinfo(party: Party, browser: Browser) -> Operation:
    """Ask who an access token speaks for."""
    bearer = f"Authorization: Bearer {browser.access_token}\r\n"
    expect((yield Ask("GET", party.paths.userinfo, bearer)), 200)


def introspection(party: Party, browser: Browser) -> Operation:
    """Ask what an access token is worth (RFC 7662)."""
    body = f"token={browser.access_token}"
    answer = yield Ask("POST", party.paths.introspection, party.basic, body)
    expect(answer, 200)
    if not json.loads(answer.body)["active"]:
        raise Unexpected(f"introspection: {answer.body[:300]!r}")


def discovery(party: Party, _browser: Browser) -> Operation:
    """Fetch the provider's metadata."""
    expect((yield Ask("GET", party.paths.discovery)), 200)


def jwks(party: Party, _browser: Browser) -> Operation:
    """Fetch the signing keys."""
    expect((yield Ask("GET", party.paths.jwks)), 200)


OPERATIONS: dict[str, Callable[[Party, Browser], Operation]] = {
    "sign-in": sign_in,
    "flow": flow,
    "refresh": refresh,
    "client-credentials": client_credentials,
    "userinfo": userinfo,
    "introspection": introspection,
    "discovery": discovery,
    "jwks": jwks,
}


@dataclass(frozen=True)
class _Page:
    path: str
    reply: Reply


def _open(browser: Browser, path: str) -> Generator[Ask, Reply, _Page]:
    """Open an address and follow redirects, to a page or out to the application."""
    while True:
        reply = yield Ask("GET", path, browser.line)
        browser.take(reply)
        if reply.status == 200 or not reply.location.startswith("/"):
            return _Page(path, reply)
        path = reply.location


def _submit(browser: Browser, page: _Page, **form: str) -> Generator[Ask, Reply, Any]:
    """Send the form of a page; return the next page, or the answer that leaves the provider."""
    expect(page.reply, 200)
    token = _CSRF.search(page.reply.body)
    if token is None:
        raise Unexpected(f"{page.path} has no form")
    step = "password" if "password" in form else "totp"
    path = f"{page.path.rpartition('/')[0]}/{step}"
    body = urlencode({"csrf_token": token[1].decode(), **form})
    reply = yield Ask("POST", path, browser.line, body)
    expect(reply, 303)
    browser.take(reply)
    following = yield from _open(browser, reply.location)
    return following if following.reply.status == 200 else following.reply


def redeem(party: Party, browser: Browser, answer: Reply) -> Operation:
    """Exchange the code in an answer's address for tokens, and keep them."""
    found = _CODE.search(answer.location)
    if found is None:
        raise Unexpected(f"no code but {answer.head[:300]!r}")
    reply = yield Ask("POST", party.paths.token, party.basic, party.redemption + found[1])
    _keep_tokens(browser, reply)


def _keep_tokens(browser: Browser, reply: Reply) -> None:
    expect(reply, 200)
    body = json.loads(reply.body)
    browser.access_token, browser.refresh_token = body["access_token"], body["refresh_token"]
    if not body["id_token"]:
        raise Unexpected("no ID token")


def expect(reply: Reply, status: int) -> None:
    """Fail loudly, unless an answer has this status."""
    if reply.status != status:
        raise Unexpected(f"status {reply.status}, not {status}: {reply.body[:300]!r}")
