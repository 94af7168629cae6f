"""The session's frame and the frames of a sign-out, in a real browser."""

import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import Surfer
from tests.support.site import Application
from tests.support.stand_ins.listener import Listener, QuietHandler

# What an application's page does (section 3.1): it asks the frame, and keeps the answers.
WATCHING = """<!doctype html><html lang="en"><title>Application</title><h1 id="back">Here</h1>
<script>
  const answers = [];
  addEventListener("message", (event) => answers.push([event.origin, event.data]));
</script>
<iframe id="op" src="ISSUER/session/check"></iframe></html>"""
ASK = """async ([question, issuer]) => {
  const before = answers.length;
  document.getElementById("op").contentWindow.postMessage(question, issuer);
  while (answers.length === before) await new Promise((done) => setTimeout(done, 20));
  return answers[answers.length - 1];
}"""


class Party(Listener):
    """An application with a page that watches, a page that signs out, and one that hangs."""

    def __init__(self) -> None:
        self.visits: list[str] = []
        self.issuer = ""
        self.ending = threading.Event()
        party = self

        class Handler(QuietHandler):
            def do_GET(self) -> None:
                party.visits.append(self.path)
                if self.path.startswith("/hanging"):
                    party.ending.wait(20)
                self.show(WATCHING.replace("ISSUER", party.issuer).encode())

        super().__init__(Handler)
        self.origin = f"http://localhost:{self.port}"

    def __exit__(self, *error: object) -> None:
        self.ending.set()
        super().__exit__(*error)


@pytest.fixture
def party(surfer: Surfer) -> Iterator[Party]:
    with Party() as found:
        found.issuer = surfer.site.issuer
        yield found


def register(surfer: Surfer, party: Party, client_id: str = "app", **data: Any) -> Application:
    data.setdefault("redirect_uris", [party.origin + "/callback"])
    data.setdefault("post_logout_redirect_uris", [party.origin + "/bye"])
    return surfer.site.application(client_id, **data)


def sign_in(surfer: Surfer, app: Application, name: str = "aroha") -> dict[str, str]:
    """Sign in and come back to the watching page; return what it was sent."""
    surfer.start(app)
    surfer.sign_in(name)
    expect(surfer.page.locator("#back")).to_be_visible()
    return dict(parse_qsl(urlsplit(surfer.page.url).query))


def ask(surfer: Surfer, question: Any) -> str:
    """Ask the frame; return its answer."""
    surfer.page.frame_locator("#op").locator("body").wait_for(state="attached")
    origin, answer = surfer.page.evaluate(ASK, [question, surfer.site.issuer])
    assert origin == surfer.site.issuer
    return str(answer)


def test_the_frame_says_unchanged_until_the_session_changes(surfer: Surfer, party: Party) -> None:
    surfer.site.person("aroha")
    question = "app " + sign_in(surfer, register(surfer, party))["session_state"]
    assert [ask(surfer, question) for _ in range(2)] == ["unchanged"] * 2
    elsewhere = surfer.context.new_page()
    elsewhere.goto(f"{surfer.site.issuer}/end_session")
    elsewhere.locator("#logout-confirm").click()
    expect(elsewhere.locator("#logged-out")).to_be_visible()
    assert ask(surfer, question) == "changed"


def test_another_person_in_the_same_browser_is_a_change(surfer: Surfer, party: Party) -> None:
    surfer.site.person("aroha")
    surfer.site.person("hemi")
    app = register(surfer, party)
    first = "app " + sign_in(surfer, app)["session_state"]
    surfer.start(app, prompt="login")
    surfer.press("Use another account")
    surfer.sign_in("hemi")
    expect(surfer.page.locator("#back")).to_be_visible()
    second = "app " + dict(parse_qsl(urlsplit(surfer.page.url).query))["session_state"]
    assert ask(surfer, first) == "changed"
    assert ask(surfer, second) == "unchanged"


def test_what_the_frame_does_not_understand_is_an_error(surfer: Surfer, party: Party) -> None:
    surfer.site.person("aroha")
    state = sign_in(surfer, register(surfer, party))["session_state"]
    half = f"app {state.partition('.')[0]}"
    questions: tuple[Any, ...] = ("", "app", state, half, "app x.y.z", 7, None, {})
    for question in questions:
        assert ask(surfer, question) == "error", question
    assert ask(surfer, f"other {state}") == "changed"


def test_a_session_state_of_another_origin_says_nothing(surfer: Surfer, party: Party) -> None:
    surfer.site.person("aroha")
    question = "app " + sign_in(surfer, register(surfer, party))["session_state"]
    surfer.page.goto(party.origin.replace("localhost", "127.0.0.1") + "/page")
    assert ask(surfer, question) == "changed"


def test_a_sign_out_loads_every_frame_and_then_goes_on(surfer: Surfer, party: Party) -> None:
    surfer.site.person("aroha")
    app = register(surfer, party, frontchannel_logout_uri=party.origin + "/out")
    other = register(surfer, party, "two", frontchannel_logout_uri=party.origin + "/out-too")
    answer = sign_in(surfer, app)
    surfer.start(other)
    expect(surfer.page.locator("#back")).to_be_visible()
    token = surfer.site.redeem(app, answer["code"]).json["id_token"]
    bye = f"{party.origin}/bye"
    surfer.page.goto(
        f"{surfer.site.issuer}/end_session?id_token_hint={token}"
        f"&post_logout_redirect_uri={bye}&state=a%22b%3C"
    )
    surfer.page.wait_for_url(f"{bye}?**")
    assert dict(parse_qsl(urlsplit(surfer.page.url).query)) == {"state": 'a"b<'}
    sid = surfer.site.id_token(token)["sid"]
    for path in ("/out?", "/out-too?"):
        (visit,) = [seen for seen in party.visits if seen.startswith(path)]
        told = dict(parse_qsl(urlsplit(visit).query))
        assert told == {"iss": surfer.site.issuer, "sid": sid}


def leave(surfer: Surfer, party: Party, app: Application) -> None:
    """Sign in, then open the address by which the application signs out."""
    answer = sign_in(surfer, app)
    token = surfer.site.redeem(app, answer["code"]).json["id_token"]
    surfer.page.goto(
        f"{surfer.site.issuer}/end_session?id_token_hint={token}"
        f"&post_logout_redirect_uri={party.origin}/bye",
        wait_until="commit",
    )


def test_a_frame_that_hangs_holds_nobody_for_more_than_moments(
    surfer: Surfer, party: Party
) -> None:
    surfer.site.person("aroha")
    app = register(surfer, party, frontchannel_logout_uri=party.origin + "/hanging")
    leave(surfer, party, app)
    surfer.page.wait_for_url(f"{party.origin}/bye", timeout=8000)


@pytest.mark.parametrize("path", ["/out", "/hanging"])
def test_without_javascript_the_browser_goes_on_too(
    surfer: Surfer, party: Party, chromium: Browser, path: str
) -> None:
    """By itself once the frames are loaded, and by a link when one never is."""
    surfer.site.person("aroha")
    app = register(surfer, party, frontchannel_logout_uri=party.origin + path)
    context = chromium.new_context(java_script_enabled=False)
    visitor = Surfer(surfer.site, context, surfer.back)
    leave(visitor, party, app)
    if path == "/hanging":
        visitor.press("Continue to the application")
    visitor.page.wait_for_url(f"{party.origin}/bye", timeout=8000)
    assert any(seen.startswith(path) for seen in party.visits)
    context.close()


def test_the_page_that_waits_is_accessible(surfer: Surfer, party: Party) -> None:
    surfer.site.person("aroha")
    app = register(surfer, party, frontchannel_logout_uri=party.origin + "/out")
    sign_in(surfer, app)
    surfer.page.goto(f"{surfer.site.issuer}/end_session")
    surfer.page.locator("#logout-confirm").click()
    surfer.expect_heading("Signed out")
    assert surfer.violations() == []
