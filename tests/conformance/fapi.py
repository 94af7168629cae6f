"""A module of the FAPI 2.0 plan at work: a client with a key, its proofs, a person at a browser.

The variant is private_key_jwt, DPoP and OpenID Connect, with plain requests that are pushed.
"""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from joserfc import jwk, jws

from tests.conformance import checks
from tests.conformance.groundwork import ALIAS, Groundwork, Variant
from tests.conformance.party import ASSERTION_TYPE
from tests.conformance.provider import Provider
from tests.conformance.suite import text
from tests.conformance.visitor import Callback, Page, Visitor
from tests.support.applications.prover import Prover, digest
from tests.support.browser import Answer

FAPI = Variant("fapi2", dynamic=False, method="private_key_jwt")
VERIFIER = "a-verifier-that-is-long-enough-for-everybody-who-reads-it"


@dataclass(frozen=True)
class Holder:
    """A client of the plan, and its key."""

    client_id: str
    redirect_uri: str
    key: jwk.ECKey = field(repr=False)

    def signed(self, claims: Mapping[str, Any], alg: str = "ES256", key: Any = None) -> str:
        return jws.serialize_compact(
            {"alg": alg}, json.dumps(dict(claims)), key or self.key, algorithms=[alg]
        )


class _Prover(Prover):
    """It lives in the time of the workers, which this process does not."""

    site: Provider

    def claims(self, method: str, path: str, **changes: Any) -> dict[str, Any]:
        return super().claims(method, path, **{"iat": self.site.now(), **changes})


class Fapi(Groundwork):
    """One module's run."""

    def holder(self, name: str, **data: Any) -> Holder:
        """Register a client of the plan, as the operator does."""
        key = jwk.ECKey.generate_key("P-256")
        made = self.provider.application(
            f"fapi-{name}-{secrets.token_hex(4)}",
            redirect_uris=[self.endpoints.url(f"{ALIAS}/callback")],
            token_endpoint_auth_method="private_key_jwt",
            id_token_signed_response_alg="ES256",
            jwks={"keys": [key.as_dict(private=False)]},
            profile="fapi2",
            first_party=False,
            **data,
        )
        return Holder(made.client_id, made.redirect_uri, key)

    def prover(self, alg: str = "ES256") -> Prover:
        return _Prover(self.provider, alg)

    # -- what a client sends

    def request(self, holder: Holder, **changes: Any) -> dict[str, str]:
        """Return what is pushed; a change to None leaves a parameter out."""
        asked = {
            "client_id": holder.client_id,
            "redirect_uri": holder.redirect_uri,
            "response_type": "code",
            "scope": "openid",
            "state": text(10),
            "nonce": text(10),
            "code_challenge": digest(VERIFIER),
            "code_challenge_method": "S256",
            **changes,
        }
        return {name: value for name, value in asked.items() if value is not None}

    def assertion(
        self, holder: Holder, alg: str = "ES256", key: Any = None, **changes: Any
    ) -> dict[str, str]:
        """Return the fields that authenticate a client; a change to None leaves a claim out."""
        now = self.provider.now()
        claims = {
            "iss": holder.client_id,
            "sub": holder.client_id,
            "aud": self.provider.issuer,
            "jti": secrets.token_urlsafe(15),
            "iat": now,
            "nbf": now,
            "exp": now + 60,
            **changes,
        }
        said = {name: value for name, value in claims.items() if value is not None}
        proof = holder.signed(said, alg, key)
        return {"client_assertion_type": ASSERTION_TYPE, "client_assertion": proof}

    def push(
        self,
        holder: Holder,
        prover: Prover | None = None,
        assertion: dict[str, str] | None = None,
        **changes: Any,
    ) -> Answer:
        """Push a request, with a proof if there is a `prover`."""
        form = self.request(holder, **changes) | (assertion or self.assertion(holder))
        if prover is None:
            return self.call("POST", self.metadata["pushed_authorization_request_endpoint"], form)
        answer = prover._send("POST", "/par", form, None, {})
        if answer.status == 400 and answer.json["error"] == "use_dpop_nonce":
            again = {**form, **self.assertion(holder)} if assertion is None else form
            answer = prover._send("POST", "/par", again, None, {})
        return answer

    def pushed(self, holder: Holder, prover: Prover | None = None, **changes: Any) -> str:
        """Return the request_uri of a request that is taken."""
        answer = self.push(holder, prover, **changes)
        assert answer.status == 201, answer.text
        assert 5 < answer.json["expires_in"] < 600
        return str(answer.json["request_uri"])

    def sent(self, holder: Holder, uri: str, **beside: str) -> dict[str, str]:
        """Return what stands at /authorize: the name, and the request_uri, alone."""
        return {"client_id": holder.client_id, "request_uri": uri, **beside}

    def arrives(self, holder: Holder, uri: str, who: Visitor | None = None) -> Callback:
        visitor = who or self.visitor()
        end = visitor.arrives(self.metadata["authorization_endpoint"], self.sent(holder, uri))
        assert end.uri.startswith(holder.redirect_uri + "?")
        assert end.fields["iss"] == self.provider.issuer
        return end

    def stays(self, holder: Holder, uri: str, **beside: str) -> Page:
        return self.visitor().stays(
            self.metadata["authorization_endpoint"], self.sent(holder, uri, **beside)
        )

    def code(self, holder: Holder, prover: Prover | None = None, **changes: Any) -> str:
        """Return a code of a whole sign-in."""
        return self.arrives(holder, self.pushed(holder, prover, **changes)).fields["code"]

    def token(
        self,
        holder: Holder,
        prover: Prover | None,
        assertion: dict[str, str] | None = None,
        **form: Any,
    ) -> Answer:
        """Ask the token endpoint; a change to None leaves a parameter out."""
        given = {name: value for name, value in form.items() if value is not None}
        proof = assertion or self.assertion(holder)
        if prover is None:
            return self.call("POST", self.metadata["token_endpoint"], given | proof)
        answer = prover._send("POST", "/token", given | proof, None, {})
        if answer.status == 400 and answer.json["error"] == "use_dpop_nonce":
            again = self.assertion(holder) if assertion is None else proof
            answer = prover._send("POST", "/token", given | again, None, {})
        return answer

    def redeem(
        self, holder: Holder, prover: Prover | None, code: str, assertion: Any = None, **form: Any
    ) -> Answer:
        asked = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": holder.redirect_uri,
            "code_verifier": VERIFIER,
            **form,
        }
        return self.token(holder, prover, assertion, **asked)

    def tokens(self, holder: Holder, prover: Prover, **changes: Any) -> dict[str, Any]:
        """Return the tokens of a whole flow, each checked."""
        asked: dict[str, Any] = self.request(holder, **changes)
        code = self.code(holder, **{"nonce": None, "state": None, **asked})
        answer = self.redeem(holder, prover, code)
        assert answer.status == 200, answer.text
        found: dict[str, Any] = answer.json
        assert found["token_type"].lower() == "dpop"
        claims = checks.signed_claims(found["id_token"], self.keys, "ES256")
        checks.id_token_claims(
            claims,
            issuer=self.provider.issuer,
            client_id=holder.client_id,
            nonce=asked.get("nonce"),
            now=self.provider.now(),
        )
        return found


def refused(answer: Answer, *errors: str, status: int = 400) -> None:
    """Check an error of a program's endpoint."""
    checks.json_error(answer, *errors, status=status)
