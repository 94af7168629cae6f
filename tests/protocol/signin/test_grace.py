"""A stage with grace: put off a few times after its date, counted for good, and then enforced."""

from collections.abc import Callable
from functools import partial

import pytest

from idp import clock
from idp.store.rollout import exceptions, stages
from tests.protocol.sign_ins import assert_redirect_error
from tests.security.serving.crowd import at_once
from tests.support.site import MFA, MFA_APP, ONE, Application, Browser, Site

DAY = 86400
NEEDED, DUE = "A second step is needed now", "First we check that it is you"


@pytest.fixture
def app(site: Site) -> Application:
    site.person("aroha", user_type="staff")
    return site.application()


def at_sign_in(site: Site, app: Application, name: str = "aroha") -> Browser:
    """Give the password in a new browser, and return it at the page that follows."""
    browser = site.browser()
    browser.authorize(app)
    assert browser.sign_in(name).heading
    return browser


def let_in(site: Site, app: Application, name: str = "aroha") -> Browser:
    """Give the password in a new browser: nothing else is asked."""
    browser = site.browser()
    browser.authorize(app)
    assert browser.sign_in(name).query["code"]
    return browser


def put_off(site: Site, app: Application) -> Browser:
    browser = at_sign_in(site, app)
    assert browser.at.heading == NEEDED
    assert browser.submit("/announce", decision="later").query["code"]
    return browser


@pytest.mark.slow
def test_the_page_counts_down_and_then_there_is_no_more_not_now(
    site: Site, app: Application
) -> None:
    site.stage("staff", MFA, -1, grace=2)
    browser = at_sign_in(site, app)
    assert "From today, Acrux needs a second step when you sign in." in browser.at.text
    assert "Not now (2 times left)" in browser.at.text
    assert site.claims(app, browser.submit("/announce", decision="later"))["acr"] == ONE
    browser = at_sign_in(site, app)
    assert "Not now (1 time left)" in browser.at.text
    assert browser.submit("/announce", decision="later").query["code"]
    assert at_sign_in(site, app).at.heading == DUE
    said = [event.reason for event in site.events(kind="person:stage:postponed")]
    assert [reason.split("; ")[1] for reason in said if reason] == ["0 left", "1 left"]


def test_single_sign_on_goes_on_in_the_session_that_put_it_off(
    site: Site, app: Application
) -> None:
    site.stage("staff", MFA, -1, grace=1)
    browser = put_off(site, app)
    assert browser.authorize(app).query["code"]
    assert browser.authorize(app, prompt="none").query["code"]
    assert browser.authorize(app, prompt="login").heading != NEEDED
    assert browser.sign_in("aroha").heading == DUE


def test_a_silent_request_needs_a_page_until_it_was_put_off(site: Site, app: Application) -> None:
    browser = let_in(site, app)
    site.stage("staff", MFA, -1, grace=1)
    answer = browser.authorize(app, prompt="none")
    assert_redirect_error(site, answer, "interaction_required")
    assert browser.authorize(app).heading == NEEDED


@pytest.mark.slow
def test_it_may_be_set_up_within_the_grace_and_half_way_be_put_off(
    site: Site, app: Application
) -> None:
    site.stage("staff", MFA, -1, grace=2)
    browser = at_sign_in(site, app)
    assert browser.submit("/announce", decision="now").heading == DUE
    assert browser.submit("/enrol/later").query["code"]
    browser = at_sign_in(site, app)
    assert "Not now (1 time left)" in browser.at.text
    browser.submit("/announce", decision="now")
    assert site.claims(app, browser.enrol_totp())["acr"] == MFA_APP


def reset(site: Site) -> None:
    with site.work() as work:
        for stage in stages.everything(work):
            site.installation.stages.stop(work, stage)
    with site.work() as work:
        for stage in stages.everything(work):
            site.installation.stages.resume(work, stage)


def another(site: Site) -> None:
    site.stage("*", MFA, -1, grace=1)


@pytest.mark.parametrize("change", [reset, another], ids=["stopped and resumed", "another stage"])
def test_a_used_grace_stays_used(
    site: Site, app: Application, change: Callable[[Site], None]
) -> None:
    site.stage("staff", MFA, -1, grace=1)
    put_off(site, app)
    change(site)
    assert at_sign_in(site, app).at.heading == DUE


def test_who_has_just_put_it_off_is_not_told_that_the_same_is_coming(
    site: Site, app: Application
) -> None:
    site.stage("staff", MFA, -1, grace=2)
    site.stage("*", MFA, 9 * DAY)
    put_off(site, app)


def test_of_two_stages_one_page_tells_and_one_answer_puts_both_off(
    site: Site, app: Application
) -> None:
    site.stage("staff", MFA_APP, -1, grace=3)
    site.stage("*", MFA, -1, grace=1)
    browser = at_sign_in(site, app)
    assert "Not now (1 time left)" in browser.at.text, "as long as both let it wait"
    assert browser.submit("/announce", decision="later").query["code"]
    assert at_sign_in(site, app).at.heading == DUE
    said = [event.reason for event in site.events(kind="person:stage:postponed")]
    assert [reason.split(" of ")[0] for reason in said if reason] == [MFA_APP]


@pytest.mark.slow
def test_of_two_browsers_with_one_time_left_one_goes_on(site: Site, app: Application) -> None:
    site.stage("staff", MFA, -1, grace=1)
    browsers = [at_sign_in(site, app) for _ in range(4)]
    calls = [partial(one.submit, "/announce", decision="later") for one in browsers]
    answers = at_once(calls)
    assert sorted("code" in answer.query for answer in answers) == [False, False, False, True]


def test_an_exception_lets_one_person_off_until_it_ends(site: Site, app: Application) -> None:
    person = site.person("hemi", user_type="staff")
    stage_id = site.stage("staff", MFA, -1)
    with site.work() as work:
        stage = site.installation.stages.find(work, stage_id)
        site.installation.stages.let_off(
            work, stage, person, until=clock.now() + DAY, reason="on leave", author="test"
        )
        assert [row.reason for row in exceptions.holding(work)] == ["on leave"]
    let_in(site, app, "hemi")
    assert at_sign_in(site, app).at.heading == DUE
    site.advance(DAY)
    assert at_sign_in(site, app, "hemi").at.heading == DUE
