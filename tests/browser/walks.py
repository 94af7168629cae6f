"""Ways of signing in, walked through the pages of a real browser, and of asking for a sign-in.

Passkeys are made and used by Chromium's own virtual authenticator, of the kind the way speaks of.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from idp import clock
from tests.browser.conftest import Surfer
from tests.support.recovery import give_codes
from tests.support.site import MFA, MFA_APP, ONE, Application
from tests.support.stand_ins.virtual_device import Device

UNKNOWN = "urn:example:unknown"
NAMES = {"1fa": ONE, "mfa": MFA, "app": MFA_APP, "phr": "phr", "phrh": "phrh", "gold": UNKNOWN}

TOUCHED = {
    "transport": "usb",
    "hasResidentKey": False,
    "hasUserVerification": False,
    "isUserVerified": False,
}
SYNCED = {"defaultBackupEligibility": True, "defaultBackupState": True}


@dataclass
class Visitor:
    """Someone on the sign-in page, and what that person has at hand."""

    surfer: Surfer
    name: str
    secret: str
    device: Device | None = None


@dataclass(frozen=True)
class Way:
    """How someone is set up, and how that person signs in."""

    walk: Callable[[Visitor], None]
    app: bool = False
    texts: bool = False
    device: dict[str, Any] | None = None
    """What kind of authenticator holds the person's passkey; None: there is none."""
    demand: str | None = None
    """A level that has to be demanded for the way to be taken."""


def password(who: Visitor) -> None:
    who.surfer.sign_in(who.name)


def app_code(who: Visitor) -> None:
    who.surfer.sign_in(who.name)
    who.surfer.expect_heading("Enter the code from your app")
    who.surfer.enter_code(who.surfer.site.code(who.secret))


def text_code(who: Visitor) -> None:
    _ask_for_text(who)
    who.surfer.enter_code(who.surfer.site.texted_code())


def called_code(who: Visitor) -> None:
    _ask_for_text(who)
    who.surfer.site.advance(31)
    who.surfer.press("Call me instead")
    who.surfer.expect_heading("Enter the code from the call")
    who.surfer.enter_code(who.surfer.site.called_code())


def _ask_for_text(who: Visitor) -> None:
    who.surfer.sign_in(who.name)
    who.surfer.press("Send SMS to")
    who.surfer.expect_text("We sent a code to")


def touched_key(who: Visitor) -> None:
    who.surfer.sign_in(who.name)
    who.surfer.expect_heading("Use your passkey")
    who.surfer.press("Use your passkey")


def verified_key(who: Visitor) -> None:
    assert who.device is not None
    who.surfer.sign_in(who.name)
    who.surfer.expect_heading("Use your passkey")
    who.device.verify(True)
    who.surfer.press("Use your passkey")


def passkey_alone(who: Visitor) -> None:
    assert who.device is not None
    who.device.verify(True)
    who.surfer.press("Sign in with a passkey")


def recovered(who: Visitor) -> None:
    code = give_codes(who.surfer.site, who.name)[0]
    who.surfer.sign_in(who.name)
    who.surfer.press("I have lost it: use a recovery code")
    who.surfer.expect_heading("Type a recovery code")
    who.surfer.enter_code(code)
    _set_up_app(who)
    who.surfer.expect_heading("Keep your new recovery codes")
    who.surfer.press("I have kept them")


def set_up_now(who: Visitor) -> None:
    who.surfer.sign_in(who.name)
    who.surfer.confirm_address()
    _set_up_app(who)


def _set_up_app(who: Visitor) -> None:
    who.surfer.expect_heading("Set up a second step")
    who.surfer.press("Authenticator app")
    who.surfer.enter_code(who.surfer.site.code(who.surfer.read_secret()))


WAYS = {
    "password": Way(password),
    "app": Way(app_code, app=True),
    "text": Way(text_code, texts=True),
    "call": Way(called_code, texts=True),
    "touched": Way(touched_key, device=TOUCHED),
    "verified": Way(verified_key, device={}),
    "alone": Way(passkey_alone, device={}),
    "synced": Way(passkey_alone, device=SYNCED),
    "recovery": Way(recovered, app=True),
    "set-up": Way(set_up_now, demand=MFA_APP),
}


def arrive(surfer: Surfer, way: Way, name: str, strict: Application) -> Visitor:
    """Make the person `name`, who is set up for `way`, in front of a fresh browser.

    `strict` demands a passkey of everyone: where the way needs one, it is added there.
    """
    who = Visitor(surfer, name, surfer.site.secret())
    surfer.site.person(name, totp=who.secret if way.app else None, sms=way.texts)
    if way.device is not None:
        who.device = Device(surfer.page, **way.device)
        surfer.start(strict)
        surfer.sign_in(name)
        surfer.confirm_address()
        surfer.press("Add a passkey")
        surfer.answer()
        # A device that verifies its user would answer the quiet offer in the name field at once.
        if way.walk is not touched_key:
            who.device.verify(False)
        surfer.context.clear_cookies()
    return who


def sign_in(who: Visitor, way: Way, application: Application, **ask: str) -> dict[str, Any]:
    """Sign in by `way` and return the claims of the ID token."""
    if way.demand is not None:
        ask["claims"] = application.essential(way.demand)
    who.surfer.start(application, **ask)
    who.surfer.expect_heading("Sign in")
    way.walk(who)
    return who.surfer.claims(application)


def parameters(ask: str) -> tuple[str, dict[str, str]]:
    """Return which application asks, and the parameters of its request."""
    client, found = "plain", {}
    for part in ask.split("&"):
        kind, _, rest = part.partition(" ")
        values = [NAMES.get(name, name) for name in rest.split("+")]
        acr: dict[str, Any] = {"essential": kind != "optional"}
        if kind.startswith("@"):
            client = kind[1:]
        elif kind == "wish":
            found["acr_values"] = " ".join(values)
        elif kind == "max_age":
            found["max_age"] = rest
        elif kind == "time":
            found["claims"] = json.dumps({"id_token": {"auth_time": {"essential": True}}})
        elif kind != "nothing":
            acr |= {"value": values[0]} if kind == "value" else {"values": values}
            found["claims"] = json.dumps({"id_token": {"acr": acr}})
    return client, found


def said(claims: dict[str, Any], since: int) -> str:
    """Return acr, mark of auth_time, and amr of an ID token."""
    acr = {value: name for name, value in NAMES.items()}[claims["acr"]]
    if "auth_time" in claims:
        assert since <= claims["auth_time"] <= clock.now()
        acr += "*"
    return f"{acr} {' '.join(claims['amr'])}"


# What is said of each way: the proofs counted, in the words of RFC 8176.
AMR = {
    "password": "pwd",
    "app": "pwd otp mfa",
    "text": "pwd sms mfa",
    "call": "pwd tel mfa",
    "touched": "pwd pop user mfa",
    "verified": "pwd pop user mfa",
    "alone": "pop user mfa",
    "synced": "pop user swk mfa",
    "recovery": "pwd otp mfa",
    "set-up": "pwd otp mfa",
}
# Ways for which a table by hand has one column.
COLUMNS = (
    ("password",),
    ("app",),
    ("text", "call"),
    ("touched", "verified", "alone", "synced"),
    ("recovery", "set-up"),
)


def column(table: str, way: str) -> list[tuple[str, str]]:
    """Return what a table by hand has for a way: what is asked, and its cell, row by row."""
    number = next(number for number, ways in enumerate(COLUMNS) if way in ways)
    rows = [line.rsplit(maxsplit=len(COLUMNS)) for line in table.strip().splitlines()]
    return [(row[0].strip(), row[1 + number]) for row in rows]
