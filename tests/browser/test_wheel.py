"""A wheel alone is a whole Acrux: it is installed, set up and signed in to from an empty folder."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from zipfile import ZipFile

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.programs.demo import started
from tests.support.programs.documented import ROOT
from tests.support.programs.wheel import Installed, health_check, install
from tests.support.site import PASSWORD, free_port

pytestmark = [pytest.mark.slow, pytest.mark.browser]
CARRIED = ("templates", "migrations", "config", "tools/verify", "kits/python/acrux_step_up", "idp")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    return install(tmp_path_factory.mktemp("wheel"))


@contextmanager
def page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context()
    try:
        yield context.new_page()
    finally:
        context.close()


def test_everything_that_git_has_of_the_product_is_in_the_wheel(installed: Installed) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z", *CARRIED], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\0")
    with ZipFile(installed.wheel) as wheel:
        names = set(wheel.namelist())
    missing = {
        name
        for name in listed
        if name
        and name not in names
        and f"idp/_shipped/{name}" not in names
        and not name.startswith(("config/machines/", "config/packages/"))
    }
    # What only those who change migrations or texts need.
    assert missing == {"migrations/script.py.mako", "idp/translations/babel.cfg"}


def test_someone_signs_in_to_a_wheel_that_was_set_up_in_an_empty_folder(
    installed: Installed, chromium: Browser, tmp_path: Path
) -> None:
    port = free_port()
    issuer = f"http://localhost:{port}"
    settings = {
        "ACRUX_ENV": "testing",
        "ACRUX_SERVER__ISSUER": issuer,
        "ACRUX_ENROLMENT__PROOF": "none",
    }
    installed.run(tmp_path, "init", **settings)
    person = ("user", "add", "aroha", "--email=aroha@example.org", "--verified")
    installed.run(tmp_path, *person, "--password-stdin", stdin=PASSWORD, **settings)
    assert (tmp_path / "instance/acrux.db").is_file()
    likes = installed.run(tmp_path, "client", "likes", "--json", **settings)
    assert json.loads(likes)
    with serving(installed, tmp_path, port, settings), page(chromium) as shown:
        asked = [word.replace("5000", str(port)) for word in health_check()]
        subprocess.run([sys.executable, *asked], check=True)
        answer = shown.goto(f"{issuer}/account/")
        assert answer is not None
        assert answer.ok
        shown.locator("#username").fill("aroha")
        shown.locator("#password").fill(PASSWORD)
        shown.get_by_role("button", name="Sign in", exact=True).click()
        expect(shown.locator("h1")).to_be_visible()
        shown.goto(f"{issuer}/account/")
        expect(shown.get_by_text("aroha@example.org").first).to_be_visible()
        style = "getComputedStyle(document.body).fontFamily"
        assert "serif" in shown.evaluate(style), "the style sheet is there"


@contextmanager
def serving(
    installed: Installed, folder: Path, port: int, settings: dict[str, str]
) -> Iterator[None]:
    process = subprocess.Popen(
        [str(installed.acrux), "serve", f"--bind=127.0.0.1:{port}", "--workers=1"],
        cwd=folder,
        env=installed.variables(**settings),
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        for line in process.stderr:
            if f"{port}" in line:
                break
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)


def test_a_demo_from_the_wheel_keeps_nothing_when_it_is_to_be_thrown_away(
    installed: Installed, chromium: Browser, tmp_path: Path
) -> None:
    (tmp_path / "t").mkdir()
    variables = installed.variables(TMPDIR=str(tmp_path / "t"))
    ports = free_port(), free_port()
    words = [str(installed.acrux), "demo", f"--port={ports[0]}", f"--rp-port={ports[1]}"]
    with started([*words, "--throw-away"], variables, tmp_path) as demo, page(chromium) as shown:
        shown.goto(demo.address)
        shown.get_by_role("link", name="Sign in", exact=False).first.click()
        shown.locator("#username").fill("aroha")
        expect(shown.locator("h1")).to_be_visible()
        status, last = demo.stop()
    assert status == 0
    assert last.splitlines()[-1] == "The demo has stopped, and nothing of it stays."
    assert [file for file in tmp_path.rglob("*") if file.name != "demo.log"] == [tmp_path / "t"]
