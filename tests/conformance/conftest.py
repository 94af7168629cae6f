"""The provider and the suite's own addresses, one of each for all modules of the folder."""

import ssl
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.conformance.ciba import PING, POLL, Ciba
from tests.conformance.fapi import FAPI, Fapi
from tests.conformance.groundwork import ALIAS, Variant
from tests.conformance.party import Party
from tests.conformance.provider import Provider
from tests.conformance.ssf import SSF, Ssf
from tests.conformance.suite import Suite
from tests.support.programs.https import HttpsServer, https_server

WORKERS = 2
BASIC = Variant("basic", dynamic=False)
BASIC_DYNAMIC = Variant("basic-dynamic")
FORM_POST_BASIC = Variant("form-post-basic", form_post=True)
DYNAMIC = Variant("dynamic", method="private_key_jwt")
LOGOUT = Variant("logout")


@pytest.fixture(scope="package")
def endpoints(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HttpsServer]:
    """The suite's own addresses: keys, request objects, logout.

    They speak TLS 1.3 alone: of a logout token that comes by less the suite warns (RFC 9325 3.1.1).
    """
    with https_server({}, tmp_path_factory.mktemp("suite")) as server:
        listening = server._server.socket
        assert isinstance(listening, ssl.SSLSocket)
        listening.context.minimum_version = ssl.TLSVersion.TLSv1_3
        yield server


def _served(
    tmp_path_factory: pytest.TempPathFactory, endpoints: HttpsServer, **settings: Any
) -> Iterator[Provider]:
    identity = endpoints.ca_bundle.with_name("identity.pem")
    provider = Provider(tmp_path_factory.mktemp("provider"), endpoints, identity, **settings)
    with provider.serve(WORKERS):
        yield provider
    provider.close()


@pytest.fixture(scope="package")
def provider(
    tmp_path_factory: pytest.TempPathFactory, endpoints: HttpsServer
) -> Iterator[Provider]:
    """The provider as it is installed, with open registration."""
    yield from _served(tmp_path_factory, endpoints)


@pytest.fixture(scope="package")
def dynamic_provider(
    tmp_path_factory: pytest.TempPathFactory, endpoints: HttpsServer
) -> Iterator[Provider]:
    """The same with implicit response types, which OIDC Core 15.2 demands of dynamic providers."""
    yield from _served(tmp_path_factory, endpoints, oidc__legacy_response_types="true")


@pytest.fixture(scope="package")
def static(provider: Provider, endpoints: HttpsServer) -> Mapping[str, Party]:
    """Clients that the operator registered: two, and one that posts its secret."""
    found = {}
    for name, method in (
        ("first", "client_secret_basic"),
        ("second", "client_secret_basic"),
        ("client_secret_post", "client_secret_post"),
    ):
        made = provider.application(
            f"suite-{name}",
            redirect_uris=[endpoints.url(f"{ALIAS}/callback")],
            token_endpoint_auth_method=method,
            pkce="optional",
            first_party=False,
        )
        found[name] = Party(made.client_id, made.redirect_uri, method, made.secret)
    return found


@pytest.fixture(params=[BASIC, BASIC_DYNAMIC, FORM_POST_BASIC], ids=lambda variant: variant.name)
def suite(
    request: pytest.FixtureRequest,
    provider: Provider,
    endpoints: HttpsServer,
    static: Mapping[str, Party],
) -> Iterator[Suite]:
    """The plans Basic (with clients of the operator, and registering its own), Form Post Basic."""
    running = Suite(provider, endpoints, request.param, static)
    yield running
    running.close()


@pytest.fixture(params=[BASIC_DYNAMIC, FORM_POST_BASIC], ids=lambda variant: variant.name)
def registering(
    request: pytest.FixtureRequest, provider: Provider, endpoints: HttpsServer
) -> Iterator[Suite]:
    """The same plans for modules that need to register a client."""
    running = Suite(provider, endpoints, request.param)
    yield running
    running.close()


@pytest.fixture
def dynamic(dynamic_provider: Provider, endpoints: HttpsServer) -> Iterator[Suite]:
    """The plan Dynamic: private_key_jwt unless a module says otherwise."""
    running = Suite(dynamic_provider, endpoints, DYNAMIC)
    yield running
    running.close()


@pytest.fixture
def logout(provider: Provider, endpoints: HttpsServer) -> Iterator[Suite]:
    """The logout plans and third-party initiated login."""
    running = Suite(provider, endpoints, LOGOUT)
    yield running
    running.close()


@pytest.fixture
def fapi(provider: Provider, endpoints: HttpsServer) -> Iterator[Fapi]:
    """FAPI 2.0 Security Profile: clients that the operator holds to it."""
    running = Fapi(provider, endpoints, FAPI)
    yield running
    running.close()


@pytest.fixture(params=["push", "poll"])
def ssf(
    request: pytest.FixtureRequest, provider: Provider, endpoints: HttpsServer
) -> Iterator[Ssf]:
    """The plan of a transmitter of signals, by both ways of delivery."""
    running = Ssf(provider, endpoints, SSF, delivery=request.param)
    yield running
    running.close()


@pytest.fixture(params=[POLL, PING], ids=lambda variant: variant.name)
def ciba(
    request: pytest.FixtureRequest, provider: Provider, endpoints: HttpsServer
) -> Iterator[Ciba]:
    """FAPI-CIBA, in both of its modes: clients that the operator holds to it."""
    running = Ciba(provider, endpoints, request.param)
    yield running
    running.close()


@pytest.fixture
def pinged(provider: Provider, endpoints: HttpsServer) -> Iterator[Ciba]:
    """The modules that only the mode ping has."""
    running = Ciba(provider, endpoints, PING)
    yield running
    running.close()
