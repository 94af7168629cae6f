"""The auditor's page: for auditors, with two factors; filters in the address; downloads."""

import csv
import io
import json
import re
from html import unescape
from pathlib import Path

import pytest

from idp import audit
from idp.audit import Event, Outcome, export
from idp.pages.gate import FRESH
from idp.store import events, people
from idp.store.audit import searching
from idp.store.db.statements import Statement
from tests.support.programs.postgres import Cluster
from tests.support.site import Answer, Browser, Site

HOME = "/admin/audit/"
PAGE = f"{HOME}events"
DOWNLOADS = ("/admin/audit/export.jsonl", "/admin/audit/export.csv")


def auditor(site: Site, role: str = "auditor") -> Browser:
    """Return the browser of a signed-in auditor."""
    secret = site.secret()
    site.person(role, totp=secret, roles=frozenset({role}))
    browser = site.browser()
    browser.open(PAGE)
    browser.sign_in(role)
    browser.totp(secret)
    return browser


def ids(answer: Answer) -> list[int]:
    return [int(found) for found in re.findall(r'<tr id="event-(\d+)"', answer.text)]


def note(site: Site, count: int = 1, **values: str) -> None:
    with site.work() as work:
        for _ in range(count):
            audit.record(work, Event.CONSENT_DENIED, Outcome.REFUSED, **values)  # type: ignore[arg-type]


@pytest.mark.parametrize("address", [PAGE, DOWNLOADS[1]])
def test_strangers_are_sent_to_the_sign_in_and_come_back_to_the_same_view(
    site: Site, address: str
) -> None:
    secret = site.secret()
    site.person("tane", totp=secret, roles=frozenset({"auditor"}))
    browser = site.browser()
    begun = browser.get(address, person="tane", since="2026-01-01")
    assert begun.status == 303
    assert begun.text == ""
    browser.open(begun.location)
    assert browser.sign_in("tane").url.endswith("/totp")
    action, form = browser.at.form("/totp")
    back = browser.http.send("POST", action, {**form, "code": site.code(secret)})
    back = browser.get(back.location)
    assert back.location == f"{address}?since=2026-01-01&person=tane"


@pytest.mark.parametrize("role", ["support", None])
def test_people_without_the_role_see_nothing(small_site: Site, role: str | None) -> None:
    secret = small_site.secret()
    roles = frozenset({role} if role else ())
    small_site.person("tane", totp=secret, roles=roles)
    browser = small_site.browser()
    browser.open("/account/")
    browser.sign_in("tane")
    browser.totp(secret)
    for address in (PAGE, *DOWNLOADS):
        answer = browser.open(address)
        assert answer.status == 403
        assert "person:factor:proved" not in answer.text
    assert small_site.events(kind="operator:audit:exported") == []


@pytest.mark.slow
def test_a_password_alone_does_not_open_it(small_site: Site) -> None:
    small_site.person("tane", roles=frozenset({"admin"}))
    browser = small_site.browser()
    browser.open(PAGE)
    assert browser.sign_in("tane").url.endswith("/enrol/proof")


@pytest.mark.parametrize("role", ["auditor", "admin"])
def test_auditors_and_administrators_see_what_happened(site: Site, role: str) -> None:
    browser = auditor(site, role)
    answer = browser.open(PAGE)
    assert (answer.status, answer.url, answer.heading) == (200, PAGE, "Every event")
    assert ids(answer) == sorted(ids(answer), reverse=True)
    assert "person:sign-in:finished" in re.sub("<wbr>", "", answer.text)
    assert answer.headers["Cache-Control"] == "no-store"


def test_filters_stand_in_the_address(site: Site) -> None:
    browser = auditor(site)
    note(site, client="payroll", reason="one")
    note(site, client="intranet", reason="two")
    assert len(ids(browser.open(PAGE, client="payroll"))) == 1
    assert len(ids(browser.open(PAGE, outcome="refused"))) == 2
    assert len(ids(browser.open(PAGE, outcome="refused", client="none"))) == 0
    assert "No events match" in browser.at.text
    answer = browser.open(PAGE, kind="person:factor:proved", amr="otp", person="auditor")
    assert len(ids(answer)) == 1
    links = [unescape(link) for link in re.findall(r'href="(export[^"]*)"', answer.text)]
    assert links == [
        f"export.{ending}?person=auditor&amr=otp&kind=person%3Afactor%3Aproved"
        for ending in export.FORMATS
    ]
    assert 'value="auditor"' in answer.text


@pytest.mark.slow
def test_a_hundred_a_page_and_older_ones_on_the_next(site: Site) -> None:
    browser = auditor(site)
    note(site, 205, client="payroll")
    seen: list[int] = []
    url = PAGE + "?client=payroll"
    for expected in (100, 100, 5):
        answer = browser.open(url)
        assert len(ids(answer)) == expected
        seen += ids(answer)
        link = re.search(r'<a class="quiet"\s+href="([^"]*before[^"]*)"', answer.text)
        url = PAGE + unescape(link.group(1)) if link else ""
    assert url == ""
    assert seen == sorted(set(seen), reverse=True)
    assert len(seen) == 205


def test_what_cannot_be_understood_is_said_on_the_page(site: Site) -> None:
    browser = auditor(site)
    for name, value in (
        *(("since", "tomorrow"), ("until", "2027-02-30"), ("person", "a\x00b")),
        *(("client", "x" * 400), ("before", "-1"), ("before", "x"), ("before", "9" * 30)),
        ("before", "\u0661"),
    ):
        answer = browser.open(PAGE, **{name: value})
        assert (answer.status, answer.heading) == (200, "Every event"), (name, value)
        assert 'role="alert"' in answer.text
        assert "<title>Problem: " in answer.text
        assert ids(answer) == []
        if name != "before":
            refused = browser.get(DOWNLOADS[1], **{name: value})
            assert refused.status == 303
            assert refused.location.startswith(PAGE)


@pytest.mark.slow
def test_unknown_words_find_nothing_and_break_nothing(site: Site) -> None:
    browser = auditor(site)
    for name in ("client", "person", "acr", "amr", "outcome", "kind"):
        for value in ("%", "_", "'", '"', "\\", "' OR 1=1 --", "a\u2028b", "<b>"):
            assert browser.open(PAGE, **{name: value}).status == 200, (name, value)
            assert ids(browser.at) == [], (name, value)


def test_what_strangers_sent_is_shown_as_text(small_site: Site) -> None:
    browser = auditor(small_site)
    note(small_site, client='"><script>alert(1)</script>', reason="<img src=x onerror=alert(1)>")
    answer = browser.open(PAGE, outcome="refused")
    assert "<script>alert" not in answer.text
    assert "<img src=x" not in answer.text
    assert "&lt;img src=x onerror=alert(1)&gt;" in answer.text


def test_downloads_hold_what_the_page_shows(site: Site) -> None:
    browser = auditor(site)
    note(site, 3, client="payroll", reason="=1+1")
    shown = ids(browser.open(PAGE, client="payroll"))
    lines = browser.get(DOWNLOADS[0], client="payroll")
    assert [json.loads(line)["id"] for line in lines.text.splitlines()] == shown[::-1]
    table = browser.get(DOWNLOADS[1], client="payroll")
    rows = list(csv.DictReader(io.StringIO(table.text, newline="")))
    assert [int(row["id"]) for row in rows] == shown[::-1]
    assert {row["reason"] for row in rows} == {"'=1+1"}
    for answer, ending, kind in ((lines, "jsonl", "application/jsonl"), (table, "csv", "text/csv")):
        disposition = f'attachment; filename="acrux-audit.{ending}"'
        assert answer.headers["Content-Disposition"] == disposition
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Type"].startswith(kind)


def test_a_download_is_an_event(site: Site) -> None:
    browser = auditor(site)
    browser.get(DOWNLOADS[0], person="auditor", until="2026-12-31")
    event = site.events(kind="operator:audit:exported")[0]
    assert event.username == "auditor"
    assert event.reason == "jsonl"
    assert json.loads(event.data or "") == {
        "format": "jsonl",
        "filters": {"person": "auditor", "until": 1798761600},
    }


def test_a_download_wants_a_fresh_proof_and_leads_back_to_itself(site: Site) -> None:
    secret = site.secret()
    site.person("tane", totp=secret, roles=frozenset({"auditor"}))
    browser = site.browser()
    browser.open(PAGE)
    browser.sign_in("tane")
    browser.totp(secret)
    site.advance(FRESH + 1)
    assert browser.open(PAGE).heading == "Every event"
    for address in DOWNLOADS:
        asked = browser.get(address, person="tane")
        assert asked.status == 303
        assert asked.location.startswith("/interaction/")
    assert not site.events(kind="operator:audit:exported")
    browser.open(asked.location)
    browser.sign_in("tane")
    back = browser.totp(secret)
    assert back.headers["Content-Disposition"].endswith('"acrux-audit.csv"'), back.text
    assert len(site.events(kind="operator:audit:exported")) == 1


def test_what_is_searched_for_is_planned_by_its_values_however_often(
    postgres_server: Cluster, tmp_path: Path
) -> None:
    """A plan for any value may read the whole trail, and PostgreSQL takes it in time."""
    site = Site(tmp_path, postgres_server.create_database())
    with site.work() as work:
        for number in range(12):
            wanted = events.Filter(kinds=("operator:person:changed",), before_id=10**6 + number)
            assert searching.search(work, wanted, 5, 5).rows == []
            assert events.listing(work, wanted, 5) == []
        prepared = Statement(
            "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%event%kind%'"
        )
        assert work.value(prepared) == 0
    site.close()


def test_no_other_ending_is_a_download(small_site: Site) -> None:
    browser = auditor(small_site)
    assert browser.get("/admin/audit/export.xlsx").location == HOME


def test_the_role_is_looked_at_on_every_page(site: Site) -> None:
    """An auditor whose account is switched off sees nothing more, in the same browser."""
    browser = auditor(site)
    with site.work() as work:
        person = people.by_name(work, "auditor")
        assert person is not None
        people.set_disabled(work, person.id, True)
    assert browser.open(PAGE).heading != "Audit"
