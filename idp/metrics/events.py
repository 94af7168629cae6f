"""What an event of the audit trail counts as: one table, heard after its commit."""

import json
from collections.abc import Mapping
from typing import Any

from idp.audit import AUTHORIZATION, Event, Outcome
from idp.metrics.instruments import Bounded, Instruments
from idp.metrics.routes import OTHER
from idp.settings.values import Settings
from idp.store.canaries import MARK

SIGN_INS = {
    Event.SIGN_IN_FINISHED: "finished",
    Event.SIGN_IN_REFUSED: "refused",
    Event.SIGN_IN_CANCELLED: "cancelled",
    Event.SIGN_IN_ABANDONED: "abandoned",
}
ATTEMPTS = {
    Event.FACTOR_PROVED: "proved",
    Event.FACTOR_REJECTED: "rejected",
    Event.FACTOR_HELD: "held-back",
}
THROTTLED = {
    Event.FACTOR_HELD: "factor",
    Event.CODE_HELD: "code",
    Event.CLIENT_HELD: "client",
    Event.DEVICE_CODE_HELD: "device-code",
    Event.CIBA_HELD: "ciba",
    Event.CHANGE_HELD: "change",
}
GRANTS = {
    Event.TOKEN_REFRESHED: "refresh_token",
    Event.OWN_TOKEN_ISSUED: "client_credentials",
    Event.TOKEN_EXCHANGED: "token_exchange",
}
ISSUED = ("authorization_code", "implicit", "device_code", "ciba")
COMBINATIONS = 40
"""More combinations of methods than people use."""
_NAMED = {
    json.dumps({"grant": name})[1:-1]: kind
    for name, kind in (
        ("urn:ietf:params:oauth:grant-type:device_code", "device_code"),
        ("urn:openid:params:grant-type:ciba", "ciba"),
    )
}
_DIRECT = json.dumps({"endpoint": AUTHORIZATION})[1:-1]
METHODS = ("password", "webauthn", "totp", "sms", "recovery", "email", "ticket")


class Counting:
    """Counts events in a process's instruments. Threads share it."""

    def __init__(self, to: Instruments, settings: Settings) -> None:
        self._to = to
        self._levels = Bounded([*(level.name for level in settings.levels), *settings.aliases])
        self._amr = Bounded(room=COMBINATIONS)
        self._methods = Bounded(METHODS)
        # What never happened yet is shown, too: Prometheus sees no increase in a figure that was
        # not. To look one of them up again would take longer than to count.
        self._events = {
            (event, outcome): to.events.labels(event.value, outcome.value)
            for event in Event
            for outcome in Outcome
        }
        self._tokens = {grant: to.tokens.labels(grant) for grant in (*ISSUED, *GRANTS.values())}
        for what in THROTTLED.values():
            to.throttled.labels(what)

    def __call__(self, event: Event, outcome: Outcome, values: Mapping[str, Any]) -> None:
        """Count an event that was committed; `values` are those of its row."""
        if event is not Event.CANARY_ALARM and _of_canary(values):
            return
        to = self._to
        self._events[event, outcome].inc()
        if event in SIGN_INS:
            acr, amr = self._levels(values["acr"]), self._amr(values["amr"])
            to.sign_ins.labels(SIGN_INS[event], acr, amr).inc()
        elif event in ATTEMPTS:
            to.attempts.labels(self._method(values["reason"]), ATTEMPTS[event]).inc()
        elif event is Event.TOKEN_ISSUED:
            self._tokens[_grant(values["data"])].inc()
        elif event in GRANTS:
            self._tokens[GRANTS[event]].inc()
        if event in THROTTLED:
            to.throttled.labels(THROTTLED[event]).inc()

    def _method(self, reason: str | None) -> str:
        """Return the method that a reason begins with, such as `totp: did not match`."""
        words = (reason or "").replace(":", " ").split(maxsplit=1)
        return self._methods(words[0]) if words else OTHER


def _grant(data: str | None) -> str:
    """Return what tokens were issued for, of those that are issued anew."""
    if not data:
        return "authorization_code"
    if _DIRECT in data:
        return "implicit"
    return next((kind for said, kind in _NAMED.items() if said in data), "authorization_code")


def _of_canary(values: Mapping[str, Any]) -> bool:
    """What the canary does is no figure of the people and applications that there are."""
    return any(str(values.get(name) or "").startswith(MARK) for name in ("person_id", "client_id"))
