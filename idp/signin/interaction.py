"""How far a sign-in has come: the values passed between the use case, the pages and the tokens."""

from dataclasses import dataclass

from idp.policy.steps import NO_MARKS, Finish, Mark
from idp.policy.types import Proof
from idp.signin.admission import Subject
from idp.signin.demand import Demand
from idp.store.people import PersonRow
from idp.store.signin.interactions import InteractionRow
from idp.store.signin.sessions import SessionRow


@dataclass(frozen=True)
class Interaction:
    """A sign-in in progress, in the browser that began it. Without a row: not begun yet."""

    id: str
    session: SessionRow | None
    demand: Demand
    person: PersonRow | None
    row: InteractionRow | None = None
    proofs: tuple[Proof, ...] = ()

    @property
    def username(self) -> str:
        return self.row.username if self.row else ""

    @property
    def marks(self) -> Mark:
        """What happened in it that is no proof."""
        return self.row.marks if self.row else NO_MARKS

    def subject(self, person: PersonRow | None = None) -> Subject:
        """Return whose attempts are made in this sign-in."""
        found = person or self.person
        return Subject(self.id, found.id if found else None, self.demand.client_id)


@dataclass(frozen=True)
class Proved:
    """A step succeeded; `cookie` is the browser's new session id."""

    cookie: str


@dataclass(frozen=True)
class Authorized:
    """A finished sign-in: who, how strongly, since when. Ready to become an Authorization.

    `person` is as it was when that was decided, `epoch` included.
    """

    person: PersonRow
    session_id: str
    sid: str
    finish: Finish
