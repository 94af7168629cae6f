"""The applications of a tenant of Auth0, as its Management API and `auth0 apps list` say them."""

from collections.abc import Iterator, Mapping
from typing import Any

from idp.errors import CommandError
from idp.operating.moving.brought import Brought, exact, kept_secret, texts

_GRANTS = ("authorization_code", "refresh_token", "client_credentials")
_PASSWORDS = "password"


def clients(found: Any) -> Iterator[Brought]:
    """Yield the applications of a tenant.

    Raises:
        CommandError: it is no list of them.
    """
    listed = found.get("clients") if isinstance(found, Mapping) else found
    if not isinstance(listed, list):
        raise CommandError("it is no list of the applications of a tenant")
    for one in listed:
        # The one named `All Applications` stands for the tenant.
        if isinstance(one, Mapping) and not one.get("global"):
            yield _client(one)


def _client(one: Mapping[str, Any]) -> Brought:
    client_id, name = str(one.get("client_id") or ""), str(one.get("name") or "")
    notes: list[str] = []
    listed = one.get("grant_types")
    grants: list[Any] = listed if isinstance(listed, list) else []
    kept = [grant for grant in _GRANTS if grant in grants] or list(_GRANTS[:2])
    if any(_PASSWORDS in str(grant) for grant in grants):
        notes.append("it may send passwords there: here people sign in on the page alone")
    method = str(one.get("token_endpoint_auth_method") or "client_secret_post")
    members: dict[str, Any] = {
        "redirect_uris": exact(one.get("callbacks"), notes),
        "post_logout_redirect_uris": exact(one.get("allowed_logout_urls"), notes),
        "grant_types": kept,
        "first_party": one.get("is_first_party") is not False,
        "token_endpoint_auth_method": method,
        # Its libraries read name and address out of the ID token.
        "id_token_claims": "scope",
    }
    if method != "none":
        members["pkce"] = "optional"
    if kept == ["client_credentials"]:
        members["response_types"] = []
    if one.get("app_type") == "native":
        members["application_type"] = "native"
    members |= texts(logo_uri=one.get("logo_uri"), initiate_login_uri=one.get("initiate_login_uri"))
    members |= _tokens(one.get("jwt_configuration"), notes) | _ends(one, notes)
    secret = kept_secret(one.get("client_secret"), notes) if method != "none" else None
    return Brought(client_id, name or client_id, members, secret, notes=tuple(notes))


def _tokens(said: Any, notes: list[str]) -> dict[str, Any]:
    if not isinstance(said, Mapping):
        return {}
    found: dict[str, Any] = {}
    if said.get("alg") == "HS256":
        notes.append("its ID tokens are signed with its secret there: here by RS256")
    lifetime = said.get("lifetime_in_seconds")
    if isinstance(lifetime, int):
        found["id_token_lifetime"] = lifetime
    return found


def _ends(one: Mapping[str, Any], notes: list[str]) -> dict[str, Any]:
    said = one.get("oidc_logout") or one.get("oidc_backchannel_logout")
    urls = said.get("backchannel_logout_urls") if isinstance(said, Mapping) else None
    found = exact(urls, notes)
    if len(found) > 1:
        notes.append(f"it is told of the end of a session at {found[0]} alone")
    return {"backchannel_logout_uri": found[0]} if found else {}
