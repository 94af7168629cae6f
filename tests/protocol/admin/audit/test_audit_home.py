"""The auditor's first page: what is pasted is found, questions are kept, what matters is said."""

import json
import re
from html import unescape

import pytest

from idp.store import canaries
from idp.store.db.statements import Statement
from tests.protocol.admin.audit.asking import HOSTILE, count
from tests.protocol.admin.audit.test_audit_page import HOME, auditor
from tests.protocol.sign_ins import tokens
from tests.support.site import Site

DAY = 86400
_SPOIL = Statement("DELETE FROM ledger_tile")


@pytest.mark.slow
@pytest.mark.parametrize("what", ["id_token", "access_token", "jti", "sid", "request", "username"])
def test_whatever_is_pasted_leads_to_its_page_and_no_token_to_an_address(
    site: Site, what: str
) -> None:
    app = site.application("payroll")
    site.person("mere")
    found = tokens(site, app, "mere")
    claims = site.id_token(found["id_token"])
    count(site)
    (event,) = site.events(kind="client:token:issued")
    browser = auditor(site)
    said = {
        "jti": claims["jti"],
        "sid": claims["sid"],
        "request": event.request_id,
        "username": "mere",
    } | found
    browser.open(HOME)
    answer = browser.post(f"{HOME}find", what=f" {said[what]} ")
    assert answer.status == 303, answer.text
    token = f"{HOME}tokens/{claims['jti']}"
    assert (
        answer.location
        == {
            "id_token": token,
            "access_token": token,
            "jti": token,
            "sid": f"{HOME}sign-ins?sid={claims['sid']}",
            "request": f"{HOME}events?request={event.request_id}",
            "username": f"{HOME}events?person=mere",
        }[what]
    )
    assert browser.open(answer.location).status == 200


@pytest.mark.slow
def test_what_is_not_known_is_said(site: Site) -> None:
    browser = auditor(site)
    for text in ("nobody-is-called-so", "a.b.c", "x" * 9000, "<script>", "'"):
        browser.open(HOME)
        answer = browser.post(f"{HOME}find", what=text)
        assert answer.status == 404
        assert 'role="alert"' in answer.text
    assert browser.open(f"{HOME}tokens/none").status == 404
    assert browser.open(f"{HOME}interactions/none").status == 404


@pytest.mark.slow
def test_whether_the_record_is_complete_is_said_first(site: Site) -> None:
    app = site.application()
    site.person("mere")
    tokens(site, app, "mere")
    browser = auditor(site)
    site.installation.sealer.seal()
    answer = browser.open(f"{HOME}record")
    assert "sealed, and the last signature holds" in answer.heading
    assert "acrux_verify.py" in answer.text
    tokens(site, app, "mere")
    site.advance(300)
    assert "is the worker running?" in browser.open(HOME).text
    with site.work() as work:
        work.run(_SPOIL)
    site.spoiled = True
    assert browser.open(f"{HOME}record").heading == "The record was changed since it was signed"


def test_a_question_is_kept_under_a_name_and_removed(site: Site) -> None:
    browser = auditor(site)
    browser.open(f"{HOME}sign-ins", means="texts", client="payroll")
    keeps = re.search(r'name="query"\s+value="([^"]+)"', browser.at.text)
    assert keeps
    # Of two names one is no text that can be shown safely: it is not taken.
    for name in ("Payroll by text", HOSTILE.replace("\u202e", ""), HOSTILE):
        browser.open(f"{HOME}sign-ins", means="texts", client="payroll")
        form = {"page": "sign-ins", "query": unescape(keeps.group(1)), "name": name}
        done = browser.post(f"{HOME}questions", **form)
        assert done.location.startswith(HOME)
    answer = browser.open(HOME)
    assert "<b onmouseover" not in answer.text
    link = re.search(r'href="([^"]+)" id="question-\d+"\s*><bdi>Payroll by text', answer.text)
    assert link
    assert unescape(link.group(1)) == f"{HOME}sign-ins?client=payroll&means=texts"
    for number in re.findall(r"questions/(\d+)/remove", answer.text):
        assert browser.post(f"{HOME}questions/{number}/remove").status == 303
        browser.open(HOME)
    assert "Saved questions" not in browser.open(HOME).text
    kinds = [event.kind for event in site.events() if "audit-question" in event.kind]
    assert (
        sorted(kinds)
        == ["operator:audit-question:removed"] * 2 + ["operator:audit-question:saved"] * 2
    )


def test_questions_lead_nowhere_else(site: Site) -> None:
    browser = auditor(site)
    browser.open(HOME)
    for page, query in (("//evil.example/", "x=1"), ("sign-ins", "//evil"), ("", "")):
        answer = browser.post(f"{HOME}questions", page=page, query=query, name="x")
        assert answer.location.startswith(HOME)
        browser.open(HOME)
    assert "evil" not in browser.open(HOME).text


@pytest.mark.slow
def test_looking_is_an_event_once_an_hour_for_each_view(site: Site) -> None:
    browser = auditor(site)
    for _ in range(3):
        browser.open(f"{HOME}failures", person="mere")
    found = [e for e in site.events(kind="operator:audit:viewed") if "failures" in (e.reason or "")]
    (event,) = found
    assert event.times == 3
    assert event.username == "auditor"
    assert json.loads(event.data or "") == {"page": "failures", "filters": {"person": "mere"}}
    for number in range(300):
        browser.open(f"{HOME}failures", person=f"nobody{number}")
    assert len(site.events(kind="operator:audit:viewed")) <= 2 * 65


def test_the_address_of_before_answers_its_questions(site: Site) -> None:
    browser = auditor(site)
    for query in ("client=payroll", "since=2026-01-01&person=tane&before=7"):
        assert browser.get(f"{HOME}?{query}").location == f"{HOME}events?{query}"


@pytest.mark.parametrize(
    ("state", "tries", "said"),
    [
        ("held", 49, "No one gets in with less than is required: 49 tries failed at"),
        ("alarm", 49, "Less than is required was enough: a try to get in succeeded at"),
        (
            "failed",
            0,
            "Whether less than is required is enough is not known: it could not be tried at",
        ),
    ],
)
def test_the_first_page_says_what_became_of_the_last_tries_to_get_in_with_too_little(
    small_site: Site, state: str, tries: int, said: str
) -> None:
    browser = auditor(small_site)
    assert "canary" not in browser.open(HOME).text
    with small_site.work() as work:
        canaries.done(work, state, "", tries, DAY)
    page = browser.open(HOME).text
    assert said in unescape(page)
    assert "kind=installation%3Acanary%3Aalarm" in page
