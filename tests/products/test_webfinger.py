"""The nginx of docs/operate.md that answers WebFinger for the domain of an e-mail address."""

import re
from pathlib import Path

import pytest
import requests

from tests.products.running import running
from tests.support.programs.documented import NGINX
from tests.support.programs.https import write_authority
from tests.support.site import free_port

pytestmark = pytest.mark.products

DOCUMENT = Path(__file__).parents[2] / "docs/operate.md"
RELATION = "http://openid.net/specs/connect/1.0/issuer"


def test_the_domain_of_an_address_names_the_issuer(nginx: str, tmp_path: Path) -> None:
    blocks = re.findall(r"^```nginx\n(.*?)^```$", DOCUMENT.read_text(), re.M | re.S)
    sample = next(block for block in blocks if "webfinger" in block)
    port = free_port()
    identity = str(write_authority(tmp_path, ["localhost"]))
    for old, new in {
        "listen 443 ssl": f"listen 127.0.0.1:{port} ssl",
        "/etc/ssl/example.org.pem": identity,
        "/etc/ssl/private/example.org.key": identity,
    }.items():
        assert old in sample
        sample = sample.replace(old, new)
    file = tmp_path / "nginx.conf"
    file.write_text(NGINX.format(folder=tmp_path, sample=sample))
    command = [nginx, "-e", str(tmp_path / "error.log"), "-c", str(file)]
    with running(command, port, tmp_path / "log"), requests.Session() as browser:
        browser.trust_env = False
        browser.verify = str(tmp_path / "authority.pem")
        where = f"https://localhost:{port}/.well-known/webfinger"

        found = browser.get(where, params={"resource": "acct:jane.doe@example.org"}, timeout=30)
        assert found.headers["Content-Type"] == "application/jrd+json"
        assert found.json()["subject"] == "acct:jane.doe@example.org"
        assert found.json()["links"] == [{"rel": RELATION, "href": "https://id.example.org"}]
        for other in ("acct:jane@example.net", "", 'acct:"@example.org'):
            answer = browser.get(where, params={"resource": other}, timeout=30)
            assert answer.status_code == 404
