"""How each foreign form is checked. A stored one is `$scheme$parameters$salt$digest`.

Scheme and parameters are what it takes to check, its cost; salt and digest are base64. Every one is
derived anew from the password and compared in constant time.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import bcrypt
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from idp.authenticators.foreign import sha_crypt

_BCRYPT_MOST = 72
"""Bytes of a password that bcrypt looks at."""
_MEMORY = 256 * 2**20


@dataclass(frozen=True)
class Hash:
    """A foreign hash, taken apart. `parameters` decides, with the scheme, what it costs."""

    scheme: str
    parameters: str
    salt: bytes
    digest: bytes

    @property
    def cost(self) -> str:
        """What a check takes, in a few words that hold no secret."""
        return f"{self.scheme}${self.parameters}"

    @property
    def text(self) -> str:
        """What is stored."""
        return f"${self.cost}${_encoded(self.salt)}${_encoded(self.digest)}"


def parsed(stored: str) -> Hash | None:
    """Return the hash that `Hash.text` wrote; None if it is another text."""
    parts = stored.split("$")
    if len(parts) != 5 or parts[0] or parts[1] not in DERIVED:
        return None
    return Hash(parts[1], parts[2], base64.b64decode(parts[3]), base64.b64decode(parts[4]))


def derived(scheme: str, parameters: str, password: str, salt: bytes, digest: bytes) -> bytes:
    """Return what the digest is if `password` is right; `digest` is the one that is stored."""
    return DERIVED[scheme](numbers(parameters), password.encode(), salt, digest)


def opens(found: Hash, password: str) -> bool:
    """Return True if `password` is the one that was hashed."""
    try:
        made = derived(found.scheme, found.parameters, password, found.salt, found.digest)
    except ValueError:
        return False  # bcrypt knows no password with a zero in it
    return hmac.compare_digest(made, found.digest)


def nobodys(cost: str) -> str:
    """Return a hash of that cost that no password opens."""
    scheme, _, parameters = cost.partition("$")
    size = int(numbers(parameters).get("l", "32"))
    salt = secrets.token_bytes(16)
    if scheme.startswith("bcrypt"):
        salt, size = bcrypt.gensalt(4)[7:], 31
    if scheme in sha_crypt.HASHES:
        salt = secrets.token_hex(8).encode()
    return Hash(scheme, parameters, salt, secrets.token_bytes(size)).text


def numbers(parameters: str) -> Mapping[str, str]:
    """Return parameters such as `sha256,i=600000` by name; what has no name is the algorithm."""
    pairs = (part.rpartition("=") for part in parameters.split(","))
    return {name or "a": value for name, _, value in pairs}


def _bcrypt(given: Mapping[str, str], password: bytes, salt: bytes, _digest: bytes) -> bytes:
    head = f"$2b${int(given['a']):02d}$".encode()
    return bcrypt.hashpw(password[:_BCRYPT_MOST], head + salt)[len(head) + len(salt) :]


def _bcrypt_sha256(given: Mapping[str, str], password: bytes, salt: bytes, digest: bytes) -> bytes:
    """As Django does it, so that no letter of a long password is lost."""
    return _bcrypt(given, hashlib.sha256(password).hexdigest().encode(), salt, digest)


def _pbkdf2(given: Mapping[str, str], password: bytes, salt: bytes, _digest: bytes) -> bytes:
    return hashlib.pbkdf2_hmac(given["a"], password, salt, int(given["i"]), int(given["l"]))


def _scrypt(given: Mapping[str, str], password: bytes, salt: bytes, _digest: bytes) -> bytes:
    n, r, p, size = (int(given[name]) for name in "nrpl")
    return hashlib.scrypt(password, salt=salt, n=n, r=r, p=p, maxmem=_MEMORY, dklen=size)


def _firebase(given: Mapping[str, str], password: bytes, salt: bytes, digest: bytes) -> bytes:
    """The project's own key, enciphered under what scrypt makes of the password.

    Half of the digest is that key, the other half what came out.
    """
    key = _scrypt({**given, "p": "1", "l": "64"}, password, salt, digest)[:32]
    signer = digest[: len(digest) // 2]
    cipher = Cipher(algorithms.AES(key), modes.CTR(bytes(16))).encryptor()
    return signer + cipher.update(signer) + cipher.finalize()


def _sha_crypt(kind: str) -> "Derive":
    return lambda given, password, salt, _digest: sha_crypt.digest(
        kind, password, salt, int(given["rounds"])
    )


def _fast(name: str) -> "Derive":
    """A digest of password and salt: kept only inside Argon2id (`wrapping`)."""

    def digest(given: Mapping[str, str], password: bytes, salt: bytes, _digest: bytes) -> bytes:
        text = salt + password if given["a"] == "before" else password + salt
        return hashlib.new(name, text, usedforsecurity=False).digest()

    return digest


Derive = Callable[[Mapping[str, str], bytes, bytes, bytes], bytes]
FAST = {name: _fast(name) for name in ("md5", "sha1", "sha256", "sha512")}
"""What is so fast that whoever finds one has its password: never stored as it is."""
DERIVED: dict[str, Derive] = {
    "bcrypt": _bcrypt,
    "bcrypt-sha256": _bcrypt_sha256,
    "pbkdf2": _pbkdf2,
    "scrypt": _scrypt,
    "firebase": _firebase,
    **{kind: _sha_crypt(kind) for kind in sha_crypt.HASHES},
    **FAST,
}


def _encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()
