"""Passwords: what is accepted, what is refused and why, and how they are compared."""

import os
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from idp.authenticators.password import Password, normalise
from idp.authenticators.password_strength import MAX_LENGTH
from idp.crypto import Keyring
from idp.errors import PageError
from idp.language import english
from idp.settings import reading

GOOD = "wandering kettle harbour violin"


def method(issuer: str = "http://localhost:8000", **changes: object) -> Password:
    loaded = reading.load({"ACRUX_ENV": "testing", "ACRUX_SERVER__ISSUER": issuer})
    rules = replace(loaded.password, **changes)  # type: ignore[arg-type]
    return Password(replace(loaded, password=rules), Keyring((b"k" * 32,)))


@pytest.mark.parametrize(
    "password",
    [
        GOOD,
        "kettle harbour violin",
        "ngā tamariki o te rangi",
        "密码 wachtwoord 12 пароль",
        "a very long sentence about the weather in Whanganui, "
        "which somebody typed from beginning to end",
    ],
)
def test_long_unguessable_passwords_need_no_special_characters(password: str) -> None:
    assert method().problem(password) == ""


@pytest.mark.parametrize(
    ("password", "says"),
    [
        ("short", "at least 15 characters"),
        ("fourteen chars", "at least 15 characters"),
        ("x" * (MAX_LENGTH + 1), "at most 128 characters"),
        ("aaaaaaaaaaaaaaaaaaaa", "guessed soon"),
        ("password12345678", "guessed soon"),
        ("aroha@example.org", "lists that attackers try first"),
        ("Aroha.Ngata-Smith", "lists that attackers try first"),
    ],
)
def test_a_refusal_says_why_and_what_to_do(password: str, says: str) -> None:
    about = ("aroha@example.org", "Aroha.Ngata-Smith")
    assert says in english(method().problem(password, about))


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery staple",
        "correcthorsebatterystaple",
        "Correct-Horse-Battery-Staple",
        "superman superman",
        "superman-superman-superman",
        "Login.Harbour.ORG login.harbour.org",
        "login harbour org login",
        "aroha ngata aroha ngata",
    ],
)
def test_known_phrases_repeated_words_and_names_of_site_or_person_are_refused(
    password: str,
) -> None:
    about = ("aroha", "aroha@example.org", "Aroha Ngata")
    assert method(issuer="https://login.harbour.org").problem(password, about)


def test_the_sites_host_twice_is_no_password() -> None:
    assert method(issuer="http://localhost:8000").problem("localhost localhost")


def test_eight_characters_are_enough_where_a_second_factor_is_enforced() -> None:
    assert "at least 15" in english(method().problem("k7#vQ2!pw"))
    assert method().problem("k7#vQ2!pw", mfa=True) == ""
    assert "at least 8" in english(method().problem("k7#vQ2!", mfa=True))


def test_the_operators_blocklist_is_obeyed(tmp_path: Path) -> None:
    file = tmp_path / "blocklist"
    file.write_text("Our Wifi Password Of 2026\n")
    found = method(blocklist=str(file)).problem("our wifi password OF 2026")
    assert "lists that attackers try first" in english(found)


def test_length_is_counted_in_characters_after_normalisation() -> None:
    decomposed = "e\u0301" * 8
    assert len(normalise(decomposed)) == 8
    assert "at least 15" in english(method().problem(decomposed))


def test_comparison_is_exact_but_for_the_form_of_accents() -> None:
    password = method()
    stored = password._hash(normalise("Caf\u00e9 au lait, s'il vous plaît"))
    assert password._check(stored, normalise("Cafe\u0301 au lait, s'il vous plai\u0302t"))
    for wrong in ("café au lait, s'il vous plaît", "Café au lait, s'il vous plaît ", ""):
        assert not password._check(stored, normalise(wrong))


@pytest.mark.parametrize("position", [0, 63, 71, 72, 100, 127])
def test_every_character_counts_up_to_the_last(position: int) -> None:
    password = method()
    long = "ab" * 64
    stored = password._hash(long)
    changed = long[:position] + "X" + long[position + 1 :]
    assert password._check(stored, long)
    assert not password._check(stored, changed)


def test_hashes_are_argon2id_with_the_configured_cost() -> None:
    stored = method(argon2_memory=2048, argon2_time=2)._hash(GOOD)
    assert stored.startswith("$argon2id$v=19$m=2048,t=2,p=1$")
    assert PasswordHasher().verify(stored, GOOD)


def test_a_storm_of_sign_ins_is_asked_to_come_back() -> None:
    password = method(argon2_parallel=1, argon2_waiting=0)
    with password._turn(), pytest.raises(PageError) as refused:
        password._hash(GOOD)
    assert refused.value.status == 503
    assert password._hash(GOOD)


def test_whoever_hashes_gives_way_to_all_others() -> None:
    method().hashed("correct horse battery staple")
    (hashing, *_) = [one for one in threading.enumerate() if one.name.startswith("acrux-hashing")]
    assert hashing.native_id
    others = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    assert os.getpriority(os.PRIO_PROCESS, hashing.native_id) > others


def test_who_is_sent_away_for_want_of_room_is_so_before_the_guess_is_counted() -> None:
    password = method(argon2_parallel=1, argon2_waiting=0)
    form = {"password": GOOD}
    with password._turn(), pytest.raises(PageError):
        password.malformed(form)
    assert password.malformed(form) is None
