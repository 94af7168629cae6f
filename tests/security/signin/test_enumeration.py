"""No one learns who has an account here: same words, same headers, same work."""

import re
from collections import Counter

import pytest
from argon2 import PasswordHasher

from idp.app import create_app
from idp.authenticators.hash_costs import cost_of
from idp.signin import sessions
from idp.store import people
from idp.store.db import connections
from idp.store.db.statements import Statement
from tests.protocol.command import Acrux
from tests.support.site import PASSWORD, Answer, Application, Browser, Site

NAMES = {
    "somebody": "tane",
    "by address": "tane@example.org",
    "with a second step": "mere",
    "without a password": "hana",
    "switched off": "rua",
    "nobody": "wiremu",
    "nobody by address": "wiremu@example.org",
}


@pytest.fixture
def peopled(site: Site) -> Site:
    site.person("tane")
    site.person("mere", totp=site.secret(), sms=True)
    site.person("hana", password=None)
    gone = site.person("rua")
    with site.work() as work:
        people.set_disabled(work, gone, True)
        sessions.end_person(work, gone, "disabled")
    return site


@pytest.fixture
def hashing(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Counts what Argon2 is made to do."""
    done: Counter[str] = Counter()
    for name in ("hash", "verify"):
        original = getattr(PasswordHasher, name)

        def counted(self: PasswordHasher, *given: str, _n=name, _o=original) -> object:
            done[_n] += 1
            return _o(self, *given)

        monkeypatch.setattr(PasswordHasher, name, counted)
    return done


def _neutral(answer: Answer, name: str) -> tuple[int, str, dict[str, str]]:
    """Return all that an answer says, without what differs between any two of them."""
    text = re.sub(r'name="csrf_token" value="[^"]*"', "CSRF", answer.text)
    text = re.sub(r"/(interaction|forgot)/[\w-]{22}", r"/\1/ID", text)
    text = re.sub(r"challenge&#34;: &#34;[\w-]+", "CHALLENGE", text)
    text = re.sub(r"Wait \d+ seconds", "Wait", text.replace(f'value="{name}"', "NAME"))
    headers = {key.lower(): value for key, value in answer.said.items()}
    headers.pop("content-length")
    where = headers.get("location", "")
    headers["location"] = re.sub(r"session_state=[^&]+", "SESSION_STATE", where)
    return answer.status, text, headers


def _at_login(site: Site, app: Application, **request: str) -> Browser:
    browser = site.browser()
    browser.authorize(app, **request)
    return browser


@pytest.mark.parametrize("other", [name for name in NAMES if name != "nobody"])
def test_a_wrong_password_is_answered_alike_for_everybody(peopled: Site, other: str) -> None:
    """The sixth and later answers are held back: alike, too."""
    app = peopled.application()
    for _ in range(7):
        answers = [
            _neutral(_at_login(peopled, app).sign_in(name, "wrong guess"), name)
            for name in (NAMES[other], NAMES["nobody"])
        ]
        assert answers[0] == answers[1]


def test_everybody_costs_the_same_work(peopled: Site, hashing: Counter[str]) -> None:
    app = peopled.application()
    _at_login(peopled, app).sign_in("warm", "wrong guess")
    for password in ("wrong guess", "x" * 200, "\u00fc" * 20):
        for name in NAMES.values():
            peopled.advance(901)
            hashing.clear()
            _at_login(peopled, app).sign_in(name, password)
            assert hashing == {"verify": 1}, (name, password)


@pytest.fixture
def dearer(peopled: Site) -> Site:
    """The same installation after its operator raised, and once lowered, the cost of hashes."""
    changed = [("ACRUX_PASSWORD__ARGON2_TIME", "3"), ("ACRUX_PASSWORD__ARGON2_TIME", "2")]
    for number, (name, value) in enumerate(changed):
        connections.close(peopled.installation.engine)
        peopled.environ[name] = value
        peopled.app = create_app(peopled.environ)
        peopled.installation = peopled.app.extensions["acrux_installation"]
        if number == 0:
            peopled.person("newer")
    return peopled


def spent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return what Argon2 is made to check from now on: the parameters of each hash."""
    seen: list[str] = []
    original = PasswordHasher.verify

    def watched(self: PasswordHasher, stored: str, password: str) -> bool:
        seen.append(cost_of(stored))
        return original(self, stored, password)

    monkeypatch.setattr(PasswordHasher, "verify", watched)
    return seen


@pytest.mark.parametrize("learned", ["as they were made", "of an earlier version"])
def test_everybody_costs_the_same_work_after_the_cost_was_changed(
    dearer: Site, monkeypatch: pytest.MonkeyPatch, learned: str
) -> None:
    if learned == "of an earlier version":
        with dearer.work() as work:
            work.run(Statement("UPDATE credential SET cost = NULL"))
        Acrux(dearer.environ)("worker", "--once")
    app = dearer.application()
    seen = spent(monkeypatch)
    found = set()
    for name in (*NAMES.values(), "newer"):
        dearer.advance(901)
        seen.clear()
        _at_login(dearer, app).sign_in(name, "wrong guess")
        found.add(tuple(sorted(seen)))
    [costs] = found
    assert len(set(costs)) == len(costs) == 3, "the two that hashes have, and today's"


def test_the_costs_are_few_again_when_everybody_has_signed_in(
    small_site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_site.person("tane")
    connections.close(small_site.installation.engine)
    small_site.environ["ACRUX_PASSWORD__ARGON2_TIME"] = "3"
    small_site.app = create_app(small_site.environ)
    small_site.installation = small_site.app.extensions["acrux_installation"]
    app = small_site.application()
    seen = spent(monkeypatch)
    assert "code" in _at_login(small_site, app).sign_in("tane", PASSWORD).query
    assert len(seen) == 1, "a right one is checked once, and hashed anew"
    small_site.advance(61)
    for name in ("tane", "wiremu"):
        seen.clear()
        _at_login(small_site, app).sign_in(name, "wrong guess")
        assert [cost.split("t=")[1][0] for cost in seen] == ["3"]


def test_a_guess_that_is_held_back_costs_no_work_for_anybody(
    peopled: Site, hashing: Counter[str]
) -> None:
    app = peopled.application()
    for name in ("tane", "wiremu"):
        for _ in range(5):
            _at_login(peopled, app).sign_in(name, "wrong guess")
        hashing.clear()
        assert "Too many tries" in _at_login(peopled, app).sign_in(name, PASSWORD).text
        assert not hashing


def test_a_login_hint_tells_nothing(peopled: Site) -> None:
    app = peopled.application()
    for request in ({}, {"prompt": "login"}, {"prompt": "none"}, {"prompt": "select_account"}):
        pages = []
        for name in ("tane", "wiremu", "tane@example.org", "mere"):
            browser = peopled.browser()
            answer = browser.authorize(app, login_hint=name, **request)
            status, text, headers = _neutral(answer, name)
            headers.pop("set-cookie", None)
            pages.append((status, text, headers))
        assert all(page == pages[0] for page in pages)


def test_a_client_that_does_not_exist_is_refused_like_one_with_a_wrong_secret(
    small_site: Site,
) -> None:
    app = small_site.application()
    stranger = Application("stranger", "not a secret")
    liar = Application(app.client_id, "not a secret")
    answers = [small_site.redeem(one, "x" * 43) for one in (stranger, liar)]
    answers += [small_site.refresh(one, "x" * 43) for one in (stranger, liar)]
    assert len({(a.status, a.text, str(a.said)) for a in answers}) == 1
    assert answers[0].status == 401


def test_a_code_or_token_of_another_client_is_refused_like_one_that_never_was(
    small_site: Site,
) -> None:
    small_site.person("tane")
    mine, theirs = small_site.application("mine"), small_site.application("theirs")
    browser = small_site.browser()
    browser.authorize(theirs)
    code = browser.sign_in("tane").query["code"]
    stolen = small_site.redeem(mine, code, code_verifier=theirs.verifier)
    assert (stolen.status, stolen.text) == (400, small_site.redeem(mine, "x" * 43).text)
    assert small_site.redeem(theirs, code).status == 200, "and it was not spent"


def test_hashing_keeps_no_connection_of_the_database_for_anybody(
    peopled: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = peopled.application()
    _at_login(peopled, app).sign_in("warm", "wrong guess")
    taken: list[int] = []
    original = PasswordHasher.verify

    def watched(self: PasswordHasher, stored: str, password: str) -> bool:
        taken.append(peopled.connections_in_use())
        return original(self, stored, password)

    monkeypatch.setattr(PasswordHasher, "verify", watched)
    for name in NAMES.values():
        _at_login(peopled, app).sign_in(name, "wrong guess")
    assert taken == [0] * len(NAMES)
