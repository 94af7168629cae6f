"""The provider and the suite's own addresses, one of each for all modules of the folder."""

import ssl
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.conformance.certified import (
    BOUND_BY_PROOF,
    BOUND_TO_ONE,
    BY_CERTIFICATE,
    Certified,
    CertifiedCiba,
    FrontedProvider,
    Proving,
)
from tests.conformance.ciba import Ciba
from tests.conformance.fapi import Fapi
from tests.conformance.groundwork import ALIAS, Variant
from tests.conformance.message_signing import SIGNING, Signing
from tests.conformance.party import Party
from tests.conformance.plans_of_fapi import variants
from tests.conformance.provider import Provider
from tests.conformance.ssf import SSF, Ssf
from tests.conformance.suite import Suite
from tests.conftest import need
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


@pytest.fixture(params=["push", "poll"])
def ssf(
    request: pytest.FixtureRequest, provider: Provider, endpoints: HttpsServer
) -> Iterator[Ssf]:
    """The plan of a transmitter of signals, by both ways of delivery."""
    running = Ssf(provider, endpoints, SSF, delivery=request.param)
    yield running
    running.close()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Let a module of a FAPI plan run in each variant that has it."""
    for plan in {"fapi", "ciba"} & {*metafunc.fixturenames}:
        file = metafunc.module.__name__.rpartition(".")[2]
        found = variants(metafunc.function.__name__, file)
        metafunc.parametrize(plan, found, indirect=True, ids=[one.name for one in found])


@pytest.fixture(scope="package")
def fronted(
    tmp_path_factory: pytest.TempPathFactory, endpoints: HttpsServer
) -> Iterator[FrontedProvider]:
    """The same behind a proxy that asks for certificates."""
    need("nginx")
    provider = FrontedProvider(tmp_path_factory.mktemp("fronted"), endpoints)
    with provider.serve(WORKERS):
        yield provider
    provider.close()


def _run(
    request: pytest.FixtureRequest, kinds: Mapping[str, type[Fapi]], endpoints: HttpsServer
) -> Iterator[Fapi]:
    kind = kinds.get(request.param.name, kinds[""])
    found = request.getfixturevalue("fronted" if issubclass(kind, Certified) else "provider")
    running = kind(found, endpoints, request.param)
    yield running
    running.close()


@pytest.fixture
def fapi(request: pytest.FixtureRequest, endpoints: HttpsServer) -> Iterator[Fapi]:
    """FAPI 2.0, in a variant: clients that the operator holds to it."""
    certified: dict[str, type[Fapi]] = {
        one.name: Certified for one in (BY_CERTIFICATE, BOUND_TO_ONE)
    }
    certified[BOUND_BY_PROOF.name] = Proving
    yield from _run(request, {"": Fapi, SIGNING.name: Signing, **certified}, endpoints)


@pytest.fixture
def ciba(request: pytest.FixtureRequest, endpoints: HttpsServer) -> Iterator[Fapi]:
    """FAPI-CIBA, in a variant: clients that the operator holds to it."""
    certified = {one.name: CertifiedCiba for one in (BY_CERTIFICATE, BOUND_TO_ONE)}
    yield from _run(request, {"": Ciba, **certified}, endpoints)
