"""Someone is deleted at the very moment of any change of theirs: a clear page, and nothing left."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from idp.cli.running.worker import Worker
from idp.errors import GoneError
from idp.store import people, waiting
from tests.protocol.command import Acrux
from tests.security.serving.crowd import (
    ARENAS,
    at_once,
    base,
    build_arena,
    new_name,
    number,
    same_cookie,
    under_way,
)
from tests.security.test_pairs_of_changes import CHANGES, LESSER, Act, Scene
from tests.security.test_pairs_of_changes import arena as strict_arena
from tests.support.site import PASSWORD, Answer, Site

__all__ = ["strict_arena"]
TABLES = (
    *("credential", "session", "interaction", "proof", "device", "link", "recovery_code"),
    *("grant", "authorization", "account_change", "pending_change", "pairwise"),
)
TOUCH_THE_ROW_FIRST = {name for name in (*CHANGES, *LESSER) if name.endswith("_operator")} | {
    "disabling",
    "deletion_of_the_application",
}
"""They lock before they read, so that nothing comes in between."""


def deletion(site: Site, person: str) -> Act:
    def act() -> None:
        with site.work() as work:
            site.installation.leaving.delete(work, person, "by an operator")

    return act


def _gone(site: Site, person: str) -> None:
    for table in TABLES:
        left = f'SELECT count(*) FROM "{table}" WHERE person_id = :person'
        assert number(site, left, person=person) == 0, table
    assert number(site, "SELECT count(*) FROM person WHERE id = :person", person=person) == 0
    assert number(site, "SELECT count(*) FROM departed WHERE subject = :p", p=person) == 1


def _clear(answer: object, name: str) -> None:
    status = getattr(answer, "status", 200)
    assert status < 500, (name, status)
    if status == 410:
        assert isinstance(answer, Answer)
        assert answer.heading in ("This is no longer there", "This link does not work any more")


@pytest.mark.parametrize("change", [*CHANGES, *LESSER])
def test_a_deletion_at_the_moment_of_a_change_leaves_nothing(
    strict_arena: Site, change: str
) -> None:
    scene = Scene(strict_arena)
    try:
        acts: list[Act] = [getattr(scene, change)(), deletion(strict_arena, scene.person)]
        answers = at_once(acts)
    except GoneError:
        # The operator's change came second.
        answers = []
    if answers:
        _clear(answers[0], change)
    _gone(strict_arena, scene.person)
    page = scene.owner.open("/account/")
    assert (page.status, page.heading) == (200, "Sign in")


@pytest.mark.parametrize("change", sorted({*CHANGES, *LESSER} - TOUCH_THE_ROW_FIRST - {"sign_out"}))
def test_a_deletion_in_the_middle_of_a_request_is_said_on_a_page(
    strict_arena: Site, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    """The request has read the person, who is deleted before it writes anything."""
    scene = Scene(strict_arena)
    act = getattr(scene, change)()
    end = deletion(strict_arena, scene.person)
    answer = under_way(monkeypatch, (people, "by_id"), act, end)
    _clear(answer, change)
    assert getattr(answer, "status", 0) in (303, 400, 403, 404, 410, 200), change
    _gone(strict_arena, scene.person)


@pytest.fixture(scope="module", params=ARENAS)
def crowded(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    yield from build_arena(request, tmp_path_factory, throttle__source_limit=100_000)


def test_whoever_signs_in_at_that_moment_gets_a_page(crowded: Site) -> None:
    app = crowded.application(new_name("app"))
    for _ in range(3):
        name = new_name("aroha")
        person = crowded.person(name)
        held = crowded.browser()
        held.authorize(app)
        held.sign_in(name)
        browsers = [crowded.browser() for _ in range(4)]
        for browser in browsers:
            browser.authorize(app)
        windows = [same_cookie(crowded, held) for _ in range(2)]
        command = partial(Acrux(crowded.environ).beside, "user", "delete", name, "--yes")
        acts: list[Callable[[], Any]] = [
            *(partial(browser.sign_in, name) for browser in browsers),
            *(partial(window.open, "/account/") for window in windows),
            command,
        ]
        answers = at_once(acts)
        assert answers[-1].returncode == 0, answers[-1].stderr
        for answer in answers[:-1]:
            _clear(answer, "signing in")
        _gone(crowded, person)
        assert held.open("/account/").heading == "Sign in"


def test_the_worker_outlives_whoever_it_was_at_work_for(
    crowded: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = crowded.person(new_name("aroha"))
    with crowded.work() as work:
        waiting.add(work, person, what="add", method="totp", credential_id=None, wait=0)
    job = Worker(crowded.installation)

    def end() -> None:
        deletion(crowded, person)()
        job.stop()

    under_way(monkeypatch, (waiting, "due"), job.run, end)
    _gone(crowded, person)


def test_two_deletions_at_once_are_one(crowded: Site) -> None:
    name = new_name("aroha")
    person = crowded.person(name)
    command = Acrux(crowded.environ)
    found = at_once([lambda: command.beside("user", "delete", name, "--yes")] * 3)
    assert sorted(each.returncode for each in found) == [0, 1, 1]
    for each in found:
        assert "Traceback" not in each.stderr
        assert each.returncode == 0 or "deleted" in each.stderr, each.stderr
    _gone(crowded, person)
    assert len(crowded.events(kind="operator:person:deleted", person_id=person)) == 1


def test_codes_and_refresh_tokens_at_that_moment_are_refused_in_oauths_words(
    crowded: Site,
) -> None:
    app = crowded.application(new_name("app"))
    for _ in range(3):
        name = new_name("aroha")
        person = crowded.person(name)
        codes = []
        for _ in range(3):
            browser = crowded.browser()
            browser.authorize(app)
            codes.append(browser.sign_in(name).query["code"])
        page = browser.authorize(app, prompt="login")
        password = page.url.replace("/login", "/password")
        resume = base(browser).replace("/interaction", "/authorize/resume")
        browser.post(password, username=name, password=PASSWORD)
        acts: list[Callable[[], Any]] = [
            *(partial(crowded.redeem, app, code) for code in codes),
            partial(browser.get, resume),
            deletion(crowded, person),
        ]
        answers = at_once(acts)
        for answer in answers[:3]:
            assert isinstance(answer, Answer)
            assert answer.status in (200, 400), answer.text
            assert answer.status == 200 or answer.json["error"] == "invalid_grant", answer.text
        _clear(answers[3], "finishing")
        _gone(crowded, person)
