"""When we ourselves break: a plain page, a word in the log, and nothing of the request is kept."""

import logging

import pytest

from idp.store import events
from idp.store.db import Work
from idp.store.db.statements import Statement
from idp.store.signin import proofs
from tests.support.site import Answer, Site

BROKEN = "Something went wrong on our side"


def assert_plain(answer: Answer, caplog: pytest.LogCaptureFixture) -> None:
    assert (answer.status, answer.heading) == (500, BROKEN)
    assert "Traceback" not in answer.text
    assert "nowhere" not in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers, "a cookie of a session that was undone"
    ours = [r for r in caplog.records if r.name == "acrux.web" and r.levelno == logging.ERROR]
    assert len(ours) == 1
    assert ours[0].exc_info
    reference = ours[0].getMessage().split()[2]
    assert f"<code>{reference}</code>" in answer.text
    assert answer.headers["X-Request-ID"] == reference


def test_a_fault_in_the_middle_undoes_the_step_and_the_person_tries_again(
    site: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    site.person("tane")
    browser = site.browser()
    page = browser.authorize(site.application())

    def breaks(*_: object) -> None:
        raise RuntimeError("nowhere")

    with monkeypatch.context() as patch:
        patch.setattr(proofs, "add", breaks)
        assert_plain(browser.sign_in("tane"), caplog)
    browser.at = page
    assert browser.sign_in("tane").query["code"]
    assert len(site.events(kind="person:factor:proved")) == 1


def test_a_fault_at_the_commit_undoes_the_step_too(
    site: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    site.person("tane")
    browser = site.browser()
    page = browser.authorize(site.application())

    def cannot_be_stored(work: Work, **_: object) -> None:
        work.later(Statement("INSERT INTO nowhere (id) VALUES (1)"))

    with monkeypatch.context() as patch:
        patch.setattr(events, "add", cannot_be_stored)
        assert_plain(browser.sign_in("tane"), caplog)
    browser.at = page
    assert browser.sign_in("tane").query["code"]
    assert len(site.events(kind="person:factor:proved")) == 1
