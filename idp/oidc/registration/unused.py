"""Clients that registered themselves and that no one ever let in: they go after a while.

A registration costs a stranger nothing, and stays for ever unless someone looks. Never touches a
client that an operator has looked at (vouched for, or made first-party), nor one that acts for
itself: no one lets that one in.
"""

from idp import audit
from idp.audit import Event
from idp.store.db import Work
from idp.store.oidc import clients


def remove(work: Work, unchanged_since: int) -> int:
    """Take away a batch of those last changed before `unchanged_since`; return how many.

    Commit, and call it again while it returns more than none.
    """
    removed = 0
    for client_id, name in clients.unused(work, unchanged_since):
        if clients.remove_unused(work, client_id, unchanged_since):
            audit.record(
                work, Event.REGISTRATION_DELETED, client=client_id, name=name, reason="never used"
            )
            removed += 1
    return removed
