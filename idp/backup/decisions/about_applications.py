"""What restoring means across what happens with applications and signing keys."""

import shlex
from collections.abc import Mapping

from idp.audit import Event
from idp.backup import deeds_of_applications as applications
from idp.backup.decisions.decision import (
    COUNTED,
    OVER,
    RECORD,
    Decision,
    Deed,
    at,
    client,
    nothing,
)
from idp.backup.trail import Happened

_VOID_SECRET = Deed(
    applications.void_secret,
    lambda h: f"the secret of {h.client} was replaced at {at(h)}: the earlier one is refused",
    after=lambda h: f"{h.client} needs a secret: acrux client rotate-secret {client(h)}",
)

_DELETE_CLIENT = Deed(
    applications.delete_client, lambda h: f"the application {h.client} was deleted at {at(h)}"
)
_STREAM = Decision(
    "its stream of signals is as it was",
    tells=lambda h: (
        f"the stream of signals of {h.client} was changed at {at(h)}: acrux client stream list;"
        " whoever runs it has to look"
    ),
    by_hand="streams of signals are as they were: acrux client stream list",
)


def _key_made(happened: Happened) -> str:
    alg = shlex.quote(str(happened.data.get("alg")))
    return "" if applications.at_once(happened) else f"acrux keys rotate --alg {alg}"


def _api(happened: Happened) -> str:
    return shlex.quote(str(happened.data.get("api")))


def _changed_client(happened: Happened) -> str:
    words = " ".join(shlex.quote(str(one)) for one in happened.data.get("changed") or [])
    return f"acrux client set {client(happened)} {words}" if words else ""


ABOUT_APPLICATIONS: Mapping[Event, Decision] = {
    # -- applications
    Event.CODE_ISSUED: nothing(OVER),
    Event.DEVICE_ALLOWED: nothing(OVER),
    Event.DEVICE_DENIED: nothing(OVER),
    Event.DEVICE_CODE_REFUSED: nothing(COUNTED),
    Event.DEVICE_CODE_HELD: nothing(COUNTED),
    Event.CIBA_ASKED: nothing(OVER),
    Event.CIBA_HELD: nothing(RECORD),
    Event.CIBA_ALLOWED: nothing(OVER),
    Event.CIBA_DENIED: nothing(OVER),
    Event.PING_DELIVERED: nothing(RECORD),
    Event.PING_FAILED: nothing(RECORD),
    Event.TOKEN_ISSUED: nothing(OVER),
    Event.TOKEN_REFRESHED: nothing(OVER),
    Event.TOKEN_REFUSED: nothing(RECORD),
    Event.TOKEN_REUSED: nothing(OVER),
    Event.TOKEN_REVOKED: nothing(OVER),
    Event.TOKEN_EXCHANGED: nothing(OVER),
    Event.OWN_TOKEN_ISSUED: nothing(OVER),
    Event.OWN_TOKEN_REVOKED: nothing(OVER),
    Event.REQUEST_REFUSED: nothing(RECORD),
    Event.FORWARD_REFUSED: nothing(RECORD),
    Event.LOGOUT_DELIVERED: nothing(RECORD),
    Event.LOGOUT_FAILED: nothing(RECORD),
    Event.SIGNALS_ADDED: _STREAM,
    Event.SIGNALS_CHANGED: _STREAM,
    Event.SIGNALS_STOPPED: nothing("it is stopped again where its receiver is still away"),
    Event.SIGNALS_DELETED: _STREAM,
    Event.SIGNAL_REFUSED: nothing(RECORD),
    Event.SIGNAL_SUBJECT: _STREAM,
    Event.CLIENT_HELD: nothing(COUNTED),
    Event.REGISTRATION_ADDED: Decision(
        "the application is not in the backup",
        tells=lambda h: f"{h.client} registered itself at {at(h)}, and has to do it again",
        by_hand="applications that registered themselves are not there: they do it again",
    ),
    Event.REGISTRATION_CHANGED: Decision(
        "what it registered before, addresses and perhaps a secret, is in force again",
        tells=lambda h: (
            f"acrux client show {client(h)}: it changed its registration at {at(h)};"
            f" acrux client delete {client(h)} lets it register again"
        ),
        by_hand="registrations are as they were: acrux client list, acrux client show ID",
    ),
    Event.REGISTRATION_DELETED: Decision("the application would be back", _DELETE_CLIENT),
    Event.REGISTRATION_REFUSED: nothing(RECORD),
    Event.INITIAL_TOKEN_ADDED: Decision(
        "tokens for registering end with a restore",
        tells=lambda h: "acrux client initial-token, if one is still wanted",
    ),
    Event.CLIENT_ADDED: Decision(
        "the application is not in the backup",
        tells=lambda h: (
            f"{h.client} was added at {at(h)}: acrux client add"
            f" {shlex.quote(str(h.data.get('name') or h.client))} --redirect-uri URI"
        ),
        by_hand="applications that were added are not there: acrux client add NAME"
        " --redirect-uri URI",
    ),
    Event.CLIENT_CHANGED: Decision(
        "it is registered as it was; another way to authenticate meant another secret",
        Deed(
            applications.void_secret,
            _VOID_SECRET.says,
            when=applications.changes_secret,
            after=_VOID_SECRET.after,
        ),
        _changed_client,
        "applications are registered as they were: acrux client show ID, acrux client set ID",
    ),
    Event.CLIENT_DELETED: Decision(
        "the application would be back",
        _DELETE_CLIENT,
        by_hand="applications that were deleted are back: acrux client delete ID",
    ),
    Event.API_ADDED: Decision(
        "the API is not in the backup",
        tells=lambda h: f"an API was added at {at(h)}: acrux api add {_api(h)} AUDIENCE @FILE",
        by_hand="APIs that were added are not there: acrux api add ID AUDIENCE @FILE",
    ),
    Event.API_CHANGED: Decision(
        "its scopes and types of details are as they were",
        tells=lambda h: f"an API was changed at {at(h)}: acrux api set {_api(h)} @FILE",
        by_hand="APIs are as they were: acrux api show ID, acrux api set ID @FILE",
    ),
    Event.API_DELETED: Decision(
        "the API is back, and no application has anything of it",
        tells=lambda h: f"an API was deleted at {at(h)}: acrux api delete {_api(h)}",
        by_hand="APIs that were deleted are back: acrux api delete ID",
    ),
    Event.CLIENT_SECRET_ROTATED: Decision(
        "the earlier secret would be accepted",
        _VOID_SECRET,
        by_hand="secrets of applications that were replaced work again: acrux client rotate-secret"
        " ID",
    ),
    # -- keys
    Event.KEY_ADDED: Decision(
        "it is lost, and what it signed is verified by no one",
        Deed(
            applications.retire_keys,
            lambda h: (
                f"keys for {h.data.get('alg')} were replaced at once at {at(h)}: those of"
                " the backup sign no more, and a new one does"
            ),
            when=applications.at_once,
        ),
        _key_made,
        "keys that were made are lost: acrux keys rotate",
    ),
    Event.LEDGER_KEY_ADDED: nothing("the next seal makes one where there is none"),
    Event.KEY_WITHDRAWN: Decision(
        "it would be published, and might sign",
        Deed(
            applications.withdraw_key,
            lambda h: f"the key {h.data.get('kid')} was withdrawn at {at(h)}",
        ),
        by_hand="signing keys that were withdrawn are published, and may sign: acrux keys rotate"
        " --now, then acrux keys withdraw KID --compromised",
    ),
}
