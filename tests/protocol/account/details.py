"""A person who changes name, address or number on the account page, as several tests need one."""

from typing import Any

from idp.store import people
from idp.store.people import PersonRow
from tests.support.browser import InProcess
from tests.support.site import Answer, Browser, Site

DETAILS = "/account/details"
EMAIL, PHONE = f"{DETAILS}/email", f"{DETAILS}/phone"
NEW_EMAIL, NEW_PHONE = "new@example.org", "+64217654321"
SHOWN = "Your details"
PROVE_ADDRESS, PROVE_NUMBER = "Confirm your e-mail address", "Confirm your mobile number"


def profile(site: Site, name: str = "mere") -> PersonRow:
    with site.work() as work:
        found = people.by_name(work, name)
    assert found
    return found


def signed_in(site: Site, secret: str | None = None, name: str = "mere") -> Browser:
    """Return the browser of someone who sees the details."""
    browser = site.browser()
    browser.open(DETAILS)
    browser.sign_in(name)
    if secret is not None:
        browser.totp(secret)
    if browser.at.url.endswith("/sms"):
        text(site, browser)
    assert browser.at.heading == SHOWN, browser.at.text
    return browser


def text(site: Site, browser: Browser) -> Answer:
    """Sign in with a text message to the number that is there."""
    browser.submit("/sms/send")
    return browser.submit("/sms", code=site.texted_code())


def wish(browser: Browser, path: str, value: str) -> Answer:
    """Type a new address or number."""
    browser.open(path)
    return browser.submit(path, value=value)


def code(site: Site, channel: str) -> str:
    """Return the newest code that went to a new address or number."""
    assert site.installation.post.settle(30)
    kind = "new-address-code" if channel == "mail" else "new-number-code"
    return site._newest_code(channel, kind)


def change(site: Site, browser: Browser, path: str, value: str) -> Answer:
    """Go all the way."""
    wish(browser, path, value)
    browser.submit("/contact/send")
    return browser.submit("/contact", code=code(site, "mail" if path == EMAIL else "sms"))


def changed(site: Site, kind: str) -> list[Any]:
    return site.events(kind=f"person:{kind}:changed")


def chosen_here(browser: Browser) -> str | None:
    """Return the language that this browser remembers."""
    assert isinstance(browser.http, InProcess)
    cookie = browser.http._client.get_cookie("acrux-language")
    return cookie.value if cookie else None
