"""What restoring across each event means: it does not matter, is done again, or is told.

One line for each event that there is, and a test demands it. `by_hand` is for anyone who has no
trail: what may have happened since the backup, and the command that mends it.
"""

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from idp import clock
from idp.audit import Event
from idp.backup import deeds
from idp.backup import deeds_of_applications as applications
from idp.backup.deeds import Place
from idp.backup.trail import Happened

Said = Callable[[Happened], str]


@dataclass(frozen=True)
class Deed:
    """Something that is done again: `does` does it, `says` what that is."""

    does: Callable[[Place, Happened], bool]
    says: Said
    when: Callable[[Happened], bool] = lambda _: True
    after: Said | None = None
    """What the operator has to do then."""


@dataclass(frozen=True)
class Decision:
    """What restoring across an event means, and why."""

    why: str
    deed: Deed | None = None
    tells: Said | None = None
    """What only the operator can do, with the command. "" for nothing."""
    by_hand: str = ""


def _nothing(why: str) -> Decision:
    return Decision(why)


def _name(happened: Happened) -> str:
    return shlex.quote(happened.who)


def _client(happened: Happened) -> str:
    return shlex.quote(str(happened.client))


def _stage(happened: Happened) -> str:
    return shlex.quote(str(happened.data.get("stage")))


_OVER = "sessions, tokens, codes and sign-ins under way end with a restore"
_RECORD = "it is a record of what happened, and changes nothing"
_COUNTED = "guesses are counted anew from where the backup stands"

_VOID_PASSWORD = Deed(
    deeds.void_password,
    lambda h: f"the password of {h.who} was changed at {_at(h)}: the earlier one opens nothing",
    after=lambda h: (
        f"{h.who} chooses a new password by `Forgot your password?`, if the address is confirmed,"
        f" or: acrux user set-password {_name(h)} --password-stdin"
    ),
)
_VOID_SECRET = Deed(
    applications.void_secret,
    lambda h: f"the secret of {h.client} was replaced at {_at(h)}: the earlier one is refused",
    after=lambda h: f"{h.client} needs a secret: acrux client rotate-secret {_client(h)}",
)
_DROP_CODES = Deed(
    deeds.drop_codes,
    lambda h: f"the recovery codes of {h.who} from before {_at(h)} are dead",
    after=lambda h: f"{h.who} makes new recovery codes on the account page",
)
_DELETE_CLIENT = Deed(
    applications.delete_client, lambda h: f"the application {h.client} was deleted at {_at(h)}"
)


def _at(happened: Happened) -> str:
    return clock.iso(happened.at)


def _added_way(happened: Happened) -> str:
    method = deeds.method_of(happened)
    return f"{happened.who} set up {method} at {_at(happened)}, and has to set it up again"


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
    return f"acrux user set {_name(happened)} {' '.join(words)}" if words else ""


def _key_made(happened: Happened) -> str:
    alg = happened.data.get("alg")
    return "" if applications.at_once(happened) else f"acrux keys rotate --alg {alg}"


def _changed_client(happened: Happened) -> str:
    words = " ".join(shlex.quote(str(one)) for one in happened.data.get("changed") or [])
    return f"acrux client set {_client(happened)} {words}" if words else ""


DECISIONS: Mapping[Event, Decision] = {
    # -- signing in
    Event.SIGN_IN_FINISHED: _nothing(_OVER),
    Event.SIGN_IN_REFUSED: _nothing(_RECORD),
    Event.SIGN_IN_CANCELLED: _nothing(_RECORD),
    Event.SIGN_IN_ABANDONED: _nothing(_RECORD),
    Event.FACTOR_PROVED: Decision(
        "steps of apps are raised and sent codes end; a recovery code would work again",
        Deed(
            deeds.drop_codes,
            lambda h: f"{h.who} used a recovery code at {_at(h)}: all of them are dead",
            when=lambda h: deeds.method_of(h) == "recovery",
            after=_DROP_CODES.after,
        ),
        by_hand="recovery codes that were used work again: acrux user reset-factor NAME recovery",
    ),
    Event.FACTOR_REJECTED: _nothing(_COUNTED),
    Event.FACTOR_HELD: _nothing(_COUNTED),
    Event.CODE_SENT: _nothing(_OVER),
    Event.CODE_HELD: _nothing(_COUNTED),
    Event.CODE_DELIVERED: _nothing(_RECORD),
    Event.CODE_UNDELIVERED: _nothing(_RECORD),
    Event.DEVICE_NEW: _nothing("remembered browsers are forgotten"),
    Event.SESSION_ENDED: _nothing(_OVER),
    Event.ACCESS_ENDED: _nothing(_OVER),
    Event.HELP_ASKED: _nothing(_RECORD),
    Event.PASSKEY_OFFERED: _nothing("it may be offered once more"),
    Event.SET_UP_READ: _nothing(_RECORD),
    Event.SIGN_IN_DENIED: _nothing(
        "the sign-in is over; what else it ended or took back is in events of its own"
    ),
    # -- what people have and change
    Event.FACTOR_ADDED: Decision(
        "it is not in the backup; of a method that one has once, the earlier one was replaced",
        Deed(
            deeds.remove_replaced,
            lambda h: f"the {deeds.method_of(h)} of {h.who} from before {_at(h)} is removed",
        ),
        _added_way,
        "ways to sign in that were replaced work again: acrux user reset-factor NAME METHOD",
    ),
    Event.FACTOR_REMOVED: Decision(
        "it would work again",
        Deed(
            deeds.remove_factor,
            lambda h: f"the {deeds.method_of(h)} that {h.who} lost at {_at(h)} is removed",
        ),
        by_hand="ways to sign in that were removed work again: acrux user reset-factor NAME METHOD",
    ),
    Event.FACTOR_RENAMED: _nothing("it has its earlier name"),
    Event.RECOVERY_CODES_MADE: Decision("the earlier codes would work again", _DROP_CODES),
    Event.PASSWORD_CHANGED: Decision(
        "the earlier password would work again",
        _VOID_PASSWORD,
        by_hand="passwords of then work again: acrux user reset-factor NAME password, then"
        " acrux user invite NAME",
    ),
    Event.PASSWORD_SET: Decision("the earlier password would work again", _VOID_PASSWORD),
    Event.PASSWORD_DEMANDED: Decision(
        "a password that someone else may know would do",
        Deed(
            deeds.demand_password,
            lambda h: f"a new password of {h.who} is demanded, as since {_at(h)}",
        ),
        by_hand="a password that was demanded is demanded no more: acrux user demand-password NAME",
    ),
    Event.RESET_ASKED: _nothing(_OVER),
    Event.LINK_REFUSED: _nothing(_RECORD),
    Event.TICKET_USED: _nothing("links and tickets end with a restore"),
    Event.CHANGE_HELD: _nothing(_RECORD),
    Event.CHANGE_ASKED: _nothing("changes that wait end with a restore, and are asked for again"),
    Event.CHANGE_STOPPED: _nothing("changes that wait end with a restore"),
    Event.ADDRESS_CONFIRMED: _nothing("the address is confirmed again at the next need"),
    Event.ADDRESS_CHANGED: Decision(
        "mail would go to a mailbox that was left",
        Deed(
            deeds.doubt_address,
            lambda h: (
                f"the address of {h.who} was changed at {_at(h)}: the earlier one is back,"
                " and counts as not confirmed"
            ),
        ),
        lambda h: f"acrux user set-email {_name(h)} ADDRESS (now {h.data.get('new') or 'none'})",
        "addresses that were changed are back: acrux user set-email NAME ADDRESS",
    ),
    Event.NUMBER_CHANGED: Decision(
        "codes would go to a number that was left",
        Deed(
            deeds.doubt_number,
            lambda h: f"the number of {h.who} was changed at {_at(h)}: no code goes to the earlier",
        ),
        lambda h: f"acrux user set-phone {_name(h)} NUMBER (now {h.data.get('new') or 'none'})",
        "numbers that were changed are back: acrux user set-phone NAME NUMBER",
    ),
    Event.PROFILE_CHANGED: _nothing("a name or a language is as it was"),
    Event.CONSENT_WITHDRAWN: Decision(
        "the application would not ask again",
        Deed(
            deeds.withdraw_consent,
            lambda h: f"{h.who} withdrew the consent for {h.client} at {_at(h)}",
        ),
        by_hand="consents that were withdrawn are back: people withdraw them on the account page",
    ),
    Event.CONSENT_GIVEN: _nothing("it is asked for again"),
    Event.CONSENT_DENIED: _nothing(_RECORD),
    # -- people, by operators
    Event.PERSON_ADDED: Decision(
        "the person is not in the backup",
        tells=lambda h: f"{h.who} was added at {_at(h)}: acrux user add {_name(h)} --email ADDRESS",
        by_hand="people who were added are not there: acrux user add NAME --email ADDRESS --invite",
    ),
    Event.PERSON_INVITED: Decision(
        "invitations end with a restore", tells=lambda h: f"acrux user invite {_name(h)}"
    ),
    Event.TICKET_SENT: _nothing("tickets end with a restore; a new one is asked for"),
    Event.PERSON_CHANGED: Decision(
        "roles and groups that were taken would be back",
        Deed(
            deeds.take_roles,
            lambda h: (
                f"roles and groups that {h.who} lost at {_at(h)} are taken again: "
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
        Deed(deeds.delete_person, lambda h: f"{h.who} was deleted at {_at(h)}"),
        by_hand="people who were deleted are back: acrux user delete NAME",
    ),
    Event.PERSON_DISABLED: Decision(
        "the account would be on",
        Deed(deeds.disable, lambda h: f"{h.who} was switched off at {_at(h)}"),
        by_hand="people who were switched off are on: acrux user disable NAME",
    ),
    Event.PERSON_ENABLED: Decision(
        "the account is as it was",
        tells=lambda h: (
            f"acrux user enable {_name(h)}, if it is off: it was switched on at {_at(h)}"
        ),
    ),
    Event.THROTTLE_RELEASED: _nothing(_COUNTED),
    # -- applications
    Event.CODE_ISSUED: _nothing(_OVER),
    Event.TOKEN_ISSUED: _nothing(_OVER),
    Event.TOKEN_REFRESHED: _nothing(_OVER),
    Event.TOKEN_REFUSED: _nothing(_RECORD),
    Event.TOKEN_REUSED: _nothing(_OVER),
    Event.TOKEN_REVOKED: _nothing(_OVER),
    Event.OWN_TOKEN_ISSUED: _nothing(_OVER),
    Event.OWN_TOKEN_REVOKED: _nothing(_OVER),
    Event.REQUEST_REFUSED: _nothing(_RECORD),
    Event.LOGOUT_DELIVERED: _nothing(_RECORD),
    Event.LOGOUT_FAILED: _nothing(_RECORD),
    Event.CLIENT_HELD: _nothing(_COUNTED),
    Event.REGISTRATION_ADDED: Decision(
        "the application is not in the backup",
        tells=lambda h: f"{h.client} registered itself at {_at(h)}, and has to do it again",
        by_hand="applications that registered themselves are not there: they do it again",
    ),
    Event.REGISTRATION_CHANGED: Decision(
        "what it registered before, addresses and perhaps a secret, is in force again",
        tells=lambda h: (
            f"acrux client show {_client(h)}: it changed its registration at {_at(h)};"
            f" acrux client delete {_client(h)} lets it register again"
        ),
        by_hand="registrations are as they were: acrux client list, acrux client show ID",
    ),
    Event.REGISTRATION_DELETED: Decision("the application would be back", _DELETE_CLIENT),
    Event.REGISTRATION_REFUSED: _nothing(_RECORD),
    Event.INITIAL_TOKEN_ADDED: Decision(
        "tokens for registering end with a restore",
        tells=lambda h: "acrux client initial-token, if one is still wanted",
    ),
    Event.CLIENT_ADDED: Decision(
        "the application is not in the backup",
        tells=lambda h: (
            f"{h.client} was added at {_at(h)}: acrux client add"
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
                f"keys for {h.data.get('alg')} were replaced at once at {_at(h)}: those of"
                " the backup sign no more, and a new one does"
            ),
            when=applications.at_once,
        ),
        _key_made,
        "keys that were made are lost: acrux keys rotate",
    ),
    Event.KEY_WITHDRAWN: Decision(
        "it would be published, and might sign",
        Deed(
            applications.withdraw_key,
            lambda h: f"the key {h.data.get('kid')} was withdrawn at {_at(h)}",
        ),
        by_hand="signing keys that were withdrawn are published, and may sign: acrux keys rotate"
        " --now, then acrux keys withdraw KID --compromised",
    ),
    # -- the rollout
    Event.STAGE_ANNOUNCED: _nothing("it may be announced once more"),
    Event.STAGE_POSTPONED: _nothing("a sign-in that went on without is not counted"),
    Event.STAGE_ADDED: Decision(
        "the stage is not in the backup",
        tells=lambda h: (
            f"the stage {_stage(h)} was added at {_at(h)} ({h.reason}): acrux stage add"
        ),
        by_hand="stages are as they were: acrux stage list, acrux stage set ID",
    ),
    Event.STAGE_MOVED: Decision(
        "the stage has its earlier date",
        tells=lambda h: f"acrux stage move {_stage(h)}: {h.reason}",
    ),
    Event.STAGE_CHANGED: Decision(
        "the stage is as it was", tells=lambda h: f"acrux stage set {_stage(h)}: {h.reason}"
    ),
    Event.STAGE_STOPPED: Decision(
        "the stage holds", tells=lambda h: f"acrux stage stop {_stage(h)}, as at {_at(h)}"
    ),
    Event.STAGE_RESUMED: Decision(
        "the stage is stopped", tells=lambda h: f"acrux stage resume {_stage(h)}, as at {_at(h)}"
    ),
    Event.STAGE_EXCEPTED: Decision(
        "the person is held to the stage",
        tells=lambda h: f"acrux stage except {_name(h)} {_stage(h)}, as at {_at(h)}",
        by_hand="exceptions are as they were: acrux stage show ID",
    ),
    Event.STAGE_EXCEPTION_ENDED: Decision(
        "the person would be let off",
        Deed(
            deeds.end_exception,
            lambda h: f"the exception of {h.who} from {h.data.get('stage')} was ended at {_at(h)}",
        ),
    ),
    Event.STAGE_REMOVED: Decision(
        "the stage is back", tells=lambda h: f"acrux stage remove {_stage(h)}, as at {_at(h)}"
    ),
    Event.STAGE_WORDS_CHANGED: Decision(
        "its mails say what they said",
        tells=lambda h: f"acrux stage mail {_stage(h)}: {h.reason}",
    ),
    Event.STAGE_NOTICES_QUEUED: Decision(
        "mails that were sent since are due again",
        tells=lambda h: (
            f"acrux stage stop {_stage(h)} before the service starts, if its mails of"
            f" {_at(h)} are not to go out again"
        ),
        by_hand="mails ahead of a date go out again: acrux stage stop ID before the service starts",
    ),
    Event.STAGE_NOTICES_BOUNCED: _nothing("what comes back again is noted again"),
    # -- shared profiles
    Event.PROFILE_ASKED: _nothing("it is asked again"),
    Event.PROFILE_KEPT: Decision(
        "the profile is suspected again", tells=lambda h: f"acrux profiles keep {_name(h)}"
    ),
    Event.PROFILE_SPLIT: Decision(
        "the profile is one again", tells=lambda h: f"acrux profiles split {_name(h)}"
    ),
    Event.PROFILE_WARNED: _nothing(_RECORD),
    # -- the service itself
    Event.MESSAGES_ALARM: _nothing(_RECORD),
    Event.AUDIT_EXPORTED: _nothing(_RECORD),
    Event.BACKUP_MADE: _nothing(_RECORD),
    Event.RESTORE_DONE: _nothing(_RECORD),
}

BY_HAND: tuple[str, ...] = tuple(
    dict.fromkeys(one.by_hand for one in DECISIONS.values() if one.by_hand)
)
"""What may have to be done where there is no trail."""
