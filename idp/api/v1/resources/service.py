"""`/keys`, `/messages`, `/settings`, `/events`, `/sign-ins`: the service, and what happened."""

from dataclasses import asdict

from idp import clock
from idp.api.v1 import taken, told, told_beside
from idp.api.v1.problems import Problem
from idp.api.v1.routes import Asked, Page, Reply, Route, page_of
from idp.operating import trail
from idp.operating.keys import SigningKeys
from idp.operating.outbox import Outbox, Unsent
from idp.operating.settings_shown import SettingsShown
from idp.operating.trail import SignIn, SignInsWanted, Trail
from idp.store.audit.sign_ins import LAST
from idp.store.events import Filter


def _keys(asked: Asked) -> Reply:
    found = asked.can.keys.everything(asked.work, asked.actor)
    return Reply({"items": [one.described() for one in found]})


def _rotate(asked: Asked) -> Reply:
    body = asked.body
    made = asked.can.keys.rotate(asked.work, asked.actor, body.alg, at_once=body.now)
    told = [{"kid": k.kid, "alg": k.alg, "active_at": clock.iso(k.active_at)} for k in made]
    return Reply({"items": told})


def _withdraw(asked: Asked) -> Reply:
    compromised = asked.query.compromised
    kid = asked.value("kid")
    gone = asked.can.keys.withdraw(asked.work, asked.actor, kid, compromised=compromised)
    return Reply({"id": gone.kid})


def _messages(asked: Asked) -> Page:
    query = asked.query
    found = asked.can.outbox.page(asked.work, asked.actor, query.cursor, query.limit)
    return page_of(found, query.limit, Unsent.described, "id")


def _again(asked: Asked) -> Reply:
    found = asked.can.outbox.try_again(asked.work, asked.actor, asked.value("message"))
    return Reply(found.described())


def _settings(asked: Asked) -> Reply:
    found = asked.can.settings.everything(asked.work, asked.actor)
    return Reply({"items": [asdict(one) for one in found]})


def _events(asked: Asked) -> Page:
    query = asked.query
    if query.cursor and not (query.cursor.isdecimal() and len(query.cursor) < 16):
        raise Problem(422, "invalid", "the cursor is none that was given")
    wanted = Filter(
        person=query.person,
        client=query.client,
        kind=query.event,
        outcome=query.outcome,
        before_id=int(query.cursor) if query.cursor else None,
    )
    found = asked.can.trail.page(asked.work, asked.actor, wanted, query.limit)
    return page_of(found, query.limit, trail.described, "id")


def _sign_ins(asked: Asked) -> Page:
    query, before = asked.query, None
    if query.cursor:
        at, _, seq = query.cursor.partition(".")
        if not (at.isdecimal() and seq.isdecimal() and len(query.cursor) < 40):
            raise Problem(422, "invalid", "the cursor is none that was given")
        before = (int(at), int(seq))
        if max(before) > LAST:
            raise Problem(422, "invalid", "the cursor is none that was given")
    wanted = SignInsWanted(query.client, query.person, query.acr, query.amr, before, query.limit)
    found = asked.can.trail.sign_ins(asked.work, asked.actor, wanted)
    return page_of(found, query.limit, SignIn.described, "after")


ROUTES = (
    Route(
        *("GET", "/keys", SigningKeys.everything, _keys, "List the keys that sign tokens"),
        told.Keys,
        name="listKeys",
    ),
    Route(
        *("POST", "/keys", SigningKeys.rotate, _rotate, "Make new keys"),
        told.MadeKeys,
        taken.KeyRotation,
        status=201,
        name="rotateKeys",
    ),
    Route(
        *("DELETE", "/keys/{kid}", SigningKeys.withdraw, _withdraw, "Publish a key no longer"),
        told.Gone,
        query=taken.Withdrawal,
        name="withdrawKey",
    ),
    Route(
        *("GET", "/messages", Outbox.page, _messages, "List what waits to be sent, or failed"),
        told.Message,
        query=taken.Part,
        name="listMessages",
    ),
    Route(
        *("POST", "/messages/{message}/retry", Outbox.try_again, _again),
        "Try a message again at once",
        told.Message,
        name="retryMessage",
    ),
    Route(
        *("GET", "/settings", SettingsShown.everything, _settings),
        "See the settings in force in the process that answers, and where each comes from",
        told_beside.Settings,
        name="listSettings",
    ),
    Route(
        *("GET", "/events", Trail.page, _events, "Ask what happened, newest first"),
        told.HappenedEvent,
        query=taken.EventsAsked,
        name="listEvents",
    ),
    Route(
        *("GET", "/sign-ins", Trail.sign_ins, _sign_ins, "Ask who signed in, newest first"),
        told.SignIn,
        query=taken.SignInsAsked,
        name="listSignIns",
    ),
)
