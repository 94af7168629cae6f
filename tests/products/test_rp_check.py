"""`acrux rp-check` tells what real libraries take, set up by what `--like` prints for them.

What it says of each was looked up in its source: a version that takes more or less is news.
"""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask import session
from werkzeug.serving import make_server

from idp.rp_check import ownership
from tests.products.running import HERE, register, running
from tests.products.test_django import MOZILLA, django
from tests.products.test_node_parties import MODULES
from tests.relying_parties.test_authlib_client import relying_party
from tests.support.programs.tls import TlsSite
from tests.support.site import free_port

pytestmark = pytest.mark.products

BY_TLS = {
    "id-token-without-signature",
    "id-token-changed",
    "id-token-by-another-key",
    "id-token-with-its-own-key",
}
"""What a client takes that lets TLS vouch for the ID token (OpenID Connect Core 3.1.3.7, 6)."""


def checked(site: TlsSite, port: int, start: str, page: str) -> dict[str, Any]:
    """Check an application that has the provider at `port` for its own."""
    identity = str(site.identity)
    words = ["rp-check", start, "--json", "--bind", f"127.0.0.1:{port}", "--page", page]
    words += ["--cert", identity, "--key", identity]
    done = subprocess.run(
        [sys.executable, "-m", "idp", *words],
        env={**os.environ, **site.environ},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.stdout, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    assert done.returncode == bool(found["accepted"]), done.stderr
    return found


def taken(report: dict[str, Any]) -> set[str]:
    return {case["name"] for case in report["cases"] if case["verdict"] == "accepted"}


@contextmanager
def express(site: TlsSite, node: str, folder: Path, issuer: str) -> Iterator[str]:
    """Run express-openid-connect at another issuer than the one where it is registered."""
    port, kind = free_port(), "express-openid-connect"
    client = register(site, kind, f"http://localhost:{port}")
    settings = folder / "settings.mjs"
    settings.write_text(MODULES[kind].format(client.settings.replace(site.issuer, issuer)))
    environ = {
        "NODE_EXTRA_CA_CERTS": str(site.authority),
        "SESSION_SECRET": "only for the tests, and of some length",
        "NODE_ENV": "production",
        "RP_CHECK": ownership.word(site.installation.keyring, client.client_id),
    }
    words = [node, str(HERE / "node/party.mjs"), kind, str(settings), str(port)]
    with running(words, port, folder / "log", environ):
        yield f"http://localhost:{port}"


def test_express_openid_connect_looks_at_all_but_the_level_and_leaves_the_signature_to_tls(
    products_site: TlsSite, node_products: str, tmp_path: Path
) -> None:
    port = free_port()
    with express(products_site, node_products, tmp_path, f"https://localhost:{port}") as at:
        report = checked(products_site, port, f"{at}/me", f"{at}/me")
    assert set(report["accepted"]) == {"acr-too-low", "acr-missing"}
    assert taken(report) == BY_TLS | {"acr-too-low", "acr-missing", "id-token-wrong-at-hash"}


def test_mozilla_django_oidc_compares_neither_issuer_nor_audience(
    products_site: TlsSite, python_products: Path, tmp_path: Path
) -> None:
    port = free_port()
    issuer = f"https://localhost:{port}"
    with django(MOZILLA, python_products, products_site, tmp_path, issuer) as at:
        report = checked(products_site, port, f"{at}/oidc/authenticate/", f"{at}/me")
    assert set(report["accepted"]) == {
        "id-token-wrong-issuer",
        "id-token-wrong-audience",
        "id-token-without-expiry",
        "id-token-without-subject",
        "userinfo-of-another",
    }


def test_authlib_takes_nothing_but_a_level_that_nobody_compares(
    products_site: TlsSite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(products_site.authority))
    port, own = free_port(), free_port()
    app = products_site.application("authlib", redirect_uris=[f"http://localhost:{own}/callback"])
    party = relying_party(products_site, app, f"https://localhost:{port}")
    said = ownership.word(products_site.installation.keyring, app.client_id)
    party.add_url_rule(ownership.FILE, "mine", lambda: said)
    party.add_url_rule("/who", "who", lambda: session.get("user", {}).get("name", "nobody"))
    server = make_server("127.0.0.1", own, party, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    at = f"http://localhost:{own}"
    try:
        report = checked(products_site, port, f"{at}/sign-in/strong", f"{at}/who")
    finally:
        server.shutdown()
    assert set(report["accepted"]) == {"acr-too-low", "acr-missing"}
    assert taken(report) - set(report["accepted"]) == {"issuer-wrong", "issuer-missing"}
