"""Where a person begins at an application: by addresses that it registered, and no others.

Pages on which something ended lead there. Owns which of the registered addresses it is; never
where the answer to a sign-in goes (`idp.oidc`), and never an address that came with a request.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from idp.errors import WayOn
from idp.language import _
from idp.store.db import Work
from idp.store.oidc import clients
from idp.store.oidc.clients import ClientRow
from idp.web.urlencoded import with_parameters


@dataclass(frozen=True)
class Start:
    """An application, and where a person begins there; without `url` it is a program to open."""

    name: str
    url: str | None

    @property
    def way(self) -> WayOn | None:
        """Return the button that leads there."""
        if self.url is None:
            return None
        label = _("Sign in to %(client)s", client=self.name)
        return WayOn(label, self.url, urlsplit(self.url).netloc)


def at(work: Work, client_id: str | None, issuer: str) -> Start | None:
    """Return where people begin at a registered application; None when there is no such one."""
    row = clients.find(work, client_id) if client_id else None
    return _start(row, issuer) if row else None


def only(work: Work, issuer: str) -> Start | None:
    """Return the one application that people can begin at; None when there are more, or none.

    What registered itself is left out: it is checked by no one.
    """
    starts = [_start(row, issuer) for row in clients.of_operators(work)]
    found = [start for start in starts if start.url is not None]
    return found[0] if len(found) == 1 else None


def _start(row: ClientRow, issuer: str) -> Start:
    return Start(row.name, _address(json.loads(row.data), issuer))


def _address(members: Mapping[str, Any], issuer: str) -> str | None:
    """Return where a sign-in is begun from outside (OIDC Core 4), else the application's page."""
    initiate = str(members.get("initiate_login_uri", ""))
    if _of_web(initiate):
        return with_parameters(initiate, {"iss": issuer})
    home = members.get("client_uri")
    if _of_web(home):
        return str(home)
    if members.get("application_type") == "native":
        return None
    callback = next((uri for uri in members.get("redirect_uris", ()) if _of_web(uri)), None)
    if callback is None:
        return None
    parts = urlsplit(callback)
    return f"{parts.scheme}://{parts.netloc}/"


def _of_web(uri: Any) -> bool:
    return isinstance(uri, str) and uri.startswith(("https://", "http://"))
