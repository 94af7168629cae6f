"""Many callers at the same moment, and the installations that they meet: threads, or processes."""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import TypeVar

import pytest

from idp.store.db.statements import Statement
from tests.support.site import MFA, Browser, Site

T = TypeVar("T")
_names = count(1)


def at_once(calls: Sequence[Callable[[], T]]) -> list[T]:
    """Make all calls at the same moment, a thread each, and return their results in order."""
    gate = threading.Barrier(len(calls))

    def wait_and_call(call: Callable[[], T]) -> T:
        gate.wait(30)
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(wait_and_call, calls))


def under_way(
    monkeypatch: pytest.MonkeyPatch,
    stop: tuple[object, str],
    request: Callable[[], T],
    end: Callable[[], object],
) -> T:
    """Carry out `end` while `request` is about to return from `stop`, a part and its function.

    Return what the request comes to. It is stopped once: what it does after that, it does at once.
    """
    real = getattr(*stop)
    there, go = threading.Event(), threading.Event()

    def stopped(*values: object, **named: object) -> object:
        found = real(*values, **named)
        if not there.is_set():
            there.set()
            assert go.wait(60)
        return found

    monkeypatch.setattr(*stop, stopped)
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(request)
        try:
            assert there.wait(60)
            end()
        finally:
            go.set()
        return answer.result(60)


def new_name(base: str) -> str:
    """Return a name that no test of this process had before."""
    return f"{base}{next(_names)}"


def same_cookie(site: Site, browser: Browser) -> Browser:
    """Return another window of the same browser, or a thief of its cookie: it shows the same."""
    other = site.browser()
    other.http.set_cookie(browser.http.cookies()["acrux"])
    other.at = browser.at
    return other


def base(browser: Browser) -> str:
    """Return the address of the sign-in that a browser is in."""
    return "/".join(browser.at.url.split("/")[:3])


def number(site: Site, query: str, **values: object) -> int:
    """Return the one number that an SQL query gives."""
    with site.work() as work:
        row = work.one(Statement(query), **values)
    return int(row[0]) if row else 0


THREADS = ["threads-sqlite", pytest.param("threads-postgresql", marks=pytest.mark.postgres)]
ARENAS = [
    *THREADS,
    "processes-sqlite",
    pytest.param("processes-postgresql", marks=pytest.mark.postgres),
]


def build_strict_arena(
    request: pytest.FixtureRequest, factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """Run one where everyone needs a second step, and one source may fail as often as it likes."""
    for site in build_arena(request, factory, throttle__source_limit=100_000):
        site.stage("*", MFA, 0)
        yield site


def build_arena(
    request: pytest.FixtureRequest, factory: pytest.TempPathFactory, **settings: object
) -> Iterator[Site]:
    """Run an installation for `request.param`, one of ARENAS; two worker processes serve it."""
    kind, _, database = request.param.partition("-")
    folder = factory.mktemp("arena")
    if database == "sqlite":
        url, drop = f"sqlite:///{folder / 'acrux.sqlite'}", lambda _url: None
    else:
        server = request.getfixturevalue("postgres_server")
        url, drop = server.create_database(), server.drop_database
    site = Site(folder, url, **settings)
    try:
        if kind == "processes":
            with site.serve(workers=2):
                yield site
        else:
            yield site
    finally:
        site.close()
        drop(url)
