"""The applications of a realm of Keycloak: an export, partial or whole, or its `clients` alone."""

from collections.abc import Iterator, Mapping
from typing import Any

from idp.errors import CommandError
from idp.operating.moving.brought import Brought, exact, kept_secret, texts

OWN = frozenset(
    {
        *("account", "account-console", "admin-cli", "broker", "realm-management"),
        *("security-admin-console", "master-realm"),
    }
)
"""What each realm has for itself."""
_METHODS = {
    "client-secret": "client_secret_basic",
    "client-secret-jwt": "client_secret_jwt",
    "client-jwt": "private_key_jwt",
}
_APART = "##"
_AS_BEFORE = "+"
"""As many addresses after a sign-out as answers may go to."""


def clients(found: Any) -> Iterator[Brought]:
    """Yield the applications of an export.

    Raises:
        CommandError: it is no export of a realm with its clients.
    """
    listed = found.get("clients") if isinstance(found, Mapping) else found
    if not isinstance(listed, list):
        raise CommandError("it is no export of a realm with its clients")
    for one in listed:
        if isinstance(one, Mapping) and one.get("clientId") not in OWN:
            yield _client(one)


def _client(one: Mapping[str, Any]) -> Brought:
    client_id = str(one.get("clientId") or "")
    name = str(one.get("name") or client_id)
    if name.startswith("${"):
        name = client_id
    if why := _not_for_us(one):
        return Brought(client_id, name, {}, left_out=why)
    held = one.get("attributes")
    more = held if isinstance(held, Mapping) else {}
    notes: list[str] = []
    members = _addresses(one, more, notes) | _grants(one, notes) | _authentication(one, more)
    members |= texts(
        logo_uri=more.get("logoUri"),
        policy_uri=more.get("policyUri"),
        tos_uri=more.get("tosUri"),
        id_token_signed_response_alg=more.get("id.token.signed.response.alg"),
    )
    lifespan = str(more.get("access.token.lifespan") or "")
    if lifespan.isdigit():
        members["access_token_lifetime"] = int(lifespan)
    if more.get("minimum.acr.value") or more.get("default.acr.values"):
        notes.append("it has acr values of its own: set min_acr or default_acr_values by hand")
    # So its access tokens are, and so it finds its claims: applications read both as they were.
    members |= {"access_token_format": "jwt", "id_token_claims": "scope"}
    members["roles_claim"] = "realm_access.roles"
    secret = kept_secret(one.get("secret"), notes) if not one.get("publicClient") else None
    return Brought(client_id, name, members, secret, notes=tuple(notes))


def _not_for_us(one: Mapping[str, Any]) -> str:
    if one.get("protocol", "openid-connect") != "openid-connect":
        return f"it speaks {one['protocol']}"
    if one.get("enabled") is False:
        return "switched off where the file comes from"
    return ""


def _addresses(one: Mapping[str, Any], more: Mapping[str, Any], notes: list[str]) -> dict[str, Any]:
    root = str(one.get("rootUrl") or "")
    answers = exact(one.get("redirectUris"), notes, root)
    after = str(more.get("post.logout.redirect.uris") or "").split(_APART)
    ends = answers if after == [_AS_BEFORE] else exact(after, notes, root)
    found: dict[str, Any] = {"redirect_uris": answers, "post_logout_redirect_uris": ends}
    found |= texts(backchannel_logout_uri=more.get("backchannel.logout.url"))
    if one.get("frontchannelLogout") and "backchannel_logout_uri" not in found:
        found |= texts(frontchannel_logout_uri=more.get("frontchannel.logout.url"))
    base = one.get("baseUrl")
    return found | texts(client_uri=base if str(base).startswith("https://") else None)


def _grants(one: Mapping[str, Any], notes: list[str]) -> dict[str, Any]:
    grants = []
    if one.get("standardFlowEnabled", True) and not one.get("bearerOnly"):
        grants += ["authorization_code", "refresh_token"]
    if one.get("serviceAccountsEnabled"):
        grants.append("client_credentials")
    if one.get("directAccessGrantsEnabled"):
        notes.append("it may send passwords there: here people sign in on the page alone")
    if one.get("implicitFlowEnabled"):
        notes.append("it may ask for tokens in the front channel there: here it asks for a code")
    found: dict[str, Any] = {"grant_types": grants, "first_party": not one.get("consentRequired")}
    if "authorization_code" not in grants:
        found["response_types"] = []
    return found | ({"resource_server": True} if one.get("bearerOnly") else {})


def _authentication(one: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    if one.get("publicClient"):
        return {"token_endpoint_auth_method": "none"}
    way = str(one.get("clientAuthenticatorType") or "client-secret")
    found: dict[str, Any] = {"token_endpoint_auth_method": _METHODS.get(way, way)}
    if more.get("pkce.code.challenge.method") != "S256":
        found["pkce"] = "optional"
    return found | texts(jwks_uri=more.get("jwks.url"))
