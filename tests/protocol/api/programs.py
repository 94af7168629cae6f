"""A program that calls the API, with a token of its own or of somebody who signed in."""

import json
from dataclasses import dataclass
from typing import Any

from idp.policy.roles import SCOPES
from tests.protocol.admin.audit.asking import two_steps
from tests.support.site import REDIRECT_URI, Application, Site


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
    def code(self) -> str:
        """What a problem is called."""
        return str(self.json["type"]).rpartition(":")[2]

    @property
    def version(self) -> dict[str, str]:
        """The header that names the version that was read."""
        return {"If-Match": self.headers["ETag"]}


class Program:
    """Calls the API of a site with one access token."""

    place, kind = "/api/v1", "application/json"

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
            sent.setdefault("Content-Type", self.kind)
        answer = self.site.app.test_client().open(
            f"{self.place}{path}", method=method, headers=sent, data=data
        )
        return Reply(answer.status_code, answer.headers, answer.get_data(as_text=True))


def robot(site: Site, *scopes: str, client_id: str = "robot") -> Application:
    """Register a program that may have these scopes, or all of them."""
    return site.application(
        client_id,
        grant_types=["authorization_code", "client_credentials"],
        api_scopes=list(scopes or SCOPES),
        redirect_uris=[REDIRECT_URI],
    )


def own_token(site: Site, app: Application, scope: str = "") -> str:
    """Return a token that a program gets for itself."""
    form = {"grant_type": "client_credentials"} | ({"scope": scope} if scope else {})
    answer = site.client().send("POST", "/token", form, app.authentication())
    assert answer.status == 200, answer.text
    return str(answer.json["access_token"])


def program(site: Site, *scopes: str) -> Program:
    """Return a program that acts for itself."""
    return Program(site, own_token(site, robot(site, *scopes)))


def administrator(
    site: Site, app: Application, *roles: str, name: str = "hana", scope: str = ""
) -> Program:
    """Return a program that acts for someone with these roles, who signs in with two steps."""
    secret = site.secret()
    site.person(name, totp=secret, roles=frozenset(roles))
    wanted = f"openid {scope or ' '.join(SCOPES)}"
    return Program(site, two_steps(site, app, name, secret, scope=wanted)["access_token"])
