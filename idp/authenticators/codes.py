"""Codes that are sent: made, kept as a keyed digest bound to the interaction, used once."""

from dataclasses import dataclass, field
from typing import Any

from idp import audit, clock, crypto, language, moments
from idp.authenticators import identifiers, sending
from idp.authenticators.base import Kind, Rejected, clean_code
from idp.language import _
from idp.messages import Post, links
from idp.policy.throttling import throttle_keys
from idp.settings.sms_and_mail import Sms
from idp.store import throttles
from idp.store.db import Work
from idp.store.people import PersonRow, contacts
from idp.store.signin import challenges
from idp.store.signin.challenges import ChallengeRow

DIGITS = 6
NOT_SIX = _("Type the six digits from the message.")
WRONG = _("That code didn't match. Use the newest message, or send a new code.")
BARRED = _("Messages cannot be sent to the number on your profile.")
ELSEWHERE = "a code that was asked for in another browser"
"""Why one is rejected that is right in another sign-in of the person, at this very moment."""
VOICE = "voice"
"""The channel of codes that are read out in a call."""
VOICE_CODE = "voice-code"


@dataclass(frozen=True)
class Judged:
    """The challenge that a typed code answers, if there is one: its digest, and its message."""

    digest: str
    outbox_id: str = ""
    channel: str = ""
    typed: str = field(default="", repr=False)


@dataclass(frozen=True)
class Codes:
    """One purpose of sent codes, such as signing in by text message.

    `per_hour` caps messages to one destination and for one person; `sms` holds what bounds text
    messages beyond that, where the channel is theirs.
    """

    post: Post
    keyring: crypto.Keyring
    purpose: str
    channel: str
    lifetime: int
    per_hour: int
    sms: Sms | None = None
    wished: bool = False
    """They go to what is not on the profile yet."""

    @property
    def available(self) -> bool:
        """Return True if messages are sent this way at all."""
        return self.post.available(self.channel)

    def send(
        self,
        work: Work,
        interaction: str,
        person: PersonRow,
        to: str,
        values: dict[str, Any],
        *,
        call: bool = False,
        decoy: str | None = None,
    ) -> str | Rejected:
        """Queue a new code; return the outbox id. Earlier ones end with it; the throttle is kept.

        `call`: it is read out by telephone. `decoy` is the kind of a message that goes in the place
        of a code: for the page, and for every limit, one was sent, and none is ever right.
        """
        channel, kind = (VOICE, VOICE_CODE) if call else (self.channel, decoy or self.purpose)
        refused = self._refused(work, interaction, person, to, channel)
        if refused is not None:
            return refused
        wish = language.first_known([None if decoy else person.locale], language.spoken())
        queue = self._queue_decoy if decoy else self._queue
        with language.speaking(language.read_out(wish) if call else wish):
            outbox_id, digest = queue(work, interaction, person, to, values, channel, kind)
        challenges.add(
            work,
            interaction_id=interaction,
            purpose=self.purpose,
            digest=digest,
            channel=channel,
            outbox_id=outbox_id,
            lifetime=self.lifetime,
        )
        sent = audit.Event.CODE_SENT
        audit.record(work, sent, person=person.id, interaction=interaction, reason=kind)
        return outbox_id

    def _queue(
        self,
        work: Work,
        interaction: str,
        person: PersonRow,
        to: str,
        values: dict[str, Any],
        channel: str,
        kind: str,
    ) -> tuple[str, str]:
        """Put the message into the outbox; return its id and the digest that its answer has."""
        # Of several messages only the newest is worth anything.
        challenges.spend(work, interaction, self.purpose)
        code = crypto.random_code(DIGITS)
        content = self._content(work, interaction, person, to, code, channel == VOICE)
        outbox_id = self.post.enqueue(
            work,
            channel=channel,
            kind=kind,
            to=to,
            values=values | content,
            lifetime=self.lifetime,
        )
        return outbox_id, self._digest(interaction, person, to, code)

    def _queue_decoy(
        self,
        work: Work,
        interaction: str,
        person: PersonRow,
        to: str,
        values: dict[str, Any],
        channel: str,
        kind: str,
    ) -> tuple[str, str]:
        outbox_id = self.post.enqueue(
            work, channel=channel, kind=kind, to=to, values=values, lifetime=self.lifetime
        )
        return outbox_id, crypto.random_token()

    def _refused(
        self, work: Work, interaction: str, person: PersonRow, to: str, channel: str
    ) -> Rejected | None:
        if not self.post.available(channel):
            return Rejected(
                "channel is off", _("Messages cannot be sent at the moment."), over=True
            )
        sms = self.sms
        if sms is not None and not identifiers.reachable(to, sms.countries, sms.number_types):
            return Rejected("number is barred", BARRED, over=True)
        destination = self.keyring.keyed_digest("destination", self.channel, to)
        wish = sending.Sending(
            self.purpose, self.channel, interaction, person.id, to, destination, self.wished
        )
        return sending.admit(work, wish, self.per_hour, sms)

    def _content(
        self, work: Work, interaction: str, person: PersonRow, to: str, code: str, call: bool
    ) -> dict[str, Any]:
        """Return the code as it is read or heard; no one can follow a link that is read out."""
        if call:
            return {"digits": ", ".join(code)}
        purpose = links.Purpose.CODE_DENIED
        # Anyone who gets a code to confirm an address need not be the person: see `denial`.
        data = {"interaction": interaction, "wished": self.wished}
        mailed = to if self.channel == "mail" and not self.wished else None
        denial = links.make(work, self.post.issuer, purpose, person.id, sent_to=mailed, data=data)
        return {"code": code, "not_me": denial}

    def asked(self, work: Work, interaction: str) -> bool:
        """Return True if a code was sent in this sign-in that may still be used."""
        return challenges.newest(work, interaction, self.purpose) is not None

    def page(self, work: Work, interaction: str, person: PersonRow) -> dict[str, Any]:
        """Return what the page shows of the newest code.

        `state` is ready, sending, sent or failed; `asked_at` when it was asked for, in words;
        `wait` the seconds until another may be; `delivered` when it arrived, in words, and
        `undelivered` that it did not, where the carrier said so; `called`: by telephone.
        """
        newest = challenges.newest(work, interaction, self.purpose)
        if newest is None:
            return {"state": "ready", "wait": 0, "called": False}
        again = throttle_keys.sent_again(self.purpose, interaction, person.id)
        tally = throttles.tally(work, again)
        at = newest.reported_at if newest.report == "delivered" else None
        return {
            "state": _state(newest),
            "asked_at": moments.hour(newest.created_at),
            "wait": max(0, tally.next_at - clock.now()),
            "delivered": None if at is None else moments.hour(at),
            "undelivered": newest.report == "failed",
            "called": newest.channel == VOICE,
        }

    def malformed(self, typed: str) -> Rejected | None:
        """Say so when what was typed cannot be a code, before it counts as a guess."""
        if clean_code(typed, DIGITS):
            return None
        return Rejected("not six digits", NOT_SIX, Kind.MALFORMED)

    def check(
        self, work: Work, interaction: str, person: PersonRow, to: str, typed: str
    ) -> Rejected | None:
        """Use a code, as `use` does: None when it was right, which it is once."""
        used = self.use(work, interaction, person, to, typed)
        return used if isinstance(used, Rejected) else None

    def use(
        self, work: Work, interaction: str, person: PersonRow, to: str, typed: str
    ) -> str | Rejected:
        """Use a code and return the channel that it was sent by; a right one is right once.

        It is right for the destination that it was sent to: one that was on its way to the old
        number when the profile got another proves nothing of the new.
        """
        judged = self.judge(work, interaction, person, to, typed)
        if isinstance(judged, Rejected):
            return judged
        return self.claim(work, interaction, person, to, judged)

    def judge(
        self, work: Work, interaction: str, person: PersonRow, to: str, typed: str
    ) -> Judged | Rejected:
        """Return which challenge a code answers; no transaction is open, and nothing is used up."""
        code = clean_code(typed, DIGITS) or ""
        return Judged(self._digest(interaction, person, to, code), typed=code)

    def claim(
        self, work: Work, interaction: str, person: PersonRow, to: str, judged: Judged
    ) -> str | Rejected:
        """Use the challenge up; return the channel that its code was sent by."""
        number = self.sms is not None and not self.wished
        if number and not contacts.hold_phone(work, person.id, to):
            return Rejected("the number was changed meanwhile", WRONG)
        digest = judged.digest
        if challenges.claim(work, interaction, self.purpose, digest):
            return challenges.channel_of(work, interaction, self.purpose, digest) or self.channel
        elsewhere = self._asked_elsewhere(work, interaction, person, to, judged.typed)
        return Rejected(ELSEWHERE if elsewhere else "wrong, used or expired code", WRONG)

    def _asked_elsewhere(
        self, work: Work, interaction: str, person: PersonRow, to: str, code: str
    ) -> bool:
        """Return True if another browser asked for this code: two may be using one account."""
        others = challenges.in_other_browsers(work, interaction, person.id, self.purpose)
        return any(self._digest(other, person, to, code) == digest for other, digest in others)

    def _digest(self, interaction: str, person: PersonRow, to: str, code: str) -> str:
        parts = (self.purpose, interaction, person.id, to, code)
        return self.keyring.keyed_digest("sent-code", *parts)


def _state(newest: ChallengeRow) -> str:
    if newest.report == "failed":
        return "failed"
    return {"due": "sending", "late": "failed"}.get(newest.state, newest.state)


def mask_phone(number: str, digits: int = 0) -> str:
    """Return an E.164 number masked as people know it, `02*******`: not even its length is told.

    With `digits`, so many of the last stay to be recognised by: `02****567`.
    """
    local = "0" + number[3:] if number.startswith("+64") else number
    first = local[: 2 if local.startswith("0") else 4]
    return first + "*" * (7 - digits) + (number[-digits:] if digits and number else "*" * digits)


def mask_email(address: str) -> str:
    """Return an e-mail address masked, `r***@example.org`."""
    name, _, domain = address.partition("@")
    return f"{name[:1]}***@{domain}"
