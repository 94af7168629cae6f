"""A forgotten password: a link by mail, once, and nothing else that the link could do."""

from pathlib import Path

import pytest

from idp import clock, moments
from idp.store import people
from idp.store.db.statements import Statement
from tests.protocol.sign_ins import signed_in, tokens, userinfo
from tests.support.letters import choose, delivered, forget, kinds, mailed_link, newest
from tests.support.site import PASSWORD, Site, by_keyword
from tests.support.stand_ins.smtp import mail_server

NEW = "harbour lantern sixpence moss"


def test_the_sign_in_page_leads_to_a_new_password_and_back_to_the_application(site: Site) -> None:
    site.person("tane")
    app = site.application()
    browser = site.browser()
    page = browser.authorize(app)
    assert 'href="/forgot/' in page.text
    assert forget(site, " Tane ", browser).heading == "Check your e-mail"
    path = mailed_link(site, "reset-link")
    assert browser.open(path).heading == "Choose a new password"
    done = browser.submit(path, password=NEW)
    assert done.heading == "Your password is set"
    assert "Sign in to App" in done.text
    browser.authorize(app)
    assert "don" in browser.sign_in("tane", PASSWORD).text, "the old one is wrong now"
    assert "code" in browser.sign_in("tane", NEW).query


def test_the_link_signs_nobody_in(site: Site) -> None:
    site.person("tane")
    browser = site.browser()
    forget(site, "tane", browser)
    choose(site, mailed_link(site, "reset-link"), NEW, browser)
    assert browser.authorize(site.application()).heading == "Sign in"


@pytest.mark.slow
def test_the_second_step_is_asked_all_the_same(site: Site) -> None:
    secret = site.secret()
    site.person("tane", totp=secret)
    browser = site.browser()
    forget(site, "tane@example.org", browser)
    choose(site, mailed_link(site, "reset-link"), NEW, browser)
    browser.authorize(site.application())
    assert browser.sign_in("tane", NEW).heading.startswith("Enter the code")
    assert "code" in browser.totp(secret).query


@pytest.mark.slow
def test_every_session_and_all_tokens_end_and_the_person_is_told(site: Site) -> None:
    person = site.person("tane")
    app = site.application()
    browser = signed_in(site, app)
    access = tokens(site, app)["access_token"]
    assert userinfo(site, access).status == 200
    forget(site, "tane")
    choose(site, mailed_link(site, "reset-link"), NEW)
    assert browser.authorize(app, prompt="none").query["error"] == "login_required"
    assert userinfo(site, access).status == 401
    assert newest(site, "password-reset")["to"] == "tane@example.org"
    [event] = site.events(kind="person:password:changed")
    assert (event.person_id, event.reason) == (person, "by a link in a mail")
    ended = site.events(kind="person:session:ended")
    assert "by a link" in str(ended[0].reason)


@pytest.mark.slow
def test_a_sign_in_that_is_open_cannot_finish_on_the_old_password(site: Site) -> None:
    secret = site.secret()
    site.person("tane", totp=secret)
    thief = site.browser()
    thief.authorize(site.application())
    thief.sign_in("tane")
    forget(site, "tane")
    choose(site, mailed_link(site, "reset-link"), NEW)
    assert thief.totp(secret).heading == "Sign in"


@pytest.mark.slow
def test_the_same_answer_for_everybody_and_a_mail_for_whom_it_helps(site: Site) -> None:
    site.person("tane")
    site.person("hana", verified=False)
    site.person("mere", password=None, totp=site.secret())
    gone = site.person("rua")
    with site.work() as work:
        people.set_disabled(work, gone, True)
    answers = [
        forget(site, name)
        for name in ("tane", "hana", "mere", "rua", "nobody", "x@example.org", "\x00", "é" * 300)
    ]
    assert len({(a.status, a.url, a.text) for a in answers}) == 1
    assert [m["to"] for m in delivered(site)] == ["tane@example.org"]
    reasons = {event.reason for event in site.events(kind="person:password-reset:asked")}
    assert reasons == {
        "a link was mailed",
        "the address was never confirmed",
        "the account has no password",
        "the account is switched off",
        "nobody of that name",
    }


def test_a_weak_password_is_refused_with_the_reason_and_the_link_still_works(site: Site) -> None:
    site.person("tane")
    forget(site, "tane")
    path = mailed_link(site, "reset-link")
    browser = site.browser()
    for weak, reason in [
        ("", "Type a new password"),
        ("short", "Use at least 15 characters"),
        ("tane@example.org", "lists that attackers try first"),
        (PASSWORD, "That is the password you have now"),
        ("x" * 129, "at most 128"),
    ]:
        browser.open(path)
        answer = browser.submit(path, password=weak)
        assert answer.status == 400
        assert reason in answer.text
        assert not weak or weak not in answer.text.replace("autocomplete", ""), "never shown again"
    assert choose(site, path, NEW).heading == "Your password is set"


def test_a_link_lives_thirty_minutes(site: Site) -> None:
    site.person("tane")
    forget(site, "tane")
    path = mailed_link(site, "reset-link")
    # The clock of the system goes on meanwhile.
    site.advance(1790)
    assert site.browser().open(path).status == 200
    site.advance(11)
    answer = site.browser().open(path)
    assert (answer.status, answer.heading) == (410, "This link does not work any more")


@pytest.mark.slow
def test_only_the_newest_link_works_and_that_once(site: Site) -> None:
    site.person("tane")
    paths = []
    for _ in range(3):
        forget(site, "tane")
        paths.append(mailed_link(site, "reset-link"))
    assert [site.browser().open(path).status for path in paths] == [410, 410, 200]
    choose(site, paths[2], NEW)
    assert site.browser().open(paths[2]).status == 410


def test_a_link_dies_with_the_address_it_was_sent_to(site: Site) -> None:
    person = site.person("tane")
    forget(site, "tane")
    path = mailed_link(site, "reset-link")
    with site.work() as work:
        change = Statement("UPDATE person SET email = :email WHERE id = :id")
        work.run(change, email="other@example.org", id=person)
    assert site.browser().open(path).status == 410


@pytest.mark.slow
def test_mails_to_one_person_are_few_whatever_name_is_typed(small_site: Site) -> None:
    small_site.person("tane")
    texts = {forget(small_site, name).text for name in ("tane", "tane@example.org") * 5}
    assert len(texts) == 1, "and nobody can tell"
    assert len(delivered(small_site)) == 6
    small_site.advance(3601)
    forget(small_site, "tane")
    assert len(delivered(small_site)) == 7


@pytest.mark.slow
def test_one_source_cannot_ask_for_ever(small_site: Site) -> None:
    small_site.person("tane")
    for number in range(20):
        assert forget(small_site, f"nobody{number}").status == 200
    held = forget(small_site, "tane")
    assert (held.status, held.heading) == (400, "Choose a new password")
    now = clock.now()
    # An hour after the first of them, which was some seconds ago.
    free = {moments.later(now + wait, now) for wait in (3540, 3600)}
    assert any(f"Too many tries. Try again at {time}." in held.text for time in free)
    assert delivered(small_site) == []


@pytest.mark.slow
def test_a_reset_lifts_the_lock_on_the_old_password(small_site: Site) -> None:
    small_site.person("tane")
    app = small_site.application()
    browser = small_site.browser()
    browser.authorize(app)
    for _ in range(6):
        browser.sign_in("tane", "wrong guess")
    forget(small_site, "tane")
    choose(small_site, mailed_link(small_site, "reset-link"), NEW)
    browser.authorize(app)
    assert "code" in browser.sign_in("tane", NEW).query


def test_without_mail_the_page_says_whom_to_ask(tmp_path: Path) -> None:
    site = Site(tmp_path, f"sqlite:///{tmp_path / 'acrux.db'}", mail__backend="off")
    try:
        page = site.browser().authorize(site.application())
        assert "/forgot" not in page.text
        answer = site.browser().open("/forgot")
        assert answer.status == 404
        assert "Ask the people who look after your account" in answer.text
    finally:
        site.close()


@pytest.mark.slow
def test_a_real_mail_is_opened_and_its_link_followed(tmp_path: Path) -> None:
    with mail_server() as server:
        settings = by_keyword(server.settings())
        site = Site(tmp_path, f"sqlite:///{tmp_path / 'acrux.db'}", **settings)
        try:
            site.person("tane")
            forget(site, "tane")
            site.work_off()
            [mail] = server.mails
            assert mail.message["Subject"] == "Choose a new Acrux password"
            assert mail.recipients == ("tane@example.org",)
            address = mail.html.partition('<a href="')[2].partition('"')[0]
            assert address in mail.text
            path = address.removeprefix(site.issuer)
            assert choose(site, path, NEW).heading == "Your password is set"
            assert site.installation.post.settle(30)
            told = server.mails[-1]
            assert told.message["Subject"] == "Your Acrux password was reset"
            assert f"{site.issuer}/n/" in told.text
        finally:
            site.close()


@pytest.mark.parametrize("password", [NEW, "short", ""])
def test_a_password_is_never_in_an_event_or_a_message(small_site: Site, password: str) -> None:
    small_site.person("tane")
    forget(small_site, "tane")
    choose(small_site, mailed_link(small_site, "reset-link"), password)
    texts = str(small_site.events()) + str(delivered(small_site))
    assert not password or password not in texts
    assert "password-reset" in kinds(small_site) or password != NEW
