"""How long mails ahead of a date take to be queued: `python -m benchmarks.ahead [PEOPLE] [URL]`.

A stage for PEOPLE people (100,000), of whom none is ready, without a pace (`mail.per_minute = 0`)
and without a sender, so that the figures are those of finding people and writing to them. Then the
round of an hour later, and a look of the worker when nothing is to do. URL is an empty PostgreSQL
database; without it, SQLite.
"""

import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from idp import clock
from idp.rollout.mails.notices import AGAIN
from idp.store import people
from idp.store.db.statements import Statement
from tests.support.site import MFA, Site

DAY = 86400
AT_ONCE = 5000


def fill(site: Site, count: int) -> None:
    """Add people with a confirmed address and no way to sign in."""
    for begin in range(0, count, AT_ONCE):
        with site.work() as work:
            for n in range(begin, min(begin + AT_ONCE, count)):
                name = f"p{n}"
                people.add(
                    work, username=name, email=f"{name}@example.org", name=name, verified=True
                )


def round_of(site: Site) -> float:
    """Go through everyone; return the seconds."""
    began = time.perf_counter()
    while site.installation.notices.step():
        pass
    return time.perf_counter() - began


def lines(site: Site, count: int) -> Iterator[str]:
    """Measure, and say what each took."""
    # Nothing is sent: that is as fast as the mail server.
    site.installation.post.deliver = _keep  # type: ignore[method-assign]
    fill(site, count)
    site.stage("*", MFA, 30 * DAY, announce_at=clock.now() - DAY)
    seconds = round_of(site)
    yield f"queued: {seconds:.0f} s, {count / seconds:.0f} mails a second"
    site.advance(AGAIN)
    seconds = round_of(site)
    yield f"everyone again, nobody to mail: {seconds:.1f} s"
    yield f"a look with nothing to do: {round_of(site) * 1000:.1f} ms"
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    with site.work() as work:
        mails = work.value(Statement("SELECT count(*) FROM rollout_notice WHERE state = 'queued'"))
        messages = work.value(Statement("SELECT count(DISTINCT outbox_id) FROM rollout_notice"))
    yield f"{mails} mails in {messages} messages; at most {peak} MiB of memory"


def _keep(outbox_id: str) -> None:
    """Leave a message where it is."""


def main(words: list[str]) -> None:
    """Print the figures."""
    count = int(words[0]) if words else 100_000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        url = words[1] if len(words) > 1 else f"sqlite:///{folder / 'acrux.db'}"
        site = Site(folder, url, mail__per_minute=0)
        try:
            for line in lines(site, count):
                print(line, flush=True)
        finally:
            site.close()


if __name__ == "__main__":
    main(sys.argv[1:])
