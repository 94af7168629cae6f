"""What becomes of a request of CIBA: how its person comes to it, and what is answered."""

from idp.audit import Event
from idp.messages import links
from idp.messages.links import Purpose
from idp.oidc.ciba import pinging
from idp.oidc.clients.client import Client
from idp.oidc.elsewhere.answering import Answers
from idp.store import people
from idp.store.db import Work
from idp.store.oidc import ciba_requests
from idp.store.oidc.ciba_requests import DISOWNED, CibaRow


class Answering(Answers[CibaRow]):
    """What the page of the question needs of the installation. Threads share one."""

    requests = ciba_requests.REQUESTS
    allowed = Event.CIBA_ALLOWED
    denied = Event.CIBA_DENIED

    def code_digest(self, row: CibaRow) -> str:
        return row.code_digest

    def answered(self, work: Work, row: CibaRow, client: Client) -> None:
        """Let the application be told, with the commit, that it may ask now."""
        if row.notify is not None:
            pinging.leave(work, row)

    def disown(self, work: Work, row: CibaRow) -> bool:
        """Answer no for a person who did not start it: the application is not heard for a day."""
        return self.deny(
            work, row, "the person said: this was not me", row.person_id, answer=DISOWNED
        )


def by_link(work: Work, token: str) -> CibaRow | None:
    """Return the request that a link in a message leads to; None when it leads nowhere."""
    link = links.read(work, token, Purpose.ANSWER)
    person = people.by_id(work, link.person_id) if link is not None else None
    if link is None or person is None or not links.reaches(link, person):
        return None
    row = ciba_requests.by_id(work, str(link.data.get("request")))
    return row if row is not None and row.person_id == person.id else None
