"""The parts of one running installation: built once by `app.install`, handed to who needs them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from idp.anchors.following import Anchors
from idp.audit.counting import Counting
from idp.crypto import Keyring
from idp.ledger.sealing import Sealer
from idp.ledger.writing import Ledger
from idp.messages import Post
from idp.people.contacts import Contacts
from idp.people.contacts.contact_proof import ContactProof
from idp.people.denial import Denial
from idp.people.factors.credentials import Credentials
from idp.people.factors.enrolment import Enrolment
from idp.people.factors.first_proof import FirstProof
from idp.people.factors.lost_ways import LostWays
from idp.people.factors.tickets import Tickets
from idp.people.helpdesk import Helpdesk
from idp.people.intake.carrying_out import Intake
from idp.people.leaving import Leaving
from idp.people.passwords.forgotten import Forgotten
from idp.people.passwords.links import PasswordLinks
from idp.people.passwords.renewal import Passwords
from idp.rollout.adoption import Adoption
from idp.rollout.forecast import Forecast
from idp.rollout.mails.notices import Notices
from idp.rollout.shared.signs import SharedSigns
from idp.rollout.shared.split import SharedSplit
from idp.rollout.stages import Stages
from idp.rollout.upkeep import Upkeep
from idp.settings.values import Settings
from idp.signin.sign_in import SignIn
from idp.signin.unfinished import Unfinished
from idp.store.db.connections import Engine

Part = TypeVar("Part")


@dataclass(frozen=True)
class Installation:
    """Everything that outlives a request."""

    settings: Settings
    keyring: Keyring
    engine: Engine
    post: Post
    ledger: Ledger
    sealer: Sealer
    counting: Counting
    anchors: Anchors
    signin: SignIn
    enrolment: Enrolment
    first_proof: FirstProof
    passwords: Passwords
    password_links: PasswordLinks
    forgotten: Forgotten
    contacts: Contacts
    contact_proof: ContactProof
    denial: Denial
    credentials: Credentials
    intake: Intake
    leaving: Leaving
    lost_ways: LostWays
    tickets: Tickets
    helpdesk: Helpdesk
    unfinished: Unfinished
    shared_signs: SharedSigns
    shared_split: SharedSplit
    stages: Stages
    forecast: Forecast
    notices: Notices
    upkeep: Upkeep
    adoption: Adoption
    _kept: dict[type, Any] = field(default_factory=dict, init=False, compare=False)

    def only(self, kind: type[Part], make: Callable[[], Part]) -> Part:
        """Return what a room above has of this type for it: the same for everyone who asks."""
        if kind not in self._kept:
            # Of two that are made at once, the first to be kept is everyone's.
            self._kept.setdefault(kind, make())
        found: Part = self._kept[kind]
        return found
