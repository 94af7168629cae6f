"""Someone who is asked to set up a second step."""

import re

from tests.support.site import MFA, Answer, Application, Browser, Site

CONFIRM, CHOOSE = "First we check that it is you", "Set up a second step"
TYPE_IT = "Enter the code from a text message"
APP, TEXTS = "Set up your authenticator app", "Set up text messages"
REFUSED = "You cannot sign in yet"
UNMET = "unmet_authentication_requirements"
RISKS = "an app is safer: someone could take over your number or talk you out of a code"
WARNING = (
    "If a code arrives and you were not signing in, someone may know your password. Change it."
)
"""What is said of a restricted authenticator (SP 800-63B-4 3.2.9)."""


def begin(site: Site, app: Application, name: str = "aroha") -> tuple[Browser, Answer]:
    """Sign in where a second step is needed that `name` does not have."""
    browser = site.browser()
    browser.authorize(app, claims=app.essential(MFA))
    return browser, browser.sign_in(name)


def base_of(browser: Browser) -> str:
    return "/".join(browser.at.url.split("/")[:3])


def secret_of(page: Answer) -> str:
    found = re.search(r"secret=([A-Z2-7]{32})", page.text)
    assert found, page.heading
    return found.group(1)


def confirmed(site: Site, browser: Browser) -> Answer:
    """Type the code that was sent to the address."""
    return browser.submit("/enrol/proof", code=site.mailed_code())


def step_note(page: Answer) -> str:
    found = re.search(r'class="step-note">([^<]*)<', page.text)
    return found[1] if found else ""
