"""The modules of the FAPI plans (suite of August 2026), and which of them a variant has.

Of the suite's profile plain_fapi, with OpenID Connect. A module's test runs in each variant that
has it: see the groups. What a module asserts of TLS itself is the proxy's business:
`tests/protocol/oidc/client_auth/test_certificates_by_proxies.py` looks at that. Of introspection,
signed or not, the plans ask nothing.
"""

from tests.conformance.certified import BOUND_BY_PROOF, BOUND_TO_ONE, BY_CERTIFICATE
from tests.conformance.ciba import PING, POLL
from tests.conformance.fapi import FAPI
from tests.conformance.groundwork import Variant
from tests.conformance.message_signing import SIGNING

_FAPI2, _CIBA = "fapi2-security-profile-final-", "fapi-ciba-id1-"


def _named(prefix: str, names: str) -> tuple[str, ...]:
    return tuple(prefix + name for name in names.split())


_SECURITY = _named(
    _FAPI2,
    """
    discovery-end-point-verification
    happy-flow
    user-rejects-authentication
    ensure-authorization-request-without-state-success
    ensure-authorization-request-without-nonce-success
    ensure-authorization-request-with-64-char-nonce-success
    ensure-other-scope-order-succeeds
    test-claims-parameter-identity-claims
    access-token-type-header-case-sensitivity
    ensure-different-nonce-inside-and-outside-request-object
    ensure-different-state-inside-and-outside-request-object
    ensure-authorization-request-with-long-nonce
    ensure-authorization-request-with-long-state
    state-only-outside-request-object-not-used
    ensure-request-object-without-redirect-uri-fails
    plain-fapi-tolerate-unregistered-redirect-uri
    ensure-unsigned-authorization-request-without-using-par-fails
    ensure-redirect-uri-in-authorization-request
    ensure-response-type-code-idtoken-fails
    ensure-response-type-token-fails
    ensure-client-id-in-token-endpoint
    ensure-holder-of-key-required
    ensure-authorization-code-is-bound-to-client
    attempt-reuse-authorization-code-after-one-second
    ensure-token-endpoint-fails-with-expired-auth-code
    refresh-token
    par-ensure-reused-request-uri-prior-to-auth-completion-succeeds
    par-attempt-reuse-request_uri
    par-attempt-to-use-expired-request_uri
    par-attempt-to-use-request_uri-for-different-client
    par-authorization-request-containing-request_uri-form-param
    par-attempt-invalid-http-method
    par-ensure-pkce-required
    ensure-pkce-code-verifier-required
    incorrect-pkce-code-verifier-rejected
    par-plain-pkce-rejected
    par-without-duplicate-parameters
    """,
)
"""Of every client."""
_MIXED = _named(_FAPI2, "happy-flow ensure-holder-of-key-required refresh-token")
"""What is another way where a client is known by one thing, and its tokens bound by another."""
_BY_DPOP = _named(
    _FAPI2,
    """
    check-dpop-proof-nbf-exp
    ensure-dpopproof-with-iat-10seconds-before-succeeds
    ensure-dpopproof-with-iat-10seconds-after-succeeds
    ensure-mismatched-dpop-jkt-fails
    ensure-token-endpoint-fails-with-mismatched-dpop-proof-jkt
    ensure-token-endpoint-fails-with-mismatched-dpop-jkt
    ensure-dpopproof-at-par-endpoint-binding-success
    ensure-dpop-auth-code-binding-success
    dpop-negative-tests
    """,
)
"""Where tokens are bound by DPoP."""
_BY_ASSERTION = _named(
    _FAPI2,
    """
    ensure-signed-client-assertion-with-RS256-fails
    ensure-client-assertion-in-token-endpoint
    ensure-client-assertion-with-exp-is-5-minutes-in-past-fails
    ensure-client-assertion-with-wrong-aud-fails
    ensure-client-assertion-with-no-sub-fails
    par-ensure-jwt-client-assertions-nbf-8-seconds-in-the-future-is-accepted
    par-ensure-jwt-client-assertions-nbf-over-60-seconds-in-the-future-fails
    par-test-array-as-audience-fails
    par-test-par-endpoint-url-as-audience-fails
    par-test-token-endpoint-url-as-audience-fails
    """,
)
"""Where a client is known by private_key_jwt."""
_SIGNED = _named(
    _FAPI2,
    """
    ensure-request-object-with-multiple-aud-succeeds
    ensure-request-object-with-nbf-8-seconds-in-the-future-is-accepted
    ensure-request-object-without-exp-fails
    ensure-request-object-without-nbf-fails
    ensure-expired-request-object-fails
    ensure-request-object-with-bad-aud-fails
    ensure-request-object-with-exp-over-60-fails
    ensure-request-object-with-nbf-over-60-fails
    ensure-signed-request-object-with-RS256-fails
    ensure-request-object-signature-algorithm-is-not-none
    ensure-request-object-with-invalid-signature-fails
    ensure-matching-key-in-authorization-request
    ensure-unsigned-request-at-par-endpoint-fails
    par-authorization-request-containing-request_uri
    """,
)
"""Where requests are signed."""
_BEHIND = _named(
    _CIBA,
    """
    auth-req-id-expired
    discovery-end-point-verification
    ensure-authorization-request-with-binding-message-succeeds
    ensure-authorization-request-with-multiple-hints-fails
    ensure-authorization-request-with-potentially-bad-binding-message
    ensure-mtls-holder-of-key-required
    ensure-other-scope-order-succeeds
    ensure-request-object-bad-aud-fails
    ensure-request-object-bad-iss-fails
    ensure-request-object-exp-is-70-minutes-in-future-fails
    ensure-request-object-expired-exp-fails
    ensure-request-object-missing-aud-fails
    ensure-request-object-missing-exp-fails
    ensure-request-object-missing-iat-fails
    ensure-request-object-missing-iss-fails
    ensure-request-object-missing-jti-fails
    ensure-request-object-missing-nbf-fails
    ensure-request-object-nbf-is-10-minutes-in-future-fails
    ensure-request-object-nbf-is-70-minutes-in-past-fails
    ensure-request-object-signature-algorithm-is-bad-fails
    ensure-request-object-signature-algorithm-is-none-fails
    ensure-request-object-signed-by-other-client-fails
    ensure-requested-expiry-as-string-succeeds
    ensure-unsigned-backchannel-authorization-request-fails
    ensure-wrong-auth-req-id-in-token-endpoint-request
    multiple-call-to-token-endpoint
    refresh-token
    user-rejects-authentication
    ensure-request-object-signature-algorithm-is-RS256-fails
    """,
)
_BEHIND_BY_ASSERTION = _named(
    _CIBA,
    """
    ensure-client-assertion-with-iss-aud-to-token-endpoint-succeeds
    ensure-without-client-assertion-in-backchannel-authorization-request
    ensure-without-client-assertion-in-token-endpoint-request
    ensure-client-assertion-signature-algorithm-in-backchannel-authorization-request-is-RS256-fails
    ensure-client-assertion-signature-algorithm-in-token-endpoint-request-is-RS256-fails
    """,
)
_BEHIND_BY_CERTIFICATE = _named(
    _CIBA,
    """
    ensure-different-client-id-and-issuer-in-backchannel-authorization-request
    ensure-wrong-client-id-in-token-endpoint-request
    ensure-wrong-client-id-in-backchannel-authorization-request
    """,
)
"""The suite has them by mTLS alone; an assertion under another's name is refused alike."""
_PING = _named(
    _CIBA,
    """
    ping-backchannel-notification-endpoint-response-401
    ping-with-mtls-ciba-notification-endpoint-response-401-and-require-server-does-not-retry
    ping-backchannel-notification-endpoint-response-403
    ping-backchannel-notification-endpoint-response-has-body
    ping-backchannel-notification-endpoint-return-redirect-request
    """,
)
_HAPPY = ("fapi-ciba-id1",)
_FEW = _named(
    _CIBA,
    """
    ensure-mtls-holder-of-key-required
    ensure-client-assertion-with-iss-aud-to-token-endpoint-succeeds
    """,
)
"""What the certificate is for, where the client is known by an assertion."""
_FILES2 = ("test_fapi2", "test_fapi2_pushing", "test_fapi2_proofs", "test_fapi2_signing")
_FILES_CIBA = ("test_fapi_ciba", "test_fapi_ciba_requests")

FAPI_PLANS: dict[str, tuple[Variant, tuple[str, ...], tuple[str, ...]]] = {
    "FAPI 2.0 Security Profile, by private_key_jwt and DPoP": (
        FAPI,
        _FILES2,
        (*_SECURITY, *_BY_DPOP, *_BY_ASSERTION),
    ),
    "FAPI 2.0 Security Profile, by mTLS": (BY_CERTIFICATE, _FILES2, _SECURITY),
    "FAPI 2.0 Security Profile, by private_key_jwt, bound by mTLS": (
        BOUND_TO_ONE,
        _FILES2,
        _MIXED,
    ),
    "FAPI 2.0 Security Profile, by mTLS and DPoP": (BOUND_BY_PROOF, _FILES2, _MIXED),
    "FAPI 2.0 Message Signing, by private_key_jwt and DPoP, with JAR and JARM": (
        SIGNING,
        _FILES2,
        (*_SECURITY, *_BY_DPOP, *_BY_ASSERTION, *_SIGNED),
    ),
    "FAPI-CIBA, poll, by private_key_jwt": (
        POLL,
        _FILES_CIBA,
        (*_HAPPY, *_BEHIND, *_BEHIND_BY_ASSERTION, *_BEHIND_BY_CERTIFICATE),
    ),
    "FAPI-CIBA, ping, by private_key_jwt": (
        PING,
        _FILES_CIBA,
        (*_HAPPY, *_BEHIND, *_BEHIND_BY_ASSERTION, *_BEHIND_BY_CERTIFICATE, *_PING),
    ),
    "FAPI-CIBA, poll, by mTLS": (
        BY_CERTIFICATE,
        _FILES_CIBA,
        (*_HAPPY, *_BEHIND, *_BEHIND_BY_CERTIFICATE),
    ),
    "FAPI-CIBA, poll, by private_key_jwt, bound by mTLS": (
        BOUND_TO_ONE,
        _FILES_CIBA,
        (*_HAPPY, *_FEW),
    ),
}
"""Of each plan: how it runs, where the tests of its modules are, and their names."""


def variants(test: str, file: str) -> list[Variant]:
    """Return in which variants a test of `file` runs: those of its module, or else the first."""
    plans = [one for one in FAPI_PLANS.values() if file in one[1]]
    found = [variant for variant, _, modules in plans if test in map(name_of_test, modules)]
    return found or [plans[0][0]]


def name_of_test(module: str) -> str:
    """Return the name of the test of a module."""
    return "test_" + module.replace("-", "_")
