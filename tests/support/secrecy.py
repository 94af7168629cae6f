"""Every secret that a test's installation issues or is told, looked for in everything it logs.

Works by itself: browsers and sites tell of what passes, and after each test the log of its
processes may hold none of it. A secret stays one for all tests of its file, whose site may still be
running.
"""

import logging
import re
import weakref
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from idp.cli.logs import FORMAT
from idp.messages.links import KINDS

_TOKENS = (
    "access_token",
    "refresh_token",
    "id_token",
    "client_secret",
    "registration_access_token",
)
_ANSWERS = ("code", "access_token", "id_token")
_ISSUED = {
    "cookie": (
        ("acrux=", "acrux-device="),
        re.compile(r"\bacrux(?:-device)?=([\w.~-]{16,})"),
    ),
    "token": (
        tuple(f'"{name}"' for name in _TOKENS),
        re.compile(rf'"(?:{"|".join(_TOKENS)})"\s*:\s*"([^"]{{16,}})"'),
    ),
    "CSRF token": (
        ('name="csrf_token"',),
        re.compile(r'name="csrf_token" value="([^"]{16,})"'),
    ),
    "app secret": (("secret=",), re.compile(r"secret=([A-Z2-7]{16,})")),
    "code or token in an address": (
        tuple(f"{name}=" for name in _ANSWERS),
        re.compile(rf'[?&#](?:{"|".join(_ANSWERS)})=([^&\s"]{{16,}})'),
    ),
    "code or token of form_post": (
        tuple(f'name="{name}"' for name in _ANSWERS),
        re.compile(rf'name="(?:{"|".join(_ANSWERS)})" value="([^"]{{16,}})"'),
    ),
}
"""What is secret in an answer, and before it words of which one stands in whatever has it: to look
for a word takes a hundredth of the time."""
_TOLD = ("password", "new_password", "client_secret", "refresh_token", "token", "code_verifier")
_TOLD_LONG = (*_TOLD, "code", "client_assertion", "access_token", "id_token_hint", "csrf_token")
_LINK = re.compile(rf"(?:{'|'.join(sorted({kind.path for kind in KINDS.values()}))})([\w-]{{8,}})")
_CODE = re.compile(r"\b(\d{6})\b")


@dataclass
class Hoard:
    """All secrets that passed by, and where each came from."""

    found: dict[str, str] = field(default_factory=dict)

    def add(self, what: str, *secrets: str) -> None:
        self.found |= {secret: what for secret in secrets if secret}

    def answered(self, *texts: str) -> None:
        """Take the secrets out of header lines or the body of an answer."""
        for text in texts:
            for what, (words, pattern) in _ISSUED.items():
                if any(word in text for word in words):
                    self.add(what, *pattern.findall(text))

    def told(self, form: Any) -> None:
        """Take the secrets out of a form."""
        values = form if isinstance(form, Mapping) else {}
        for name in _TOLD_LONG:
            text = values.get(name)
            if isinstance(text, str) and (
                len(text) >= 20 or (name in _TOLD and len(text) >= 12) or _CODE.fullmatch(text)
            ):
                self.add(name, text)

    def sent(self, channel: str, message: Mapping[str, Any]) -> None:
        """Take link, code and number out of a message."""
        body = str(message.get("body", ""))
        self.add("link", *_LINK.findall(body))
        self.add("code in a message", *_CODE.findall(body))
        if channel == "sms":
            self.add("phone number", str(message.get("to", "")))

    def seen_in(self, text: str, *, but: tuple[str, ...] = ()) -> list[str]:
        """Return what stands in `text`; a code only where no other digit adjoins it."""
        return [
            what
            for secret, what in self.found.items()
            if what not in but
            and secret in text
            and re.search(rf"(?<!\d){re.escape(secret)}(?!\d)", text)
        ]


hoard = Hoard()
"""The secrets of the tests of one file."""
sites: weakref.WeakSet[Any] = weakref.WeakSet()
"""Installations whose messages are read before their log is looked through."""


def read_messages() -> None:
    """Take the secrets out of what was delivered so far."""
    for site in sites:
        for channel in ("mail", "sms"):
            for message in site.messages(channel):
                hoard.sent(channel, message)


def check(text: str) -> None:
    """Fail when a secret stands in what a process of ours wrote."""
    assert hoard.seen_in(text) == [], text[-4000:]


class _Lines(logging.Handler):
    """What this process logs, as `acrux serve` would write it."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(FORMAT)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno >= logging.WARNING or record.name.startswith("acrux"):
            self.lines.append(self.format(record))


_lines = _Lines()


def pytest_configure() -> None:
    """Listen to the log from the beginning."""
    logging.getLogger().addHandler(_lines)


def pytest_unconfigure() -> None:
    logging.getLogger().removeHandler(_lines)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    """Begin again with each file."""
    found = yield
    if nextitem is None or nextitem.path != item.path:
        hoard.found.clear()
    return found


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown() -> Iterator[None]:
    """Look through the log when everything of the test has ended."""
    read_messages()
    found = yield
    text, _lines.lines = "\n".join(_lines.lines), []
    check(text)
    return found
