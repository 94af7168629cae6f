"""Security keys of a known make: their maker vouches for them, and only those count as hardware."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.protocol.people.factors.passkey_owner import BITWARDEN, PHRH, YUBIKEY, adding, said
from tests.support.site import Site
from tests.support.stand_ins import authenticator
from tests.support.stand_ins.authenticator import Maker


@pytest.fixture
def maker() -> Maker:
    return Maker()


@pytest.fixture
def guarded(tmp_path: Path, maker: Maker) -> Iterator[Site]:
    """An installation that takes keys of one maker only."""
    roots = tmp_path / "roots.pem"
    roots.write_bytes(Maker().root_pem + maker.root_pem)
    settings = {"passkeys__attestation": "required", "passkeys__roots": roots}
    found = Site(tmp_path, f"sqlite:///{tmp_path / 'acrux.db'}", **settings)
    found.person("tane")
    yield found
    found.close()


@pytest.mark.slow
def test_a_key_of_a_known_make_is_hardware(guarded: Site, maker: Maker) -> None:
    strict = guarded.application("strict", min_acr=PHRH)
    browser = adding(guarded, strict)
    assert authenticator.options(browser.at)["attestation"] == "direct"
    soft = authenticator.device(browser, maker, attestation="packed")
    done = authenticator.add(browser, soft)
    assert said(guarded, strict, done) == (PHRH, ["pwd", "pop", "user", "hwk", "mfa"])
    again = guarded.browser()
    again.authorize(strict)
    done = authenticator.use(again, soft)
    assert said(guarded, strict, done) == (PHRH, ["pop", "user", "hwk", "mfa"])


@pytest.mark.parametrize(
    ("known", "manner"),
    [
        pytest.param(True, {"attestation": "none"}, id="attested by nobody"),
        pytest.param(True, {"attestation": "self"}, id="attested by itself"),
        pytest.param(False, {"attestation": "packed"}, id="of a maker nobody trusts"),
        pytest.param(True, {"attestation": "packed", "eligible": True}, id="made to be copied"),
    ],
)
def test_what_nobody_vouches_for_is_not_added(
    guarded: Site, maker: Maker, known: bool, manner: dict[str, Any]
) -> None:
    browser = adding(guarded, guarded.application("strict", min_acr=PHRH))
    soft = authenticator.device(browser, maker if known else Maker(), **manner)
    page = authenticator.add(browser, soft)
    assert (page.status, page.heading) == (400, "Add a passkey")
    assert guarded.events(kind="person:factor:rejected")
    assert not guarded.events(kind="person:factor:added")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("series", "counts"),
    [
        pytest.param({"model": YUBIKEY}, True, id="of the very model"),
        pytest.param({"model": BITWARDEN}, False, id="of another model"),
        pytest.param({"unit": "Something else"}, False, id="for something else"),
        pytest.param({"ca": True}, False, id="that may sign certificates"),
    ],
)
def test_a_makers_certificate_is_one_for_keys_of_this_model(
    guarded: Site, maker: Maker, series: dict[str, Any], counts: bool
) -> None:
    """Web Authentication Level 3 section 8.2.1: the root alone vouches for too much."""
    maker.begin_series(**series)
    strict = guarded.application("strict", min_acr=PHRH)
    browser = adding(guarded, strict)
    soft = authenticator.device(browser, maker, attestation="packed", aaguid=YUBIKEY)
    done = authenticator.add(browser, soft)
    assert ("code" in done.query) is counts
    assert bool(guarded.events(kind="person:factor:added")) is counts
