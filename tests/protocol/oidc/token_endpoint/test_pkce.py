"""Proof Key for Code Exchange (RFC 7636, RFC 9700 section 2.1.1): S256, and nothing weaker."""

from collections.abc import Iterator
from typing import Any

import pytest

from idp.oidc.token_endpoint.code import check_verifier
from tests.protocol.sign_ins import assert_redirect_error, assert_token_error, code
from tests.support.site import Application, Site

NO_CHALLENGE: dict[str, Any] = {"code_challenge": None, "code_challenge_method": None}
SHORT = "a" * 42
LONG = "a" * 44


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One installation: a client that must, one that may, and one that has no secret."""
    folder = tmp_path_factory.mktemp("site")
    site = Site(folder, f"sqlite:///{folder / 'acrux.db'}")
    site.person("tane")
    yield site
    site.close()


@pytest.fixture(scope="module")
def must(ready: Site) -> Application:
    return ready.application("must")


@pytest.fixture(scope="module")
def may(ready: Site) -> Application:
    return ready.application("may", pkce="optional")


@pytest.fixture(scope="module")
def public(ready: Site) -> Application:
    return ready.application("public", public=True)


WRONG: dict[str, dict[str, Any]] = {
    "plain": {"code_challenge_method": "plain"},
    "no method, which means plain": {"code_challenge_method": None},
    "an unknown method": {"code_challenge_method": "S512"},
    "a method in lower case": {"code_challenge_method": "s256"},
    "a challenge too short": {"code_challenge": SHORT},
    "a challenge too long": {"code_challenge": LONG},
    "a challenge of other characters": {"code_challenge": "." + SHORT},
    "a challenge with padding": {"code_challenge": SHORT + "="},
    "a challenge with a line break": {"code_challenge": "a" * 43 + "\n"},
    "a method without a challenge": {"code_challenge": None},
}


@pytest.mark.parametrize("client", ["must", "may", "public"])
@pytest.mark.parametrize("changes", WRONG.values(), ids=WRONG)
def test_a_challenge_that_is_not_sha256_is_refused_for_every_client(
    ready: Site, changes: dict[str, Any], client: str, request: pytest.FixtureRequest
) -> None:
    app: Application = request.getfixturevalue(client)
    answer = ready.browser().authorize(app, **changes)
    assert_redirect_error(ready, answer, "invalid_request")


def test_no_challenge_is_refused_where_it_is_required(
    ready: Site, must: Application, public: Application
) -> None:
    for app in (must, public):
        answer = ready.browser().authorize(app, **NO_CHALLENGE)
        assert_redirect_error(ready, answer, "invalid_request")
        assert "PKCE" in answer.query["error_description"]


def test_the_right_verifier_redeems_the_code(
    ready: Site, must: Application, may: Application, public: Application
) -> None:
    for app in (must, may, public):
        assert ready.redeem(app, code(ready, app)).status == 200


def test_the_example_of_the_rfc_is_right() -> None:
    """RFC 7636 appendix B."""
    challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    check_verifier(challenge, "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")


VERIFIERS: dict[str, tuple[str | None, str]] = {
    "missing": (None, "invalid_request"),
    "empty": ("", "invalid_request"),
    "another": ("b" * 43, "invalid_grant"),
    "too short": (SHORT, "invalid_request"),
    "too long": ("a" * 129, "invalid_request"),
    "of other characters": ("é" * 43, "invalid_request"),
    "with a line break": ("b" * 43 + "\n", "invalid_request"),
}


@pytest.mark.parametrize(("verifier", "error"), VERIFIERS.values(), ids=VERIFIERS)
def test_a_wrong_verifier_gives_nothing_and_the_code_still_works_for_its_owner(
    ready: Site,
    may: Application,
    public: Application,
    verifier: str | None,
    error: str,
) -> None:
    for app in (may, public):
        value = code(ready, app)
        assert_token_error(ready.redeem(app, value, code_verifier=verifier), error)
        assert_token_error(ready.redeem(app, value, code_verifier=app.challenge), "invalid_grant")
        assert ready.redeem(app, value).status == 200


def test_a_client_that_may_leave_it_out_gets_its_tokens_without(
    ready: Site, may: Application
) -> None:
    value = code(ready, may, **NO_CHALLENGE)
    assert ready.redeem(may, value, code_verifier=None).status == 200


def test_a_verifier_for_a_code_without_challenge_is_refused(ready: Site, may: Application) -> None:
    """The downgrade of RFC 9700 section 4.8.2: an injected code must not pass for a bound one."""
    value = code(ready, may, **NO_CHALLENGE)
    assert_token_error(ready.redeem(may, value), "invalid_request")
