"""oidc-agent as Debian has it, unmodified: a shell gets tokens by a code typed elsewhere."""

import os
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.protocol.devices import GRANT, answer, enter
from tests.support.programs.tls import TlsSite
from tests.support.site import ONE, Application

CODE = re.compile(r"And enter the code: (\S+)")


@pytest.fixture
def oidc_agent(tmp_path: Path) -> Iterator[dict[str, str]]:
    """An agent of a home of its own; yields the environment of its shell."""
    environ = {**os.environ, "HOME": str(tmp_path), "OIDC_CONFIG_DIR": str(tmp_path / "agent")}
    (tmp_path / "agent").mkdir(mode=0o700)
    said = subprocess.run(
        ["oidc-agent"], env=environ, capture_output=True, text=True, check=True, timeout=30
    )
    environ |= dict(re.findall(r"(OIDC\w+)=([^;]+);", said.stdout))
    yield environ
    os.kill(int(environ["OIDCD_PID"]), signal.SIGTERM)


def words(site: TlsSite, app: Application) -> list[str]:
    return [
        *("oidc-gen", "acrux", "--manual", "--flow=device", f"--iss={site.issuer}"),
        *(f"--client-id={app.client_id}", f"--client-secret={app.secret}"),
        *("--scope=openid profile offline_access", f"--cp={site.authority}"),
        *("--redirect-uri=http://localhost:4242", "--pw-cmd=echo of-a-test"),
        *("--prompt=none", "--no-scheme", "--no-webserver", "--confirm-default"),
    ]


def test_a_shell_has_tokens_once_somebody_said_yes(
    oidc_agent: dict[str, str], tls_site: TlsSite
) -> None:
    site = tls_site
    site.person("aroha")
    app = site.application("shell", grant_types=[GRANT, "refresh_token"])
    with subprocess.Popen(
        # Line by line, although nobody looks.
        ["stdbuf", "-oL", *words(site, app)],
        env=oidc_agent,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout
        shown = next(filter(None, map(CODE.search, process.stdout)))
        browser = site.browser()
        enter(browser, shown.group(1))
        answer(browser, "yes")
        assert browser.sign_in("aroha").heading == "Go back to your device"
        assert "Everything setup correctly" in process.stdout.read()
    got = subprocess.run(
        ["oidc-token", "acrux"],
        env=oidc_agent,
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    headers = {"Authorization": f"Bearer {got.stdout.strip()}"}
    found = site.client().send("GET", "/userinfo", headers=headers)
    assert found.json["preferred_username"] == "aroha"
    # It has refreshed by then, and the level is that of the one sign-in.
    assert {event.acr for event in site.events(kind="client:token:issued")} == {ONE}
