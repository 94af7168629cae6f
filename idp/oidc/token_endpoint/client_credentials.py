"""The client credentials grant (RFC 6749 section 4.4): a token for the client itself.

No one signed in, so the token says nothing of a person, and no refresh token comes with it.
"""

from authlib.oauth2.rfc6749.errors import InvalidScopeError

from idp.oidc.client_auth.presented import AuthenticationFailed
from idp.oidc.clients.client import Client
from idp.oidc.token_endpoint.grant import Grant, Granted, TokenRequest
from idp.oidc.vocabulary import SCOPES
from idp.policy.roles import opens_us


class ClientCredentialsGrant(Grant):
    """Nothing is presented but the client's own proof: the claim is that there is the client."""

    name = "client_credentials"
    public = False

    def authorize(self, request: TokenRequest) -> Granted:
        request.no_details()
        scope = _scope(request.client, request.form.get("scope", ""))
        return Granted(scope, resource=request.resource())

    def not_claimed(self, request: TokenRequest, granted: Granted) -> Granted:
        raise AuthenticationFailed("the client was deleted")


def _scope(client: Client, asked: str) -> tuple[str, ...]:
    """Return what was asked for, or everything; only what was registered, and not of people.

    Scopes of our own API are not registered as others are, but one by one by an operator.

    Raises:
        InvalidScopeError: more was asked for.
    """
    own = [name for name in dict.fromkeys(client.scopes or ()) if _of_an_application(name)]
    own += [*client.api_scopes, *client.scope_apis]
    wanted = asked.split()
    if not set(wanted) <= set(own):
        raise InvalidScopeError("the scope is not registered, or is about people")
    return tuple(name for name in own if not wanted or name in wanted)


def _of_an_application(scope: str) -> bool:
    return scope not in SCOPES and not opens_us(scope)
