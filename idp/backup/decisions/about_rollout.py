"""What restoring means across what happens with stages and shared profiles."""

from collections.abc import Mapping

from idp.audit import Event
from idp.backup import deeds
from idp.backup.decisions.decision import (
    RECORD,
    Decision,
    Deed,
    at,
    name,
    nothing,
    stage,
)

ABOUT_ROLLOUT: Mapping[Event, Decision] = {
    # -- the rollout
    Event.STAGE_ANNOUNCED: nothing("it may be announced once more"),
    Event.STAGE_POSTPONED: nothing("a sign-in that went on without is not counted"),
    Event.STAGE_ADDED: Decision(
        "the stage is not in the backup",
        tells=lambda h: f"the stage {stage(h)} was added at {at(h)} ({h.reason}): acrux stage add",
        by_hand="stages are as they were: acrux stage list, acrux stage set ID",
    ),
    Event.STAGE_MOVED: Decision(
        "the stage has its earlier date",
        tells=lambda h: f"acrux stage move {stage(h)}: {h.reason}",
    ),
    Event.STAGE_CHANGED: Decision(
        "the stage is as it was", tells=lambda h: f"acrux stage set {stage(h)}: {h.reason}"
    ),
    Event.STAGE_STOPPED: Decision(
        "the stage holds", tells=lambda h: f"acrux stage stop {stage(h)}, as at {at(h)}"
    ),
    Event.STAGE_RESUMED: Decision(
        "the stage is stopped", tells=lambda h: f"acrux stage resume {stage(h)}, as at {at(h)}"
    ),
    Event.STAGE_EXCEPTED: Decision(
        "the person is held to the stage",
        tells=lambda h: f"acrux stage except {name(h)} {stage(h)}, as at {at(h)}",
        by_hand="exceptions are as they were: acrux stage show ID",
    ),
    Event.STAGE_EXCEPTION_ENDED: Decision(
        "the person would be let off",
        Deed(
            deeds.end_exception,
            lambda h: f"the exception of {h.who} from {h.data.get('stage')} was ended at {at(h)}",
        ),
    ),
    Event.STAGE_REMOVED: Decision(
        "the stage is back", tells=lambda h: f"acrux stage remove {stage(h)}, as at {at(h)}"
    ),
    Event.STAGE_WORDS_CHANGED: Decision(
        "its mails say what they said",
        tells=lambda h: f"acrux stage mail {stage(h)}: {h.reason}",
    ),
    Event.STAGE_NOTICES_QUEUED: Decision(
        "mails that were sent since are due again",
        tells=lambda h: (
            f"acrux stage stop {stage(h)} before the service starts, if its mails of"
            f" {at(h)} are not to go out again"
        ),
        by_hand="mails ahead of a date go out again: acrux stage stop ID before the service starts",
    ),
    Event.STAGE_NOTICES_BOUNCED: nothing("what comes back again is noted again"),
    # -- shared profiles
    Event.PROFILE_ASKED: nothing("it is asked again"),
    Event.PROFILE_KEPT: Decision(
        "the profile is suspected again", tells=lambda h: f"acrux profiles keep {name(h)}"
    ),
    Event.PROFILE_SPLIT: Decision(
        "the profile is one again", tells=lambda h: f"acrux profiles split {name(h)}"
    ),
    Event.PROFILE_WARNED: nothing(RECORD),
}
