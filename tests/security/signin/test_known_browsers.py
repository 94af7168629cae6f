"""A stranger's guesses never hold back the owner at home, and no one may guess more than before.

"At home" is a browser that the person has signed in with: it has a few guesses of its own. What a
thief of its cookie gains is the place of that one browser, within the same sum.
"""

import re
from collections.abc import Callable, Sequence
from functools import partial

import pytest

from idp import clock
from idp.authenticators.base import Rejected
from idp.caller import Caller
from idp.policy.throttling.throttle import Growing, Held, Shares, Tally
from idp.signin import sessions
from idp.signin.admission import Subject
from idp.store.signin import devices
from tests.security.serving.crowd import at_once
from tests.support.letters import choose, forget, mailed_link
from tests.support.site import PASSWORD, Browser, Site

FREE = 5
HELD = "Too many tries"
HOME = "Where you are signed in"
DAY = 86400
NEW = "four quite unrelated walnut words"
WRONG = Rejected("wrong password", "Try again.")


def at_home(site: Site, name: str = "aroha", password: str = PASSWORD) -> Browser:
    """Return a browser that the person has signed in with, and in which no one is signed in."""
    browser = site.browser()
    browser.open("/account/places")
    assert browser.sign_in(name, password).heading == HOME
    return browser


def answer(browser: Browser, password: str = PASSWORD, name: str = "aroha") -> str:
    """Answer a new sign-in with a password, in a browser that has lost its session."""
    browser.http.set_cookie("")
    browser.open("/account/places")
    return browser.sign_in(name, password).text


def besiege(site: Site, name: str = "aroha") -> None:
    """Let strangers guess until they are held back."""
    for _ in range(FREE):
        answer(site.browser(), "wrong guess", name)
    assert HELD in answer(site.browser(), name=name)


def pretending(site: Site, cookie: str) -> Browser:
    """Return a browser with a device cookie of someone's making."""
    browser = site.browser()
    client = browser.http
    client._client.set_cookie("acrux-device", cookie)  # type: ignore[union-attr]
    return browser


def test_a_strangers_guesses_do_not_hold_back_the_owner_at_home(site: Site) -> None:
    site.person("aroha")
    home = at_home(site)
    besiege(site)
    assert HOME in answer(home)
    assert HELD in answer(site.browser()), "and nobody else profits from it"


def test_strangers_who_know_the_password_do_not_hold_back_the_second_step(site: Site) -> None:
    secret = site.secret()
    site.person("tane", totp=secret)
    home, stranger = site.browser(), site.browser()
    for browser in (home, stranger):
        browser.open("/account/places")
        browser.sign_in("tane")
        if browser is home:
            assert home.totp(secret).heading == HOME
    for _ in range(FREE):
        stranger.submit("/totp", code="000000")
    assert HELD in stranger.submit("/totp", code="000000").text
    home.http.set_cookie("")
    home.open("/account/places")
    home.sign_in("tane")
    assert home.totp(secret).heading == HOME


def test_the_owner_at_home_is_served_when_strangers_have_shut_the_password(site: Site) -> None:
    site.person("aroha")
    home = at_home(site)
    for _ in range(Shares(site.installation.settings.throttle.limit).strangers):
        answer(site.browser(), "wrong guess")
        site.advance(901)
    assert "locked after too many tries" in answer(site.browser())
    assert HOME in answer(home)
    assert HELD not in answer(site.browser(), "wrong guess"), "not for good, once the owner came"


def test_a_browser_that_was_never_used_for_the_account_has_nothing_of_its_own(site: Site) -> None:
    site.person("aroha")
    site.person("mere")
    elsewhere = at_home(site, "mere")
    besiege(site)
    for cookie in ("x", "A" * 22, ".".join("ABCDEFGH"[i] * 22 for i in range(8))):
        assert HELD in answer(pretending(site, cookie)), cookie
    assert HELD in answer(elsewhere), "another person's browser"


def test_guesses_at_home_are_few_and_then_count_as_a_strangers(site: Site) -> None:
    site.person("aroha")
    home = at_home(site)
    besiege(site)
    each = Shares(site.installation.settings.throttle.limit).each
    for number in range(each):
        assert HELD not in answer(home, "wrong guess"), number
        # Long enough for the waits of the browser's own, too short for the strangers' to end.
        if number >= FREE - 1:
            site.advance(901)
            answer(site.browser(), "wrong guess")
    assert HELD in answer(home)


def signed_out_everywhere(site: Site, _home: Browser) -> str:
    with site.work() as work:
        person = site.events(kind="person:sign-in:finished")[0].person_id
        sessions.end_person(work, str(person), "signed out by an operator")
    return PASSWORD


def reset(site: Site, _home: Browser) -> str:
    forget(site, "aroha")
    choose(site, mailed_link(site, "reset-link"), NEW)
    return NEW


def signed_out_elsewhere(site: Site, _home: Browser) -> str:
    other = at_home(site)
    other.post("/account/places/end-others")
    return PASSWORD


def signed_out_there(site: Site, _home: Browser) -> str:
    other = at_home(site)
    (place,) = set(re.findall(r"/account/places/[^/\"]+/end(?=\")", other.at.text))
    other.post(place)
    return PASSWORD


@pytest.mark.parametrize(
    "end", [signed_out_everywhere, reset, signed_out_elsewhere, signed_out_there]
)
def test_what_signs_a_known_browser_out_ends_its_own_guesses_too(
    site: Site, end: Callable[[Site, Browser], str]
) -> None:
    site.person("aroha")
    home = at_home(site)
    password = end(site, home)
    besiege(site)
    assert HELD in answer(home, password)
    site.advance(31)
    assert HOME in answer(home, password), "and a sign-in that finishes gives them anew"
    besiege(site)
    assert HOME in answer(home, password)


def test_the_browser_that_signs_the_others_out_keeps_its_own(site: Site) -> None:
    site.person("aroha")
    at_home(site)
    home = at_home(site)
    home.post("/account/places/end-others")
    besiege(site)
    assert HOME in answer(home)


def test_only_the_newest_browsers_have_guesses_of_their_own(site: Site) -> None:
    site.person("aroha")
    browsers = []
    for _ in range(Shares(site.installation.settings.throttle.limit).browsers + 1):
        browsers.append(at_home(site))
        site.advance(5)
    besiege(site)
    assert HELD in answer(browsers[0])
    assert HOME in answer(browsers[1])


def test_the_cookie_is_renewed_and_a_stolen_older_one_is_soon_worth_nothing(site: Site) -> None:
    site.person("aroha")
    home = at_home(site)
    stolen = home.http.device() or ""
    for _ in range(2):
        assert HOME in answer(home)
    assert home.http.device() != stolen
    besiege(site)
    assert HELD in answer(pretending(site, stolen))
    assert HOME in answer(home)


def test_two_sign_ins_that_finish_at_once_leave_one_known_browser(site: Site) -> None:
    site.person("aroha")
    app = site.application()
    browser = at_home(site)
    tabs = []
    for _ in range(2):
        tab = site.browser()
        tab.http.set_cookie(browser.http.cookies()["acrux"])
        tab.http._client.set_cookie("acrux-device", browser.http.device() or "")  # type: ignore[union-attr]
        tab.authorize(app, prompt="login")
        tabs.append(tab)
    marks = at_once([partial(_finish, tab) for tab in tabs])
    with site.work() as work:
        person = str(site.events(kind="person:sign-in:finished")[0].person_id)
        found = [devices.known(work, person, [mark]) for mark in marks if mark]
    assert all(found)
    assert not site.events(kind="person:device:new")


def _finish(tab: Browser) -> str | None:
    tab.submit("/password", password=PASSWORD)
    return tab.http.device()


# -- what all together may guess


class Siege:
    """Guesses at one person's password, each from an address of its own."""

    def __init__(self, site: Site, person: str) -> None:
        self.site, self.person = site, person
        self.made = 0
        self._address = 0

    def wrong(self) -> Rejected:
        self.made += 1
        return WRONG

    def guess(self, marks: Sequence[str] = (), right: bool = False) -> bool:
        """Guess once; return False when it was held back."""
        self._address += 1
        admission, before = self.site.installation.signin.admission, self.made
        with self.site.work() as work:
            address = f"198.51.{self._address // 250}.{self._address % 250}"
            work.caller = Caller(address=address, marks=tuple(marks))
            key = admission.key("password", self.person)
            subject = Subject("", self.person, None)
            found = admission.guess(work, key, subject, (lambda: "right") if right else self.wrong)
        return found == "right" if right else self.made > before


def pauses() -> list[int]:
    """The seconds between the rounds of a day's guessing: at first quick, then patient."""
    quick = [31] * 30
    return quick + [901] * ((DAY - sum(quick)) // 901)


def before(limit: int) -> int:
    """Count the guesses of the same day where one counter held for everyone."""
    growing, tally, now, made = Growing(limit=limit), Tally(), 0, 0
    for pause in pauses():
        while not isinstance(counted := growing.admit(tally, now), Held):
            tally, made = counted, made + 1
        now += pause
    return made


def marks_of(browser: Browser) -> list[str]:
    return (browser.http.device() or "").split(".")


@pytest.mark.parametrize("cookies", ["none", "of their own making", "one stolen", "all stolen"])
def test_a_days_guesses_of_all_strangers_are_no_more_than_before(site: Site, cookies: str) -> None:
    person = site.person("aroha")
    shares = Shares(site.installation.settings.throttle.limit)
    homes = [at_home(site) for _ in range(shares.browsers + 1)]
    manners: list[list[str]] = [[]]
    if cookies == "of their own making":
        manners += [[letter * 22] for letter in "ABCD"]
    elif cookies != "none":
        manners += [marks_of(home) for home in (homes if cookies == "all stolen" else homes[:1])]
    siege = Siege(site, person)
    for pause in pauses():
        for marks in manners:
            while siege.guess(marks):
                pass
        site.advance(pause)
    assert 0 < siege.made <= before(shares.limit) <= 100


def test_an_owner_who_signs_in_all_day_does_not_quicken_the_strangers(site: Site) -> None:
    person = site.person("aroha")
    home = at_home(site)
    siege, until = Siege(site, person), clock.now() + DAY
    limit = site.installation.settings.throttle.limit
    while clock.now() < until:
        while siege.guess():
            pass
        site.advance(901)
        assert siege.guess(marks_of(home), right=True), "the owner is never held back"
    steady = site.installation.signin.admission.guesses.steady
    assert siege.made <= min(steady + DAY // 900, limit + steady)
