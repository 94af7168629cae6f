"""A stage is stopped, resumed, removed and given words of its own; people are excepted from it."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from idp import clock
from idp.audit import Event
from idp.errors import GoneError
from idp.rollout.mails import own_words
from idp.store.db import Work
from idp.store.rollout import exceptions, stages
from idp.store.rollout.letters import LetterRow
from tests.protocol.admin.rollout.planning import ROLLOUT, by_id, cells
from tests.protocol.admin.rollout.test_rollout_board import clinicians
from tests.protocol.admin.rollout.test_rollout_stage_form import day, stored
from tests.protocol.admin.test_frame import someone
from tests.support.site import MFA, Browser, Site

DAY = 86400


def path(stage_id: str, rest: str = "") -> str:
    return f"{ROLLOUT}stages/{stage_id}{rest}"


def excepted(site: Site) -> list[tuple[str, str, str]]:
    with site.work() as work:
        return [(row.stage_id, row.reason, row.author) for row in exceptions.holding(work)]


@pytest.mark.slow
def test_a_stage_is_stopped_and_resumed_after_it_was_said_for_how_many(site: Site) -> None:
    clinicians(site, ready=1, missing=1)
    stage_id = site.stage("clinician", MFA, -DAY)
    browser = someone(site, "admin")
    answer = browser.open(path(stage_id, "/stop"))
    assert by_id(answer, "means").startswith("Nothing is asked of 2 people any more until")
    stopped = browser.submit("/stop")
    assert "The stage is stopped." in stopped.text
    assert stored(site)[0].stopped_at is not None
    assert site.events(kind=Event.STAGE_STOPPED)[0].username == "admin"
    assert browser.open(path(stage_id, "/stop")).url == path(stage_id), "it is stopped already"
    answer = browser.open(path(stage_id, "/resume"))
    means = "It is required of 2 people again from this moment; not ready: 1."
    assert by_id(answer, "means") == means
    assert "The stage holds again" in browser.submit("/resume").text
    assert stored(site)[0].stopped_at is None
    before_and_after = json.loads(site.events(kind=Event.STAGE_RESUMED)[0].data or "{}")
    assert before_and_after["after"] == {"stopped_at": None}


@pytest.mark.slow
def test_a_stage_is_removed_only_with_its_name(site: Site) -> None:
    stage_id = site.stage("*", MFA, 9 * DAY)
    browser = someone(site, "admin")
    browser.open(path(stage_id, "/remove"))
    refused = browser.submit("/remove", name="yes")
    assert (refused.status, len(stored(site))) == (409, 1)
    assert "Type the name of the stage as it is shown." in refused.text
    gone = browser.submit("/remove", name=f" {stage_id} ")
    assert (gone.url, stored(site)) == (ROLLOUT, [])
    assert "The stage is removed." in gone.text


@pytest.mark.slow
def test_a_deed_of_a_page_that_is_out_of_date_is_told_what_changed(site: Site) -> None:
    stage_id = site.stage("*", MFA, 9 * DAY)
    browser = someone(site, "admin")
    browser.open(path(stage_id, "/remove"))
    with site.work() as work:
        use = site.installation.stages
        use.stop(work, use.find(work, stage_id))
    told = browser.submit("/remove", name=stage_id)
    assert (told.status, len(stored(site))) == (409, 1)
    assert "changed this stage meanwhile" in told.text
    assert browser.submit("/remove", name=stage_id).url == ROLLOUT


def test_a_stage_that_is_removed_while_it_is_changed_is_gone_whatever_the_change(
    site: Site,
) -> None:
    """Not a stage that cannot be so: a page for the second of two is that of all that is gone."""
    site.stage("*", MFA, 9 * DAY)
    own = LetterRow("", "en", "A second step", "Set it up: {link}")
    with site.work() as work:
        [stage] = stages.everything(work)
        site.installation.stages.remove(work, stage)
    changes: list[Callable[[Work], object]] = [
        lambda work: site.installation.stages.change(work, stage),
        lambda work: site.installation.stages.stop(work, stage),
        lambda work: own_words.put(work, stage, own),
        lambda work: own_words.reset(work, stage, own),
    ]
    for change in changes:
        with site.work() as work, pytest.raises(GoneError, match="was removed a moment ago"):
            change(work)


def test_a_version_that_no_form_of_ours_sends_is_one_that_is_out_of_date(small_site: Site) -> None:
    stage_id = small_site.stage("*", MFA, 9 * DAY)
    browser = someone(small_site, "admin")
    browser.open(path(stage_id, "/stop"))
    for version in ("9" * 6000, "-1", "", "٣"):
        assert browser.submit("/stop", version=version).status == 409, version[:9]
    assert stored(small_site)[0].stopped_at is None


def test_a_stage_has_words_of_its_own_in_each_language_and_a_link(site: Site) -> None:
    stage_id = site.stage("*", MFA, 9 * DAY)
    browser = someone(site, "admin")
    browser.open(path(stage_id, "/words"))
    said = {"why-en": "Administrators see more.", "why-mi": "He nui ake te mana."}
    answer = browser.submit("/words", **said, guidance="https://help.example/mfa")
    assert answer.url == path(stage_id)
    assert "English: Administrators see more. · Te reo Māori: He nui ake te mana." in by_id(
        answer, "facts"
    )
    found = stored(site)[0]
    assert found.why == {"en": "Administrators see more.", "mi": "He nui ake te mana."}
    assert found.guidance == "https://help.example/mfa"


@pytest.mark.slow
@pytest.mark.parametrize("proved", [True, False])
def test_of_two_who_write_its_words_the_second_is_told_and_shown_what_stands_there(
    small_site: Site, proved: bool
) -> None:
    stage_id = small_site.stage("*", MFA, 9 * DAY)
    secret = small_site.secret()
    first, second = someone(small_site, "owner"), someone(small_site, "admin", secret=secret)
    for browser in (first, second):
        browser.open(path(stage_id, "/words"))
    first.submit("/words", **{"why-en": "Owners say so."})
    if not proved:
        small_site.advance(1200)
    told = second.submit("/words", **{"why-en": "Administrators say so."})
    if not proved:
        second.sign_in("admin")
        told = second.totp(secret)
    assert "Owner changed this stage meanwhile, at " in told.text
    assert "English: Owners say so." in by_id(told, "facts")
    assert 'value="Administrators say so."' in told.text
    assert stored(small_site)[0].why == {"en": "Owners say so."}
    second.submit("/words")
    assert stored(small_site)[0].why == {"en": "Administrators say so."}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("guidance", "http://help.example"),
        ("guidance", "javascript:x"),
        ("guidance", "https://["),
        ("guidance", "https://help.example/" + "x" * 500),
        ("why-de", "x" * 301),
    ],
)
def test_words_that_cannot_be_are_said_and_kept_to_be_mended(
    small_site: Site, field: str, value: str
) -> None:
    stage_id = small_site.stage("*", MFA, 9 * DAY)
    browser = someone(small_site, "admin")
    browser.open(path(stage_id, "/words"))
    answer = browser.submit("/words", **{"why-en": "Because.", field: value})
    assert answer.status == 400
    assert 'value="Because."' in answer.text
    assert stored(small_site)[0].version == 1


def give(browser: Browser, stage_id: str, **fields: str) -> str:
    browser.open(path(stage_id, "/exceptions"))
    given = {"person": "aroha", "until": day(30), "reason": "On leave"} | fields
    return browser.submit("/exceptions", **given).text


@pytest.mark.slow
def test_an_exception_has_a_person_a_reason_an_author_and_an_end(site: Site) -> None:
    sub = site.person("aroha")
    stage_id = site.stage("*", MFA, 9 * DAY)
    browser = someone(site, "admin")
    assert "The exception is given." in give(browser, stage_id)
    assert excepted(site) == [(stage_id, "On leave", "Admin")]
    date = datetime.fromtimestamp(clock.now(), UTC) + timedelta(days=30)
    until = f"{date:%A}, {date.day} {date:%B %Y}, 00:00 UTC"
    row = cells(browser.at, "exceptions")[0]
    assert row[:4] == ["Aroha", until, "On leave", "Admin"]
    event = site.events(kind=Event.STAGE_EXCEPTED)[0]
    assert event.person_id == sub
    admin = site.events(kind="person:sign-in:finished", person="admin")[0].person_id
    assert json.loads(event.data or "{}")["by"] == admin, "who gave it"
    assert browser.open(ROLLOUT).text.count(f'href="{path(stage_id, "/exceptions")}"') == 1
    browser.open(path(stage_id, "/exceptions"))
    assert "The exception is over." in browser.submit("/end").text
    assert excepted(site) == []


def test_a_reason_is_a_line_that_can_be_read(site: Site) -> None:
    site.person("aroha")
    stage_id = site.stage("*", MFA, 9 * DAY)
    give(someone(site, "admin"), stage_id, reason=" On\x00leave \u202enoos\r\nback ")
    assert excepted(site) == [(stage_id, "On leave noos back", "Admin")]


def test_it_ends_by_itself(site: Site) -> None:
    site.person("aroha")
    stage_id = site.stage("*", MFA, 9 * DAY)
    give(someone(site, "admin"), stage_id)
    site.advance(31 * DAY)
    assert excepted(site) == []


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"person": "nobody"}, "No one is called nobody here."),
        ({"person": "manu"}, "This stage does not reach Manu."),
        ({"until": "2020-01-01"}, "Choose a day to come, on which it ends."),
        ({"until": "soon"}, "Choose a day to come, on which it ends."),
        ({"reason": "   "}, "Write why, for those who check it later, in at most 300 characters."),
        ({"reason": "x" * 301}, "Write why, for those who check it later, in at most 300"),
    ],
)
def test_an_exception_that_cannot_be_is_said_and_nothing_typed_is_lost(
    small_site: Site, fields: dict[str, str], says: str
) -> None:
    small_site.person("aroha", user_type="clinician")
    small_site.person("manu", user_type="manager")
    stage_id = small_site.stage("clinician", MFA, 9 * DAY)
    browser = someone(small_site, "admin")
    text = give(browser, stage_id, **fields)
    assert says in text
    assert f'value="{fields.get("person", "aroha")}"' in text
    assert excepted(small_site) == []
