"""A checked authorization request becomes a Demand: what sign-in and answer need of it."""

from idp.oidc.authorize.carried import Carried
from idp.oidc.authorize.checks import Asked, Checked
from idp.oidc.clients.client import Client
from idp.oidc.tokens import mapped
from idp.oidc.tokens.claims import NONE
from idp.oidc.vocabulary import front_channel
from idp.policy.types import Ask
from idp.signin.demand import Demand

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
    )


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
    says_auth_time = (
        found.max_age is not None
        or client.require_auth_time
        or client.min_acr is not None
        or found.claims.auth_time
    )
    return Carried(
        response_type=found.response_type,
        response_mode=found.response_mode,
        says_auth_time=says_auth_time,
        state=state,
        nonce=found.nonce or None,
        code_challenge=found.pkce or None,
        claims=found.claims.to_json(unasked),
        resource=" ".join(found.resource),
        jkt=found.dpop_jkt,
        pushed=pushed,
    )
