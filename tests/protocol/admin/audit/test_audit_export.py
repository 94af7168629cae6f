"""The export: every event once, under stable keys, filtered as asked, harmless in a spreadsheet."""

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest

from idp import audit
from idp.audit import Event, Outcome, export
from tests.protocol.command import Acrux
from tests.support.site import MFA, ONE, Site

KEYS = {
    *("id", "at", "event", "outcome", "person", "username", "client", "interaction", "sid"),
    *("requested", "acr", "amr", "auth_time", "source", "reason", "data", "times", "last_at"),
    "request",
}
FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\uff1d1")


def exported(acrux: Acrux, **filters: str) -> list[dict[str, Any]]:
    options = [word for key, value in filters.items() for word in (f"--{key}", value)]
    return [json.loads(line) for line in acrux("audit", "export", *options).splitlines()]


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def history(site: Site) -> str:
    """Two sign-ins a day apart, one of them with both factors, and a wrong password."""
    secret = site.secret()
    sub = site.person("tane", totp=secret)
    site.person("aroha")
    app = site.application("payroll")
    first = site.browser()
    first.authorize(app, acr_values=MFA)
    first.sign_in("tane")
    site.claims(app, first.totp(secret))
    site.advance(86400)
    second = site.browser()
    second.authorize(site.application("intranet"))
    second.sign_in("aroha", "not the password at all")
    second.sign_in("aroha")
    return sub


@pytest.mark.slow
def test_a_token_stands_in_the_export_as_it_was_issued(site: Site) -> None:
    acrux = Acrux(site.environ)
    sub = history(site)
    events = exported(acrux)
    assert all(set(event) == KEYS for event in events)
    assert [event["id"] for event in events] == sorted({event["id"] for event in events})
    token = next(e for e in events if e["event"] == "client:token:issued")
    assert token["person"] == sub
    assert token["username"] == "tane"
    assert token["client"] == "payroll"
    assert token["acr"] == MFA
    assert token["amr"] == ["pwd", "otp", "mfa"]
    assert isinstance(token["auth_time"], int)
    assert str(token["at"]).endswith("Z")
    assert isinstance(token["data"], dict)
    assert token["data"]["jti"]
    finished = next(e for e in events if e["event"] == "person:sign-in:finished")
    assert finished["requested"] == f"acr_values {MFA}"


@pytest.mark.slow
def test_filters_narrow_alone_and_together(site: Site) -> None:
    acrux = Acrux(site.environ)
    sub = history(site)
    for person in ("tane", "TANE@example.org", sub):
        assert {e["username"] for e in exported(acrux, person=person)} == {"tane"}
    assert {e["client"] for e in exported(acrux, client="intranet")} == {"intranet"}
    assert {e["acr"] for e in exported(acrux, acr=MFA)} == {MFA}
    assert {e["acr"] for e in exported(acrux, acr=ONE)} == {ONE}
    assert all("otp" in e["amr"] for e in exported(acrux, amr="otp"))
    assert exported(acrux, amr="ot") == []
    assert exported(acrux, amr="o%") == []
    refused = exported(acrux, outcome="refused")
    assert [e["event"] for e in refused] == ["person:factor:rejected"]
    assert len(exported(acrux, kind="person:sign-in:finished", client="payroll")) == 1
    assert exported(acrux, person="aroha", acr=MFA) == []
    assert exported(acrux, person="%") == []


@pytest.mark.slow
def test_time_is_filtered_by_day_and_by_moment(site: Site) -> None:
    acrux = Acrux(site.environ)
    history(site)
    finished = exported(acrux, kind="person:sign-in:finished")
    first, second = (str(event["at"]) for event in finished)
    days = [first[:10], second[:10]]
    assert days[0] < days[1]

    def found(**filters: str) -> list[str]:
        events = exported(acrux, kind="person:sign-in:finished", **filters)
        return [str(event["at"]) for event in events]

    assert found(since=days[1]) == [second]
    assert found(until=days[0]) == [first], "the day itself is taken in"
    assert found(since=days[0], until=days[1]) == [first, second]
    assert found(since=first, until=second) == [first], "a moment is the end of what is taken"
    assert found(since=first.replace("Z", "+00:00")) == [first, second]
    assert found(since="2090-01-01") == []


@pytest.mark.parametrize(
    ("option", "value", "says"),
    [
        ("--since", "yesterday", "'yesterday' is no date"),
        ("--until", "2027-02-31", "is no date"),
        ("--since", "2027-02-01T10:00:00", "with the zone"),
        ("--since", "9999-12-31T23:59:59-23:59x", "is no date"),
        ("--person", "a\x00b", "person is not something to look for"),
        ("--client", "x" * 301, "client is not something to look for"),
    ],
)
def test_a_filter_that_cannot_be_is_one_line(
    small_acrux: Acrux, option: str, value: str, says: str
) -> None:
    for command in ("export", "tail"):
        assert says in small_acrux.refused("audit", command, option, value)


def test_no_cell_of_a_csv_file_is_a_formula(site: Site) -> None:
    with site.work() as work:
        for text in FORMULAS:
            audit.record(work, Event.CONSENT_DENIED, Outcome.REFUSED, client=text, reason=text)
    rows = table(Acrux(site.environ)("audit", "export", "--format", "csv", "--outcome", "refused"))
    assert [row["client"] for row in rows] == ["'" + text for text in FORMULAS]
    assert [row["reason"] for row in rows] == ["'" + text for text in FORMULAS]


def test_a_name_from_outside_cannot_add_cells_or_lines(site: Site) -> None:
    nasty = "a\",=cmd|'/c calc'!A1,\"\r\nid,at"
    with site.work() as work:
        audit.record(work, Event.CONSENT_DENIED, Outcome.REFUSED, reason=nasty)
        audit.record(work, Event.CONSENT_DENIED, Outcome.REFUSED, reason="plain")
    acrux = Acrux(site.environ)
    rows = table(acrux("audit", "export", "--format", "csv", "--outcome", "refused"))
    assert [row["reason"] for row in rows] == [nasty, "plain"]
    assert all(len(row) == len(KEYS) and None not in row for row in rows)
    lines = acrux("audit", "export", "--outcome", "refused").splitlines()
    assert [json.loads(line)["reason"] for line in lines] == [nasty, "plain"]


@pytest.mark.slow
def test_csv_has_the_same_columns_and_values(site: Site) -> None:
    acrux = Acrux(site.environ)
    history(site)
    text = acrux("audit", "export", "--format", "csv", "--client", "payroll")
    assert text.splitlines()[0].split(",") == list(export.KEYS)
    rows = table(text)
    for row, event in zip(rows, exported(acrux, client="payroll"), strict=True):
        assert row["id"] == str(event["id"])
        assert row["amr"].split() == event["amr"]
        assert row["auth_time"] == ("" if event["auth_time"] is None else str(event["auth_time"]))
        assert (json.loads(row["data"]) if row["data"] else {}) == event["data"]


def test_every_event_is_exported_once_however_many_there_are(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "PAGE", 7)
    with site.work() as work:
        for number in range(50):
            audit.record(work, Event.CONSENT_DENIED, Outcome.REFUSED, reason=str(number))
    reasons = [e["reason"] for e in exported(Acrux(site.environ), outcome="refused")]
    assert reasons == [str(number) for number in range(50)]


def test_an_export_ends_although_things_go_on_happening(
    small_site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "PAGE", 2)

    def happen() -> None:
        with small_site.work() as work:
            audit.record(work, Event.CONSENT_DENIED, Outcome.REFUSED)

    for _ in range(5):
        happen()
    count = 0
    for _ in export.rows(small_site.installation.engine, export.read_filter({})):
        happen()
        count += 1
    assert count == 5


def test_an_export_is_an_event_that_says_what_was_taken(site: Site) -> None:
    acrux = Acrux(site.environ)
    acrux("audit", "export", "--format", "csv", "--person", "tane", "--since", "2026-01-01")
    event = acrux.events(kind="operator:audit:exported")[0]
    assert event["source"].startswith("cli:")
    assert event["reason"] == "csv"
    assert event["data"] == {
        "format": "csv",
        "filters": {"person": "tane", "since": 1767225600},
    }


@pytest.mark.slow
def test_the_tail_is_the_newest_in_the_order_of_time(site: Site) -> None:
    acrux = Acrux(site.environ)
    history(site)
    everything = acrux.events()
    lines = acrux("audit", "tail", "-n", "3").splitlines()
    assert [line.split()[0] for line in lines] == [event["at"] for event in everything[-3:]]
    assert acrux("audit", "tail", "-n", "0") == ""
    shown = acrux("audit", "tail", "--kind", "client:token:issued")
    assert f"acr={MFA} amr=pwd,otp,mfa" in shown
    assert "person=tane" in shown


def test_nothing_in_an_event_steers_the_terminal(small_site: Site) -> None:
    with small_site.work() as work:
        audit.record(work, Event.CONSENT_DENIED, Outcome.REFUSED, reason="\x1b[2J\nfake line")
    lines = Acrux(small_site.environ)("audit", "tail").splitlines()
    assert len(lines) == 1
    assert "\x1b" not in lines[0]


@pytest.mark.slow
def test_following_prints_what_happens_next(acrux: Acrux, tmp_path: Path) -> None:
    with acrux.running("audit", "tail", "-n", "1", "-f", "--json") as process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["event"] == "operator:key:added"
        acrux("user", "add", "tane", "--email", "t@example.org")
        acrux("user", "disable", "tane")
        kinds = [json.loads(process.stdout.readline())["event"] for _ in range(3)]
    assert kinds == ["operator:person:added", "operator:person:disabled", "person:session:ended"]


@pytest.mark.slow
def test_every_form_has_every_event_once_with_its_id(site: Site) -> None:
    acrux = Acrux(site.environ)
    history(site)
    ids = [str(event["id"]) for event in exported(acrux)]
    ocsf = [json.loads(line) for line in acrux("audit", "export", "--format", "ocsf").splitlines()]
    cef = acrux("audit", "export", "--format", "cef").splitlines()
    # Each export is an event itself.
    assert [event["metadata"]["uid"] for event in ocsf][: len(ids)] == ids
    found = [re.search(r"externalId=(\d+) ", line) for line in cef]
    assert [match[1] for match in found if match][: len(ids)] == ids
    assert len(cef) == len(ocsf) + 1 == len(ids) + 2
