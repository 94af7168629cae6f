"""Where an application leads on from its https callback is no business of our policy."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import Surfer
from tests.support.programs.https import Answer, HttpsServer, Received, https_server
from tests.support.site import Application, Site
from tests.support.stand_ins.callback import Callback


class Party:
    """An application behind TLS that answers its callback with a redirect to `then`."""

    def __init__(self, surfer: Surfer, server: HttpsServer) -> None:
        self.surfer = surfer
        self.server = server
        self.then = ""
        self.complaints: list[str] = []
        surfer.page.on("console", lambda message: self.complaints.append(message.text))
        self.called = threading.Event()
        for path in ("/callback", "/bye"):
            server.routes[path] = self._leads_on

    def _leads_on(self, _request: Received) -> Answer:
        self.called.set()
        return Answer(status=302, headers={"Location": self.then})

    def register(self, **data: Any) -> Application:
        return self.surfer.site.application(
            redirect_uris=[self.server.url("/callback")],
            post_logout_redirect_uris=[self.server.url("/bye")],
            **data,
        )


@pytest.fixture
def party(live_site: Site, chromium: Browser, back: Callback, tmp_path: Path) -> Iterator[Party]:
    context = chromium.new_context(ignore_https_errors=True)
    with https_server({}, tmp_path) as server:
        yield Party(Surfer(live_site, context, back), server)
    context.close()


@pytest.mark.parametrize("mode", ["query", "fragment", "form_post"])
def test_an_https_callback_may_go_on_to_http(party: Party, mode: str) -> None:
    surfer = party.surfer
    surfer.site.person("tane")
    party.then = surfer.back.url + "?arrived=yes"
    surfer.start(party.register(), response_mode=mode)
    surfer.sign_in("tane")
    assert surfer.answer() == {"arrived": "yes"}
    assert not [text for text in party.complaints if "form-action" in text]


@pytest.mark.parametrize("mode", ["query", "form_post"])
def test_an_https_callback_may_open_an_app(party: Party, mode: str) -> None:
    """This browser has no such app and says nothing of it; ours is all that could complain."""
    surfer = party.surfer
    surfer.site.person("tane")
    party.then = "com.example.app:/signed-in"
    surfer.start(party.register(), response_mode=mode)
    surfer.sign_in("tane")
    assert party.called.wait(20)
    # What the browser made of the application's answer is told before another page is there.
    surfer.page.goto(surfer.back.url)
    expect(surfer.page.locator("#back")).to_be_visible()
    assert not [text for text in party.complaints if "form-action" in text], party.complaints


def test_an_app_is_gone_on_to_at_once_and_by_a_click(party: Party) -> None:
    surfer = party.surfer
    surfer.site.person("tane")
    app = surfer.site.application(public=True, redirect_uris=["com.example.app:/callback"])
    surfer.start(app)
    surfer.sign_in("tane")
    surfer.page.locator("#consent-allow").click()
    link = surfer.page.locator("#onward-continue")
    expect(link).to_be_visible()
    address = link.get_attribute("href") or ""
    assert address.startswith("com.example.app:/callback?code=")
    assert not [text for text in party.complaints if "form-action" in text], party.complaints


def test_signing_out_leads_on_as_well(party: Party) -> None:
    surfer = party.surfer
    surfer.site.person("tane")
    app = party.register()
    party.then = surfer.back.url
    surfer.start(app)
    surfer.sign_in("tane")
    surfer.answer()
    back = party.server.url("/bye")
    party.then = surfer.back.url + "?out=yes"
    surfer.page.goto(
        f"{surfer.site.issuer}/end_session?client_id=app&post_logout_redirect_uri={back}"
    )
    surfer.expect_text("You are signed in as")
    surfer.page.locator("#logout-confirm").click()
    expect(surfer.page.locator("#back")).to_be_visible()
    assert surfer.back.visits[-1] == {"out": "yes"}


def test_signing_out_by_frames_goes_on_once_however_slow_the_application_is(party: Party) -> None:
    """A state that arrives twice is one that the application does not know any more."""
    surfer, server = party.surfer, party.server
    surfer.site.person("tane")
    app = party.register(frontchannel_logout_uri=server.url("/out"))
    party.then = surfer.back.url
    surfer.start(app)
    surfer.sign_in("tane")
    surfer.answer()
    html = {"Content-Type": "text/html"}

    def slowly(_request: Received) -> Answer:
        # Longer than the page with the frames waits in any case.
        server.ending.wait(4)
        return Answer(b"<!doctype html><title>Bye</title><h1>Bye</h1>", headers=html)

    server.routes["/out"] = Answer(b"<!doctype html><title>Out</title>", headers=html)
    server.routes["/bye"] = slowly
    surfer.page.goto(
        f"{surfer.site.issuer}/end_session?client_id=app&state=s"
        f"&post_logout_redirect_uri={server.url('/bye')}"
    )
    surfer.page.locator("#logout-confirm").click()
    surfer.expect_heading("Bye")
    paths = [request.path.partition("?")[0] for request in server.requests]
    assert (paths.count("/out"), paths.count("/bye")) == (1, 1)
