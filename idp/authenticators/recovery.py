"""Recovery codes: what is kept on paper for the day a phone is lost (SP 800-63B-4 4.2.1.1).

A code is used with the password and once. It counts as no second factor: it lets the person set up
a new one, in the same sign-in. Ten codes of 80 bits; only keyed digests are stored.
"""

import json
import secrets
import unicodedata
from collections.abc import Mapping

from idp.authenticators.base import Attempt, Authenticator, Kind, Rejected, Verified
from idp.crypto import Keyring, random_token
from idp.language import _, english
from idp.messages import Post, notices
from idp.messages.notices import Notice
from idp.policy.types import Ability, Factor, Trait
from idp.settings.values import Settings
from idp.store import credentials, recovery
from idp.store.db import Work
from idp.store.people import PersonRow

COUNT = 10
LENGTH = 16
GROUP = 4
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: 5 bits a character, none of which look alike on paper."""
_ALIKE = str.maketrans("OILU", "011V")
NOT_A_CODE = _("Type one of your recovery codes: sixteen letters and digits.")
WRONG = _("That code is not one of yours, or was used before. Try another one.")


class Recovery(Authenticator):
    """Something kept for the worst case; it stands in for a factor and is none."""

    ability = Ability(
        "recovery", ("otp",), frozenset({Factor.KNOWLEDGE}), frozenset({Trait.RECOVERY})
    )
    title = _("Recovery codes")
    noun = _("a recovery code")
    text = _(
        "Ten codes to print or write down. Each works once, when you have lost everything else."
    )
    alternative = _("I have lost it: use a recovery code")
    page_title = _("Type a recovery code")

    def __init__(self, settings: Settings, keyring: Keyring, post: Post) -> None:
        self._settings = settings
        self._keyring = keyring
        self._post = post

    def malformed(self, form: Mapping[str, str]) -> Rejected | None:
        if clean(form.get("code", "")):
            return None
        return Rejected("not sixteen", NOT_A_CODE, Kind.MALFORMED)

    def verify(self, attempt: Attempt, form: Mapping[str, str]) -> Verified | Rejected:
        work, person = attempt.work, attempt.person
        digest = self._digest(person.id, clean(form.get("code", "")) or "")
        ended = attempt.lock()
        if ended is not None:
            return ended
        rows = credentials.of(work, person.id, self.method)
        if not rows or not recovery.claim(work, person.id, digest):
            return Rejected("wrong or used code", WRONG)
        credentials.mark_used(work, rows[0].id)
        left = recovery.left(work, person.id)
        used = Notice.RECOVERY_USED
        notices.tell(work, self._post, self._settings, person, used, left=left)
        return Verified(rows[0].id)

    def draft(self, person_id: str) -> tuple[tuple[str, ...], bytes]:
        """Return ten new codes, and the same sealed for keeping until they are accepted."""
        codes = tuple(_code() for _ in range(COUNT))
        return codes, self._keyring.seal(json.dumps(codes).encode(), _place(person_id))

    def read_draft(self, person_id: str, sealed: bytes) -> tuple[str, ...]:
        """Return the codes of a draft.

        Raises:
            SealError: it is another's draft, or something else.
        """
        return tuple(json.loads(self._keyring.open(sealed, _place(person_id))))

    def keep(self, work: Work, person: PersonRow, codes: tuple[str, ...]) -> None:
        """Let `codes` be the person's, in the place of all earlier ones, and say so by mail."""
        person_id = person.id
        digests = [self._digest(person_id, clean(code) or "") for code in codes]
        recovery.replace(work, person_id, digests)
        notices.tell(work, self._post, self._settings, person, Notice.RECOVERY_MADE)
        if credentials.of(work, person_id, self.method):
            return
        credential_id = random_token(16)
        credentials.add(
            work,
            credential_id=credential_id,
            person_id=person_id,
            method=self.method,
            label=english(self.title),
            # The codes stand in a table of their own: here is only the fact that there are some.
            secret=self._keyring.seal(b"", credentials.place(credential_id)),
        )

    def _digest(self, person_id: str, code: str) -> str:
        return self._keyring.keyed_digest("recovery", person_id, code)


def clean(text: str) -> str | None:
    """Return a typed code as it is digested; None when it cannot be one."""
    wide = unicodedata.normalize("NFKC", text)
    plain = "".join(c for c in wide.upper() if c.isalnum()).translate(_ALIKE)
    return plain if len(plain) == LENGTH and set(plain) <= set(ALPHABET) else None


def _code() -> str:
    plain = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    return "-".join(plain[i : i + GROUP] for i in range(0, LENGTH, GROUP))


def _place(person_id: str) -> str:
    return f"recovery:draft:{person_id}"
