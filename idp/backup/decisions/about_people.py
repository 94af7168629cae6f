"""What restoring means across what operators do with people."""

import shlex
from collections.abc import Mapping

from idp.audit import Event
from idp.backup import deeds
from idp.backup.decisions.decision import (
    COUNTED,
    RECORD,
    Decision,
    Deed,
    at,
    name,
    nothing,
)
from idp.backup.trail import Happened


def _given(happened: Happened) -> str:
    """Say what a change of a profile gave, which is for the operator to give again."""
    after, before = happened.data.get("after") or {}, happened.data.get("before") or {}
    words = []
    for what in ("type", "groups", "roles"):
        new, old = after.get(what), before.get(what)
        if new is None or new == old:
            continue
        if isinstance(new, list):
            if set(new) - set(old or ()):
                words.append(f"{what}={shlex.quote(','.join(map(str, new)))}")
        else:
            words.append(f"{what}={shlex.quote(str(new))}")
    return f"acrux user set {name(happened)} {' '.join(words)}" if words else ""


ABOUT_PEOPLE: Mapping[Event, Decision] = {
    # -- people, by operators
    Event.PERSON_ADDED: Decision(
        "the person is not in the backup",
        tells=lambda h: f"{h.who} was added at {at(h)}: acrux user add {name(h)} --email ADDRESS",
        by_hand="people who were added are not there: acrux user add NAME --email ADDRESS --invite",
    ),
    Event.PERSON_INVITED: Decision(
        "invitations end with a restore", tells=lambda h: f"acrux user invite {name(h)}"
    ),
    Event.CONFIRMATION_SENT: nothing("links end with a restore; a new one is sent"),
    Event.TICKET_SENT: nothing("tickets end with a restore; a new one is asked for"),
    Event.PERSON_CHANGED: Decision(
        "roles and groups that were taken would be back",
        Deed(
            deeds.take_roles,
            lambda h: (
                f"roles and groups that {h.who} lost at {at(h)} are taken again: "
                + ", ".join(sorted(deeds.taken(h, "roles") | deeds.taken(h, "groups")))
            ),
            when=lambda h: bool(deeds.taken(h, "roles") | deeds.taken(h, "groups")),
        ),
        _given,
        "roles, groups and user types are as they were: acrux user list, acrux user set NAME"
        " roles=ROLE",
    ),
    Event.PERSON_DELETED: Decision(
        "the account would be back",
        Deed(deeds.delete_person, lambda h: f"{h.who} was deleted at {at(h)}"),
        by_hand="people who were deleted are back: acrux user delete NAME",
    ),
    Event.PERSON_DISABLED: Decision(
        "the account would be on",
        Deed(deeds.disable, lambda h: f"{h.who} was switched off at {at(h)}"),
        by_hand="people who were switched off are on: acrux user disable NAME",
    ),
    Event.PERSON_ENABLED: Decision(
        "the account is as it was",
        tells=lambda h: f"acrux user enable {name(h)}, if it is off: it was switched on at {at(h)}",
    ),
    Event.IMPORT_BEGUN: nothing(RECORD),
    Event.IMPORT_ENDED: nothing(RECORD),
    Event.THROTTLE_RELEASED: nothing(COUNTED),
    Event.KIND_RENAMED: Decision(
        "people have the user type or group of before, and stages name it so",
        tells=lambda h: f"acrux user rename-type or rename-group, as at {at(h)}: {h.reason}",
    ),
    Event.GROUP_ADDED: nothing("a directory adds it again when it looks"),
    Event.GROUP_CHANGED: nothing("a directory renames it again when it looks"),
    Event.GROUP_DELETED: nothing("who was taken out of it is so again; a directory deletes it"),
}
