"""APIs in Flask, FastAPI and Django that demand a sign-in by the kit of kits/python (RFC 9470)."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from acrux_step_up.client import step_up

from tests.products.running import running
from tests.support.programs.tls import TlsSite
from tests.support.site import MFA, MFA_APP, Application, free_port

pytestmark = pytest.mark.products
KIT = Path(__file__).parents[2] / "kits/python"
AUDIENCE = "https://pay.example.org"


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


@pytest.fixture(scope="module", params=["flask", "fastapi", "django"])
def runs(
    request: pytest.FixtureRequest,
    products_site: TlsSite,
    python_products: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[PayRuns]:
    """The API as a process of its own, and two applications that call it."""
    site, kind = products_site, request.param
    members: dict[str, Any] = {"audience": [AUDIENCE]}
    apps = {
        "opaque": site.application(f"{kind}-opaque", **members),
        "jwt": site.application(f"{kind}-jwt", access_token_format="jwt", **members),
        "other": site.application(f"{kind}-other"),
    }
    asks = site.application(f"{kind}-api", resource_server=True)
    settings = {
        "issuer": site.issuer,
        "audience": AUDIENCE,
        "client_id": asks.client_id,
        "client_secret": asks.secret,
        "verify": str(site.authority),
        "cache": 0,
    }
    port = free_port()
    environ = {"KIT_API": json.dumps(settings), "PYTHONPATH": str(KIT)}
    program = str(Path(__file__).parent / "python/kit_api.py")
    log = tmp_path_factory.mktemp("kit") / "api.log"
    with running([str(python_products), program, kind, str(port)], port, log, environ):
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


def test_the_tests_of_the_kit_itself_pass() -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(KIT / "tests")]
    done = subprocess.run(
        command, cwd=KIT, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
