"""Checkpoints by mail: the newest one, now and then, through the outbox."""

from functools import partial

from idp import clock
from idp.messages import Post
from idp.settings.anchor_places import AnchorPlace
from idp.store.db import Work
from idp.store.ledger import anchors
from idp.store.ledger.log import CheckpointRow

KIND = "ledger-checkpoint"
_LIFETIME = 3 * 86_400
"""Seconds after which a mail that no server took is given up: a later one says more."""


class Letters:
    """The mails of one installation."""

    def __init__(self, post: Post, every: int) -> None:
        """`every`: seconds between two mails to one address."""
        self._post, self._every = post, every
        post.watch(KIND, _note)

    def write(self, work: Work, place: AnchorPlace, newest: CheckpointRow, claimed: int) -> None:
        """Put the newest checkpoint into the outbox, for the place that was claimed."""
        text, _, signed = newest.note.partition("\n\n")
        message = self._post.enqueue(
            work,
            channel="mail",
            kind=KIND,
            to=place.to,
            values={
                "origin": text.split("\n")[0],
                "size": newest.size,
                "text": text.split("\n"),
                "signed": signed.splitlines(),
            },
            lifetime=_LIFETIME,
        )
        due_at = clock.now() + self._every
        anchors.posted(work, place.name, claimed, message, newest.size, due_at)


def _note(work: Work, message: str, state: str, reason: str) -> None:
    outcome = anchors.mail_sent if state == "sent" else partial(anchors.mail_failed, problem=reason)
    outcome(work, message)
