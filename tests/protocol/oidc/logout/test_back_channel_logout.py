"""Back-Channel Logout 1.0: whatever ends a session, each of its applications hears of it."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from idp import clock
from idp.signin import sessions
from idp.store import people
from idp.store.models.service import Outbox
from tests.protocol.command import Acrux
from tests.protocol.sign_ins import jose_header, signed_in
from tests.support.programs.https import Answer, HttpsServer, https_server
from tests.support.site import MFA, PASSWORD, Application, Browser, Site

EVENT = "http://schemas.openid.net/event/backchannel-logout"
Tokens = dict[str, Any]


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[HttpsServer]:
    """Where applications are told."""
    folder = tmp_path / "receiver"
    folder.mkdir()
    with https_server({"/out": b"", "/other": b""}, folder) as server:
        yield server


@pytest.fixture
def told_site(tmp_path: Path, database_url: str, receiver: HttpsServer) -> Iterator[Site]:
    """An installation that may reach the receiver, on SQLite and on PostgreSQL."""
    found = Site(tmp_path, database_url, **receiver.settings())
    yield found
    found.close()


@pytest.fixture
def small(tmp_path: Path, receiver: HttpsServer) -> Iterator[Site]:
    """The same on SQLite alone."""
    found = Site(tmp_path, f"sqlite:///{tmp_path / 'acrux.db'}", **receiver.settings())
    yield found
    found.close()


def register(site: Site, receiver: HttpsServer, client_id: str = "app", **data: Any) -> Application:
    data.setdefault("backchannel_logout_uri", receiver.url("/out"))
    return site.application(client_id, **data)


def session(
    site: Site, app: Application, name: str = "tane", **changes: Any
) -> tuple[Browser, Tokens]:
    """Sign in in a fresh browser; return it and the claims of the ID token."""
    browser = signed_in(site, app, name, **changes)
    return browser, site.claims(app, browser.at)


def sign_out(browser: Browser) -> None:
    browser.open("/end_session")
    assert browser.submit("/end_session").heading == "Signed out"


def settle(site: Site) -> None:
    assert site.installation.post.settle(20)


def told(site: Site, receiver: HttpsServer, path: str = "/out") -> list[Tokens]:
    """Return the claims of the logout tokens that arrived, after nothing more is on its way."""
    settle(site)
    found = [r for r in receiver.requests if r.path.partition("?")[0] == path]
    return [site.id_token(r.form["logout_token"], ("RS256", "ES256")) for r in found]


def states(site: Site) -> list[tuple[str, int]]:
    """Return state and number of attempts of every message to an application."""
    table = Outbox
    query = sa.select(table.state, table.attempts).where(table.channel == "logout")
    with site.work() as work:
        return [(row[0], row[1]) for row in work.select(query)]


def retry(site: Site, seconds: int) -> None:
    """Let time pass, then do what the worker does."""
    site.advance(seconds)
    site.installation.post.deliver_due()


def test_the_message_is_one_logout_token_and_nothing_else(
    small: Site, receiver: HttpsServer
) -> None:
    small.person("tane")
    app = register(small, receiver)
    browser, claims = session(small, app)
    sign_out(browser)
    (token,) = told(small, receiver)
    (request,) = receiver.requests
    assert request.method == "POST"
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert "cookie" not in request.headers
    assert request.form.keys() == {"logout_token"}
    assert jose_header(request.form["logout_token"])["typ"] == "logout+jwt"
    assert token.keys() == {"iss", "sub", "aud", "iat", "exp", "jti", "sid", "events"}
    assert token["events"] == {EVENT: {}}
    assert (token["iss"], token["aud"]) == (small.issuer, app.client_id)
    assert (token["sub"], token["sid"]) == (claims["sub"], claims["sid"])
    assert 0 < token["exp"] - token["iat"] <= 120
    assert abs(token["iat"] - clock.now()) < 60


def test_it_is_signed_as_the_client_has_its_id_tokens_signed(
    small: Site, receiver: HttpsServer
) -> None:
    small.person("tane")
    browser, _ = session(small, register(small, receiver, id_token_signed_response_alg="ES256"))
    sign_out(browser)
    assert told(small, receiver)
    assert jose_header(receiver.requests[0].form["logout_token"])["alg"] == "ES256"


def test_a_client_with_pairwise_subjects_hears_of_the_person_as_it_knows_them(
    small: Site, receiver: HttpsServer
) -> None:
    sub = small.person("tane")
    browser, claims = session(small, register(small, receiver, subject_type="pairwise"))
    sign_out(browser)
    (token,) = told(small, receiver)
    assert token["sub"] == claims["sub"] != sub


def by_hand(site: Site, browser: Browser) -> None:
    sign_out(browser)


def by_account(site: Site, browser: Browser) -> None:
    browser.open("/account/")
    assert browser.submit("/end_session").heading == "Signed out"


def by_disabling(site: Site, _: Browser) -> None:
    Acrux(site.environ)("user", "disable", "tane")


def by_operator(site: Site, _: Browser) -> None:
    assert "1 sessions" in Acrux(site.environ)("user", "sign-out", "tane")


def by_new_password(site: Site, _: Browser) -> None:
    words = ("user", "set-password", "tane", "--password-stdin")
    Acrux(site.environ)(*words, stdin="quite another long secret\n")


def by_reset(site: Site, _: Browser) -> None:
    Acrux(site.environ)("user", "reset-factor", "tane", "password")


def by_another_person(site: Site, browser: Browser) -> None:
    other = site.application("other-door")
    browser.authorize(other, prompt="login")
    browser.submit("/switch")
    assert "code" in browser.sign_in("mere").query


CAUSES = (
    *(by_hand, by_account, by_disabling, by_operator, by_new_password, by_reset),
    by_another_person,
)


@pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: cause.__name__)
def test_whatever_ends_a_session_reaches_its_application_once(
    told_site: Site, receiver: HttpsServer, cause: Callable[[Site, Browser], None]
) -> None:
    site = told_site
    site.person("tane")
    site.person("mere")
    app = register(site, receiver)
    browser, claims = session(site, app)
    cause(site, browser)
    settle(site)
    site.installation.post.deliver_due()
    (token,) = told(site, receiver)
    assert (token["sub"], token["sid"]) == (claims["sub"], claims["sid"])
    assert [e.sid for e in site.events(kind="client:logout:delivered")] == [claims["sid"]]
    kind = "person:factor:removed" if cause is by_reset else "person:session:ended"
    assert len(site.events(kind=kind)) == 1


def test_every_application_of_the_session_is_told_and_no_other(
    told_site: Site, receiver: HttpsServer
) -> None:
    site = told_site
    site.person("tane")
    site.person("mere")
    apps = [
        register(site, receiver, "one"),
        register(site, receiver, "two", backchannel_logout_uri=receiver.url("/other")),
        register(site, receiver, "elsewhere"),
        site.application("deaf"),
    ]
    session(site, apps[2], "mere")
    browser, claims = session(site, apps[0])
    for app in (apps[0], apps[1], apps[3]):
        assert "code" in browser.authorize(app).query
    sign_out(browser)
    (first,), (second,) = told(site, receiver), told(site, receiver, "/other")
    assert (first["aud"], second["aud"]) == ("one", "two")
    assert first["sid"] == second["sid"] == claims["sid"]
    assert len(receiver.requests) == 2


def test_disabling_a_person_ends_each_session_by_its_own_message(
    told_site: Site, receiver: HttpsServer
) -> None:
    site = told_site
    site.person("tane")
    app = register(site, receiver)
    sids = {session(site, app)[1]["sid"] for _ in range(3)}
    Acrux(site.environ)("user", "disable", "tane")
    settle(site)
    site.installation.post.deliver_due()
    assert len(sids) == 3
    assert sorted(token["sid"] for token in told(site, receiver)) == sorted(sids)


def test_a_factor_that_is_reset_ends_the_sessions_that_rest_on_it_alone(
    told_site: Site, receiver: HttpsServer
) -> None:
    site = told_site
    secret = site.secret()
    sub = site.person("tane")
    app = register(site, receiver)
    _, weak = session(site, app)
    totp: Any = site.installation.signin.authenticators["totp"]
    with site.work() as work:
        totp.add(work, sub, secret)
    strong = site.browser()
    strong.authorize(app, acr_values=MFA)
    strong.sign_in("tane")
    claims = site.claims(app, strong.totp(secret))
    Acrux(site.environ)("user", "reset-factor", "tane", "totp")
    settle(site)
    site.installation.post.deliver_due()
    assert [token["sid"] for token in told(site, receiver)] == [claims["sid"]]
    assert weak["sid"] != claims["sid"]


def test_offline_access_outlives_the_session_and_its_application_hears_all_the_same(
    told_site: Site, receiver: HttpsServer
) -> None:
    """OIDC Core 11; Back-Channel Logout 2.7."""
    site = told_site
    site.person("tane")
    app = register(site, receiver)
    browser = signed_in(site, app, scope="openid offline_access")
    tokens = site.redeem(app, browser.at.query["code"]).json
    sign_out(browser)
    assert len(told(site, receiver)) == 1
    assert site.refresh(app, tokens["refresh_token"]).status == 200


def test_a_later_person_in_the_same_browser_has_a_session_of_their_own(
    told_site: Site, receiver: HttpsServer
) -> None:
    site = told_site
    site.person("tane")
    site.person("mere")
    app = register(site, receiver)
    browser, first = session(site, app)
    browser.authorize(app, prompt="login")
    browser.submit("/switch")
    second = site.claims(app, browser.sign_in("mere"))
    assert [token["sid"] for token in told(site, receiver)] == [first["sid"]]
    sign_out(browser)
    assert [token["sid"] for token in told(site, receiver)] == [first["sid"], second["sid"]]
    assert [token["sub"] for token in told(site, receiver)] == [first["sub"], second["sub"]]


def test_signing_in_again_as_the_same_person_ends_nothing(
    small: Site, receiver: HttpsServer
) -> None:
    small.person("tane")
    app = register(small, receiver)
    browser, first = session(small, app)
    browser.authorize(app, prompt="login")
    second = small.claims(app, browser.submit("/password", password=PASSWORD))
    assert second["sid"] == first["sid"]
    assert told(small, receiver) == []


def test_a_session_that_merely_expires_is_told_to_nobody(
    small: Site, receiver: HttpsServer
) -> None:
    small.person("tane")
    browser, _ = session(small, register(small, receiver))
    small.advance(small.installation.settings.session.absolute + 1)
    browser.open("/end_session")
    assert told(small, receiver) == []


@pytest.mark.parametrize("status", [200, 204])
def test_both_ways_of_saying_yes_count(small: Site, receiver: HttpsServer, status: int) -> None:
    receiver.routes["/out"] = Answer(status=status)
    small.person("tane")
    browser, _ = session(small, register(small, receiver))
    sign_out(browser)
    assert len(told(small, receiver)) == 1
    assert states(small) == [("sent", 1)]


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


def test_an_hour_later_nobody_is_told_any_more(small: Site, receiver: HttpsServer) -> None:
    receiver.routes["/out"] = Answer(status=500)
    small.person("tane")
    browser, _ = session(small, register(small, receiver))
    sign_out(browser)
    settle(small)
    retry(small, 3601)
    assert len(receiver.requests) == 1
    assert states(small)[0][0] == "failed"


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


def test_a_logout_token_is_no_hint(small: Site, receiver: HttpsServer) -> None:
    """It bears our signature and a `sid`, yet it must sign no one out and name no one."""
    small.person("tane")
    app = register(small, receiver, post_logout_redirect_uris=["https://app.example.org/bye"])
    browser, _ = session(small, app)
    sign_out(browser)
    assert told(small, receiver)
    token = receiver.requests[0].form["logout_token"]
    again, _ = session(small, app)
    answer = again.open(
        "/end_session",
        id_token_hint=token,
        post_logout_redirect_uri="https://app.example.org/bye",
    )
    assert 'id="logout-page"' in answer.text
    fresh = small.browser().open(
        "/end_session",
        id_token_hint=token,
        post_logout_redirect_uri="https://app.example.org/bye",
    )
    assert not fresh.location
