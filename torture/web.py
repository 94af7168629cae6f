"""A browser, or an application's server, that talks HTTP and notes how each request fared."""

import http.client
import json
import re
import secrets
import ssl
import time
from contextlib import closing
from dataclasses import dataclass
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from torture.journal import Journal

PATIENCE = 20.0
"""Seconds for which an answer is waited for."""
IDLE = 5.0
"""Seconds after which a connection is not used again: the server closes it after ten."""
_CSRF = re.compile(r'name="csrf_token" value="([^"]*)"')
_FORM = re.compile(r'<form[^>]*action="([^"]*)"')


class Unanswered(Exception):
    """No answer came, or the server failed: what was asked may be done or not."""

    def __init__(self, status: int | None = None) -> None:
        super().__init__(str(status))
        self.status = status


@dataclass(frozen=True)
class Reply:
    """An answer below status 500."""

    path: str
    status: int
    location: str
    text: str

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.location).query))

    @property
    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.text or "{}")
        return found

    def form(self, ending: str) -> str:
        """Return the address of the form that ends so; "" where the page has none."""
        actions = map(unescape, _FORM.findall(self.text))
        return next((action for action in actions if action.endswith(ending)), "")


@dataclass(frozen=True)
class Door:
    """Where a provider is found. A proxy is told a source address, or sees it itself."""

    port: int
    host: str = "localhost"
    tls: ssl.SSLContext | None = None
    seen: bool = False
    """Connections really come from the address that a browser has: this machine has them all."""

    def connection(
        self, source: str = "", patience: float = PATIENCE
    ) -> http.client.HTTPConnection:
        """Return a connection that is not open yet, from `source` where that can be seen."""
        own = (source, 0) if self.seen and source else None
        if self.tls is None:
            return http.client.HTTPConnection(
                self.host, self.port, timeout=patience, source_address=own
            )
        return http.client.HTTPSConnection(
            self.host, self.port, timeout=patience, source_address=own, context=self.tls
        )

    def get(self, path: str, patience: float = PATIENCE) -> tuple[int, str]:
        """Return status and text of a page, asked on a connection of its own.

        Raises:
            OSError, http.client.HTTPException: there is no answer.
        """
        with closing(self.connection("", patience)) as connection:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()


class Browser:
    """One connection with its cookies, from an address of its own."""

    def __init__(self, door: Door, journal: Journal) -> None:
        self._door = door
        self._journal = journal
        self._connection: http.client.HTTPConnection | None = None
        self._opened = 0.0
        self._used = 0.0
        self.cookies: dict[str, str] = {}
        numbers = (secrets.randbelow(254) + 1 for _ in range(3))
        self._source = "10." + ".".join(map(str, numbers))

    def ask(
        self,
        method: str,
        path: str,
        form: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> Reply:
        """Send one request.

        Raises:
            Unanswered: no answer came, or one of 500 and above.
        """
        if time.monotonic() > self._used + IDLE:
            self.close()
        self._used = time.monotonic()
        opened = self._opened if self._connection is not None else None
        number = self._journal.ask("http", path=path.partition("?")[0][:24], opened=opened)
        try:
            reply = self._send(method, path, form, headers or {})
        except (OSError, http.client.HTTPException):
            self.close()
            self._journal.answer(number, None)
            raise Unanswered from None
        self._journal.answer(number, reply.status)
        if reply.status >= 500:
            raise Unanswered(reply.status)
        return reply

    def open(self, path: str, **parameters: str) -> Reply:
        """Open an address and follow redirects to a page, or out to the application."""
        reply = self.ask("GET", path + (f"?{urlencode(parameters)}" if parameters else ""))
        return self.follow(reply)

    def follow(self, reply: Reply) -> Reply:
        while reply.status in (302, 303) and reply.location.startswith("/"):
            reply = self.ask("GET", reply.location)
        return reply

    def submit(self, page: Reply, ending: str, **fields: str) -> Reply:
        """Send a form of a page, without following where its answer leads."""
        token = _CSRF.search(page.text)
        action = page.form(ending) or page.path.rpartition("/")[0] + ending
        return self.ask("POST", action, {"csrf_token": token[1] if token else "", **fields})

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _send(
        self, method: str, path: str, form: dict[str, str] | None, headers: dict[str, str]
    ) -> Reply:
        connection = self._connection
        if connection is None:
            connection = self._door.connection(self._source)
            self._connection, self._opened = connection, time.time()
        sent = {"X-Forwarded-For": self._source, **headers}
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        body = None
        if form is not None:
            body = urlencode(form)
            sent["Content-Type"] = "application/x-www-form-urlencoded"
        connection.request(method, path, body, sent)
        answer = connection.getresponse()
        text = answer.read().decode()
        for line in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value
        if answer.will_close:
            self.close()
        return Reply(path.partition("?")[0], answer.status, answer.headers["Location"] or "", text)
