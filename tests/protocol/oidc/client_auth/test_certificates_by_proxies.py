"""nginx, HAProxy, Caddy and Apache as docs/certificates.md has them: whose certificate came."""

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.programs import handshakes
from tests.support.programs.certificate_fronts import FORMS, CertificateFront
from tests.support.site import Site, free_port
from tests.support.stand_ins.certificates import DAY, Authority, Shown, self_signed

pytestmark = pytest.mark.slow


@dataclass
class Behind:
    site: Site
    front: CertificateFront
    authority: Authority

    def ask(self, shown: Shown | None, path: str, *words: str) -> dict[str, Any]:
        """Send a request by curl, with a certificate if there is one; return what came."""
        folder = self.front.folder
        connect = ("--cacert", str(self.front.authority), *words)
        if shown is not None:
            connect += ("--cert", str(shown.write(folder / "client.pem")))
        found = subprocess.run(
            ["curl", "-sS", "-w", "\n%{http_code}", *connect, self.front.origin + path],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        body, _, status = found.stdout.rpartition("\n")
        said = json.loads(body) if body.startswith("{") else {}
        return {"status": int(status), **said}

    def token(self, shown: Shown | None, client: str, *words: str) -> dict[str, Any]:
        form = f"grant_type=client_credentials&client_id={client}"
        return self.ask(shown, "/token", "-d", form, *words)


@pytest.fixture(scope="module", params=FORMS)
def behind(
    request: pytest.FixtureRequest, front_servers: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Behind]:
    """An installation behind each proxy in turn."""
    folder: Path = tmp_path_factory.mktemp("behind")
    authority = Authority()
    clients = authority.write(folder / "clients.pem")
    site = Site(
        folder,
        f"sqlite:///{folder / 'acrux.db'}",
        mutual_tls__proxies="127.0.0.1",
        mutual_tls__form=FORMS[request.param],
        mutual_tls__ca_bundle=str(clients),
    )
    place = tmp_path_factory.mktemp("proxy")
    front = CertificateFront(request.param, place, free_port(), site.port, clients)
    with site.serve(), front.running():
        yield Behind(site, front, authority)
    site.close()


def test_the_proxy_says_which_certificate_came_and_nobody_else(behind: Behind) -> None:
    site, mine, other = behind.site, behind.authority.gives(), self_signed()
    own: dict[str, Any] = {
        "grant_types": ["client_credentials"],
        "scope": "read",
        "tls_client_certificate_bound_access_tokens": True,
        "api_scopes": ["acrux:people:read"],
    }
    known: dict[str, Any] = {"token_endpoint_auth_method": "tls_client_auth"}
    site.application("issued", **own, **known, tls_client_auth_subject_dn="CN=payroll")
    known = {"token_endpoint_auth_method": "self_signed_tls_client_auth", "jwks": other.jwks}
    site.application("its-own", **own, **known)

    issued = behind.token(mine, "issued")
    assert issued["status"] == 200, (issued, behind.front.log)
    assert behind.token(other, "its-own")["status"] == 200
    forged = ("-H", f"Client-Cert: {mine.written(FORMS[behind.front.name])}")
    for shown, client, words in (
        (None, "issued", ()),
        (None, "issued", forged),
        (other, "issued", ()),
        (other, "issued", forged),
        (mine, "its-own", ()),
        (Authority().gives(), "issued", ()),
        (behind.authority.gives("CN=payroll+OU=x"), "issued", ()),
    ):
        refused = behind.token(shown, client, *words)
        assert (refused["status"], refused["error"]) == (401, "invalid_client")

    # Some end the connection over that.
    expired = behind.token(behind.authority.gives(until=-DAY), "issued")
    assert expired["status"] in (0, 400, 401)

    bearer = ("-H", f"Authorization: Bearer {issued['access_token']}")
    assert behind.ask(mine, "/api/v1/people", *bearer)["status"] == 200
    for shown, words in ((None, ()), (other, ()), (None, forged), (other, forged)):
        assert behind.ask(shown, "/api/v1/people", *bearer, *words)["status"] == 401


def test_of_tls_1_2_the_recommended_cipher_suites_alone_are_taken(behind: Behind) -> None:
    front = behind.front
    assert handshakes.cipher_suites(front.port, front.authority) == handshakes.RECOMMENDED
