"""A directory that keeps people by SCIM, as programs of others send it."""

from typing import Any

from tests.protocol.api.programs import Program, Reply, own_token
from tests.support.site import Site

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
SCIM = "application/scim+json"


class Directory(Program):
    """Asks a site with one token."""

    place, kind = "/scim/v2", SCIM

    def add(self, username: str, **more: Any) -> str:
        """Add a person and return the id."""
        reply = self("POST", "/Users", {"schemas": [USER], "userName": username, **more})
        assert reply.status == 201, reply.text
        return str(reply.json["id"])

    def patch(self, path: str, *operations: Any, **headers: str) -> Reply:
        """Send operations as they stand."""
        return self("PATCH", path, {"schemas": [PATCH], "Operations": operations}, headers)

    def add_group(self, name: str, *members: str) -> str:
        """Add a group and return the id."""
        body = {
            "schemas": [GROUP],
            "displayName": name,
            "members": [{"value": sub} for sub in members],
        }
        reply = self("POST", "/Groups", body)
        assert reply.status == 201, reply.text
        return str(reply.json["id"])

    def members(self, group: str) -> set[str]:
        """Return who is in a group."""
        found = self("GET", f"/Groups/{group}").json.get("members", [])
        return {one["value"] for one in found}


def registered(site: Site, client_id: str = "entra", *scopes: str) -> Directory:
    """Register a client that is a directory, and return it with a token of its own."""
    app = site.application(
        client_id,
        grant_types=["authorization_code", "client_credentials"],
        api_scopes=list(scopes or ("acrux:scim",)),
    )
    return Directory(site, own_token(site, app))
