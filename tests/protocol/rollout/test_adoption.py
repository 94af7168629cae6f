"""Who has what set up: counted rightly, kept once a day, shown as table, drawing and file."""

import csv
import io
import re
from threading import Barrier, Thread

import pytest

from idp.rollout.adoption import (
    EVERYONE,
    NO_CODES,
    ONE_WAY,
    SECOND,
    TEXTS_ONLY,
    Counts,
)
from idp.store import people
from idp.store.rollout import adoption
from idp.store.rollout.adoption import PEOPLE
from tests.protocol.admin.rollout.planning import cells
from tests.protocol.admin.test_frame import someone
from tests.protocol.command import Acrux
from tests.support.recovery import give_codes
from tests.support.site import MFA, Site

DAY = 86400


def crowd(site: Site) -> None:
    """Five people who work here, of whom one is switched off, and a guest."""
    site.person("aroha", user_type="staff", totp=site.secret())
    site.person("bella", user_type="staff", sms=True)
    site.person("cyrus", user_type="staff", sms=True, totp=site.secret())
    site.person("dana", user_type="staff")
    off = site.person("emil", user_type="staff", totp=site.secret())
    site.person("fiona", user_type="guest", totp=site.secret())
    give_codes(site, "aroha")
    with site.work() as work:
        people.set_disabled(work, off, True)


def counted(site: Site, user_type: str = "staff") -> dict[str, int]:
    with site.work() as work:
        found: Counts = site.installation.adoption.now(work)
    return {what: count for (kind, what), count in found.items() if kind == user_type}


def test_everyone_is_counted_by_what_they_have_and_lack(site: Site) -> None:
    crowd(site)
    assert counted(site) == {
        PEOPLE: 4,
        SECOND: 3,
        "totp": 2,
        "sms": 2,
        TEXTS_ONLY: 1,
        ONE_WAY: 2,
        NO_CODES: 2,
    }
    assert (counted(site, EVERYONE)[PEOPLE], counted(site, "guest")[SECOND]) == (5, 1)


@pytest.mark.parametrize(
    ("what", "names"),
    [
        (TEXTS_ONLY, {"bella"}),
        (ONE_WAY, {"aroha", "bella", "fiona"}),
        (NO_CODES, {"bella", "cyrus", "fiona"}),
    ],
)
def test_the_list_of_who_lacks_something_is_as_long_as_its_count(
    site: Site, what: str, names: set[str]
) -> None:
    crowd(site)
    with site.work() as work:
        found = {one.username for one in site.installation.adoption.lacking(work, what)}
    assert found == names
    assert counted(site, EVERYONE)[what] == len(names)


def test_a_day_is_kept_once_whoever_counts_it(site: Site) -> None:
    crowd(site)
    barrier, kept = Barrier(4), list[bool]()

    def one() -> None:
        barrier.wait()
        kept.append(site.installation.adoption.carry_out())

    threads = [Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(kept) == [False, False, False, True]
    with site.work() as work:
        rows = {
            (row.user_type, row.what): row.people for row in adoption.since(work, adoption.today())
        }
        assert rows == site.installation.adoption.now(work)


def test_days_are_kept_as_they_were_and_today_is_as_it_is(site: Site) -> None:
    crowd(site)
    site.installation.adoption.carry_out()
    site.advance(DAY)
    site.person("greta", user_type="staff", totp=site.secret())
    with site.work() as work:
        before, now = site.installation.adoption.history(work, 30)
    assert [one.counts["staff", SECOND] for one in (before, now)] == [3, 4]
    assert before.day < now.day


@pytest.mark.slow
def test_the_command_prints_a_table_json_and_csv(small_site: Site) -> None:
    crowd(small_site)
    small_site.stage("staff", MFA, 30 * DAY)
    acrux = Acrux(small_site.environ)
    small_site.installation.adoption.carry_out()
    small_site.advance(DAY)
    small_site.person("greta", user_type="staff", totp=small_site.secret())
    said = acrux("stage", "adoption")
    assert "4 (+1)" in said
    assert "must have" in said
    found = acrux.json("stage", "adoption")
    rows = list(csv.DictReader(io.StringIO(acrux("stage", "adoption", "--csv"))))
    assert len(rows) == len(found["days"])
    assert [one["stage"] for one in found["next"]]
    who = acrux.json("stage", "adoption", "--who", TEXTS_ONLY)
    assert [one["username"] for one in who] == ["bella"]


@pytest.mark.slow
def test_the_page_has_the_numbers_the_drawing_and_its_table(small_site: Site) -> None:
    crowd(small_site)
    small_site.installation.adoption.carry_out()
    small_site.advance(DAY)
    browser = someone(small_site, "auditor")
    page = browser.open("/admin/rollout/adoption")
    assert page.heading == "5 of 6 people have a second step"
    rows = {row[0]: row[1:] for row in cells(page, "adoption")}
    assert rows["staff"][:2] == ["4", "3"]
    assert rows["Everyone"][:2] == ["6", "5"]
    staff = browser.open("/admin/rollout/adoption?type=staff")
    assert [row[1:3] for row in cells(staff, "days")] == [["4", "3"], ["4", "3"]]
    dashes = re.findall(r'stroke-dasharray="([^"]*)"', staff.text)
    assert len(set(dashes)) == len(dashes) > 1
    assert re.search(r">\s*3 Any second step", staff.text)


@pytest.mark.slow
def test_the_page_gives_the_same_files_as_the_command(small_site: Site) -> None:
    crowd(small_site)
    small_site.person("=cmd", user_type="=1+1", totp=small_site.secret())
    small_site.stage("staff", MFA, 30 * DAY)
    small_site.installation.adoption.carry_out()
    small_site.advance(DAY)
    browser = someone(small_site, "support")
    page = browser.open("/admin/rollout/adoption")
    acrux = Acrux(small_site.environ)
    for ending, said in (
        ("json", acrux("stage", "adoption", "--json")),
        ("csv", acrux("stage", "adoption", "--csv")),
    ):
        assert f'href="/admin/rollout/adoption.{ending}"' in page.text
        file = browser.get(f"/admin/rollout/adoption.{ending}")
        assert file.text.strip().replace("\r\n", "\n") == said.strip().replace("\r\n", "\n")
        assert file.headers["Content-Disposition"] == f'attachment; filename="adoption.{ending}"'
        assert file.headers["Cache-Control"] == "no-store"
    assert not re.search(r"(^|,)=", file.text, re.M), "a spreadsheet would reckon"
