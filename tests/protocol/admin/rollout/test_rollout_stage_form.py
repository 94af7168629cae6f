"""A stage is planned and changed: chosen from what exists, shown before it is saved, recorded."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from idp import clock
from idp.audit import Event
from idp.pages.gate import FRESH
from idp.policy.rollout import Stage, Strength
from idp.store.rollout import notices, stages
from idp.store.rollout.notices import Key
from tests.protocol.admin.rollout.planning import ROLLOUT, by_id, cells, edited, preview, save
from tests.protocol.admin.rollout.test_rollout_board import clinicians
from tests.protocol.admin.test_frame import someone
from tests.support.site import MFA, MFA_APP, Site

DAY = 86400


def day(days: int) -> str:
    """Return a date so many days ahead, as the form sends it."""
    return (datetime.fromtimestamp(clock.now(), UTC) + timedelta(days=days)).date().isoformat()


def stored(site: Site) -> list[Stage]:
    with site.work() as work:
        return list(stages.everything(work))


def change(site: Site, kind: Event) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(site.events(kind=kind)[0].data or "{}")
    return found


def test_the_audience_is_chosen_from_what_there_is_with_head_counts(site: Site) -> None:
    clinicians(site, ready=1, missing=2)
    browser = someone(site, "admin")
    text = browser.open(f"{ROLLOUT}new").text
    for value, label in (("*", "Everyone (4)"), ("type:clinician", "clinician (3)")):
        assert f'value="{value}"' in text
        assert label in by_id(browser.at, "who")


def test_what_it_would_mean_is_shown_before_anything_is_saved(site: Site) -> None:
    clinicians(site, ready=1, missing=2)
    site.stage("*", MFA_APP, 5 * DAY)
    browser = someone(site, "admin")
    answer = preview(browser, enforce_at=day(40))
    assert answer.heading == "This concerns 3 people, 2 are not ready"
    date = datetime.fromisoformat(day(40))
    words = f"Required of user type clinician from {date:%A}, {date.day} {date:%B %Y}, 00:00 UTC"
    assert by_id(answer, "sentence") == f"{words}: a second step."
    assert [row[1] for row in cells(answer, "others")] == ["3"], "the stricter one wins"
    assert by_id(answer, "save") == "Plan this for 3 people"
    assert len(stored(site)) == 1
    saved = save(browser)
    assert (saved.status, "The stage is planned." in saved.text) == (200, True)
    found = next(one for one in stored(site) if one.audience == ("type:clinician",))
    assert (found.level, found.strength) == (MFA, Strength.REQUIRED)
    assert found.enforce_at == int(datetime.fromisoformat(day(40)).replace(tzinfo=UTC).timestamp())
    event = site.events(kind=Event.STAGE_ADDED)[0]
    assert event.username == "admin", "who did it"
    assert change(site, Event.STAGE_ADDED)["after"]["audience"] == ["type:clinician"]


@pytest.mark.parametrize(
    ("field", "fields"),
    [
        ("enforce_at", {"enforce_at": "2020-01-01"}),
        ("enforce_at", {"enforce_at": "soon"}),
        ("enforce_at", {"enforce_at": ""}),
        ("audience", {"audience": "type:clinican"}),
        ("audience", {"audience": "group:none"}),
        ("audience", {"audience": []}),
        ("audience", {"audience": [], "people": "nobody"}),
        ("excluded", {"excluded": "*"}),
        ("level", {"level": "urn:none"}),
        ("strength", {"strength": "firm"}),
        ("announce_at", {"announce_at": "2099-01-01"}),
        ("zone", {"zone": "Pacific/Aukland"}),
        ("reminders", {"reminders": "soon"}),
        ("grace", {"grace": "-1"}),
        ("grace_privileged", {"grace_privileged": "many"}),
        ("proof", {"proof": "fax"}),
        ("proof", {"proof": "none", "strength": "recommended", "enforce_at": ""}),
    ],
)
def test_a_typing_error_is_said_beside_its_field_and_nothing_typed_is_lost(
    small_site: Site, field: str, fields: dict[str, Any]
) -> None:
    clinicians(small_site, ready=0, missing=1)
    browser = someone(small_site, "admin")
    answer = preview(browser, **{"enforce_at": day(40), "reminders": "9, 3"} | fields)
    assert (answer.status, answer.heading) == (400, "Plan a stage")
    assert "<title>Problem: " in answer.text
    assert 'role="alert"' in answer.text
    assert f'id="{field if field != "strength" else "level"}"' in answer.text or field in (
        "audience",
        "excluded",
    )
    kept = fields.get("reminders", "9, 3")
    assert f'value="{kept}"' in answer.text
    assert stored(small_site) == []


def test_a_change_shows_before_and_after_and_is_recorded_so(site: Site) -> None:
    clinicians(site, ready=0, missing=1)
    stage_id = site.stage("clinician", MFA, 40 * DAY)
    browser = someone(site, "owner")
    fields = edited(browser, stage_id) | {"grace": "3", "level": MFA_APP}
    answer = preview(browser, f"{ROLLOUT}stages/{stage_id}", **fields)
    assert cells(answer, "changes") == [
        ["What is asked", "a second step", "a second step without text messages"],
        ["Sign-ins without it, after the day", "0", "3"],
    ]
    assert by_id(answer, "save") == "Save this change for 1 person"
    assert "The stage is changed." in save(browser).text
    after = stored(site)[0]
    assert (after.grace, after.level, after.version) == (3, MFA_APP, 2)
    data = change(site, Event.STAGE_CHANGED)
    assert data["before"] == {"grace": 0, "level": MFA}
    assert data["after"] == {"grace": 3, "level": MFA_APP}
    assert site.events(kind=Event.STAGE_CHANGED)[0].username == "owner"


@pytest.mark.slow
def test_a_stage_that_asks_for_no_code_is_warned_of_before_and_after(
    site: Site,
) -> None:
    clinicians(site, ready=0, missing=1)
    stage_id = site.stage("clinician", MFA, 40 * DAY)
    browser = someone(site, "admin")
    warning = "Anyone who knows the password of one of these people can set up a second step"
    text = browser.open(f"{ROLLOUT}stages/{stage_id}/edit").text
    assert "As in the settings: A code to the e-mail address on the profile" in text
    for proof, words in (
        ("sms", "A code by text message to the number on the profile"),
        ("none", "Nothing: the password is enough"),
    ):
        path = f"{ROLLOUT}stages/{stage_id}"
        answer = preview(browser, path, **edited(browser, stage_id) | {"proof": proof})
        assert [row[2] for row in cells(answer, "changes")] == [words]
        assert (warning in answer.text) == (proof == "none")
        saved = save(browser)
        assert (words in saved.text, warning in saved.text) == (True, proof == "none")
        assert stored(site)[0].proof == proof
    assert change(site, Event.STAGE_CHANGED)["before"] == {"proof": "sms"}
    preview(browser, path, **edited(browser, stage_id) | {"grace": "2"})
    save(browser)
    assert (stored(site)[0].proof, stored(site)[0].grace) == ("none", 2)


def test_what_was_left_as_it_is_stays_to_the_second(site: Site) -> None:
    """A stage of the command line may begin at another hour, or name a type of no one."""
    stage_id = site.stage("nurse", MFA, 40 * DAY + 4321, announce_at=99)
    before = stored(site)[0]
    browser = someone(site, "admin")
    fields = edited(browser, stage_id) | {"grace": "1"}
    preview(browser, f"{ROLLOUT}stages/{stage_id}", **fields)
    save(browser)
    after = stored(site)[0]
    assert (after.enforce_at, after.announce_at) == (before.enforce_at, 99)
    assert (after.audience, after.grace) == (("type:nurse",), 1)


def test_nothing_is_saved_where_nothing_changes(small_site: Site) -> None:
    stage_id = small_site.stage("*", MFA, 40 * DAY)
    browser = someone(small_site, "admin")
    answer = preview(browser, f"{ROLLOUT}stages/{stage_id}", **edited(browser, stage_id))
    assert 'id="save"' not in answer.text


@pytest.mark.slow
def test_of_two_people_who_edit_at_once_the_second_is_told_what_the_first_changed(
    site: Site,
) -> None:
    stage_id = site.stage("*", MFA, 40 * DAY)
    first, second = someone(site, "owner"), someone(site, "admin")
    path = f"{ROLLOUT}stages/{stage_id}"
    theirs, mine = edited(first, stage_id), edited(second, stage_id)
    preview(second, path, **mine | {"grace": "5"})
    preview(first, path, **theirs | {"grace": "2", "reminders": "3"})
    save(first)
    told = save(second)
    assert told.status == 409
    assert "Owner changed this stage meanwhile, at " in told.text
    assert "E-mails, so many days before and Sign-ins without it, after the day" in told.text
    assert cells(told, "changes") == [
        ["E-mails, so many days before", "3", "21, 7, 1, 0"],
        ["Sign-ins without it, after the day", "2", "5"],
    ]
    assert stored(site)[0].grace == 2, "nothing of the first is lost unseen"
    assert "The stage is changed." in save(second, reminders="3").text
    assert (stored(site)[0].grace, stored(site)[0].reminders) == (5, (3,))


def test_an_old_form_is_told_at_its_preview(small_site: Site) -> None:
    stage_id = small_site.stage("*", MFA, 40 * DAY)
    browser = someone(small_site, "admin")
    fields = edited(browser, stage_id)
    with small_site.work() as work:
        use = small_site.installation.stages
        use.stop(work, use.find(work, stage_id))
    answer = preview(browser, f"{ROLLOUT}stages/{stage_id}", **fields | {"grace": "1"})
    assert answer.status == 409
    assert "changed this stage meanwhile" in answer.text


@pytest.mark.slow
def test_an_earlier_day_than_people_were_mailed_wants_a_second_confirmation(site: Site) -> None:
    sub = site.person("aroha")
    stage_id = site.stage("*", MFA, 40 * DAY)
    at = stored(site)[0].enforce_at or 0
    with site.work() as work:
        assert notices.claim(work, Key(stage_id, at, "announced"), sub, notices.SENT)
    browser = someone(site, "admin")
    fields = edited(browser, stage_id) | {"enforce_at": day(20)}
    answer = preview(browser, f"{ROLLOUT}stages/{stage_id}", **fields)
    assert "1 person was e-mailed a later day." in answer.text
    refused = save(browser)
    assert refused.status == 409
    assert "Tick that people are e-mailed the earlier day." in refused.text
    assert stored(site)[0].enforce_at == at
    save(browser, told_again="1")
    assert (stored(site)[0].enforce_at or 0) < at


@pytest.mark.slow
def test_a_stage_that_reaches_whoever_saves_it_wants_a_second_confirmation(site: Site) -> None:
    browser = someone(site, "admin")
    answer = preview(browser, audience="*", level="phr", enforce_at=day(9))
    assert "you have not set up what it asks" in answer.text
    refused = save(browser)
    assert refused.status == 409
    assert "Tick that you will set it up yourself." in refused.text
    assert stored(site) == []
    save(browser, despite="1")
    assert stored(site)[0].level == "phr"
    mine = preview(browser, audience="*", level=MFA, enforce_at=day(9))
    assert "you have not set up" not in mine.text


@pytest.mark.slow
def test_a_change_wants_a_fresh_proof_and_loses_nothing_on_the_way(site: Site) -> None:
    secret = site.secret()
    site.person("mere", totp=secret, roles=frozenset({"admin"}))
    browser = site.browser()
    browser.open(ROLLOUT)
    browser.sign_in("mere")
    browser.totp(secret)
    site.advance(FRESH + 1)
    assert browser.open(f"{ROLLOUT}new").heading == "Plan a stage"
    asked = preview(browser, audience=["*"], enforce_at=day(9), reminders="5, 2")
    assert "/interaction/" in asked.url
    browser.sign_in("mere")
    back = browser.totp(secret)
    assert back.heading.startswith("This concerns 1 person")
    assert "E-mails, so many days before 5, 2" in by_id(back, "facts")
    site.advance(FRESH + 1)
    assert "/interaction/" in save(browser).url
    assert stored(site) == []
    browser.sign_in("mere")
    assert browser.totp(secret).heading.startswith("This concerns 1 person")
    assert "The stage is planned." in save(browser).text


@pytest.mark.slow
def test_without_the_token_of_the_page_nothing_is_planned(small_site: Site) -> None:
    browser = someone(small_site, "admin")
    preview(browser, audience="*", enforce_at=day(9))
    assert save(browser, csrf_token="").status == 403
    assert stored(small_site) == []


def test_a_stage_may_begin_at_this_moment_and_says_so_first(site: Site) -> None:
    browser = someone(site, "admin")
    answer = preview(browser, audience="*", at_once="1")
    assert "It is required from the moment you save it" in answer.text
    save(browser)
    assert stored(site)[0].due(clock.now())


@pytest.mark.slow
def test_single_people_are_named_as_they_sign_in(site: Site) -> None:
    sub = site.person("aroha")
    browser = someone(site, "admin")
    answer = preview(browser, audience=[], people="aroha@example.org", enforce_at=day(9))
    assert by_id(answer, "sentence").startswith("Required of Aroha from ")
    save(browser)
    assert stored(site)[0].audience == (f"person:{sub}",)
    assert edited(browser, stored(site)[0].id)["people"] == "aroha"


def test_of_more_names_than_are_read_none_is_taken_for_another(small_site: Site) -> None:
    for name in ("ana", "anabel"):
        small_site.person(name)
    names = "ana, " * 399 + "  anabel"
    assert names[:2000].endswith(" ana")
    answer = preview(someone(small_site, "admin"), people=names, enforce_at=day(9))
    assert (answer.status, "Use at most 2000 characters." in answer.text) == (400, True)


@pytest.mark.parametrize("role", ["support", "auditor"])
def test_those_who_only_look_find_nothing_to_change(small_site: Site, role: str) -> None:
    stage_id = small_site.stage("*", MFA, 40 * DAY)
    answer = someone(small_site, role).open(f"{ROLLOUT}stages/{stage_id}")
    assert answer.status == 200
    for name in ("edit", "words", "stop", "remove"):
        assert f'id="{name}"' not in answer.text
