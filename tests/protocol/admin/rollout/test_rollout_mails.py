"""What became of the mails ahead of a date, in the console, and the list of whom to call."""

import csv
import io
import re
from html import unescape

import pytest

from idp.rollout.mails import call_list
from idp.store import people
from tests.protocol.admin.rollout.planning import ROLLOUT, cells
from tests.protocol.admin.test_frame import someone
from tests.protocol.rollout.mails.ahead import look, planned
from tests.support.site import Browser, Site


def at_mails(site: Site, stage_id: str, role: str = "admin") -> Browser:
    browser = someone(site, role)
    browser.open(f"{ROLLOUT}stages/{stage_id}/mails")
    return browser


def test_before_any_mail_was_due_it_says_what_will_come(site: Site) -> None:
    answer = at_mails(site, planned(site, announce_at=None, stopped_at=1)).at
    assert answer.heading == "No one has to be called"
    assert "No e-mail was due yet." in answer.text


def test_each_mail_has_its_state_and_whom_none_reached_is_to_be_called(site: Site) -> None:
    site.person("aroha", user_type="nurse")
    site.person("hemi", user_type="nurse", verified=False, phone="+64215550001")
    stage_id = planned(site, audience="nurse")
    look(site)
    answer = at_mails(site, stage_id, "support").at
    assert answer.heading == "1 person has to be called: no e-mail reached them"
    (called,) = cells(answer, "calls")
    assert called == [
        "Hemi hemi",
        "+64215550001",
        "hemi@example.org",
        "The e-mail address was never confirmed",
    ]
    states = {tuple(row[0:1] + row[2:4]) for row in cells(answer, "mails")}
    assert states == {
        ("Announcement", "Sent", "1"),
        ("Announcement", "The e-mail address was never confirmed", "1"),
    }
    assert "call-list.csv" not in answer.text, "support changes nothing and takes no file"


def test_the_list_is_a_file_for_who_runs_the_rollout_after_a_fresh_proof(site: Site) -> None:
    site.person("hemi", user_type="nurse", verified=False, phone="+64215550001")
    stage_id = planned(site, audience="nurse")
    look(site)
    browser = at_mails(site, stage_id)
    assert browser.at.heading.startswith("1 person has to be called")
    answer = browser.get(f"{ROLLOUT}stages/{stage_id}/call-list.csv")
    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "no-store"
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [(row["user"], row["phone"]) for row in rows] == [("hemi", "+64215550001")]
    site.advance(1200)
    assert browser.get(f"{ROLLOUT}stages/{stage_id}/call-list.csv").status == 303


@pytest.mark.slow
def test_a_long_list_is_read_part_by_part_and_nobody_is_missed_or_named_twice(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(call_list, "MOST", 2)
    monkeypatch.setattr(call_list, "LOOKS", 3)
    names = {f"nurse{number}" for number in range(8)}
    for name in names:
        site.person(name, user_type="nurse", verified=False)
    stage_id = planned(site, audience="nurse")
    look(site)
    ready = {"nurse1", "nurse2", "nurse3"}
    for name in ready:
        with site.work() as work:
            person = people.by_name(work, name)
            assert person
            site.installation.signin.authenticators["totp"].add(work, person.id, site.secret())  # type: ignore[attr-defined]
    browser, found = at_mails(site, stage_id, "support"), list[str]()
    assert browser.at.heading == "Whom to call"
    while True:
        found += [row[0].split()[1] for row in cells(browser.at, "calls")]
        link = re.search(r'href="([^"]+)" id="next"', browser.at.text)
        if link is None:
            break
        assert len(cells(browser.at, "calls")) <= 2
        browser.open(unescape(link[1]))
    assert sorted(found) == sorted(names - ready)
    assert 'id="first"' in browser.at.text
    assert browser.open(f"{ROLLOUT}stages/{stage_id}/mails?after=%00").status == 200
