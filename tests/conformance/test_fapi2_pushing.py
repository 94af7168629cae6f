"""FAPI 2.0 Security Profile (final): what is pushed, and the request_uri that comes of it.

In the variants of `plans_of_fapi`.
"""

from tests.conformance import checks
from tests.conformance.fapi import Fapi, refused

PAR = "pushed_authorization_request_endpoint"


def test_fapi2_security_profile_final_ensure_unsigned_authorization_request_without_using_par_fails(
    fapi: Fapi,
) -> None:
    holder = fapi.holder("one")
    asked = fapi.request(holder)
    end = fapi.visitor().arrives(fapi.metadata["authorization_endpoint"], asked)
    fields = fapi.fields(holder, end)
    error = checks.error_redirect(fields, state=asked["state"], issuer=fapi.provider.issuer)
    assert error == "invalid_request"


def test_fapi2_security_profile_final_par_without_duplicate_parameters(fapi: Fapi) -> None:
    holder = fapi.holder("one")
    assert "code" in fapi.arrives(holder, fapi.pushed(holder))


def test_fapi2_security_profile_final_par_attempt_invalid_http_method(fapi: Fapi) -> None:
    holder = fapi.holder("one")
    form = fapi.packed(holder, fapi.request(holder)) | fapi.proof(holder)
    assert fapi.call("PUT", fapi.metadata[PAR], form).status in (400, 404, 405)


def test_fapi2_security_profile_final_par_ensure_reused_request_uri_prior_to_auth_completion_succeeds(  # noqa: E501
    fapi: Fapi,
) -> None:
    holder, who = fapi.holder("one"), fapi.visitor()
    uri = fapi.pushed(holder)
    endpoint = fapi.metadata["authorization_endpoint"]
    who.first_page(endpoint, fapi.sent(holder, uri))
    assert "code" in fapi.arrives(holder, uri, who)
    assert fapi.stays(holder, uri).status == 400


def test_fapi2_security_profile_final_par_ensure_pkce_required(fapi: Fapi) -> None:
    answer = fapi.push(fapi.holder("one"), code_challenge=None, code_challenge_method=None)
    refused(answer, "invalid_request")


def test_fapi2_security_profile_final_par_plain_pkce_rejected(fapi: Fapi) -> None:
    refused(fapi.push(fapi.holder("one"), code_challenge_method="plain"), "invalid_request")


def test_fapi2_security_profile_final_ensure_redirect_uri_in_authorization_request(
    fapi: Fapi,
) -> None:
    refused(fapi.push(fapi.holder("one"), redirect_uri=None), "invalid_request")


def test_fapi2_security_profile_final_ensure_request_object_without_redirect_uri_fails(
    fapi: Fapi,
) -> None:
    answer = fapi.push(fapi.holder("one"), redirect_uri=None, response_mode=None)
    refused(answer, "invalid_request", "invalid_request_object")


def test_fapi2_security_profile_final_plain_fapi_tolerate_unregistered_redirect_uri(
    fapi: Fapi,
) -> None:
    """It may be taken of a client that proves itself (RFC 9126 section 2.4). Ours is refused."""
    answer = fapi.push(fapi.holder("one"), redirect_uri="https://evil.example/callback")
    refused(answer, "invalid_request", "invalid_request_object")


def test_fapi2_security_profile_final_ensure_response_type_code_idtoken_fails(fapi: Fapi) -> None:
    answer = fapi.push(fapi.holder("one"), response_type="code id_token")
    refused(answer, "unsupported_response_type", "invalid_request", "unauthorized_client")


def test_fapi2_security_profile_final_ensure_response_type_token_fails(fapi: Fapi) -> None:
    answer = fapi.push(fapi.holder("one"), response_type="token")
    refused(answer, "unsupported_response_type", "invalid_request", "unauthorized_client")


def test_fapi2_security_profile_final_par_attempt_reuse_request_uri(fapi: Fapi) -> None:
    holder, who = fapi.holder("one"), fapi.visitor()
    uri = fapi.pushed(holder)
    assert "code" in fapi.arrives(holder, uri, who)
    assert fapi.stays(holder, uri, who).status == 400


def test_fapi2_security_profile_final_par_attempt_to_use_expired_request_uri(fapi: Fapi) -> None:
    holder = fapi.holder("one")
    answer = fapi.push(holder)
    fapi.provider.advance(answer.json["expires_in"] + 1)
    assert fapi.stays(holder, answer.json["request_uri"]).status == 400


def test_fapi2_security_profile_final_par_attempt_to_use_request_uri_for_different_client(
    fapi: Fapi,
) -> None:
    uri = fapi.pushed(fapi.holder("one"))
    assert fapi.stays(fapi.holder("other"), uri).status == 400


def test_fapi2_security_profile_final_par_authorization_request_containing_request_uri_form_param(
    fapi: Fapi,
) -> None:
    holder = fapi.holder("one")
    form = fapi.packed(holder, fapi.request(holder)) | {"request_uri": "urn:example:bad"}
    answer = fapi.send(PAR, holder, None, form)
    refused(answer, "invalid_request", "invalid_request_object", "request_uri_not_supported")
