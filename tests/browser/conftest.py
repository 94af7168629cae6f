"""A person at a real browser, in front of real worker processes."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.conftest import need
from tests.support.site import PASSWORD, Application, Site
from tests.support.stand_ins.callback import Callback, callback

AXE = Path(__file__).parent.parent / "relying_parties" / "node_modules" / "axe-core" / "axe.min.js"
WCAG = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
# A document knows that it is being left: a click returns before the next document is there, and
# what looks at the page then would meet the old one. One that comes back by "Back" is not left.
KNOWS_THAT_IT_IS_LEFT = """
const leave = () => document.documentElement.setAttribute("data-left", "");
const leads_away = link => link && !link.target && !link.hasAttribute("download")
  && link.protocol.startsWith("http") && link.href.split("#")[0] !== location.href.split("#")[0];
addEventListener("submit", event => event.defaultPrevented || leave());
addEventListener("click", event =>
  !event.defaultPrevented && leads_away(event.target.closest?.("a[href]")) && leave());
addEventListener("pageshow", event =>
  event.persisted && document.documentElement.removeAttribute("data-left"));
"""


class Surfer:
    """Someone in front of a page; each method is one thing a person does."""

    def __init__(self, site: Site, context: BrowserContext, back: Callback) -> None:
        self.site = site
        self.context = context
        context.add_init_script(KNOWS_THAT_IT_IS_LEFT)
        self.page: Page = context.new_page()
        self.page.set_default_timeout(10_000)
        self.back = back

    def application(self, client_id: str = "app", **data: Any) -> Application:
        return self.site.application(client_id, redirect_uris=[self.back.url], **data)

    def start(self, application: Application, **changes: Any) -> None:
        """Follow an application's "sign in" link."""
        query = urlencode(application.request(**changes))
        self.page.goto(f"{self.site.issuer}/authorize?{query}")

    def sign_in(self, username: str, password: str = PASSWORD) -> None:
        self.page.locator("#username").fill(username)
        self.page.locator("#password").fill(password)
        self.page.locator("#login-submit").click()

    def enter_code(self, code: str) -> None:
        self.page.locator("#otp").fill(code)
        self.page.locator("#mfa-submit").click()

    def press(self, name: str) -> None:
        """Press the button or follow the link of this name."""
        button = self.page.get_by_role("button", name=name)
        button.or_(self.page.get_by_role("link", name=name)).first.click()

    def confirm_address(self) -> None:
        self.expect_text("We sent a code to")
        self.enter_code(self.site.mailed_code())

    def read_secret(self) -> str:
        """Type the key from the page into an app, as someone without a camera does."""
        href = self.page.locator('a[href^="otpauth:"]').first.get_attribute("href") or ""
        found = re.search(r"secret=([A-Z2-7]+)", href)
        assert found, "the page has no link to open the app"
        return found.group(1)

    def expect_heading(self, text: str) -> None:
        expect(self.page.locator("h1")).to_have_text(text)

    def expect_text(self, text: str) -> None:
        expect(self.page.get_by_text(text).first).to_be_visible()

    def answer(self) -> dict[str, str]:
        """Wait until the browser is back at the application; return what it brought.

        On the way it goes on past the page that says that a second step is set up.
        """
        back, done = self.page.locator("#back"), self.page.locator("#done-page")
        expect(back.or_(done)).to_be_visible()
        if done.is_visible():
            self.page.locator("[value=later]").click()
        expect(back).to_be_visible()
        return self.back.visits[-1]

    def claims(self, application: Application) -> dict[str, Any]:
        """Return the ID token's claims after the way back."""
        answer = self.answer()
        assert "code" in answer, answer
        token = self.site.redeem(application, answer["code"])
        assert token.status == 200, token.text
        return self.site.id_token(token.json["id_token"])

    def arrive(self) -> None:
        """Wait until the page that the last press leads to is there, whole."""
        expect(self.page.locator("html:not([data-left])")).to_have_count(1)
        self.page.wait_for_load_state()

    def violations(self, *rules: str) -> list[str]:
        """Return what axe-core finds against WCAG 2.2 AA on the page that the last press led to.

        With `rules`, only what these find: axe-core's names. A test that asks is left out where
        axe-core, a Node package, is not installed.
        """
        need("node")
        self.arrive()
        if not self.page.evaluate("typeof window.axe !== 'undefined'"):
            self.page.evaluate(AXE.read_text())
        only = {"type": "rule", "values": rules} if rules else {"type": "tag", "values": WCAG}
        found = self.page.evaluate(
            "only => window.axe.run(document, {runOnly: only, resultTypes: ['violations']})", only
        )
        return [
            f"{item['id']}: {node['html'][:160]}"
            for item in found["violations"]
            for node in item["nodes"]
        ]


@pytest.fixture
def back() -> Iterator[Callback]:
    """The application's return address."""
    with callback() as found:
        yield found


class Served:
    """One served installation after the other, each for as many tests as leave it as it was.

    A server takes seconds to start, and nearly every test only adds people and applications.
    """

    def __init__(self, folder: Path, **settings: str) -> None:
        self._folder = folder
        self._settings = settings
        self._running = ExitStack()
        self._site: Site | None = None
        self._number = 0

    def site(self) -> Site:
        """Return an installation that holds no one, at the present time."""
        if self._site is None or self._site.moved():
            self.close()
            self._site = self._start()
        else:
            self._site.begin_anew()
        return self._site

    def _start(self) -> Site:
        self._number += 1
        folder = self._folder / str(self._number)
        folder.mkdir()
        site = Site(folder, f"sqlite:///{folder / 'acrux.db'}", **self._settings)
        self._running.callback(site.close)
        self._running.enter_context(site.serve())
        return site

    def close(self) -> None:
        self._running.close()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """What serves the tests of a file."""
    found = Served(tmp_path_factory.mktemp("served"))
    yield found
    found.close()


@pytest.fixture
def live_site(served: Served) -> Site:
    """An installation on SQLite, served by a real worker process, that holds no one yet."""
    return served.site()


@pytest.fixture
def surfer(live_site: Site, chromium: Browser, back: Callback) -> Iterator[Surfer]:
    """A person with a fresh browser profile."""
    context = chromium.new_context(viewport={"width": 1280, "height": 800})
    yield Surfer(live_site, context, back)
    context.close()
