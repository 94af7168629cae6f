"""The grants there are, in a table (docs/architecture.md "How to add a grant").

What stands here is what the endpoint serves, registration accepts, and discovery tells of.
"""

from idp.oidc.token_endpoint.ciba import CibaGrant
from idp.oidc.token_endpoint.client_credentials import ClientCredentialsGrant
from idp.oidc.token_endpoint.code import CodeGrant
from idp.oidc.token_endpoint.device import DeviceGrant
from idp.oidc.token_endpoint.exchange import ExchangeGrant
from idp.oidc.token_endpoint.grant import Grant
from idp.oidc.token_endpoint.refresh import RefreshGrant

GRANTS: dict[str, Grant] = {
    grant.name: grant
    for grant in (
        CodeGrant(),
        RefreshGrant(),
        ClientCredentialsGrant(),
        DeviceGrant(),
        CibaGrant(),
        ExchangeGrant(),
    )
}
"""By name, in the order of discovery."""
