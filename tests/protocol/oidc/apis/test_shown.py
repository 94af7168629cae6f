"""What a person agrees to is what the page has shown, whatever has changed since it was opened."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from idp.oidc.authorize import shown
from idp.operating import cases
from idp.operating.actor import OPERATOR
from idp.signin.sign_in import SignIn
from idp.store.oidc import apis
from tests.protocol import ciba, devices
from tests.protocol.oidc.apis.payroll import (
    AUDIENCE,
    DATA,
    OTHER,
    READ,
    TIMES,
    agreed,
    clerk,
    plain,
    registered,
)
from tests.security.serving.crowd import number, same_cookie, under_way
from tests.support.site import Application, Browser, Site

CHANGED = "This has changed since the page was shown."
ANYTHING = "Pay anybody anything"
SCOPE = f"openid {READ} {TIMES}"
WAITING = (
    "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    " AND datname = current_database()"
)
LOCKS = pytest.mark.parametrize(
    "database_url", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True
)
"""Where a row waits for another: SQLite lets one transaction write at a time."""
Change = Callable[[Site], None]


def _client(site: Site, client_id: str = "clerk", **given: Any) -> None:
    with site.work() as work:
        cases.of(site.installation).clients.change(work, OPERATOR, client_id, given)


def _api(site: Site, api_id: str, **given: Any) -> None:
    with site.work() as work:
        cases.of(site.installation).apis.change(work, OPERATOR, api_id, given)


def _moved(site: Site, words: dict[str, str] | None = None) -> None:
    """Let a scope come to another API, as an operator has to."""
    _client(site, resource_scopes={OTHER: [TIMES]})
    _api(site, "payroll", scopes={})
    _api(site, "times", scopes={TIMES: {}, READ: words or {"en": ANYTHING}})
    _client(site, resource_scopes={OTHER: [TIMES, READ]})


def _moved_under_the_same_words(site: Site) -> None:
    _moved(site, DATA["scopes"][READ])


def _other_words(site: Site) -> None:
    _api(site, "payroll", scopes={READ: {"en": ANYTHING}})


def _another_act(site: Site) -> None:
    words = {"en": f"{ANYTHING}: {{total}} {{people}} {{period}} {{day}}"}
    _api(
        site,
        "payroll",
        types=DATA["types"] | {"pay_run": DATA["types"]["pay_run"] | {"words": words}},
    )


def _taken(site: Site) -> None:
    _client(site, resource_scopes={OTHER: [TIMES]})


def _named(site: Site) -> None:
    _client(site, name="Thief")


def _for_longer(site: Site) -> None:
    _client(site, refresh_token_lifetime=20 * 86400)


SAME = "See pay runs"
CHANGES: dict[str, tuple[Change, str, bool]] = {
    "a scope that comes to another API": (_moved, ANYTHING, False),
    "and is said in the same words": (_moved_under_the_same_words, SAME, True),
    "the words of a scope": (_other_words, ANYTHING, False),
    "the words of an act": (_another_act, ANYTHING, True),
    "a scope that is taken away": (_taken, TIMES, False),
    "the name of the application": (_named, "Thief", True),
    "for how long": (_for_longer, "20 days at most", True),
}
"""What changes, what is to be read then, and whether the scope stands there as before."""


@pytest.mark.parametrize("what", CHANGES)
def test_what_changes_while_the_page_is_open_is_read_before_it_is_granted(
    small_site: Site, what: str
) -> None:
    site, (change, said, same) = small_site, CHANGES[what]
    app = clerk(site, first_party=False, refresh_token_lifetime=86400)
    browser, wish = site.browser(), f"{SCOPE} offline_access"
    assert "1 day at most" in plain(agreed(site, app, browser, scope=wish, stop=True).text)
    change(site)
    page = browser.submit("/consent", decision="allow")
    assert (page.status, CHANGED in page.text, said in plain(page.text)) == (400, True, True)
    assert (SAME in page.text) == same
    assert not site.events(kind="person:consent:given")
    back = browser.submit("/consent", decision="allow")
    token = site.redeem(app, back.query["code"]).json
    left = f"openid offline_access {TIMES}" if change is _taken else wish
    assert sorted(token["scope"].split()) == sorted(left.split())


@pytest.mark.parametrize("change", [_moved, _another_act, _other_words])
def test_what_changes_between_the_yes_and_the_answer_is_asked_anew(
    site: Site, change: Change
) -> None:
    app, browser = clerk(site, first_party=False), site.browser()
    agreed(site, app, browser, scope=SCOPE, stop=True)
    action, values = browser.at.form("/consent")
    said = browser.http.send("POST", action, values | {"decision": "allow"})
    change(site)
    page = browser.open(said.location)
    assert (page.status, CHANGED in page.text, "consent-allow" in page.text) == (200, True, True)
    assert "code" in browser.submit("/consent", decision="allow").query


def test_a_scope_that_the_page_left_out_is_not_granted_when_it_comes_back(small_site: Site) -> None:
    """It is all that there was of any API, so nothing that is left has words of an operator."""
    site, only = small_site, {AUDIENCE: [READ]}
    app, browser = clerk(site, first_party=False, resource_scopes=only), site.browser()
    wish = f"openid {READ}"
    agreed(site, app, browser, scope=wish, authorization_details=None, stop=True)
    _client(site, resource_scopes=None)
    assert SAME not in browser.submit("/consent", decision="allow").text
    action, values = browser.at.form("/consent")
    said = browser.http.send("POST", action, values | {"decision": "allow"})
    _client(site, resource_scopes=only)
    token = site.redeem(app, browser.open(said.location).query["code"]).json
    assert token["scope"] == "openid"


@pytest.mark.slow
@LOCKS
def test_what_is_granted_is_what_somebody_agreed_to_in_another_window_at_that_moment(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One window goes on with the sign-in as it was before the yes, which was to less."""
    app, browser = clerk(site, first_party=False), site.browser()
    agreed(site, app, browser, scope=SCOPE, authorization_details=None, stop=True)
    other, path = same_cookie(site, browser), "/".join(browser.at.url.split("/")[:3])

    def agree_to_less() -> None:
        _taken(site)
        other.submit("/consent", decision="allow")
        action, values = other.at.form("/consent")
        other.http.send("POST", action, values | {"decision": "allow"})
        _client(site, resource_scopes={AUDIENCE: [READ], OTHER: [TIMES]})

    resume = path.replace("/interaction/", "/authorize/resume/")
    back = under_way(monkeypatch, (SignIn, "load"), lambda: browser.open(resume), agree_to_less)
    token = site.redeem(app, back.query["code"]).json
    assert sorted(token["scope"].split()) == ["openid", TIMES]


def test_an_act_that_is_offered_no_more_is_agreed_to_by_nobody(small_site: Site) -> None:
    app, browser = clerk(small_site), small_site.browser()
    agreed(small_site, app, browser, stop=True)
    _client(small_site, authorization_details_types=None)
    page = browser.submit("/consent", decision="allow")
    assert page.status == 400
    assert "is not offered any more" in page.text
    assert not small_site.events(kind="person:consent:given")


def test_an_api_that_is_just_changing_is_waited_for(site: Site) -> None:
    app, browser = clerk(site, first_party=False), site.browser()
    agreed(site, app, browser, scope=SCOPE, stop=True)
    with ThreadPoolExecutor(1) as pool:
        with site.work() as work:
            apis.hold(work, "payroll")
            going = pool.submit(browser.submit, "/consent", decision="allow")
            if site.installation.engine.dialect.name == "postgresql":
                while not number(site, WAITING):
                    assert not going.done()
            words = {"scopes": {READ: {"en": ANYTHING}}}
            cases.of(site.installation).apis.change(work, OPERATOR, "payroll", words)
        page = going.result(30)
    assert (page.status, ANYTHING in page.text) == (400, True)


@pytest.mark.slow
@LOCKS
def test_an_api_that_nothing_is_asked_of_is_not_waited_for(site: Site) -> None:
    app, browser = clerk(site, first_party=False), site.browser()
    agreed(site, app, browser, scope=f"openid {READ}", stop=True)
    with ThreadPoolExecutor(1) as pool, site.work() as work:
        apis.hold(work, "times")
        page = pool.submit(browser.submit, "/consent", decision="allow").result(10)
    assert "code" in page.query


@pytest.mark.slow
@LOCKS
def test_a_scope_that_comes_to_an_api_that_was_not_waited_for_is_in_no_consent(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The API that it goes from waits for the consent, and then takes it out of that, too."""
    app, browser = clerk(site, first_party=False), site.browser()
    wish = f"openid {READ}"
    agreed(site, app, browser, scope=wish, authorization_details=None, stop=True)
    action, values = browser.at.form("/consent")
    with ThreadPoolExecutor(1) as pool:

        def move() -> None:
            going = pool.submit(_moved, site)
            while not number(site, WAITING):
                assert not going.done()

        under_way(
            monkeypatch,
            (shown, "held"),
            lambda: browser.http.send("POST", action, values | {"decision": "allow"}),
            move,
        )
    assert site.events(kind="person:consent:given")
    assert number(site, f"SELECT count(*) FROM \"grant\" WHERE scopes LIKE '%{READ}%'") == 0


def _by_device(site: Site, **data: Any) -> tuple[Application, Browser, str]:
    app, browser = devices.television(site, **data), site.browser()
    given = devices.codes(site, app, scope=SCOPE)
    devices.enter(browser, given["user_code"])
    return app, browser, browser.at.url


def _behind(site: Site, **data: Any) -> tuple[Application, Browser, str]:
    app, browser = ciba.bank(site, **data), site.browser()
    ciba.asked(site, app, scope=SCOPE)
    browser.open(ciba.link(site))
    return app, browser, browser.at.url


@pytest.fixture
def forgetful(tmp_path: Path) -> Iterator[Site]:
    """An installation whose processes answer from their own copy of clients for a minute."""
    found = Site(tmp_path, f"sqlite:///{tmp_path / 'acrux.db'}", oidc__cache=60)
    yield found
    found.close()


@pytest.mark.parametrize("ask", [_by_device, _behind])
def test_whoever_answers_elsewhere_reads_what_is_asked_now(
    forgetful: Site, ask: Callable[..., tuple[Application, Browser, str]]
) -> None:
    site = forgetful
    site.person("tane")
    registered(site)
    given = {AUDIENCE: [READ], OTHER: [TIMES]}
    app, browser, path = ask(site, first_party=False, resource_scopes=given)
    _client(site, app.client_id, name="Thief", redirect_uris=None, response_types=[])
    _other_words(site)
    page = browser.submit(path, decision="yes")
    assert (page.status, CHANGED in page.text, "Thief" in page.text) == (400, True, True)
    browser.submit(path, decision="yes")
    page = browser.sign_in("tane")
    assert (page.heading, ANYTHING in page.text) == ("Let Thief in?", True)
    assert browser.submit("/consent", decision="allow").status == 200
