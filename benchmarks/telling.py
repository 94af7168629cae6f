"""Does time tell whether a name has an account? `python -m benchmarks.telling` measures it.

Two questions, each asked in turn for names that exist and names that do not, over keep-alive
connections to a real server: how long a wrong password takes after the cost of hashes was raised,
and how long `GET /forgot/sent` takes right after `POST /forgot` on the same connection. The figure
is AUC, the chance that of two answers the slower one belongs to a name that exists: 0.5 tells
nothing, 0 and 1 tell everything. By chance alone it lies within `NOISE` of 0.5 for 200 each.
"""

import argparse
import os
import random
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import requests

from idp.store.db.statements import Statement
from tests.support.site import Site

NOISE = 0.06
PATIENCE = 30
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
Timed = Callable[[str], float]


def auc(known: Sequence[float], unknown: Sequence[float]) -> float:
    """Return the chance that an answer for a known name took longer (Mann-Whitney U)."""
    wins = sum((a > b) + 0.5 * (a == b) for a in known for b in unknown)
    return wins / (len(known) * len(unknown))


def _timed(call: Callable[[], requests.Response]) -> tuple[float, requests.Response]:
    began = time.perf_counter()
    answer = call()
    return 1000 * (time.perf_counter() - began), answer


def wrong_password(issuer: str, name: str) -> float:
    """Return the milliseconds that a wrong password for `name` takes."""
    with requests.Session() as browser:
        page = browser.get(f"{issuer}/account/", timeout=PATIENCE)
        form = {"csrf_token": _token(page), "username": name, "password": "a wrong guess"}
        where = page.url.rpartition("/")[0] + "/password"
        milliseconds, answer = _timed(lambda: browser.post(where, data=form, timeout=PATIENCE))
        assert answer.status_code == 400, answer.status_code
        return milliseconds


def after_forgot(issuer: str, name: str) -> float:
    """Return the milliseconds that the next page takes after a link was asked for `name`."""
    with requests.Session() as browser:
        page = browser.get(f"{issuer}/forgot", timeout=PATIENCE)
        form = {"csrf_token": _token(page), "username": name}
        browser.post(f"{issuer}/forgot", data=form, allow_redirects=False, timeout=PATIENCE)
        milliseconds, answer = _timed(
            lambda: browser.get(f"{issuer}/forgot/sent", timeout=PATIENCE)
        )
        assert answer.status_code == 200, answer.status_code
        return milliseconds


def _token(page: requests.Response) -> str:
    found = _TOKEN.search(page.text)
    assert found, page.text
    return found[1]


def _compare(what: str, ask: Timed, names: dict[bool, list[str]], count: int) -> float:
    """Ask for known and unknown names in a random order, print the figures, return the AUC."""
    order = [known for known in names for _ in range(count)]
    random.shuffle(order)
    found: dict[bool, list[float]] = {known: [] for known in names}
    for number, known in enumerate(order):
        found[known].append(ask(names[known][number % len(names[known])]))
    result = auc(found[True], found[False])
    medians = (statistics.median(found[known]) for known in (True, False))
    print(f"| {what} | {count} | {' | '.join(f'{m:.2f}' for m in medians)} | {result:.2f} |")
    return result


def _site(folder: Path, people: int) -> Site:
    """Make people whose hashes are of the cost before the one that is in force."""
    settings = {
        "password__argon2_memory": 19456,
        "password__argon2_time": 2,
        "mail__per_hour": 1000,
    }
    site = Site(folder, f"sqlite:///{folder / 'acrux.db'}", **settings)
    for number in range(people):
        site.person(f"person{number}")
    site.environ |= {"ACRUX_PASSWORD__ARGON2_MEMORY": "65536", "ACRUX_PASSWORD__ARGON2_TIME": "3"}
    return site


def main(words: Sequence[str] | None = None) -> int:
    """Measure; return 1 when time tells more than noise would."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.telling", description=__doc__)
    parser.add_argument("--count", type=int, default=200, help="answers of each kind (200)")
    parser.add_argument("--people", type=int, default=20, help="names that exist (20)")
    options = parser.parse_args(words)
    names = {
        True: [f"person{number}" for number in range(options.people)],
        False: [f"nobody{number}" for number in range(options.people)],
    }
    with tempfile.TemporaryDirectory(prefix="acrux-telling-") as folder:
        site = _site(Path(folder), options.people)
        with site.serve(1):
            issuer = site.issuer
            print("| answer | of each | known, ms | unknown, ms | AUC |\n|---|---|---|---|---|")
            questions: dict[str, Timed] = {
                "a wrong password, the cost raised": partial(wrong_password, issuer),
                "`/forgot/sent` after `/forgot`": partial(after_forgot, issuer),
            }
            told = [
                _compare(what, _free(site, ask), names, options.count)
                for what, ask in questions.items()
            ]
    worst = max(abs(one - 0.5) for one in told)
    print(f"\nload {os.getloadavg()[0]:.1f}; furthest from 0.5: {worst:.2f}")
    return int(worst > NOISE)


def _free(site: Site, ask: Timed) -> Timed:
    """Return `ask` for an address and names that have asked nothing before."""

    def asked(name: str) -> float:
        with site.work() as work:
            work.run(Statement("DELETE FROM throttle"))
        return ask(name)

    return asked


if __name__ == "__main__":
    sys.exit(main())
