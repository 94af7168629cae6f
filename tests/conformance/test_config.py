"""The plan Config."""

from tests.conformance import discovery
from tests.conformance.suite import Suite


def test_oidcc_discovery_endpoint_verification(logout: Suite) -> None:
    discovery.verified(logout)
