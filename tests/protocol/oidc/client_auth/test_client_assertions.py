"""private_key_jwt and client_secret_jwt: every claim counts, every assertion works once."""

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from typing import Any

import pytest

from idp import clock
from idp.egress import Fetcher
from idp.oidc.client_auth.authentication import ClientAuthentication
from idp.oidc.client_auth.keys import ClientKeys
from idp.oidc.client_auth.presented import AuthenticationFailed, Credentials
from idp.oidc.clients.registry import Registry
from idp.oidc.vocabulary import AUTH_METHODS
from tests.protocol.sign_ins import code
from tests.security.serving.crowd import ARENAS, at_once, build_arena, new_name
from tests.support.applications.signing_client import (
    ASSERTION_TYPE,
    SigningClient,
    by_key,
    by_secret,
    key_for,
    sign,
)
from tests.support.site import Application, Site

MANY = 8


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One installation for the tests that leave nothing behind."""
    folder = tmp_path_factory.mktemp("site")
    site = Site(folder, f"sqlite:///{folder / 'acrux.db'}")
    yield site
    site.close()


@pytest.fixture
def signer(place: Site) -> SigningClient:
    return by_key(place, new_name("signer"))


@pytest.mark.parametrize("alg", ["RS256", "PS256", "ES256"])
def test_a_client_gets_tokens_by_its_own_key(site: Site, alg: str) -> None:
    site.person("tane")
    signer = by_key(site, alg=alg)
    app = Application(signer.client_id, None)
    form = app.redemption(code(site, app), client_id=None)
    proof = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": signer.assertion()}
    answer = site.client().send("POST", "/token", {**form, **proof})
    assert answer.status == 200, answer.text
    assert site.id_token(answer.json["id_token"])["aud"] == signer.client_id


def test_a_client_gets_in_by_signing_with_its_secret(site: Site) -> None:
    sharer = by_secret(site)
    assert sharer.works()
    assert not sharer.works(sign(sharer.claims(), b"another secret of many letters", "HS256"))
    assert not sharer.works(sign(sharer.claims(), b"", "HS256"))


CLAIMS: dict[str, dict[str, Any]] = {
    "no iss": {"iss": None},
    "another iss": {"iss": "other"},
    "no sub": {"sub": None},
    "another sub": {"sub": "other"},
    "a sub that is a list": {"sub": ["signer"]},
    "no aud": {"aud": None},
    "another aud": {"aud": "https://other.example"},
    "an empty aud": {"aud": ""},
    "no audience": {"aud": []},
    "an aud of nested lists": {"aud": [["x"]]},
    "an aud that is an object": {"aud": {}},
    "no exp": {"exp": None},
    "an exp in the past": {"exp": -61},
    "an exp of tomorrow": {"exp": 86_400},
    "an iat in the future": {"iat": 120},
    "an nbf in the future": {"nbf": 120},
    "no jti": {"jti": None},
    "an empty jti": {"jti": ""},
    "a jti that is a number": {"jti": 7},
    "a jti that is a list": {"jti": ["x"]},
    "a jti of a thousand letters": {"jti": "x" * 1000},
}


@pytest.mark.parametrize("changes", CLAIMS.values(), ids=CLAIMS)
def test_an_assertion_that_says_something_wrong_is_refused(
    signer: SigningClient, changes: dict[str, Any]
) -> None:
    for name in ("exp", "iat", "nbf"):
        if isinstance(changes.get(name), int):
            changes = {**changes, name: clock.now() + changes[name]}
    assert not signer.works(signer.assertion(**changes))
    assert signer.works()


@pytest.mark.parametrize("name", ["exp", "iat", "nbf"])
@pytest.mark.parametrize("value", ["1", True, {}, [], -1, 1e300, 10**30, False, "tomorrow"])
def test_times_are_numbers(signer: SigningClient, name: str, value: Any) -> None:
    assert not signer.works(signer.assertion(**{name: value}))


def test_times_may_have_fractions_and_clocks_may_differ_a_little(signer: SigningClient) -> None:
    now = clock.now()
    assert signer.works(signer.assertion(exp=now + 30.5, iat=now + 0.25, nbf=now - 3.0))
    assert signer.works(signer.assertion(exp=now - 30, iat=now + 30))
    assert signer.works(signer.assertion(iat=None))
    assert signer.works(signer.assertion(exp=now + 3600))


def test_aud_is_the_issuer_or_the_endpoint_alone_or_together(signer: SigningClient) -> None:
    issuer = signer.site.issuer
    token = f"{issuer}/token"
    for aud in (issuer, token, [issuer], [token], [issuer, token]):
        assert signer.works(signer.assertion(aud=aud)), aud
    stranger = "https://other.example"
    for wrong in ([issuer, stranger], f"{issuer}/", f"{issuer}/userinfo", f"{token}/", [None]):
        assert not signer.works(signer.assertion(aud=wrong)), wrong


def test_a_strict_client_says_the_issuer_and_nothing_else(place: Site) -> None:
    strict = by_key(place, new_name("strict"), assertion_audience="issuer")
    issuer = place.issuer
    assert strict.works(strict.assertion(aud=issuer))
    for wrong in (f"{issuer}/token", [issuer], [issuer, f"{issuer}/token"]):
        assert not strict.works(strict.assertion(aud=wrong)), wrong


def test_an_assertion_works_once_and_for_its_client_only(site: Site) -> None:
    signer, other = by_key(site), by_key(site, "other")
    first = signer.assertion(jti="one")
    assert signer.works(first)
    assert not signer.works(first)
    assert not signer.works(signer.assertion(jti="one"))
    # Ids are the business of each client: another may draw the same.
    assert other.works(other.assertion(jti="one"))
    site.advance(59)
    assert not signer.works(first)
    site.advance(62)
    assert not signer.works(first)


def test_an_assertion_that_was_refused_has_not_been_used(signer: SigningClient) -> None:
    stolen = sign(signer.claims(jti="x"), key_for("ES256", "thief"), "ES256", kid="first")
    assert not signer.works(stolen)
    assert not signer.works(signer.assertion(jti="x", aud="https://other.example"))
    assert signer.works(signer.assertion(jti="x"))


@pytest.fixture(scope="module", params=ARENAS)
def arena(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    yield from build_arena(request, tmp_path_factory)


def test_of_many_at_once_one_uses_an_assertion(arena: Site) -> None:
    signer = by_key(arena, new_name("signer"))
    for _ in range(2):
        once = signer.assertion()
        answers = at_once([partial(signer.ask, once)] * MANY)
        assert Counter(a.status for a in answers) == {400: 1, 401: MANY - 1}


def test_the_client_of_the_form_is_that_of_the_assertion(signer: SigningClient) -> None:
    assert signer.works(client_id=signer.client_id)
    other = by_key(signer.site, new_name("other"))
    assert not signer.works(client_id=other.client_id)
    assert not signer.works(client_id="nobody")


def test_another_type_of_assertion_is_no_authentication(signer: SigningClient) -> None:
    saml = "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"
    for kind in (saml, ASSERTION_TYPE.upper(), ASSERTION_TYPE + " ", "jwt-bearer"):
        assert not signer.works(client_assertion_type=kind)


@pytest.mark.parametrize("left_out", ["client_assertion", "client_assertion_type"])
def test_half_an_assertion_is_an_invalid_request(signer: SigningClient, left_out: str) -> None:
    answer = signer.ask(**{left_out: ""})
    assert (answer.status, answer.json["error"]) == (400, "invalid_request")


def test_an_assertion_beyond_eight_kilobytes_is_an_invalid_request(signer: SigningClient) -> None:
    assert signer.works(signer.assertion(x="y" * 4000))
    answer = signer.ask(signer.assertion(x="y" * 9000))
    assert (answer.status, answer.json["error"]) == (400, "invalid_request")


def test_the_trail_says_what_was_wrong_and_the_answer_does_not(signer: SigningClient) -> None:
    answers = [
        signer.ask(signer.assertion(aud="https://other.example")),
        signer.ask(signer.assertion(exp=clock.now() - 600)),
        signer.ask(signer.assertion(sub="nobody")),
        signer.ask("a.b.c"),
    ]
    assert len({(a.status, a.text) for a in answers}) == 1
    found = signer.site.events(kind="client:token:refused")
    reasons = [event.reason or "" for event in found if event.client_id == signer.client_id]
    assert reasons == [
        "invalid_client: the assertion has expired",
        "invalid_client: aud must be this issuer or this endpoint, and nobody else",
    ]
    assert not any("other.example" in (event.reason or "") for event in found)


@pytest.mark.slow
def test_the_address_that_is_called_may_be_the_audience(signer: SigningClient) -> None:
    site = signer.site
    keys = ClientKeys(Fetcher(site.installation.settings.egress), 600)
    door = ClientAuthentication(site.issuer, Registry(0), site.installation.keyring, keys)

    def accepts(aud: str, endpoint: str) -> bool:
        text = signer.assertion(aud=f"{site.issuer}/{aud}")
        with site.work() as work, suppress(AuthenticationFailed):
            shown = Credentials("assertion", "", text)
            return door.client(work, shown, AUTH_METHODS, endpoint).client_id == signer.client_id
        return False

    assert accepts("revoke", "revoke")
    assert accepts("token", "revoke")
    assert accepts("introspect", "introspect")
    assert not accepts("revoke", "introspect")
    assert not accepts("introspect", "token")
