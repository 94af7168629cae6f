"""How answers travel: in the query, in the fragment, or by a form that posts itself."""

import re
import string
from collections.abc import Iterator
from typing import Any

import pytest

from tests.protocol.sign_ins import assert_redirect_error
from tests.support.site import REDIRECT_URI, Answer, Application, Browser, Site

QUERY = "https://app.example.org/cb?tenant=a%20b&x"
OPEN_QUERY = "https://app.example.org/cb?"
SCHEME = "com.example.app:/callback"
SLASHES = "com.example.app:///callback"
LOOPBACK = "http://127.0.0.1:5998/callback"
URIS = [REDIRECT_URI, QUERY, OPEN_QUERY, SCHEME, SLASHES, LOOPBACK]
MODES = ("query", "fragment", "form_post")
each_mode = pytest.mark.parametrize("mode", MODES)


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, Application]]:
    """One installation for all tests here that leave nothing behind but closed browsers."""
    folder = tmp_path_factory.mktemp("site")
    site = Site(folder, f"sqlite:///{folder / 'acrux.db'}")
    site.person("tane")
    yield site, site.application(redirect_uris=URIS)
    site.close()


def policy(answer: Answer, directive: str) -> str:
    """Return one directive of the Content-Security-Policy."""
    found = re.search(rf"{directive} ([^;]*)", answer.headers["Content-Security-Policy"])
    return found.group(1) if found else ""


def travelled(answer: Answer, mode: str) -> dict[str, str]:
    """Return the fields of an answer after checking that they came by `mode` and no other way."""
    found = {"query": answer.query, "fragment": answer.fragment, "form_post": answer.posted}
    assert [name for name, fields in found.items() if fields] == [mode], answer.location
    return found[mode]


def signed_in(ready: tuple[Site, Application], **changes: Any) -> tuple[Browser, Answer]:
    site, app = ready
    browser = site.browser()
    browser.authorize(app, **changes)
    return browser, browser.sign_in("tane")


@each_mode
def test_a_code_comes_in_the_mode_that_was_asked_for(
    ready: tuple[Site, Application], mode: str
) -> None:
    site, app = ready
    browser, answer = signed_in(ready, response_mode=mode)
    fields = travelled(answer, mode)
    assert fields.keys() - {"session_state"} == {"code", "state", "iss"}
    assert (fields["state"], fields["iss"]) == ("the-state", site.issuer)
    assert answer.headers["Cache-Control"] == "no-store"
    assert site.redeem(app, fields["code"]).status == 200
    silent = browser.authorize(app, response_mode=mode, prompt="none")
    assert site.redeem(app, travelled(silent, mode)["code"]).status == 200


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "a wrong scope": ({"scope": "profile"}, "invalid_scope"),
    "no response_type": ({"response_type": None}, "invalid_request"),
    "an unknown response_type": ({"response_type": "x"}, "unsupported_response_type"),
    "nobody there": ({"prompt": "none"}, "login_required"),
    "a registration": ({"registration": "{}"}, "registration_not_supported"),
}


@each_mode
@pytest.mark.parametrize(("changes", "error"), REFUSED.values(), ids=REFUSED)
def test_an_error_comes_in_the_mode_that_was_asked_for(
    ready: tuple[Site, Application], mode: str, changes: dict[str, Any], error: str
) -> None:
    site, app = ready
    answer = site.browser().authorize(app, response_mode=mode, **changes)
    assert_redirect_error(site, answer, error)
    travelled(answer, mode)


@each_mode
def test_a_person_who_gives_up_is_told_of_in_the_mode_that_was_asked_for(
    ready: tuple[Site, Application], mode: str
) -> None:
    site, app = ready
    browser = site.browser()
    browser.authorize(app, response_mode=mode)
    answer = browser.submit("/cancel")
    assert_redirect_error(site, answer, "access_denied")
    travelled(answer, mode)


@pytest.mark.parametrize("mode", ["pigeon", "query.jws", "FORM_POST", "form_post query", "é"])
def test_an_unknown_mode_is_told_in_the_query(ready: tuple[Site, Application], mode: str) -> None:
    site, app = ready
    answer = site.browser().authorize(app, response_mode=mode)
    assert_redirect_error(site, answer, "invalid_request")
    travelled(answer, "query")


def test_a_mode_given_twice_is_an_error_in_the_first_of_them(
    ready: tuple[Site, Application],
) -> None:
    site, app = ready
    browser = site.browser()
    path = "/authorize?response_mode=form_post&response_mode=query&" + "&".join(
        f"{name}={value}" for name, value in app.request().items()
    )
    answer = browser.open(path)
    assert_redirect_error(site, answer, "invalid_request")
    travelled(answer, "form_post")


SEPARATED = {
    ("query", QUERY): QUERY + "&",
    ("query", OPEN_QUERY): OPEN_QUERY,
    ("query", SCHEME): SCHEME + "?",
    ("query", SLASHES): SLASHES + "?",
    ("fragment", QUERY): QUERY + "#",
    ("fragment", SCHEME): SCHEME + "#",
    ("fragment", LOOPBACK): LOOPBACK + "#",
}


@pytest.mark.parametrize(("mode", "uri"), SEPARATED)
def test_a_return_address_is_kept_as_it_was_registered(
    ready: tuple[Site, Application], mode: str, uri: str
) -> None:
    site, app = ready
    begins = SEPARATED[mode, uri]
    _, answer = signed_in(ready, response_mode=mode, redirect_uri=uri)
    assert answer.location.startswith(begins + "code=")
    code = answer.fields["code"]
    assert site.redeem(app, code, redirect_uri=uri).status == 200
    refused = site.browser().authorize(app, response_mode=mode, redirect_uri=uri, scope="x")
    assert refused.location.startswith(begins + "error=invalid_scope&")


def test_form_post_posts_to_the_very_address_with_its_query(
    ready: tuple[Site, Application],
) -> None:
    _, answer = signed_in(ready, response_mode="form_post", redirect_uri=QUERY)
    action, _ = answer.form()
    assert action == QUERY


def test_form_post_to_a_private_use_scheme_is_refused_in_the_query(
    ready: tuple[Site, Application],
) -> None:
    """The systems that open such addresses carry no body to the application."""
    site, app = ready
    answer = site.browser().authorize(app, response_mode="form_post", redirect_uri=SCHEME)
    assert_redirect_error(site, answer, "invalid_request")
    travelled(answer, "query")


STATES = {
    "128 unreserved characters": ("-._~" + string.ascii_letters + string.digits) * 2,
    "every printable ASCII character": "".join(map(chr, range(0x20, 0x7F))),
    "markup": "\"><script>alert(1)</script><input value='",
    "entities and percent signs": "&amp;&#34;%22%3C&lt;",
    "a template": "{{ 7*7 }}{% raw %}",
    "an emoji and macrons": "āē🧭",
    "spaces around": "  x  ",
}


@pytest.mark.parametrize("state", STATES.values(), ids=STATES)
@each_mode
def test_state_comes_back_exactly(ready: tuple[Site, Application], mode: str, state: str) -> None:
    site, app = ready
    browser, answer = signed_in(ready, response_mode=mode, state=state)
    assert answer.fields["state"] == state
    assert "<script>alert" not in answer.text
    refused = browser.authorize(app, response_mode=mode, state=state, scope="x")
    assert_redirect_error(site, refused, "invalid_scope", state=state)


def test_the_page_of_form_post_is_never_kept_and_names_no_address(
    ready: tuple[Site, Application],
) -> None:
    _, answer = signed_in(ready, response_mode="form_post")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers.get_all("Referrer-Policy") == ["no-referrer"]
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert policy(answer, "script-src") == "'self'"
    assert policy(answer, "default-src") == "'none'"
    assert "onload" not in answer.text
    assert '<script src="/static/form_post.js' in answer.text
    assert ">Continue</button>" in answer.text


def test_the_page_of_form_post_stands_in_no_frame_but_silently_in_the_applications_own(
    ready: tuple[Site, Application],
) -> None:
    _, app = ready
    browser, answer = signed_in(ready, response_mode="form_post")
    assert policy(answer, "frame-ancestors") == "'none'"
    again = browser.authorize(app, response_mode="form_post")
    assert policy(again, "frame-ancestors") == "'none'"
    silent = browser.authorize(app, response_mode="form_post", prompt="none")
    assert silent.posted["code"]
    assert policy(silent, "frame-ancestors") == "http://localhost:5999"
    refused = browser.authorize(
        app, response_mode="form_post", prompt="none", scope="x", redirect_uri=QUERY
    )
    assert policy(refused, "frame-ancestors") == "https://app.example.org"


def test_a_form_may_go_on_to_wherever_the_application_sends_the_browser_next(
    ready: tuple[Site, Application],
) -> None:
    """Browsers would hold every redirect of the application to a policy of ours, too."""
    for uri in (REDIRECT_URI, QUERY):
        _, answer = signed_in(ready, response_mode="form_post", redirect_uri=uri)
        assert "form-action" not in answer.headers["Content-Security-Policy"]
        assert answer.form()[0] == uri
