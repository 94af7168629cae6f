"""What happened on a day, as the events that a real sign-in would have left."""

from collections.abc import Iterable

from idp.audit import Event
from idp.authenticators.codes import ELSEWHERE
from idp.policy.profile_day import Happening, What
from idp.store import events
from idp.store.db import Work

AS_EVENTS = {
    What.SIGNED_IN: (Event.SIGN_IN_FINISHED, "done", "every proof that was asked for is there"),
    What.SIGNED_OUT: (Event.SESSION_ENDED, "done", "signed out"),
    What.SET_UP: (Event.FACTOR_ADDED, "done", "totp"),
    What.ELSEWHERE: (Event.FACTOR_REJECTED, "refused", f"sms: {ELSEWHERE}"),
    What.DENIED: (Event.SIGN_IN_DENIED, "refused", "a notice"),
}
EMPTY = dict.fromkeys(
    ("client_id", "interaction_id", "requested", "acr", "amr", "auth_time", "data")
)


def put(work: Work, person_id: str, happenings: Iterable[Happening]) -> None:
    """Write the events of one person; a network is an address of ours or a name for one."""
    for each in happenings:
        kind, outcome, reason = AS_EVENTS[each.what]
        events.add(
            work,
            **EMPTY,
            at=each.at,
            kind=kind.value,
            outcome=outcome,
            person_id=person_id,
            sid=each.browser or None,
            source=address(each.network) if each.network else None,
            reason=reason,
        )


def address(network: str) -> str:
    """Return an address in a network that is called by a name: the same for the same name."""
    number = sum(ord(letter) * 31**at for at, letter in enumerate(network)) % 2**16
    return f"10.{number // 256}.{number % 256}.7"
