"""What a stage's mails say, in the console: read, written, shown, tried on oneself, and saved."""

import json
from html import unescape
from threading import Barrier, Thread
from typing import Any

import pytest

from idp.audit import Event
from idp.pages.gate import FRESH
from idp.rollout.errors import StageChanged
from idp.rollout.mails import own_words
from idp.rollout.stages import Stages
from idp.store import next_sign_in, people
from idp.store.people import contacts
from idp.store.rollout import letters
from idp.store.rollout.letters import LetterRow
from tests.protocol.admin.rollout.planning import ROLLOUT, by_id, cells
from tests.protocol.admin.test_frame import someone
from tests.protocol.rollout.mails.ahead import look, planned
from tests.support.letters import delivered
from tests.support.site import MFA, Browser, Site
from tests.support.stand_ins.smtp import FakeMailServer

BODY = "Kia ora {name},\n\nab {date} bei {brand}:\n\n{link}\n\n{support}"
WORDS = {"subject": "Neu ab {date}", "body": BODY}


def path(stage_id: str, letter: str = "every", spoken: str = "de", rest: str = "") -> str:
    return f"{ROLLOUT}stages/{stage_id}/letters/{letter}/{spoken}{rest}"


def writing(site: Site, stage_id: str, letter: str = "every", spoken: str = "de") -> Browser:
    browser = someone(site, "admin")
    assert browser.open(path(stage_id, letter, spoken, "/edit")).status == 200
    return browser


def stored(site: Site, stage_id: str) -> dict[tuple[str, str], tuple[str, str]]:
    with site.work() as work:
        found = letters.of(work, stage_id)
    return {where: (row.subject, row.body) for where, row in found.items()}


def change(site: Site) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(site.events(kind=Event.STAGE_WORDS_CHANGED)[0].data or "{}")
    return found


def typed(browser: Browser) -> str:
    """Return what stands in the field of the text."""
    after = browser.at.text.partition('id="body"')[2]
    return unescape(after.partition(">")[2].partition("</textarea>")[0]).strip()


@pytest.mark.slow
def test_words_are_saved_mailed_and_taken_back_each_with_before_and_after(site: Site) -> None:
    stage_id = planned(site, enforce_at=4_000_000_000 // 86400 * 86400)
    browser = writing(site, stage_id)
    saved = browser.submit("/edit", **WORDS, do="save")
    assert (saved.url, "Saved." in saved.text) == (path(stage_id), True)
    assert by_id(saved, "whose") == "Words of this stage"
    assert by_id(saved, "subject-line") == "Neu ab Dienstag, 2. Oktober 2096"
    assert stored(site, stage_id) == {("", "de"): ("Neu ab {date}", BODY)}
    said = {"subject": "Neu ab {date}", "body": BODY}
    where = {"stage": stage_id, "letter": "", "language": "de"}
    assert change(site) == where | {"before": None, "after": said}
    assert site.events(kind=Event.STAGE_WORDS_CHANGED)[0].username == "admin"
    person = site.person("aroha")
    with site.work() as work:
        next_sign_in.set_locale(work, person, "de")
    look(site)
    subjects = {m["to"]: m["subject"] for m in delivered(site)}
    assert subjects["aroha@example.org"] == "Neu ab Dienstag, 2. Oktober 2096"
    browser.open(path(stage_id, rest="/edit"))
    back = browser.submit("/edit", do="reset", subject="", body="")
    assert by_id(back, "whose") == "The usual words"
    assert stored(site, stage_id) == {}
    assert change(site) == where | {"before": said, "after": None}


@pytest.mark.slow
@pytest.mark.parametrize("spoken", ["en", "mi", "de", "fr", "es"])
@pytest.mark.parametrize("letter", ["every", "announced", "reminder", "tomorrow", "today"])
def test_one_begins_with_the_usual_words_which_say_the_same_when_they_are_saved(
    small_site: Site, letter: str, spoken: str
) -> None:
    stage_id = planned(small_site, why={"en": "Administrators see more."})
    browser = writing(small_site, stage_id, letter, spoken)
    assert "{link}" in typed(browser)
    assert "{support}" in typed(browser)
    usual = by_id(browser.open(path(stage_id, letter, spoken)), "text")
    browser.open(path(stage_id, letter, spoken, "/edit"))
    subject = unescape(browser.at.text.partition('id="subject"')[2])
    given = subject.partition('value="')[2].partition('"')[0]
    saved = browser.submit("/edit", subject=given, body=typed(browser), do="save")
    assert by_id(saved, "whose") == "Words of this stage"
    assert by_id(saved, "text") == usual


@pytest.mark.parametrize(
    ("fields", "field", "says"),
    [
        (
            {"body": "{link} {firstname} {Name}"},
            "body",
            "Nothing stands for {Name}, {firstname} here. You can use {name}, {date}, {brand},",
        ),
        ({"body": "{link} {}"}, "body", "Nothing stands for {} here."),
        ({"subject": "{link}"}, "subject", "You can use {name}, {date}, {brand}."),
        ({"body": "{date}"}, "body", "Write {link} where the address for setting it up goes."),
        ({"body": " \n "}, "body", "Write a text, of at most 8000 characters."),
        ({"body": "{link}" + "x" * 8000}, "body", "Write a text, of at most 8000 characters."),
        ({"subject": " "}, "subject", "Write a subject, of at most 150 characters."),
        ({"subject": "x" * 151}, "subject", "Write a subject, of at most 150 characters."),
        (
            {"body": "Kia ora\x07 {link}"},
            "body",
            "Remove the sign that cannot be seen (U+0007) after “Kia ora”.",
        ),
        ({"body": "{link} \u202eeman"}, "body", "(U+202E) after “{link}”"),
        ({"subject": "Neu\nBcc: all@example.org"}, "subject", "(U+000A) after “Neu”"),
    ],
)
@pytest.mark.parametrize("do", ["save", "preview", "test"])
def test_a_text_that_cannot_be_is_said_at_its_field_and_kept_to_be_mended(
    small_site: Site, do: str, fields: dict[str, str], field: str, says: str
) -> None:
    stage_id = planned(small_site)
    browser = writing(small_site, stage_id)
    answer = browser.submit("/edit", **(WORDS | fields), do=do)
    assert answer.status == 400
    assert says in by_id(answer, "problem")
    invalid = answer.text.partition(f'id="{field}"')[2].partition(">")[0]
    assert 'aria-invalid="true"' in invalid
    assert answer.text.count("aria-invalid") == 1
    if field == "body":
        assert typed(browser) == fields["body"].strip()
    assert stored(small_site, stage_id) == {}


def test_what_is_wrong_is_said_in_the_language_of_the_page(small_site: Site) -> None:
    stage_id = planned(small_site)
    browser = writing(small_site, stage_id)
    with small_site.work() as work:
        person = people.by_name(work, "admin")
        assert person
        next_sign_in.set_locale(work, person.id, "de")
    answer = browser.submit("/edit", **(WORDS | {"body": "{x} {link}"}), do="preview")
    assert by_id(answer, "problem").startswith("Für {x} ")


def test_it_is_shown_as_it_arrives_before_it_is_saved(small_site: Site) -> None:
    stage_id = planned(small_site, enforce_at=4_000_000_000 // 86400 * 86400)
    browser = writing(small_site, stage_id)
    answer = browser.submit("/edit", **WORDS, do="preview")
    assert (answer.status, typed(browser)) == (200, BODY)
    assert by_id(answer, "subject-line") == "Neu ab Dienstag, 2. Oktober 2096"
    link = f"{small_site.issuer}/account/ways"
    assert by_id(answer, "text").startswith(
        f"Kia ora Admin, ab Dienstag, 2. Oktober 2096 bei Acrux: {link} Wenn Sie Hilfe brauchen,"
    )
    markup = WORDS | {"body": "<script>alert(1)</script> {link}"}
    assert "<script>alert" not in browser.submit("/edit", **markup, do="preview").text
    assert stored(small_site, stage_id) == {}


@pytest.mark.slow
def test_of_two_who_write_one_mail_the_second_is_told_and_sees_what_stands_there(
    site: Site,
) -> None:
    stage_id = planned(site)
    first, second = someone(site, "owner"), someone(site, "admin")
    for browser in (first, second):
        browser.open(path(stage_id, rest="/edit"))
    first.submit("/edit", **(WORDS | {"subject": "Von der Inhaberin"}), do="save")
    second.submit("/edit", **WORDS, do="preview")
    told = second.submit("/edit", **WORDS, do="save")
    assert told.status == 400
    assert "Owner changed these words meanwhile, at " in by_id(told, "problem")
    assert "Von der Inhaberin" in told.text
    assert typed(second) == BODY
    assert stored(site, stage_id)["", "de"][0] == "Von der Inhaberin"
    second.submit("/edit", **WORDS, do="save")
    assert stored(site, stage_id)["", "de"][0] == "Neu ab {date}"
    third = someone(site, "support", "admin")
    third.open(path(stage_id, rest="/edit"))
    second.open(path(stage_id, rest="/edit"))
    second.submit("/edit", **WORDS, do="reset")
    told = third.submit("/edit", **WORDS, do="reset")
    assert told.url == path(stage_id), "there is nothing to take back any more"


def test_of_two_who_save_at_the_same_moment_one_is_told(site: Site) -> None:
    stage_id = planned(site)
    ready, found = Barrier(2), list[str]()

    def save(subject: str) -> None:
        own = LetterRow("", "de", subject, BODY)
        ready.wait()
        try:
            with site.work() as work:
                own_words.put(work, Stages.find(work, stage_id), own, seen="")
            found.append(subject)
        except StageChanged:
            found.append("told")

    threads = [Thread(target=save, args=(f"Von {name}",)) for name in ("Mara", "Olive")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (saved,) = set(found) - {"told"}
    assert sorted(found) == sorted(["told", saved])
    assert stored(site, stage_id)["", "de"][0] == saved
    assert site.times(kind=Event.STAGE_WORDS_CHANGED) == 1


def test_who_wrote_for_long_shows_first_who_it_is_and_nothing_typed_is_lost(site: Site) -> None:
    stage_id = planned(site)
    secret = site.secret()
    browser = someone(site, "admin", secret=secret)
    browser.open(path(stage_id, rest="/edit"))
    site.advance(FRESH + 60)
    form = _hidden(browser)
    held = browser.submit("/edit", **WORDS, do="save")
    assert (held.status, typed(browser), stored(site, stage_id)) == (400, BODY, {})
    assert by_id(held, "problem").startswith("Show first that it is you")
    assert site.times(kind=Event.CHANGE_HELD) == 1
    browser.open(path(stage_id, rest="/proof"))
    browser.sign_in("admin")
    assert browser.totp(secret).heading == "Continue where you were writing"
    answer = browser.http.send("POST", path(stage_id, rest="/edit"), form | WORDS | {"do": "save"})
    assert answer.status == 303, "the form of the other tab"
    assert stored(site, stage_id)["", "de"][0] == "Neu ab {date}"


def _hidden(browser: Browser) -> dict[str, str]:
    return {"csrf_token": browser.at.csrf, "seen": ""}


@pytest.mark.slow
def test_a_test_goes_to_who_writes_and_counts_for_nobody(
    mailing: Site, server: FakeMailServer
) -> None:
    stage_id = planned(mailing)
    browser = writing(mailing, stage_id)
    answer = browser.submit("/edit", **WORDS, do="test")
    assert "The test is sent to admin@example.org." in answer.text
    assert [mail.recipients for mail in server.mails] == [("admin@example.org",)]
    assert "Kia ora Admin," in server.mails[0].text
    assert (typed(browser), stored(mailing, stage_id)) == (BODY, {})
    mails = browser.open(f"{ROLLOUT}stages/{stage_id}/mails")
    assert cells(mails, "mails") == []
    server.refuse_with = "550 5.7.1 Go away"
    browser.open(path(stage_id, rest="/edit"))
    refused = browser.submit("/edit", **WORDS, do="test")
    assert refused.status == 400
    assert "recipient refused, 550" in by_id(refused, "problem")


def test_no_test_goes_to_an_address_that_was_never_confirmed(small_site: Site) -> None:
    stage_id = planned(small_site)
    browser = someone(small_site, "admin")
    with small_site.work() as work:
        person = people.by_name(work, "admin")
        assert person
        contacts.set_email(work, person, "other@example.org", False)
    browser.open(path(stage_id, rest="/edit"))
    assert 'id="test"' not in browser.at.text
    before = len(small_site.messages("mail"))
    assert browser.submit("/edit", **WORDS, do="test").status == 200
    small_site.work_off()
    assert len(small_site.messages("mail")) == before


def test_the_table_says_whose_words_each_mail_has(small_site: Site) -> None:
    stage_id = planned(small_site)
    browser = writing(small_site, stage_id)
    browser.submit("/edit", **WORDS, do="save")
    answer = browser.open(f"{ROLLOUT}stages/{stage_id}/letters")
    found = {row[0]: row[1:] for row in cells(answer, "letters")}
    assert list(found) == [
        "Every e-mail",
        "Announcement",
        "Reminder",
        "The day before",
        "On the day",
    ]
    usual = "The usual words"
    assert found["Every e-mail"] == [usual, usual, "Words of this stage", usual, usual]
    assert found["Reminder"] == [usual, usual, "As every e-mail", usual, usual]
    assert by_id(browser.open(path(stage_id, "reminder")), "whose") == "As every e-mail"
    assert by_id(browser.at, "subject-line").startswith("Neu ab ")


def test_a_recommendation_has_one_mail_only(small_site: Site) -> None:
    stage_id = small_site.stage("*", MFA, None, required=False)
    browser = someone(small_site, "admin")
    answer = browser.open(f"{ROLLOUT}stages/{stage_id}/letters")
    assert [row[0] for row in cells(answer, "letters")] == ["Announcement"]
    assert browser.get(path(stage_id, "today")).status == 404
    form = browser.open(path(stage_id, "announced", "en", "/edit"))
    assert ("{name}" in form.text, "{date}" in form.text) == (True, False), "it has no date"
    assert browser.get(path(stage_id, "announced", "xx")).status == 404


@pytest.mark.parametrize("role", ["support", "auditor"])
def test_who_changes_nothing_reads_what_people_are_mailed(small_site: Site, role: str) -> None:
    stage_id = planned(small_site)
    browser = someone(small_site, role)
    answer = browser.open(path(stage_id, "announced", "en"))
    assert by_id(answer, "subject-line").startswith("From ")
    assert 'id="edit"' not in answer.text
    assert browser.post(path(stage_id, rest="/edit"), **WORDS, do="save").status == 403
    assert stored(small_site, stage_id) == {}
