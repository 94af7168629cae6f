"""Levels, amr and auth_time, computed from proofs and from nothing else."""

from dataclasses import replace

import pytest

from idp.policy import assurance
from idp.policy.types import Ability, Factor, Level, Proof
from tests.unit.policy.policy_people import (
    APP,
    HAD,
    HARDWARE_KEY,
    HOUR,
    KNOWN,
    LEVELS,
    MFA,
    NOW,
    ONE,
    PASSWORD,
    PHR,
    PHRH,
    SMS,
    TOTP,
    TOUCHED_KEY,
    VERIFIED_KEY,
    prove,
    strongest,
)

# A synced passkey: verified, and never a hardware key however often it is used.
SYNCED_KEY = replace(VERIFIED_KEY, amr=("pop", "user", "swk"))
SECOND_SECRET = Ability("pin", ("pin",), KNOWN)


def _proofs(*abilities: Ability) -> list[Proof]:
    return [prove(ability, NOW - 60) for ability in abilities]


def _reached(*abilities: Ability) -> str | None:
    level = strongest(LEVELS, _proofs(*abilities), NOW)
    return level.name if level else None


@pytest.mark.parametrize(
    ("abilities", "level", "amr"),
    [
        ((), None, ()),
        ((PASSWORD,), ONE, ("pwd",)),
        ((TOTP,), ONE, ("otp",)),
        ((SMS,), ONE, ("sms",)),
        ((TOUCHED_KEY,), ONE, ("pop", "user")),
        ((PASSWORD, PASSWORD), ONE, ("pwd",)),
        ((PASSWORD, SECOND_SECRET), ONE, ("pwd", "pin")),
        ((TOTP, SMS), ONE, ("otp", "sms")),
        ((PASSWORD, SMS), MFA, ("pwd", "sms", "mfa")),
        ((PASSWORD, TOTP), APP, ("pwd", "otp", "mfa")),
        ((PASSWORD, TOTP, SMS), APP, ("pwd", "otp", "mfa")),
        ((PASSWORD, TOUCHED_KEY), PHR, ("pwd", "pop", "user", "mfa")),
        ((VERIFIED_KEY,), PHR, ("pop", "user", "mfa")),
        ((SYNCED_KEY,), PHR, ("pop", "user", "swk", "mfa")),
        ((PASSWORD, SYNCED_KEY), PHR, ("pwd", "pop", "user", "swk", "mfa")),
        ((HARDWARE_KEY,), PHRH, ("pop", "user", "hwk", "mfa")),
    ],
)
def test_proofs_reach_this_level_and_are_named_so(
    abilities: tuple[Ability, ...], level: Level | None, amr: tuple[str, ...]
) -> None:
    proofs = _proofs(*abilities)
    reached = strongest(LEVELS, proofs, NOW)
    assert reached == level
    counted = assurance.counted(reached, proofs, NOW) if reached else ()
    assert assurance.methods_references(counted) == amr


def test_two_secrets_are_one_kind_of_factor() -> None:
    assert assurance.kinds(_proofs(PASSWORD, SECOND_SECRET)) == KNOWN
    assert "mfa" not in assurance.methods_references(_proofs(PASSWORD, SECOND_SECRET))


def test_a_text_message_is_named_sms_and_never_otp() -> None:
    assert "otp" not in assurance.methods_references(_proofs(PASSWORD, SMS))


def test_a_verified_passkey_is_two_kinds_without_saying_how_the_person_was_verified() -> None:
    proofs = _proofs(VERIFIED_KEY)
    assert assurance.kinds(proofs) == HAD | {Factor.INHERENCE}
    assert not {"pin", "fpt", "face"} & set(assurance.methods_references(proofs))


def test_a_level_that_refuses_the_telephone_counts_no_text_message() -> None:
    proofs = _proofs(PASSWORD, SMS, TOTP)
    assert [p.method for p in assurance.counted(APP, proofs, NOW)] == ["password", "totp"]
    assert not assurance.holds(APP, _proofs(PASSWORD, SMS), NOW)


def test_what_a_level_requires_must_be_in_one_proof() -> None:
    hardware_only = replace(TOTP, traits=HARDWARE_KEY.traits - VERIFIED_KEY.traits)
    assert not assurance.holds(PHRH, _proofs(PASSWORD, TOUCHED_KEY, hardware_only), NOW)
    assert assurance.holds(PHRH, _proofs(PASSWORD, HARDWARE_KEY), NOW)


def test_a_level_that_nothing_can_satisfy_never_holds() -> None:
    impossible = Level("no such level", kinds=99)
    assert not assurance.holds(impossible, _proofs(PASSWORD, TOTP, HARDWARE_KEY), NOW)


@pytest.mark.parametrize(("age", "holds"), [(12 * HOUR, True), (12 * HOUR + 1, False)])
def test_a_proof_counts_until_its_lifetime_has_passed_and_not_a_second_longer(
    age: int, holds: bool
) -> None:
    proofs = [prove(PASSWORD, NOW - 60), prove(TOTP, NOW - age)]
    assert assurance.holds(MFA, proofs, NOW) is holds


def test_a_level_without_a_lifetime_counts_proofs_of_any_age() -> None:
    assert assurance.holds(Level("for ever"), [prove(PASSWORD, 1)], NOW)


def test_the_newest_proof_of_a_method_counts_and_the_order_given_does_not_matter() -> None:
    old, new, code = prove(PASSWORD, NOW - 900), prove(PASSWORD, NOW - 5), prove(TOTP, NOW - 60)
    for proofs in ([old, code, new], [new, code, old], [code, new, old]):
        assert assurance.counted(MFA, proofs, NOW) == (code, new)


def test_a_weaker_proof_of_the_same_method_takes_nothing_away() -> None:
    verified, touched = prove(VERIFIED_KEY, NOW - 900), prove(TOUCHED_KEY, NOW - 5)
    assert strongest(LEVELS, [verified, touched], NOW) == PHR
    assert assurance.counted(PHR, [touched, verified], NOW) == (verified, touched)


def test_a_stronger_proof_of_the_same_method_takes_the_place_of_a_weaker_one() -> None:
    touched, verified = prove(TOUCHED_KEY, NOW - 900), prove(VERIFIED_KEY, NOW - 5)
    assert assurance.counted(PHR, [touched, verified], NOW) == (verified,)


def test_auth_time_is_the_time_of_the_oldest_proof() -> None:
    assert assurance.auth_time([prove(TOTP, NOW - 5), prove(PASSWORD, NOW - 900)]) == NOW - 900


def test_the_strongest_level_that_holds_is_reached_whatever_else_was_proved() -> None:
    assert _reached(PASSWORD, SMS, TOTP, HARDWARE_KEY) == PHRH.name
    assert _reached() is None
