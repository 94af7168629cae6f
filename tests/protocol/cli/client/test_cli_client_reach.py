"""An application in a private network: what `client` and `doctor` say before anyone waits."""

import pytest

from tests.protocol.command import Acrux

PRIVATE = (
    "backchannel_logout_uri=https://localhost:9443/told",
    "jwks_uri=https://10.1.2.3/jwks",
    "request_uris=https://192.168.7.8:8443/request",
)
CURE = "add {} to egress.allow"


@pytest.fixture
def plain(acrux: Acrux) -> str:
    """The id of a client that names no address of its own."""
    acrux("client", "add", "App", "--redirect-uri", "https://app.example/cb", "--id", "app")
    return "app"


@pytest.mark.parametrize("change", PRIVATE)
def test_an_address_in_a_private_network_is_registered_with_a_warning(
    acrux: Acrux, plain: str, change: str
) -> None:
    member, _, uri = change.partition("=")
    host = uri.split("/")[2]
    changed = acrux.run("client", "set", plain, change)
    added = acrux.run(
        *("client", "add", "Two", "--redirect-uri", "https://two.example/cb", "--set", change)
    )
    for result in (changed, added):
        assert result.exit_code == 0, result.output
        assert f"warning: {member} will not be reached" in result.stderr
        assert CURE.format(host) in result.stderr
    lines = [line for line in acrux.run("doctor").stdout.splitlines() if CURE.format(host) in line]
    assert len(lines) == 2
    assert all(line.startswith("!!  egress ") and member in line for line in lines)


@pytest.mark.slow
def test_an_address_that_egress_allow_names_is_no_finding(acrux: Acrux, plain: str) -> None:
    acrux.environ["ACRUX_EGRESS__ALLOW"] = "localhost:9443,10.0.0.0/8,192.168.7.8:8443"
    for change in PRIVATE:
        assert "warning" not in acrux.run("client", "set", plain, change).stderr
        acrux("client", "set", plain, change.partition("=")[0] + "=")
    acrux("client", "set", plain, PRIVATE[0])
    assert "nothing that applications name is refused" in acrux.run("doctor").stdout


def test_a_name_that_is_not_known_here_is_no_finding(acrux: Acrux, plain: str) -> None:
    unknown = "backchannel_logout_uri=https://app.invalid/told"
    assert "warning" not in acrux.run("client", "set", plain, unknown).stderr
    assert "nothing that applications name is refused" in acrux.run("doctor").stdout


def test_a_program_of_its_own_has_scopes_and_no_redirect_uri(acrux: Acrux) -> None:
    """The words that docs/connect.md gives for machine to machine."""
    words = ("client", "add", "Report", "--set", "scope=api:read api:write")
    grant = "grant_types=client_credentials"
    added = acrux.json(*words, "--set", grant)["client_id"]
    assert acrux.json("client", "show", added)["redirect_uris"] == []
    line = acrux.refused(*words, "--set", grant, "--redirect-uri", "https://app.example/cb")
    assert "no redirect URI" in line


def test_a_list_may_be_written_with_spaces(acrux: Acrux, plain: str) -> None:
    acrux("client", "set", plain, "grant_types=authorization_code client_credentials")
    registered = acrux.json("client", "show", plain)["grant_types"]
    assert registered == ["authorization_code", "client_credentials"]
