"""A code of Twilio Verify is for one sign-in, one person, one number and one purpose."""

from collections.abc import Callable

import pytest

from idp.store import credentials
from idp.store.db.statements import Statement
from tests.protocol.messages.test_sms_calls import call
from tests.protocol.messages.verified import (
    AWAY,
    OTHER_NUMBER,
    OVER,
    WRONG,
    another,
    guesses,
    refused,
    set_phone,
    with_code,
)
from tests.support.site import MFA, Application, Browser, Site
from tests.support.stand_ins.twilio import FakeTwilio

# -- whose code it is


@pytest.mark.slow
def test_a_code_of_another_sign_in_does_not_count(carried: Site, twilio: FakeTwilio) -> None:
    carried.person("mere", sms=True)
    app = carried.application()
    first = with_code(carried, app)
    early = twilio.verify.newest_code()
    carried.advance(31)
    second = with_code(carried, app)
    late = twilio.verify.newest_code()
    assert early != late, "Twilio would have sent the same code again"
    assert len(twilio.verify.sent) == 2, "nobody gets a message for nothing"
    refused(second.submit("/sms", code=early), WRONG)
    refused(first.submit("/sms", code=late), OVER)
    assert "code" in second.submit("/sms", code=late).query


@pytest.mark.slow
def test_a_code_for_another_person_with_the_same_telephone_does_not_count(
    carried: Site, twilio: FakeTwilio
) -> None:
    for name in ("mere", "hemi"):
        carried.person(name, sms=True)
    app = carried.application()
    mere = with_code(carried, app, "mere")
    hers = twilio.verify.newest_code()
    hemi = with_code(carried, app, "hemi")
    refused(hemi.submit("/sms", code=hers), WRONG)
    refused(mere.submit("/sms", code=twilio.verify.newest_code()), OVER)
    assert "code" in hemi.submit("/sms", code=twilio.verify.newest_code()).query


@pytest.mark.slow
def test_a_code_of_a_sign_in_that_nobody_remembers_does_not_count(
    small: Site, twilio: FakeTwilio
) -> None:
    for name in ("mere", "hemi"):
        small.person(name, sms=True)
    app = small.application()
    with_code(small, app, "mere")
    hers = twilio.verify.newest_code()
    with small.work() as work:
        work.run(Statement("DELETE FROM interaction"))
    hemi = with_code(small, app, "hemi")
    refused(hemi.submit("/sms", code=hers), WRONG)
    assert "code" in hemi.submit("/sms", code=twilio.verify.newest_code()).query


@pytest.mark.slow
def test_a_code_does_not_count_for_a_number_it_did_not_go_to(
    carried: Site, twilio: FakeTwilio
) -> None:
    mere = carried.person("mere")
    app = carried.application()
    browser = enrolling_sms(carried, app, "mere")
    browser.submit("/enrol/sms/send")
    code = twilio.verify.newest_code()
    set_phone(carried, mere, OTHER_NUMBER)
    refused(browser.set_up("/enrol/sms", code=code), WRONG)
    assert twilio.verify.checked == 0
    set_phone(carried, mere, "+64211234567")
    assert "code" in browser.set_up("/enrol/sms", code=code).query


@pytest.mark.parametrize("when", ["checking", "answering"])
def test_a_number_that_is_changed_while_twilio_is_asked_gets_nothing(
    carried: Site, twilio: FakeTwilio, when: str
) -> None:
    mere = carried.person("mere")
    app = carried.application()
    browser = enrolling_sms(carried, app, "mere")
    browser.submit("/enrol/sms/send")
    # It also shows that no one's write waits for Twilio.
    setattr(twilio.verify, when, lambda: set_phone(carried, mere, OTHER_NUMBER))
    refused(browser.set_up("/enrol/sms", code=twilio.verify.newest_code()), WRONG)
    with carried.work() as work:
        assert credentials.of(work, mere, "sms") == []


# -- setting up


def enrolling_sms(site: Site, app: Application, name: str) -> Browser:
    """Return a browser that is about to set up text messages."""
    browser = site.browser()
    browser.authorize(app, claims=app.essential(MFA))
    browser.sign_in(name)
    browser.submit("/enrol/proof", code=site.mailed_code())
    browser.open(browser.at.url + "/sms")
    return browser


@pytest.mark.slow
@pytest.mark.parametrize("way", ["sms", "call"])
def test_text_messages_are_set_up_with_a_code_of_twilio(
    carried: Site, twilio: FakeTwilio, way: str
) -> None:
    carried.person("aroha")
    app = carried.application()
    browser = enrolling_sms(carried, app, "aroha")
    browser.submit("/enrol/sms/send")
    if way == "call":
        carried.advance(31)
        call(browser)
    refused(browser.set_up("/enrol/sms", code=another(twilio.verify.newest_code())), WRONG)
    twilio.drop()
    refused(browser.set_up("/enrol/sms", code=twilio.verify.newest_code()), AWAY)
    twilio.work()
    answer = browser.set_up("/enrol/sms", code=twilio.verify.newest_code())
    amr = {"sms": "sms", "call": "tel"}[way]
    assert carried.claims(app, answer)["amr"] == ["pwd", amr, "mfa"]


@pytest.mark.slow
def test_the_number_may_be_confirmed_by_twilio_before_a_first_factor(
    build: Callable[..., Site], database_url: str, twilio: FakeTwilio
) -> None:
    site = build(database_url, enrolment__proof="sms")
    aroha = site.person("aroha")
    app = site.application()
    browser = site.browser()
    browser.authorize(app, claims=app.essential(MFA))
    browser.sign_in("aroha")
    browser.submit("/enrol/proof/send")
    proof = twilio.verify.newest_code()
    refused(browser.submit("/enrol/proof", code=another(proof)), WRONG)
    twilio.drop()
    refused(browser.submit("/enrol/proof", code=proof), AWAY)
    assert guesses(site, aroha, "sms-proof-code") == 1
    twilio.work()
    browser.submit("/enrol/proof", code=proof)
    browser.open(browser.at.url + "/sms")
    browser.submit("/enrol/sms/send")
    setup = twilio.verify.newest_code()
    assert setup != proof
    refused(browser.set_up("/enrol/sms", code=proof), WRONG)
    answer = browser.set_up("/enrol/sms", code=setup)
    assert site.claims(app, answer)["amr"] == ["pwd", "sms", "mfa"]


def test_a_code_for_one_purpose_is_none_for_another(
    build: Callable[..., Site], database_url: str, twilio: FakeTwilio
) -> None:
    site = build(database_url, enrolment__proof="sms")
    site.person("mere", sms=True)
    site.person("aroha")
    app = site.application()
    enrolling = site.browser()
    enrolling.authorize(app, claims=app.essential(MFA))
    enrolling.sign_in("aroha")
    enrolling.submit("/enrol/proof/send")
    proof = twilio.verify.newest_code()
    signing = with_code(site, app, "mere")
    refused(signing.submit("/sms", code=proof), WRONG)
    refused(enrolling.submit("/enrol/proof", code=twilio.verify.newest_code()), OVER)
