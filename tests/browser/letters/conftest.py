"""The readers of the letters: their device, their language, and the installation they meet."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from idp import language
from idp.language import Text
from tests.browser.conftest import Served, Surfer
from tests.support.site import Application, Site
from tests.support.stand_ins.callback import Callback

SUPPORT = {
    "brand__support_email": "support@healthsafe.example",
    "brand__support_phone": "0800 123 456",
    "brand__support_hours": "8 to 6",
}


@dataclass(frozen=True)
class Reading:
    """How the letters' readers come: the window, and the language of the browser."""

    name: str
    language: str
    width: int
    height: int
    touch: bool


READINGS = (
    Reading("desktop-en", "en", 1280, 800, touch=False),
    Reading("phone-de", "de", 360, 740, touch=True),
)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, brand: str) -> Iterator[Served]:
    """An installation with the letter's name, in its zone, with a support team."""
    settings = {"brand__name": brand, "brand__time_zone": "Pacific/Auckland", **SUPPORT}
    found = Served(tmp_path_factory.mktemp("letters"), **settings)
    yield found
    found.close()


class Reader(Surfer):
    """A customer who has read the letter, in one language."""

    spoken = "en"
    app: Application

    def says(self, text: Text) -> str:
        """Return a text as this reader is to read it."""
        with language.speaking(self.spoken):
            return str(text)

    def expect_said(self, text: Text) -> None:
        self.expect_text(self.says(text))

    def comes(self, name: str, application: Application, **changes: Any) -> None:
        """Go to the login screen as usual, and enter user name and password."""
        self.start(application, **changes)
        self.sign_in(name)

    def choose(self, method: str) -> None:
        self.page.locator(f"#choose-{method}").click()

    def check_that_it_is_me(self) -> None:
        expect(self.page.locator("#otp")).to_be_visible()
        self.enter_code(self.site.mailed_code())


@pytest.fixture(params=READINGS, ids=lambda reading: reading.name)
def reader(
    request: pytest.FixtureRequest, live_site: Site, chromium: Browser, back: Callback
) -> Iterator[Reader]:
    """Someone who comes with one of the devices."""
    how: Reading = request.param
    context = chromium.new_context(
        viewport={"width": how.width, "height": how.height},
        locale=how.language,
        has_touch=how.touch,
    )
    found = Reader(live_site, context, back)
    found.spoken = how.language
    yield found
    assert found.page.evaluate("document.documentElement.scrollWidth") <= how.width
    context.close()
