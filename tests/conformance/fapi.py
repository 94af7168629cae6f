"""A module of the FAPI 2.0 plans at work: a client with a key, its proofs, a person at a browser.

The variant here is private_key_jwt, DPoP and OpenID Connect, with plain requests that are pushed.
What others do otherwise is in `message_signing` and `certified`.
"""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from joserfc import jwk, jws

from tests.conformance import checks
from tests.conformance.groundwork import ALIAS, Groundwork, Variant
from tests.conformance.party import ASSERTION_TYPE
from tests.conformance.provider import Provider
from tests.conformance.suite import text
from tests.conformance.visitor import Callback, Page, Visitor
from tests.support.applications.prover import Prover, digest
from tests.support.browser import Answer
from tests.support.stand_ins.certificates import Shown

FAPI = Variant("fapi2", dynamic=False, method="private_key_jwt")
VERIFIER = "a-verifier-that-is-long-enough-for-everybody-who-reads-it"


@dataclass(frozen=True)
class Holder:
    """A client of the plan, its key, and its certificate where it has one."""

    client_id: str
    redirect_uri: str
    key: jwk.ECKey = field(repr=False)
    shown: Shown | None = field(default=None, repr=False)

    def signed(
        self, claims: Mapping[str, Any], alg: str = "ES256", key: Any = None, **header: str
    ) -> str:
        return jws.serialize_compact(
            {"alg": alg, **header}, json.dumps(dict(claims)), key or self.key, algorithms=[alg]
        )


class LateProver(Prover):
    """It lives in the time of the workers, which this process does not."""

    site: Provider

    def claims(self, method: str, path: str, **changes: Any) -> dict[str, Any]:
        return super().claims(method, path, **{"iat": self.site.now(), **changes})


class Fapi(Groundwork):
    """One module's run."""

    bound = "dpop"
    """What a token is bound by, as its answer names it."""
    unheld: tuple[str, ...] = ("invalid_request", "invalid_grant", "invalid_dpop_proof")
    """Errors for a request for tokens that shows nothing to bind them to."""
    unheld_status = 400

    # -- who takes part

    def holder(self, name: str, also: Any = None, **data: Any) -> Holder:
        """Register a client of the plan, as the operator does; `also` is a further key of it."""
        key = jwk.ECKey.generate_key("P-256")
        client_id = f"fapi-{name}-{secrets.token_hex(4)}"
        shown = self.certificate(client_id)
        made = self.provider.application(
            client_id,
            redirect_uris=[self.endpoints.url(f"{ALIAS}/callback")],
            id_token_signed_response_alg="ES256",
            profile="fapi2",
            first_party=False,
            **self.known(key, shown, also),
            **data,
        )
        return Holder(made.client_id, made.redirect_uri, key, shown)

    def certificate(self, client_id: str) -> Shown | None:
        """Return what a client of that name shows when it connects."""
        return None

    def known(self, key: jwk.ECKey, shown: Shown | None, also: Any = None) -> dict[str, Any]:
        """Return the members of a registration that say how a client proves who it is."""
        keys = [key] if also is None else [key, also]
        return {
            "token_endpoint_auth_method": "private_key_jwt",
            "jwks": {"keys": [one.as_dict(private=False) for one in keys]},
        }

    def prover(self, holder: Holder, alg: str = "ES256") -> Any:
        """Return what `holder` shows, and opens its tokens with."""
        return LateProver(self.provider, alg)

    def pair(self, name: str = "one") -> tuple[Holder, Any]:
        """Return a client, and what it shows."""
        holder = self.holder(name)
        return holder, self.prover(holder)

    # -- what a client sends

    def request(self, holder: Holder, **changes: Any) -> dict[str, str]:
        """Return what is asked; a change to None leaves a parameter out."""
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

    def packed(self, holder: Holder, asked: Mapping[str, str]) -> dict[str, str]:
        """Return what is pushed of a request."""
        return dict(asked)

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

    def proof(self, holder: Holder) -> dict[str, str]:
        """Return the fields by which a client says who it is, good for one request."""
        return self.assertion(holder)

    def send(
        self,
        name: str,
        holder: Holder,
        prover: Any,
        form: Mapping[str, str],
        proof: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send a form to the endpoint `name` of the metadata, and show what `prover` has."""

        def whole() -> dict[str, str]:
            return {**(self.proof(holder) if proof is None else proof), **form}

        if prover is None:
            return self.call("POST", self.metadata[name], whole())
        path = self.path(name)
        answer: Answer = prover._send("POST", path, whole(), None, {})
        if answer.status == 400 and answer.json["error"] == "use_dpop_nonce":
            answer = prover._send("POST", path, whole(), None, {})
        return answer

    def path(self, name: str) -> str:
        """Return where the endpoint `name` of the metadata is below its host."""
        return urlsplit(self.metadata[name]).path

    def push(
        self,
        holder: Holder,
        prover: Any = None,
        assertion: dict[str, str] | None = None,
        **changes: Any,
    ) -> Answer:
        """Push a request, with a proof if there is a `prover`."""
        form = self.packed(holder, self.request(holder, **changes))
        return self.send("pushed_authorization_request_endpoint", holder, prover, form, assertion)

    def pushed(self, holder: Holder, prover: Any = None, **changes: Any) -> str:
        """Return the request_uri of a request that is taken."""
        answer = self.push(holder, prover, **changes)
        assert answer.status == 201, answer.text
        assert 5 < answer.json["expires_in"] < 600
        return str(answer.json["request_uri"])

    def token(
        self,
        holder: Holder,
        prover: Any,
        assertion: dict[str, str] | None = None,
        **form: Any,
    ) -> Answer:
        """Ask the token endpoint; a change to None leaves a parameter out."""
        given = {name: value for name, value in form.items() if value is not None}
        return self.send("token_endpoint", holder, prover, given, assertion)

    def redeem(
        self, holder: Holder, prover: Any, code: str, assertion: Any = None, **form: Any
    ) -> Answer:
        asked = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": holder.redirect_uri,
            "code_verifier": VERIFIER,
            **form,
        }
        return self.token(holder, prover, assertion, **asked)

    # -- what comes back

    def sent(self, holder: Holder, uri: str, **beside: str) -> dict[str, str]:
        """Return what stands at /authorize: the name, and the request_uri, alone."""
        return {"client_id": holder.client_id, "request_uri": uri, **beside}

    def fields(self, holder: Holder, end: Callback) -> dict[str, str]:
        """Return what an answer by the browser says."""
        return end.fields

    def arrives(
        self, holder: Holder, uri: str, who: Visitor | None = None, **beside: str
    ) -> dict[str, str]:
        """Return what a browser brings that was sent with a request_uri."""
        visitor = who or self.visitor()
        sent = self.sent(holder, uri, **beside)
        end = visitor.arrives(self.metadata["authorization_endpoint"], sent)
        assert end.uri.startswith(holder.redirect_uri + "?")
        found = self.fields(holder, end)
        assert found["iss"] == self.provider.issuer
        return found

    def stays(self, holder: Holder, uri: str, who: Visitor | None = None) -> Page:
        return (who or self.visitor()).stays(
            self.metadata["authorization_endpoint"], self.sent(holder, uri)
        )

    def code(self, holder: Holder, prover: Any = None, **changes: Any) -> str:
        """Return a code of a whole sign-in."""
        return self.arrives(holder, self.pushed(holder, prover, **changes))["code"]

    def tokens(self, holder: Holder, prover: Any, **changes: Any) -> dict[str, Any]:
        """Return the tokens of a whole flow, each checked."""
        asked: dict[str, Any] = self.request(holder, **changes)
        code = self.code(holder, **{"nonce": None, "state": None, **asked})
        return self.checked(holder, self.redeem(holder, prover, code), asked.get("nonce"))

    def checked(self, holder: Holder, answer: Answer, nonce: str | None) -> dict[str, Any]:
        """Return the tokens of an answer, each checked."""
        assert answer.status == 200, answer.text
        found: dict[str, Any] = answer.json
        assert found["token_type"].lower() == self.bound
        claims = checks.signed_claims(found["id_token"], self.keys, "ES256")
        checks.id_token_claims(
            claims,
            issuer=self.provider.issuer,
            client_id=holder.client_id,
            nonce=nonce,
            now=self.provider.now(),
        )
        return found


def refused(answer: Answer, *errors: str, status: int = 400) -> None:
    """Check an error of a program's endpoint."""
    checks.json_error(answer, *errors, status=status)
