"""What restoring means across what happens in sign-ins, and what people change themselves."""

from collections.abc import Mapping

from idp.audit import Event
from idp.backup import deeds
from idp.backup.decisions.decision import (
    COUNTED,
    OVER,
    RECORD,
    Decision,
    Deed,
    at,
    name,
    nothing,
)
from idp.backup.trail import Happened

_VOID_PASSWORD = Deed(
    deeds.void_password,
    lambda h: f"the password of {h.who} was changed at {at(h)}: the earlier one opens nothing",
    after=lambda h: (
        f"{h.who} chooses a new password by `Forgot your password?`, if the address is confirmed,"
        f" or: acrux user set-password {name(h)} --password-stdin"
    ),
)

_DROP_CODES = Deed(
    deeds.drop_codes,
    lambda h: f"the recovery codes of {h.who} from before {at(h)} are dead",
    after=lambda h: f"{h.who} makes new recovery codes on the account page",
)


def _added_way(happened: Happened) -> str:
    method = deeds.method_of(happened)
    return f"{happened.who} set up {method} at {at(happened)}, and has to set it up again"


ABOUT_SIGNING_IN: Mapping[Event, Decision] = {
    # -- signing in
    Event.SIGN_IN_FINISHED: nothing(OVER),
    Event.SIGN_IN_REFUSED: nothing(RECORD),
    Event.SIGN_IN_CANCELLED: nothing(RECORD),
    Event.SIGN_IN_ABANDONED: nothing(RECORD),
    Event.FACTOR_PROVED: Decision(
        "steps of apps are raised and sent codes end; a recovery code would work again",
        Deed(
            deeds.drop_codes,
            lambda h: f"{h.who} used a recovery code at {at(h)}: all of them are dead",
            when=lambda h: deeds.method_of(h) == "recovery",
            after=_DROP_CODES.after,
        ),
        by_hand="recovery codes that were used work again: acrux user reset-factor NAME recovery",
    ),
    Event.FACTOR_REJECTED: nothing(COUNTED),
    Event.FACTOR_HELD: nothing(COUNTED),
    Event.CODE_SENT: nothing(OVER),
    Event.CODE_HELD: nothing(COUNTED),
    Event.CODE_DELIVERED: nothing(RECORD),
    Event.CODE_UNDELIVERED: nothing(RECORD),
    Event.DEVICE_NEW: nothing("remembered browsers are forgotten"),
    Event.SESSION_ENDED: nothing(OVER),
    Event.ACCESS_ENDED: nothing(OVER),
    Event.HELP_ASKED: nothing(RECORD),
    Event.PASSKEY_OFFERED: nothing("it may be offered once more"),
    Event.SET_UP_READ: nothing(RECORD),
    Event.SIGN_IN_DENIED: nothing(
        "the sign-in is over; what else it ended or took back is in events of its own"
    ),
    # -- what people have and change
    Event.FACTOR_ADDED: Decision(
        "it is not in the backup; of a method that one has once, the earlier one was replaced",
        Deed(
            deeds.remove_replaced,
            lambda h: f"the {deeds.method_of(h)} of {h.who} from before {at(h)} is removed",
        ),
        _added_way,
        "ways to sign in that were replaced work again: acrux user reset-factor NAME METHOD",
    ),
    Event.FACTOR_REMOVED: Decision(
        "it would work again",
        Deed(
            deeds.remove_factor,
            lambda h: f"the {deeds.method_of(h)} that {h.who} lost at {at(h)} is removed",
        ),
        by_hand="ways to sign in that were removed work again: acrux user reset-factor NAME METHOD",
    ),
    Event.FACTOR_RENAMED: nothing("it has its earlier name"),
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
            lambda h: f"a new password of {h.who} is demanded, as since {at(h)}",
        ),
        by_hand="a password that was demanded is demanded no more: acrux user demand-password NAME",
    ),
    Event.RESET_ASKED: nothing(OVER),
    Event.LINK_REFUSED: nothing(RECORD),
    Event.TICKET_USED: nothing("links and tickets end with a restore"),
    Event.CHANGE_HELD: nothing(RECORD),
    Event.CHANGE_ASKED: nothing("changes that wait end with a restore, and are asked for again"),
    Event.CHANGE_STOPPED: nothing("changes that wait end with a restore"),
    Event.ADDRESS_CONFIRMED: nothing("the address is confirmed again at the next need"),
    Event.ADDRESS_CHANGED: Decision(
        "mail would go to a mailbox that was left",
        Deed(
            deeds.doubt_address,
            lambda h: (
                f"the address of {h.who} was changed at {at(h)}: the earlier one is back,"
                " and counts as not confirmed"
            ),
        ),
        lambda h: f"acrux user set-email {name(h)} ADDRESS (now {h.data.get('new') or 'none'})",
        "addresses that were changed are back: acrux user set-email NAME ADDRESS",
    ),
    Event.NUMBER_CHANGED: Decision(
        "codes would go to a number that was left",
        Deed(
            deeds.doubt_number,
            lambda h: f"the number of {h.who} was changed at {at(h)}: no code goes to the earlier",
        ),
        lambda h: f"acrux user set-phone {name(h)} NUMBER (now {h.data.get('new') or 'none'})",
        "numbers that were changed are back: acrux user set-phone NAME NUMBER",
    ),
    Event.PROFILE_CHANGED: nothing("a name or a language is as it was"),
    Event.CONSENT_WITHDRAWN: Decision(
        "the application would not ask again",
        Deed(
            deeds.withdraw_consent,
            lambda h: f"{h.who} withdrew the consent for {h.client} at {at(h)}",
        ),
        by_hand="consents that were withdrawn are back: people withdraw them on the account page",
    ),
    Event.CONSENT_GIVEN: nothing("it is asked for again"),
    Event.CONSENT_DENIED: nothing(RECORD),
}
