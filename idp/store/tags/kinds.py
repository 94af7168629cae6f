"""Which tables have tags, and what of a row decides.

What changes without deciding is not among it: when something was used, seen, revoked or retired
last. Each of these ends something, or tells of it; none gives anything.
"""

from idp.store.models.evidence import Leaf
from idp.store.models.people import Credential, Link, Person
from idp.store.models.protocol import (
    Api,
    Authorization,
    CibaRequest,
    Client,
    ClientToken,
    DeviceRequest,
    ExchangedToken,
    PushedRequest,
    SigningKey,
    Token,
)
from idp.store.models.rollout import RolloutException, RolloutStage
from idp.store.models.sign_in import Proof
from idp.store.tags import Seal

CONFINED = ("resource", "jkt")
"""What narrows a token beside its scopes: for which APIs it is, and to which key it is bound."""
DETAILED = (*CONFINED, "details")
"""The same of what a person signed in for: single acts may have been agreed to."""
PERSON = Seal(Person, ("id",), ("id", "user_type", "roles", "member_of"), person="id")
"""What somebody may do here, and which stages reach them."""
CREDENTIAL = Seal(
    Credential, ("id",), ("id", "person_id", "method", "secret", "created_at"), person="person_id"
)
PROOF = Seal(
    Proof,
    ("interaction_id", "method", "at"),
    (
        "interaction_id",
        "person_id",
        "credential_id",
        "method",
        "amr",
        "factors",
        "traits",
        "first",
        "bootstrap",
        "at",
    ),
    person="person_id",
    # The browser's session in which it was made: it counts in no other. The column is empty until
    # the sign-in is finished.
    given={
        "session": "COALESCE(session_id, (SELECT i.session_id FROM interaction i"
        " WHERE i.id = proof.interaction_id))"
    },
    lasting=False,
)
SIGNING_KEY = Seal(
    SigningKey, ("kid",), ("kid", "alg", "private", "public", "created_at", "active_at")
)
AUTHORIZATION = Seal(
    Authorization,
    ("id",),
    (
        "id",
        "code_digest",
        "code_expires_at",
        "redirect_uri",
        "code_challenge",
        "client_id",
        "person_id",
        "subject",
        "session_id",
        "sid",
        "scope",
        "claims",
        "nonce",
        "acr",
        "amr",
        "methods",
        "auth_time",
        "says_auth_time",
        "created_at",
        "basis",
        *DETAILED,
    ),
    person="person_id",
    later=DETAILED,
    lasting=False,
)
TOKEN = Seal(
    Token,
    ("digest",),
    ("digest", "kind", "authorization_id", "scope", "created_at", "expires_at", *DETAILED),
    later=DETAILED,
    lasting=False,
)
CLIENT_TOKEN = Seal(
    ClientToken,
    ("digest",),
    ("digest", "client_id", "scope", "created_at", "expires_at", *CONFINED),
    later=CONFINED,
    lasting=False,
)
PUSHED = Seal(
    PushedRequest,
    ("digest",),
    ("digest", "client_id", "parameters", "created_at", "expires_at"),
    lasting=False,
)
EXCHANGED_TOKEN = Seal(
    ExchangedToken,
    ("digest",),
    (
        "digest",
        "token_digest",
        "parent_digest",
        "client_id",
        "scope",
        "audience",
        "act",
        "created_at",
        "expires_at",
        "jkt",
    ),
    lasting=False,
)
DEVICE_REQUEST = Seal(
    DeviceRequest,
    ("id",),
    # Not what was answered: a yes is an authorization, which has a tag of its own.
    ("id", "device_digest", "user_digest", "client_id", "request", "created_at", "expires_at"),
    lasting=False,
)
CIBA_REQUEST = Seal(
    CibaRequest,
    ("id",),
    # As of a device; and not `notify`, which is sealed for this row.
    (
        "id",
        "code_digest",
        "client_id",
        "person_id",
        "request",
        "message",
        "created_at",
        "expires_at",
    ),
    person="person_id",
    lasting=False,
)
LINK = Seal(
    Link,
    ("digest",),
    # Not until when: a restore ends it, and nobody follows it without what the message says.
    ("digest", "purpose", "person_id", "data", "created_at"),
    person="person_id",
    lasting=False,
)
CLIENT = Seal(
    Client,
    ("id",),
    ("id", "name", "secret_digest", "sealed_secret", "registration_digest", "data", "created_at"),
)
API = Seal(Api, ("id",), ("id", "audience", "name", "data", "created_at"))
STAGE = Seal(
    RolloutStage,
    ("id",),
    (
        "id",
        "audience",
        "level",
        "strength",
        "enforce_at",
        "excluded",
        "announce_at",
        "zone",
        "reminders",
        "grace",
        "grace_privileged",
        "why",
        "guidance",
        "proof",
        "stopped_at",
    ),
)
EXCEPTION = Seal(
    RolloutException,
    ("stage_id", "person_id"),
    ("stage_id", "person_id", "until", "reason", "author", "created_at"),
    person="person_id",
)
LEAF = Seal(
    Leaf,
    ("jti",),
    # Once it is sealed the tree holds it; until then nothing else would show a change.
    ("jti", "at", "body"),
    lasting=False,
    read_again=False,
)
EVERY: tuple[Seal, ...] = (
    PERSON,
    CREDENTIAL,
    PROOF,
    AUTHORIZATION,
    TOKEN,
    CLIENT_TOKEN,
    EXCHANGED_TOKEN,
    DEVICE_REQUEST,
    CIBA_REQUEST,
    PUSHED,
    LINK,
    SIGNING_KEY,
    CLIENT,
    API,
    STAGE,
    EXCEPTION,
    LEAF,
)
