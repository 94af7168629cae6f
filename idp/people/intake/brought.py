"""What of a person's ways to sign in a file brings: a password's hash, an app's secret.

They are for newcomers alone: whoever is here already keeps their own, or anyone who writes the file
would get into their account. A hash is made ready before the transaction, since wrapping a weak one
takes as long as a sign-in does.
"""

import base64
import binascii
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from idp import audit
from idp.audit import Event
from idp.authenticators.foreign import reading
from idp.authenticators.foreign.schemes import Hash
from idp.authenticators.password import Password
from idp.authenticators.totp import Totp
from idp.errors import CommandError
from idp.language import _
from idp.signin.sign_in import SignIn
from idp.store import password_costs
from idp.store.db import Work

KINDS = 6
"""How many costs the hashes of a database may have: a wrong answer is checked at each of them."""
_SHORTEST, _LONGEST = 10, 64
"""Bytes of an app's secret: 80 bits are what apps were given for years (RFC 4226 asks for 128)."""


@dataclass(frozen=True)
class Brought:
    """What a row brings; printed, it shows nothing of it."""

    password: Hash | str | None = field(default=None, repr=False)
    totp: str | None = field(default=None, repr=False)


def read(values: Mapping[str, str]) -> Brought:
    """Return what the values of a row bring.

    Raises:
        CommandError: which value cannot be taken along, without repeating it.
    """
    password = values.get("password_hash")
    secret = values.get("totp_secret")
    return Brought(reading.read(password) if password else None, _secret(secret))


def _secret(text: str | None) -> str | None:
    """Return an app's secret in base32 without spaces or padding."""
    if not text:
        return None
    plain = "".join(text.split()).replace("-", "").rstrip("=").upper()
    try:
        data = base64.b32decode(plain + "=" * (-len(plain) % 8))
    except (binascii.Error, ValueError):
        words = _("the secret of the authenticator app is not base32")
        raise CommandError(words, "bad-totp") from None
    if not _SHORTEST <= len(data) <= _LONGEST:
        words = _(
            "the secret of the authenticator app must have %(least)s to %(most)s bytes",
            least=_SHORTEST,
            most=_LONGEST,
        )
        raise CommandError(words, "bad-totp")
    return plain


class Bringing:
    """Stores what newcomers bring."""

    def __init__(self, signin: SignIn) -> None:
        password, totp = signin.authenticators["password"], signin.authenticators["totp"]
        assert isinstance(password, Password)
        assert isinstance(totp, Totp)
        self._password = password
        self._totp = totp

    def kinds(self, work: Work) -> "KindsOfHash":
        """Return which costs there are, for the length of one file."""
        return KindsOfHash(self._password, work)

    def ready(self, brought: Mapping[int, Brought]) -> dict[int, str]:
        """Return what is stored of the passwords of some rows, by the rows' lines.

        It takes as long as their sign-ins would where they are weak: it comes before a transaction.
        """
        found = {line: one.password for line, one in brought.items() if one.password is not None}
        with ThreadPoolExecutor(self._password.at_once, "acrux-intake") as pool:
            return dict(zip(found, pool.map(self._password.taken, found.values()), strict=True))

    def store(
        self, work: Work, person_id: str, brought: Brought, ready: str | None, origin: str
    ) -> None:
        """Let a newcomer have what the file brings, with an event for each."""
        if ready is not None:
            self._password.store(work, person_id, ready)
            self._record(work, person_id, "password", origin)
        if brought.totp is not None:
            self._totp.add(work, person_id, brought.totp)
            self._record(work, person_id, "totp", origin)

    def _record(self, work: Work, person_id: str, method: str, origin: str) -> None:
        reason = f"{method}, {origin}"[:200]
        audit.record(work, Event.FACTOR_ADDED, person=person_id, reason=reason)


class KindsOfHash:
    """The costs that the hashes of the database have, and those of a file so far."""

    def __init__(self, password: Password, work: Work) -> None:
        self._password = password
        self._known = {password.cost, *password_costs.known(work)}

    def one_more(self, brought: Brought) -> None:
        """Note the hash of a row.

        Raises:
            CommandError: with this one a wrong answer would take too long to check.
        """
        if brought.password is None:
            return
        cost = self._password.cost_of_taken(brought.password)
        if cost not in self._known and len(self._known) >= KINDS:
            words = _(
                "there are %(count)s kinds of password hashes already, and a wrong answer is"
                " checked by each of them: leave this one out",
                count=KINDS,
            )
            raise CommandError(words, "too-many-hashes")
        self._known.add(cost)
