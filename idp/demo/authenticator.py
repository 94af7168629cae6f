"""The authenticator app of people who have none: codes of RFC 6238, as a phone makes them.

Written from the RFC and not from the provider's code, so that the demo proves the two agree. Shows
the codes of everyone enrolled, which no real installation could: its secrets never leave the seal.
"""

import base64
import hmac
from dataclasses import dataclass

from idp import clock
from idp.installation import Installation
from idp.store import credentials, db, people

METHOD = "totp"
PERIOD = 30


@dataclass(frozen=True)
class App:
    """What one person's authenticator app shows now. `seconds` is how long the code lasts.

    `used`: the provider has taken this code, and takes no code twice.
    """

    username: str
    code: str
    seconds: int
    used: bool


def code(secret: str, at: int) -> str | None:
    """Return the six digits of a base32 secret at `at`; None when it is no such secret."""
    letters = "".join(secret.split()).replace("-", "").upper().rstrip("=")
    try:
        key = base64.b32decode(letters + "=" * (-len(letters) % 8))
    except ValueError:
        return None
    if not key:
        return None
    mac = hmac.digest(key, (at // PERIOD).to_bytes(8, "big"), "sha1")
    start = mac[-1] & 15
    number = int.from_bytes(mac[start : start + 4], "big") & 0x7FFFFFFF
    return f"{number % 1_000_000:06d}"


def seconds_left(at: int) -> int:
    """Return for how many seconds the codes of `at` last."""
    return PERIOD - at % PERIOD


def apps(installation: Installation) -> list[App]:
    """Return the apps of everyone who has set one up, by user name."""
    now = clock.now()
    found = []
    with db.work(installation.engine) as work:
        for person in people.everyone(work):
            for credential in credentials.of(work, person.id, METHOD):
                secret = installation.keyring.open(credential.secret, credential.place).decode()
                used = credential.last_step >= now // PERIOD
                shown = code(secret, now) or ""
                found.append(App(person.username, shown, seconds_left(now), used))
    return found
