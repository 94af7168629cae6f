"""A program without a browser signs in with the device flow of x/oauth2, unmodified."""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import pytest

from tests.protocol.devices import answer, enter, television
from tests.support.programs.tls import TlsSite
from tests.support.site import MFA, Application

pytestmark = [pytest.mark.products, pytest.mark.go_products]


@contextmanager
def program(go_products: Path, site: TlsSite, app: Application) -> Iterator[IO[str]]:
    """Run the program; yields what it prints."""
    environ = {
        **os.environ,
        "ISSUER": site.issuer,
        "CLIENT_ID": app.client_id,
        "ACR": MFA,
        "SSL_CERT_FILE": str(site.authority),
    }
    command = [str(go_products / "device")]
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            yield process.stdout
            assert process.wait(30) == 0
        finally:
            process.kill()


def said(lines: IO[str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(lines.readline())
    return found


def test_it_waits_and_gets_tokens_at_the_level_it_asked_for(
    go_products: Path, products_site: TlsSite
) -> None:
    site = products_site
    secret = site.secret()
    person = site.person("device-aroha", totp=secret)
    app = television(site, "go-television")
    with program(go_products, site, app) as lines:
        shown = said(lines)
        assert shown["address"] == f"{site.issuer}/device"
        browser = site.browser()
        enter(browser, shown["code"])
        answer(browser, "yes")
        browser.sign_in("device-aroha")
        assert browser.totp(secret).heading == "Go back to your device"
        got = said(lines)
    assert got["claims"]["sub"] == person
    assert (got["claims"]["acr"], got["claims"]["amr"]) == (MFA, ["pwd", "otp", "mfa"])
    assert got["refresh"]


def test_it_reads_a_no(go_products: Path, products_site: TlsSite) -> None:
    app = television(products_site, "go-refused")
    with program(go_products, products_site, app) as lines:
        browser = products_site.browser()
        enter(browser, said(lines)["code"])
        answer(browser, "no")
        assert said(lines) == {"error": "access_denied"}
