"""Codes of devices: guessed, flooded, forged, answered by two, asked for by many at once."""

from collections import Counter
from collections.abc import Iterator
from functools import partial

import pytest

from idp.store.oidc import clients
from idp.store.service import cleaning
from tests.protocol.devices import allow, answer, begin, codes, enter, poll, television
from tests.protocol.sign_ins import assert_token_error, userinfo
from tests.security.serving.crowd import ARENAS, at_once, build_arena, new_name, number
from tests.support.site import Browser, Site

OPENED = "Is this your device?"
LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
MANY = 6
NO_CODES = ("", "  ", "AEIOU", "BCDF-GHJ", "BCDFGHJKL", "\uff22" * 8, "\x00" * 8, "B" * 5000)


@pytest.fixture(scope="module", params=ARENAS)
def arena(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    yield from build_arena(request, tmp_path_factory, throttle__source_limit=100_000)


def _wrong(which: int) -> str:
    return "".join(LETTERS[which // 20**place % 20] for place in range(8))


def _ready(site: Site, name: str, user_code: str) -> Browser:
    """Return a browser that stands before the last step of letting a device in."""
    site.person(name)
    browser = site.browser()
    enter(browser, user_code)
    answer(browser, "yes")
    return browser


# -- guesses


def test_after_ten_codes_that_are_none_the_right_one_is_not_looked_at(site: Site) -> None:
    given = codes(site, television(site))
    browser = site.browser()
    for each in range(10):
        assert enter(browser, _wrong(each)).status == 400
    held = enter(browser, given["user_code"])
    assert held.status == 429
    assert "Too many codes were typed" in held.text
    assert site.times(kinds=("person:device-code:held-back",)) == 1
    assert site.times(kinds=("person:device-code:refused",)) == 10
    site.advance(601)
    assert enter(browser, codes(site, television(site, "again"))["user_code"]).heading == OPENED


def test_right_codes_use_no_guesses_up(site: Site) -> None:
    app, browser = television(site), site.browser()
    for _ in range(12):
        assert enter(browser, codes(site, app)["user_code"]).heading == OPENED


@pytest.mark.parametrize("typed", NO_CODES)
def test_what_is_no_code_is_said_to_be_none_and_counts_as_no_guess(
    small_site: Site, typed: str
) -> None:
    browser = small_site.browser()
    for _ in range(12):
        assert enter(browser, typed).status == 400
    given = codes(small_site, television(small_site))
    assert enter(browser, given["user_code"].lower().replace("-", " ")).heading == OPENED


def test_nothing_of_a_code_is_kept_in_the_clear(small_site: Site) -> None:
    given = codes(small_site, television(small_site))
    stored = "".join(
        file.read_bytes().decode("latin-1") for file in small_site.folder.glob("acrux.db*")
    )
    assert given["device_code"] not in stored
    assert given["user_code"] not in stored
    assert given["user_code"].replace("-", "") not in stored


# -- floods


def test_a_source_that_asks_without_end_is_told_to_wait(small_site: Site) -> None:
    app = television(small_site)
    answers = [begin(small_site, app) for _ in range(62)]
    assert Counter(one.status for one in answers) == {200: 60, 429: 2}
    assert_token_error(answers[-1], "slow_down", 429)
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert small_site.times(kind="client:authentication:held-back") == 1
    small_site.advance(601)
    assert begin(small_site, app).status == 200


def test_what_is_over_is_swept(site: Site) -> None:
    app = television(site)
    codes(site, app)
    site.advance(900 + 86_400 + 1)
    with site.work() as work:
        while cleaning.clean(work, 7_776_000):
            work.commit()
    assert number(site, "SELECT count(*) FROM device_request") == 0


# -- who answers


def test_a_page_that_is_opened_changes_nothing(small_site: Site) -> None:
    site = small_site
    site.person()
    app = television(site)
    given = codes(site, app)
    browser = site.browser()
    page = browser.open(f"/device?user_code={given['user_code']}")
    assert f'value="{given["user_code"]}"' in page.text
    enter(browser, given["user_code"])
    browser.open(browser.at.url)
    assert_token_error(poll(site, app, given["device_code"]), "authorization_pending")


@pytest.mark.parametrize("decision", ["yes", "no", "other"])
def test_no_other_site_answers_in_a_persons_place(small_site: Site, decision: str) -> None:
    site = small_site
    site.person()
    app = television(site)
    browser = site.browser()
    allow(browser, codes(site, app)["user_code"])
    given = codes(site, app)
    url = enter(browser, given["user_code"]).url
    assert browser.post(url, decision=decision, csrf_token="").status == 403
    token = browser.at.csrf
    forged = browser.http.send(
        "POST", url, {"decision": decision, "csrf_token": token}, {"Origin": "https://evil.example"}
    )
    assert forged.status == 403
    assert_token_error(poll(site, app, given["device_code"]), "authorization_pending")


def test_the_end_of_a_sign_in_counts_for_its_own_device_alone(small_site: Site) -> None:
    """A stranger's request is not let in by the sign-in that a person began for another."""
    site = small_site
    app = television(site)
    mine, strangers = codes(site, app), codes(site, app)
    stranger = site.browser()
    other = enter(stranger, strangers["user_code"]).url
    browser = _ready(site, "tane", mine["user_code"])
    interaction = browser.at.url.split("/")[2]
    assert browser.open(f"{other}/resume/{interaction}").status == 400
    assert_token_error(poll(site, app, strangers["device_code"]), "authorization_pending")


def test_a_sign_in_of_another_kind_lets_no_device_in(small_site: Site) -> None:
    site = small_site
    site.person()
    app, web = television(site), site.application("web")
    given = codes(site, app)
    browser = site.browser()
    page = enter(browser, given["user_code"]).url
    browser.authorize(web)
    interaction = browser.at.url.split("/")[2]
    assert browser.open(f"{page}/resume/{interaction}").status == 400
    assert_token_error(poll(site, app, given["device_code"]), "authorization_pending")


@pytest.mark.parametrize("end", ["", "/done", "/resume/x", "/" + "x" * 300, "/%00", "/é/done"])
def test_addresses_of_nothing_lead_on(small_site: Site, end: str) -> None:
    page = small_site.browser().open(f"/device/nothing{end}")
    assert page.status in (400, 404, 410), page.text
    assert 'id="way-on"' in page.text


def test_a_client_that_is_gone_meanwhile_is_let_in_nowhere(small_site: Site) -> None:
    site = small_site
    app = television(site)
    given = codes(site, app)
    browser = _ready(site, "tane", given["user_code"])
    with site.work() as work:
        clients.delete(work, app.client_id)
    assert browser.sign_in("tane").status in (400, 410)


# -- at once


def test_two_people_at_once_and_one_of_them_lets_the_device_in(arena: Site) -> None:
    app = television(arena, new_name("television"))
    given = codes(arena, app)
    names = [new_name("aroha") for _ in range(4)]
    browsers = [_ready(arena, name, given["user_code"]) for name in names]
    pages = at_once([partial(b.sign_in, name) for b, name in zip(browsers, names, strict=True)])
    assert all(page.status < 500 for page in pages)
    won = [n for n, page in zip(names, pages, strict=True) if page.heading.startswith("Go back")]
    assert len(won) == 1, [page.heading for page in pages]
    assert {p.heading for p in pages} == {
        "Go back to your device",
        "This code does not work any more",
    }
    token = poll(arena, app, given["device_code"]).json["access_token"]
    assert userinfo(arena, token).json["preferred_username"] == won[0]


def test_a_yes_and_a_no_at_once_are_one_answer(arena: Site) -> None:
    app = television(arena, new_name("television"))
    given = codes(arena, app)
    name = new_name("tane")
    yes = _ready(arena, name, given["user_code"])
    no = arena.browser()
    enter(no, given["user_code"])
    pages = at_once([lambda: yes.sign_in(name), lambda: answer(no, "no")])
    assert all(page.status < 500 for page in pages)
    told = poll(arena, app, given["device_code"])
    allowed = pages[0].heading == "Go back to your device"
    assert (told.status == 200) == allowed
    assert allowed or told.json["error"] == "access_denied"


def test_of_many_questions_at_once_one_is_answered(arena: Site) -> None:
    """The others are told to slow down, and what the one was given stays good."""
    app = television(arena, new_name("television"))
    given = codes(arena, app)
    name = new_name("tane")
    _ready(arena, name, given["user_code"]).sign_in(name)
    ask = partial(poll, arena, app, given["device_code"], waits=False)
    answers = at_once([ask] * MANY)
    assert Counter(one.status for one in answers) == {200: 1, 400: MANY - 1}
    assert {one.json["error"] for one in answers if one.status == 400} == {"slow_down"}
    [token] = [one.json["access_token"] for one in answers if one.status == 200]
    assert userinfo(arena, token).status == 200
