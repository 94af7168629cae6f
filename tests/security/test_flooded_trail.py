"""What anyone may cause without an account fills neither the table of events nor the disk."""

import csv
import io
import json
import threading
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from idp import audit
from idp.audit import ANYBODYS, NAMELESS, Event, Outcome
from idp.caller import Caller
from tests.protocol.admin.audit.test_audit_page import PAGE, auditor
from tests.protocol.command import Acrux
from tests.security.serving.crowd import at_once
from tests.support.applications.application import Application
from tests.support.site import Site

MANY = 30


def bad_request(site: Site, app: Application) -> None:
    site.browser().authorize(app, client_id="nobody")


def bad_parameter(site: Site, app: Application) -> None:
    site.browser().authorize(app, scope="nope")


def silent(site: Site, app: Application) -> None:
    site.browser().authorize(app, prompt="none")


def bad_secret(site: Site, app: Application) -> None:
    site.redeem(Application(app.client_id, "guessed"), "bogus")


def bogus_code(site: Site, app: Application) -> None:
    site.redeem(app, "bogus")


def unknown_name(site: Site, app: Application) -> None:
    browser = site.browser()
    browser.authorize(app)
    browser.sign_in("nobody-of-this-name", "a guess of fifteen characters")


def cancelled(site: Site, app: Application) -> None:
    browser = site.browser()
    browser.authorize(app)
    browser.submit("/cancel")


def forgotten(site: Site, app: Application) -> None:
    browser = site.browser()
    browser.open("/forgot")
    browser.submit("/forgot", username="nobody-of-this-name")
    site.work_off()


def dead_link(site: Site, _app: Application) -> None:
    browser = site.browser()
    browser.open("/forgot")
    assert browser.post("/l/wrong", password="harbour lantern sixpence").status == 410


@pytest.mark.parametrize(
    ("stranger", "kind"),
    [
        (bad_request, "client:request:refused"),
        (bad_parameter, "client:request:refused"),
        (silent, "person:sign-in:refused"),
        (bad_secret, "client:token:refused"),
        (bogus_code, "client:token:refused"),
        (unknown_name, "person:factor:rejected"),
        (cancelled, "person:sign-in:cancelled"),
        (forgotten, "person:password-reset:asked"),
        (dead_link, "person:link:refused"),
    ],
)
def test_alike_events_of_strangers_are_one_row_and_a_number(
    site: Site, stranger: Callable[[Site, Application], None], kind: str
) -> None:
    app = site.application("app")
    for _ in range(4):
        stranger(site, app)
    found = site.events(kind=kind)
    assert [event.times for event in found] == [4]
    site.advance(60)
    stranger(site, app)
    assert [event.times for event in site.events(kind=kind)] == [1, 4], "each minute is another row"


def test_different_clients_reasons_and_sources_stay_apart(site: Site) -> None:
    one, two = site.application("one"), site.application("two")
    for app in (one, two, two):
        bad_parameter(site, app)
    site.browser().authorize(two, response_type="bogus")
    found = site.events(kind="client:request:refused")
    assert Counter({(e.client_id, e.reason): e.times for e in found}) == {
        ("one", "invalid_scope: scope must contain openid"): 1,
        ("two", "invalid_scope: scope must contain openid"): 2,
        ("two", "unsupported_response_type: this response_type is not supported"): 1,
    }


def test_reasons_that_quote_a_stranger_do_not_multiply_without_end(site: Site) -> None:
    for number in range(150):
        with site.work() as work:
            reason = f"invalid_redirect_uri: https://{number}.example/ is not for you"
            audit.record(work, Event.REGISTRATION_REFUSED, Outcome.REFUSED, reason=reason)
    found = site.events(kind="client:registration:refused")
    assert sum(event.times for event in found) == 150
    assert len(found) <= 2 * 64, "a minute may have ended meanwhile"


def flood(site: Site, count: int, **values: Any) -> None:
    """Record refusals of which each has another source and another reason."""
    for number in range(count):
        with site.work() as work:
            work.caller = Caller(address=f"2001:db8:{number:x}::1")
            reason = f"invalid_redirect_uri: https://{number}.example/"
            audit.record(work, Event.REQUEST_REFUSED, Outcome.REFUSED, reason=reason, **values)


def test_no_number_of_addresses_fills_the_trail(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "MOST_A_DAY", 20)
    flood(site, 100)
    flood(site, 30, client="payroll")
    found = site.events(kind="client:request:refused")
    assert sum(event.times for event in found) == 130, "each is counted"
    assert len(found) == 20 + 2
    many = [event for event in found if "told apart no more" in (event.reason or "")]
    assert {(one.client_id, one.times) for one in many} == {(None, 80), ("payroll", 30)}
    assert {one.source for one in many} == {None}
    site.advance(86400)
    flood(site, 1)
    assert len(site.events(kind="client:request:refused")) == 23, "another day begins anew"


def test_what_is_about_one_person_is_counted_for_that_person(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "MOST_OF_ONE", 5)
    mere, tane = site.person("mere"), site.person("tane")
    flood(site, 30, person=mere)
    flood(site, 1, person=tane)
    found = site.events(kind="client:request:refused")
    assert Counter(event.person_id for event in found) == {mere: 6, tane: 1}
    assert sum(event.times for event in found) == 31


def test_a_flood_hides_no_alarm(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "MOST_A_DAY", 3)
    flood(site, 10)
    with site.work() as work:
        audit.row_refused(work, "client", "payroll", None)
    (event,) = site.events(kind="installation:row:refused")
    assert "payroll" in (event.reason or "")


def test_a_crowd_is_counted_right_and_nobody_waits_for_good(site: Site) -> None:
    """Many threads write the same few rows at once; some count for a throttle as well."""
    site.person("tane")
    apps = [site.application(f"app{number}") for number in range(2)]
    calls = [partial(bad_parameter, site, app) for app in apps for _ in range(MANY)]
    calls += [partial(bad_secret, site, app) for app in apps for _ in range(MANY // 3)]
    at_once(calls)
    for app in apps:
        total = site.times(kind="client:request:refused", client=app.client_id)
        assert total == MANY
        assert len(site.events(kind="client:request:refused", client=app.client_id)) <= 2


def test_the_number_stands_on_the_page_the_terminal_and_in_both_files(site: Site) -> None:
    app = site.application("app")
    for _ in range(3):
        bad_parameter(site, app)
    acrux = Acrux(site.environ)
    (event,) = acrux.events(kind="client:request:refused")
    assert event["times"] == 3
    assert event["last_at"] >= event["at"]
    assert "  3 times" in acrux("audit", "tail", "--kind", "client:request:refused")
    (line,) = acrux("audit", "export", "--kind", "client:request:refused").splitlines()
    assert json.loads(line)["times"] == 3
    text = acrux("audit", "export", "--kind", "client:request:refused", "--format", "csv")
    (row,) = csv.DictReader(io.StringIO(text))
    assert row["times"] == "3"
    assert "3 times, the last at" in auditor(site).get(PAGE, kind="client:request:refused").text


def test_two_counted_events_of_one_transaction_are_written_in_one_order(site: Site) -> None:
    """Or two transactions that record them the other way round would wait for each other."""
    barrier = threading.Barrier(2)

    def both(kinds: tuple[Event, ...]) -> None:
        for _ in range(20):
            barrier.wait(30)
            with site.work() as work:
                for kind in kinds:
                    audit.record(work, kind, Outcome.REFUSED, reason="alike")

    kinds = (Event.LINK_REFUSED, Event.REQUEST_REFUSED, Event.TOKEN_REFUSED)
    at_once([partial(both, kinds), partial(both, kinds[::-1])])
    assert [site.times(kind=kind.value) for kind in kinds] == [40, 40, 40]


def test_only_refusals_are_counted_and_what_changes_something_is_an_event_each() -> None:
    changing = ("added", "changed", "removed", "issued", "finished", "deleted", "ended", "proved")
    assert not [e for e in ANYBODYS | NAMELESS if e.value.endswith(changing)]
    assert Event.FACTOR_PROVED not in ANYBODYS | NAMELESS
