"""Another address or number in a sign-in: a code goes there, and once it is back, it is in force.

The wish travels in the sign-in's Demand, for one person, and dies with it. Until the code is right
nothing changes. An address that is someone else's looks like any other: its owner is told, and no
code is ever right.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from idp import language
from idp.authenticators import identifiers
from idp.authenticators.base import Rejected
from idp.authenticators.carrier_codes import texted_codes
from idp.authenticators.codes import Codes
from idp.language import Words, _
from idp.messages import Post
from idp.messages.carriers.reports import told
from idp.people.contacts import Contacts, How
from idp.policy.reach import may_move_contact
from idp.policy.steps import Change, EnrolmentProof, Mark
from idp.signin import sessions
from idp.signin.demand import EMAIL, PHONE, Wish
from idp.signin.interaction import Interaction, Proved
from idp.signin.sign_in import SignIn
from idp.store import people
from idp.store.db import Work
from idp.store.people import PersonRow
from idp.store.signin import marks

TAKEN = "address-taken"
CALL = "call"
"""The way of sending in which the code is read out."""
BY_PERSON = "by the person, with a code"


class ContactProof:
    """The step Change of a sign-in, and what an account page must know before it begins one."""

    def __init__(self, signin: SignIn, post: Post, contacts_: Contacts) -> None:
        self._signin = signin
        self._settings = settings = signin.settings
        self._admission = signin.admission
        self._post = post
        self._contacts = contacts_
        mail, keyring = settings.mail, signin.keyring
        self.codes = {
            EMAIL: Codes(
                post,
                keyring,
                "new-address-code",
                "mail",
                mail.code_lifetime,
                mail.per_hour,
                wished=True,
            ),
            PHONE: texted_codes(settings, keyring, post, "new-number-code", wished=True),
        }
        self._reported = told(settings)

    # -- before

    def read(self, what: str, typed: str) -> Wish | Rejected:
        """Return the wish that a person typed, in its normal form."""
        if what == EMAIL:
            address = identifiers.email(typed) if typed.isprintable() else None
            if address is None:
                message = _("Type an e-mail address, such as name@example.org.")
                return Rejected("no address", message)
            return Wish(EMAIL, address)
        sms = self._settings.sms
        plain = typed.strip() if typed.isprintable() else ""
        if identifiers.phone(plain, sms.default_country, (), identifiers.ALL_TYPES) is None:
            message = _("Type a mobile number, such as 021 123 4567 or +64 21 123 4567.")
            return Rejected("no number", message)
        found = identifiers.phone(plain, sms.default_country, sms.countries, sms.number_types)
        if found is None:
            message = _("We cannot send text messages to this number. Type another mobile number.")
            return Rejected("number is barred", message)
        return Wish(PHONE, found)

    def readable(self, what: str, value: str) -> bool:
        """Return True if a code can be sent to what stands on the profile."""
        sms = self._settings.sms
        return what == EMAIL or identifiers.reachable(value, sms.countries, sms.number_types)

    def why_not(self, work: Work, person: PersonRow, wish: str, *, known: bool) -> Words | None:
        """Say why `wish` (EMAIL or PHONE) cannot be changed by the person; None when it can be.

        `known`: what stands on the profile is only to be proved.
        """
        if not self.codes[wish].available:
            if wish == EMAIL:
                return _("This site sends no e-mail at the moment, so no address can be confirmed.")
            return _("This site sends no text messages, so you cannot change your number here.")
        facts = self._signin.facts.of(work, person)
        if known or may_move_contact(facts, self._signin.rules):
            return None
        if facts.requirement.proof is EnrolmentProof.SMS:
            return _(
                "Your number was never confirmed, so we cannot check that it is you before a"
                " change."
            )
        return _(
            "Your address was never confirmed, so we cannot check that it is you before a change."
        )

    # -- in the sign-in

    def step(self, work: Work, interaction: Interaction) -> Change | None:
        """Return the step if it is the turn of a code to the new address or number."""
        step = self._signin.next_step(work, interaction)
        return step if isinstance(step, Change) and not step.confirm else None

    def page(self, work: Work, interaction: Interaction) -> dict[str, Any]:
        """Return what the page shows."""
        wish, person = _wish(interaction), _person(interaction)
        page = self.codes[wish.what].page(work, interaction.id, person)
        by_phone = wish.what == PHONE
        return {
            **page,
            "by_phone": by_phone,
            "address": wish.value,
            "reported": by_phone and self._reported,
            "can_call": by_phone and self._settings.sms.voice and page["state"] != "ready",
        }

    def send(self, work: Work, interaction: Interaction, way: str) -> str | Rejected | None:
        """Send a code to the new address or number. None: not its turn."""
        if self.step(work, interaction) is None:
            return None
        wish, person = _wish(interaction), _person(interaction)
        codes, brand = self.codes[wish.what], self._settings.brand
        values = {
            "brand": brand.name,
            "host": urlsplit(self._settings.server.issuer).hostname,
            **brand.support,
        }
        call = wish.what == PHONE and way == CALL
        if call and not codes.asked(work, interaction.id):
            return Rejected("no call before a message", _("Ask for a text message first."))
        owner = people.by_name(work, wish.value) if wish.what == EMAIL else None
        if owner is None or owner.id == person.id:
            return codes.send(work, interaction.id, person, wish.value, values, call=call)
        with language.speaking(language.first_known([owner.locale], brand.language)):
            return codes.send(work, interaction.id, person, wish.value, values, decoy=TAKEN)

    def confirm(
        self,
        work: Work,
        interaction: Interaction,
        form: Mapping[str, str],
    ) -> Proved | Rejected | None:
        """Try the code: the profile changes with the right one, once.

        None when it is done (or was not its turn); Proved when a method that rests on the number
        was proved with it.
        """
        if self.step(work, interaction) is None:
            return None
        wish, person = _wish(interaction), _person(interaction)
        codes, typed = self.codes[wish.what], form.get("code", "")
        used = self._admission.guess(
            work,
            self._admission.key(codes.purpose, person.id),
            interaction.subject(),
            lambda: self._use(work, interaction, typed),
            malformed=codes.malformed(typed),
            # The guesser of another's code chooses when to succeed.
            forgives=False,
        )
        if used is None or isinstance(used, Rejected):
            return used
        now, channel = used
        if not marks.claim(work, interaction.id, person.id, Mark.CONTACT_CONFIRMED):
            return None
        return self._change(work, now, form, channel)

    def _use(
        self, work: Work, interaction: Interaction, typed: str
    ) -> tuple[Interaction, str] | Rejected | None:
        """Use the code: the sign-in as it is now, and the channel. None: not its turn."""
        wish, person = _wish(interaction), _person(interaction)
        codes = self.codes[wish.what]
        judged = codes.judge(work, interaction.id, person, wish.value, typed)
        if isinstance(judged, Rejected):
            return judged
        # From here on one change of this person at a time, and what was true before is asked again.
        people.lock_person(work, person.id)
        now = self._anew(work, interaction)
        if now is None or now.person is None or self.step(work, now) is None:
            return None
        channel = codes.claim(work, interaction.id, person, wish.value, judged)
        return channel if isinstance(channel, Rejected) else (now, channel)

    def _anew(self, work: Work, interaction: Interaction) -> Interaction | None:
        """Return the sign-in as it is now; None when it, or the browser's session, is over."""
        session = interaction.session
        found = session and sessions.read(work, session.cookie, self._settings.session)
        if found is None or found.stale:
            return None
        return self._signin.load(work, interaction.id, found)

    def _change(
        self,
        work: Work,
        interaction: Interaction,
        form: Mapping[str, str],
        channel: str,
    ) -> Proved | Rejected | None:
        wish, person = _wish(interaction), _person(interaction)
        session = interaction.session.id if interaction.session else ""
        how = How(BY_PERSON, interaction.id, session, channel, own=True)
        if wish.what == EMAIL:
            if self._contacts.set_address(work, person, wish.value, how, verified=True):
                return None
            marks.drop(work, interaction.id, Mark.CONTACT_CONFIRMED)
            message = _("This address is already on another account. Cancel, and choose another.")
            return Rejected("address is another's", message)
        bound = self._contacts.set_number(work, person, wish.value, how, verified=True)
        result = None
        for way, verified in bound or ():
            proof = way.proof(interaction.id, verified, bootstrap=True)
            result = self._signin.proving.proved(work, interaction, person, proof, form, at="")
        return result


def _wish(interaction: Interaction) -> Wish:
    assert interaction.demand.wish is not None, "only a wish is proved"
    return interaction.demand.wish


def _person(interaction: Interaction) -> PersonRow:
    assert interaction.person is not None, "a wish follows identification"
    return interaction.person
