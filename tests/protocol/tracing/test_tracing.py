"""What a collector of OpenTelemetry is told of a server: real processes, its own format."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from idp.caller import request_id
from idp.tracing import needed
from tests.protocol.command import Acrux
from tests.support.site import MFA, Site, free_port
from tests.support.stand_ins.collector import CLIENT, SERVER, Collector

pytestmark = pytest.mark.slow
TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = "b7ad6b7169203331"
TRACEPARENT = {"traceparent": f"00-{TRACE}-{PARENT}-01"}
"""From the example of W3C Trace Context, section 3.2."""


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as found:
        yield found


@pytest.fixture
def traced(tmp_path: Path, database_url: str, collector: Collector) -> Iterator[Site]:
    """A site whose requests are traced, behind a proxy on this machine."""
    site = Site(
        tmp_path,
        database_url,
        traces__endpoint=collector.endpoint,
        server__trusted_proxies="127.0.0.1,::1",
    )
    yield site
    site.close()


def test_a_request_is_a_span_of_its_route_with_its_statements_and_nothing_of_a_person(
    traced: Site, collector: Collector
) -> None:
    secret = traced.secret()
    sub = traced.person("tane", totp=secret, sms=True)
    application = traced.application("secretive-client")
    with traced.serve():
        browser = traced.browser()
        browser.authorize(application, acr_values=MFA)
        browser.sign_in("tane", "wrong horse battery")
        browser.sign_in("tane")
        code = traced.code(secret)
        answer = browser.submit("/totp", code=code)
        token = traced.redeem(application, answer.query["code"])
        assert token.status == 200
        span = collector.until(lambda s: s.name == "POST /token")
        assert span.kind == SERVER
        assert not span.failed
        assert span.about["http.route"] == "/token"
        assert span.about["http.response.status_code"] == 200
        assert span.about["acrux.request_id"] == token.headers[request_id.HEADER]
        statements = [s for s in collector.below(span) if "db.query.text" in s.about]
        assert {s.about["db.system.name"] for s in statements} == {
            traced.installation.engine.dialect.name
        }
        assert any("INSERT INTO token" in s.about["db.query.text"] for s in statements)
        assert all(s.kind == CLIENT and s.trace == span.trace for s in statements)
        collector.until(lambda s: s.name == "POST /interaction/*/*")
    told = collector.resources[0]
    assert told["service.name"] == "acrux"
    assert told["acrux.role"] == "serving"
    for word in (
        *("tane", "example.org", "+6421", "wrong horse", code, secret, sub),
        *("secretive-client", "127.0.0.1", answer.query["code"], token.json["access_token"]),
        *browser.http.cookies().values(),
    ):
        assert word.encode() not in collector.bytes, word


def test_a_trace_is_taken_from_a_trusted_proxy_and_from_no_stranger(
    tmp_path: Path, collector: Collector
) -> None:
    for name, proxies in (("trusted", "127.0.0.1,::1"), ("strange", "192.0.2.10")):
        folder = tmp_path / name
        folder.mkdir()
        site = Site(
            *(folder, f"sqlite:///{folder}/acrux.db"),
            traces__endpoint=collector.endpoint,
            server__trusted_proxies=proxies,
        )
        collector.spans.clear()
        with site.serve() as base:
            requests.get(f"{base}/jwks", headers=TRACEPARENT, timeout=10)
            span = collector.until(lambda s: s.name == "GET /jwks")
        site.close()
        assert (span.trace == TRACE, span.parent == PARENT) == (name == "trusted",) * 2


def test_what_a_proxy_does_not_keep_is_not_kept_here_and_probes_are_never_traced(
    traced: Site, collector: Collector
) -> None:
    with traced.serve() as base:
        unwanted = {"traceparent": f"00-{TRACE}-{PARENT}-00"}
        for path in ("/jwks", "/healthz", "/readyz", "/.well-known/openid-configuration"):
            requests.get(base + path, headers=unwanted, timeout=10)
        requests.get(f"{base}/check_session", timeout=10)
        collector.until(lambda s: s.kind == SERVER)
    names = {span.name for span in collector.spans if span.kind == SERVER}
    assert len(names) == 1, names


def test_a_message_is_part_of_the_request_that_sends_it(traced: Site, collector: Collector) -> None:
    traced.person("tane", sms=True)
    application = traced.application()
    with traced.serve():
        browser = traced.browser()
        browser.authorize(application, acr_values=MFA)
        browser.sign_in("tane")
        browser.submit("/sms/send")
        sent = collector.until(lambda s: s.name == "send sms")
        asked = collector.until(lambda s: s.name == "POST /interaction/*/*/send")
    assert (sent.trace, sent.parent) == (asked.trace, asked.id)
    assert sent.about["acrux.message"] == "sms-code"


def test_a_statement_that_fails_says_how_it_is_called_and_not_what_it_was_about(
    traced: Site, collector: Collector
) -> None:
    """The text of such an error names the value that is there already."""
    traced.person("tane")
    with traced.serve() as base:
        answer = requests.get(f"{base}/authorize?client_id=nobody-knows-it", timeout=10)
        assert answer.status_code == 400
        collector.until(lambda s: s.name == "GET /authorize")
    assert not any(span.events for span in collector.spans), "an event holds the text of an error"


def test_a_collector_that_is_away_costs_one_line_in_the_log_and_holds_nothing_up(
    tmp_path: Path,
) -> None:
    endpoint = f"http://127.0.0.1:{free_port()}/v1/traces"
    site = Site(tmp_path, f"sqlite:///{tmp_path}/acrux.db", traces__endpoint=endpoint)
    said = f"{endpoint} does not take traces"
    log = tmp_path / "serve.log"
    with site.serve() as base:
        deadline = time.monotonic() + 30
        while said not in log.read_text():
            assert requests.get(f"{base}/jwks", timeout=10).status_code == 200
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)
    site.close()
    assert len(re.findall(re.escape(said), log.read_text())) == 1
    assert "Traceback" not in log.read_text()


def test_without_its_setting_nothing_of_it_is_loaded(small_site: Site) -> None:
    program = (
        "import sys; from idp.cli.running.served import load_gateway; load_gateway();"
        " found = [m for m in sys.modules if m.startswith(('opentelemetry', 'idp.tracing'))];"
        " assert not found, found; assert 'idp.store.db.watched' not in sys.modules"
    )
    subprocess.run(
        [sys.executable, "-c", program], check=True, env={**os.environ, **small_site.environ}
    )


def test_without_its_packages_a_start_is_refused_with_what_to_do(small_acrux: Acrux) -> None:
    hide = "import sys; sys.modules['opentelemetry'] = None; from idp.cli import main; main()"
    environ = {**os.environ, **small_acrux.environ} | {
        "ACRUX_TRACES__ENDPOINT": "http://127.0.0.1:4318/v1/traces"
    }
    for words in (["worker"], ["doctor"]):
        command = [sys.executable, "-c", hide, *words]
        done = subprocess.run(command, check=False, env=environ, capture_output=True, text=True)
        assert done.returncode == 1
        assert "make install-traces" in done.stdout + done.stderr, done.stderr
    assert needed.problem() is None, "the tests have them"
