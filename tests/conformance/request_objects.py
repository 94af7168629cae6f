"""Request objects as the suite makes them, for the plans Basic, Form Post Basic and Dynamic.

Ours advertises signed ones only, so the suite skips its modules with unsigned ones. They still
show that such a request is refused, and never carried out as if the object were not there.
"""

from collections.abc import Mapping

from tests.conformance.party import Party, unsigned
from tests.conformance.suite import Suite
from tests.support.programs.https import Answer

OUTSIDE = ("response_type", "client_id", "scope", "redirect_uri")
"""What a plain OAuth 2.0 request needs beside the object (OIDC Core 6.1)."""
JWT_TYPE = {"Content-Type": "application/jwt"}


def outside(asked: Mapping[str, str], **changes: str) -> dict[str, str]:
    """Return the parameters that travel in the address, the object or its address among them."""
    return {**{name: asked[name] for name in OUTSIDE}, **changes}


def publish(suite: Suite, path: str, token: str) -> None:
    """Let the suite give out a request object."""
    suite.publish(path, Answer(token.encode(), headers=JWT_TYPE))


def says_unsigned_is_not_supported(suite: Suite) -> None:
    """Check the metadata that lets the suite skip (OIDC Discovery section 3)."""
    algorithms = suite.metadata["request_object_signing_alg_values_supported"]
    assert "none" not in algorithms
    assert "RS256" in algorithms


def unsigned_is_refused(suite: Suite, party: Party, error: str, **by: str) -> None:
    """Check that a request with an unsigned object, sent `by` value or reference, is refused."""
    request = suite.request(party)
    for name in {"state", "response_mode"} & request.keys():
        by[name] = request[name]
    sent = outside(request, **by)
    end = suite.visitor().arrives(suite.metadata["authorization_endpoint"], sent)
    assert suite.refused(end, request) == error


def unsigned_by_value(suite: Suite, party: Party) -> None:
    """Module oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported."""
    says_unsigned_is_not_supported(suite)
    token = unsigned(dict(suite.request(party)))
    unsigned_is_refused(suite, party, "invalid_request_object", request=token)


def unsigned_by_reference(suite: Suite, path: str) -> None:
    """Modules oidcc-request-uri-unsigned and oidcc-request-uri-unsigned-supported-…"""
    says_unsigned_is_not_supported(suite)
    uri = suite.url(path)
    party = suite.register(request_uris=[uri])
    publish(suite, path, unsigned(dict(suite.request(party))))
    unsigned_is_refused(suite, party, "invalid_request_object", request_uri=uri)


def redirect_uri_inside(suite: Suite, party: Party) -> None:
    """Module oidcc-ensure-request-object-with-redirect-uri: a bad one outside, a good one inside.

    The object is unsigned, so the one inside counts for nothing and the one outside is not
    registered: a page.
    """
    says_unsigned_is_not_supported(suite)
    request = suite.request(party)
    bad = f"{party.redirect_uri}invalid"
    sent = outside(request, request=unsigned(dict(request)), redirect_uri=bad)
    page = suite.visitor().stays(suite.metadata["authorization_endpoint"], sent)
    assert page.has("error-page")
