"""The spellings in which other programs store a password, read as one.

What a file says is a stranger's: whatever would take long, or much memory, to check is refused,
with a reason that does not repeat it.
"""

import base64
import binascii
import json
import re
import struct
from collections.abc import Callable, Mapping
from typing import Any

from argon2 import extract_parameters
from argon2.exceptions import InvalidHashError

from idp.authenticators.foreign import sha_crypt
from idp.authenticators.foreign.schemes import Hash
from idp.errors import CommandError
from idp.language import _

LONGEST = 2048
_ARGON2 = re.compile(
    r"\$argon2(?:id|i|d)\$v=19\$m=\d{1,7},t=\d{1,3},p=\d{1,3}"
    r"\$[A-Za-z0-9+/]{11,86}\$[A-Za-z0-9+/]{16,172}"
)
_BCRYPT = re.compile(r"\$2[aby]\$(\d\d)\$([./A-Za-z0-9]{22})([./A-Za-z0-9]{31})")
_CRYPT = re.compile(r"\$([56])\$(?:rounds=(\d{1,9})\$)?([^$:\n]{1,16})\$([./A-Za-z0-9]{43,86})")
_HEX = {32: "md5", 40: "sha1", 64: "sha256", 128: "sha512"}
_SIZES = {"md5": 16, "sha1": 20, "sha256": 32, "sha512": 64}
_LDAP = {
    "MD5": "md5",
    "SMD5": "md5",
    "SHA": "sha1",
    "SSHA": "sha1",
    "SHA256": "sha256",
    "SSHA256": "sha256",
    "SHA512": "sha512",
    "SSHA512": "sha512",
}
_PRFS = ("sha1", "sha256", "sha512")
"""Of ASP.NET Identity, by their numbers."""
_KEYCLOAK = {
    "pbkdf2": "sha1",
    "pbkdf2-sha1": "sha1",
    "pbkdf2-sha256": "sha256",
    "pbkdf2-sha512": "sha512",
}
_ASPNET_V2, _ASPNET_V3 = 0, 1
UNKNOWN = _("the password's hash is of no form that is known")
DEAR = _("the password's hash takes too long, or too much memory, to check")
_MOST_ITERATIONS, _MOST_BCRYPT, _MOST_ROUNDS = 2_000_000, 14, 100_000
_MOST_MEMORY = 128 * 2**20
_MOST_LANES = 16


def read(text: str) -> Hash | str:
    """Return what a text of another program means; one of Argon2 as the text that it is.

    Raises:
        CommandError: it is of no known form, or takes too much to check.
    """
    if len(text) > LONGEST or not text.isascii():
        raise CommandError(UNKNOWN, "hash-unknown")
    for reader in _READERS:
        try:
            found = reader(text)
        except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError):
            raise CommandError(UNKNOWN, "hash-unknown") from None
        if found is not None:
            return found
    raise CommandError(UNKNOWN, "hash-unknown")


def _argon2(text: str) -> str | None:
    for before in ("argon2$", "{ARGON2}$"):  # Django, OpenLDAP
        if text.startswith(f"{before}argon2"):
            text = "$" + text.removeprefix(before)
    if not text.startswith("$argon2"):
        return None
    if not _ARGON2.fullmatch(text):
        raise ValueError
    try:
        given = extract_parameters(text)
    except InvalidHashError:
        raise ValueError from None
    memory = given.memory_cost
    _bounded(memory * 1024 <= _MOST_MEMORY and given.parallelism <= _MOST_LANES)
    _bounded(0 < given.time_cost * memory <= 2**20 and given.time_cost <= 64)
    if memory < 8 * given.parallelism or not given.parallelism or given.hash_len > 128:
        raise ValueError
    return text


def _bcrypt(text: str) -> Hash | None:
    scheme = "bcrypt"
    for before, named in (("bcrypt_sha256$", "bcrypt-sha256"), ("bcrypt$", "bcrypt")):  # Django
        if text.startswith(before):
            scheme, text = named, text.removeprefix(before)
    if not text.startswith("$2"):
        return None
    cost, salt, digest = _match(_BCRYPT, text)
    _bounded(int(cost) <= _MOST_BCRYPT)
    if int(cost) < 4:
        raise ValueError
    return Hash(scheme, str(int(cost)), salt.encode(), digest.encode())


def _crypt(text: str) -> Hash | None:
    text = text.removeprefix("{CRYPT}")
    if not text.startswith(("$5$", "$6$")):
        return None
    number, rounds, salt, digest = _match(_CRYPT, text)
    kind, count = f"crypt{number}", int(rounds or sha_crypt.DEFAULT_ROUNDS)
    _bounded(count <= _MOST_ROUNDS)
    data = sha_crypt.decoded(kind, digest)
    return Hash(kind, f"rounds={max(count, 1000)}", salt.encode(), data)


def _django(text: str) -> Hash | None:
    name, _, rest = text.partition("$")
    if name in ("pbkdf2_sha256", "pbkdf2_sha1"):
        count, salt, digest = rest.split("$")
        return _pbkdf2(name.removeprefix("pbkdf2_"), count, salt.encode(), _base64(digest))
    if name == "scrypt" and rest.count("$") == 4:
        n, salt, r, p, digest = rest.split("$")
        return _scrypt(n, r, p, salt.encode(), _base64(digest))
    if name in ("md5", "sha1") and rest.count("$") == 1:
        salt, digest = rest.split("$")
        return _fast(name, "before", salt.encode(), bytes.fromhex(digest))
    return None


def _werkzeug(text: str) -> Hash | None:
    head, _, rest = text.partition("$")
    words = head.split(":")
    if words[0] not in ("scrypt", "pbkdf2") or len(words) < 3:
        return None
    salt, digest = rest.split("$")
    if words[0] == "scrypt":
        _, n, r, p = words
        return _scrypt(n, r, p, salt.encode(), bytes.fromhex(digest))
    _, name, count = words
    return _pbkdf2(name, count, salt.encode(), bytes.fromhex(digest))


def _firebase(text: str) -> Hash | None:
    """`firebase:14:8:SEPARATOR:SIGNER$SALT$HASH`, each in capitals base64 as Firebase gives it."""
    if not text.startswith("firebase:"):
        return None
    head, salt, digest = text.split("$")
    _, memory, rounds, separator, signer = head.split(":")
    if not 1 <= int(memory) <= 20:
        raise CommandError(DEAR, "hash-dear")
    made = _scrypt(str(2 ** int(memory)), rounds, "1", _base64(salt) + _base64(separator), b"")
    key, found = _base64(signer), _base64(digest)
    if not 16 <= len(key) == len(found) <= 128:
        raise ValueError
    n, r, *_ = made.parameters.split(",")
    return Hash("firebase", f"{n},{r},l={2 * len(key)}", made.salt, key + found)


def _ldap(text: str) -> Hash | None:
    found = re.fullmatch(r"\{([A-Z0-9]+)\}([A-Za-z0-9+/=]+)", text)
    if found is None or found[1] not in _LDAP:
        return None
    name, data = _LDAP[found[1]], _base64(found[2])
    size = _SIZES[name]
    return _fast(name, "after", data[size:], data[:size])


def _bare_hex(text: str) -> Hash | None:
    if not re.fullmatch(r"[0-9a-fA-F]+", text) or len(text) not in _HEX:
        return None
    return _fast(_HEX[len(text)], "after", b"", bytes.fromhex(text))


def _aspnet(text: str) -> Hash | None:
    """ASP.NET Identity: a byte for the version, then of version 3 PRF, iterations, length, salt."""
    try:
        data = _base64(text)
    except ValueError:
        return None
    if data[:1] == bytes([_ASPNET_V2]) and len(data) == 49:
        return _pbkdf2("sha1", "1000", data[1:17], data[17:])
    if data[:1] != bytes([_ASPNET_V3]) or len(data) < 29:
        return None
    prf, count, length = struct.unpack(">III", data[1:13])
    salt, digest = data[13 : 13 + length], data[13 + length :]
    if len(salt) != length:
        raise ValueError
    return _pbkdf2(_PRFS[prf], str(count), salt, digest)


def _keycloak(text: str) -> Hash | str | None:
    """A credential of an exported realm: two texts of JSON in JSON."""
    if not text.startswith("{"):
        return None
    found: Any = json.loads(text)
    secret, how = (_object(found[name]) for name in ("secretData", "credentialData"))
    salt, digest = _base64(secret["salt"]), _base64(secret["value"])
    name, count = how["algorithm"], how["hashIterations"]
    if name == "argon2":
        return _argon2(_keycloaks_argon2(how, salt, digest))
    return _pbkdf2(_KEYCLOAK[name], str(int(count)), salt, digest)


def _keycloaks_argon2(how: Mapping[str, Any], salt: bytes, digest: bytes) -> str:
    more = {name: values[0] for name, values in how["additionalParameters"].items()}
    numbers = f"m={int(more['memory'])},t={int(how['hashIterations'])},p={int(more['parallelism'])}"
    if more["version"] != "1.3":
        raise ValueError
    texts = (base64.b64encode(data).decode().rstrip("=") for data in (salt, digest))
    return "$".join(("", f"argon2{more['type']}", "v=19", numbers, *texts))


def _object(value: Any) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(value) if isinstance(value, str) else value
    return found


_READERS: tuple[Callable[[str], Hash | str | None], ...] = (
    _argon2,
    _bcrypt,
    _crypt,
    _django,
    _werkzeug,
    _firebase,
    _ldap,
    _bare_hex,
    _keycloak,
    _aspnet,
)


def _pbkdf2(name: str, count: str, salt: bytes, digest: bytes) -> Hash:
    if name not in _SIZES or name == "md5":
        raise ValueError
    _sized(salt, digest)
    # A digest longer than the hash's is worked out block by block, each as dear as the first.
    blocks = -(-len(digest) // _SIZES[name])
    _bounded(len(count) <= 8 and 0 < int(count) * blocks <= _MOST_ITERATIONS)
    return Hash("pbkdf2", f"{name},i={int(count)},l={len(digest)}", salt, digest)


def _scrypt(n: str, r: str, p: str, salt: bytes, digest: bytes) -> Hash:
    if max(map(len, (n, r, p))) > 8:
        raise CommandError(DEAR, "hash-dear")
    numbers = int(n), int(r), int(p)
    if min(numbers) < 1 or numbers[0] & (numbers[0] - 1) or numbers[0] < 2:
        raise ValueError
    _bounded(128 * numbers[0] * numbers[1] <= _MOST_MEMORY)
    _bounded(numbers[0] * numbers[1] * numbers[2] <= 2**21 and numbers[2] <= _MOST_LANES)
    if digest:
        _sized(salt, digest)
    parameters = f"n={numbers[0]},r={numbers[1]},p={numbers[2]},l={len(digest)}"
    return Hash("scrypt", parameters, salt, digest)


def _fast(name: str, place: str, salt: bytes, digest: bytes) -> Hash:
    if len(digest) != _SIZES[name] or len(salt) > 256:
        raise ValueError
    return Hash(name, place, salt, digest)


def _sized(salt: bytes, digest: bytes) -> None:
    if len(salt) > 256 or not 16 <= len(digest) <= 128:
        raise ValueError


def _bounded(holds: bool) -> None:
    if not holds:
        raise CommandError(DEAR, "hash-dear")


def _match(pattern: re.Pattern[str], text: str) -> tuple[Any, ...]:
    found = pattern.fullmatch(text)
    if found is None:
        raise ValueError
    return found.groups()


def _base64(text: str) -> bytes:
    """Return what a base64 text holds, in either alphabet."""
    plain = text.replace("-", "+").replace("_", "/").rstrip("=")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except binascii.Error:
        raise ValueError from None
