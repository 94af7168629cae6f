"""Passkeys as they are kept: sealed in their rows, found by the id that the device gave them.

Owns what is stored of a passkey, its counter, and whether a person may have one more. It never
verifies an answer: that is `webauthn`.
"""

import json
from typing import Any

from idp.authenticators.base import Rejected
from idp.authenticators.passkeys.passkey_providers import provider_name
from idp.crypto import Keyring, random_token
from idp.language import _
from idp.store import credentials
from idp.store.credentials import CredentialRow
from idp.store.db import Work

METHOD = "webauthn"
MAX_KEYS = 20
"""Passkeys that one person may have."""


class KeptPasskeys:
    """The passkeys of one installation."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def open(self, row: CredentialRow) -> dict[str, Any]:
        """Return what is known of a passkey: its id and key, and what was seen of its device."""
        found: dict[str, Any] = json.loads(self._keyring.open(row.secret, row.place))
        return found

    def ids(self, work: Work, person_id: str) -> list[str]:
        """Return the ids of a person's passkeys, base64url."""
        return [self.open(row)["id"] for row in credentials.of(work, person_id, METHOD)]

    def find(self, work: Work, person_id: str, name: str) -> CredentialRow | None:
        """Return the person's own passkey of this id; never another's."""
        rows = credentials.of(work, person_id, METHOD)
        return next((row for row in rows if self.open(row)["id"] == name), None)

    def count(self, work: Work, row: CredentialRow, counter: int) -> bool:
        """Accept a counter that grew, or one that stands at nought for good (synced passkeys)."""
        if counter:
            return credentials.claim_step(work, row.id, counter)
        return row.last_step == 0 and credentials.mark_used(work, row.id)

    def refused(self, work: Work, person_id: str, name: str) -> Rejected | None:
        """Return why the person, who is locked, cannot have the passkey of this id too."""
        ids = self.ids(work, person_id)
        if name in ids:
            return Rejected("set up already", _("This passkey is set up already."))
        if len(ids) >= MAX_KEYS:
            return Rejected(
                "too many passkeys",
                _(
                    "You have as many passkeys as an account can have. Remove one, then add this"
                    " one."
                ),
            )
        return None

    def add(self, work: Work, person_id: str, known: dict[str, Any], counter: int) -> str | None:
        """Keep a passkey; None when another person has one of this id (section 7.1, step 27)."""
        self._name_earlier(work)
        credential_id = random_token(16)
        stored = credentials.add(
            work,
            credential_id=credential_id,
            person_id=person_id,
            method=METHOD,
            label=provider_name(known["aaguid"]),
            secret=self._keyring.seal(json.dumps(known).encode(), credentials.place(credential_id)),
            last_step=counter,
            used=True,
            outside=self._outside(known["id"]),
        )
        return credential_id if stored else None

    def _outside(self, name: str) -> str:
        return self._keyring.keyed_digest("passkey", name)

    def _name_earlier(self, work: Work) -> None:
        """Note what passkeys are called that were added before that was noted: once for each."""
        for row in credentials.without_outside(work, METHOD):
            credentials.note_outside(work, row.id, self._outside(self.open(row)["id"]))
