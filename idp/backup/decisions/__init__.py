"""What restoring across each event means: it does not matter, is done again, or is told.

One line for each event that there is, and a test demands it. `by_hand` is for anyone who has no
trail: what may have happened since the backup, and the command that mends it.
"""

from collections.abc import Mapping

from idp.audit import Event
from idp.backup.decisions.about_applications import ABOUT_APPLICATIONS
from idp.backup.decisions.about_people import ABOUT_PEOPLE
from idp.backup.decisions.about_rollout import ABOUT_ROLLOUT
from idp.backup.decisions.about_signing_in import ABOUT_SIGNING_IN
from idp.backup.decisions.decision import RECORD, Decision, at, nothing

DECISIONS: Mapping[Event, Decision] = {
    **ABOUT_SIGNING_IN,
    **ABOUT_PEOPLE,
    **ABOUT_APPLICATIONS,
    **ABOUT_ROLLOUT,
    # -- the service itself
    Event.MESSAGES_ALARM: nothing(RECORD),
    Event.MESSAGE_RETRIED: nothing(RECORD),
    Event.LOOK_CHANGED: Decision(
        "pages look as they did",
        tells=lambda h: f"the look was changed at {at(h)}: {h.reason} (/admin/brand/)",
    ),
    Event.WORDING_CHANGED: Decision(
        "messages say what they said",
        tells=lambda h: f"words were changed at {at(h)}: {h.reason} (/admin/brand/words)",
    ),
    Event.ACTION_REFUSED: nothing(RECORD),
    Event.ROW_REFUSED: nothing(RECORD),
    Event.CANARY_ALARM: nothing(RECORD),
    Event.LEDGER_CONTRADICTED: nothing(RECORD),
    Event.ROW_TRUSTED: nothing("the row of then is refused again, and `acrux rows check` lists it"),
    Event.ROW_REMOVED: nothing("a row that was refused then is refused again"),
    Event.EVENTS_PRUNED: nothing("events that are back are deleted again when the worker looks"),
    Event.AUDIT_EXPORTED: nothing(RECORD),
    Event.STREAM_REPLAYED: nothing(RECORD),
    Event.AUDIT_VIEWED: nothing(RECORD),
    Event.AUDIT_QUESTION_SAVED: nothing("whoever misses it keeps it again"),
    Event.AUDIT_QUESTION_REMOVED: nothing("a question that is back is removed again"),
    Event.BACKUP_MADE: nothing(RECORD),
    Event.DATA_EXPORTED: nothing(RECORD),
    Event.RESTORE_DONE: nothing(RECORD),
}

BY_HAND: tuple[str, ...] = tuple(
    dict.fromkeys(one.by_hand for one in DECISIONS.values() if one.by_hand)
)
"""What may have to be done where there is no trail."""
