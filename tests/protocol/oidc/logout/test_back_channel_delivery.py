"""Back-Channel Logout 1.0: an application that refuses the message, is away, slow or gone."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from idp.signin import sessions
from idp.store import people
from tests.protocol.command import Acrux
from tests.protocol.registrations import Registered, registering_site
from tests.protocol.registrations import register as register_itself
from tests.protocol.told_applications import (
    register,
    retry,
    session,
    settle,
    sign_out,
    states,
    told,
)
from tests.support.programs.https import Answer, HttpsServer
from tests.support.site import Site


@pytest.mark.slow
@pytest.mark.parametrize("status", [200, 204])
def test_both_ways_of_saying_yes_count(small: Site, receiver: HttpsServer, status: int) -> None:
    receiver.routes["/out"] = Answer(status=status)
    small.person("tane")
    browser, _ = session(small, register(small, receiver))
    sign_out(browser)
    assert len(told(small, receiver)) == 1
    assert states(small) == [("sent", 1)]


@pytest.mark.slow
def test_an_application_that_refuses_is_asked_once(small: Site, receiver: HttpsServer) -> None:
    receiver.routes["/out"] = Answer(b'{"error":"invalid_request"}', status=400)
    small.person("tane")
    browser, claims = session(small, register(small, receiver))
    sign_out(browser)
    assert len(told(small, receiver)) == 1
    retry(small, 600)
    assert states(small) == [("failed", 1)]
    assert len(receiver.requests) == 1
    (event,) = small.events(kind="client:logout:failed")
    assert (event.client_id, event.sid) == ("app", claims["sid"])


@pytest.mark.slow
def test_an_application_that_is_away_is_asked_again_with_a_fresh_token(
    told_site: Site, receiver: HttpsServer
) -> None:
    site = told_site
    answers = [Answer(status=503), Answer(status=302), Answer()]
    receiver.routes["/out"] = lambda _: answers.pop(0)
    site.person("tane")
    browser, _ = session(site, register(site, receiver))
    sign_out(browser)
    settle(site)
    assert states(site) == [("late", 1)]
    assert not site.events(kind="client:logout:failed")
    retry(site, 30)
    assert len(receiver.requests) == 1
    retry(site, 31)
    retry(site, 121)
    assert states(site) == [("sent", 3)]
    tokens = told(site, receiver)
    assert len({token["jti"] for token in tokens}) == 3
    assert tokens[2]["iat"] >= tokens[0]["iat"] + 180
    retry(site, 900)
    assert len(receiver.requests) == 3
    assert len(site.events(kind="client:logout:delivered")) == 1


@pytest.mark.slow
def test_after_five_attempts_it_is_given_up(small: Site, receiver: HttpsServer) -> None:
    receiver.routes["/out"] = Answer(status=500)
    small.person("tane")
    browser, _ = session(small, register(small, receiver))
    sign_out(browser)
    settle(small)
    for _ in range(8):
        retry(small, 900)
    assert len(receiver.requests) <= 5
    assert states(small)[0][0] == "failed"
    assert len(small.events(kind="client:logout:failed")) == 1


@pytest.mark.slow
def test_an_hour_later_nobody_is_told_any_more(small: Site, receiver: HttpsServer) -> None:
    receiver.routes["/out"] = Answer(status=500)
    small.person("tane")
    browser, _ = session(small, register(small, receiver))
    sign_out(browser)
    settle(small)
    retry(small, 3601)
    assert len(receiver.requests) == 1
    assert states(small)[0][0] == "failed"


@pytest.mark.slow
def test_an_application_that_has_just_changed_itself_is_told_where_it_says_now(
    tmp_path: Path, receiver: HttpsServer
) -> None:
    """Whoever delivers knows the clients that the endpoints know: no copy is older."""
    with registering_site(tmp_path, oidc__cache=60, **receiver.settings()) as site:
        site.person("tane")
        members = {"backchannel_logout_uri": receiver.url("/out")}
        client = Registered(site, register_itself(site, **members).json)
        for path in ("/out", "/other"):
            browser = site.browser()
            browser.authorize(client.application)
            page = browser.sign_in("tane")
            if "consent-allow" in page.text:
                browser.submit("/consent", decision="allow")
            sign_out(browser)
            assert len(told(site, receiver, path)) == 1, path
            assert client.update(backchannel_logout_uri=receiver.url("/other")).status == 200


@pytest.mark.slow
def test_an_application_that_was_deleted_meanwhile_is_left_alone(
    told_site: Site, receiver: HttpsServer
) -> None:
    site = told_site
    receiver.routes["/out"] = Answer(status=503)
    site.person("tane")
    browser, _ = session(site, register(site, receiver))
    sign_out(browser)
    settle(site)
    Acrux(site.environ)("client", "delete", "app")
    retry(site, 61)
    assert len(receiver.requests) == 1
    assert states(site) == [("failed", 2)]


def test_the_message_is_undone_with_the_end_that_it_tells_of(
    small: Site, receiver: HttpsServer
) -> None:
    sub = small.person("tane")
    session(small, register(small, receiver))

    with small.work() as work:
        sessions.end_person(work, sub, "a change that is undone")
        work.rollback()
    settle(small)
    assert states(small) == []
    assert receiver.connections == 0


@pytest.mark.slow
def test_two_who_end_the_same_session_at_once_send_one_message(
    told_site: Site, receiver: HttpsServer
) -> None:
    site = told_site
    sub = site.person("tane")
    app = register(site, receiver)
    session(site, app)
    start = threading.Barrier(4)

    def end(_: int) -> int:
        start.wait(10)
        with site.work() as work:
            return sessions.end_person(work, sub, "at once")

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(end, range(4))) == [0, 0, 0, 1]
    assert len(told(site, receiver)) == 1


@pytest.mark.slow
def test_somebody_disabled_is_told_of_though_nobody_asks_for_them_any_more(
    small: Site, receiver: HttpsServer
) -> None:
    sub = small.person("tane")
    session(small, register(small, receiver))
    with small.work() as work:
        people.set_disabled(work, sub, True)
        sessions.end_person(work, sub, "switched off")
    (token,) = told(small, receiver)
    assert token["sub"] == sub


@pytest.mark.slow
def test_a_slow_application_keeps_no_page_waiting(small: Site, receiver: HttpsServer) -> None:
    def slow(_: object) -> bytes:
        receiver.ending.wait(3)
        return b""

    receiver.routes["/out"] = slow
    small.person("tane")
    browser, _ = session(small, register(small, receiver))
    sign_out(browser)
    assert [state for state, _ in states(small)] == ["due"]
    receiver.ending.set()
    assert len(told(small, receiver)) == 1
