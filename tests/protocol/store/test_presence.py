"""A key is made when every process could open it: processes say which keys they have."""

import base64
import os
from pathlib import Path

import pytest

from idp.crypto import Keyring, load_keyring
from idp.keyring.presence import GONE_SECONDS, Presence
from tests.protocol.command import Acrux
from tests.support.site import Site


def on_top(path: Path) -> None:
    """Put a new line on top of a keyring, as docs/operate.md says."""
    key = base64.urlsafe_b64encode(os.urandom(32)).decode()
    path.write_text(f"{key}\n{path.read_text()}")


@pytest.fixture
def keyring(site: Site) -> Path:
    """The keyring of the site, on top of which a key was put just now."""
    path = site.installation.keyring.path
    assert path
    on_top(path)
    return path


def elsewhere(site: Site) -> Presence:
    """A process on a machine to which the new keyring has not come."""
    old = Keyring(site.installation.keyring.keys)
    return Presence(site.installation.engine, old, "serve")


def kids(acrux: Acrux) -> set[str]:
    return {key["kid"] for key in acrux.json("keys", "list")}


@pytest.mark.slow
def test_no_signing_key_is_made_that_a_process_could_not_open(site: Site, keyring: Path) -> None:
    acrux = Acrux(site.environ)
    other = elsewhere(site)
    other.say()
    before = kids(acrux)
    for words in (("--now",), ()):
        said = acrux.refused("keys", "rotate", *words, "--wait", "0")
        assert f"{os.getpid()} (serve)" in said
        assert "copy the keyring" in said
    assert kids(acrux) == before
    other.end()
    acrux("keys", "rotate", "--now", "--wait", "0")
    assert len(kids(acrux)) == len(before) + 2


def test_the_doctor_names_who_lacks_a_key(site: Site, keyring: Path) -> None:
    other = elsewhere(site)
    other.say()
    assert "1 of 1 lacks the newest key" in Acrux(site.environ).run("doctor").stdout
    other.end()


@pytest.mark.slow
def test_a_process_that_has_the_file_needs_no_restart(site: Site, keyring: Path) -> None:
    """It was started before, and looks into the file at each beat."""
    here = Presence(site.installation.engine, site.installation.keyring, "serve")
    here.say()
    acrux = Acrux(site.environ)
    acrux("keys", "rotate", "--now", "--wait", "0")
    newest = load_keyring(keyring).key_ids[0]
    assert newest not in site.installation.keyring.key_ids, "it seals with the old one"
    app = site.application("app")
    site.person("aroha")
    browser = site.browser()
    browser.authorize(app)
    site.claims(app, browser.sign_in("aroha"))


@pytest.mark.slow
def test_a_process_that_is_gone_is_not_waited_for(site: Site, keyring: Path) -> None:
    elsewhere(site).say()
    site.advance(GONE_SECONDS + 1)
    Acrux(site.environ)("keys", "rotate", "--now", "--wait", "0")
