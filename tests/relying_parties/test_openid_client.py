"""The certified Node library openid-client completes the journey, unmodified, over real HTTP."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.site import MFA, ONE, Application, Site

SCRIPT = Path(__file__).parent / "openid_client.mjs"


@pytest.fixture
def live_site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path, f"sqlite:///{tmp_path / 'acrux.db'}")
    with site.serve():
        yield site
    site.close()


class NodeParty:
    """The relying party's process; it says where to go and what it got."""

    def __init__(self, node: str, site: Site, app: Application, wishes: list[dict[str, str]]):
        command = [node, str(SCRIPT), site.issuer, app.client_id, app.secret or ""]
        self._process = subprocess.Popen(
            [*command, app.redirect_uri, json.dumps(wishes)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=SCRIPT.parent,
        )

    def read(self) -> dict[str, Any]:
        assert self._process.stdout
        line = self._process.stdout.readline()
        assert line, self._process.stderr.read() if self._process.stderr else ""
        found: dict[str, Any] = json.loads(line)
        return found

    def came_back(self, url: str) -> dict[str, Any]:
        assert self._process.stdin
        self._process.stdin.write(url + "\n")
        self._process.stdin.flush()
        return self.read()

    def close(self) -> None:
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            if stream:
                stream.close()
        self._process.wait(10)


def test_openid_client_signs_in_steps_up_and_refreshes(node: str, live_site: Site) -> None:
    site = live_site
    site.person("aroha")
    app = site.application()
    essential = {"claims": Application.essential(MFA)}
    party = NodeParty(node, site, app, [{}, essential, essential])
    browser = site.browser()

    browser.open(party.read()["open"].removeprefix(site.issuer))
    first = party.came_back(browser.sign_in("aroha").location)
    assert (first["claims"]["acr"], first["claims"]["amr"]) == (ONE, ["pwd"])
    assert first["userinfo"]["email"] == "aroha@example.org"
    assert first["rotated"]

    browser.open(party.read()["open"].removeprefix(site.issuer))
    second = party.came_back(browser.enrol_totp().location)
    assert (second["claims"]["acr"], second["claims"]["amr"]) == (MFA, ["pwd", "otp", "mfa"])
    assert second["claims"]["sid"] == first["claims"]["sid"]
    assert second["refreshed"]["acr"] == MFA

    at_once = browser.open(party.read()["open"].removeprefix(site.issuer))
    third = party.came_back(at_once.location)
    assert third["claims"]["acr"] == MFA
    party.close()


def test_openid_client_understands_a_refusal(node: str, live_site: Site) -> None:
    site = live_site
    site.person("aroha")
    app = site.application()
    impossible = {"claims": Application.essential("phrh")}
    party = NodeParty(node, site, app, [impossible])
    browser = site.browser()
    browser.open(party.read()["open"].removeprefix(site.issuer))
    answer = browser.sign_in("aroha")
    assert party.came_back(answer.location)["error"] == "unmet_authentication_requirements"
    party.close()
