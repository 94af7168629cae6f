"""FAPI 2.0 Message Signing (final): the modules that only signed requests have.

Answers are signed in all of them, and in the modules that this plan shares with the Security
Profile (`plans_of_fapi`). Of introspection the plan asks nothing.
"""

import base64
import json
from typing import Any

from joserfc import jwk

from tests.conformance.fapi import Holder, refused
from tests.conformance.message_signing import Signing
from tests.support.browser import Answer

PAR = "pushed_authorization_request_endpoint"
MINUTE = 60


def _pushes(
    fapi: Signing,
    alg: str = "ES256",
    key: Any = None,
    holder: Holder | None = None,
    **claims: Any,
) -> Answer:
    """Push a request object with these claims, or this signature."""
    holder = holder or fapi.holder("one")
    token = holder.signed(fapi.members(holder, fapi.request(holder), **claims), alg, key)
    return _sends(fapi, holder, token)


def _sends(fapi: Signing, holder: Holder, token: str) -> Answer:
    return fapi.send(PAR, holder, None, {"client_id": holder.client_id, "request": token})


def _bad(answer: Answer) -> None:
    refused(answer, "invalid_request_object")


# -- what is taken


def test_fapi2_security_profile_final_ensure_request_object_with_multiple_aud_succeeds(
    fapi: Signing,
) -> None:
    holder = fapi.holder("one")
    answer = _pushes(fapi, holder=holder, aud=["https://other.example", fapi.provider.issuer])
    assert answer.status == 201, answer.text
    assert "code" in fapi.arrives(holder, answer.json["request_uri"])


def test_fapi2_security_profile_final_ensure_request_object_with_nbf_8_seconds_in_the_future_is_accepted(  # noqa: E501
    fapi: Signing,
) -> None:
    holder = fapi.holder("one")
    answer = _pushes(fapi, holder=holder, nbf=fapi.provider.now() + 8)
    assert answer.status == 201, answer.text
    assert "code" in fapi.arrives(holder, answer.json["request_uri"])


# -- what it says of itself


def test_fapi2_security_profile_final_ensure_request_object_without_exp_fails(
    fapi: Signing,
) -> None:
    _bad(_pushes(fapi, exp=None))


def test_fapi2_security_profile_final_ensure_request_object_without_nbf_fails(
    fapi: Signing,
) -> None:
    _bad(_pushes(fapi, nbf=None))


def test_fapi2_security_profile_final_ensure_expired_request_object_fails(fapi: Signing) -> None:
    _bad(_pushes(fapi, exp=fapi.provider.now() - 5 * MINUTE))


def test_fapi2_security_profile_final_ensure_request_object_with_bad_aud_fails(
    fapi: Signing,
) -> None:
    _bad(_pushes(fapi, aud="https://other.example"))


def test_fapi2_security_profile_final_ensure_request_object_with_exp_over_60_fails(
    fapi: Signing,
) -> None:
    _bad(_pushes(fapi, exp=fapi.provider.now() + 70 * MINUTE))


def test_fapi2_security_profile_final_ensure_request_object_with_nbf_over_60_fails(
    fapi: Signing,
) -> None:
    now = fapi.provider.now()
    _bad(_pushes(fapi, nbf=now - 70 * MINUTE))
    assert _pushes(fapi, nbf=now - 50 * MINUTE).status == 201
    _bad(_pushes(fapi, nbf=float("nan")))


def test_fapi2_security_profile_final_par_authorization_request_containing_request_uri(
    fapi: Signing,
) -> None:
    _bad(_pushes(fapi, request_uri="urn:example:bad"))


# -- who signed it


def test_fapi2_security_profile_final_ensure_signed_request_object_with_RS256_fails(
    fapi: Signing,
) -> None:
    key = jwk.RSAKey.generate_key(2048)
    holder = fapi.holder("rsa", also=key)
    assert _pushes(fapi, "PS256", key, holder).status == 201
    _bad(_pushes(fapi, "RS256", key, holder))


def test_fapi2_security_profile_final_ensure_request_object_signature_algorithm_is_not_none(
    fapi: Signing,
) -> None:
    holder = fapi.holder("one")
    parts = ({"alg": "none"}, fapi.members(holder, fapi.request(holder)))
    coded = (base64.urlsafe_b64encode(json.dumps(one).encode()).rstrip(b"=") for one in parts)
    _bad(_sends(fapi, holder, b".".join(coded).decode() + "."))


def test_fapi2_security_profile_final_ensure_request_object_with_invalid_signature_fails(
    fapi: Signing,
) -> None:
    holder = fapi.holder("one")
    token = holder.signed(fapi.members(holder, fapi.request(holder)))
    said, _, signature = token.rpartition(".")
    turned = signature[::-1]
    assert turned != signature
    _bad(_sends(fapi, holder, f"{said}.{turned}"))


def test_fapi2_security_profile_final_ensure_matching_key_in_authorization_request(
    fapi: Signing,
) -> None:
    other = fapi.holder("other")
    refused(_pushes(fapi, key=other.key), "invalid_request", "invalid_request_object")


def test_fapi2_security_profile_final_ensure_unsigned_request_at_par_endpoint_fails(
    fapi: Signing,
) -> None:
    holder = fapi.holder("one")
    refused(fapi.send(PAR, holder, None, fapi.request(holder)), "invalid_request")
