"""/authorize by the straight way: the answer that Flask would give, for whatever a browser asks."""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from idp.audit import Event
from idp.oidc.vocabulary import PARAMETERS
from tests.protocol.sign_ins import signed_in
from tests.protocol.web.ways import Ways
from tests.support.site import MFA, REDIRECT_URI, Application, Browser, Site

DAY = 86400
LANE, FLASK = True, False


@dataclass
class Asked:
    """A browser in which somebody has signed in, asking again by both ways."""

    ways: Ways
    browser: Browser
    hint: str
    other_hint: str
    apps: dict[str, Application]

    @property
    def cookies(self) -> dict[str, str]:
        return self.browser.http.cookies()

    def headers(self, **cookies: str | None) -> dict[str, str]:
        found = {k: v for k, v in {**self.cookies, **cookies}.items() if v is not None}
        return {"Cookie": "; ".join(f"{name}={value}" for name, value in found.items())}

    def path(self, app: str = "app", **changes: Any) -> str:
        known = {"HINT": self.hint, "OTHER": self.other_hint}
        given = {name: known.get(value, value) for name, value in changes.items()}
        return f"/authorize?{urlencode(self.apps[app].request(**given))}"


@pytest.fixture
def asked(site: Site) -> Asked:
    site.person("tane")
    site.person("mere")
    apps = {
        "app": site.application(scope="openid profile email offline_access"),
        "strict": site.application("strict", first_party=False),
        "floor": site.application("floor", min_acr=MFA),
        "phone": site.application("phone", public=True, redirect_uris=["com.example:/x?y=1"]),
        "pairwise": site.application("pairwise", subject_type="pairwise"),
        "stranger": site.application("stranger", self_registered=True),
    }
    hints = []
    for name in ("mere", "tane"):
        browser = signed_in(site, apps["app"], name)
        token = site.redeem(apps["app"], browser.at.query["code"])
        hints.append(token.json["id_token"])
    return Asked(Ways(site, apps["app"]), browser, hints[1], hints[0], apps)


KINDS: dict[str, tuple[dict[str, Any], bool]] = {
    "a live session": ({}, LANE),
    "offline access": ({"scope": "openid offline_access"}, LANE),
    "no state, no nonce": ({"state": None, "nonce": None}, LANE),
    "a fragment": ({"response_mode": "fragment"}, LANE),
    "a page that posts": ({"response_mode": "form_post"}, FLASK),
    "a mode that there is not": ({"response_mode": "pigeon"}, LANE),
    "silent": ({"prompt": "none"}, LANE),
    "silent, and a form": ({"prompt": "none", "response_mode": "form_post"}, FLASK),
    "silent, and too old": ({"prompt": "none", "max_age": "0"}, LANE),
    "silent, and stronger": ({"prompt": "none", "claims": Application.essential(MFA)}, LANE),
    "to sign in again": ({"prompt": "login"}, FLASK),
    "to choose": ({"prompt": "select_account"}, FLASK),
    "to agree": ({"prompt": "consent"}, FLASK),
    "prompts that contradict": ({"prompt": "none login"}, LANE),
    "young enough": ({"max_age": "10000"}, LANE),
    "too old": ({"max_age": "0"}, FLASK),
    "no age": ({"max_age": "soon"}, LANE),
    "a level that is reached": ({"acr_values": "urn:acrux:acr:1fa"}, LANE),
    "a level that could be": ({"acr_values": MFA}, LANE),
    "a level that must be": ({"claims": Application.essential(MFA)}, FLASK),
    "a level that there is not": ({"claims": Application.essential("urn:x")}, LANE),
    "claims": ({"claims": json.dumps({"userinfo": {"email": None}})}, LANE),
    "claims that are none": ({"claims": "["}, LANE),
    "a hint": ({"id_token_hint": "HINT"}, LANE),
    "a hint of another": ({"id_token_hint": "OTHER"}, FLASK),
    "a hint of another, silent": ({"id_token_hint": "OTHER", "prompt": "none"}, LANE),
    "a hint of nobody": ({"id_token_hint": "x.y.z"}, LANE),
    "a name": ({"login_hint": "mere", "ui_locales": "de fr"}, LANE),
    "a request object": ({"request": "x.y.z"}, FLASK),
    "a request elsewhere": ({"request_uri": "https://a.invalid/x"}, FLASK),
    "a registration": ({"registration": "{}"}, LANE),
    "no scope": ({"scope": None}, LANE),
    "another response type": ({"response_type": "token"}, LANE),
    "no challenge": ({"code_challenge": None}, LANE),
    "a control character": ({"nonce": "a\tb"}, LANE),
    "a long value": ({"nonce": "x" * 5000}, LANE),
    "a query too long": ({"nonce": "x" * 17_000}, FLASK),
    "no client": ({"client_id": None}, FLASK),
    "an unknown client": ({"client_id": "nobody"}, FLASK),
    "no address": ({"redirect_uri": None}, FLASK),
    "an address of another": ({"redirect_uri": REDIRECT_URI + "/x"}, FLASK),
    "an address of another, in another language": (
        {"redirect_uri": REDIRECT_URI + "/x", "language": "de"},
        FLASK,
    ),
    "another language": ({"language": "de"}, FLASK),
    "consent that is missing": ({"app": "strict"}, FLASK),
    "consent that is missing, silent": ({"app": "strict", "prompt": "none"}, LANE),
    "a floor": ({"app": "floor"}, FLASK),
    "a floor, silent": ({"app": "floor", "prompt": "none"}, LANE),
    "an app of its own scheme": ({"app": "phone", "prompt": "none"}, LANE),
    "a sub of its own": ({"app": "pairwise"}, LANE),
    "an unknown application's error": ({"app": "stranger", "scope": "x"}, FLASK),
    "an unknown application, silent": ({"app": "stranger", "prompt": "none"}, LANE),
}


@pytest.mark.slow
def test_a_browser_that_has_signed_in_is_answered_alike(asked: Asked) -> None:
    for kind, (changes, by_lane) in KINDS.items():
        # What anyone may cause is counted by the minute.
        asked.ways.site.advance(61)
        path, headers = asked.path(**changes), asked.headers()
        before = len(asked.ways.site.events())
        one, other = asked.ways.answers("GET", path, headers)
        assert one == other, kind
        assert _same_events(asked.ways.site, before), kind
        assert asked.ways.by_lane_alone(path, headers) is by_lane, kind
    assert asked.ways.site.connections_in_use() == 0


def _same_events(site: Site, before: int) -> bool:
    """Return True if each of the two ways left the same; what anyone may cause is one, counted."""
    new = site.events()[: len(site.events()) - before]
    if new and new[0].times > 1:
        return len(new) == 1 and new[0].times == 2
    said = [
        *((e.kind, e.outcome, e.person_id, e.client_id, e.sid, e.requested) for e in new),
        *((e.acr, e.amr, e.auth_time, e.source, e.reason) for e in new),
    ]
    half = len(new) // 2
    return said[:half] == said[half : 2 * half] and said[2 * half : -half or None] == said[-half:]


@pytest.mark.slow
def test_what_comes_before_a_session_is_answered_alike(asked: Asked) -> None:
    for cookies in (
        {"acrux": None},
        {"acrux": None, "acrux-state": None},
        {"acrux": "unknown"},
        {"acrux": "x" * 200},
        {"acrux": "é"},
        {"acrux-state": "of-another"},
        {"acrux-state": None},
        {"acrux-device": "x", "acrux-language": "de"},
    ):
        for changes in ({}, {"prompt": "none"}):
            headers = asked.headers(**cookies)
            asked.ways.same("GET", asked.path(**changes), headers)
            asked.ways.same("GET", asked.path(**changes), {**headers, "Accept-Language": "fr"})


@pytest.mark.slow
def test_a_browser_that_lost_its_state_is_given_it_by_the_lane(asked: Asked) -> None:
    headers = asked.headers(**{"acrux-state": None})
    _, found, _ = asked.ways.same("GET", asked.path(), headers)
    assert any(name == "Set-Cookie" and "acrux-state=" in value for name, value in found)
    assert asked.ways.by_lane_alone(asked.path(), headers)


@pytest.mark.slow
def test_what_is_not_a_get_of_that_address_is_answered_alike(asked: Asked) -> None:
    query = asked.path().partition("?")[2]
    for path in ("/authorize", "/authorize?", "/authorize?a=%ff&b=%zz&c", "/authorize/?" + query):
        asked.ways.same("GET", path, asked.headers())
    for twice in ("&state=x", "&redirect_uri=x", "&nonce=a&state=b", "&foo=a&foo=b", "&a=%ff"):
        asked.ways.same("GET", asked.path() + twice, asked.headers())
    for method in ("HEAD", "POST", "PUT", "OPTIONS"):
        asked.ways.same(method, asked.path(), asked.headers())


@pytest.mark.slow
def test_a_session_that_ended_or_was_replaced_is_answered_alike(asked: Asked) -> None:
    site, app = asked.ways.site, asked.apps["app"]
    browser = signed_in(site, app, "mere")
    old = dict(browser.http.cookies())
    browser.authorize(app, prompt="login")
    browser.sign_in("mere")
    # The id before the last is known for a moment, and is nobody's.
    for changes in ({}, {"prompt": "none"}):
        asked.ways.same("GET", asked.path(**changes), asked.headers(**old))
    site.advance(3600)
    assert asked.ways.same("GET", asked.path(), asked.headers())[0] == 303
    with site.installation.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE session SET ended_at = 1")
    for changes in ({}, {"prompt": "none"}):
        asked.ways.same("GET", asked.path(**changes), asked.headers())


def test_a_session_that_nobody_used_is_answered_alike(asked: Asked) -> None:
    asked.ways.site.advance(30 * DAY)
    for changes in ({}, {"prompt": "none"}):
        asked.ways.same("GET", asked.path(**changes), asked.headers())


def test_somebody_switched_off_is_answered_alike(asked: Asked) -> None:
    site = asked.ways.site
    with site.installation.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE person SET disabled_at = 1")
    for changes in ({}, {"prompt": "none"}):
        asked.ways.same("GET", asked.path(**changes), asked.headers())


@pytest.fixture
def small_asked(small_site: Site) -> Asked:
    small_site.person("tane")
    app = small_site.application()
    browser = signed_in(small_site, app)
    token = small_site.redeem(app, browser.at.query["code"]).json["id_token"]
    return Asked(Ways(small_site, app), browser, token, token, {"app": app})


def test_a_fault_of_ours_is_a_page_in_the_browsers_language(small_asked: Asked) -> None:
    headers = {**small_asked.headers(), "Accept-Language": "de"}
    with small_asked.ways.site.installation.engine.connect() as connection:
        connection.exec_driver_sql('ALTER TABLE "authorization" RENAME TO gone')
        status, said, page = small_asked.ways.same("GET", small_asked.path(), headers)
        connection.exec_driver_sql('ALTER TABLE gone RENAME TO "authorization"')
    assert (status, 'lang="de"' in page) == (500, True)
    assert ("Content-Language", "de") in said


def test_a_code_of_the_lane_is_one_event_and_works_once(small_asked: Asked) -> None:
    site, app = small_asked.ways.site, small_asked.apps["app"]
    before = site.times(kind=Event.CODE_ISSUED)
    answer = small_asked.browser.authorize(app)
    assert site.times(kind=Event.CODE_ISSUED) == before + 1
    assert site.redeem(app, answer.query["code"]).status == 200
    assert site.redeem(app, answer.query["code"]).status == 400


values = st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.sampled_from(
    ["none", "login", "code", "id_token", "0", "openid", "HINT", "app", REDIRECT_URI, "{}"]
)


@pytest.mark.slow
@settings(
    max_examples=120,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(changes=st.dictionaries(st.sampled_from([*PARAMETERS, "language", "é"]), values, max_size=3))
def test_anything_is_answered_alike(small_asked: Asked, changes: dict[str, str]) -> None:
    small_asked.ways.same("GET", small_asked.path(**changes), small_asked.headers())
