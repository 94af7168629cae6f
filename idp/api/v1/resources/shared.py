"""`/shared-profiles`: accounts that several people may use, and what is made of them."""

from idp import clock, moments
from idp.api.v1 import taken, told, told_beside
from idp.api.v1.routes import Asked, Reply, Route
from idp.authenticators.base import Rejected
from idp.language import english
from idp.operating.refusals import Conflict
from idp.operating.shared_profiles import SharedProfiles, described
from idp.rollout.shared.split import Personal

ONE = "/shared-profiles/{sub}"


def _list(asked: Asked) -> Reply:
    found = asked.can.shared_profiles.report(asked.work, asked.actor)
    return Reply({"items": [described(one) for one in found]})


def _one(asked: Asked) -> Reply:
    return Reply(
        described(asked.can.shared_profiles.one(asked.work, asked.actor, asked.value("sub")))
    )


def _keep(asked: Asked) -> Reply:
    person = asked.can.shared_profiles.keep(
        asked.work, asked.actor, asked.value("sub"), asked.body.reason
    )
    return Reply({"id": person.id})


def _ask(asked: Asked) -> Reply:
    person, mail = asked.can.shared_profiles.ask(asked.work, asked.actor, asked.value("sub"))
    if isinstance(mail, Rejected):
        raise Conflict(english(mail.message))
    return Reply({"sub": person.id, "message": mail})


def _split(asked: Asked) -> Reply:
    wanted = [Personal(one.username, one.email, one.name) for one in asked.body.people]
    at = moments.read(asked.body.closes, zone=asked.can.settings.zone)
    person, done = asked.can.shared_profiles.split(
        asked.work, asked.actor, asked.value("sub"), wanted, at
    )
    if isinstance(done, Rejected):
        raise Conflict(english(done.message))
    made = [{"username": username, "sub": sub} for username, sub in done.people]
    return Reply({"sub": person.id, "closes_at": clock.iso(done.closes_at), "people": made})


ROUTES = (
    Route(
        *("GET", "/shared-profiles", SharedProfiles.report, _list),
        "List accounts that several people may use, as far as the days are counted",
        told_beside.SharedProfiles,
        name="listSharedProfiles",
    ),
    Route(
        *("GET", ONE, SharedProfiles.one, _one, "See why an account looks shared"),
        told_beside.SharedProfile,
        name="getSharedProfile",
    ),
    Route(
        *("POST", f"{ONE}/keep", SharedProfiles.keep, _keep, "Say that it is one person's"),
        told.Gone,
        taken.Kept,
        name="keepSharedProfile",
    ),
    Route(
        *("POST", f"{ONE}/ask", SharedProfiles.ask, _ask, "Write to its owner"),
        told.Sent,
        name="askSharedProfile",
    ),
    Route(
        *("POST", f"{ONE}/split", SharedProfiles.split, _split),
        "Make a profile for each of its users, and let it close on a day",
        told_beside.SplitDone,
        taken.SplitWanted,
        name="splitSharedProfile",
    ),
)
