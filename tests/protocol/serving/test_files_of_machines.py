"""The files of docs/machines.md can be read by what they are for; `make machines` runs them."""

import re
import subprocess
from pathlib import Path

import pytest

from idp.settings import reading
from tests.support.programs.documented import ROOT, program
from tests.support.programs.https import write_authority

FILES = ROOT / "config/machines"


@pytest.mark.front_servers
@pytest.mark.parametrize("name", ["haproxy-web.cfg", "haproxy-database.cfg"])
def test_haproxy_takes_its_file(front_servers: None, tmp_path: Path, name: str) -> None:
    identity = write_authority(tmp_path, ["id.example.org"])
    # Names of machines, which this one does not know.
    text = re.sub(r"\b(?:id|db)\d:", "127.0.0.1:", (FILES / name).read_text())
    file = tmp_path / name
    file.write_text(text.replace("/etc/haproxy/id.example.org.pem", str(identity)))
    command = [str(program("haproxy")), "-c", "-f", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr, done.stderr


def test_acrux_takes_its_file() -> None:
    own = {"ACRUX_CONFIG": str(FILES / "acrux.toml"), "ACRUX_ENROLMENT__PROOF": "none"}
    loaded = reading.load(own)
    assert loaded.server.trusted_proxies == ("192.0.2.10",)


def test_a_lease_is_as_long_as_patroni_asks_for() -> None:
    """Its manual: ttl is at least loop_wait and twice retry_timeout."""
    text = (FILES / "patroni.yml").read_text()
    found = dict(re.findall(r"^ +(ttl|loop_wait|retry_timeout): (\d+)$", text, re.M))
    ttl, loop, retry = (int(found[name]) for name in ("ttl", "loop_wait", "retry_timeout"))
    assert ttl >= loop + 2 * retry
    election = re.search(r"^ETCD_ELECTION_TIMEOUT=(\d+)$", (FILES / "etcd.env").read_text(), re.M)
    assert election is not None
    assert int(election[1]) * 2 < retry * 1000, "etcd chooses a leader before Patroni gives up"
