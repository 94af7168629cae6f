"""The variants by mutual TLS: certificates that nginx of docs/certificates.md was shown.

A client is known by its certificate, or by private_key_jwt; its tokens are bound to the
certificate, or by DPoP (`Proving`). Browsers come to one name of the proxy and show none, clients
to another.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from joserfc import jwk

from tests.conformance.ciba import Ciba
from tests.conformance.fapi import Fapi, Holder, LateProver
from tests.conformance.groundwork import Variant
from tests.conformance.provider import Provider
from tests.support.browser import Answer
from tests.support.programs import warm
from tests.support.programs.certificate_fronts import FORMS, CertificateFront
from tests.support.programs.https import HttpsServer
from tests.support.programs.servers import end
from tests.support.programs.tls import OverTls
from tests.support.site import free_port
from tests.support.stand_ins.certificates import Authority, Shown, self_signed

BY_CERTIFICATE, BOUND_TO_ONE, BOUND_BY_PROOF = (
    Variant(name, dynamic=False, method=method)
    for name, method in (
        ("mtls", "tls_client_auth"),
        ("bound-by-mtls", "private_key_jwt"),
        ("mtls-and-dpop", "tls_client_auth"),
    )
)
OTHER_NAME = "127.0.0.1"
"""What clients call the proxy by, which browsers call localhost."""


class FrontedProvider(Provider):
    """An installation behind a proxy that asks for certificates."""

    def __init__(self, folder: Path, suite: HttpsServer) -> None:
        self.clients = Authority()
        trusted = self.clients.write(folder / "clients.pem")
        port, behind = free_port(), free_port()
        place = folder / "front"
        place.mkdir()
        self.front = CertificateFront(
            "nginx", place, port, behind, trusted, names=("localhost", OTHER_NAME)
        )
        super().__init__(
            folder,
            suite,
            self.front.identity,
            mutual_tls__proxies="127.0.0.1",
            mutual_tls__form=FORMS["nginx"],
            mutual_tls__ca_bundle=trusted,
            mutual_tls__address=f"https://{OTHER_NAME}:{port}",
            port=port,
        )
        self.authority, self._behind = self.front.authority, behind

    @property
    def places(self) -> tuple[str, ...]:
        return (self.issuer, self.other)

    @property
    def other(self) -> str:
        """Its host for certificates."""
        return f"https://{OTHER_NAME}:{self.port}"

    @contextmanager
    def serve(self, workers: int = 1, *options: str, cold: bool = False) -> Iterator[str]:
        words = ("--bind", f"127.0.0.1:{self._behind}", "--workers", str(workers), *options)
        with (self.folder / "serve.log").open("w") as log, self.front.running():
            process = warm.serve(words, {**os.environ, **self.environ}, log, cold=cold)
            try:
                self._wait(process)
                self.served = True
                yield self.issuer
            finally:
                self.served = False
                end(process)


class _Shower:
    """Opens tokens while it shows the certificate that they are bound to."""

    def __init__(self, module: "Certified", holder: Holder) -> None:
        self._module, self._holder = module, holder

    def open(self, token: str, scheme: str = "Bearer") -> Answer:
        headers = {"Authorization": f"{scheme} {token}"}
        endpoint = self._module.metadata["userinfo_endpoint"]
        return self._module.showing(self._holder, "GET", endpoint, None, headers)


class Certified(Fapi):
    """One module's run. The addresses are those for certificates (RFC 8705 section 5)."""

    provider: FrontedProvider
    bound = "bearer"

    def __post_init__(self) -> None:
        super().__post_init__()
        self._connections: dict[str, OverTls] = {}
        self.metadata |= self.metadata["mtls_endpoint_aliases"]
        if self._known_by_it:
            # Who shows none has not even said who it is.
            self.unheld, self.unheld_status = ("invalid_client",), 401

    def close(self) -> None:
        for connection in self._connections.values():
            connection.close()
        super().close()

    @property
    def _known_by_it(self) -> bool:
        return self.variant.method == "tls_client_auth"

    def certificate(self, client_id: str) -> Shown:
        """Return one of the authority for the first client, and one of their own for others."""
        if self._connections and self._known_by_it:
            shown = self_signed(f"CN={client_id}")
        else:
            shown = self.provider.clients.gives(f"CN={client_id}")
        file = shown.write(self.provider.folder / f"{client_id}.pem")
        self._connections[shown.thumbprint] = OverTls(
            self.provider.other, self.provider.authority, file
        )
        return shown

    def known(self, key: jwk.ECKey, shown: Shown | None, also: Any = None) -> dict[str, Any]:
        assert shown is not None
        found = super().known(key, shown, also)
        found["tls_client_certificate_bound_access_tokens"] = True
        if self._known_by_it and shown.certificate.issuer == shown.certificate.subject:
            found["token_endpoint_auth_method"] = "self_signed_tls_client_auth"
            found["jwks"]["keys"] += shown.jwks["keys"]
        elif self._known_by_it:
            found["token_endpoint_auth_method"] = "tls_client_auth"
            found["tls_client_auth_subject_dn"] = shown.certificate.subject.rfc4514_string()
        return found

    def prover(self, holder: Holder, alg: str = "") -> _Shower:
        return _Shower(self, holder)

    def proof(self, holder: Holder) -> dict[str, str]:
        if self._known_by_it:
            return {"client_id": holder.client_id}
        return super().proof(holder)

    def send(
        self,
        name: str,
        holder: Holder,
        prover: Any,
        form: Mapping[str, str],
        proof: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send a form: with the certificate, but for tokens only if there is a `prover`."""
        whole = {**(self.proof(holder) if proof is None else proof), **form}
        if prover is None and (name == "token_endpoint" or not self._known_by_it):
            return self.call("POST", self.metadata[name], whole)
        return self.showing(holder, "POST", self.metadata[name], whole)

    def showing(
        self, holder: Holder, method: str, url: str, form: Any = None, headers: Any = None
    ) -> Answer:
        """Call an address of the provider, and show a certificate."""
        assert holder.shown is not None
        assert url.startswith(f"{self.provider.other}/"), url
        path = url.removeprefix(self.provider.other)
        return self._connections[holder.shown.thumbprint].send(method, path, form, headers)


class CertifiedCiba(Certified, Ciba):
    """The same behind the browser."""


@dataclass(frozen=True)
class _Place:
    """Where a client sends its proofs, over the connection that shows its certificate."""

    issuer: str
    now: Callable[[], int]
    client: Callable[[], OverTls]


class Proving(Certified):
    """A client is known by its certificate, and its tokens are bound by DPoP."""

    bound = Fapi.bound

    def __post_init__(self) -> None:
        super().__post_init__()
        self.unheld, self.unheld_status = Fapi.unheld, Fapi.unheld_status

    def known(self, key: jwk.ECKey, shown: Shown | None, also: Any = None) -> dict[str, Any]:
        found = super().known(key, shown, also)
        return {**found, "tls_client_certificate_bound_access_tokens": False}

    def prover(self, holder: Holder, alg: str = "ES256") -> Any:
        assert holder.shown is not None
        connection = self._connections[holder.shown.thumbprint]
        place: Any = _Place(self.provider.other, self.provider.now, lambda: connection)
        return LateProver(place, alg)

    def send(
        self,
        name: str,
        holder: Holder,
        prover: Any,
        form: Mapping[str, str],
        proof: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send a form with the certificate, and with a proof if there is a `prover`."""
        if prover is not None:
            return Fapi.send(self, name, holder, prover, form, proof)
        whole = {**(self.proof(holder) if proof is None else proof), **form}
        return self.showing(holder, "POST", self.metadata[name], whole)
