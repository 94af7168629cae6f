"""`acrux profiles`: the report, keeping, asking, and the split of a shared profile."""

import csv
import io
from typing import Any

import pytest

from idp import clock
from idp.cli.running.worker import Worker
from idp.policy.profile_day import DAY
from idp.store import next_sign_in, people
from idp.store.people import PersonRow
from tests.protocol.command import Acrux
from tests.protocol.rollout.shared.test_shared_signs import add, live, signs_of
from tests.support.site import Site


def command(site: Site) -> Acrux:
    return Acrux(site.environ)


def on(days: int) -> str:
    return clock.iso(clock.now() + days * DAY)


def person(site: Site, name: str) -> PersonRow:
    with site.work() as work:
        found = people.by_name(work, name)
    assert found is not None
    return found


def mails(site: Site, kind: str) -> list[dict[str, Any]]:
    site.work_off()
    return [mail for mail in site.messages("mail") if mail["kind"] == kind]


def split(site: Site, *words: str, days: int = 14) -> Any:
    return command(site).json("profiles", "split", "reception", *words, "--closes", on(days))


TWO = ("--person", "Rangi:rangi@example.org=Rangi Pou", "--person", "mere:mere@example.org")


@pytest.fixture
def desk(site: Site) -> Site:
    """A site with one account that looks shared, and has a password."""
    person_id = site.person("reception", user_type="clinician")
    with site.work() as work:
        next_sign_in.learn_locale(work, person_id, "de")
        from idp.store.db.statements import Statement

        work.run(
            Statement("UPDATE person SET member_of = '[\"north\"]' WHERE id = :id"), id=person_id
        )
    site.trust_rows()
    live(site, person_id, 8, range(24))
    return site


def test_the_report_says_why(desk: Site) -> None:
    (found,) = command(desk).json("profiles", "shared")
    assert (found["username"], found["type"], found["score"]) == ("reception", "clinician", 100)
    assert [reason["sign"] for reason in found["reasons"]] == ["name", "hours"]
    assert found["reasons"][1]["text"] == ("On 8 days it was used through more than sixteen hours.")
    said = command(desk)("profiles", "shared")
    assert "It is called like a place or a job." in said
    assert "suspected" in said


def test_the_report_as_csv_has_no_cell_that_a_spreadsheet_would_evaluate(site: Site) -> None:
    with site.work() as work:
        people.add(work, username="kiosk", email="kiosk@example.org", name="=1+1")
    live(site, add(site, "ben"), 1, range(9, 12))
    lines = list(csv.DictReader(io.StringIO(command(site)("profiles", "shared", "--csv"))))
    assert [(line["username"], line["name"], line["score"]) for line in lines] == [
        ("kiosk", "'=1+1", "50")
    ]


def test_nothing_is_reported_where_nothing_is_seen(site: Site) -> None:
    live(site, add(site, "ben"), 3, range(9, 17))
    said = command(site)("profiles", "shared")
    assert said == "No account looks as if several people used it.\n"


def test_a_score_changes_no_sign_in(desk: Site) -> None:
    command(desk)("profiles", "shared")
    browser = desk.browser()
    browser.open("/account/")
    assert browser.sign_in("reception").status == 200
    finished = desk.events(kind="person:sign-in:finished")[0]
    assert finished.acr == "urn:acrux:acr:1fa"


def test_whoever_was_kept_is_left_out(desk: Site) -> None:
    assert len(command(desk).json("profiles", "shared")) == 1
    command(desk)("profiles", "keep", "reception", "--reason", "a porter at night")
    assert command(desk).json("profiles", "shared") == []


def test_the_owner_is_asked_in_their_language_and_the_report_says_so(desk: Site) -> None:
    command(desk)("profiles", "shared")
    said = command(desk)("profiles", "ask", "reception")
    assert said == "reception was written to: reception@example.org.\n"
    (mail,) = mails(desk, "shared-profile")
    assert "Benutzen mehrere Personen Ihr Konto" in mail["subject"]
    (found,) = command(desk).json("profiles", "shared")
    assert found["state"] == "asked"
    assert [e.kind for e in desk.events(kind="operator:shared-profile:asked")] != []


def test_a_split_makes_invited_people_of_the_same_type_and_groups(desk: Site) -> None:
    found = split(desk, *TWO)
    assert [one["username"] for one in found["people"]] == ["rangi", "mere"]
    made = person(desk, "rangi")
    assert (made.name, made.user_type, made.groups) == ("Rangi Pou", "clinician", ("north",))
    assert (made.roles, made.methods, made.email_verified) == (frozenset(), frozenset(), False)
    invited = mails(desk, "invitation")
    assert sorted(mail["to"] for mail in invited) == ["mere@example.org", "rangi@example.org"]
    yours = {mail["to"]: mail for mail in mails(desk, "shared-profile-yours")}
    assert "rangi" in yours["rangi@example.org"]["body"]
    assert "reception" in yours["rangi@example.org"]["body"]
    (told,) = mails(desk, "shared-profile-closes")
    assert told["to"] == "reception@example.org"
    assert "mere, rangi" in told["body"]
    command(desk)("profiles", "shared")
    (reported,) = command(desk).json("profiles", "shared")
    assert (reported["state"], reported["made"]) == ("closing", ["mere", "rangi"])


@pytest.mark.slow
def test_a_split_is_whole_or_not_at_all(desk: Site) -> None:
    add(desk, "mere")
    refused = command(desk).refused("profiles", "split", "reception", *TWO, "--closes", on(14))
    assert "mere or mere@example.org belongs to somebody already" in refused
    with desk.work() as work:
        assert people.by_name(work, "rangi") is None
    assert mails(desk, "invitation") == []
    twice = ("--person", "a:a@example.org", "--person", "b:A@example.org")
    assert "b or a@example.org belongs" in command(desk).refused(
        "profiles", "split", "reception", *twice, "--closes", on(14)
    )
    assert "to come" in command(desk).refused("profiles", "split", "reception", "--closes", on(-1))
    assert "no user name" in command(desk).refused(
        "profiles", "split", "reception", "--person", "a b:a@example.org", "--closes", on(1)
    )
    assert (
        command(desk)
        .run("profiles", "split", "reception", "--person", "rangi", "--closes", on(1))
        .exit_code
        == 2
    )


@pytest.mark.slow
def test_the_worker_warns_a_day_before_and_closes_on_the_day(desk: Site) -> None:
    split(desk, *TWO)
    browser = desk.browser()
    browser.open("/account/")
    browser.sign_in("reception")
    worker = Worker(desk.installation)
    worker.clean()
    assert len(mails(desk, "shared-profile-closes")) == 1
    desk.advance(13 * DAY + 60)
    for _ in range(2):
        worker.clean()
    assert len(mails(desk, "shared-profile-closes")) == 2
    assert person(desk, "reception").disabled_at is None
    desk.advance(DAY)
    for _ in range(2):
        worker.clean()
    assert person(desk, "reception").disabled_at is not None
    assert len(mails(desk, "shared-profile-closes")) == 2
    closed = desk.events(kind="operator:person:disabled")
    assert [event.reason for event in closed] == ["a shared profile whose day of closing has come"]
    assert browser.open("/account/").heading != "Your account"
    assert "reception" not in str(command(desk).json("profiles", "shared"))
    assert person(desk, "rangi").disabled_at is None


def test_a_day_is_one_of_the_installations_zone(small_site: Site) -> None:
    add(small_site, "reception")
    zoned = Acrux({**small_site.environ, "ACRUX_BRAND__TIME_ZONE": "Pacific/Auckland"})
    found = zoned.json("profiles", "split", "reception", "--closes", "2037-02-01")
    assert found["closes_at"] == "2037-01-31T11:00:00Z"


def test_a_split_for_tomorrow_is_told_of_once(desk: Site) -> None:
    split(desk, *TWO, days=1)
    Worker(desk.installation).clean()
    assert len(mails(desk, "shared-profile-closes")) == 1


@pytest.mark.slow
def test_the_day_can_be_moved_and_taken_back(desk: Site) -> None:
    split(desk, *TWO, days=2)
    split(desk, days=30)
    desk.advance(3 * DAY)
    Worker(desk.installation).clean()
    assert person(desk, "reception").disabled_at is None
    command(desk)("profiles", "keep", "reception")
    desk.advance(40 * DAY)
    Worker(desk.installation).clean()
    assert person(desk, "reception").disabled_at is None


def test_the_worker_counts_by_itself(desk: Site) -> None:
    Worker(desk.installation).clean()
    assert signs_of(desk).catch_up() == 0
    assert len(command(desk).json("profiles", "shared")) == 1
