"""How a directory is reached, what happens while it is away, and that nobody waits for it long."""

import json
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from idp.audit import Event
from tests.protocol.command import Acrux
from tests.protocol.directory.members import (
    MFA_WANTED,
    THEIRS,
    application,
    is_in,
    reasons,
    sign_in,
)
from tests.support.programs.slapd import Slapd
from tests.support.site import PASSWORD, Site
from tests.support.stand_ins import authenticator

pytestmark = pytest.mark.slapd


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"ca_bundle": ""}, "the certificate is not accepted"),
        ({"url": "ldaps://127.0.0.2:{port}"}, "the certificate is not accepted"),
        ({"url": "ldaps://127.0.0.1:1"}, "Connection refused"),
        ({"url": "ldap://127.0.0.2:{open}"}, "Connection refused"),
        ({"bind_password": "another"}, "it refuses directory.bind_dn"),
        ({"base": "ou=nowhere,dc=example,dc=org"}, "No such object"),
        ({"id": "employeeNumber"}, "an entry has no employeeNumber"),
    ],
    ids=["authority", "name", "nowhere", "nowhere-to-begin-tls", "password", "base", "id"],
)
def test_a_directory_that_cannot_be_trusted_or_asked_lets_nobody_in_and_is_named(
    running: Slapd, tmp_path: Path, change: dict[str, str], says: str
) -> None:
    values = {"port": running.port, "open": running.open_port}
    given = {f"directory__{key}": value.format(**values) for key, value in change.items()}
    made = Site(tmp_path, "", **{**running.settings, **given})
    try:
        answer = sign_in(made, "ana")
        assert (answer.status, "does not answer just now" in answer.text) == (400, True)
        assert says in reasons(made, Event.FACTOR_REJECTED)[-1]
    finally:
        made.close()


@pytest.mark.parametrize(
    "change",
    [
        {"url": "ldap://127.0.0.1:{open}"},
        {"url": "ldap://127.0.0.1:{open}", "start_tls": "false", "plain": "true"},
        {"url": "ldaps://127.0.0.1:1 ldaps://localhost:{port}"},
    ],
    ids=["start-tls", "plain-on-this-machine", "the-second-of-two"],
)
def test_ways_to_reach_it(running: Slapd, tmp_path: Path, change: dict[str, str]) -> None:
    values = {"port": running.port, "open": running.open_port}
    given = {f"directory__{key}": value.format(**values) for key, value in change.items()}
    made = Site(tmp_path, "", **{**running.settings, **given})
    try:
        assert is_in(sign_in(made, "ana"))
    finally:
        made.close()


def test_a_directory_that_cannot_begin_tls_gets_no_password(running: Slapd, tmp_path: Path) -> None:
    """Somebody in between answers that there is no TLS here."""
    heard = []

    def answer(server: socket.socket) -> None:
        line, _ = server.accept()
        with line:
            heard.append(line.recv(1000))
            line.sendall(b"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x02\x04\x00\x04\x00")
            heard.append(line.recv(1000))

    with socket.create_server(("127.0.0.1", 0)) as between:
        thread = threading.Thread(target=answer, args=(between,))
        thread.start()
        url = f"ldap://127.0.0.1:{between.getsockname()[1]}"
        made = Site(tmp_path, "", **{**running.settings, "directory__url": url})
        try:
            assert "does not answer just now" in sign_in(made, "ana").text
            assert "does not begin TLS" in reasons(made, Event.FACTOR_REJECTED)[-1]
        finally:
            made.close()
        thread.join()
    assert THEIRS.encode() not in b"".join(heard)
    assert heard[1:] == [b""]


@pytest.mark.slow
def test_while_it_is_away_a_page_says_what_to_do_and_nothing_is_counted(
    tmp_path: Path, database_url: str, slapd: None
) -> None:
    folder = tmp_path / "slapd"
    folder.mkdir()
    own = Slapd(folder)
    own.start()
    made = Site(tmp_path, database_url, **own.settings)
    try:
        own.fill()
        own.person("ana", THEIRS)
        assert is_in(sign_in(made, "ana"))
        browser = made.browser()
        browser.authorize(application(made), claims=MFA_WANTED)
        browser.sign_in("ana", THEIRS)
        soft = authenticator.device(browser)
        authenticator.confirm_address(browser)
        browser.open(f"{browser.at.url.removesuffix('/webauthn')}/webauthn")
        assert is_in(authenticator.add(browser, soft))
        own.stop()
        other = made.browser()
        other.authorize(application(made), claims=MFA_WANTED)
        assert is_in(authenticator.use(other, soft)), "a passkey is checked here"
        for _ in range(12):
            answer = sign_in(made, "ana")
            assert answer.status == 400
            assert "does not answer just now" in answer.text
        own.start()
        assert sign_in(made, "ana").url.endswith("/webauthn"), "nobody was held back for it"
    finally:
        own.stop()
        made.close()


@pytest.mark.slow
def test_a_directory_that_takes_the_line_and_says_nothing_is_waited_for_so_long(
    tmp_path: Path, running: Slapd
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        for scheme in ("ldaps", "ldap"):
            (tmp_path / scheme).mkdir()
            changed = {
                "directory__url": f"{scheme}://127.0.0.1:{port}",
                "directory__seconds": 1,
            }
            made = Site(tmp_path / scheme, "", **{**running.settings, **changed})
            try:
                begun = time.monotonic()
                answer = sign_in(made, "ana")
                assert "does not answer just now" in answer.text
                assert time.monotonic() - begun < 6
            finally:
                made.close()


def test_so_many_wait_for_it_and_everybody_else_goes_on(tmp_path: Path, running: Slapd) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, ThreadPoolExecutor(1) as pool:
        silent.settimeout(30)
        url = f"ldaps://127.0.0.1:{silent.getsockname()[1]}"
        slow = {"directory__url": url, "directory__seconds": 30, "directory__at_once": 1}
        made = Site(tmp_path, "", **{**running.settings, **slow})
        try:
            made.person("local")
            application(made)
            waiting = pool.submit(sign_in, made, "ana")
            line, _ = silent.accept()
            with line:
                assert "does not answer just now" in sign_in(made, "bea").text
                assert sign_in(made, "local", "another").status == 400
                assert is_in(sign_in(made, "local", PASSWORD))
                assert not waiting.done()
            assert "does not answer just now" in waiting.result(30).text
        finally:
            made.close()


@pytest.mark.slow
def test_doctor_asks_the_directory(site: Site, running: Slapd) -> None:
    def found() -> tuple[str, str]:
        said = json.loads(Acrux(site.environ).run("doctor", "--json").stdout)
        [one] = [one for one in said if one["name"] == "directory"]
        return one["mark"], one["text"]

    assert found() == ("OK", "it answers, takes our name and password, and can be searched")
    site.environ["ACRUX_DIRECTORY__BIND_PASSWORD"] = "another"
    mark, text = found()
    assert (mark, "it refuses directory.bind_dn" in text) == ("!!", True)
