"""Whatever ends, ends for what is under way: a request that read before stores nothing after.

A thief's request for offline access is stopped just before its answer is stored, and goes on when
the owner, or an operator, has put an end to what it rests on.
"""

from collections.abc import Callable
from typing import Any

import pytest

from idp.store import credentials, people
from idp.store.oidc import authorizations
from tests.protocol.command import Acrux
from tests.security.serving.crowd import number, same_cookie, under_way
from tests.support.letters import choose, forget, mailed_link
from tests.support.site import Answer, Browser, Site

NEW = "harbour lantern sixpence moss"
OFFLINE = "openid offline_access"
LIVE = 'SELECT count(*) FROM "authorization" WHERE revoked_at IS NULL'


class Scene:
    """A person who is signed in, and the request that is under way in the same browser."""

    def __init__(self, site: Site, **registered: Any) -> None:
        self.site = site
        self.secret = site.secret()
        self.person = site.person("tane", totp=self.secret)
        self.app = site.application("board", **registered)
        self.browser = site.browser()
        self.browser.authorize(self.app, scope=OFFLINE, prompt="consent")
        self.browser.sign_in("tane")
        answer = self.browser.totp(self.secret)
        if "code" not in answer.query:
            answer = self.browser.submit("/consent", decision="allow")
        assert "code" in answer.query
        self.acrux = Acrux(site.environ)

    def elsewhere(self, path: str) -> Browser:
        """Return another browser of the owner's at one of the account's pages."""
        browser = self.site.browser()
        browser.open(path)
        browser.sign_in("tane")
        browser.totp(self.secret)
        return browser


def a_reset_link(scene: Scene) -> None:
    choose(scene.site, mailed_link(scene.site, "reset-link"), NEW)


def this_was_not_me(scene: Scene) -> None:
    owner, path = scene.site.browser(), mailed_link(scene.site, "new-device", "/n/")
    owner.open(path)
    assert owner.submit(path).heading == "You are signed out everywhere"


def an_operator_who(*words: str, stdin: str | None = None) -> Callable[[Scene], None]:
    def end(scene: Scene) -> None:
        scene.acrux(*words, stdin=stdin)

    end.__name__ = f"an operator: {' '.join(words[:2])}"
    return end


def removal_of_the_app(scene: Scene) -> None:
    with scene.site.work() as work:
        person = people.by_id(work, scene.person)
        assert person
        [app] = credentials.of(work, person.id, "totp")
        assert scene.site.installation.credentials.remove(work, person, app.id)


def sign_out(scene: Scene) -> None:
    window = same_cookie(scene.site, scene.browser)
    window.open("/end_session")
    assert window.submit("/end_session").heading.startswith("Signed out")


def another_person_in_the_browser(scene: Scene) -> None:
    scene.site.person("mere")
    window = same_cookie(scene.site, scene.browser)
    window.authorize(scene.app, prompt="login")
    window.submit("/switch")
    assert "code" in window.sign_in("mere").query


ENDS = [
    a_reset_link,
    this_was_not_me,
    an_operator_who("user", "sign-out", "tane"),
    an_operator_who("user", "disable", "tane"),
    an_operator_who("user", "demand-password", "tane"),
    an_operator_who("user", "set-password", "tane", "--password-stdin", stdin=NEW),
    an_operator_who("user", "reset-factor", "tane", "totp"),
    removal_of_the_app,
    sign_out,
    another_person_in_the_browser,
]


def prepare(scene: Scene, end: Callable[[Scene], None]) -> None:
    """Have the mails at hand that an end needs: sending them is no part of it."""
    if end is a_reset_link:
        forget(scene.site, "tane")
    if end is this_was_not_me:
        scene.elsewhere("/account/")


STORING = (authorizations, "add")


def ask(scene: Scene) -> Callable[[], Answer]:
    """Return the thief's request, in the browser that is signed in."""
    return lambda: scene.browser.open("/authorize", **scene.app.request(scope=OFFLINE))


def live(scene: Scene) -> int:
    query = f"{LIVE} AND person_id = :person"
    return number(scene.site, query, person=scene.person)


@pytest.mark.parametrize("end", ENDS, ids=lambda end: end.__name__)
def test_what_is_ended_while_a_code_is_made_leaves_no_code(
    site: Site, monkeypatch: pytest.MonkeyPatch, end: Callable[[Scene], None]
) -> None:
    scene = Scene(site)
    prepare(scene, end)
    answer = under_way(monkeypatch, STORING, ask(scene), lambda: end(scene))
    assert "code" not in answer.query, answer.location
    assert len(site.events(kind="client:code:issued", person=scene.person)) == 1
    # Signing out leaves the offline access that was granted before, and nothing after.
    assert live(scene) == (1 if end in (sign_out, another_person_in_the_browser) else 0)


def test_a_session_that_is_ended_from_elsewhere_gives_nothing_more(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = Scene(site)
    owner = scene.elsewhere("/account/places")

    def end() -> None:
        assert owner.submit("/end").text.count("Sign out this device") == 0

    answer = under_way(monkeypatch, STORING, ask(scene), end)
    assert answer.heading == "Sign in"
    assert live(scene) == 1, "the offline access of before, which the owner can end as well"


def test_a_consent_that_is_withdrawn_meanwhile_is_asked_for_again(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = Scene(site, first_party=False)
    owner = scene.elsewhere("/account/applications")
    answer = under_way(monkeypatch, STORING, ask(scene), lambda: owner.submit("/withdraw"))
    assert answer.heading.startswith("Let Board in")
    assert live(scene) == 0


def test_a_client_that_is_deleted_meanwhile_gets_a_page_and_no_code(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = Scene(site)
    answer = under_way(
        monkeypatch, STORING, ask(scene), lambda: scene.acrux("client", "delete", "board")
    )
    assert answer.status == 400
    assert live(scene) == 0


def test_a_change_that_ends_nothing_lets_the_request_go_on(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = Scene(site)
    answer = under_way(
        monkeypatch, STORING, ask(scene), lambda: scene.acrux("user", "set", "tane", "name=T")
    )
    assert site.redeem(scene.app, answer.query["code"]).status == 200
    assert len(site.events(kind="client:code:issued", person=scene.person)) == 2
