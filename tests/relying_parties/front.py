"""A page behind Apache, registered at the provider, and someone who visits it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tests.protocol.command import Acrux
from tests.relying_parties.visitor import Visitor
from tests.support.programs.apache import Apache
from tests.support.programs.tls import TlsSite
from tests.support.site import Application

SCOPE = '"openid profile email"'


class Front:
    """A page behind Apache, registered at the provider."""

    def __init__(self, site: TlsSite, apache: Apache) -> None:
        self.site = site
        self.apache = apache
        self.application: Application

    def register(self, client_id: str, **data: Any) -> Application:
        self.application = self.site.application(
            client_id,
            redirect_uris=[self.apache.redirect_uri],
            post_logout_redirect_uris=[f"{self.apache.url}/bye"],
            **data,
        )
        return self.application

    @contextmanager
    def running(
        self, settings: Mapping[str, str] | None = None, locations: str = ""
    ) -> Iterator[Visitor]:
        """Run it; yields someone who visits it."""
        basic = {
            "OIDCProviderMetadataURL": f"{self.site.issuer}/.well-known/openid-configuration",
            "OIDCClientID": self.application.client_id,
            "OIDCClientSecret": self.application.secret or "",
            "OIDCScope": SCOPE,
            "OIDCPKCEMethod": "S256",
        }
        with self.running_alone({**basic, **(settings or {})}, locations) as visitor:
            yield visitor

    @contextmanager
    def running_alone(self, settings: Mapping[str, str], locations: str = "") -> Iterator[Visitor]:
        """Run it with these directives and no others."""
        certificate = self.site.identity, self.site.authority
        with self.apache.running(*certificate, settings, locations), self.visitor() as visitor:
            yield visitor

    def acrux(self, *words: str) -> None:
        """Run the operator's command."""
        Acrux(self.site.environ)(*words)

    def visitor(self) -> Visitor:
        return Visitor(self.site, self.apache, str(self.site.authority))
