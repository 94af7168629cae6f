"""openid-client, unmodified, is known by a certificate and has tokens bound to it, behind nginx."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from tests.relying_parties.openid_client import NodeParty, PartyError, openid_client
from tests.relying_parties.test_openid_client import sign_in
from tests.support.programs.certificate_fronts import CertificateFront
from tests.support.site import Application, Site, free_port
from tests.support.stand_ins.certificates import Authority, Shown, self_signed

pytestmark = pytest.mark.slow


def test_openid_client_connects_with_its_certificate(
    node: str, front_servers: None, tmp_path: Path
) -> None:
    """It finds the host for certificates in the metadata, at another address than the issuer."""
    authority, port, folder = Authority(), free_port(), tmp_path / "front"
    clients = authority.write(tmp_path / "clients.pem")
    site = Site(
        tmp_path,
        f"sqlite:///{tmp_path / 'acrux.db'}",
        mutual_tls__proxies="127.0.0.1",
        mutual_tls__form="pem",
        mutual_tls__ca_bundle=str(clients),
        mutual_tls__address=f"https://localhost:{port}",
    )
    folder.mkdir()
    front = CertificateFront("nginx", folder, port, site.port, clients)
    bound = {"tls_client_certificate_bound_access_tokens": True}
    told = {**bound, "use_mtls_endpoint_aliases": True}

    def party(app: Application, shown: Shown, method: str) -> AbstractContextManager[NodeParty]:
        files = {"cert": str(shown.write(folder / "client.pem")), "ca": str(front.authority)}
        return openid_client(node, site, app, method=method, metadata=told, tls=files)

    with site.serve(), front.running():
        for method, shown in (
            ("tls_client_auth", authority.gives("CN=pay,O=A")),
            ("self_signed_tls_client_auth", self_signed()),
        ):
            data: dict[str, Any] = {"tls_client_auth_subject_dn": "CN=pay,O=A"}
            if method != "tls_client_auth":
                data = {"jwks": shown.jwks}
            app = site.application(method, token_endpoint_auth_method=method, **bound, **data)
            with party(app, shown, method) as known:
                _, tokens = sign_in(site, known, f"tane-{method[:4]}")
                again = known.do("refresh", token=tokens["refresh_token"])
                token, sub = again["access_token"], tokens["claims"]["sub"]
                assert known.do("userinfo", token=token, sub=sub)["sub"] == sub
                found = known.do("introspect", token=token)
                assert found["cnf"] == {"x5t#S256": shown.thumbprint}
            with party(app, self_signed(), method) as thief:
                with pytest.raises(PartyError) as refused:
                    thief.do("refresh", token=again["refresh_token"])
                assert refused.value.error == "invalid_client"
                with pytest.raises(PartyError):
                    thief.do("userinfo", token=token, sub=sub)
    site.close()
