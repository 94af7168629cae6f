"""The reverse proxies of docs/operate.md, as they stand there: they serve, and hide no one."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from idp.oidc.authorize.checks import MAX_VALUE
from tests.protocol.admin.test_frame import someone
from tests.support.applications.application import Application
from tests.support.programs import handshakes
from tests.support.programs.documented import OPERATE, Front, adapted, samples, security, verified
from tests.support.programs.tls import OverTls
from tests.support.site import Site, free_port
from tests.support.wire import head, read_to_end, status

pytestmark = pytest.mark.slow

PROXIES = ("nginx", "haproxy", "apache")
STRANGER = "127.0.0.2"
"""Who calls, told apart from the proxy itself."""


class BehindProxy(Site):
    """An Acrux that is reached through a proxy alone."""

    front: Front

    def client(self) -> OverTls:
        return OverTls(f"https://localhost:{self.front.port}", self.front.authority)


@pytest.fixture(scope="module", params=PROXIES)
def behind(
    request: pytest.FixtureRequest, front_servers: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[BehindProxy]:
    """An installation on SQLite behind each proxy in turn."""
    folder: Path = tmp_path_factory.mktemp("site")
    port = free_port()
    site = BehindProxy(
        folder,
        f"sqlite:///{folder / 'acrux.db'}",
        server__issuer=f"https://localhost:{port}",
        server__trusted_proxies="127.0.0.1",
    )
    site.front = Front(request.param, tmp_path_factory.mktemp("proxy"), port, site.port)
    with site.serve(workers=1), site.front.running():
        yield site
    site.close()


@contextmanager
def caller(front: Front) -> Iterator[socket.socket]:
    """Yield a connection of a stranger to the proxy, over TLS."""
    context = ssl.create_default_context(cafile=str(front.authority))
    plain = socket.create_connection(("127.0.0.1", front.port), 60, (STRANGER, 0))
    with plain, context.wrap_socket(plain, server_hostname="localhost") as found:
        yield found


FORGED: dict[str, tuple[str, ...]] = {
    "nothing": (),
    "the header itself": ("X-Forwarded-For: 7.7.7.7",),
    "underscores": ("X_Forwarded_For: 7.7.7.7",),
    "both": ("X-Forwarded-For: 1.1.1.1", "X_Forwarded_For: 7.7.7.7"),
    "both, the other way round": ("X_Forwarded-For: 7.7.7.7", "X-Forwarded-For: 1.1.1.1"),
    "several lines": ("X-Forwarded-For: 1.1.1.1", "X-Forwarded-For: 127.0.0.1"),
    "other names": ("Forwarded: for=7.7.7.7", "X-Real-IP: 7.7.7.7", "X-Client-IP: 7.7.7.7"),
}


@pytest.mark.parametrize("lines", FORGED.values(), ids=FORGED)
def test_no_stranger_chooses_the_address_they_come_from(
    behind: BehindProxy, lines: tuple[str, ...]
) -> None:
    before = behind.events()
    with caller(behind.front) as found:
        request = head("GET", "/authorize?client_id=nobody", *lines, "Connection: close")
        found.sendall(request)
        assert status(read_to_end(found).decode()) == 400
    newest = behind.events()[0]
    assert not before or newest.at >= before[0].at
    assert newest.source == STRANGER


def test_of_tls_1_2_the_recommended_cipher_suites_alone_are_taken(behind: BehindProxy) -> None:
    front = behind.front
    assert handshakes.cipher_suites(front.port, front.authority) == handshakes.RECOMMENDED


def test_the_proxy_says_what_a_request_is_called_and_no_stranger(behind: BehindProxy) -> None:
    forged = "X-Request-ID: of-a-stranger", "X_Request_ID: of-a-stranger"
    with caller(behind.front) as found:
        found.sendall(head("GET", "/authorize?client_id=nobody", *forged, "Connection: close"))
        lines = read_to_end(found).decode().splitlines()
    (name,) = [line.split(": ")[1] for line in lines if line.lower().startswith("x-request-id")]
    assert name != "of-a-stranger"
    # Ours have 16 characters: this one is the proxy's.
    assert len(name) > 20
    behind.person("hemi")
    browser = behind.browser()
    browser.authorize(behind.application("called"))
    browser.sign_in("hemi")
    (event,) = behind.events(kind="person:sign-in:finished", person="hemi")
    assert len(event.request_id or "") == len(name)


def test_a_sign_in_with_the_longest_state_comes_through(behind: BehindProxy) -> None:
    behind.person("aroha")
    app: Application = behind.application("long")
    browser = behind.browser()
    state = "s" * MAX_VALUE
    browser.authorize(app, state=state)
    answer = browser.sign_in("aroha")
    assert answer.query["state"] == state, (answer.status, behind.front.log)
    assert behind.redeem(app, answer.query["code"]).status == 200


def test_a_dripping_body_is_cut_and_the_site_goes_on(behind: BehindProxy) -> None:
    with caller(behind.front) as found:
        form = "Content-Type: application/x-www-form-urlencoded"
        found.sendall(head("POST", "/token", form, "Content-Length: 60000") + b"a")
        if behind.front.name == "nginx":
            # It waits a minute for each piece, but keeps what is not whole from Acrux.
            found.settimeout(2)
            with pytest.raises(TimeoutError):
                found.recv(1)
        else:
            assert status(read_to_end(found).decode()) == 408
    assert behind.client().send("GET", "/healthz").status == 200


def test_a_file_of_people_comes_through(behind: BehindProxy) -> None:
    browser = someone(behind, "admin")
    rows = "".join(f"kaimahi{n:05},kaimahi{n:05}@example.org\n" for n in range(20_000))
    browser.open("/admin/people/import")
    page = browser.attach("staff.csv", f"username,email\n{rows}".encode(), "/import")
    assert page.heading == "staff.csv", (page.status, behind.front.log)


def test_the_units_of_the_service_are_what_systemd_takes(
    front_servers: None, tmp_path: Path
) -> None:
    service, place, backup, timer = (
        sample for sample in samples(OPERATE, "ini") if "[Unit]" in sample
    )
    here = {"/opt/acrux/.venv/bin/acrux": "/usr/bin/true"}
    service, backup = adapted(service, here), adapted(backup, here)
    for found in (
        verified(tmp_path, service, place),
        verified(tmp_path, backup, timer, "acrux-backup"),
    ):
        assert (found.returncode, found.stdout, found.stderr) == (0, "", "")
    exposed = security(tmp_path / "acrux.service")
    assert exposed.returncode == 0, exposed.stdout
    late = adapted(timer, {"01:00:00": "25:00:00"})
    assert verified(tmp_path, backup, late, "acrux-backup").stderr
    for wrong in (
        (adapted(service, {"UMask=0077": "UMask=private"}), place),
        (service, adapted(place, {"Backlog=1024": "Backlog=long"})),
    ):
        assert verified(tmp_path, *wrong).stderr, "so it was really looked at"
