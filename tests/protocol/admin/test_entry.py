"""Every page of the console is for people with a role; a new one is found by its address."""

import pytest

from tests.support.site import Answer, Browser, Site

NAMED = {
    "ending": "csv",
    "jti": "none",
    "interaction": "none",
    "interaction_id": "none",
    "question_id": "1",
    "stage_id": "staff",
    "person_id": "none",
    "sub": "none",
    "job": "none",
    "method": "totp",
    "client_id": "none",
    "api_id": "none",
    "message": "none",
    "deed": "stop",
    "letter": "every",
    "spoken": "en",
    "kind": "new-device",
}
"""A value for each name in an address."""


def addresses(site: Site) -> list[tuple[str, str]]:
    """Return every method and path below /admin/."""
    found = []
    adapter = site.app.url_map.bind("")
    for rule in site.app.url_map.iter_rules():
        if rule.endpoint.startswith("admin."):
            values = {name: NAMED[name] for name in rule.arguments}
            for verb in (rule.methods or set()) & {"GET", "POST"}:
                found.append((verb, adapter.build(rule.endpoint, values, verb)))
    return sorted(found)


def _asked(browser: Browser, verb: str, path: str) -> Answer:
    return browser.get(path) if verb == "GET" else browser.post(path)


@pytest.mark.slow
def test_no_page_is_for_people_without_a_role(small_site: Site) -> None:
    secret = small_site.secret()
    small_site.person("tane", totp=secret, roles=frozenset({"gardener"}))
    browser = small_site.browser()
    browser.open("/account/")
    browser.sign_in("tane")
    browser.totp(secret)
    browser.open("/account/password")
    assert browser.at.csrf
    found = addresses(small_site)
    assert ("GET", "/admin/audit/export.csv") in found
    for verb, path in found:
        answer = _asked(browser, verb, path)
        assert (answer.status, answer.heading) == (403, "This page is not for your account"), path
