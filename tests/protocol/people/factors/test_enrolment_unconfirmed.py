"""Before a first second step the address is confirmed, by a code or by whoever may say so."""

import re
from pathlib import Path

import pytest

from idp.store import people
from tests.protocol.command import Acrux
from tests.protocol.people.factors.setting_up import (
    CHOOSE,
    CONFIRM,
    REFUSED,
    UNMET,
    base_of,
    begin,
    secret_of,
)
from tests.protocol.sign_ins import assert_redirect_error
from tests.support.letters import kinds
from tests.support.site import MFA, Site


def test_nothing_can_be_set_up_before_the_address_is_confirmed(site: Site) -> None:
    """Else anyone who learned the password could bind a phone of their own."""
    site.person("aroha")
    app = site.application()
    browser, _ = begin(site, app)
    base = base_of(browser)
    for path in ("/enrol", "/enrol/totp", "/enrol/sms", "/totp", "/sms"):
        assert browser.get(base + path).location == base
    for path in ("/enrol/totp", "/enrol/sms", "/enrol/sms/send", "/enrol/later", "/totp"):
        assert browser.post(base + path, code="123456").location == base
    assert browser.open(base).heading == CONFIRM
    assert not site.messages("sms")
    assert not site.events(kind="person:factor:added")


def test_an_unverified_address_confirms_nothing(site: Site) -> None:
    site.person("aroha", verified=False)
    app = site.application()
    browser, page = begin(site, app)
    assert page.heading == REFUSED
    assert_redirect_error(site, browser.submit("/leave"), UNMET)
    assert not site.messages("mail")


@pytest.mark.slow
def test_the_operator_may_confirm_by_text_message_or_not_at_all(tmp_path: Path) -> None:
    for proof in ("sms", "none"):
        folder = tmp_path / proof
        folder.mkdir()
        site = Site(folder, f"sqlite:///{folder / 'acrux.db'}", enrolment__proof=proof)
        site.person("aroha", verified=proof == "sms")
        app = site.application()
        browser, page = begin(site, app)
        if proof == "sms":
            assert page.heading == CONFIRM
            assert "02*****" in page.text
            assert not site.messages("sms"), "it costs money, and waits for its button"
            browser.submit("/enrol/proof/send")
            code = re.search(r"\b\d{6}\b", site.messages("sms")[-1]["body"])
            assert code
            page = browser.submit("/enrol/proof", code=code.group())
        assert page.heading == CHOOSE
        page = browser.open(base_of(browser) + "/enrol/totp")
        answer = browser.set_up("/enrol/totp", code=site.code(secret_of(page)))
        assert site.claims(app, answer)["acr"] == MFA
        (added,) = site.events(kind="person:factor:added")
        proved, by_password = site.events(kind="person:factor:proved")
        assert (added.reason, by_password.reason) == ("totp", "password")
        assert proved.reason == "totp (at enrolment)"
        assert added.interaction_id == proved.interaction_id == by_password.interaction_id
        confirmations = [e.reason for e in site.events(kind="person:address:confirmed")]
        assert confirmations == (["sms"] if proof == "sms" else []), "whether it was password alone"
        assert kinds(site) == ["factor-added"]
        site.close()


def test_an_unverified_number_confirms_nothing_either(tmp_path: Path) -> None:
    site = Site(tmp_path, f"sqlite:///{tmp_path / 'acrux.db'}", enrolment__proof="sms")
    site.person("aroha", verified=False)
    browser, page = begin(site, site.application())
    assert page.heading == REFUSED
    assert "and your number 02*******" in page.text
    assert_redirect_error(site, browser.submit("/leave"), UNMET)
    site.close()


@pytest.mark.slow
def test_where_the_import_is_trusted_the_code_confirms_address_and_person_in_one(
    tmp_path: Path,
) -> None:
    url = f"sqlite:///{tmp_path / 'acrux.db'}"
    site = Site(tmp_path, url, enrolment__unconfirmed="code")
    aroha = site.person("aroha", verified=False)
    app = site.application()
    browser, page = begin(site, app)
    assert page.heading == CONFIRM
    assert "Your address was never confirmed: the code confirms it, too." in page.text
    browser.submit("/enrol/proof", code="000000")
    with site.work() as work:
        person = people.by_id(work, aroha)
        assert person is not None
        assert not person.email_verified, "a wrong code confirms nothing"
    assert site.claims(app, browser.enrol_totp())["acr"] == MFA
    with site.work() as work:
        person = people.by_id(work, aroha)
        assert person is not None
        assert person.email_verified
        assert not person.phone_verified
    confirmed = [e.reason for e in site.events(kind="person:address:confirmed")]
    assert confirmed == ["mail, never confirmed before"]
    site.close()


@pytest.mark.slow
def test_where_the_operator_confirms_it_the_way_is_open_once_that_is_done(small_site: Site) -> None:
    small_site.person("aroha", verified=False)
    app = small_site.application()
    assert begin(small_site, app)[1].heading == REFUSED
    acrux = Acrux(small_site.environ)
    said = acrux("user", "set-email", "aroha", "aroha@example.org", "--verified")
    assert "confirmed" in said
    browser, page = begin(small_site, app)
    assert page.heading == CONFIRM
    assert "never confirmed" not in page.text
    assert small_site.claims(app, browser.enrol_totp())["acr"] == MFA
