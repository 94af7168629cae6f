"""What became of the mails ahead of a date, in the console, and the list of whom to call."""

import csv
import io

from tests.protocol.admin.planning import ROLLOUT, cells
from tests.protocol.admin.test_frame import someone
from tests.protocol.rollout.ahead import look, planned
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
