"""APIs that demand a sign-in by the kits, in each framework that they are for (RFC 9470)."""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from acrux_step_up.client import step_up

from tests.products.running import running
from tests.support.applications.prover import Prover, digest
from tests.support.programs.tls import TlsSite
from tests.support.site import MFA, MFA_APP, Application, free_port

pytestmark = pytest.mark.products
HERE = Path(__file__).parent
KITS = HERE.parents[1] / "kits"
AUDIENCE = "https://pay.example.org"
Settings = dict[str, Any]


@dataclass
class PayRuns:
    site: TlsSite
    at: str
    apps: dict[str, Application]

    def call(self, method: str, path: str, token: str = "", **headers: str) -> requests.Response:
        if token:
            headers["Authorization"] = f"Bearer {token}"
        return requests.request(method, self.at + path, headers=headers, timeout=30)

    def tokens(self, browser: Any, app: Application, answer: Any) -> dict[str, Any]:
        told = self.site.redeem(app, answer.query["code"])
        assert told.status == 200, told.text
        found: dict[str, Any] = told.json
        return found


KINDS = {
    "flask": "python_products",
    "fastapi": "python_products",
    "django": "python_products",
    "express": "node_products",
    "fetch": "node_products",
    "net/http": "go_products",
}
"""What each is written in, as the fixture that runs it."""


def _in_python(kind: str, python: Path, folder: Path, api: Settings) -> tuple[list[str], Settings]:
    environ = {"KIT_API": json.dumps(api), "PYTHONPATH": str(KITS / "python")}
    return [str(python), str(HERE / "python/kit_api.py"), kind], environ


def _in_node(kind: str, node: str, folder: Path, api: Settings) -> tuple[list[str], Settings]:
    """Install the kit as npm would, beside the packages that the products have."""
    packages = folder / "node_modules"
    packages.mkdir()
    for one in (HERE / "node/node_modules").iterdir():
        (packages / one.name).symlink_to(one)
    shutil.copytree(KITS / "node", packages / "acrux-step-up")
    program = str(shutil.copy(HERE / "node/kit_api.mjs", folder))
    named = {"client_id": "clientId", "client_secret": "clientSecret"}
    said = {named.get(name, name): value for name, value in api.items()}
    environ = {"KIT_API": json.dumps(said), "NODE_EXTRA_CA_CERTS": str(api["verify"])}
    return [node, program, kind], environ


def _in_go(kind: str, programs: Path, folder: Path, api: Settings) -> tuple[list[str], Settings]:
    said = {name.replace("_", ""): value for name, value in api.items()}
    environ = {"KIT_API": json.dumps(said), "SSL_CERT_FILE": str(api["verify"])}
    return [str(programs / "kitapi")], environ


_STARTED: dict[str, Callable[..., tuple[list[str], Settings]]] = {
    "python_products": _in_python,
    "node_products": _in_node,
    "go_products": _in_go,
}


@pytest.fixture(scope="module", params=KINDS)
def runs(
    request: pytest.FixtureRequest,
    products_site: TlsSite,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[PayRuns]:
    """The API as a process of its own, and the applications that call it."""
    site, kind = products_site, request.param
    members: dict[str, Any] = {"audience": [AUDIENCE]}
    apps = {
        "opaque": site.application(f"{kind}-opaque", **members),
        "jwt": site.application(f"{kind}-jwt", access_token_format="jwt", **members),
        "other": site.application(f"{kind}-other"),
    }
    asks = site.application(f"{kind}-api", resource_server=True)
    api = {
        "issuer": site.issuer,
        "audience": AUDIENCE,
        "client_id": asks.client_id,
        "client_secret": asks.secret,
        "verify": str(site.authority),
        "cache": 0,
    }
    port, folder = free_port(), tmp_path_factory.mktemp("kit")
    runs_it = request.getfixturevalue(KINDS[kind])
    command, environ = _STARTED[KINDS[kind]](kind, runs_it, folder, api)
    with running([*command, str(port)], port, folder / "api.log", environ):
        yield PayRuns(site, f"http://localhost:{port}", apps)


def test_whoever_brings_no_token_is_told_how_to_bring_one(runs: PayRuns) -> None:
    told = runs.call("GET", "/read")
    assert told.status_code == 401
    assert told.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("kind", ["opaque", "jwt"])
def test_a_call_that_needs_more_leads_through_a_sign_in_to_its_answer(
    runs: PayRuns, kind: str
) -> None:
    site, app, name = runs.site, runs.apps[kind], f"kit-{kind}-{runs.at[-5:]}"
    sub = site.person(name)
    browser = site.browser()
    browser.authorize(app)
    weak = runs.tokens(browser, app, browser.sign_in(name))["access_token"]
    assert runs.call("GET", "/read", weak).json() == {"sub": sub}
    refused = runs.call("POST", "/pay", weak)
    assert refused.status_code == 401
    asked = step_up(refused.status_code, refused.headers["WWW-Authenticate"])
    assert asked == {"acr_values": MFA, "max_age": "300"}
    browser.authorize(app, claims=app.essential(asked["acr_values"]), max_age=asked["max_age"])
    strong = runs.tokens(browser, app, browser.enrol_totp())["access_token"]
    done = runs.call("POST", "/pay", strong)
    assert (done.status_code, done.json()) == (200, {"sub": sub, "acr": MFA})
    # Of what the provider lists behind it, a stronger level will do; a weaker one will not.
    refused = runs.call("GET", "/phr", strong)
    assert step_up(refused.status_code, refused.headers["WWW-Authenticate"]) == {
        "acr_values": "phr"
    }
    browser.authorize(app)
    answer = browser.get("/authorize", **app.request())
    stronger = runs.tokens(browser, app, answer)["access_token"]
    assert runs.call("POST", "/pay", stronger).json()["acr"] == MFA_APP


def test_a_token_that_is_not_for_this_api_or_no_access_token_is_refused(runs: PayRuns) -> None:
    site, name = runs.site, f"kit-wrong-{runs.at[-5:]}"
    site.person(name)
    browser = site.browser()
    for kind in ("other", "jwt"):
        app = runs.apps[kind]
        browser.authorize(app)
        answer = (
            browser.sign_in(name) if kind == "other" else browser.get("/authorize", **app.request())
        )
        told = runs.tokens(browser, app, answer)
        wrong = told["access_token"] if kind == "other" else told["id_token"]
        refused = runs.call("GET", "/read", wrong)
        assert refused.status_code == 401
        assert 'error="invalid_token"' in refused.headers["WWW-Authenticate"]


def test_a_token_that_was_revoked_is_worth_nothing(runs: PayRuns) -> None:
    site, app, name = runs.site, runs.apps["opaque"], f"kit-revoked-{runs.at[-5:]}"
    site.person(name)
    browser = site.browser()
    browser.authorize(app)
    token = runs.tokens(browser, app, browser.sign_in(name))["access_token"]
    assert runs.call("GET", "/read", token).status_code == 200
    site.client().send("POST", "/revoke", {"token": token}, app.authentication())
    assert runs.call("GET", "/read", token).status_code == 401


@pytest.mark.parametrize("kind", ["opaque", "jwt"])
def test_a_token_that_is_bound_to_a_key_is_good_with_a_proof_of_it_alone(
    runs: PayRuns, kind: str
) -> None:
    site, app, name = runs.site, runs.apps[kind], f"kit-bound-{kind}-{runs.at[-5:]}"
    sub = site.person(name)
    browser, prover, thief = site.browser(), Prover(site), Prover(site)
    browser.authorize(app)
    answer = prover.redeem(app, browser.sign_in(name).query["code"])
    assert answer.json["token_type"] == "DPoP"
    token = answer.json["access_token"]

    def call(who: Prover, scheme: str = "DPoP", **changes: Any) -> int:
        said = {"htu": f"{runs.at}/read", "ath": digest(token), **changes}
        proof = who.proof("GET", "/read", **said)
        headers = {"Authorization": f"{scheme} {token}", "DPoP": proof}
        told = runs.call("GET", "/read", **headers)
        assert told.status_code != 200 or told.json() == {"sub": sub}
        return told.status_code

    assert call(prover) == 200
    assert call(thief) == 401
    assert call(prover, "Bearer") == 401
    assert call(prover, htu=f"{runs.at}/pay") == 401
    assert call(prover, htm="POST") == 401
    assert call(prover, ath=digest("another")) == 401
    assert call(prover, iat=int(time.time()) - 600) == 401
    assert call(prover, jti=digest(token)) == 200
    assert call(prover, jti=digest(token)) == 401
    assert runs.call("GET", "/read", token).status_code == 401


@pytest.mark.parametrize(
    "authorization",
    [
        *("Bearer", "Bearer ", "Basic x", "Bearer x", "Bearer a.b.c", "Bearer ..", "DPoP x"),
        *(
            "Bearer " + "x" * 9000,
            'Bearer "',
            "Bearer eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0.e30.",
        ),
    ],
)
def test_whatever_is_brought_is_answered_and_lets_no_one_in(
    runs: PayRuns, authorization: str
) -> None:
    assert runs.call("GET", "/read", Authorization=authorization).status_code in (400, 401)


def test_the_tests_of_the_kit_in_python_pass() -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"]
    passes(command, KITS / "python")


def test_the_tests_of_the_kit_in_node_pass(node_products: str, tmp_path: Path) -> None:
    shutil.copytree(KITS / "node", tmp_path / "kit")
    (tmp_path / "kit/node_modules").symlink_to(HERE / "node/node_modules")
    passes([node_products, "--test"], tmp_path / "kit")


def test_the_tests_of_the_kit_in_go_pass(go_products: Path) -> None:
    passes(["go", "test", "./..."], KITS / "go")


def passes(command: list[str], folder: Path) -> None:
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
