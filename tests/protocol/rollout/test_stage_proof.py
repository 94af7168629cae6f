"""What must come back before a first second step is said by the stage that decides for a person."""

import re
from dataclasses import replace

import pytest

from idp import clock
from idp.policy.rollout import Stage
from idp.policy.steps import EnrolmentProof, Obstacle
from idp.store.rollout import stages
from tests.protocol.command import Acrux
from tests.protocol.people.factors.setting_up import CHOOSE, CONFIRM, REFUSED, base_of, secret_of
from tests.support.letters import kinds
from tests.support.site import MFA, MFA_APP, Answer, Application, Browser, Site

DAY = 86400
EMAIL, SMS, NOTHING = EnrolmentProof
BY_MAIL, BY_TEXT = "a***@example.org", "02*******"


@pytest.fixture
def app(site: Site) -> Application:
    """Types whose stages say different things, in force on the same day."""
    site.stage("clinician", MFA, -60, proof=SMS)
    site.stage("guest", MFA, -60, proof=EMAIL)
    site.stage("locum", MFA, -60, proof=NOTHING)
    return site.application()


def arrive(site: Site, app: Application, name: str = "aroha") -> tuple[Browser, Answer]:
    browser = site.browser()
    browser.authorize(app)
    return browser, browser.sign_in(name)


def with_app(site: Site, app: Application, browser: Browser) -> list[str]:
    """Set up an app, and return the `amr` that the application is told."""
    page = browser.open(base_of(browser) + "/enrol/totp")
    answer = browser.set_up("/enrol/totp", code=site.code(secret_of(page)))
    claims = site.claims(app, answer)
    assert claims["acr"] == MFA_APP
    found: list[str] = claims["amr"]
    return found


def text(site: Site) -> str:
    return site._newest_code("sms", "sms-proof-code")


def change(site: Site, stage_id: str, **values: object) -> None:
    """Change a stage as another process does, and let this one hear of it."""
    with site.work() as work:
        found = stages.by_id(work, stage_id)
        assert found
        site.installation.stages.change(work, replace(found, **values))  # type: ignore[arg-type]
    site.advance(60)


@pytest.mark.slow
def test_each_type_is_asked_for_what_its_stage_says_on_the_same_day(
    site: Site, app: Application
) -> None:
    site.person("aroha", user_type="clinician")
    site.person("ana", user_type="guest")
    site.person("amiri", user_type="locum")
    browser, page = arrive(site, app)
    assert (page.heading, BY_TEXT in page.text, BY_MAIL in page.text) == (CONFIRM, True, False)
    browser.submit("/enrol/proof/send")
    assert browser.submit("/enrol/proof", code=text(site)).heading == CHOOSE
    assert with_app(site, app, browser) == ["pwd", "otp", "mfa"], "what came first proves nothing"
    browser, page = arrive(site, app, "ana")
    assert (page.heading, BY_TEXT in page.text, BY_MAIL in page.text) == (CONFIRM, False, True)
    assert browser.submit("/enrol/proof", code=site.mailed_code()).heading == CHOOSE
    browser, page = arrive(site, app, "amiri")
    assert page.heading == CHOOSE
    assert with_app(site, app, browser) == ["pwd", "otp", "mfa"]


def test_an_administrator_is_asked_for_a_code_whatever_the_type_is_let_off(
    site: Site, app: Application
) -> None:
    for name, role in (("aroha", "admin"), ("ana", "owner")):
        site.person(name, user_type="locum", roles=frozenset({role}))
        browser, page = arrive(site, app, name)
        assert (page.heading, BY_MAIL in page.text) == (CONFIRM, True)
        base = base_of(browser)
        assert browser.post(f"{base}/enrol/totp", code="123456").location == base


def test_whoever_changes_type_on_the_way_is_asked_for_what_holds_then(
    site: Site, app: Application
) -> None:
    site.person("aroha", user_type="guest")
    browser, _ = arrive(site, app)
    mailed = site.mailed_code()
    Acrux(site.environ)("user", "set", "aroha", "type=clinician")
    page = browser.submit("/enrol/proof", code=mailed)
    assert (page.status, page.heading) == (400, CONFIRM)
    assert BY_TEXT in page.text, "the page is about the number now"
    browser.submit("/enrol/proof/send")
    assert browser.submit("/enrol/proof", code=text(site)).heading == CHOOSE
    Acrux(site.environ)("user", "set", "aroha", "type=guest")
    assert browser.open(base_of(browser)).heading == CHOOSE, "what came back is not asked again"


def test_whoever_is_let_off_by_a_type_no_longer_is_when_it_changes(
    site: Site, app: Application
) -> None:
    site.person("aroha", user_type="locum")
    browser, page = arrive(site, app)
    base, page = base_of(browser), browser.open(base_of(browser) + "/enrol/totp")
    Acrux(site.environ)("user", "set", "aroha", "type=guest")
    answer = browser.post(f"{base}/enrol/totp", code=site.code(secret_of(page)))
    assert answer.location == base
    assert browser.open(base).heading == CONFIRM
    assert not site.events(kind="person:factor:added")


@pytest.mark.parametrize("how", ["stopped", "moved", "said otherwise", "gone"])
def test_what_a_stage_let_off_is_asked_again_from_the_moment_it_no_longer_decides(
    site: Site, how: str
) -> None:
    stage_id = site.stage("locum", MFA, -60, proof=NOTHING)
    site.person("aroha", user_type="locum")
    app = site.application()
    browser = site.browser()
    browser.authorize(app, claims=app.essential(MFA))
    assert browser.sign_in("aroha").heading == CHOOSE
    if how == "gone":
        with site.work() as work:
            found = stages.by_id(work, stage_id)
            assert found
            site.installation.stages.remove(work, found)
        site.advance(60)
    elif how == "moved":
        change(site, stage_id, enforce_at=clock.now() + 9 * DAY, announce_at=clock.now() + DAY)
    else:
        ways: dict[str, dict[str, object]] = {
            "stopped": {"stopped_at": clock.now()},
            "said otherwise": {"proof": EMAIL},
        }
        change(site, stage_id, **ways[how])
    base = base_of(browser)
    assert browser.get(f"{base}/enrol/totp").location == base
    assert browser.open(base).heading == CONFIRM


@pytest.mark.slow
def test_a_form_cannot_choose_another_proof_or_another_stage(site: Site, app: Application) -> None:
    site.person("aroha", user_type="clinician")
    site.person("ana", user_type="locum")
    with site.work() as work:
        other = next(one for one in stages.everything(work) if one.proof is NOTHING)
    browser, _ = arrive(site, app)
    base, forged = base_of(browser), {"proof": "none", "stage": other.id, "confirm": "email"}
    browser.submit("/enrol/proof/send", **forged)
    assert kinds(site, "sms") == ["sms-proof-code"]
    assert kinds(site) == []
    for path in ("/enrol/totp", "/enrol/sms", "/enrol/sms/send"):
        assert browser.post(base + path, code="123456", **forged).location == base
    page = browser.submit("/enrol/proof", code="", **forged)
    assert (page.status, page.heading) == (400, CONFIRM)


def test_ahead_of_the_day_the_announcement_leads_to_the_same_proof(site: Site) -> None:
    site.stage("clinician", MFA, 9 * DAY, proof=SMS)
    site.person("aroha", user_type="clinician")
    browser, _ = arrive(site, site.application())
    page = browser.submit("/announce", decision="now")
    assert (page.heading, BY_TEXT in page.text) == (CONFIRM, True)


@pytest.mark.slow
def test_within_the_grace_it_is_the_same_proof(site: Site) -> None:
    site.stage("clinician", MFA, -60, grace=2, proof=SMS)
    site.person("aroha", user_type="clinician")
    app = site.application()
    browser, _ = arrive(site, app)
    assert browser.submit("/announce", decision="later").query["code"]
    browser, _ = arrive(site, app)
    page = browser.submit("/announce", decision="now")
    assert (page.heading, BY_TEXT in page.text) == (CONFIRM, True)


@pytest.mark.parametrize(
    ("verified", "phone", "reason", "obstacle"),
    [
        (False, "+64211234567", "a code by text message shows", Obstacle.UNCONFIRMED_NUMBER),
        (True, None, "no mobile number", Obstacle.NO_NUMBER),
    ],
)
def test_who_cannot_be_texted_reads_of_the_number_and_the_forecast_said_so(
    site: Site, *, verified: bool, phone: str | None, reason: str, obstacle: Obstacle
) -> None:
    stage_id = site.stage("clinician", MFA, 9 * DAY, proof=SMS)
    site.person("aroha", user_type="clinician", verified=verified, phone=phone)
    (foretold,) = Acrux(site.environ).json("stage", "forecast", stage_id)
    (stuck,) = foretold["stuck_people"]
    assert [one["code"] for one in stuck["reasons"]] == [obstacle.value]
    assert "set-phone aroha" in stuck["reasons"][0]["command"]
    site.advance(10 * DAY)
    why = Acrux(site.environ).json("user", "why", "aroha")
    (told,) = [one["text"] for one in why["problems"] if one["code"] == "no-second-step"]
    assert "a confirmed mobile number" in told
    _, page = arrive(site, site.application())
    assert page.heading == REFUSED
    assert reason in re.sub(r"<[^>]+>", "", page.text)


def test_a_stage_reads_and_writes_what_it_says(site: Site) -> None:
    for proof in (None, *EnrolmentProof):
        stage_id = site.stage("*", MFA, 60, proof=proof)
        with site.work() as work:
            found = stages.by_id(work, stage_id)
        assert isinstance(found, Stage)
        assert found.proof is proof
