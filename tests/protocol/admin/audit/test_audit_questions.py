"""What auditors ask: each question is answered by a page, and each count equals the leaves."""

import re
from collections import Counter
from html import unescape
from typing import Any

import pytest

from idp import clock
from idp.audit import Event
from idp.people import sorting
from idp.policy.rollout import Stage
from idp.store import people
from idp.store.audit import searching
from idp.store.events import Filter
from idp.store.people.profiles import Profile
from tests.protocol.admin.audit.asking import HOSTILE, cells, count, jti_of, two_steps
from tests.protocol.admin.audit.test_audit_page import HOME, auditor
from tests.protocol.sign_ins import tokens
from tests.support.ledgers import evidence
from tests.support.site import MFA, Answer, Site

DAY = 86400


@pytest.mark.slow
def test_who_signed_in_to_an_application_with_text_messages_only(site: Site) -> None:
    payroll, wiki = site.application("payroll"), site.application("wiki")
    site.person("aroha", totp=(secret := site.secret()))
    site.person("tane", sms=True)
    site.person("mere")
    two_steps(site, payroll, "aroha", secret)
    two_steps(site, payroll, "tane", "sms")
    tokens(site, wiki, "mere")
    count(site)
    browser = auditor(site)
    page = f"{HOME}sign-ins"
    texts = browser.open(page, client="payroll", means="texts")
    assert [row[1:3] for row in cells(texts, "sign-ins")] == [["Tane", "Payroll payroll"]] or [
        row[1].split()[0] for row in cells(texts, "sign-ins")
    ] == ["Tane"]
    assert [row[4] for row in cells(texts, "sign-ins")] == ["pwd sms mfa"]
    assert len(cells(browser.open(page, client="payroll"), "sign-ins")) == 2
    assert len(cells(browser.open(page), "sign-ins")) == 3
    assert [row[4] for row in cells(browser.open(page, means="one"), "sign-ins")] == ["pwd"]
    assert [row[4] for row in cells(browser.open(page, person="aroha"), "sign-ins")] == [
        "pwd otp mfa"
    ]
    assert "No sign-in matches" in browser.open(page, means="texts", client="wiki").text
    today = clock.iso(clock.now())[:10]
    assert len(cells(browser.open(page, since=today, until=today), "sign-ins")) == 3
    assert "No sign-in matches" in browser.open(page, until="2020-01-01").text
    problem = browser.open(page, since="tomorrow")
    assert 'role="alert"' in problem.text


@pytest.mark.slow
def test_counts_of_tokens_equal_plain_counting_of_the_leaves(site: Site) -> None:
    payroll, wiki = site.application("payroll"), site.application("wiki")
    site.person("aroha", totp=(secret := site.secret()))
    site.person("mere")
    for days in range(3):
        two_steps(site, payroll, "aroha", secret)
        for _ in range(days + 1):
            tokens(site, wiki, "mere")
        count(site)
        site.advance(DAY)
    browser = auditor(site)
    with site.work() as work:
        leaves = evidence.leaves(work)
    for by in ("acr", "amr"):
        for client in ("", "payroll", "wiki"):
            plain = Counter(
                (clock.iso(one["at"])[:10], _said(one, by))
                for one in leaves
                if client in ("", one["client"])
            )
            answer = browser.open(f"{HOME}tokens", client=client, by=by)
            assert _counted(answer) == plain, (by, client)
    assert answer.text.count("<polyline") == len({said for _, said in plain})


def _said(leaf: dict[str, Any], by: str) -> str:
    return leaf["acr"] if by == "acr" else " ".join(leaf["amr"])


def _counted(answer: Answer) -> Counter[tuple[str, str]]:
    head = re.search(r'id="days".*?</thead>', answer.text, re.S)
    assert head
    names = [
        unescape(one).strip() for one in re.findall(r"<th[^>]*>(.*?)</th>", head.group(), re.S)
    ]
    found = Counter[tuple[str, str]]()
    for day, *numbers in cells(answer, "days")[:-1]:
        found.update(
            {(day, name): int(n) for name, n in zip(names[1:], numbers, strict=True) if int(n)}
        )
    return found


@pytest.mark.slow
def test_a_leaf_is_counted_once_whoever_counts(site: Site) -> None:
    app = site.application()
    site.person("mere")
    tokens(site, app, "mere")
    count(site)
    count(site)
    assert site.installation.counting.carry_out() == 0
    assert len(cells(auditor(site).open(f"{HOME}sign-ins"), "sign-ins")) == 1


@pytest.mark.slow
def test_which_applications_demand_ask_and_get_a_second_step(site: Site) -> None:
    strict = site.application("strict", min_acr=MFA)
    lax, hopeful = (
        site.application("lax"),
        site.application("hopeful", grant_types=["authorization_code", "refresh_token"]),
    )
    site.person("aroha", totp=(secret := site.secret()))
    site.person("mere")
    two_steps(site, strict, "aroha", secret)
    tokens(site, lax, "mere")
    asked = tokens(site, hopeful, "mere", acr_values=MFA, scope="openid offline_access")
    assert site.refresh(hopeful, asked["refresh_token"]).status == 200
    count(site)
    browser = auditor(site)

    def named(**asked: str) -> set[str]:
        answer = browser.open(f"{HOME}applications", **asked)
        if "No application is like that" in answer.text:
            return set()
        return {row[0].split()[-1] for row in cells(answer, "applications")}

    assert named() == {"strict", "lax", "hopeful"}
    assert named(show="never") == {"lax", "hopeful"}
    assert named(show="unmet") == {"hopeful"}
    assert named(show="unchecked") == {"hopeful"}
    assert named(until="2020-01-01") == set()


@pytest.mark.slow
def test_a_sign_in_opens_into_its_explanation_and_its_timeline(site: Site) -> None:
    app = site.application("payroll")
    site.person("aroha", totp=(secret := site.secret()))
    found = two_steps(site, app, "aroha", secret)
    count(site)
    browser = auditor(site)
    answer = browser.open(f"{HOME}sign-ins")
    link = re.search(r'href="(/admin/audit/tokens/[^"]+)"', answer.text)
    assert link
    page = browser.open(unescape(link.group(1)))
    assert page.heading == "Aroha at Payroll"
    words = " ".join(unescape(re.sub("<[^>]*>", " ", page.text)).split())
    assert f"The application asked for a second step ({MFA}), if possible." in words
    [shown] = re.findall(r"Authenticator app, (\d+) seconds? before \(something held\)", words)
    proved = next(e.at for e in site.events(kind=Event.FACTOR_PROVED) if e.reason == "totp")
    finished = next(e.at for e in site.events(kind=Event.SIGN_IN_FINISHED) if e.username == "aroha")
    assert abs(finished - proved - int(shown)) <= 1, "as old as the events say"
    assert "Worked out once more from the proofs and from what held then, it is the same." in words
    assert "a passkey" in words, "what a higher level would have needed"
    kinds = [row[1].replace(" ", "") for row in cells(page, "events")]
    for kind in ("factor:proved", "sign-in:finished", "code:issued", "token:issued"):
        assert any(kind in one for one in kinds), kinds
    assert jti_of(site, app, found) in page.text


@pytest.mark.slow
def test_all_failures_of_a_person_each_with_its_sign_in(site: Site) -> None:
    app = site.application("payroll")
    site.person("mere")
    site.person("tane")
    for name in ("mere", "tane"):
        browser = site.browser()
        browser.authorize(app)
        browser.sign_in(name, "a guess of fifteen characters")
    browser = auditor(site)
    answer = browser.open(f"{HOME}failures", person="mere")
    rows = cells(answer, "failures")
    assert rows
    assert {row[2].split()[0] for row in rows} == {"Mere"}
    link = re.search(r'href="(/admin/audit/interactions/[^"]+)"', answer.text)
    assert link
    page = browser.open(unescape(link.group(1)))
    assert page.heading == "Mere at Payroll"
    assert any("rejected" in row[1] for row in cells(page, "events"))
    assert "Nothing failed" in browser.open(f"{HOME}failures", person="auditor").text


@pytest.mark.slow
def test_stages_and_exceptions_as_they_were_on_a_day(site: Site) -> None:
    made, now = site.installation.stages, clock.now()
    mere = site.person("mere")
    stage = Stage("staff", ("type:user",), MFA, enforce_at=now + DAY)
    with site.work() as work:
        made.add(work, stage)
    with site.work() as work:
        made.let_off(
            work, stage, mere, until=now + 3 * DAY, reason="her phone is lost", author="Tane"
        )
    site.advance(2 * DAY)
    with site.work() as work:
        made.stop(work, made.find(work, "staff"))
    site.advance(3 * DAY)
    browser = auditor(site)

    def on(days: int) -> tuple[list[str], bool]:
        answer = browser.open(f"{HOME}in-force", day=clock.iso(now + days * DAY)[:10])
        states = [] if "There was no stage" in answer.text else cells(answer, "stages")
        return [row[1] for row in states], "her phone is lost" in answer.text

    assert on(-1) == ([], False)
    assert on(0)[0] == ["Announced"]
    assert on(0)[1]
    assert on(1)[0] == ["In force"]
    assert on(2) == (["Stopped"], True)
    assert on(5) == (["Stopped"], False)
    assert 'role="alert"' in browser.open(f"{HOME}in-force", day="yesterday").text


def test_who_gained_a_role_and_who_gave_it(site: Site) -> None:
    site.person("mere")
    with site.work() as work:
        person = people.by_name(work, "mere")
        assert person
        sorting.change(work, person, _with_roles(person, "admin"))
    browser = auditor(site)
    (row,) = cells(browser.open(f"{HOME}roles"), "roles")
    assert row[1].startswith("Mere")
    assert row[2:4] == ["admin", ""]
    assert len(cells(browser.open(f"{HOME}roles", role="admin"), "roles")) == 1
    assert "No role was given" in browser.open(f"{HOME}roles", role="owner").text


def _with_roles(person: Any, *roles: str) -> Profile:
    return Profile(
        name=person.name,
        user_type=person.user_type,
        groups=person.groups,
        roles=frozenset(roles),
        claims=dict(person.claims),
    )


@pytest.mark.slow
def test_hostile_names_are_shown_as_text(site: Site) -> None:
    app = site.application("payroll")
    site.person("mere", name=HOSTILE)
    found = tokens(site, app, "mere")
    count(site)
    browser = auditor(site)
    for path in ("sign-ins", f"tokens/{jti_of(site, app, found)}", "events"):
        answer = browser.open(f"{HOME}{path}")
        assert "<b onmouseover" not in answer.text
        assert "&lt;b onmouseover" in answer.text
        assert re.search(r"<bdi>&lt;b onmouseover", answer.text) or path.startswith("tokens")


@pytest.mark.slow
def test_someone_who_was_deleted_is_said_to_be_gone(site: Site) -> None:
    app = site.application("payroll")
    mere = site.person("mere")
    tokens(site, app, "mere")
    count(site)
    with site.work() as work:
        site.installation.leaving.delete(work, mere, "the test")
    browser = auditor(site)
    (row,) = cells(browser.open(f"{HOME}sign-ins"), "sign-ins")
    assert row[1].startswith("no longer here")
    assert "(deleted)" in row[1]


def test_a_search_says_how_far_it_looked_and_goes_on_from_there(site: Site) -> None:
    app = site.application("payroll")
    for _ in range(30):
        site.browser().authorize(app, scope="nope")
        site.advance(61)
    wanted, steps = Filter(acr="none"), 0
    with site.work() as work:
        while (found := searching.search(work, wanted, 5, examined=10)).looked_to is not None:
            assert found.rows == []
            assert found.looked_at is not None
            wanted, steps = Filter(acr="none", before_id=found.looked_to), steps + 1
    assert steps >= 2
