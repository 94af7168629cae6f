"""A stand-in for Twilio's Messages, Calls (API of 2010-04-01) and Verify on the loopback address.

It checks what Twilio checks (credentials, E.164, sender, body), keeps what it accepted, signs what
it reports, and can be told to refuse, to be slow, to hang, to drip, to drop the connection or to
fail.
"""

import base64
import hashlib
import hmac
import json
import re
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from email.utils import formatdate
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

from tests.support.stand_ins import verify

ACCOUNT = "AC" + "0123456789abcdef" * 2
TOKEN = "a-token-of-the-tests"
SENDER = "+6421000000"
E164 = re.compile(r"\+[1-9][0-9]{6,14}")
MESSAGES = f"/2010-04-01/Accounts/{ACCOUNT}/Messages"
CALLS = f"/2010-04-01/Accounts/{ACCOUNT}/Calls"
SHARED_KEY = "a-key-shared-for-webhooks"

# Twilio's error codes: HTTP status and what it says.
ERRORS = {
    20003: (401, "Authenticate"),
    20404: (404, "The requested resource was not found"),
    20429: (429, "Too many requests"),
    20500: (500, "An internal server error has occurred"),
    21201: (400, "No 'To' number is specified"),
    21205: (400, "Url is not a valid URL"),
    21211: (400, "The 'To' number {to} is not a valid phone number."),
    21212: (400, "The 'From' number {sender} is not a valid phone number."),
    21602: (400, "Message body is required."),
    21603: (400, "A 'From' phone number is required."),
    21604: (400, "A 'To' phone number is required."),
    21610: (400, "Attempt to send to unsubscribed recipient {to}"),
    21617: (400, "The concatenated message body exceeds the 1600 character limit"),
    **verify.ERRORS,
}


class FakeTwilio:
    """The state of the stand-in. `url` is what `sms.twilio_api` gets.

    `messages` and `rung` (calls) hold what was accepted, oldest first; `calls` counts requests,
    refused or not; `unsubscribed` holds numbers that answered STOP. `accepted` is called with each
    message or call before the answer that accepts it is given. `verify` is its Verify service.
    """

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self.rung: list[dict[str, Any]] = []
        self.accepted: Callable[[dict[str, Any]], object] = lambda _: None
        self.verify = verify.FakeVerify()
        self.unsubscribed: set[str] = set()
        self.calls = 0
        self._trouble: Callable[[_Handler], bool] = lambda _: False
        self._connections: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._server.daemon_threads = True
        self._server.fake = self  # type: ignore[attr-defined]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def settings(self) -> dict[str, str]:
        """Return the variables that make an installation send here."""
        return {
            "ACRUX_SMS__BACKEND": "twilio",
            "ACRUX_SMS__TWILIO_ACCOUNT_SID": ACCOUNT,
            "ACRUX_SMS__TWILIO_AUTH_TOKEN": TOKEN,
            "ACRUX_SMS__TWILIO_FROM": SENDER,
            "ACRUX_SMS__TWILIO_API": self.url,
        }

    def verify_settings(self) -> dict[str, str]:
        """Return the variables that have Twilio Verify make and check the codes."""
        names = ("BACKEND", "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_API")
        account = {f"ACRUX_SMS__{name}": self.settings()[f"ACRUX_SMS__{name}"] for name in names}
        service = {"ACRUX_SMS__TWILIO_VERIFY_SERVICE_SID": verify.SERVICE}
        return {**account, **service, "ACRUX_SMS__SERVICE": "verify"}

    # -- how it behaves from now on

    def work(self) -> None:
        """Accept what is right."""
        self._trouble = lambda _: False

    def refuse(self, code: int) -> None:
        """Answer each message with one of `ERRORS`."""
        self._trouble = lambda handler: handler.refuse(code)

    def slow(self, seconds: float) -> None:
        """Accept, but answer only after `seconds`."""
        self._trouble = lambda _: self._closed.wait(seconds)

    def hang(self) -> None:
        """Read the request and never answer."""
        self._trouble = lambda handler: self._closed.wait() and handler.drop()

    def drip(self) -> None:
        """Answer one byte at a time, so slowly that no single read times out."""
        self._trouble = lambda handler: handler.drip(self._closed)

    def drop(self) -> None:
        """Close the connection instead of answering."""
        self._trouble = lambda handler: handler.drop()

    def answer(self, status: int, body: str) -> None:
        """Answer something that is none of Twilio's, as a portal or a proxy would."""
        self._trouble = lambda handler: handler.reply_text(status, body)

    def close_kept_connections(self) -> None:
        """Close what clients keep open between requests, as a real server does after a while."""
        for connection in list(self._connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    # -- the API

    def create(self, form: dict[str, str]) -> int | dict[str, Any]:
        """Accept a message and return it, or the code of the refusal."""
        to, sender, body = (form.get(name, "") for name in ("To", "From", "Body"))
        checks = (
            (not to, 21604),
            (not E164.fullmatch(to), 21211),
            (to in self.unsubscribed, 21610),
            (not sender and not form.get("MessagingServiceSid"), 21603),
            (bool(sender) and not E164.fullmatch(sender), 21212),
            (not body, 21602),
            (len(body) > 1600, 21617),
        )
        for wrong, code in checks:
            if wrong:
                return code
        message = {
            "sid": "SM" + secrets.token_hex(16),
            "account_sid": ACCOUNT,
            "to": to,
            "from": sender or None,
            "messaging_service_sid": form.get("MessagingServiceSid"),
            "body": body,
            "status": "queued" if sender else "accepted",
            "direction": "outbound-api",
            "error_code": None,
            "error_message": None,
            "date_created": formatdate(usegmt=False),
            "validity_period": form.get("ValidityPeriod"),
            "status_callback": form.get("StatusCallback"),
        }
        with self._lock:
            self.messages.append(message)
        self.accepted(message)
        return message

    def call(self, form: dict[str, str]) -> int | dict[str, Any]:
        """Accept a call and return it, or the code of the refusal."""
        to, sender, twiml = (form.get(name, "") for name in ("To", "From", "Twiml"))
        checks = (
            (not to, 21201),
            (not E164.fullmatch(to), 21211),
            (not E164.fullmatch(sender), 21212),
            (not twiml, 21205),
        )
        for wrong, code in checks:
            if wrong:
                return code
        call = {
            "sid": "CA" + secrets.token_hex(16),
            "account_sid": ACCOUNT,
            "to": to,
            "from": sender,
            "status": "queued",
            "said": [part.text for part in ElementTree.fromstring(twiml).iter("Say")],
            "timeout": form.get("Timeout"),
            "status_callback": form.get("StatusCallback"),
        }
        with self._lock:
            self.rung.append(call)
        self.accepted(call)
        return call

    # -- what it reports

    def report(self, thing: dict[str, Any], status: str, **more: str) -> dict[str, Any]:
        """Return the request that reports `status` of a message or call: url, form, headers."""
        kind = "Call" if thing["sid"].startswith("CA") else "Message"
        form = {
            f"{kind}Sid": thing["sid"],
            f"{kind}Status": status,
            "AccountSid": ACCOUNT,
            "To": thing["to"],
            "From": thing["from"] or "",
            "ApiVersion": "2010-04-01",
            **more,
        }
        url = thing["status_callback"]
        return {"url": url, "form": form, "headers": signed(url, form)}

    def close(self) -> None:
        """Let go anyone who hangs, and stop."""
        self._closed.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def signed(
    url: str, form: dict[str, str], secret: str = TOKEN, algorithm: str = ""
) -> dict[str, str]:
    """Return the headers with which Twilio signs a report ("Validating requests")."""
    covered = url + "".join(name + form[name] for name in sorted(form))
    function = hashlib.sha256 if algorithm == "HMAC_SHA256" else hashlib.sha1
    digest = hmac.new(secret.encode(), covered.encode(), function).digest()
    headers = {"X-Twilio-Signature": base64.b64encode(digest).decode()}
    if algorithm:
        headers["X-Twilio-Webhooks-Signature-Settings"] = f"key=WK1,algorithm={algorithm}"
    return headers


@contextmanager
def fake_twilio() -> Iterator[FakeTwilio]:
    """A stand-in that runs inside the `with`."""
    fake = FakeTwilio()
    try:
        yield fake
    finally:
        fake.close()


class _Handler(BaseHTTPRequestHandler):
    """One connection. The methods that misbehave return True: the request is answered."""

    protocol_version = "HTTP/1.1"

    @property
    def fake(self) -> FakeTwilio:
        fake: FakeTwilio = self.server.fake  # type: ignore[attr-defined]
        return fake

    def handle(self) -> None:
        self.fake._connections.add(self.connection)
        with suppress(ConnectionError):
            super().handle()
        self.fake._connections.discard(self.connection)

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        form = parse_qs(self.rfile.read(length).decode())
        with self.fake._lock:
            self.fake.calls += 1
        if urlsplit(self.path).path.startswith("/v2/"):
            self._verify({name: values[0] for name, values in form.items()})
        elif not self._authenticated():
            self.refuse(20003)
        elif urlsplit(self.path).path not in (MESSAGES + ".json", CALLS + ".json"):
            self.refuse(20404)
        elif not self.fake._trouble(self):
            fields = {name: values[0] for name, values in form.items()}
            calls = urlsplit(self.path).path.startswith(CALLS)
            outcome = self.fake.call(fields) if calls else self.fake.create(fields)
            if isinstance(outcome, int):
                self.refuse(outcome, to=fields.get("To", ""), sender=fields.get("From", ""))
            else:
                self._reply(201, outcome)

    def _verify(self, form: dict[str, str]) -> None:
        if not self._authenticated():
            self.refuse(20003)
        elif not self.fake._trouble(self):
            path = urlsplit(self.path).path
            outcome = self.fake.verify.answer(self.command, path, form)
            if isinstance(outcome, int):
                self.refuse(outcome, to=form.get("To", ""))
            else:
                self._reply(*outcome)

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        if url.path.startswith("/v2/"):
            self._verify({})
            return
        sid = url.path.removeprefix(MESSAGES + "/").removesuffix(".json")
        found = [message for message in self.fake.messages if message["sid"] == sid]
        if not self._authenticated():
            self.refuse(20003)
        elif found:
            self._reply(200, found[0])
        else:
            self.refuse(20404)

    def refuse(self, code: int, to: str = "+64210000001", sender: str = SENDER) -> bool:
        """Answer with one of `ERRORS`; as Twilio does, name the number in the text."""
        status, text = ERRORS[code]
        more_info = f"https://www.twilio.com/docs/errors/{code}"
        message = text.format(to=to, sender=sender)
        error = {"code": code, "message": message, "more_info": more_info, "status": status}
        return self._reply(status, error)

    def reply_text(self, status: int, text: str) -> bool:
        body = text.encode()
        self.send_response(status, HTTPStatus(status).phrase)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        return True

    def drop(self) -> bool:
        self.close_connection = True
        return True

    def drip(self, closed: threading.Event) -> bool:
        self.wfile.write(b"HTTP/1.1 201 Created\r\nX-Slow: ")
        deadline = time.monotonic() + 60
        while not closed.wait(0.2) and time.monotonic() < deadline:
            self.wfile.write(b".")
        return self.drop()

    def _reply(self, status: int, content: dict[str, Any]) -> bool:
        return self.reply_text(status, json.dumps(content))

    def _authenticated(self) -> bool:
        wanted = base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
        given = self.headers.get("Authorization", "")
        return secrets.compare_digest(given, f"Basic {wanted}")

    def log_message(self, format: str, *args: Any) -> None:
        """Stay silent."""
