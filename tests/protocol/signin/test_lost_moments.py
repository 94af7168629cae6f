"""What happens between two requests: nothing is worth more than it was a moment ago."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from idp.store.db.statements import Statement
from idp.store.oidc import clients
from idp.store.signin import sessions
from tests.support.site import Application, Site

LIVE = Statement("SELECT id FROM session WHERE person_id = :person_id AND ended_at IS NULL")


def session_ended(site: Site, app: Application, **request: str) -> str:
    """Sign in, and end the session behind the back of the authorization; return its code."""
    person = site.person("tane")
    browser = site.browser()
    browser.authorize(app, **request)
    code = browser.sign_in("tane").query["code"]
    with site.work() as work:
        [row] = work.all(LIVE, person_id=person)
        assert sessions.end(work, row[0])
    return code


def test_a_code_of_a_session_that_ended_meanwhile_is_worth_nothing(site: Site) -> None:
    app = site.application()
    assert site.redeem(app, session_ended(site, app)).json["error"] == "invalid_grant"


def test_a_code_for_offline_access_outlives_its_session(site: Site) -> None:
    app = site.application()
    code = session_ended(site, app, scope="openid offline_access")
    assert site.redeem(app, code).status == 200


@pytest.fixture
def forgetful(tmp_path: Path, database_url: str) -> Iterator[Site]:
    """An installation whose processes answer from their own copy of clients for a minute."""
    found = Site(tmp_path, database_url, oidc__cache=60)
    yield found
    found.close()


def test_an_application_that_another_process_deleted_gets_nothing_and_no_fault(
    forgetful: Site,
) -> None:
    forgetful.person("tane")
    app = forgetful.application()
    browser = forgetful.browser()
    browser.authorize(app)
    with forgetful.work() as work:
        clients.delete(work, app.client_id)
    answer = browser.sign_in("tane")
    assert answer.status < 500
    if "code" in answer.query:
        assert forgetful.redeem(app, answer.query["code"]).status in (400, 401)
