"""The wait for a new text message in a real browser: counted down, and gone when it is over."""

import re

from playwright.sync_api import expect

from tests.browser.conftest import Surfer

HINT = "[data-wait]"


def test_the_wait_for_a_new_code_is_counted_down(surfer: Surfer) -> None:
    surfer.site.person("mere", sms=True)
    surfer.start(surfer.application())
    surfer.sign_in("mere")
    surfer.press("Send SMS to")
    hint = surfer.page.locator(HINT)
    expect(hint).to_have_text(re.compile("You can ask for a new code in [23][0-9] seconds"))
    expect(hint).to_have_text(re.compile("in 2[0-8] seconds"), timeout=10_000)
    assert surfer.violations() == []
    surfer.site.advance(28)
    surfer.page.reload()
    expect(hint).to_have_count(0, timeout=10_000)
    surfer.press("Send a new code")
    expect(hint).to_have_text(re.compile("in (60|5[0-9]) seconds"))
