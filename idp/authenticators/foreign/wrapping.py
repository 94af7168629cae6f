"""A weak hash is kept inside Argon2id: whoever reads the database finds nothing fast to try.

A stored one is `$wrapped$scheme$parameters$salt$` and the Argon2 hash of the weak digest, in hex.
"""

import base64
from dataclasses import dataclass

from idp.authenticators.foreign import schemes
from idp.authenticators.foreign.schemes import FAST, Hash

NAME = "wrapped"
SHORT = "w"
_WEAK = {"pbkdf2": ("i", 100_000), "bcrypt": ("a", 10), "bcrypt-sha256": ("a", 10)}
"""What is kept as it is from this on."""


@dataclass(frozen=True)
class Wrapped:
    """A weak hash in its wrapping: `outer` is the Argon2 hash of its digest."""

    scheme: str
    parameters: str
    salt: bytes
    outer: str

    @property
    def cost(self) -> str:
        """What a check takes: that of the wrapping, and of what is in it where it can be seen."""
        argon2 = "$".join(self.outer.split("$")[1:4])
        if self.scheme in FAST:
            return argon2
        return f"{SHORT}${self.scheme}${self.parameters}${short(argon2)}"

    @property
    def text(self) -> str:
        """What is stored."""
        salt = base64.b64encode(self.salt).decode()
        return f"${NAME}${self.scheme}${self.parameters}${salt}{self.outer}"

    def digest(self, password: str) -> str:
        """Return what the wrapping was made of, if `password` is right."""
        try:
            made = schemes.derived(self.scheme, self.parameters, password, self.salt, b"")
        except ValueError:
            return ""  # bcrypt knows no password with a zero in it
        return made.hex()


def is_weak(found: Hash) -> bool:
    """Return True if it may not be at rest as it is."""
    if found.scheme in FAST:
        return True
    name, enough = _WEAK.get(found.scheme, ("", 0))
    return bool(name) and int(schemes.numbers(found.parameters)[name]) < enough


def parsed(stored: str) -> Wrapped | None:
    """Return what `Wrapped.text` wrote; None if it is another text."""
    parts = stored.split("$", 5)
    if len(parts) != 6 or parts[1] != NAME:
        return None
    return Wrapped(parts[2], parts[3], base64.b64decode(parts[4]), f"${parts[5]}")


def nobodys(cost: str, outer: str) -> Wrapped:
    """Return one of that cost that no password opens; `outer` is a hash of the wrapping's."""
    _, scheme, parameters, _ = cost.split("$")
    inner = schemes.parsed(schemes.nobodys(f"{scheme}${parameters}"))
    assert inner is not None
    return Wrapped(scheme, parameters, inner.salt, outer)


def short(argon2: str) -> str:
    """Return the cost of an Argon2id hash in as few letters as can be: `19456,2,1`."""
    kind, _version, parameters = argon2.split("$")
    numbers = ",".join(part.partition("=")[2] for part in parameters.split(","))
    return numbers if kind == "argon2id" else f"{numbers},{kind}"


def long(text: str) -> str:
    """Return what `short` has shortened."""
    memory, time, lanes = text.split(",")
    return f"argon2id$v=19$m={memory},t={time},p={lanes}"
