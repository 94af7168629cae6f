"""A client that registers itself, and what it does with its registration afterwards."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.browser import Answer
from tests.support.site import REDIRECT_URI, Application, Site

JSON = {"Content-Type": "application/json"}
MINIMAL = {"redirect_uris": [REDIRECT_URI]}


@contextmanager
def registering_site(folder: Path, database_url: str = "", **settings: Any) -> Iterator[Site]:
    """An installation in which everyone may register, unless `settings` say otherwise."""
    url = database_url or f"sqlite:///{folder / 'acrux.db'}"
    site = Site(folder, url, **{"registration__mode": "open", **settings})
    yield site
    site.close()


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def register(site: Site, token: str | None = None, /, **members: Any) -> Answer:
    """Register with the least that is needed, and `members`; None leaves one out."""
    sent = {name: value for name, value in {**MINIMAL, **members}.items() if value is not None}
    headers = JSON | (bearer(token) if token else {})
    return site.client().send("POST", "/register", json.dumps(sent), headers)


def refusal(answer: Answer) -> str:
    """Return the error of a registration that was refused as the standard says."""
    assert answer.status == 400, answer.text
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert set(answer.json) == {"error", "error_description"}
    text = answer.json["error_description"]
    assert all(" " <= c <= "~" and c not in '"\\' for c in text), text
    return str(answer.json["error"])


@dataclass(frozen=True)
class Registered:
    """A client that registered itself, with the answer it got."""

    site: Site
    information: dict[str, Any]

    @property
    def client_id(self) -> str:
        return str(self.information["client_id"])

    @property
    def path(self) -> str:
        uri = str(self.information["registration_client_uri"])
        return uri.removeprefix(self.site.issuer)

    @property
    def token(self) -> str:
        return str(self.information["registration_access_token"])

    @property
    def application(self) -> Application:
        uri = (self.information["redirect_uris"] or [REDIRECT_URI])[0]
        return Application(self.client_id, self.information.get("client_secret"), uri)

    def read(self, token: str | None = None) -> Answer:
        return self.site.client().send("GET", self.path, headers=bearer(token or self.token))

    def update(self, **members: Any) -> Answer:
        """Replace the registration by the least that is needed, and `members`."""
        sent = {"client_id": self.client_id, **MINIMAL, **members}
        headers = JSON | bearer(self.token)
        return self.site.client().send("PUT", self.path, json.dumps(sent), headers)

    def delete(self) -> Answer:
        return self.site.client().send("DELETE", self.path, headers=bearer(self.token))


def registered(site: Site, token: str | None = None, /, **members: Any) -> Registered:
    """Register a client that nothing is wrong with."""
    answer = register(site, token, **members)
    assert answer.status == 201, answer.text
    return Registered(site, answer.json)


def signed_in_tokens(site: Site, app: Application, **request: Any) -> dict[str, Any]:
    """Sign `tane` in for an application that must ask for consent; return its tokens."""
    browser = site.browser()
    browser.authorize(app, **request)
    browser.sign_in("tane")
    code = browser.submit("/consent", decision="allow").query["code"]
    answer = site.redeem(app, code)
    assert answer.status == 200, answer.text
    return dict(answer.json)
