"""A directory that keeps people by SCIM, as programs of others send it."""

import json
from dataclasses import dataclass
from typing import Any

from tests.protocol.api.programs import own_token
from tests.support.site import Site

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
SCIM = "application/scim+json"


@dataclass
class Reply:
    """What was answered."""

    status: int
    headers: Any
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def version(self) -> dict[str, str]:
        """The header that names the version that was read."""
        return {"If-Match": self.headers["ETag"]}


class Directory:
    """Asks a site with one token."""

    def __init__(self, site: Site, token: str | None) -> None:
        self.site = site
        self.token = token

    def __call__(
        self, method: str, path: str, body: Any = None, headers: Any = None, data: Any = None
    ) -> Reply:
        sent = dict(headers or {})
        if self.token is not None:
            sent["Authorization"] = f"Bearer {self.token}"
        if body is not None:
            data = json.dumps(body)
            sent.setdefault("Content-Type", SCIM)
        answer = self.site.app.test_client().open(
            f"/scim/v2{path}", method=method, headers=sent, data=data
        )
        return Reply(answer.status_code, answer.headers, answer.get_data(as_text=True))

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
