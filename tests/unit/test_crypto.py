"""Sealing is bound to its place, opens under older keys, and tells nothing when it fails."""

import base64
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp import crypto
from idp.crypto import Keyring
from idp.errors import ConfigurationError, SealError

OLD, NEW = b"o" * 32, b"n" * 32


@given(st.binary(max_size=200), st.text(max_size=40))
def test_what_is_sealed_opens_at_its_place(plaintext: bytes, place: str) -> None:
    keyring = Keyring((NEW,))
    assert keyring.open(keyring.seal(plaintext, place), place) == plaintext


def test_a_value_moved_to_another_row_does_not_open() -> None:
    keyring = Keyring((NEW,))
    sealed = keyring.seal(b"secret", "credential:secret:1")
    with pytest.raises(SealError):
        keyring.open(sealed, "credential:secret:2")


@given(st.integers(0, 40))
def test_an_altered_value_does_not_open(position: int) -> None:
    keyring = Keyring((NEW,))
    sealed = bytearray(keyring.seal(b"a secret of twenty b", "place"))
    sealed[position % len(sealed)] ^= 1
    with pytest.raises(SealError):
        keyring.open(bytes(sealed), "place")


def test_a_new_key_in_front_leaves_old_values_readable() -> None:
    sealed = Keyring((OLD,)).seal(b"secret", "place")
    both = Keyring((NEW, OLD))
    assert both.open(sealed, "place") == b"secret"
    assert both.seal(b"secret", "place")[:4] != sealed[:4]
    with pytest.raises(SealError):
        Keyring((NEW,)).open(sealed, "place")


def test_keyed_digests_survive_a_new_key_and_keep_their_parts_apart() -> None:
    old, both = Keyring((OLD,)), Keyring((NEW, OLD))
    assert old.keyed_digest("csrf", "x") == both.keyed_digest("csrf", "x")
    assert old.keyed_digest("csrf", "a", "b") != old.keyed_digest("csrf", "ab")
    assert old.keyed_digest("csrf", "x") != old.keyed_digest("other", "x")


def test_the_keyring_file_is_for_its_owner_alone_and_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "keyring"
    assert crypto.create_keyring(path)
    text = path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not crypto.create_keyring(path)
    assert path.read_text() == text
    assert [file.name for file in tmp_path.iterdir()] == ["keyring"]
    assert len(crypto.load_keyring(path).keys) == 1


NEVER_DRAWN = ("A" * 43, base64.urlsafe_b64encode(bytes(range(8)) * 4).decode().rstrip("="))
"""Keys of the right size: 32 zeros, and eight values again and again."""


@pytest.mark.parametrize("text", ["", "short", "!!!", "A" * 43 + "\nAAAA", *NEVER_DRAWN])
def test_a_broken_keyring_stops_the_start(tmp_path: Path, text: str) -> None:
    path = tmp_path / "keyring"
    path.write_text(text)
    with pytest.raises(ConfigurationError):
        crypto.load_keyring(path)


def test_random_codes_have_six_digits_and_use_all_of_them() -> None:
    codes = [crypto.random_code() for _ in range(3000)]
    assert all(len(code) == 6 and code.isdigit() for code in codes)
    assert {code[0] for code in codes} == set("0123456789")


def test_base64url_has_the_whole_of_its_padding_or_none() -> None:
    assert crypto.from_base64url("eA") == crypto.from_base64url("eA==") == b"x"
    for broken in ("eA=", "eA===", "e", "eA ", "e+==", "eA==eA=="):
        with pytest.raises(ValueError, match=r"base64|padding|data"):
            crypto.from_base64url(broken)
