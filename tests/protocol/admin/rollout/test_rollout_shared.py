"""Shared profiles in the console: why they look so, asking, leaving out, and the split."""

import json

import pytest

from idp.audit import Event
from idp.store import people
from tests.protocol.admin.rollout.planning import ROLLOUT, by_id, cells
from tests.protocol.admin.rollout.test_rollout_stage_form import day
from tests.protocol.admin.test_frame import someone
from tests.protocol.rollout.shared.test_shared_signs import live, signs_of
from tests.support.site import Browser, Site

SHARED = f"{ROLLOUT}shared/"


@pytest.fixture
def desk(site: Site) -> Site:
    """A site with one account that looks shared, counted up to yesterday."""
    live(site, site.person("reception", user_type="clinician"), 8, range(24))
    signs_of(site).catch_up()
    return site


def opened(site: Site, role: str = "admin") -> Browser:
    browser = someone(site, role)
    browser.open(SHARED)
    browser.open(SHARED + sub(site))
    return browser


def sub(site: Site, name: str = "reception") -> str:
    with site.work() as work:
        found = people.by_name(work, name)
    assert found
    return found.id


def test_without_one_it_says_what_would_be_here(small_site: Site) -> None:
    answer = someone(small_site, "support").open(SHARED)
    assert answer.heading == "No profile looks as if several people used it"
    assert "Profiles with many of them appear here." in answer.text


@pytest.mark.slow
def test_each_is_listed_with_the_reasons_in_words(desk: Site) -> None:
    answer = someone(desk, "auditor").open(SHARED)
    assert answer.heading == "1 profile looks as if several people used it"
    row = cells(answer, "shared")[0]
    assert row[0] == "Reception reception"
    assert (row[1], row[3]) == ("clinician", "Looks shared")
    assert "reception" in row[2] or len(row[2]) > 20
    assert int(row[4]) > 0
    one = opened(desk, "support").at
    assert one.heading == "Does Reception belong to several people?"
    assert 'id="split"' not in one.text


def test_the_owner_is_asked_by_e_mail(desk: Site) -> None:
    browser = opened(desk)
    answer = browser.submit("/ask")
    assert "The owner is written to." in answer.text
    assert by_id(answer, "facts").count("Asked") == 1
    desk.work_off()
    assert desk.messages("mail")[-1]["to"] == "reception@example.org"
    data = json.loads(desk.events(kind=Event.PROFILE_ASKED)[0].data or "{}")
    assert data["by"] == sub(desk, "admin"), "who asked"


def test_one_that_belongs_to_one_person_is_left_out(desk: Site) -> None:
    answer = opened(desk).submit("/keep")
    assert answer.url == SHARED
    assert "It is left out until there are new signs." in answer.text
    assert cells(answer, "shared") == []


@pytest.mark.slow
def test_from_a_shared_one_profiles_are_made_and_it_closes_on_a_day(desk: Site) -> None:
    browser = opened(desk)
    who = "rangi, rangi@example.org, Rangi Pou\nmere,mere@example.org"
    answer = browser.submit("/split", people=who, closes=day(14))
    assert "The profiles are made and invited." in answer.text
    facts = by_id(answer, "facts")
    assert "Profiles made from it mere, rangi" in facts
    assert "Closes" in facts
    with desk.work() as work:
        made = people.by_name(work, "rangi")
    assert made
    assert (made.name, made.user_type) == ("Rangi Pou", "clinician")


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"closes": "2020-01-01"}, "Choose a day to come, on which it closes."),
        ({"closes": ""}, "Choose a day to come, on which it closes."),
        ({"people": "rangi"}, "is no user name or no e-mail address"),
        ({"people": "reception, other@example.org"}, "belongs to somebody already"),
        (
            {"people": f"rangi, rangi@example.org\nmere, mere@example.org, {'x' * 4000}"},
            "Use at most 4000 characters.",
        ),
    ],
)
def test_a_split_that_cannot_be_makes_no_one_and_keeps_what_was_typed(
    desk: Site, fields: dict[str, str], says: str
) -> None:
    given = {"people": "rangi, rangi@example.org", "closes": day(14)} | fields
    answer = opened(desk).submit("/split", **given)
    assert answer.status == 400
    assert says in answer.text
    assert given["people"][:4000] in answer.text
    with desk.work() as work:
        assert people.by_name(work, "rangi") is None
