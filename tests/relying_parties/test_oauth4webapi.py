"""oauth4webapi by itself, unmodified, held to FAPI 2.0 with message signing and encryption."""

from typing import Any

import pytest
from joserfc import jwk

from tests.protocol.sign_ins import bearer
from tests.relying_parties.keys import key_set, private_key
from tests.relying_parties.openid_client import SCRIPT, NodeParty
from tests.support.site import Site

pytestmark = pytest.mark.slow
REDIRECT = "https://app.example.org/cb"


def test_oauth4webapi_signs_pushes_proves_and_decrypts_everything(
    node: str, live_site: Site
) -> None:
    """JAR and PAR by Ed25519, DPoP with nonces; JARM, introspection and userinfo as JWE."""
    site, signing = live_site, private_key("Ed25519")
    mine = jwk.ECKey.generate_key("P-256", {"kid": "mine", "use": "enc"})
    kinds = ("id_token", "userinfo", "introspection", "authorization")
    data: dict[str, Any] = {f"{one}_signed_response_alg": "ES256" for one in kinds}
    data |= {f"{one}_encrypted_response_alg": "ECDH-ES" for one in kinds}
    data |= {f"{one}_encrypted_response_enc": "A256GCM" for one in kinds}
    keys = {"keys": [*key_set(signing)["keys"], mine.as_dict(private=False)]}
    app = site.application(
        "bank",
        profile="fapi2",
        token_endpoint_auth_method="private_key_jwt",
        require_signed_request_object=True,
        redirect_uris=[REDIRECT],
        jwks=keys,
        **data,
    )
    site.person("mereana")
    party = NodeParty(node, SCRIPT.with_name("oauth4webapi.mjs"))
    try:
        party.introduce(
            {
                "issuer": site.issuer,
                "client_id": app.client_id,
                "redirect_uri": REDIRECT,
                "signing": signing,
                "decrypting": mine.as_dict(private=True),
                "metadata": data,
            }
        )
        browser = site.browser()
        browser.open(party.do("begin", scope="openid email").removeprefix(site.issuer))
        answer = browser.sign_in("mereana")
        assert set(answer.query) == {"response"}
        tokens = party.finish(answer.location)
        assert (tokens["token_type"], tokens["id_token"].count(".")) == ("dpop", 4)
        token, sub = tokens["access_token"], tokens["claims"]["sub"]
        assert party.do("userinfo", token=token, sub=sub)["email"] == "mereana@example.org"
        found = party.do("introspect", token=token)
        assert (found["active"], set(found["cnf"])) == (True, {"jkt"})
        assert site.client().send("GET", "/userinfo", None, bearer(token)).status == 401
    finally:
        party.close()
