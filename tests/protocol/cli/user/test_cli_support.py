"""`acrux user why`, `release`: what stands in someone's way, in words, and letting go of it."""

from pathlib import Path
from typing import Any

import pytest

from idp import audit
from idp.audit import Event, Outcome
from idp.policy.throttling.throttle import Growing
from idp.store import people, throttles
from idp.store.db.statements import Statement
from tests.protocol.command import Acrux
from tests.support.site import MFA, Site

SHUT = Growing(free=100, first=1, cap=1, limit=1)


def codes(found: dict[str, Any]) -> list[str]:
    return [problem["code"] for problem in found["problems"]]


def why(site: Site, name: str = "tane") -> dict[str, Any]:
    found: dict[str, Any] = Acrux(site.environ).json("user", "why", name)
    return found


def test_nothing_stands_in_the_way_of_somebody_well(site: Site) -> None:
    site.person("tane", totp=site.secret(), sms=True)
    found = why(site)
    assert found["problems"] == []
    assert found["asked"] == ["password", "authenticator app or text message"]
    # All of one second, and so in the order of their names, which chance has given.
    assert {factor["method"] for factor in found["factors"]} == {"password", "totp", "sms"}
    assert found["counters"] == []
    said = Acrux(site.environ)("user", "why", "tane")
    assert "Nothing stands in the way." in said
    assert "A sign-in now asks for: password, then authenticator app or text message." in said


def test_it_says_that_an_account_is_switched_off(small_site: Site) -> None:
    small_site.person("tane")
    acrux = Acrux(small_site.environ)
    acrux("user", "disable", "tane")
    found = why(small_site)
    assert codes(found) == ["switched-off", "refused"]
    assert "- The account is switched off since " in acrux("user", "why", "tane")


def test_it_says_that_nothing_was_chosen_or_confirmed_yet(small_site: Site) -> None:
    small_site.person("tane", password=None, verified=False)
    found = why(small_site)
    expected = ["nothing-enrolled", "address-unconfirmed", "no-second-step", "refused"]
    assert codes(found) == expected
    assert found["asked"] == []


def test_it_says_what_a_stage_demands_and_how_it_would_be_set_up(small_site: Site) -> None:
    small_site.person("tane")
    small_site.stage("*", MFA, -60)
    found = why(small_site)
    assert codes(found) == ["stage-demands"]
    assert found["asked"][:2] == ["password", "a code sent by mail"]
    assert found["asked"][2].startswith("setting up ")
    assert "authenticator app" in found["asked"][2]


def test_it_says_that_a_demanded_step_can_never_be_set_up(small_site: Site) -> None:
    small_site.person("tane", verified=False)
    small_site.stage("*", MFA, -60)
    found = codes(why(small_site))
    assert found == ["address-unconfirmed", "no-second-step", "refused", "stage-demands"]


@pytest.mark.slow
def test_a_stage_is_told_of_to_whoever_lacks_what_it_demands(small_site: Site) -> None:
    small_site.person("tane")
    small_site.person("mere", totp=small_site.secret())
    small_site.stage("*", MFA, 86400)
    assert codes(why(small_site)) == ["stage-coming"]
    assert codes(why(small_site, "mere")) == []
    small_site.advance(2 * 86400)
    assert codes(why(small_site)) == ["stage-demands"]
    assert codes(why(small_site, "mere")) == []


def test_it_says_that_a_new_password_is_demanded(small_site: Site) -> None:
    small_site.person("tane")
    Acrux(small_site.environ)("user", "demand-password", "tane")
    found = why(small_site)
    assert codes(found) == ["password-due"]
    assert found["asked"] == ["password", "a new password"]


@pytest.mark.slow
def test_it_says_that_the_number_on_the_profile_is_another(small_site: Site) -> None:
    small_site.person("tane", sms=True)
    with small_site.work() as work:
        work.run(Statement("UPDATE person SET phone = :number"), number="+64217654321")
    found = why(small_site)
    sms = next(factor for factor in found["factors"] if factor["method"] == "sms")
    assert "another one now" in sms["note"]
    assert "factor-useless" in codes(found)


def test_it_says_what_the_installation_has_switched_off(tmp_path: Path) -> None:
    off = {"mail__backend": "off", "enrolment__proof": "none", "sms__backend": "off"}
    site = Site(tmp_path, f"sqlite:///{tmp_path / 'acrux.db'}", **off)
    site.person("tane", sms=True)
    assert {"mail-off", "sms-off", "factor-useless"} <= set(codes(why(site)))
    site.close()


@pytest.mark.slow
def test_wrong_answers_are_told_with_the_time_at_which_it_is_free_again(site: Site) -> None:
    site.person("tane")
    browser = site.browser()
    browser.open("/account/")
    for _ in range(site.installation.settings.throttle.free):
        browser.sign_in("tane", "wrong")
    browser.sign_in("tane")
    found = why(site)
    assert codes(found) == ["held-back"]
    (counter,) = found["counters"]
    assert (counter["method"], counter["held"]) == ("password", True)
    assert counter["free_at"] is not None
    texts = [failure["text"] for failure in found["failures"]]
    assert texts[0].startswith("held back after too many tries: password")
    assert texts[1].startswith("wrong answer: password")
    assert len(texts) == 6
    site.advance(3600)
    again = why(site)
    assert again["problems"] == []
    assert [counter["held"] for counter in again["counters"]] == [False]


def test_a_denied_sign_in_is_told_of_as_one(small_site: Site) -> None:
    person = small_site.person("tane")
    with small_site.work() as work:
        denied = Event.SIGN_IN_DENIED
        audit.record(work, denied, Outcome.REFUSED, person=person, reason="a notice")
    [failure] = why(small_site)["failures"]
    assert failure["text"] == "the person said: this was not me: a notice"


@pytest.mark.slow
def test_the_last_ten_refusals_are_told(small_site: Site) -> None:
    small_site.person("tane")
    browser = small_site.browser()
    browser.open("/account/")
    for _ in range(12):
        browser.sign_in("tane", "wrong")
        small_site.advance(60)
    assert len(why(small_site)["failures"]) == 10


@pytest.mark.slow
def test_released_somebody_signs_in_at_once(site: Site) -> None:
    sub = site.person("tane")
    acrux = Acrux(site.environ)
    browser = site.browser()
    browser.open("/account/")
    for _ in range(site.installation.settings.throttle.free):
        browser.sign_in("tane", "wrong")
    assert browser.sign_in("tane").status == 400
    assert acrux("user", "release", "tane") == ("tane: tries of password (held back): released.\n")
    assert browser.sign_in("tane").heading == "Your account"
    (event,) = site.events(kind="operator:throttle:released")
    assert event.person_id == sub
    assert event.reason == "released: tries of password (held back)"
    assert (event.source or "").startswith("cli:")


def test_one_method_is_released_alone(small_site: Site) -> None:
    sub = small_site.person("tane", totp=small_site.secret())
    keys = (f"totp:{sub}", f"enrol-totp:{sub}", f"password:{sub}")
    with small_site.work() as work:
        for key in keys:
            throttles.count(work, key, SHUT)
    said = Acrux(small_site.environ)("user", "release", "tane", "totp")
    assert said.count("released") == 2
    with small_site.work() as work:
        assert [throttles.tally(work, key).count for key in keys] == [0, 0, 1]


def test_a_lock_for_good_is_free_when_it_is_released(small_site: Site) -> None:
    sub = small_site.person("tane")
    limit = small_site.installation.settings.throttle.limit
    with small_site.work() as work:
        for _ in range(limit):
            throttles.count(work, f"password:{sub}", Growing(free=10**6, limit=limit))
    found = why(small_site)
    assert found["counters"][0]["held"] is True
    assert found["counters"][0]["free_at"] is None
    assert "until it is released" in found["problems"][0]["text"]


@pytest.mark.parametrize("channel", ["mail", "sms"])
def test_messages_sent_may_be_released(small_site: Site, channel: str) -> None:
    sub = small_site.person("tane")
    key = f"send:{'address-code' if channel == 'mail' else 'sms-code'}:{sub}"
    with small_site.work() as work:
        throttles.count(work, key, SHUT)
    Acrux(small_site.environ)("user", "release", "tane", channel)
    with small_site.work() as work:
        assert throttles.tally(work, key).count == 0


def test_nothing_is_recorded_where_nothing_was_counted(small_site: Site) -> None:
    small_site.person("tane")
    acrux = Acrux(small_site.environ)
    assert acrux("user", "release", "tane") == "tane: nothing was counted.\n"
    assert small_site.events(kind="operator:throttle:released") == []


def test_asking_why_changes_and_shows_no_secret(small_site: Site) -> None:
    secret = small_site.secret()
    sub = small_site.person("tane", totp=secret, sms=True)
    with small_site.work() as work:
        person = people.by_id(work, sub)
    before = small_site.events()
    said = Acrux(small_site.environ)("user", "why", "tane", "--json")
    assert small_site.events() == before
    with small_site.work() as work:
        assert people.by_id(work, sub) == person
    assert secret not in said
    assert "+64211234567" not in said
    assert "argon2" not in said


def test_unknown_people_and_methods_are_one_line(small_site: Site) -> None:
    acrux = Acrux(small_site.environ)
    small_site.person("tane")
    assert "there is nobody" in acrux.refused("user", "why", "who")
    assert "there is nobody" in acrux.refused("user", "release", "who")
    assert acrux.refused("user", "release", "tane", "pin").startswith("'pin' is no method: ")
