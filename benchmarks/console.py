"""`python -m benchmarks.console`: how long the console's pages take with many people.

An installation is filled with them, and with applications and stages; an owner opens each page
several times. The statements are those of one opening. What it found is in docs/performance.md.
"""

import argparse
import json
import random
import statistics
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from unittest import mock

from benchmarks import opened
from idp import clock
from idp.store.db import Work
from idp.store.tags import walking
from tests.support.browser import Browser
from tests.support.ledgers.history import writer
from tests.support.site import MFA, Site

BASE = "/admin/"
DAY = 86400
TYPES = ("clinician", "manager", "receptionist", "locum", "student", "external")
GROUPS = tuple(f"ward {number}" for number in range(40))
SETS = (("password",), ("password", "totp"), ("password", "sms"), ("webauthn", "recovery"))
CLIENTS = 1000
PAGES = (
    "",
    "people/",
    "people/?search=person5",
    "people/?search=erson%209999",
    "people/?search=zzz",
    "people/?type=student&after=person5",
    "people/?group=ward%207",
    "people/groups",
    "people/{sub}",
    "people/{sub}/edit",
    "people/{sub}/exceptions",
    "people/import",
    "applications/",
    "applications/app7",
    "applications/app7/edit",
    "rollout/",
    "rollout/shared/",
    "rollout/adoption",
    "messages/",
    "keys/",
    "brand/",
    "brand/words",
    "settings/",
)


def main(words: Sequence[str] | None = None) -> int:
    """Fill an installation, and print what each page takes."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.console", description=__doc__)
    parser.add_argument("database", choices=("sqlite", "postgresql"))
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--times", type=int, default=15, help="how often each page is opened (15)")
    options = parser.parse_args(words)
    with opened.site(options.database) as site:
        browser = opened.signed_in(site, "owner", BASE)
        _fill(site, options.people)
        someone = site.person("aroha", totp=site.secret())
        print("  median     95 %  statements  page")
        for path in PAGES:
            found = _row(browser, path.format(sub=someone), options.times)
            print(found, flush=True)
    return 0


def _sub(number: int) -> str:
    return f"p{number:021d}"


def _fill(site: Site, people: int) -> None:
    """Write people with what they have set up, applications and stages; and the day's numbers."""
    chance, now = random.Random(1), clock.now()
    write, end = writer(site.installation.engine)
    yes, no = (True, False) if site.installation.engine.dialect.name == "postgresql" else (1, 0)
    columns = ("id", "username", "email", "name", "user_type", "member_of", "email_verified")
    rest = ("phone_verified", "roles", "claims", "created_at", "updated_at")
    persons, ways = [], []
    for number in range(people):
        name, groups = f"person{number}", sorted(chance.sample(GROUPS, chance.choice((0, 1, 2))))
        kind = (chance.choice(TYPES), json.dumps(groups))
        called = (_sub(number), name, f"{name}@example.org", f"Person {number}")
        persons.append((*called, *kind, yes, no, "", "{}", now, now))
        for method in chance.choice(SETS):
            ways.append((f"{method[0]}{number:021d}", _sub(number), method, "", b"\0", 0, now))
    write("person", (*columns, *rest), persons)
    columns = ("id", "person_id", "method", "label", "secret", "last_step", "created_at")
    write("credential", columns, ways)
    clients = [(f"app{one}", f"Application {one}", "{}", now, now) for one in range(CLIENTS)]
    write("client", ("id", "name", "data", "created_at", "updated_at"), clients)
    end()
    walking.give(site.installation.engine)
    for kind in TYPES:
        site.stage(kind, MFA, 20 * DAY)
    site.installation.adoption.carry_out()


def _row(browser: Browser, path: str, times: int) -> str:
    found, asked = [], 0
    for _ in range(times):
        with _counted() as statements:
            found.append(opened.milliseconds(browser, BASE + path))
        asked = sum(statements)
    slow = statistics.quantiles(found, n=20)[-1] if times > 1 else found[0]
    return f"{statistics.median(found):8.0f} {slow:8.0f} {asked:11}  {path or '(the overview)'}"


@contextmanager
def _counted() -> Iterator[list[int]]:
    """Count the statements of units of work that end inside."""
    close, found = Work.close, []

    def note(unit: Work) -> None:
        found.append(unit.statements)
        close(unit)

    with mock.patch.object(Work, "close", note):
        yield found


if __name__ == "__main__":
    sys.exit(main())
