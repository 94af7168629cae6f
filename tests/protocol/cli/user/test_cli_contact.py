"""`acrux user set-email` and `set-phone`: checked, recorded, told; what rested on it ends."""

from pathlib import Path

import pytest

from tests.protocol.account.details import DETAILS, NEW_EMAIL, NEW_PHONE, code, profile, signed_in
from tests.protocol.command import Acrux
from tests.support.letters import delivered, mailed_link
from tests.support.site import Site


def test_an_address_is_changed_and_both_are_told(site: Site) -> None:
    site.person("mere")
    acrux = Acrux(site.environ)
    said = acrux("user", "set-email", "mere", "New@Example.org")
    assert said == "mere has the address new@example.org, not confirmed yet.\n"
    person = profile(site)
    assert (person.email, person.email_verified) == (NEW_EMAIL, False)
    told = [m for m in delivered(site) if m["kind"] == "address-changed"]
    assert {m["to"] for m in told} == {"mere@example.org", NEW_EMAIL}
    assert all("by the people who look after your account" in m["body"] for m in told)
    (event,) = acrux.events(kind="person:address:changed")
    assert event["reason"] == "by an operator"
    assert event["data"] == {"old": "m***@example.org", "new": "n***@example.org"}
    assert event["source"].startswith("cli:")


@pytest.mark.slow
def test_an_address_that_is_known_is_confirmed(site: Site) -> None:
    site.person("mere", verified=False)
    acrux = Acrux(site.environ)
    acrux("user", "set-email", "mere", "mere@example.org")
    assert not profile(site).email_verified
    acrux("user", "set-email", "mere", "mere@example.org", "--verified")
    assert profile(site).email_verified
    assert not delivered(site), "nothing was moved"
    said = acrux("user", "set-email", "mere", NEW_EMAIL, "--verified")
    assert said == "mere has the address new@example.org, confirmed.\n"
    assert profile(site).email_verified
    assert "already" in acrux("user", "set-email", "mere", NEW_EMAIL)


def test_links_to_the_old_address_die(small_site: Site) -> None:
    small_site.person("mere")
    forgetful = small_site.browser()
    forgetful.open("/forgot")
    forgetful.submit("/forgot", username="mere")
    path = mailed_link(small_site, "reset-link")
    Acrux(small_site.environ)("user", "set-email", "mere", NEW_EMAIL)
    assert small_site.browser().open(path).status == 410


@pytest.mark.parametrize(
    "address", ["mere", "a@b@c", "a b@example.org", "m@example.org\r\nBcc: x@example.org", ""]
)
def test_an_address_that_is_none_is_refused(small_site: Site, address: str) -> None:
    small_site.person("mere")
    said = Acrux(small_site.environ).refused("user", "set-email", "mere", address)
    assert said.endswith("is no e-mail address")
    assert not small_site.events(kind="person:address:changed")


def test_an_address_of_somebody_else_is_refused(site: Site) -> None:
    site.person("mere")
    site.person("tane")
    acrux = Acrux(site.environ)
    said = acrux.refused("user", "set-email", "mere", "tane@example.org")
    assert said == "tane@example.org belongs to somebody already"
    assert profile(site).email == "mere@example.org"
    assert not delivered(site)


def test_a_number_is_changed_and_old_and_new_are_told(site: Site) -> None:
    site.person("mere")
    acrux = Acrux(site.environ)
    said = acrux("user", "set-phone", "mere", "021 765 4321")
    assert said == "mere has the number +64217654321, not confirmed yet.\n"
    person = profile(site)
    assert (person.phone, person.phone_verified) == (NEW_PHONE, False)
    assert {m["to"] for m in delivered(site, "sms")} == {"+64211234567", NEW_PHONE}
    assert [m["kind"] for m in delivered(site)] == ["phone-changed"]
    (event,) = acrux.events(kind="person:number:changed")
    assert event["data"] == {"old": "02*******", "new": "02*******"}


@pytest.mark.slow
def test_text_messages_wait_until_the_new_number_is_proved(site: Site) -> None:
    secret = site.secret()
    site.person("mere", totp=secret, sms=True)
    browser = signed_in(site, secret)
    rests = site.browser()
    rests.open(DETAILS)
    rests.sign_in("mere")
    rests.open("/".join(rests.at.url.split("/")[:3]) + "/sms")
    rests.submit("/sms/send")
    rests.submit("/sms", code=site.texted_code())
    acrux = Acrux(site.environ)
    said = acrux("user", "set-phone", "mere", NEW_PHONE, "--verified")
    assert "What was set up as sms waits until the new number is proved" in said
    why = acrux.json("user", "why", "mere")
    assert "not proved yet" in str(why["problems"])
    assert rests.open(DETAILS).heading == "Sign in", "it rested on the old number"
    assert browser.open(DETAILS).heading == "Your details"
    acrux("user", "set-phone", "mere", "+64211239999")
    browser.open(DETAILS)
    browser.submit("/phone/confirm")
    browser.submit("/contact/send")
    assert browser.submit("/contact", code=code(site, "sms")).heading == "Your details"
    assert profile(site).phone_verified
    assert not acrux.json("user", "why", "mere")["problems"]
    assert [m["kind"] for m in delivered(site)][-1] == "factor-added"


@pytest.mark.slow
def test_the_only_second_step_is_set_up_anew_after_a_reset(site: Site) -> None:
    site.person("mere", sms=True)
    acrux = Acrux(site.environ)
    acrux("user", "set-phone", "mere", NEW_PHONE)
    browser = site.browser()
    browser.open(DETAILS)
    browser.sign_in("mere")
    browser.submit("/sms/send")
    assert browser.submit("/sms", code=site.texted_code()).status == 400
    acrux("user", "reset-factor", "mere", "sms")
    fresh = site.browser()
    fresh.open(DETAILS)
    assert fresh.sign_in("mere").heading == "First we check that it is you"
    fresh.submit("/enrol/proof", code=site.mailed_code())
    fresh.open("/".join(fresh.at.url.split("/")[:3]) + "/enrol/sms")
    site.advance(61)
    fresh.submit("/enrol/sms/send")
    assert delivered(site, "sms")[-1]["to"] == NEW_PHONE
    assert fresh.set_up("/enrol/sms", code=site.texted_code()).heading == "Your details"
    assert profile(site).phone_verified


def test_a_ticket_to_a_new_factor_that_went_to_the_old_address_dies(small_site: Site) -> None:
    small_site.person("mere", totp=small_site.secret())
    acrux = Acrux(small_site.environ)
    acrux("user", "reset-factor", "mere", "totp")
    path = mailed_link(small_site, "enrol-link", "/e/")
    assert small_site.browser().open(path).status == 200
    acrux("user", "set-email", "mere", NEW_EMAIL)
    assert small_site.browser().open(path).status == 410


def test_a_number_is_taken_away(site: Site) -> None:
    site.person("mere")
    acrux = Acrux(site.environ)
    assert acrux("user", "set-phone", "mere", "--none") == "mere has no number now.\n"
    person = profile(site)
    assert (person.phone, person.phone_verified) == (None, False)
    assert [m["to"] for m in delivered(site, "sms")] == ["+64211234567"]
    assert "already" in acrux("user", "set-phone", "mere", "--none")
    assert len(acrux.events(kind="person:number:changed")) == 1


def test_a_number_that_messages_may_not_go_to_is_refused(tmp_path: Path) -> None:
    site = Site(tmp_path, f"sqlite:///{tmp_path / 'acrux.db'}", sms__countries="NZ")
    try:
        site.person("mere")
        acrux = Acrux(site.environ)
        for number in ("+61412345678", "12", "+6443811111", "021\n1"):
            said = acrux.refused("user", "set-phone", "mere", number)
            assert "is no mobile number that text messages may be sent to" in said
        assert acrux.run("user", "set-phone", "mere").exit_code == 2
        assert acrux.run("user", "set-phone", "mere", NEW_PHONE, "--none").exit_code == 2
        assert "there is nobody" in acrux.refused("user", "set-phone", "who", "--none")
        assert "there is nobody" in acrux.refused("user", "set-email", "who", NEW_EMAIL)
    finally:
        site.close()
