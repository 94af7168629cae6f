"""Random tokens, digests, comparison and sealing. No one else touches a key or a cipher.

Values at rest are of three kinds: digests of random tokens (SHA-256, RFC 9700 needs no more for
160 bits and above), keyed digests of short codes (HMAC-SHA-256 under a key outside the database),
and sealed secrets (AES-256-GCM, bound to their row by additional data). What stands there in the
open and decides something has a tag beside it: a keyed digest that names its key. Keys live in a
keyring file of the instance folder; the first is used to seal and tag, all of them to open and
check.
"""

import base64
import hashlib
import hmac
import json
import os
import re
import secrets
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from idp.errors import ConfigurationError, SealError

_NONCE_BYTES = 12
_KEY_ID_BYTES = 4
_KEY_BYTES = 32
_TAG_BYTES = 16
"""Of HMAC-SHA-256, its first half: RFC 2104 section 5 asks for no more."""
_BASE64URL = re.compile(r"[A-Za-z0-9_-]*={0,2}")


def random_token(size: int = 32) -> str:
    """Return `size` random bytes (default 256 bits) as unpadded base64url."""
    return secrets.token_urlsafe(size)


def random_name(size: int) -> str:
    """Return a random token that may stand on a command line: it never begins with `-`."""
    while (name := random_token(size)).startswith("-"):
        pass
    return name


def random_bytes(size: int) -> bytes:
    """Return `size` random bytes."""
    return secrets.token_bytes(size)


def random_code(digits: int = 6) -> str:
    """Return a uniformly random decimal code of `digits` digits, with leading zeros."""
    return f"{secrets.randbelow(10**digits):0{digits}d}"


def random_letters(alphabet: str, count: int) -> str:
    """Return `count` letters of `alphabet`, each drawn by itself."""
    return "".join(secrets.choice(alphabet) for _ in range(count))


def digest(token: str) -> str:
    """Return the SHA-256 of a high-entropy token, base64url: what the database may hold."""
    return base64url(hashlib.sha256(token.encode()).digest())


def base64url(raw: bytes) -> str:
    """Return base64url without padding (RFC 7515 section 2)."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def from_base64url(text: str) -> bytes:
    """Return the bytes that base64url stands for, with the whole of its padding or without any.

    Raises:
        ValueError: it holds other characters, or was cut off.
    """
    # The library's own check lets + and / pass, which are of another alphabet.
    if not _BASE64URL.fullmatch(text):
        raise ValueError("this is not base64url")
    padding = "" if "=" in text else "=" * (-len(text) % 4)
    return base64.urlsafe_b64decode(text + padding)


def bound_digest(token: str, *parts: str) -> str:
    """Return HMAC-SHA-256 of `parts` under a high-entropy `token`, base64url.

    Anyone who lacks the token cannot test guesses of `parts` against it, not even with all our
    keys.
    """
    return base64url(hmac.digest(token.encode(), json.dumps(parts).encode(), "sha256"))


def same(left: str, right: str) -> bool:
    """Compare two strings in a time that tells nothing of where they differ."""
    return hmac.compare_digest(left.encode(), right.encode())


def key_id(sealed: bytes) -> bytes:
    """Return which key a value was sealed or tagged with: its first four bytes, of that key."""
    return sealed[:_KEY_ID_BYTES]


@dataclass(frozen=True)
class Keyring:
    """The keys of one installation, newest first."""

    keys: tuple[bytes, ...]
    path: Path | None = None
    """The file they came from: looked at again when a value names a key that is not among them."""

    @property
    def key_ids(self) -> tuple[bytes, ...]:
        """What a sealed value begins with, for each key: see `key_id`."""
        return tuple(self._aeads)

    @cached_property
    def _aeads(self) -> dict[bytes, AESGCM]:
        return {self._id(key): AESGCM(key) for key in self.keys}

    @cached_property
    def _by_id(self) -> dict[bytes, bytes]:
        return {self._id(key): key for key in self.keys}

    @cached_property
    def _taggers(self) -> dict[tuple[bytes, str], hmac.HMAC]:
        """For each key and purpose what a tag is begun with: a copy costs half."""
        return {}

    @cached_property
    def _newest(self) -> bytes:
        return self._id(self.keys[0])

    @cached_property
    def _mac(self) -> hmac.HMAC:
        # The oldest key, so that codes and CSRF values survive a key being added.
        key = hmac.digest(self.keys[-1], b"acrux mac", "sha256")
        return hmac.new(key, digestmod="sha256")

    @staticmethod
    def _id(key: bytes) -> bytes:
        return hashlib.sha256(b"acrux key id" + key).digest()[:_KEY_ID_BYTES]

    def each(self) -> "Iterator[Keyring]":
        """Return every key as a keyring of its own, newest first."""
        return (Keyring((key,)) for key in self.keys)

    def _learned(self, key_id: bytes) -> AESGCM | None:
        """Return a key that was put into the file after it was read; it opens and never seals.

        An operator adds a line while processes run: what a command seals with it must open here
        before everything was restarted. The keys for sealing and for digests stay as they were.
        """
        if self.path is None:
            return None
        try:
            found = load_keyring(self.path)
        except ConfigurationError:
            return None
        aead = found._aeads.get(key_id)
        if aead is not None:
            self._by_id[key_id] = found._by_id[key_id]
            self._aeads[key_id] = aead
        return aead

    def openable(self) -> frozenset[bytes]:
        """Return the ids of all keys that values can be opened with: ours, and those that were put
        into the file since."""
        ids = frozenset(self._aeads)
        if self.path is None:
            return ids
        try:
            return ids | set(load_keyring(self.path)._aeads)
        except ConfigurationError:
            return ids

    def seal(self, plaintext: bytes, place: str) -> bytes:
        """Encrypt `plaintext` for one `place`, `table:column:row`. AES-256-GCM, random nonce."""
        newest = self._newest
        nonce = os.urandom(_NONCE_BYTES)
        return newest + nonce + self._aeads[newest].encrypt(nonce, plaintext, place.encode())

    def open(self, sealed: bytes, place: str) -> bytes:
        """Decrypt what `seal` made for the same `place`.

        Raises:
            SealError: another place, an unknown key, or altered bytes.
        """
        sealed = bytes(sealed)
        aead = self._aeads.get(key_id(sealed)) or self._learned(key_id(sealed))
        if aead is None:
            raise SealError("a sealed value names an encryption key that this instance lacks")
        start = _KEY_ID_BYTES + _NONCE_BYTES
        try:
            return aead.decrypt(sealed[_KEY_ID_BYTES:start], sealed[start:], place.encode())
        except InvalidTag:
            raise SealError("a sealed value does not belong to its row") from None

    def tag(self, purpose: str, message: bytes) -> bytes:
        """Return a tag of `message`: the id of the newest key, and 128 bits that only it makes.

        HMAC-SHA-256 under a key for `purpose`, cut to its first half (RFC 2104 section 5).
        """
        newest = self._newest
        return newest + self._tagged(newest, purpose, message)

    def is_tag(self, tag: bytes, purpose: str, message: bytes) -> bool:
        """Return True if `tag` was made for `message` with one of our keys."""
        named = key_id(tag)
        if named not in self._by_id and self._learned(named) is None:
            return False
        return hmac.compare_digest(tag[_KEY_ID_BYTES:], self._tagged(named, purpose, message))

    def _tagged(self, named: bytes, purpose: str, message: bytes) -> bytes:
        begun = self._taggers.get((named, purpose))
        if begun is None:
            key = hmac.digest(self._by_id[named], b"acrux tag " + purpose.encode(), "sha256")
            begun = self._taggers[named, purpose] = hmac.new(key, digestmod="sha256")
        mac = begun.copy()
        mac.update(message)
        return mac.digest()[:_TAG_BYTES]

    def keyed_digest(self, purpose: str, *parts: str) -> str:
        """Return HMAC-SHA-256 of `parts` under a key for `purpose`, base64url."""
        # A copy costs half of what it does to begin with the key.
        mac = self._mac.copy()
        mac.update(json.dumps([purpose, *parts]).encode())
        return base64url(mac.digest())


def load_keyring(path: Path) -> Keyring:
    """Read the keyring file: one base64url key of 32 bytes a line, newest first.

    Raises:
        ConfigurationError: no such file, one that other accounts may read, or a line that is no
            key.
    """
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        lines = path.read_text().split()
    except (OSError, UnicodeDecodeError):
        raise ConfigurationError(
            f"{path} cannot be read: bring the encryption keys back, or run `acrux init` to make"
            " the first ones"
        ) from None
    if mode & 0o077:
        raise ConfigurationError(f"{path} has mode {mode:o}, open to others: chmod 600 {path}")
    try:
        # Not strictly: a file that was read by an earlier version is read by every later one.
        keys = tuple(base64.urlsafe_b64decode(line + "=" * (-len(line) % 4)) for line in lines)
    except ValueError:
        keys = ()
    if not keys or not all(map(_is_key, keys)):
        raise ConfigurationError(f"{path} must hold one base64url key of 32 random bytes a line")
    return Keyring(keys, path)


def _is_key(key: bytes) -> bool:
    """Return False for what was never drawn at random, such as 32 zeros.

    Of 32 random bytes fewer than 16 differ from each other about once in 10^16 keys.
    """
    return len(key) == _KEY_BYTES and len(set(key)) >= _KEY_BYTES // 2


def create_keyring(path: Path) -> bool:
    """Write a new keyring, readable by its owner alone. False when there is one already."""
    if path.exists():
        return False
    # Written whole before it gets its name, so that no one ever reads half a keyring.
    draft = path.with_name(f".{path.name}.{random_token(6)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w") as file:
            file.write(base64.urlsafe_b64encode(os.urandom(_KEY_BYTES)).decode() + "\n")
        os.link(draft, path)
    except FileExistsError:
        return False
    finally:
        draft.unlink()
    return True
