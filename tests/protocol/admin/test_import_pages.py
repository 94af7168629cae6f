"""People from a file in the browser: columns, a try, the deed, the report, and those who leave."""

import csv
import io
import re
from html import unescape

import pytest

from idp.audit import Event
from idp.operating.people import import_running
from idp.operating.people.import_running import ImportRunning
from idp.people.intake import carrying_out
from idp.people.intake.carrying_out import Intake
from idp.store import people
from idp.store.people import imports
from idp.store.service.cleaning import clean
from tests.protocol.admin.audit.asking import cells
from tests.protocol.admin.test_frame import someone
from tests.support.site import Answer, Browser, Site

IMPORT = "/admin/people/import"
TABLE = "Kennung;Mail;Name;Mobile\naroha;Aroha@a.nz;Aroha Kahu;+64211234567\nmere;mere@a.nz;Mere;\n"


def bring(browser: Browser, text: str, name: str = "staff.csv", **fields: str) -> Answer:
    """Choose a file and send it."""
    browser.open(IMPORT)
    return browser.attach(name, text.encode(), "/import", **fields)


def lines(answer: Answer, id_: str) -> list[str]:
    found = re.search(rf'<ul id="{id_}">(.*?)</ul>', answer.text, re.S)
    items = re.findall(r"<li>(.*?)</li>", found.group(1), re.S) if found else []
    return [" ".join(unescape(re.sub("<[^>]*>", "", item)).split()) for item in items]


def work_off(site: Site) -> int:
    return ImportRunning(site.installation).carry_out()


def report(browser: Browser) -> list[list[str]]:
    path = re.search(r'href="([^"]+report.csv)"', browser.at.text)
    assert path, browser.at.text
    return list(csv.reader(io.StringIO(browser.get(path[1]).text)))


def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let two rows be committed, and told, together."""
    monkeypatch.setattr(import_running, "PART", 2)
    monkeypatch.setattr(carrying_out, "BATCH", 2)


def tried(site: Site, browser: Browser, text: str, **fields: str) -> Answer:
    """Bring a file, and try it."""
    page = bring(browser, text)
    browser.submit("/check", **fields)
    work_off(site)
    return browser.open(page.url)


def names(site: Site) -> set[str]:
    with site.work() as work:
        return {one.username for one in people.everyone(work)}


@pytest.mark.slow
def test_a_file_is_read_tried_and_brought_in_and_its_report_says_what_became_of_each_row(
    site: Site,
) -> None:
    browser = someone(site, "admin")
    page = bring(browser, TABLE)
    assert page.heading == "staff.csv"
    columns = cells(page, "columns")
    assert [row[:2] for row in columns] == [
        ["Kennung", "aroha · mere"],
        ["Mail", "Aroha@a.nz · mere@a.nz"],
        ["Name", "Aroha Kahu · Mere"],
        ["Mobile", "+64211234567"],
    ]
    assert " checked" not in page.text
    chosen = {"column-0": "username", "column-1": "email", "column-2": "name", "column-3": "phone"}
    going = browser.submit("/check", invite="1", **chosen)
    assert going.headers["Refresh"] == "3"
    assert names(site) == {"admin"}
    assert work_off(site) == 1
    page = browser.open(page.url)
    assert lines(page, "counts") == ["2 would be added"]
    assert names(site) == {"admin"}
    assert report(browser)[1][:3] == ["2", "aroha", "added"]
    browser.submit("/carry-out")
    assert work_off(site) == 1
    page = browser.open(page.url)
    assert lines(page, "counts") == ["2 were added"]
    with site.work() as work:
        found = people.by_name(work, "aroha")
    assert found
    assert (found.email, found.name, found.phone) == ("aroha@a.nz", "Aroha Kahu", "+64211234567")
    assert report(browser)[2][1:3] == ["mere", "added"]
    site.work_off()
    assert sorted(m["to"] for m in site.messages("mail")) == ["aroha@a.nz", "mere@a.nz"]
    ended = site.events(kind=Event.IMPORT_ENDED)[0]
    assert (ended.username, ended.reason) == ("admin", "staff.csv")
    assert ended.data == '{"rows": {"added": 2}}'


def test_wrong_rows_are_shown_by_line_and_keep_everything_back_until_they_are_left_out(
    small_site: Site,
) -> None:
    browser = someone(small_site, "admin")
    page = tried(small_site, browser, "username,email\naroha,a@a.nz\nmere,nowhere\n")
    assert lines(page, "counts") == ["1 would be added", "1 cannot be brought in"]
    assert cells(page, "wrong")[0][:2] == ["3", "mere"]
    refused = browser.submit("/carry-out")
    assert "Some rows are wrong" in refused.text
    assert work_off(small_site) == 0
    browser.submit("/carry-out", skip_bad="1")
    work_off(small_site)
    assert names(small_site) == {"admin", "aroha"}
    assert lines(browser.open(page.url), "counts") == ["1 were added", "1 could not be brought in"]


@pytest.mark.slow
def test_what_looks_like_a_secret_is_shown_nowhere_and_lies_sealed(small_site: Site) -> None:
    browser = someone(small_site, "admin")
    secret, stray = "$2b$04$" + "R" * 53, "5f4dcc3b5aa765d61d8327deb882cf99"
    text = f"username,email,password_hash,pw\naroha,a@a.nz,{secret},{stray}\n"
    page = tried(small_site, browser, text)
    assert secret not in page.text
    assert stray not in page.text
    assert "•••" in page.text
    assert secret not in "".join(map(str, report(browser)))
    with small_site.work() as work:
        parts = list(imports.parts(work, page.url.rsplit("/", 1)[1], imports.FILE))
    assert parts
    assert all(secret.encode() not in bytes(part.sealed) for part in parts)
    browser.submit("/carry-out")
    work_off(small_site)
    with small_site.work() as work:
        assert not list(imports.parts(work, page.url.rsplit("/", 1)[1], imports.FILE))


def test_a_report_has_no_formula(small_site: Site) -> None:
    browser = someone(small_site, "admin")
    tried(small_site, browser, 'username,email\n"=cmd|calc",a@a.nz\n')
    assert report(browser)[1][1].startswith("'=")


@pytest.mark.slow
def test_the_same_file_sent_twice_is_one_and_a_button_pressed_twice_is_pressed_once(
    site: Site,
) -> None:
    browser, other = someone(site, "admin"), someone(site, "owner")
    first, second = bring(browser, TABLE), bring(browser, TABLE)
    assert first.url == second.url
    assert bring(other, TABLE).url != first.url
    other.open(first.url)
    browser.open(first.url)
    chosen = {"column-0": "username", "column-1": "email"}
    browser.submit("/check", **chosen)
    late = other.submit("/check", **{"column-0": "email"})
    assert "Somebody has gone on with it meanwhile." in late.text
    work_off(site)
    page, theirs = browser.open(first.url), other.open(first.url)
    assert lines(page, "counts") == lines(theirs, "counts") == ["2 would be added"]
    browser.submit("/carry-out")
    assert "Somebody has gone on with it meanwhile." in other.submit("/carry-out").text
    work_off(site)
    assert len(site.events(kind=Event.PERSON_ADDED)) == 2


@pytest.mark.slow
def test_whoever_takes_over_what_another_process_left_goes_on_where_it_was(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_parts(monkeypatch)
    rows = "".join(f"kaimahi{n},k{n}@a.nz\n" for n in range(7))
    browser = someone(site, "admin")
    page = tried(site, browser, f"username,email\n{rows}")
    browser.submit("/carry-out")
    real = Intake.carry_out

    def broken(self, *values, **more):
        for number, said in enumerate(real(self, *values, **more)):
            if number == 5:
                raise MemoryError
            yield said

    with monkeypatch.context() as patch:
        patch.setattr(Intake, "carry_out", broken)
        with pytest.raises(MemoryError):
            work_off(site)
    assert work_off(site) == 0, "the other process may be at it still"
    site.advance(imports.GIVEN_UP + 1)
    assert "4 of 7" in browser.open(page.url).text
    assert work_off(site) == 1
    browser.open(page.url)
    assert [row[1] for row in report(browser)[1:]] == [f"kaimahi{n}" for n in range(7)]
    assert len(site.events(kind=Event.PERSON_ADDED)) == 7


@pytest.mark.slow
def test_what_is_stopped_says_what_is_done_and_goes_on_when_told(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_parts(monkeypatch)
    rows = "".join(f"kaimahi{n},k{n}@a.nz\n" for n in range(5))
    browser = someone(site, "admin")
    page = tried(site, browser, f"username,email\n{rows}")
    browser.submit("/carry-out")
    real = ImportRunning._note

    def noted(self, *values):
        browser.open(page.url)
        browser.submit("/stop")
        real(self, *values)

    with monkeypatch.context() as patch:
        patch.setattr(ImportRunning, "_note", noted)
        assert work_off(site) == 0
    stopped = browser.open(page.url)
    assert "stopped after 2 of 5 rows" in stopped.text
    browser.submit("/carry-out")
    assert work_off(site) == 1
    browser.open(page.url)
    assert [row[2] for row in report(browser)[1:]] == ["added"] * 5
    assert len(site.events(kind=Event.PERSON_ADDED)) == 5


@pytest.mark.slow
def test_a_file_that_does_not_open_any_more_stops_no_other(small_site: Site) -> None:
    browser = someone(small_site, "admin")
    lost = tried(small_site, browser, TABLE.replace("Kennung", "username"))
    with small_site.work() as work:
        imports.put(work, lost.url.rsplit("/", 1)[1], imports.FILE, 0, b"not sealed at all")
    browser.submit("/carry-out")
    good = bring(browser, "username,email\nana,ana@a.nz\n")
    browser.submit("/check")
    assert work_off(small_site) == 2
    assert lines(browser.open(good.url), "counts") == ["1 would be added"]
    assert "could not be read to its end" in browser.open(lost.url).text


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a\x00b\n\u202e.csv", "username,email\nana,ana@a.nz\n"),
        ("a.json", '[{"username": "ana", "email": "a@a.nz", "\\ud800": "\\udfff"}]'),
        ("a.json", '[{"username": "ana\\ud800", "email": "a@a.nz", "groups": "\\ud800"}]'),
        ("a.jsonl", '{"username": "ana", "email": "a@a.nz", "groups": "\\u0000"}'),
        ("a.jsonl", '{"username": "ana", "email": "a@a.nz", "n": ' + "9" * 5000 + "}"),
        ("a.json", "[" * 50_000),
        ("a.csv", "username,email\x00\nana,a@a.nz\n"),
        ("a.csv", 'username,email\n"' + "x" * 200_000),
        ("a.csv", "username,email\nana,a@a.nz\x00\n"),
        ("a.csv", "email," + ",".join(f"c{n}" for n in range(5000)) + "\n"),
        ("../../etc/passwd", "username,email\nana,ana@a.nz\n"),
    ],
)
def test_a_file_made_to_hurt_is_read_or_refused_on_a_page(site: Site, name: str, text: str) -> None:
    browser = someone(site, "admin")
    page = bring(browser, text, name)
    assert page.status in (200, 400)
    assert len(page.text) < 100_000
    if page.status == 200:
        assert page.heading.isprintable()
        assert "/" not in page.heading
        if 'id="columns"' in page.text:
            assert browser.submit("/check").status in (200, 409)
        work_off(site)
        assert browser.open(page.url).status == 200


@pytest.mark.slow
def test_no_file_is_refused_in_words_and_one_too_large_by_its_length(small_site: Site) -> None:
    browser = someone(small_site, "admin")
    assert "Choose a file." in bring(browser, "").text
    workbook = bring(browser, "PK\x03\x04 and more")
    assert workbook.status == 400
    assert "is a workbook" in workbook.text
    assert "names no column" in bring(browser, "colour,size\nred,1\n").text
    largest = small_site.installation.settings.server.max_upload
    browser.open(IMPORT)
    assert browser.attach("big.csv", b"x" * (largest + 1), "/import").status == 413
    rows = "".join(f"kaimahi{n:05},kaimahi{n:05}@example.org\n" for n in range(5000))
    assert bring(browser, f"username,email\n{rows}").heading == "staff.csv", "larger than any form"


def test_whoever_is_not_signed_in_sends_no_more_than_a_form(small_site: Site) -> None:
    small_site.application()
    browser = small_site.browser()
    browser.open("/account/")
    body = b"x" * (small_site.installation.settings.server.max_body + 1)
    kind = {"Content-Type": "multipart/form-data; boundary=b"}
    assert browser.http.send("POST", IMPORT, body, kind).status == 413


def test_an_export_of_another_product_needs_no_columns(small_site: Site) -> None:
    browser = someone(small_site, "admin")
    text = '[{"email": "a@a.nz", "nickname": "aroha", "email_verified": true}]'
    page = bring(browser, text, "users.json", product="auth0")
    assert "An export of Auth0" in page.text
    assert 'id="columns"' not in page.text
    browser.submit("/check")
    work_off(small_site)
    assert lines(browser.open(page.url), "counts") == ["1 would be added"]


def test_what_nobody_touched_for_a_week_is_forgotten(site: Site) -> None:
    browser = someone(site, "admin")
    page = bring(browser, TABLE)
    site.advance(imports.KEPT + 1)
    with site.work() as work:
        clean(work, 0)
        assert imports.find(work, page.url.rsplit("/", 1)[1]) is None


def test_a_file_that_is_not_wanted_is_forgotten_at_once(small_site: Site) -> None:
    browser = someone(small_site, "admin")
    page = bring(browser, TABLE)
    done = browser.submit("/discard")
    assert "The file is forgotten" in done.text
    assert browser.open(page.url).status == 404


@pytest.mark.parametrize(
    ("spoken", "said"),
    [
        ("en", "&#39;none&#39; is no e-mail address"),
        ("de", "&#39;none&#39; ist keine E-Mail-Adresse"),
        ("es", "&#39;none&#39; no es una dirección de correo electrónico"),
        ("fr", "&#39;none&#39; n’est pas une adresse e-mail"),
        ("mi", "Ehara a &#39;none&#39; i te wāhitau īmēra"),
    ],
)
def test_what_is_wrong_with_a_row_is_said_in_the_readers_language(
    small_site: Site, spoken: str, said: str
) -> None:
    browser = someone(small_site, "admin")
    url = tried(small_site, browser, "username,email\nmere,none\n").url
    browser.http.wish_for(spoken)
    page = browser.open(url)
    assert said in page.text
    assert report(browser)[1][4:] == ["'none' is no e-mail address", "", "", "", "bad-email"]


@pytest.mark.slow
def test_who_is_here_already_is_told_without_an_option_of_the_command(small_site: Site) -> None:
    small_site.person("mere", name="Mere")
    page = tried(small_site, someone(small_site, "admin"), "username,name\nmere,Mere K\n")
    assert "let who is here be changed" in page.text
    assert "--update" not in page.text
