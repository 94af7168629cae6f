"""A stand-in for Twilio Verify v2: services, verifications, checks. Part of `tests.support.twilio`.

As Twilio does, it keeps one verification for a number: anyone who asks again within ten minutes (by
the clock of the test) has the same code sent. After approval, expiry, being canceled or five wrong
codes it is gone.
"""

import re
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from idp import clock

SERVICE = "VA" + "0123456789abcdef" * 2
LIFETIME = 600
CHECKS = 5
SENDS = 5
LOCALES = {"en", "en-GB", "de", "es", "fr"}
E164 = re.compile(r"\+[1-9][0-9]{6,14}")
PATH = re.compile(r"/v2/Services/(\w+)(?:/(Verifications|VerificationCheck)(?:/(\w+))?)?")

# Twilio's error codes: HTTP status and what it says.
ERRORS = {
    60200: (400, "Invalid parameter"),
    60202: (429, "Max check attempts reached"),
    60203: (429, "Max send attempts reached"),
}


@dataclass
class Verification:
    """One verification, and what was done with it."""

    to: str
    code: str
    began_at: int
    sid: str = field(default_factory=lambda: "VE" + secrets.token_hex(16))
    status: str = "pending"
    channel: str = ""
    checks: int = 0
    sends: list[dict[str, str]] = field(default_factory=list)

    def pending(self) -> bool:
        return self.status == "pending" and clock.now() < self.began_at + LIFETIME

    def shown(self) -> dict[str, Any]:
        """Return it as Twilio tells of it: never the code."""
        return {
            "sid": self.sid,
            "service_sid": SERVICE,
            "to": self.to,
            "channel": self.channel,
            "status": self.status,
            "valid": self.status == "approved",
            "send_code_attempts": self.sends,
        }


class FakeVerify:
    """The state of one Verify service.

    `sent` holds each message and call, oldest first: sid, to, channel, locale, code. `checked`
    counts the checks that were looked at; `checking` is called before each is, while anyone who
    asks waits. `keeps_worn`: a verification that was checked too often lives on and refuses, which
    Twilio's own pages describe both ways. `approves_again`: a right code stays right, which is
    worse than Twilio.
    """

    def __init__(self) -> None:
        self.verifications: list[Verification] = []
        self.sent: list[dict[str, str]] = []
        self.checked = 0
        self.code_length = 6
        self.keeps_worn = True
        self.approves_again = False
        self.checking: Callable[[], object] = lambda: None
        self.answering: Callable[[], object] = lambda: None
        self._lock = threading.Lock()

    def newest_code(self) -> str:
        """Return the code that was sent last, as its reader has it."""
        return self.sent[-1]["code"]

    def answer(self, method: str, path: str, form: dict[str, str]) -> Any:
        """Return HTTP status and content of an answer, or the code of an error."""
        match = PATH.fullmatch(path)
        service, what, sid = match.groups() if match else ("", None, None)
        if service != SERVICE:
            return 20404
        if method == "GET":
            return (200, self._service()) if what is None else 20404
        if what == "VerificationCheck":
            self.checking()
            outcome = self._check(form)
            self.answering()
            return outcome
        if what == "Verifications":
            return self._update(sid, form) if sid else self._begin(form)
        return 20404

    def _service(self) -> dict[str, Any]:
        return {"sid": SERVICE, "friendly_name": "Acrux", "code_length": self.code_length}

    def _begin(self, form: dict[str, str]) -> Any:
        to, channel, locale = (form.get(name, "") for name in ("To", "Channel", "Locale"))
        if not E164.fullmatch(to) or channel not in ("sms", "call"):
            return 60200
        if locale and locale not in LOCALES:
            return 20404
        with self._lock:
            one = next((v for v in self.verifications if v.to == to and v.pending()), None)
            if one is None:
                # Never the code of an earlier one, whose tests would then fail by chance.
                used, code = {v.code for v in self.verifications}, ""
                while not code or code in used:
                    code = f"{secrets.randbelow(10**self.code_length):0{self.code_length}}"
                one = Verification(to, code, clock.now())
                self.verifications.append(one)
            if len(one.sends) >= SENDS:
                return 60203
            one.channel = channel
            one.sends.append({"channel": channel, "attempt_sid": "VL" + secrets.token_hex(16)})
            letter = {"sid": one.sid, "to": to, "channel": channel, "locale": locale}
            self.sent.append({**letter, "code": one.code})
            return 201, one.shown()

    def _update(self, sid: str, form: dict[str, str]) -> Any:
        with self._lock:
            one = self._find(sid)
            if one is None:
                return 20404
            if form.get("Status") != "canceled":
                return 60200
            one.status = "canceled"
            return 200, one.shown()

    def _check(self, form: dict[str, str]) -> Any:
        with self._lock:
            one = self._find(form.get("VerificationSid", ""))
            if one is None:
                return 20404
            if not 4 <= len(form.get("Code", "")) <= 10:
                return 60200
            if one.checks >= CHECKS:
                if not self.keeps_worn:
                    one.status = "max_attempts_reached"
                return 60202
            one.checks += 1
            self.checked += 1
            if form["Code"] != one.code:
                return 201, one.shown()
            if self.approves_again:
                return 201, {**one.shown(), "status": "approved"}
            one.status = "approved"
            return 201, one.shown()

    def _find(self, sid: str) -> Verification | None:
        return next((v for v in self.verifications if v.sid == sid and v.pending()), None)
