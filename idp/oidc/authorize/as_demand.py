"""A checked authorization request becomes a Demand: what sign-in and answer need of it."""

from collections.abc import Mapping

from idp.oidc.apis import details
from idp.oidc.apis.api import DetailType, words_of
from idp.oidc.apis.details import Detail
from idp.oidc.apis.members import Words
from idp.oidc.authorize.carried import Carried
from idp.oidc.authorize.checks import Asked, Checked, Details, Registered
from idp.oidc.authorize.requested_claims import RequestedClaims
from idp.oidc.clients.client import Client
from idp.oidc.tokens import mapped
from idp.oidc.tokens.claims import NONE
from idp.oidc.vocabulary import front_channel
from idp.policy.types import Ask
from idp.signin.demand import Deed, Demand

RESUMES = "/authorize/resume/{id}"
"""Where a sign-in goes on that an application is answered after."""
LONGEST_HINT = 254
"""Characters of a login_hint: no user name and no address is longer."""
LANGUAGES = 10
"""As many of ui_locales are looked at."""


def as_demand(asked: Asked, found: Checked, pushed: str | None = None) -> Demand:
    """Return what `found` in the request `asked` comes to; `pushed` is what it was kept under."""
    given, client = asked.parameters, asked.client
    redirect_uri = given["redirect_uri"]
    unasked = mapped.unasked(client, found.scope) if client.claim_mapping else NONE
    return Demand(
        client_id=client.client_id,
        application=client.application(redirect_uri),
        grantee=client.grantee,
        return_to=RESUMES,
        redirect_uri=redirect_uri,
        login_hint=given.get("login_hint", "")[:LONGEST_HINT],
        ui_locales=tuple(given.get("ui_locales", "").split()[:LANGUAGES]),
        ask=_ask(found, client, redirect_uri, unasked),
        keeps=asked.keeps if "offline_access" in found.scope else 0,
        parameters=_carried(found, client, given.get("state"), unasked, pushed).to_parameters(),
        scope_words=scope_words(client, found.scope, asked.apis),
        deeds=deeds(found.authorization_details),
        deeds_digest=digest_of(found.authorization_details),
    )


def scope_words(client: Client, scope: tuple[str, ...], apis: Registered) -> Mapping[str, Words]:
    """Return what is said of those scopes that are an API's; of all but few requests, of none."""
    if not client.resource_scopes:
        return {}
    own = [name for name in scope if name in client.scope_apis]
    return words_of(apis(), own) if own else {}


def deeds(found: Details) -> tuple[Deed, ...]:
    """Return what a person is asked to agree to."""
    return tuple(_deed(one, kind) for one, kind in found)


def digest_of(found: Details) -> str:
    """Return what stands for the deeds in the ledger; "" where there are none."""
    return details.digest(one for one, _kind in found) if found else ""


def says_auth_time(client: Client, max_age: int | None, claims: RequestedClaims) -> bool:
    """Return True if the ID token must say when the sign-in was (OIDC Core 1.0 section 2)."""
    return (
        max_age is not None
        or client.require_auth_time
        or client.min_acr is not None
        or claims.auth_time
    )


def kept(found: Details) -> str | None:
    """Return the details as they are carried, and stored."""
    return details.kept(one for one, _kind in found) if found else None


def _deed(one: Detail, kind: DetailType) -> Deed:
    values = {}
    for name, member in kind.members.items():
        value = one.asked[name]
        shown = member.choices[value] if member.kind == "choice" else value
        values[name] = {"kind": member.kind, "value": shown}
    return Deed(kind.words, values)


def _ask(found: Checked, client: Client, redirect_uri: str, unasked: frozenset[str]) -> Ask:
    return Ask(
        acr_values=found.acr_values.voluntary,
        essential=found.acr_values.essential,
        max_age=found.max_age,
        prompt=found.prompt,
        floor=client.min_acr,
        scopes=frozenset(found.scope) | found.claims.consents(found.scope, unasked),
        consent_needed=not client.first_party,
        unassured=not client.assured(redirect_uri, tokens=front_channel(found.response_type)),
        subject=found.subject,
        accepts_bootstrap=client.accepts_bootstrap,
    )


def _carried(
    found: Checked,
    client: Client,
    state: str | None,
    unasked: frozenset[str],
    pushed: str | None,
) -> Carried:
    return Carried(
        response_type=found.response_type,
        response_mode=found.response_mode,
        says_auth_time=says_auth_time(client, found.max_age, found.claims),
        state=state,
        nonce=found.nonce or None,
        code_challenge=found.pkce or None,
        claims=found.claims.to_json(unasked),
        resource=" ".join(found.resource),
        jkt=found.dpop_jkt,
        details=kept(found.authorization_details),
        pushed=pushed,
    )
