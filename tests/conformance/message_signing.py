"""FAPI 2.0 Message Signing at work: requests are signed (JAR), and so are answers (JARM)."""

import json
from collections.abc import Mapping
from typing import Any

from joserfc import jws

from tests.conformance import checks
from tests.conformance.fapi import Fapi, Holder
from tests.conformance.groundwork import Variant
from tests.conformance.visitor import Callback

SIGNING = Variant("message-signing", dynamic=False, method="private_key_jwt")
STRONG = {"PS256", "ES256", "EdDSA"}
"""What may sign there (FAPI 2.0 Security Profile section 5.4.1)."""
OF_THE_ANSWER = ("aud", "exp")
"""What a signed answer says of itself."""


class Signing(Fapi):
    """One module's run; PAR, private_key_jwt and DPoP as in the Security Profile."""

    def holder(self, name: str, also: Any = None, **data: Any) -> Holder:
        return super().holder(name, also, require_signed_request_object=True, **data)

    def request(self, holder: Holder, **changes: Any) -> dict[str, str]:
        return super().request(holder, **{"response_mode": "jwt", **changes})

    def packed(self, holder: Holder, asked: Mapping[str, str]) -> dict[str, str]:
        """Sign it; the second client of a module says more of it (RFC 9101 section 10.8)."""
        second = holder.client_id.startswith("fapi-second")
        said = self.members(holder, asked, iat=self.provider.now() if second else None)
        token = holder.signed(said, **({"typ": "oauth-authz-req+jwt"} if second else {}))
        return {"client_id": holder.client_id, "request": token}

    def members(self, holder: Holder, asked: Mapping[str, str], **changes: Any) -> dict[str, Any]:
        """Return what a request object says; a change to None leaves a member out."""
        now, inside = self.provider.now(), dict[str, Any](asked)
        if "claims" in inside:
            inside["claims"] = json.loads(inside["claims"])
        said = {
            **inside,
            "iss": holder.client_id,
            "aud": self.provider.issuer,
            "nbf": now,
            "exp": now + 300,
            **changes,
        }
        return {name: value for name, value in said.items() if value is not None}

    def fields(self, holder: Holder, end: Callback) -> dict[str, str]:
        """Open a signed answer (JARM section 2.4); nothing may have come beside it."""
        assert list(end.fields) == ["response"], end.fields
        token = end.fields["response"]
        alg = jws.extract_compact(token.encode()).headers()["alg"]
        assert alg in STRONG
        claims = checks.signed_claims(token, self.keys, alg)
        assert claims["aud"] == holder.client_id
        assert 10 <= claims["exp"] - self.provider.now() <= 600
        return {name: said for name, said in claims.items() if name not in OF_THE_ANSWER}
