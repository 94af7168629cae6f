"""Answers by form_post in a real browser: exact, without a click, and silently in a frame."""

from collections.abc import Iterator
from urllib.parse import parse_qs, urlencode

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import Surfer
from tests.support.site import Application
from tests.support.stand_ins.listener import Listener, QuietHandler

STATE = "".join(map(chr, range(0x20, 0x7F))) + "āē🧭&amp;%22"


class Receiver(Listener):
    """An application that takes answers at one address and goes on at another."""

    def __init__(self) -> None:
        self.posts: list[dict[str, list[str]]] = []
        self.frame = ""
        receiver = self

        class Handler(QuietHandler):
            def do_POST(self) -> None:
                assert self.headers["Content-Type"] == "application/x-www-form-urlencoded"
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                receiver.posts.append(parse_qs(body))
                self.send_response(303)
                self.send_header("Location", f"http://127.0.0.1:{receiver.port}/home")
                self.end_headers()

            def do_GET(self) -> None:
                page = '<h1 id="home">Home</h1>'
                if self.path == "/frame":
                    page = f'<iframe id="inner" src="{receiver.frame}"></iframe>'
                self.show(f"<!doctype html><title>Application</title>{page}".encode())

        super().__init__(Handler)
        self.origin = f"http://localhost:{self.port}"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as found:
        yield found


def application(surfer: Surfer, receiver: Receiver) -> Application:
    surfer.site.person("aroha")
    return surfer.site.application(redirect_uris=[receiver.origin + "/callback?tenant=7"])


def test_the_answer_posts_itself_and_the_state_is_exact(surfer: Surfer, receiver: Receiver) -> None:
    app = application(surfer, receiver)
    surfer.start(app, response_mode="form_post", state=STATE)
    surfer.sign_in("aroha")
    expect(surfer.page.locator("#home")).to_be_visible()
    (fields,) = receiver.posts
    assert fields["state"] == [STATE]
    assert fields["iss"] == [surfer.site.issuer]
    assert surfer.site.redeem(app, fields["code"][0]).status == 200


def test_without_javascript_a_button_does_it(
    surfer: Surfer, receiver: Receiver, chromium: Browser
) -> None:
    app = application(surfer, receiver)
    context = chromium.new_context(java_script_enabled=False)
    plain = Surfer(surfer.site, context, surfer.back)
    plain.start(app, response_mode="form_post", state=STATE)
    plain.sign_in("aroha")
    plain.expect_heading("One moment")
    plain.press("Continue")
    expect(plain.page.locator("#home")).to_be_visible()
    assert receiver.posts[0]["state"] == [STATE]
    context.close()


def test_a_silent_answer_posts_itself_out_of_a_frame(surfer: Surfer, receiver: Receiver) -> None:
    app = application(surfer, receiver)
    surfer.start(app, response_mode="form_post")
    surfer.sign_in("aroha")
    expect(surfer.page.locator("#home")).to_be_visible()
    query = urlencode(app.request(response_mode="form_post", prompt="none", state="silent"))
    receiver.frame = f"{surfer.site.issuer}/authorize?{query}"
    surfer.page.goto(receiver.origin + "/frame")
    expect(surfer.page.frame_locator("#inner").locator("#home")).to_be_visible()
    assert receiver.posts[-1]["state"] == ["silent"]
    assert "code" in receiver.posts[-1]


def test_an_answer_that_a_person_waited_for_stands_in_no_frame(
    surfer: Surfer, receiver: Receiver
) -> None:
    app = application(surfer, receiver)
    surfer.start(app, response_mode="form_post")
    surfer.sign_in("aroha")
    expect(surfer.page.locator("#home")).to_be_visible()
    query = urlencode(app.request(response_mode="form_post"))
    receiver.frame = f"{surfer.site.issuer}/authorize?{query}"
    with surfer.page.expect_console_message(lambda message: "frame-ancestors" in message.text):
        surfer.page.goto(receiver.origin + "/frame")
    assert len(receiver.posts) == 1
