"""The parts of one running installation: built once by `app.install`, handed to who needs them."""

from dataclasses import dataclass

from idp.abandoned import Unfinished
from idp.contact_proof import ContactProof
from idp.contacts import Contacts
from idp.crypto import Keyring
from idp.enrolment import Enrolment
from idp.factors import Credentials
from idp.forgotten import Forgotten
from idp.notify import Post
from idp.passwords import Passwords
from idp.repudiation import Repudiation
from idp.settings import Settings
from idp.signin import SignIn
from idp.store.connections import Engine
from idp.support import Helpdesk
from idp.tickets import Tickets
from idp.waiting import LostWays


@dataclass(frozen=True)
class Installation:
    """Everything that outlives a request."""

    settings: Settings
    keyring: Keyring
    engine: Engine
    post: Post
    signin: SignIn
    enrolment: Enrolment
    passwords: Passwords
    forgotten: Forgotten
    contacts: Contacts
    contact_proof: ContactProof
    repudiation: Repudiation
    credentials: Credentials
    lost_ways: LostWays
    tickets: Tickets
    helpdesk: Helpdesk
    unfinished: Unfinished
