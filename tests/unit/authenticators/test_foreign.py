"""Hashes of other programs: each opens with its password alone; none that is hostile is taken."""

import base64
import json
import struct
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from idp.authenticators.foreign import reading, schemes, wrapping
from idp.authenticators.foreign.schemes import Hash
from idp.authenticators.foreign.wrapping import Wrapped
from idp.authenticators.hash_costs import NONE, cost_of, nobodys
from idp.authenticators.password import Password
from idp.crypto import create_keyring, load_keyring
from idp.errors import CommandError
from idp.language import english
from idp.settings import reading as settings
from tests.support.foreign_hashes import FIREBASE, FIREBASE_PASSWORD, PASSWORD, STRONG, WEAK


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Password:
    """The authenticator, with the least that it hashes with."""
    file: Path = tmp_path_factory.mktemp("keys") / "keyring"
    create_keyring(file)
    least = {"ACRUX_PASSWORD__ARGON2_MEMORY": "64", "ACRUX_PASSWORD__ARGON2_TIME": "1"}
    return Password(settings.load({"ACRUX_ENV": "testing", **least}), load_keyring(file))


@pytest.mark.slow
@pytest.mark.parametrize("text", STRONG.values(), ids=STRONG)
def test_a_strong_hash_is_kept_as_it_is_and_opens_with_its_password_alone(
    ours: Password, text: str
) -> None:
    stored = ours.taken(reading.read(text))
    assert wrapping.parsed(stored) is None
    assert ours._opens(stored, PASSWORD)
    assert not ours._opens(stored, PASSWORD + "s")
    assert ours._is_outdated(stored)
    assert cost_of(stored) == ours.cost_of_taken(reading.read(text))


@pytest.mark.slow
def test_firebase_s_own_example_opens(ours: Password) -> None:
    stored = ours.taken(reading.read(FIREBASE))
    assert ours._opens(stored, FIREBASE_PASSWORD)
    assert not ours._opens(stored, PASSWORD)


@pytest.mark.parametrize("text", WEAK.values(), ids=WEAK)
def test_a_weak_hash_is_kept_inside_argon2id_alone(ours: Password, text: str) -> None:
    read = reading.read(text)
    assert isinstance(read, Hash)
    stored = ours.taken(read)
    digest = read.digest
    for shown in (digest.hex(), base64.b64encode(digest).decode().rstrip("=")):
        assert shown not in stored
    assert "$argon2id$" in stored
    assert ours._opens(stored, PASSWORD)
    assert not ours._opens(stored, PASSWORD + "s")
    assert not ours._opens(stored, digest.hex()), "the digest itself is no password"
    assert ours._is_outdated(stored)


@pytest.mark.slow
def test_letters_beyond_what_bcrypt_reads_count_as_little_as_they_did(ours: Password) -> None:
    import bcrypt

    long = "ā" * 40
    stored = ours.taken(
        reading.read(bcrypt.hashpw(long.encode()[:72], bcrypt.gensalt(10)).decode())
    )
    assert ours._opens(stored, long)
    assert not ours._opens(stored, "a\0b"), "nor does it break at a letter that it cannot have"


@pytest.mark.parametrize("text", [*STRONG.values(), *WEAK.values(), FIREBASE])
def test_a_hash_that_nobody_has_takes_the_same_and_opens_to_nobody(
    ours: Password, text: str
) -> None:
    cost = ours.cost_of_taken(reading.read(text))
    assert len(cost) <= 48, "it has a column"
    assert cost != NONE
    decoy = nobodys(cost)
    assert cost_of(decoy) == cost
    assert not ours._opens(decoy, PASSWORD)


def test_what_is_fast_costs_what_ours_cost_and_so_does_not_lengthen_a_wrong_answer(
    ours: Password,
) -> None:
    assert ours.cost_of_taken(reading.read(WEAK["openldap ssha"])) == ours.cost


def test_a_hash_in_a_wrapping_of_before_is_checked_at_the_cost_of_that() -> None:
    outer = PasswordHasher(time_cost=2, memory_cost=128, parallelism=1).hash("00")
    found = Wrapped("bcrypt", "8", b"x" * 22, outer)
    assert cost_of(found.text) == "w$bcrypt$8$128,2,1"
    assert "$m=128,t=2,p=1$" in nobodys(found.cost)


def aspnet(count: int, prf: int = 1, length: int = 16) -> str:
    head = b"\x01" + struct.pack(">III", prf, count, length)
    return base64.b64encode(head + bytes(16) + bytes(32)).decode()


DEAR = {
    "argon2 memory": "$argon2id$v=19$m=9999999,t=1,p=1$AAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAA",
    "argon2 time": "$argon2id$v=19$m=65536,t=200,p=1$AAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAA",
    "argon2 lanes": "$argon2id$v=19$m=65536,t=1,p=255$AAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAA",
    "bcrypt": "$2b$31$" + "a" * 53,
    "pbkdf2": f"pbkdf2_sha256$99999999$salt${base64.b64encode(bytes(32)).decode()}",
    "pbkdf2 beyond numbers": f"pbkdf2_sha256${'9' * 500}$salt${'A' * 44}",
    "pbkdf2 blocks": f"pbkdf2_sha1$1500000$salt${base64.b64encode(bytes(120)).decode()}",
    "scrypt memory": f"scrypt:1048576:8:1$salt${'00' * 64}",
    "scrypt lanes": f"scrypt:16384:8:64$salt${'00' * 64}",
    "scrypt beyond numbers": f"scrypt:{2**40}:8:1$salt${'00' * 64}",
    "firebase": "firebase:30:8:Bw==:AAAA$AAAA$AAAA",
    "crypt": "$6$rounds=999999999$saltysalt$" + "a" * 86,
    "aspnet": aspnet(2**31),
}


@pytest.mark.parametrize("text", DEAR.values(), ids=DEAR)
def test_what_would_take_too_long_to_check_is_refused(text: str) -> None:
    with pytest.raises(CommandError, match="too long, or too much memory") as caught:
        reading.read(text)
    assert text not in str(caught.value)


UNKNOWN = [
    "",
    "password",
    "$1$saltysalt$abcdefghijklmnopqrstuv",
    "$2x$10$" + "a" * 53,
    "$2b$10$" + "a" * 52,
    "$2b$03$" + "a" * 53,
    "$argon2id$v=16$m=65536,t=1,p=1$AAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAA",
    "$argon2id$v=19$m=4,t=1,p=1$AAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAA",
    "$argon2id$v=19$m=65536,t=0,p=1$AAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAA\n",
    "$argon2id$",
    "$6$rounds=5000$saltysalt$short",
    "pbkdf2_sha256$0x10$salt$AAAA",
    "pbkdf2_sha256$1000$salt$AAAA",
    "pbkdf2_md5$1000$salt$" + "A" * 44,
    "pbkdf2:md5:1000$salt$" + "00" * 32,
    "scrypt:16383:8:1$salt$" + "00" * 64,
    "scrypt:-16384:8:1$salt$" + "00" * 64,
    "scrypt:16384:8$salt$" + "00" * 64,
    "{SSHA}AAAA",
    "{CLEARTEXT}secret",
    "{" * 1500,
    '{"secretData": 1}',
    json.dumps({"secretData": "{}", "credentialData": '{"algorithm": "argon2"}'}),
    json.dumps({"secretData": "[]", "credentialData": "[]"}),
    aspnet(10_000, prf=9),
    aspnet(10_000, length=2**31),
    "äöü",
    "$wrapped$md5$after$AAAA$argon2id$v=19$m=64,t=1,p=1$AAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
    "$pbkdf2$sha256,i=999999999,l=32$AAAA$AAAA",
    "a" * 5000,
]


@pytest.mark.parametrize("text", UNKNOWN)
def test_what_is_of_no_known_form_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(CommandError) as caught:
        reading.read(text)
    assert str(caught.value) in (english(reading.UNKNOWN), english(reading.DEAR))


def test_what_is_stored_is_read_again_as_it_was() -> None:
    read = reading.read(STRONG["werkzeug scrypt"])
    assert isinstance(read, Hash)
    assert schemes.parsed(read.text) == read
