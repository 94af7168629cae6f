"""The names of all events, and which of them are of anybody, or decide what tokens are worth."""

from enum import StrEnum


class Event(StrEnum):
    """subject:thing:action. A name, once used, keeps its meaning."""

    SIGN_IN_FINISHED = "person:sign-in:finished"
    SIGN_IN_REFUSED = "person:sign-in:refused"
    SIGN_IN_CANCELLED = "person:sign-in:cancelled"
    SIGN_IN_ABANDONED = "person:sign-in:abandoned"
    FACTOR_PROVED = "person:factor:proved"
    FACTOR_REJECTED = "person:factor:rejected"
    FACTOR_HELD = "person:factor:held-back"
    FACTOR_ADDED = "person:factor:added"
    RECOVERY_CODES_MADE = "person:recovery-codes:made"
    FACTOR_RENAMED = "person:factor:renamed"
    FACTOR_REMOVED = "person:factor:removed"
    PASSWORD_CHANGED = "person:password:changed"  # noqa: S105 - the name of an event
    PASSWORD_DEMANDED = "person:password:demanded"  # noqa: S105
    RESET_ASKED = "person:password-reset:asked"
    LINK_REFUSED = "person:link:refused"
    TICKET_USED = "person:enrolment-ticket:used"
    CHANGE_HELD = "person:change:held-back"
    CHANGE_ASKED = "person:change:asked"
    CHANGE_STOPPED = "person:change:stopped"
    SIGN_IN_DENIED = "person:sign-in:denied"
    DEVICE_NEW = "person:device:new"
    ADDRESS_CONFIRMED = "person:address:confirmed"
    ADDRESS_CHANGED = "person:address:changed"
    NUMBER_CHANGED = "person:number:changed"
    PROFILE_CHANGED = "person:profile:changed"
    CODE_SENT = "person:code:sent"
    CODE_HELD = "person:code:held-back"
    CODE_DELIVERED = "person:code:delivered"
    CODE_UNDELIVERED = "person:code:undelivered"
    LOOK_CHANGED = "operator:look:changed"
    WORDING_CHANGED = "operator:wording:changed"
    MESSAGE_RETRIED = "operator:message:retried"
    ACTION_REFUSED = "operator:action:refused"
    MESSAGES_ALARM = "installation:messages:alarm"
    HELP_ASKED = "person:help:asked"
    PASSKEY_OFFERED = "person:passkey:offered"
    SET_UP_READ = "person:set-up:read"
    STAGE_ANNOUNCED = "person:stage:announced"
    STAGE_POSTPONED = "person:stage:postponed"
    CONSENT_WITHDRAWN = "person:consent:withdrawn"
    ACCESS_ENDED = "person:access:ended"
    CONSENT_GIVEN = "person:consent:given"
    CONSENT_DENIED = "person:consent:denied"
    SESSION_ENDED = "person:session:ended"
    PERSON_ADDED = "operator:person:added"
    PERSON_INVITED = "operator:person:invited"
    CONFIRMATION_SENT = "operator:confirmation:sent"
    TICKET_SENT = "operator:enrolment-ticket:sent"
    PERSON_CHANGED = "operator:person:changed"
    PERSON_DELETED = "operator:person:deleted"
    PERSON_DISABLED = "operator:person:disabled"
    PERSON_ENABLED = "operator:person:enabled"
    IMPORT_BEGUN = "operator:import:begun"
    IMPORT_ENDED = "operator:import:ended"
    THROTTLE_RELEASED = "operator:throttle:released"
    GROUP_ADDED = "operator:group:added"
    GROUP_CHANGED = "operator:group:changed"
    API_ADDED = "operator:api:added"
    API_CHANGED = "operator:api:changed"
    API_DELETED = "operator:api:deleted"
    KIND_RENAMED = "operator:kind:renamed"
    GROUP_DELETED = "operator:group:deleted"
    PASSWORD_SET = "operator:password:set"  # noqa: S105 - the name of an event
    CODE_ISSUED = "client:code:issued"
    DEVICE_ALLOWED = "client:device:allowed"
    DEVICE_DENIED = "client:device:denied"
    CIBA_ASKED = "client:ciba:asked"
    CIBA_HELD = "client:ciba:held-back"
    CIBA_ALLOWED = "client:ciba:allowed"
    CIBA_DENIED = "client:ciba:denied"
    PING_DELIVERED = "client:ping:delivered"
    PING_FAILED = "client:ping:failed"
    DEVICE_CODE_REFUSED = "person:device-code:refused"
    DEVICE_CODE_HELD = "person:device-code:held-back"
    TOKEN_ISSUED = "client:token:issued"  # noqa: S105
    TOKEN_REFRESHED = "client:token:refreshed"  # noqa: S105
    TOKEN_REFUSED = "client:token:refused"  # noqa: S105
    TOKEN_REUSED = "client:token:reused"  # noqa: S105
    TOKEN_REVOKED = "client:token:revoked"  # noqa: S105
    TOKEN_EXCHANGED = "client:token:exchanged"  # noqa: S105
    OWN_TOKEN_ISSUED = "client:own-token:issued"  # noqa: S105
    OWN_TOKEN_REVOKED = "client:own-token:revoked"  # noqa: S105
    REQUEST_REFUSED = "client:request:refused"
    FORWARD_REFUSED = "client:forward:refused"
    LOGOUT_DELIVERED = "client:logout:delivered"
    LOGOUT_FAILED = "client:logout:failed"
    SIGNALS_ADDED = "client:signals:added"
    SIGNALS_CHANGED = "client:signals:changed"
    SIGNALS_STOPPED = "client:signals:stopped"
    SIGNALS_DELETED = "client:signals:deleted"
    SIGNAL_REFUSED = "client:signal:refused"
    SIGNAL_SUBJECT = "client:signal-subject:changed"
    CLIENT_HELD = "client:authentication:held-back"
    REGISTRATION_ADDED = "client:registration:added"
    REGISTRATION_CHANGED = "client:registration:changed"
    REGISTRATION_DELETED = "client:registration:deleted"
    REGISTRATION_REFUSED = "client:registration:refused"
    INITIAL_TOKEN_ADDED = "operator:initial-token:added"  # noqa: S105
    CLIENT_ADDED = "operator:client:added"
    CLIENT_CHANGED = "operator:client:changed"
    CLIENT_DELETED = "operator:client:deleted"
    CLIENT_SECRET_ROTATED = "operator:client-secret:rotated"  # noqa: S105
    KEY_ADDED = "operator:key:added"
    KEY_WITHDRAWN = "operator:key:withdrawn"
    LEDGER_KEY_ADDED = "installation:ledger-key:added"
    STAGE_ADDED = "operator:stage:added"
    STAGE_MOVED = "operator:stage:moved"
    STAGE_CHANGED = "operator:stage:changed"
    STAGE_STOPPED = "operator:stage:stopped"
    STAGE_RESUMED = "operator:stage:resumed"
    STAGE_EXCEPTED = "operator:stage-exception:given"
    STAGE_EXCEPTION_ENDED = "operator:stage-exception:ended"
    STAGE_REMOVED = "operator:stage:removed"
    PROFILE_ASKED = "operator:shared-profile:asked"
    PROFILE_KEPT = "operator:shared-profile:kept"
    PROFILE_SPLIT = "operator:shared-profile:split"
    PROFILE_WARNED = "person:shared-profile:warned"
    STAGE_WORDS_CHANGED = "operator:stage-words:changed"
    STAGE_NOTICES_QUEUED = "system:stage-notices:queued"
    STAGE_NOTICES_BOUNCED = "operator:stage-notices:bounced"
    AUDIT_EXPORTED = "operator:audit:exported"
    STREAM_REPLAYED = "operator:stream:replayed"
    AUDIT_VIEWED = "operator:audit:viewed"
    AUDIT_QUESTION_SAVED = "operator:audit-question:saved"
    AUDIT_QUESTION_REMOVED = "operator:audit-question:removed"
    BACKUP_MADE = "operator:backup:made"
    DATA_EXPORTED = "operator:data:exported"
    RESTORE_DONE = "operator:restore:done"
    CANARY_ALARM = "installation:canary:alarm"
    LEDGER_CONTRADICTED = "installation:ledger:contradicted"
    ROW_REFUSED = "installation:row:refused"
    ROW_TRUSTED = "operator:row:trusted"
    ROW_REMOVED = "operator:row:removed"
    EVENTS_PRUNED = "installation:events:pruned"


AUTHORIZATION = "authorization"
"""What an event of tokens names as its endpoint where that is not the token endpoint."""


class Outcome(StrEnum):
    """How it ended: done, or refused by what is demanded, by a wrong answer or by the person."""

    DONE = "done"
    REFUSED = "refused"


ANYBODYS = frozenset(
    {
        Event.REQUEST_REFUSED,
        Event.TOKEN_REFUSED,
        Event.CLIENT_HELD,
        Event.REGISTRATION_REFUSED,
        Event.LINK_REFUSED,
        Event.DEVICE_CODE_REFUSED,
        Event.DEVICE_CODE_HELD,
        Event.CIBA_HELD,
        Event.FACTOR_HELD,
        Event.RESET_ASKED,
        Event.ROW_REFUSED,
        Event.ACTION_REFUSED,
    }
)
"""Whose refusals nothing bounds: they need no account, a program makes them all day, or they
are the very answer of a bound."""
NAMELESS = frozenset(
    {
        Event.SIGN_IN_REFUSED,
        Event.SIGN_IN_CANCELLED,
        Event.FACTOR_REJECTED,
        Event.DEVICE_DENIED,
    }
)
"""Whose refusals need no account as long as no person is known."""
DECIDING = frozenset(
    {
        Event.FACTOR_ADDED,
        Event.FACTOR_REMOVED,
        Event.RECOVERY_CODES_MADE,
        Event.PASSWORD_CHANGED,
        Event.PASSWORD_SET,
        Event.TICKET_SENT,
        Event.TICKET_USED,
        Event.ADDRESS_CHANGED,
        Event.NUMBER_CHANGED,
        Event.PERSON_CHANGED,
        Event.PERSON_DELETED,
        Event.API_ADDED,
        Event.API_CHANGED,
        Event.API_DELETED,
        Event.KIND_RENAMED,
        Event.REGISTRATION_ADDED,
        Event.REGISTRATION_CHANGED,
        Event.REGISTRATION_DELETED,
        Event.CLIENT_ADDED,
        Event.CLIENT_CHANGED,
        Event.CLIENT_DELETED,
        Event.CLIENT_SECRET_ROTATED,
        Event.KEY_ADDED,
        Event.KEY_WITHDRAWN,
        Event.LEDGER_KEY_ADDED,
        Event.STAGE_ADDED,
        Event.STAGE_MOVED,
        Event.STAGE_CHANGED,
        Event.STAGE_STOPPED,
        Event.STAGE_RESUMED,
        Event.STAGE_EXCEPTED,
        Event.STAGE_EXCEPTION_ENDED,
        Event.STAGE_REMOVED,
        Event.RESTORE_DONE,
        Event.ROW_TRUSTED,
        Event.ROW_REMOVED,
        Event.EVENTS_PRUNED,
    }
)
"""What changes who can prove what, or what is demanded of whom; and what the trail may lack."""
