"""The names of counters: stored ones stay what they are, and the cleaner knows whose they are."""

import pytest

from idp.policy.throttling import throttle_keys as keys

PERSON = "a" * keys.PERSON_LENGTH
FOR_GOOD = (
    keys.guesses("totp", PERSON),
    keys.guesses_of_browser(keys.guesses("totp", PERSON), "allowance"),
)
STORED = {
    f"totp:{PERSON}": FOR_GOOD[0],
    f"totp~allowance:{PERSON}": FOR_GOOD[1],
    "client:digest": keys.client_failures("digest"),
    "registration:source:192.0.2.1": keys.registrations("192.0.2.1"),
    "source:192.0.2.1": keys.source("192.0.2.1"),
    "send:sms-code:aroha": keys.sent_for("sms-code", "aroha"),
    "send:mail:digest": keys.sent_to("mail", "digest"),
    "send:wished:mail:digest": keys.sent_to_wish("mail", "digest"),
    "send:again:sms-code:i:aroha": keys.sent_again("sms-code", "i", "aroha"),
    "send:source:192.0.2.1": keys.sent_from("192.0.2.1"),
    "send:block:6421555": keys.sent_to_block("6421555"),
    "send:installation": keys.SENT_IN_AN_HOUR,
    "send:spent": keys.SENT_IN_A_DAY,
    "send:forgot:source:unknown": keys.asked_for_reset(None),
    "send:second-wrong:i": keys.wrong_second_steps("i"),
    "send:failed-second:aroha": keys.told_of_second_step("aroha"),
}


@pytest.mark.parametrize("stored", STORED)
def test_a_counter_has_the_name_it_always_had(stored: str) -> None:
    assert STORED[stored] == stored


@pytest.mark.parametrize("key", FOR_GOOD)
def test_failures_of_a_person_are_kept_with_the_person(key: str) -> None:
    assert key.endswith(PERSON)
    assert not key.startswith(keys.PASSING)
    assert keys.guessed_at(key).partition("~")[0] == "totp"
