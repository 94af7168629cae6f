"""`python -m benchmarks.history`: how long the auditor's pages take over years of sign-ins.

An installation is filled with as many leaves, and a few more events, and each page is opened
several times by an auditor. What it found is in docs/performance.md.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks import opened
from idp import clock
from tests.support.browser import Browser
from tests.support.ledgers.history import OPENED, Size, fill

BASE = "/admin/audit/"
PAGES = (
    "",
    "sign-ins",
    "sign-ins?client=app0&means=texts",
    "sign-ins?client=app0&means=texts&since={month}&until={day}",
    "sign-ins?means=texts&since={month}",
    "sign-ins?client=app999&amr=pop",
    "sign-ins?person=person7",
    "sign-ins?client=none",
    "applications",
    "applications?show=never",
    "applications?since={quarter}",
    "tokens",
    "tokens?client=app0&by=amr",
    "tokens/{jti}",
    "interactions/{interaction}",
    "failures",
    "failures?person=person7",
    "failures?client=app3",
    "in-force",
    "roles",
    "roles?role=owner",
    "record",
    "events",
    "events?client=app0",
    "events?client=app999&outcome=refused",
    "events?kind=operator:person:changed",
    "events?kind=client:token:reused",
    "events?acr=none",
    "events?person=person7&amr=otp",
    "events?since={month}&until={day}&client=app0",
    "events?request={request}",
    "events?until={year}",
)


def main(words: Sequence[str] | None = None) -> int:
    """Fill an installation, and print what each page takes."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.history", description=__doc__)
    parser.add_argument("database", choices=("sqlite", "postgresql"))
    parser.add_argument("--leaves", type=int, default=10_000_000)
    parser.add_argument("--times", type=int, default=5, help="how often each page is opened (5)")
    parser.add_argument("--folder", type=Path, help="where the installation is made")
    options = parser.parse_args(words)
    size = Size(options.leaves, times=20)
    if options.leaves < size.people:
        size = Size(options.leaves, people=options.leaves // 10, clients=50, times=2)
    with opened.site(options.database, options.folder) as site:
        _timed("filled", lambda: fill(site, size, _say))
        _timed("counted", site.installation.counting.carry_out)
        browser = opened.signed_in(site, "auditor", BASE)
        for path in PAGES:
            print(_row(browser, path.format(**_values(options.leaves)), options.times), flush=True)
    return 0


def _values(leaves: int) -> dict[str, str]:
    now, middle = clock.now(), leaves // 40 // OPENED * OPENED
    return {
        "day": clock.iso(now)[:10],
        "month": clock.iso(now - 30 * 86400)[:10],
        "quarter": clock.iso(now - 91 * 86400)[:10],
        "year": clock.iso(now - 364 * 86400)[:10],
        "jti": f"j{middle:021d}",
        "interaction": f"i{middle:021d}",
        "request": f"{now - 100 * 86400:08x}deadbeef",
    }


def _row(browser: Browser, path: str, times: int) -> str:
    found = [opened.milliseconds(browser, BASE + path) for _ in range(times)]
    return f"{found[0]:8.0f} {statistics.median(found):8.0f}  {path or '(the first page)'}"


def _timed(what: str, job: object) -> None:
    begun = time.perf_counter()
    found = job()  # type: ignore[operator]
    _say(f"{what} in {time.perf_counter() - begun:.0f} s ({found})")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
