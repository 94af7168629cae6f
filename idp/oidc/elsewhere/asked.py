"""What is asked: read by the checks of /authorize as far as they concern it, and made a Demand.

RFC 8628 section 3.1 knows `scope` alone, CIBA section 7.1 `acr_values` too. These, `max_age` and
`claims` mean what they mean at /authorize (OpenID Connect Core 1.0 section 3.1.2.1), and so do
`resource` (RFC 8707) and `authorization_details` (RFC 9396).
"""

from dataclasses import dataclass

from idp.oidc.authorize import checks
from idp.oidc.authorize.as_demand import deeds, digest_of, kept, says_auth_time, scope_words
from idp.oidc.authorize.carried import Carried
from idp.oidc.authorize.checks import (
    Details,
    Levels,
    Parameters,
    Registered,
    acr_values,
    authorization_details,
    max_age,
    resource,
    scope,
    sizes,
)
from idp.oidc.authorize.requested_claims import RequestedClaims
from idp.oidc.clients.client import Client
from idp.oidc.errors import RequestError
from idp.oidc.tokens import mapped
from idp.oidc.tokens.claims import NONE
from idp.policy.types import Ask
from idp.signin.demand import Demand

CODE = ("code",)
"""Who asks is given a code, of which tokens come, as an application is by the browser."""


def claims(parameters: Parameters) -> RequestedClaims:
    """As at /authorize, but that nobody is named by it: CIBA has hints, and a device nobody.

    A `sub` that is wanted must be met (OIDC Core 5.5.1); it is never overheard.
    """
    found = checks.claims(parameters)
    if found.subject is not None:
        raise RequestError("invalid_request", "claims cannot want a sub here")
    return found


CHECKS = (sizes, scope, max_age, claims, acr_values, resource, authorization_details)
"""What is looked at of every such request, in this order."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A request to be checked."""

    parameters: Parameters
    client: Client
    issuer: str
    """Our own name."""
    apis: Registered
    response_type: tuple[str, ...] = CODE


@dataclass(frozen=True, kw_only=True)
class Checked:
    """What the checks found, each under the name of its check."""

    scope: tuple[str, ...]
    max_age: int | None
    claims: RequestedClaims
    acr_values: Levels
    resource: tuple[str, ...]
    authorization_details: Details


def as_demand(
    return_to: str, asked: Asked, found: Checked, keeps: int, subject: str | None = None
) -> Demand:
    """Return what is asked for.

    `return_to` is where the sign-in goes on, with {id} for that of the interaction; `keeps` are
    seconds for which offline access lasts; `subject` is the person who alone may answer.
    """
    client = asked.client
    unasked = mapped.unasked(client, found.scope) if client.claim_mapping else NONE
    return Demand(
        client_id=client.client_id,
        application=client.application(""),
        grantee=client.grantee,
        return_to=return_to,
        ask=Ask(
            acr_values=found.acr_values.voluntary,
            essential=found.acr_values.essential,
            max_age=found.max_age,
            floor=client.min_acr,
            scopes=frozenset(found.scope) | found.claims.consents(found.scope, unasked),
            # The page of the question asks each time whether it is let in.
            consent_needed=not client.first_party,
            subject=subject,
            accepts_bootstrap=client.accepts_bootstrap,
        ),
        keeps=keeps if "offline_access" in found.scope else 0,
        parameters=Carried(
            response_type=CODE,
            response_mode="query",
            says_auth_time=says_auth_time(client, found.max_age, found.claims),
            claims=found.claims.to_json(unasked),
            resource=" ".join(found.resource),
            details=kept(found.authorization_details),
        ).to_parameters(),
        scope_words=scope_words(client, found.scope, asked.apis),
        deeds=deeds(found.authorization_details),
        deeds_digest=digest_of(found.authorization_details),
    )
