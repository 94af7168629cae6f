"""Pages of the console as somebody signed in opens them, for how long they take."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks import installation
from tests.support.browser import Browser
from tests.support.site import Site


@contextmanager
def site(database: str, folder: Path | None = None) -> Iterator[Site]:
    """Make an installation on `sqlite` or `postgresql`, in `folder` or where the system has it."""
    with ExitStack() as stack:
        place = stack.enter_context(tempfile.TemporaryDirectory(dir=folder))
        url = f"sqlite:///{place}/acrux.db"
        if database == "postgresql":
            url = stack.enter_context(installation.cluster(Path(place))).create_database()
        yield Site(Path(place), url)


def signed_in(found: Site, role: str, address: str) -> Browser:
    """Return the browser of somebody with this role, who came to an address with two steps."""
    secret = found.secret()
    found.person(role, totp=secret, roles=frozenset({role}))
    browser = found.browser()
    browser.open(address)
    browser.sign_in(role)
    browser.totp(secret)
    return browser


def milliseconds(browser: Browser, address: str) -> float:
    """Open a page that is there; return how long it took, by the clock."""
    begun = time.perf_counter()
    answer = browser.open(address)
    taken = (time.perf_counter() - begun) * 1000
    assert answer.status == 200, (address, answer.status, answer.heading)
    return taken
