"""TOTP against the vectors of RFC 6238 appendix B, and the window of accepted steps."""

import base64
from dataclasses import dataclass, replace

import pyotp
import pytest

from idp import clock
from idp.authenticators.totp import PERIOD, SECRET_LENGTH, Totp, provisioning_uri, qr_svg
from idp.crypto import Keyring
from idp.settings import reading

RFC_SECRET = base64.b32encode(b"12345678901234567890").decode()
# RFC 6238 appendix B, SHA-1, cut to the last six digits as RFC 4226 section 5.3 does.
VECTORS = [
    (59, "287082"),
    (1111111109, "081804"),
    (1111111111, "050471"),
    (1234567890, "005924"),
    (2000000000, "279037"),
    (20000000000, "353130"),
]


@dataclass
class Moment:
    """A time that the test sets."""

    at: int = 0


@pytest.fixture
def moment(monkeypatch: pytest.MonkeyPatch) -> Moment:
    found = Moment()
    monkeypatch.setattr(clock, "now", lambda: found.at)
    return found


def method(past: int = 1, future: int = 0) -> Totp:
    loaded = reading.load({"ACRUX_ENV": "testing"})
    rules = replace(loaded.totp, past_steps=past, future_steps=future)
    return Totp(replace(loaded, totp=rules), Keyring((b"k" * 32,)))


@pytest.mark.parametrize(("at", "code"), VECTORS)
def test_codes_are_those_of_rfc_6238(moment: Moment, at: int, code: str) -> None:
    moment.at = at
    assert method()._matching_step(RFC_SECRET, code) == at // PERIOD


@pytest.mark.parametrize(
    ("past", "future", "late", "accepted"),
    [
        (1, 0, 0, True),
        (1, 0, PERIOD, True),
        (1, 0, 2 * PERIOD, False),
        (0, 0, PERIOD, False),
        (1, 0, -PERIOD, False),
        (1, 1, -PERIOD, True),
    ],
)
def test_only_steps_of_the_window_are_accepted(
    moment: Moment, past: int, future: int, late: int, accepted: bool
) -> None:
    moment.at = 1111111111
    code = pyotp.TOTP(RFC_SECRET).generate_otp(moment.at // PERIOD)
    moment.at += late
    assert (method(past, future)._matching_step(RFC_SECRET, code) is not None) is accepted


def test_the_address_for_apps_names_issuer_account_and_nothing_that_apps_ignore() -> None:
    uri = provisioning_uri("A" * SECRET_LENGTH, "aroha", "Acme Sign-in")
    assert uri.startswith("otpauth://totp/Acme%20Sign-in:aroha?secret=")
    assert "issuer=Acme%20Sign-in" in uri
    assert "algorithm" not in uri


def test_the_qr_code_is_inline_svg_on_its_own_white_ground() -> None:
    svg = qr_svg("otpauth://totp/x")
    assert svg.startswith("<svg")
    assert "white" in svg
    assert "style=" not in svg
    assert "<script" not in svg
