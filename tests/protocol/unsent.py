"""Messages of the outbox that were not sent: one waits for another try, one is given up."""

from collections.abc import Iterator
from contextlib import contextmanager

from idp import clock
from idp.store.messages import outbox
from tests.support.site import Site

LATE, FAILED = "a", "b"
"""The ids of the two."""


@contextmanager
def unsent(site: Site) -> Iterator[None]:
    """Have both inside. They are taken back at the end: nobody sends what opens nowhere."""
    with site.work() as work:
        for name in (LATE, FAILED):
            outbox.add(
                work,
                name,
                channel="mail",
                kind="notice",
                sealed=b"sealed",
                lifetime=3600,
                destination="somewhere",
            )
            row = outbox.lease(work, name, 30)
            assert row
            if name == LATE:
                outbox.mark_late(work, row, clock.now() + 900, "no answer <b>")
            else:
                outbox.mark_failed(work, row, "no such mailbox")
    yield
    with site.work() as work:
        outbox.withdraw(work, "somewhere")
