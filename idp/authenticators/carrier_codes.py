"""Codes that the carrier makes, sends and checks (`sms.service = verify`), each used once here.

No code of ours exists. What the carrier says of one counts only for the verification that this very
sign-in began for this person and purpose, only for the number that the person still has, and only
for anyone who uses the challenge up: the same conditional UPDATE as for codes of our own.
"""

from typing import Any

from idp import clock, crypto, moments
from idp.authenticators.base import Kind, Rejected, clean_code
from idp.authenticators.codes import DIGITS, WRONG, Codes, Judged
from idp.language import Text, _
from idp.messages import Post
from idp.messages.carriers.transport import CheckError, Verdict
from idp.settings.values import Settings
from idp.store.db import Work
from idp.store.messages import verifications
from idp.store.people import PersonRow, contacts
from idp.store.signin import challenges

AWAY = _("We could not check the code just now. Try again in a moment.")
OVER = _("That code does not work any more. Send a new code.")
KEPT = 600
"""Seconds for which the carrier holds a number for one verification."""
WORN = _("That code was tried too often. Send a new code.")


def texted_codes(
    settings: Settings,
    keyring: crypto.Keyring,
    post: Post,
    purpose: str,
    *,
    wished: bool = False,
) -> Codes:
    """Return the codes of one purpose that go out by text message, made by whom the settings say.

    Where the carrier makes them they are `CarrierCodes`.
    """
    sms = settings.sms
    kind = CarrierCodes if sms.service == "verify" else Codes
    return kind(post, keyring, purpose, "sms", sms.code_lifetime, sms.per_hour, sms, wished)


class CarrierCodes(Codes):
    """One purpose of codes that the carrier makes, such as signing in by text message."""

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
        digest = self._number(to)
        outbox_id = self.post.enqueue_verification(
            work,
            channel=channel,
            kind=kind,
            to=to,
            own=verifications.own(work, interaction, self.purpose, digest),
            foreign=verifications.foreign(work, interaction, self.purpose, digest),
            lifetime=self.lifetime,
        )
        return outbox_id, digest

    def judge(
        self, work: Work, interaction: str, person: PersonRow, to: str, typed: str
    ) -> Judged | Rejected:
        """Have a code checked: a network call of up to `sms.twilio_timeout` seconds."""
        digest = self._number(to)
        sent = verifications.newest(work, interaction, person.id, self.purpose, digest)
        if sent is None:
            return Rejected("no verification is under way for this number", WRONG)
        work.release()
        try:
            code = clean_code(typed, DIGITS) or ""
            verdict = self.post.checker.check(sent.reference, to, code)
        except CheckError as error:
            return Rejected(f"not checked: {error}", AWAY, Kind.UNCHECKED)
        if verdict is not Verdict.RIGHT:
            return self._wrong(work, interaction, verdict)
        return Judged(digest, sent.outbox_id, sent.channel)

    def claim(
        self, work: Work, interaction: str, person: PersonRow, to: str, judged: Judged
    ) -> str | Rejected:
        if not self.wished and not contacts.hold_phone(work, person.id, to):
            return Rejected("the number was changed meanwhile", WRONG)
        digest, outbox_id = judged.digest, judged.outbox_id
        if challenges.claim(work, interaction, self.purpose, digest, outbox_id):
            return judged.channel
        return Rejected("used by another answer", WRONG)

    def _refused(
        self, work: Work, interaction: str, person: PersonRow, to: str, channel: str
    ) -> Rejected | None:
        refused = super()._refused(work, interaction, person, to, channel)
        if refused is not None or not self.wished:
            return refused
        # One verification a number: a mere wish must not call off someone's sign-in.
        if verifications.of_others(work, person.id, self._number(to)):
            return Rejected("somebody else's verification is under way", _busy())
        return None

    def _wrong(self, work: Work, interaction: str, verdict: Verdict) -> Rejected:
        if verdict is Verdict.WORN:
            # The carrier would go on with it for a while: the next message begins another one.
            challenges.spend(work, interaction, self.purpose)
            return Rejected("code tried too often, not checked", WORN, Kind.UNCHECKED)
        if verdict is Verdict.OVER:
            return Rejected("expired or used code", OVER)
        return Rejected("wrong code", WRONG)

    def _number(self, to: str) -> str:
        """Return the digest of a challenge: of a number, which no digest of a typed code equals."""
        return self.keyring.keyed_digest("verified-number", to)


def _busy() -> Text:
    now = clock.now()
    return _(
        "We cannot send a code to this number just now. You can try again at %(time)s.",
        time=moments.later(now + KEPT, now),
    )
