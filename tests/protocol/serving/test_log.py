"""What stands in the log of a server, in both forms, and what a request is called there."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.support.site import PASSWORD, Site

pytestmark = pytest.mark.slow
OURS = re.compile(r"[0-9a-f]{16}")


@pytest.fixture(scope="module", params=["text", "json"])
def logging_site(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Site, str]]:
    """A server that writes an access log, and the form of its log."""
    folder: Path = tmp_path_factory.mktemp("site")
    settings = {"log__format": request.param, "server__access_log": "true"}
    site = Site(folder, f"sqlite:///{folder / 'acrux.db'}", **settings)
    with site.serve(1):
        yield site, request.param
    site.close()


def access(site: Site, form: str, name: str) -> dict[str, Any]:
    """Return the one line of the access log about a request."""
    text = (site.folder / "serve.log").read_text()
    if form == "json":
        found = [json.loads(line) for line in text.splitlines()]
        mine = [one for one in found if one.get("request") == name]
        return next(one for one in mine if one["logger"] == "acrux.access")
    line = next(line for line in text.splitlines() if line.endswith(f" ms {name}"))
    source, method, path, status, ms, _, _ = line.partition("acrux.access: ")[2].split()
    return {"source": source, "method": method, "path": path, "status": int(status), "ms": ms}


def test_a_request_has_one_id_in_answer_log_page_and_events(
    logging_site: tuple[Site, str],
) -> None:
    site, form = logging_site
    answer = requests.get(
        f"{site.issuer}/authorize?client_id=nobody", headers={"Accept": "text/html"}, timeout=9
    )
    name = answer.headers["X-Request-ID"]
    assert OURS.fullmatch(name)
    assert f"<code>{name}</code>" in answer.text, "the reference is another one"
    assert [event.kind for event in site.events(request=name)] == ["client:request:refused"]
    line = access(site, form, name)
    assert (line["source"], line["method"], line["path"]) == ("127.0.0.1", "GET", "/authorize")
    assert line["status"] == 400


def test_a_program_is_told_it_too_and_another_request_has_another(
    logging_site: tuple[Site, str],
) -> None:
    site, _ = logging_site
    names = {
        requests.post(f"{site.issuer}/token", timeout=9).headers["X-Request-ID"],
        requests.get(f"{site.issuer}/jwks", timeout=9).headers["X-Request-ID"],
        requests.get(f"{site.issuer}/nowhere", timeout=9).headers["X-Request-ID"],
        requests.get(f"{site.issuer}/jwks", headers={"Host": ""}, timeout=9).headers.get(
            "X-Request-ID", "refused by the server itself"
        ),
    }
    assert len(names) == 4


@pytest.mark.parametrize("sent", ["of-a-stranger", 'x"}\n{"level": "error', "x" * 4000])
def test_no_stranger_chooses_it(logging_site: tuple[Site, str], sent: str) -> None:
    site, _ = logging_site
    sent = sent.replace("\n", " ")
    answer = requests.get(f"{site.issuer}/jwks", headers={"X-Request-ID": sent}, timeout=9)
    assert OURS.fullmatch(answer.headers["X-Request-ID"])


def test_all_of_a_log_in_json_is_json_and_has_no_secret(logging_site: tuple[Site, str]) -> None:
    site, form = logging_site
    site.person("tane")
    browser = site.browser()
    browser.authorize(site.application())
    browser.sign_in("tane")
    text = (site.folder / "serve.log").read_text()
    assert "is served at" in text
    assert PASSWORD not in text
    if form == "json":
        for line in text.splitlines():
            assert {"at", "level", "logger", "pid", "message"} <= set(json.loads(line)), line
