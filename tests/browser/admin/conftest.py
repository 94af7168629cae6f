"""Someone at the console, on a desktop with JavaScript and on a telephone without."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import Surfer
from tests.support.site import Site
from tests.support.stand_ins.callback import Callback

SIZES = {"desktop": (1280, 800), "telephone without JavaScript": (360, 740)}


class Planner(Surfer):
    """Someone who runs the installation, with an authenticator app."""

    secret = ""

    def enters(self, *roles: str, part: str = "rollout/") -> None:
        """Sign in to a part of the console with a second step."""
        self.secret = self.site.secret()
        self.site.person("mara", totp=self.secret, roles=frozenset(roles))
        self.page.goto(f"{self.site.issuer}/admin/{part}")
        self.sign_in("mara")
        self.enter_code(self.site.code(self.secret))

    def shows(self, name: str, text: str) -> None:
        """Expect the element of this id to say so."""
        expect(self.page.locator(f"#{name}")).to_contain_text(text)

    def click(self, name: str) -> None:
        self.page.locator(f"#{name}").click()


@pytest.fixture(params=SIZES)
def planner(
    request: pytest.FixtureRequest, live_site: Site, chromium: Browser, back: Callback
) -> Iterator[Planner]:
    width, height = SIZES[request.param]
    context = chromium.new_context(
        viewport={"width": width, "height": height},
        java_script_enabled="without" not in request.param,
    )
    yield Planner(live_site, context, back)
    context.close()
