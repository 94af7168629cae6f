"""Every page of the console meets WCAG 2.2 AA, as far as axe-core can tell."""

from pathlib import Path

from playwright.sync_api import Browser

from tests import screenshots
from tests.browser.accessibility.looking import TEMPLATES, are_of_console, looked_at
from tests.support.stand_ins.callback import Callback
from tests.support.templates import pages


def test_no_page_of_the_console_has_an_accessibility_violation_or_overflows(
    tmp_path: Path, chromium: Browser, back: Callback, node: str
) -> None:
    found, seen = looked_at(screenshots.CONSOLES, tmp_path, chromium, back)
    assert found == []
    assert seen >= {one for one in pages(TEMPLATES) if are_of_console(one)}, (
        "every page has its place in one of the walks"
    )
