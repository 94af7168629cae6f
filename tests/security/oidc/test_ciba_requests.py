"""Questions of applications: who has an account, fatigue, links, races, what is kept."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa

from idp.store import people
from idp.store.models.protocol import CibaRequest
from idp.store.oidc import authorizations
from idp.store.people import contacts
from idp.store.service import cleaning
from tests.protocol.ciba import WAIT, allow, answer, asked, bank, begin, link, poll
from tests.protocol.sign_ins import assert_token_error
from tests.security.serving.crowd import ARENAS, at_once, build_arena, new_name, number
from tests.support.site import Site

OVER = "This question is over"
_WAITING = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    " AND wait_event_type = 'Lock'"
)


@pytest.fixture(scope="module", params=ARENAS)
def arena(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    yield from build_arena(request, tmp_path_factory, throttle__source_limit=100_000)


def _mails(site: Site) -> int:
    return len([one for one in site.messages("mail") if one["kind"] == "ciba"])


def test_a_name_that_nobody_has_is_told_from_no_other(small_site: Site) -> None:
    site = small_site
    site.person()
    app = bank(site)
    known, unknown = (begin(site, app, login_hint=name) for name in ("tane", "nobody"))
    assert known.json.keys() == unknown.json.keys()
    assert (known.status, known.said) == (unknown.status, unknown.said)
    site.work_off()
    assert _mails(site) == 1
    for answered in (known, unknown):
        code = answered.json["auth_req_id"]
        assert_token_error(poll(site, app, code), "authorization_pending")
    site.advance(301)
    for answered in (known, unknown):
        assert_token_error(poll(site, app, answered.json["auth_req_id"]), "expired_token")
    [held] = site.events(kinds=("client:ciba:held-back",))
    assert (held.person_id, held.reason) == (None, "nobody of that name")
    # Nor by how often it may be asked for, however it is spelled.
    site.advance(600)
    for name in ("Tane", "Nobody"):
        often = [begin(site, app, login_hint=name) for _ in range(23)]
        assert [one.status for one in often] == [200] * 20 + [429] * 3, name
        assert_token_error(often[-1], "slow_down", 429)
    # Each is in the record once, however often it goes on asking.
    assert site.times(kind="client:authentication:held-back") == 2


def test_nobody_is_asked_without_end(site: Site) -> None:
    """Three at a time and ten an hour, five of one application; what is more expires unseen.

    What is under way with the person is not decided anew, whoever asks.
    """
    person = site.person()
    with site.work() as work:
        before = people.by_id(work, person)
    app, other = bank(site), bank(site, "other")
    for each in (app, other, app, other, app):
        asked(site, each, requested_expiry="60")
    assert _mails(site) == 3
    for _ in range(4):
        site.advance(61)
        for each in (app, other, app):
            asked(site, each, requested_expiry="60")
    assert _mails(site) == 10
    site.advance(3600)
    asked(site, app)
    assert _mails(site) == 11
    reasons = {one.reason for one in site.events(kinds=("client:ciba:held-back",))}
    assert reasons == {
        "3 requests wait for an answer",
        "5 of this application in an hour",
        "10 requests in an hour",
    }
    with site.work() as work:
        after = people.by_id(work, person)
    assert before is not None
    assert after is not None
    assert after.epoch == before.epoch


def test_a_link_proves_nothing_and_opening_it_changes_nothing(small_site: Site) -> None:
    site = small_site
    site.person()
    site.person("aroha")
    app = bank(site)
    code = asked(site, app)
    path, thief = link(site), site.browser()
    for _ in range(3):
        assert thief.open(path).status == 200
    assert thief.at.headers["Referrer-Policy"] == "strict-origin"
    assert thief.post(path, decision="yes", csrf_token="").status == 403
    thief.open(path)
    thief.submit(path, decision="yes")
    assert thief.sign_in("aroha").url.endswith("/login")
    assert_token_error(poll(site, app, code), "authorization_pending")
    # Nor is another's question opened from an account, or finished by a sign-in for something else.
    other = site.browser()
    other.open("/account/")
    other.sign_in("aroha")
    with site.work() as work:
        [[request_id]] = work.select(sa.select(CibaRequest.id))
    assert other.open(f"/requests/{request_id}").url.endswith("/account/requests")
    assert other.open(f"/requests/{request_id}/resume/nothing").status == 400
    for path in ("/a/nothing", f"/a/{'x' * 300}", "/requests/nothing", "/requests/%00/done"):
        assert other.open(path).status in (404, 410), path
    assert_token_error(poll(site, app, code), "authorization_pending")


def test_nothing_that_opens_is_kept_in_the_clear_and_what_is_over_is_swept(
    small_site: Site,
) -> None:
    site = small_site
    site.person()
    app = bank(site)
    code = asked(site, app)
    token = link(site).removeprefix("/a/")
    stored = "".join(file.read_bytes().decode("latin-1") for file in site.folder.glob("acrux.db*"))
    assert code not in stored
    assert token not in stored
    site.advance(900 + 86_400 + 1)
    with site.work() as work:
        while cleaning.clean(work, 7_776_000):
            work.commit()
    assert number(site, "SELECT count(*) FROM ciba_request") == 0


def test_a_number_is_used_where_no_address_is_confirmed(small_site: Site) -> None:
    site = small_site
    site.person("hana", verified=False)
    with site.work() as work:
        person = people.by_name(work, "hana")
        assert person is not None
        contacts.set_phone(work, person, person.phone, True)
    app = bank(site)
    code = asked(site, app, login_hint="hana")
    assert _mails(site) == 0
    answer(site.browser(), link(site, "sms"), "no")
    assert_token_error(poll(site, app, code), "access_denied")


@pytest.mark.parametrize(
    ("wish", "told"), [("instead", "by mail"), ("first", "by text message"), ("never", "by mail")]
)
def test_the_operator_says_whether_a_text_message_is_sent(
    tmp_path: Path, wish: str, told: str
) -> None:
    site = Site(tmp_path, f"sqlite:///{tmp_path / 'acrux.db'}", sms__requests=wish)
    site.person()
    site.person("hana", verified=False)
    asked(site, bank(site))
    asked(site, bank(site, "other"), login_hint="hana")
    reasons = {one.person_id: one.reason for one in site.events(kinds=("client:ciba:asked",))}
    assert list(reasons.values()) == ["in the account alone", told]
    site.close()


def test_a_yes_and_a_no_at_once_are_one_answer(arena: Site) -> None:
    app, name = bank(arena, new_name("bank")), new_name("tane")
    arena.person(name)
    code = asked(arena, app, login_hint=name)
    path, yes, no = link(arena), arena.browser(), arena.browser()
    answer(yes, path, "yes")
    no.open(path)
    pages = at_once([lambda: yes.sign_in(name), lambda: no.submit(path, decision="no")])
    assert all(page.status < 500 for page in pages)
    allowed = pages[0].heading == "Go back to where you started"
    told = poll(arena, app, code)
    assert (told.status == 200) == allowed, told.text
    assert allowed or told.json["error"] == "access_denied"


def test_of_many_questions_at_once_one_is_answered(arena: Site) -> None:
    app, name = bank(arena, new_name("bank")), new_name("tane")
    arena.person(name)
    code = asked(arena, app, login_hint=name)
    allow(arena, arena.browser(), name)
    answers = at_once([partial(poll, arena, app, code, waits=False)] * 6)
    assert sorted(one.status for one in answers) == [200, 400, 400, 400, 400, 400]
    assert {one.json["error"] for one in answers if one.status == 400} == {"slow_down"}


def test_who_fetches_and_who_deletes_the_person_do_not_wait_for_each_other(arena: Site) -> None:
    app, name = bank(arena, new_name("bank")), new_name("tane")
    person = arena.person(name)
    code = asked(arena, app, login_hint=name)
    allow(arena, arena.browser(), name)
    arena.advance(2 * WAIT)
    with ThreadPoolExecutor(1) as pool:
        with arena.work() as work:
            people.lock_for_good(work, person)
            authorizations.revoke_person(work, person)
            going = pool.submit(poll, arena, app, code, waits=False)
            if arena.installation.engine.dialect.name == "postgresql":
                while not number(arena, _WAITING):
                    assert not going.done()
            people.delete(work, person)
        told = going.result(30)
    # Where all who write wait for one lock, the question itself may come when the request is gone.
    assert told.json.get("error") in ("invalid_grant", "slow_down"), told.text
    assert_token_error(poll(arena, app, code), "invalid_grant")
