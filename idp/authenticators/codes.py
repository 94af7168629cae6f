"""Codes that are sent: made, kept as a keyed digest bound to the interaction, used once."""

from dataclasses import dataclass
from typing import Any

from idp import audit, crypto
from idp.authenticators.base import Rejected, clean_code
from idp.notify import Post
from idp.policy.throttle import Window
from idp.store import interactions, throttles
from idp.store.db import Work
from idp.store.people import PersonRow

DIGITS = 6
NOT_SIX = "Type the six digits from the message."
WRONG = "That code didn't match. Use the newest message, or send a new code."


@dataclass(frozen=True)
class Codes:
    """One purpose of sent codes, such as signing in by text message.

    `per_hour` caps messages to one destination and for one person.
    """

    post: Post
    keyring: crypto.Keyring
    purpose: str
    channel: str
    lifetime: int
    per_hour: int

    def send(
        self, work: Work, interaction: str, person: PersonRow, to: str, values: dict[str, Any]
    ) -> str | Rejected:
        """Queue a new code; return the outbox id. Earlier codes live on; the throttle is kept."""
        if not self.post.available(self.channel):
            return Rejected("channel is off", "Messages cannot be sent at the moment.")
        window = Window(self.per_hour, 3600)
        destination = self.keyring.keyed_digest("destination", self.channel, to)
        for key in (f"send:{self.purpose}:{person.id}", f"send:{self.channel}:{destination}"):
            held = throttles.count(work, key, window)
            if held is not None:
                minutes = -(-(held.wait or 3600) // 60)
                return Rejected(
                    "too many messages",
                    f"Too many messages were sent. Try again in {minutes} minutes,"
                    " or choose another way.",
                )
        code = crypto.random_code(DIGITS)
        outbox_id = self.post.enqueue(
            work,
            channel=self.channel,
            kind=self.purpose,
            to=to,
            values={**values, "code": code},
            lifetime=self.lifetime,
        )
        interactions.add_challenge(
            work,
            interaction_id=interaction,
            purpose=self.purpose,
            digest=self._digest(interaction, person.id, code),
            outbox_id=outbox_id,
            lifetime=self.lifetime,
        )
        audit.record(
            work,
            audit.Event.CODE_SENT,
            person=person.id,
            interaction=interaction,
            reason=self.purpose,
        )
        return outbox_id

    def state(self, work: Work, interaction: str) -> str:
        """Return what the page says: ready, sending, sent or failed."""
        newest = interactions.newest_challenge(work, interaction, self.purpose)
        if newest is None:
            return "ready"
        return {"due": "sending", "late": "failed"}.get(newest.state, newest.state)

    def malformed(self, typed: str) -> Rejected | None:
        """Say so when what was typed cannot be a code, before it counts as a guess."""
        return None if clean_code(typed, DIGITS) else Rejected("not six digits", NOT_SIX)

    def check(self, work: Work, interaction: str, person: PersonRow, typed: str) -> Rejected | None:
        """Use a code: None when it was right, which it is once."""
        code = clean_code(typed, DIGITS) or ""
        digest = self._digest(interaction, person.id, code)
        if interactions.claim_challenge(work, interaction, self.purpose, digest):
            return None
        return Rejected("wrong, used or expired code", WRONG)

    def _digest(self, interaction: str, person_id: str, code: str) -> str:
        return self.keyring.keyed_digest("sent-code", self.purpose, interaction, person_id, code)


def mask_phone(number: str) -> str:
    """Return an E.164 number masked as people know it, `02*******`: not even its length is told."""
    local = "0" + number[3:] if number.startswith("+64") else number
    return local[: 2 if local.startswith("0") else 4] + "*" * 7


def mask_email(address: str) -> str:
    """Return an e-mail address masked, `r***@example.org`."""
    name, _, domain = address.partition("@")
    return f"{name[:1]}***@{domain}"
