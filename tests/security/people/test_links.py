"""Links in messages under attack: guessed, raced, scanned, leaked, forged from elsewhere."""

import re
import secrets
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher

from idp.store import db, people
from idp.store.db.statements import Statement
from idp.store.service.cleaning import clean
from tests.protocol.command import Acrux
from tests.security.serving.crowd import number
from tests.support.letters import choose, delivered, forget, kinds, mailed_link, newest
from tests.support.site import PASSWORD, Answer, Browser, Site

NEW = "harbour lantern sixpence moss"


def reset_link(site: Site, name: str = "tane") -> str:
    """Return the path of a fresh link to a new password."""
    forget(site, name)
    return mailed_link(site, "reset-link")


def notice_link(site: Site) -> str:
    """Return the path of a fresh link that denies a change."""
    choose(site, reset_link(site), PASSWORD + " 2")
    return mailed_link(site, "password-reset", "/n/")


def ticket(site: Site, name: str = "tane") -> str:
    """Return the path of a fresh ticket for someone whose app an operator takes away."""
    site.person(name, totp=site.secret())
    Acrux(site.environ)("user", "reset-factor", name, "totp")
    return mailed_link(site, "enrol-link", "/e/")


def ready(site: Site, path: str) -> tuple[Browser, str, dict[str, str]]:
    """Return a browser that has opened a link, and the form in it."""
    browser = site.browser()
    browser.open(path)
    return browser, *browser.at.form(path)


def outcomes(answers: list[Answer]) -> list[int]:
    return sorted(answer.status for answer in answers)


# -- scanners


def test_a_scanner_that_opens_every_link_twice_uses_none(site: Site) -> None:
    site.person("tane")
    for path, field in ((reset_link(site), NEW), (None, "")):
        found = path or mailed_link(site, "password-reset", "/n/")
        for _ in range(2):
            scanner = site.browser()
            assert scanner.open(found).status == 200
            assert site.client().send("HEAD", found).status == 200
        owner, action, fields = ready(site, found)
        form = {**fields, "password": field} if field else fields
        assert owner.http.send("POST", action, form).status == 303


def test_a_scanner_that_opens_a_ticket_uses_it_not(small_site: Site) -> None:
    path = ticket(small_site)
    for _ in range(2):
        assert small_site.browser().open(path).status == 200
        assert small_site.client().send("HEAD", path).status == 200
    assert number(small_site, "SELECT count(*) FROM interaction") == 0
    owner, action, fields = ready(small_site, path)
    assert owner.http.send("POST", action, fields).status == 303


# -- guessing and mutation


@pytest.mark.parametrize(
    "mutate",
    [
        lambda token: token[:-1],
        lambda token: token + "A",
        lambda token: token.swapcase(),
        lambda token: token[::-1],
        lambda _: secrets.token_urlsafe(32),
        lambda _: "x" * 5000,
        lambda _: "%00",
        lambda _: "%C4%81" * 10,
        lambda _: "' OR 1=1 --",
    ],
)
@pytest.mark.parametrize("prefix", ["/l/", "/n/", "/e/"])
def test_a_token_that_is_not_exactly_right_opens_nothing(
    small_site: Site, mutate: Any, prefix: str
) -> None:
    small_site.person("tane")
    path = reset_link(small_site)
    token = mutate(path.removeprefix("/l/"))
    browser, _, fields = ready(small_site, path)
    assert small_site.browser().open(prefix + token).status in (404, 410)
    answer = browser.http.send("POST", prefix + token, {**fields, "password": NEW})
    assert answer.status in (404, 410)
    assert not small_site.events(kind="person:password:changed")


@pytest.mark.parametrize(
    "mutate", [lambda t: t[:-1], lambda t: t + "A", lambda t: t.swapcase(), lambda t: t[::-1]]
)
def test_a_mutated_ticket_begins_nothing(small_site: Site, mutate: Any) -> None:
    path = ticket(small_site)
    browser, _, fields = ready(small_site, path)
    wrong = "/e/" + mutate(path.removeprefix("/e/"))
    assert small_site.browser().open(wrong).status == 410
    assert browser.http.send("POST", wrong, fields).status == 410
    assert number(small_site, "SELECT count(*) FROM interaction") == 0
    assert len(small_site.events(kind="person:link:refused")) == 1


def test_a_ticket_dies_with_the_address_and_the_account(small_site: Site) -> None:
    path = ticket(small_site)
    browser, action, fields = ready(small_site, path)
    move = Statement("UPDATE person SET email = :email")
    for email in ("thief@example.org", "tane@example.org"):
        with small_site.work() as work:
            work.run(move, email=email)
        alive = email.startswith("tane")
        assert small_site.browser().open(path).status == (200 if alive else 410)
        if not alive:
            assert browser.http.send("POST", action, fields).status == 410
    with small_site.work() as work:
        person = people.by_name(work, "tane")
        assert person
        people.set_disabled(work, person.id, True)
    assert small_site.browser().open(path).status == 410
    assert browser.http.send("POST", action, fields).status == 410
    assert small_site.times(kind="person:link:refused") == 2


def test_a_link_does_only_what_it_is_for(small_site: Site) -> None:
    small_site.person("tane")
    denial = notice_link(small_site)
    reset = reset_link(small_site)
    enrol = ticket(small_site, "mere")
    for wrong in (
        "/n/" + reset.removeprefix("/l/"),
        "/l/" + denial.removeprefix("/n/"),
        "/e/" + reset.removeprefix("/l/"),
        "/l/" + enrol.removeprefix("/e/"),
        "/n/" + enrol.removeprefix("/e/"),
    ):
        assert small_site.browser().open(wrong).status == 410


def test_all_dead_links_read_the_same(small_site: Site) -> None:
    small_site.person("tane")
    used = reset_link(small_site)
    choose(small_site, used, NEW)
    expired = reset_link(small_site)
    small_site.advance(1801)
    gone = small_site.person("rua")
    disabled = reset_link(small_site, "rua")
    with small_site.work() as work:
        people.set_disabled(work, gone, True)
    texts = {
        re.sub(r"<code>[\w-]+</code>", "", small_site.browser().open(path).text)
        for path in (used, expired, disabled, "/l/" + "x" * 43)
    }
    assert len(texts) == 1


# -- leaks


def test_the_database_and_the_record_hold_no_token(small_site: Site) -> None:
    small_site.person("tane")
    denial, reset = notice_link(small_site), reset_link(small_site)
    choose(small_site, reset, NEW)
    enrol = ticket(small_site, "mere")
    tokens = [path.rpartition("/")[2] for path in (denial, reset, enrol)]
    with small_site.work() as work:
        tables = work.all(Statement("SELECT name FROM sqlite_master WHERE type = 'table'"))
        for (table,) in tables:
            held = str(work.all(Statement(f'SELECT * FROM "{table}"')))
            assert not any(token in held for token in tokens), table


def test_a_server_that_logs_requests_logs_no_token(tmp_path: Path) -> None:
    site = Site(tmp_path, f"sqlite:///{tmp_path / 'acrux.db'}", server__access_log="true")
    try:
        site.person("tane")
        reset, denial, enrol = reset_link(site), notice_link(site), ticket(site, "mere")
        with site.serve():
            for path in (reset, denial, enrol, "/n/" + denial.removeprefix("/n/") + "?x=y"):
                site.browser().open(path)
        log = (tmp_path / "serve.log").read_text()
        assert log.count("GET /n/… ") == 2
        assert "GET /l/… " in log
        assert "GET /e/… " in log
        for path in (reset, denial, enrol):
            assert path.rpartition("/")[2] not in log
    finally:
        site.close()


def test_no_header_tells_the_address_of_the_page_on(small_site: Site) -> None:
    small_site.person("tane")
    denial = notice_link(small_site)
    enrol = ticket(small_site, "mere")
    for path in (reset_link(small_site), denial, enrol, "/forgot", "/l/" + "x" * 43):
        answer = small_site.browser().open(path)
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "strict-origin"
        assert "https://" not in answer.text, "and nothing is fetched from elsewhere"


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"X-Forwarded-Host": "evil.example"},
        {"Forwarded": "host=evil.example"},
    ],
)
def test_a_request_does_not_choose_where_a_link_leads(
    small_site: Site, headers: dict[str, str]
) -> None:
    small_site.person("tane")
    browser = small_site.browser()
    browser.open("/forgot")
    action, fields = browser.at.form("/forgot")
    browser.http.send("POST", action, {**fields, "username": "tane"}, headers)
    for mail in delivered(small_site):
        assert "evil.example" not in mail["body"]


# -- forms from elsewhere


@pytest.mark.parametrize("origin", ["https://evil.example", "null", None])
def test_a_form_from_elsewhere_is_refused(small_site: Site, origin: str | None) -> None:
    """It would need the token anyway; but a page of ours that acts wants our form."""
    small_site.person("tane")
    denial, enrol = notice_link(small_site), ticket(small_site, "mere")
    for path in (reset_link(small_site), denial, enrol, "/forgot"):
        browser, action, fields = ready(small_site, path)
        form = {**fields, "password": NEW, "username": "tane"}
        if origin is None:
            form["csrf_token"] = "x" * 43
        headers = {"Origin": origin} if origin else {}
        assert browser.http.send("POST", action, form, headers).status == 403
        assert small_site.client().send("POST", action, form).status == 400, "without a cookie"
    assert len(small_site.events(kind="person:password:changed")) == 1


def test_a_page_opened_by_a_link_keeps_a_session_that_is_there(small_site: Site) -> None:
    small_site.person("tane")
    path = reset_link(small_site)
    browser = small_site.browser()
    browser.authorize(small_site.application())
    cookie = browser.http.cookies()
    browser.open(path)
    assert browser.http.cookies() == cookie
    assert browser.submit(path, password=NEW).status == 200


# -- who has an account


def test_asking_costs_the_same_for_everybody(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """The request itself asks the database the same for all; the rest follows after the answer."""
    site.person("tane")
    site.person("mere", totp=site.secret())
    site.person("hana", verified=False)
    costs: dict[str, list[tuple[str, ...]]] = {}
    original = db.Work._send

    def watched(self: db.Work, statement: Statement, values: Any) -> Any:
        if self.caller.address is not None and asking:
            costs[asking[0]].append((str(statement._clause),))
        return original(self, statement, values)

    asking: list[str] = []
    monkeypatch.setattr(db.Work, "_send", watched)
    hashed: list[str] = []
    monkeypatch.setattr(PasswordHasher, "verify", lambda *_: hashed.append("verify"))
    for name in ("warm", "tane", "mere", "hana", "nobody", "tane@example.org"):
        browser = site.browser()
        browser.open("/forgot")
        action, fields = browser.at.form("/forgot")
        asking[:] = [name]
        costs[name] = []
        answer = browser.http.send("POST", action, {**fields, "username": name})
        asking.clear()
        assert (answer.status, answer.location) == (303, "/forgot/sent")
    costs.pop("warm")
    assert len({str(found) for found in costs.values()}) == 1, costs
    assert not hashed
    monkeypatch.undo()
    assert not site.messages("mail"), "the process that answers does none of it"
    to = sorted(mail["to"] for mail in delivered(site))
    assert to == ["mere@example.org", "tane@example.org", "tane@example.org"]


def test_a_fault_behind_the_answer_is_seen_by_nobody(
    small_site: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    small_site.person("tane")
    monkeypatch.setattr(people, "by_name", lambda *_: 1 / 0)
    assert forget(small_site, "tane").heading == "Check your e-mail"
    small_site.work_off()
    assert "ZeroDivisionError" in caplog.text
    assert "tane" not in caplog.text
    monkeypatch.undo()
    assert not delivered(small_site)
    small_site.advance(30)
    assert newest(small_site, "reset-link")["to"] == "tane@example.org", "it is tried again"
    assert kinds(small_site) == ["reset-link"]


def test_a_link_is_deleted_a_day_after_its_end(small_site: Site) -> None:
    small_site.person("tane")
    reset_link(small_site)
    small_site.advance(1800 + 86400 - 60)
    with small_site.work() as work:
        clean(work, 86400)
    assert number(small_site, "SELECT count(*) FROM link") == 1
    small_site.advance(120)
    with small_site.work() as work:
        clean(work, 86400)
    assert number(small_site, "SELECT count(*) FROM link") == 0
