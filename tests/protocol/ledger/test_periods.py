"""The rows of a period are found without looking at all of them, in whatever order they came."""

import random

from idp.evidence.canonical import canonical
from idp.store.db.statements import Statement
from idp.store.ledger import leaves
from idp.store.ledger.periods import SLACK, Span, rows_between
from tests.protocol.ledger.auditing import seal, sql
from tests.support.site import Site

BEGIN = 1_700_000_000
ROWS = Statement("SELECT seq, at FROM ledger_leaf WHERE seq IS NOT NULL ORDER BY seq")
SIZES = Statement("SELECT size FROM ledger_checkpoint ORDER BY size")


def write_at(site: Site, moments: list[int]) -> None:
    with site.work() as work:
        for number, at in enumerate(moments):
            jti = f"{at} {number}"
            body = canonical({"at": at, "jti": jti, "kind": "test", "v": 1}).decode()
            leaves.add(work, jti=jti, at=at, body=body)


def plainly(site: Site, since: int, until: int) -> Span | None:
    """Return what a look at every row finds."""
    with site.work() as work:
        found = [seq for seq, at in work.all(ROWS) if since <= at < until]
        sizes = work.column(SIZES)
    return Span(found[0], min(size for size in sizes if size > max(found))) if found else None


def test_they_are_those_that_a_look_at_every_row_finds(site: Site) -> None:
    chance = random.Random(7)
    now = BEGIN
    for piece in range(6):
        # Twice a clock is set back, by less than what is allowed for.
        now -= SLACK // 2 if piece in (2, 4) else 0
        moments = []
        for _ in range(40):
            now += chance.randrange(0, 900)
            moments.append(now + chance.randrange(-60, 60))
        write_at(site, moments)
        seal(site)
    for _ in range(60):
        since = chance.randrange(BEGIN - 9_000, now + 9_000)
        until = since + chance.choice((1, 600, 7_000, 90_000))
        with site.work() as work:
            assert rows_between(work, since, until) == plainly(site, since, until)


def test_a_row_that_is_gone_moves_no_other_out_of_its_period(site: Site) -> None:
    write_at(site, [BEGIN + 10_000 * number for number in range(8)])
    seal(site)
    for gone in (4, 2, 6):
        sql(site, "DELETE FROM ledger_leaf WHERE seq = :seq", seq=gone)
    for number in (1, 3, 5, 7):
        since = BEGIN + 10_000 * number
        with site.work() as work:
            found = rows_between(work, since, since + 1)
        assert found is not None
        assert found.first == number


def test_of_an_empty_ledger_there_are_none(site: Site) -> None:
    with site.work() as work:
        assert rows_between(work, 0, BEGIN) is None
