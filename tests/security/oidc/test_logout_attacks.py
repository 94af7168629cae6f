"""What a hostile application, or a hostile page, could make of signing out."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.protocol.command import Acrux
from tests.protocol.sign_ins import signed_in
from tests.support.programs.https import HttpsServer, https_server
from tests.support.site import Browser, Site


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[HttpsServer]:
    """A server of ours that no application should reach through us."""
    folder = tmp_path / "receiver"
    folder.mkdir()
    with https_server({"/out": b""}, folder) as server:
        yield server


def sign_out(site: Site, browser: Browser) -> str:
    """Sign out by hand; return the page, once nothing is on its way any more."""
    browser.open("/end_session")
    answer = browser.submit("/end_session")
    assert site.installation.post.settle(20)
    return answer.text


@pytest.mark.parametrize(
    "uri",
    [
        "https://127.0.0.1:{port}/out",
        "https://localhost:{port}/out",
        "https://[::ffff:127.0.0.1]:{port}/out",
        "https://2130706433:{port}/out",
        "https://0x7f.1:{port}/out",
        "https://user@localhost:{port}/out",
        "http://127.0.0.1:{port}/out",
        "https://169.254.169.254/latest/meta-data/",
        "https://10.0.0.1/out",
        "file:///etc/passwd",
        "gopher://127.0.0.1:{port}/_x",
    ],
)
def test_no_inner_machine_is_reached_through_a_logout_address(
    small_site: Site, receiver: HttpsServer, uri: str
) -> None:
    """Even if such an address got past registration: nothing connects, and nothing is retried."""
    small_site.person("tane")
    evil = small_site.application("evil", backchannel_logout_uri=uri.format(port=receiver.port))
    sign_out(small_site, signed_in(small_site, evil))
    for _ in range(3):
        small_site.advance(1000)
        small_site.installation.post.deliver_due()
    assert receiver.connections == 0
    (event,) = small_site.events(kind="client:logout:failed")
    assert event.client_id == "evil"


def test_what_became_of_a_message_is_told_to_nobody_outside(
    tmp_path: Path, receiver: HttpsServer
) -> None:
    """The page is the same for a port that is open, closed or forbidden: we are no scanner."""
    site = Site(tmp_path, f"sqlite:///{tmp_path / 'acrux.db'}", **receiver.settings())
    try:
        site.person("tane")
        pages = []
        for number, uri in enumerate(
            (receiver.url("/out"), receiver.url("/nothing"), "https://10.0.0.1/out")
        ):
            app = site.application(f"app{number}", backchannel_logout_uri=uri)
            pages.append(sign_out(site, signed_in(site, app)))
        assert len(set(pages)) == 1
    finally:
        site.close()


def test_a_foreign_page_signs_nobody_out(small_site: Site) -> None:
    """Without a hint of this session a person is asked, and no one else can answer."""
    small_site.person("tane")
    small_site.person("mallory")
    app = small_site.application()
    strangers = signed_in(small_site, app, "mallory")
    hint = small_site.redeem(app, strangers.at.query["code"]).json["id_token"]
    strangers.open("/end_session")
    foreign = strangers.at.csrf
    victim = signed_in(small_site, app)
    for form in (
        {},
        {"id_token_hint": hint},
        {"id_token_hint": hint, "csrf_token": foreign},
        {"csrf_token": foreign},
    ):
        answer = victim.http.send("POST", "/end_session", form, {"Origin": "https://evil.example"})
        assert 'id="logout-page"' in answer.text
        assert "code" in victim.authorize(app, prompt="none").query


def test_two_processes_that_end_the_same_session_send_one_message(
    tmp_path: Path, database_url: str, receiver: HttpsServer
) -> None:
    site = Site(tmp_path, database_url, **receiver.settings())
    try:
        site.person("tane")
        app = site.application(backchannel_logout_uri=receiver.url("/out"))
        signed_in(site, app)
        acrux = Acrux(site.environ)
        words = (("user", "sign-out", "tane"), ("user", "disable", "tane"))
        with ThreadPoolExecutor(2) as pool:
            runs = list(pool.map(lambda each: acrux.beside(*each), words))
        assert [run.returncode for run in runs] == [0, 0], [run.stderr for run in runs]
        site.advance(120)
        while site.installation.post.deliver_due():
            pass
        assert len(receiver.requests) == 1
        assert len(site.events(kind="client:logout:delivered")) == 1
    finally:
        site.close()


def test_neither_events_nor_logs_hold_a_logout_token(
    tmp_path: Path, receiver: HttpsServer, caplog: pytest.LogCaptureFixture
) -> None:
    site = Site(tmp_path, f"sqlite:///{tmp_path / 'acrux.db'}", **receiver.settings())
    try:
        site.person("tane")
        app = site.application(backchannel_logout_uri=receiver.url("/out"))
        with caplog.at_level("DEBUG"):
            sign_out(site, signed_in(site, app))
        token = receiver.requests[0].form["logout_token"]
        told = caplog.text + repr(site.events())
        assert not any(part in told for part in token.split("."))
    finally:
        site.close()
