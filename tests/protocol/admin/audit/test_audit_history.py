"""Over years of sign-ins the auditor's questions find what a plain look at every row finds."""

from collections import Counter
from dataclasses import replace

import pytest

from idp import clock
from idp.pages.admin.audit import applications_page, tokens_page
from idp.store import events
from idp.store.audit import counts, searching, sign_ins
from idp.store.audit.counts import DAY, Alike
from idp.store.audit.sign_ins import Wanted
from idp.store.db import Work
from idp.store.db.statements import Statement
from idp.store.events import Filter
from tests.protocol.admin.audit.asking import cells
from tests.protocol.admin.audit.test_audit_page import HOME, auditor
from tests.support.ledgers import evidence
from tests.support.ledgers.history import OPENED, PASSWORD_ONLY, Size, fill, person
from tests.support.site import MFA, Site

pytestmark = pytest.mark.slow
LEAVES = 3_000
MONTH = 30 * DAY


@pytest.fixture
def old_site(site: Site) -> Site:
    """An installation with a year behind it."""
    fill(site, Size(LEAVES, people=60, clients=12, times=2))
    site.installation.counting.carry_out()
    return site


def test_a_year_is_answered_as_by_looking_at_every_row(old_site: Site) -> None:
    _searches_find_what_listing_finds(old_site)
    _sign_ins_are_those_of_the_leaves(old_site)
    _counts_are_those_of_the_leaves(old_site)
    _one_is_opened(old_site)


def _searches_find_what_listing_finds(site: Site) -> None:
    now = clock.now()
    for wanted in (
        Filter(),
        Filter(client="app3"),
        Filter(client="app3", acr=MFA),
        Filter(person="person7"),
        Filter(person="person7@example.org", outcome="refused"),
        Filter(person=person(7), amr="otp"),
        Filter(kind="operator:person:changed"),
        Filter(kind="client:token:refreshed", client="app1"),
        Filter(outcome="refused"),
        Filter(since=now - 3 * MONTH, until=now - 2 * MONTH),
        Filter(since=now - MONTH, client="app2", amr="sms"),
        Filter(acr="none"),
    ):
        with site.work() as work:
            whole = events.listing(work, wanted, 2 * LEAVES)
            page, found = wanted, []
            while True:
                part = searching.search(work, page, 100, examined=700)
                found += part.rows
                further = part.rows[-1].id if len(part.rows) == 100 else part.looked_to
                if further is None:
                    break
                page = replace(wanted, before_id=further)
        assert found == whole, wanted


def _sign_ins_are_those_of_the_leaves(site: Site) -> None:
    with site.work() as work:
        leaves = [one for one in evidence.leaves(work) if one["grant"] == "authorization_code"]
        known = counts.means(work)
        wanted = Wanted(means=tuple(known))
        found: list[str] = []
        while page := sign_ins.listing(work, wanted, 100):
            found += [line.jti for line in page]
            wanted = replace(wanted, before=(page[-1].at, page[-1].seq))
        texts = tuple(key for key, means in known.items() if "sms" in means.amr)
        by_text = sign_ins.listing(work, Wanted(means=texts, client="app0"), LEAVES)
    assert Counter(found) == Counter(leaf["jti"] for leaf in leaves), "each once"
    assert sorted(line.jti for line in by_text) == sorted(
        leaf["jti"] for leaf in leaves if "sms" in leaf["amr"] and leaf["client"] == "app0"
    )


def _counts_are_those_of_the_leaves(site: Site) -> None:
    first, last = clock.now() // DAY - 400, clock.now() // DAY
    with site.work() as work:
        leaves = evidence.leaves(work)
        told = tokens_page.table(work, "", first, last, tokens_page.ACR)["totals"]
        figures = applications_page.figures(
            site.installation.signin.rules, counts.means(work), counts.totals(work, first, last)
        )
        for begin in range(last - 30, last, 3):
            for end in range(begin - 1, min(begin + 23, last), 4):
                assert sorted(counts.totals(work, begin, end)) == by_days(work, begin, end)
    assert told == Counter(leaf.get("acr", "") for leaf in leaves)
    mine = [one for one in leaves if one["client"] == "app5" and "acr" in one]
    sign_ins_of_it = [one for one in mine if one["grant"] != "refresh_token"]
    assert figures["app5"].sign_ins == len(sign_ins_of_it)
    assert figures["app5"].two_steps == sum(one["acr"] != PASSWORD_ONLY for one in sign_ins_of_it)
    assert figures["app5"].unchecked == sum(
        one["acr"] == PASSWORD_ONLY and one["grant"] == "refresh_token" for one in mine
    )


def by_days(work: Work, first: int, last: int) -> list[tuple[Alike, int]]:
    """Return the counts of some days, from the days alone."""
    found = work.all(
        Statement(
            "SELECT client_id, 0, grant_type, means, binding, asked, floors, SUM(answers)"
            " FROM audit_day WHERE day >= :first AND day <= :last"
            " GROUP BY client_id, grant_type, means, binding, asked, floors"
        ),
        first=first,
        last=last,
    )
    return sorted((Alike(*row[:7]), int(row[7])) for row in found)


def _one_is_opened(site: Site) -> None:
    browser = auditor(site)
    answer = browser.open(f"{HOME}tokens/j{OPENED:021d}")
    assert "Worked out once more" in answer.text
    kinds = [row[1].replace(" ", "") for row in cells(answer, "events")]
    assert kinds[:4] == [
        "person:factor:proved",
        "person:sign-in:finished",
        "client:code:issued",
        "client:token:issued",
    ]
    assert "the last signature holds" in browser.open(f"{HOME}record").text
