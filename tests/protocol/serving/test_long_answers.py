"""An answer beyond a megabyte goes out from a file, whole, and takes no thread while it is read."""

import json
from contextlib import ExitStack
from pathlib import Path

import pytest

from idp import audit
from idp.audit import Event, Outcome
from idp.cli.running import served
from idp.serving import gateway
from tests.protocol.admin.audit.test_audit_page import DOWNLOADS, auditor
from tests.protocol.cli.test_cli_serve import workers_of
from tests.support.site import Site
from tests.support.wire import connection, head, status

pytestmark = pytest.mark.slow

EVENTS = 4000
REASON = "x" * 200


def spools(pid: int) -> list[Path]:
    """Return the files without a name that a process has open."""
    found = []
    for file in Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = str(file.readlink())
        except OSError:
            continue
        if target.endswith("(deleted)"):
            found.append(file)
    return found


def remember_much(site: Site) -> None:
    with site.work() as work:
        for _ in range(EVENTS):
            audit.record(work, Event.CONSENT_DENIED, Outcome.REFUSED, reason=REASON)


@pytest.mark.parametrize("path", DOWNLOADS)
def test_a_long_download_is_whole_and_came_from_a_file(small_site: Site, path: str) -> None:
    with small_site.serve(workers=1):
        browser = auditor(small_site)
        remember_much(small_site)
        (worker,) = workers_of(small_site.process)
        assert not spools(worker)
        answer = browser.get(path)
        assert answer.status == 200
        size = len(answer.text.encode())
        assert size > gateway.SPOOL_BYTES
        assert int(answer.headers["Content-Length"]) == size
        assert "Transfer-Encoding" not in answer.headers
        assert answer.text.count(REASON) == EVENTS
        if path.endswith("jsonl"):
            ids = [json.loads(line)["id"] for line in answer.text.splitlines()]
            assert ids == sorted(set(ids))
        (spool,) = spools(worker)
        assert spool.stat().st_size == size
        short = browser.get(path, kind="person:factor:proved")
        assert len(short.text) < gateway.SPOOL_BYTES
        assert len(spools(worker)) == 1, "what is short is sent from memory"


def test_readers_who_do_not_read_hold_no_thread(small_site: Site) -> None:
    with small_site.serve(workers=1), ExitStack() as stack:
        browser = auditor(small_site)
        remember_much(small_site)
        cookies = "; ".join(f"{name}={value}" for name, value in browser.http.cookies().items())
        for _ in range(served.THREADS + served.SPARE_THREADS):
            found = stack.enter_context(connection(small_site.port))
            found.sendall(head("GET", DOWNLOADS[0], f"Cookie: {cookies}"))
            assert status(found.recv(1000).decode()) == 200
        assert browser.get("/account/").status == 200
