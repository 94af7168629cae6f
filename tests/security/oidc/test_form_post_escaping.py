"""Whatever a state is made of, the page of form_post carries it exactly and runs none of it."""

from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.site import Application, Browser, Site

QUERY = "https://app.example.org/cb?a=1&lt=2&copy=3&x='y'"
MARKUP = st.sampled_from(
    ['"', "'", "<", ">", "&", "&quot;", "&#x22;", "</form>", "<script>", "-->", "{{", "%22", "\\"]
)
STATES = st.lists(
    MARKUP | st.characters(exclude_categories=("Cc", "Cs")), min_size=1, max_size=60
).map("".join)


class Page(HTMLParser):
    """What a browser would find: forms, fields, scripts, and any attribute that runs a script."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.actions: list[str] = []
        self.fields: dict[str, str] = {}
        self.scripts: list[str] = []
        self.events: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.events += [name for name in found if name.startswith("on")]
        if tag == "form":
            self.actions.append(found.get("action", ""))
        elif tag == "input":
            self.fields[found["name"]] = found["value"]
        elif tag == "script":
            self.scripts.append(found.get("src", "inline"))


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Browser, Application]]:
    folder = tmp_path_factory.mktemp("site")
    site = Site(folder, f"sqlite:///{folder / 'acrux.db'}")
    yield site.browser(), site.application(redirect_uris=[QUERY])
    site.close()


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(state=STATES)
def test_every_printable_state_is_carried_and_none_is_markup(
    ready: tuple[Browser, Application], state: str
) -> None:
    browser, app = ready
    answer = browser.authorize(app, response_mode="form_post", prompt="none", state=state)
    page = Page(answer.text)
    assert page.actions == [QUERY]
    assert page.fields["state"] == state
    assert page.fields.keys() - {"session_state"} == {"error", "error_description", "state", "iss"}
    assert page.events == []
    assert all(source.startswith("/static/") for source in page.scripts)


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(state=STATES, mode=st.sampled_from(["query", "fragment"]))
def test_every_printable_state_stays_in_its_place_in_an_address(
    ready: tuple[Browser, Application], state: str, mode: str
) -> None:
    browser, app = ready
    answer = browser.authorize(app, response_mode=mode, prompt="none", state=state)
    sign = "&" if mode == "query" else "#"
    assert answer.location.startswith(QUERY + sign + "error=login_required&")
    assert answer.location.count("#") == (mode == "fragment")
    assert answer.fields["state"] == state


@pytest.mark.parametrize("character", [*map(chr, range(0x20)), "\x7f"])
def test_a_control_character_in_a_state_is_an_error_and_breaks_nothing(
    ready: tuple[Browser, Application], character: str
) -> None:
    browser, app = ready
    for mode in ("query", "fragment", "form_post"):
        answer = browser.authorize(app, response_mode=mode, state=f'a{character}"b')
        assert answer.fields["error"] == "invalid_request"
        assert "\n" not in answer.location
