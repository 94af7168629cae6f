"""An application is deleted while people let it in: no one waits for ever, and nothing is left.

Deleting takes grants and authorizations of many people away. So it locks those people first, in one
order, as anyone who changes one of them does (`people.lock_person`).
"""

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from idp import crypto
from idp.oidc.clients import changes
from idp.operating import cases
from idp.operating.actor import OPERATOR
from idp.store import db, people
from idp.store.db.statements import Statement
from idp.store.oidc import authorizations, clients, tokens
from idp.store.oidc import grants as grants
from idp.store.oidc.tokens import NewToken
from tests.protocol import ciba, devices
from tests.protocol.endpoints import ask
from tests.security.serving.crowd import THREADS, build_arena, new_name, number
from tests.support.site import Answer, Application, Site

SCOPES = frozenset({"openid"})
TOKEN = crypto.digest("of its own")


@pytest.fixture(
    scope="module",
    params=THREADS,
)
def arena(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    yield from build_arena(request, tmp_path_factory)


def let_in(site: Site) -> tuple[Application, list[str]]:
    """Return an application of its own making, and two people who let it in: one by a grant."""
    app = site.application(new_name("board"), first_party=False)
    found = []
    for asked in (True, False):
        name = new_name("mere")
        found.append(site.person(name))
        browser = site.browser()
        browser.authorize(app, prompt="consent")
        browser.sign_in(name)
        assert "code" in browser.submit("/consent", decision="allow").query
        if not asked:
            with site.work() as work:
                work.run(Statement('DELETE FROM "grant" WHERE person_id = :id'), id=found[-1])
    with site.work() as work:
        own = "UPDATE client SET registration_digest = :digest WHERE id = :id"
        work.run(Statement(own), digest=TOKEN, id=app.client_id)
    site.trust_rows()
    return app, found


def by_operator(site: Site, work: db.Work, client_id: str) -> object:
    return cases.of(site.installation).clients.delete(work, OPERATOR, client_id)


REMOVALS: dict[str, Callable[[Site, db.Work, str], object]] = {
    "by an operator": by_operator,
    "by itself": lambda _site, work, client_id: clients.withdraw(work, client_id, TOKEN),
    "changed by itself": lambda _site, work, client_id: authorizations.end_client(work, client_id),
}
_WAITING = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    " AND wait_event_type = 'Lock'"
)


@pytest.mark.parametrize("how", REMOVALS)
@pytest.mark.parametrize("who", [0, 1], ids=["by a grant", "by an authorization alone"])
def test_it_waits_for_whoever_changes_somebody_that_let_it_in(
    arena: Site, how: str, who: int
) -> None:
    """The change locks its person first; then it needs what the deletion would have taken."""
    app, found = let_in(arena)
    begun = threading.Event()

    def remove() -> None:
        with arena.work() as work:
            begun.set()
            REMOVALS[how](arena, work, app.client_id)

    with ThreadPoolExecutor(1) as pool:
        with arena.work() as work:
            people.lock_person(work, found[who])
            going = pool.submit(remove)
            assert begun.wait(30)
            if arena.installation.engine.dialect.name == "postgresql":
                while not number(arena, _WAITING):
                    assert not going.done()
            authorizations.revoke_person(work, found[who])
            grants.grant(work, found[who], app.client_id, SCOPES, "")
        going.result(30)
    left = 'SELECT count(*) FROM "grant" WHERE client_id = :client'
    live = 'SELECT count(*) FROM "authorization" WHERE client_id = :client AND revoked_at IS NULL'
    assert number(arena, left, client=app.client_id) == 0
    assert number(arena, live, client=app.client_id) == 0


@pytest.mark.parametrize("how", REMOVALS)
def test_whatever_those_people_have_under_way_is_decided_anew(arena: Site, how: str) -> None:
    app, found = let_in(arena)

    def epochs() -> list[int]:
        with arena.work() as work:
            rows = [people.by_id(work, one) for one in found]
        return [row.epoch for row in rows if row]

    before = epochs()
    with arena.work() as work:
        REMOVALS[how](arena, work, app.client_id)
    assert epochs() == [epoch + 1 for epoch in before]


def test_a_client_that_changes_and_one_that_is_deleted_wait_in_the_same_order(arena: Site) -> None:
    app, found = let_in(arena)
    begun = threading.Event()

    def change() -> object:
        with arena.work() as work:
            row = clients.find(work, app.client_id)
            assert row
            begun.set()
            data = json.loads(row.data)
            return changes.replace_own(work, arena.installation.keyring, row, "Another", data)

    with ThreadPoolExecutor(1) as pool:
        with arena.work() as work:
            people.lock_person(work, min(found))
            going = pool.submit(change)
            assert begun.wait(30)
            if arena.installation.engine.dialect.name == "postgresql":
                while not number(arena, _WAITING):
                    assert not going.done()
            by_operator(arena, work, app.client_id)
        assert going.result(30) is None


@pytest.mark.slow
@pytest.mark.parametrize("arena", THREADS[1:], indirect=True)
def test_somebody_who_lets_it_in_before_it_is_held_is_not_waited_for(arena: Site) -> None:
    """They are locked by whoever changes them, who may wait for the application in turn.

    On SQLite one change waits for another from its beginning.
    """
    app, _ = let_in(arena)
    late = arena.person(new_name("mere"))

    def delete() -> None:
        with arena.work() as work:
            by_operator(arena, work, app.client_id)

    with ThreadPoolExecutor(1) as pool, arena.work() as other:
        with arena.work() as change:
            change.run(Statement("UPDATE client SET tag = tag WHERE id = :id"), id=app.client_id)
            going = pool.submit(delete)
            while not number(arena, _WAITING):
                assert not going.done()
            with arena.work() as work:
                grants.grant(work, late, app.client_id, SCOPES, "")
            people.lock_person(other, late)
        going.result(20)
        assert not clients.keep(other, app.client_id)


def test_one_that_nobody_uses_is_not_taken_away_while_somebody_lets_it_in(arena: Site) -> None:
    app = arena.application(new_name("board"), first_party=False)
    person = arena.person(new_name("mere"))
    with arena.work() as work:
        own = "UPDATE client SET registration_digest = :digest, updated_at = 0 WHERE id = :id"
        work.run(Statement(own), digest=crypto.digest("its own"), id=app.client_id)
    arena.trust_rows()
    begun = threading.Event()

    def remove() -> bool:
        with arena.work() as work:
            begun.set()
            return clients.remove_unused(work, app.client_id, 1)

    with ThreadPoolExecutor(1) as pool:
        with arena.work() as work:
            people.lock_person(work, person)
            grants.grant(work, person, app.client_id, SCOPES, "")
            going = pool.submit(remove)
            assert begun.wait(30)
            if arena.installation.engine.dialect.name == "postgresql":
                while not number(arena, _WAITING):
                    assert not going.done()
        assert not going.result(30)
    with arena.work() as work:
        assert clients.find(work, app.client_id)
        assert grants.granted(work, person, app.client_id, "") == SCOPES


def _by_device(site: Site, name: str) -> tuple[Application, Callable[[], Answer]]:
    app, browser = devices.television(site, new_name("television")), site.browser()
    devices.enter(browser, devices.codes(site, app)["user_code"])
    devices.answer(browser, "yes")
    return app, lambda: browser.sign_in(name)


def _behind(site: Site, name: str) -> tuple[Application, Callable[[], Answer]]:
    app, browser = ciba.bank(site, new_name("bank")), site.browser()
    ciba.asked(site, app, login_hint=name)
    ciba.answer(browser, ciba.link(site), "yes")
    return app, lambda: browser.sign_in(name)


def _pushed(site: Site, name: str) -> tuple[Application, Callable[[], Answer]]:
    app, browser = site.application(new_name("board")), site.browser()
    uri = ask(site, "/par", app, app.request(client_id=None)).json["request_uri"]
    browser.open("/authorize", client_id=app.client_id, request_uri=uri)
    return app, lambda: browser.sign_in(name)


@pytest.mark.parametrize("ask_for", [_by_device, _behind, _pushed])
def test_somebody_who_lets_it_in_for_the_first_time_and_the_deletion_do_not_wait_for_each_other(
    arena: Site, ask_for: Callable[[Site, str], tuple[Application, Callable[[], Answer]]]
) -> None:
    name = new_name("mere")
    arena.person(name)
    app, say_yes = ask_for(arena, name)
    with ThreadPoolExecutor(1) as pool:
        with arena.work() as work:
            clients.hold(work, app.client_id)
            going = pool.submit(say_yes)
            if arena.installation.engine.dialect.name == "postgresql":
                while not number(arena, _WAITING):
                    assert not going.done(), going.result().heading
            assert clients.delete(work, app.client_id)
        page = going.result(30)
    assert page.status in (400, 410), page.text
    assert number(arena, "SELECT count(*) FROM client WHERE id = :id", id=app.client_id) == 0


@pytest.mark.parametrize("who", ["its application", "its person"])
def test_a_refresh_and_the_deletion_of_what_it_is_for_do_not_wait_for_each_other(
    arena: Site, who: str
) -> None:
    app, [person, _] = let_in(arena)
    query = 'SELECT id FROM "authorization" WHERE client_id = :app AND person_id = :person'
    with arena.work() as work:
        [[authorization]] = work.all(Statement(query), app=app.client_id, person=person)
        new = NewToken(crypto.digest(new_name("first")), "refresh", ("openid",), 2**33)
        tokens.add(work, authorization, [new], 1)
    begun = threading.Event()

    def delete() -> None:
        with arena.work() as work:
            begun.set()
            if who == "its application":
                assert clients.delete(work, app.client_id)
            else:
                arena.installation.leaving.delete(work, person, "an operator")

    with ThreadPoolExecutor(1) as pool:
        with arena.work() as work:
            use = tokens.use_of_refresh(new.digest)
            assert work.run(use.statement, **use.values) == 1
            going = pool.submit(delete)
            assert begun.wait(30)
            if arena.installation.engine.dialect.name == "postgresql":
                while not number(arena, _WAITING):
                    assert not going.done()
            successor = NewToken(crypto.digest(new_name("next")), "refresh", ("openid",), 2**33)
            tokens.add(work, authorization, [successor], 1)
        going.result(30)
    held = "SELECT count(*) FROM token WHERE authorization_id = :id"
    assert number(arena, held, id=authorization) == 0
