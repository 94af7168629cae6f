"""A link in a message is used once, however many use it at the same moment."""

from functools import partial
from typing import Any

import pytest

from tests.protocol.sign_ins import authorized
from tests.security.people.test_links import NEW, notice_link, outcomes, ready, reset_link, ticket
from tests.security.serving.crowd import at_once, number
from tests.support.letters import delivered
from tests.support.site import PASSWORD, Site


@pytest.mark.parametrize("same", [True, False])
def test_of_many_who_choose_a_password_at_once_one_wins(site: Site, same: bool) -> None:
    person = site.person("tane")
    path = reset_link(site)
    forms = [ready(site, path) for _ in range(6)]
    calls = [
        lambda b=browser, a=action, f=fields, n=n: b.http.send(
            "POST", a, {**f, "password": NEW if same else f"{NEW} {n}"}
        )
        for n, (browser, action, fields) in enumerate(forms)
    ]
    answers = at_once(calls)
    lost = [answer for answer in answers if answer.status != 303]
    assert len(lost) == 5
    assert all(answer.status in (400, 410) for answer in lost), outcomes(answers)
    assert same or outcomes(lost) == [410] * 5
    rows = "SELECT count(*) FROM credential WHERE person_id = :id AND method = 'password'"
    assert number(site, rows, id=person) == 1
    assert len(site.events(kind="person:password:changed")) == 1


def test_of_two_links_used_at_once_the_newer_one_wins(site: Site) -> None:
    person = site.person("tane")
    # Its page is open when the newer one is made, which voids it.
    forms = [ready(site, reset_link(site)) for _ in range(2)]
    calls = [
        lambda b=browser, a=action, f=fields, n=n: b.http.send(
            "POST", a, {**f, "password": f"{NEW} {n}"}
        )
        for n, (browser, action, fields) in enumerate(forms)
    ]
    assert [answer.status for answer in at_once(calls)] == [410, 303]
    rows = "SELECT count(*) FROM credential WHERE person_id = :id AND method = 'password'"
    assert number(site, rows, id=person) == 1


def test_of_many_who_deny_at_once_one_is_recorded(site: Site) -> None:
    site.person("tane")
    path = notice_link(site)
    forms = [ready(site, path) for _ in range(6)]
    calls = [
        lambda b=browser, a=action, f=fields: b.http.send("POST", a, f)
        for browser, action, fields in forms
    ]
    assert outcomes(at_once(calls)) == [303] + [410] * 5
    assert len(site.events(kind="person:sign-in:denied")) == 1
    assert [m["kind"] for m in delivered(site)].count("denied") == 1


def test_changes_by_the_present_password_at_once_leave_one_password(site: Site) -> None:
    person_id = site.person("tane")

    owner = site.browser()
    owner.open("/account/")
    owner.sign_in("tane")
    who = authorized(site, owner)

    def change(new: str) -> Any:
        with site.work() as work:
            return site.installation.passwords.change(work, who, PASSWORD, new)

    results = at_once([partial(change, f"{NEW} {n}") for n in range(4)])
    assert results.count(None) == 1, results
    rows = "SELECT count(*) FROM credential WHERE person_id = :id AND method = 'password'"
    assert number(site, rows, id=person_id) == 1


@pytest.mark.parametrize("same_browser", [True, False])
def test_of_many_who_use_a_ticket_at_once_one_begins_a_sign_in(
    site: Site, same_browser: bool
) -> None:
    path = ticket(site)
    browser = ready(site, path)
    forms = [browser] * 6 if same_browser else [ready(site, path) for _ in range(6)]
    calls = [
        lambda b=browser, a=action, f=fields: b.http.send("POST", a, f)
        for browser, action, fields in forms
    ]
    answers = at_once(calls)
    assert outcomes(answers) == [303] + [410] * 5
    assert number(site, "SELECT count(*) FROM interaction") == 1
    assert len(site.events(kind="person:enrolment-ticket:used")) == 1
    assert site.times(kind="person:link:refused") == 5
