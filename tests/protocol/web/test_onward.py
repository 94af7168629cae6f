"""After a form of ours the browser goes on by a page: its policy reaches no application."""

import re
from html import unescape

import pytest

from tests.protocol.sign_ins import signed_in
from tests.support.site import PASSWORD, Answer, Browser, Site

READS_PAGES = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
SCHEME = "com.example.app:/callback"


def finished(browser: Browser, answer: Answer) -> Answer:
    """Follow the redirects after a form to their end, as a browser that shows pages."""
    while answer.location.startswith("/"):
        answer = browser.http.send("GET", answer.location, headers=READS_PAGES)
    return answer


def sent_on(answer: Answer) -> str:
    """Return where the page goes by itself, and by a click."""
    assert (answer.status, answer.heading) == (200, "One moment")
    seconds, _, address = answer.headers["Refresh"].partition(";url=")
    link = re.search(r'href="([^"]*)"\s+id="onward-continue"', answer.text)
    assert link
    assert (seconds, address) == ("0", unescape(link.group(1)))
    assert "form-action 'self';" in answer.headers["Content-Security-Policy"]
    assert "<script" not in answer.text.partition("</head>")[2]
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"
    return address


def password(browser: Browser) -> Answer:
    action, fields = browser.at.form("/password")
    fields |= {"username": "tane", "password": PASSWORD}
    return browser.http.send("POST", action, fields)


@pytest.mark.parametrize(("mode", "sign"), [("query", "?"), ("fragment", "#")])
def test_a_code_leaves_by_a_page_after_a_form(small_site: Site, mode: str, sign: str) -> None:
    small_site.person("tane")
    app = small_site.application()
    browser = small_site.browser()
    browser.authorize(app, response_mode=mode)
    address = sent_on(finished(browser, password(browser)))
    assert address.startswith(f"{app.redirect_uri}{sign}code=")
    assert "state=the-state" in address
    code = re.search(r"code=([^&]+)", address)
    assert code
    assert small_site.redeem(app, code.group(1)).status == 200


def test_an_error_leaves_by_a_page_after_a_form(small_site: Site) -> None:
    app = small_site.application(redirect_uris=[SCHEME], public=True)
    browser = small_site.browser()
    browser.authorize(app)
    action, fields = browser.at.form("/cancel")
    answer = finished(browser, browser.http.send("POST", action, fields))
    assert sent_on(answer).startswith(f"{SCHEME}?error=access_denied")


def test_without_a_form_there_is_no_page(small_site: Site) -> None:
    small_site.person("tane")
    app = small_site.application()
    browser = signed_in(small_site, app)
    query = "&".join(f"{name}={value}" for name, value in app.request().items())
    answer = browser.http.send("GET", f"/authorize?{query}", headers=READS_PAGES)
    assert (answer.status, "code" in answer.query) == (303, True)


def test_whoever_reads_no_pages_is_redirected(small_site: Site) -> None:
    small_site.person("tane")
    assert signed_in(small_site, small_site.application()).at.status == 303


@pytest.mark.slow
def test_the_answer_by_form_post_may_lead_anywhere(small_site: Site) -> None:
    """Its form has no address but the registered one: that is where the policy would stand."""
    small_site.person("tane")
    app = small_site.application()
    browser = small_site.browser()
    browser.authorize(app, response_mode="form_post")
    answer = finished(browser, password(browser))
    assert answer.posted["code"]
    assert "form-action" not in answer.headers["Content-Security-Policy"]


def test_no_page_of_a_sign_in_lets_a_form_leave(small_site: Site) -> None:
    uris = [SCHEME, "http://127.0.0.1/cb", "https://app.example.org/cb"]
    app = small_site.application(redirect_uris=uris, application_type="native")
    for uri in uris:
        page = small_site.browser().authorize(app, redirect_uri=uri)
        assert "form-action 'self';" in page.headers["Content-Security-Policy"]


def test_a_confirmed_sign_out_leaves_by_a_page(small_site: Site) -> None:
    small_site.person("tane")
    app = small_site.application(post_logout_redirect_uris=["https://app.example.org/bye"])
    browser = signed_in(small_site, app)
    browser.open(
        "/end_session",
        client_id=app.client_id,
        post_logout_redirect_uri="https://app.example.org/bye",
        state="s",
    )
    action, fields = browser.at.form("/end_session")
    answer = browser.http.send("POST", action, fields, READS_PAGES)
    assert sent_on(answer) == "https://app.example.org/bye?state=s"
