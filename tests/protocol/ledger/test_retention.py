"""Events go when the time of their class is over; the ledger tells that from other deletions."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from idp import audit
from idp.audit import Event, Outcome
from idp.audit.retention import Retention
from idp.cli.running.worker import Worker
from idp.errors import ConfigurationError
from idp.ledger import checking
from idp.ledger.checking import Checked
from idp.ledger.events import PRUNED, Events
from idp.ledger.keys import LedgerError
from idp.store.db.connections import Engine
from idp.store.db.statements import Statement
from idp.store.service import pruning, streams
from tests.protocol.ledger.auditing import seal, sql
from tests.support.site import Site

DAY = 86400
_ALIKE = Statement("SELECT count(*) FROM event_count WHERE times > 1")
RECEIVER = "https://siem.example"
Make = Callable[..., Site]


@pytest.fixture
def make(tmp_path: Path, database_url: str) -> Iterator[Make]:
    """Make an installation with `sign_ins` and `administration` days."""
    sites: list[Site] = []

    def made(**settings: object) -> Site:
        sites.append(Site(tmp_path, database_url, **settings))
        return sites[0]

    yield made
    for site in sites:
        site.close()


def check(site: Site) -> Checked:
    return checking.check(site.installation.engine, site.installation.keyring)


def delete(site: Site) -> int:
    return Retention(site.installation.settings, site.installation.engine).carry_out()


def happen(site: Site, event: Event, count: int = 1) -> None:
    for number in range(count):
        with site.work() as work:
            audit.record(work, event, reason=str(number))


def kinds(site: Site) -> list[str]:
    with site.work() as work:
        return work.column(Statement("SELECT DISTINCT kind FROM event"))


def test_events_go_when_the_time_of_their_class_is_over_and_not_before(make: Make) -> None:
    site = make(retention__sign_ins=40, retention__administration=90)
    happen(site, Event.CODE_SENT, 3)
    happen(site, Event.CLIENT_ADDED, 2)
    happen(site, Event.AUDIT_EXPORTED)
    seal(site)
    site.advance(40 * DAY)
    assert delete(site) == 0, "the day of the events is not over by so long"
    site.advance(DAY)
    before = len(site.events(kind=Event.CLIENT_ADDED.value))
    assert delete(site) == 3
    [told] = site.events(kind=PRUNED)
    said = json.loads(told.data or "")
    assert (said["kept"], said["count"], said["leaves"]) == ("sign_ins", 3, 0)
    assert Event.CODE_SENT.value not in kinds(site)
    assert len(site.events(kind=Event.CLIENT_ADDED.value)) == before
    assert delete(site) == 0
    site.advance(50 * DAY)
    assert delete(site) > 2
    assert set(kinds(site)) == {PRUNED}


def test_nothing_goes_while_nothing_is_set(make: Make) -> None:
    site = make()
    happen(site, Event.CODE_SENT)
    happen(site, Event.CLIENT_ADDED)
    before = kinds(site)
    site.advance(4000 * DAY)
    Worker(site.installation).clean()
    assert sorted(kinds(site)) == sorted(before)


def test_the_worker_deletes_in_batches_and_counts_go_with_their_events(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pruning, "BATCH", 2)
    site = make(retention__sign_ins=30)
    happen(site, Event.CODE_SENT, 4)
    for _ in range(3):
        with site.work() as work:
            audit.record(work, Event.REQUEST_REFUSED, Outcome.REFUSED, reason="no")
    with site.work() as work:
        assert work.value(_ALIKE) == 1
    happen(site, Event.AUDIT_EXPORTED)
    site.advance(31 * DAY)
    Worker(site.installation).clean()
    told = [json.loads(one.data or "") for one in site.events(kind=PRUNED)]
    assert sorted(one["count"] for one in told) == [1, 2, 2]
    with site.work() as work:
        assert work.value(_ALIKE) == 0


def test_a_receiver_that_is_behind_holds_events_and_one_that_is_not_used_does_not(
    make: Make,
) -> None:
    secret = "whsec_" + "c2VjcmV0IG9mIHRoZSB0ZXN0cywgMzIgYnl0ZXMhISE="
    site = make(retention__sign_ins=30, stream__to=RECEIVER + "/in", stream__secret=secret)
    with site.work() as work:
        streams.begin(work, "https://former.example/in")
        streams.begin(work, RECEIVER + "/in")
    happen(site, Event.CODE_SENT, 3)
    happen(site, Event.AUDIT_EXPORTED)
    site.advance(31 * DAY)
    assert delete(site) == 0
    second = site.events(kind=Event.CODE_SENT.value)[1].id
    sql(
        site,
        "UPDATE stream_receiver SET position = :at WHERE name = :name",
        at=second,
        name=RECEIVER + "/in",
    )
    assert delete(site) == 2
    assert len(site.events(kind=Event.CODE_SENT.value)) == 1


def test_the_last_sign_in_of_a_person_stays_so_that_a_new_browser_is_told_of(make: Make) -> None:
    site = make(retention__sign_ins=30)
    person = site.person("tane")
    for who in (person, person, "gone"):
        with site.work() as work:
            audit.record(work, Event.SIGN_IN_FINISHED, person=who)
    happen(site, Event.AUDIT_EXPORTED)
    last = site.events(kind=Event.SIGN_IN_FINISHED.value, person=person)[0].id
    site.advance(31 * DAY)
    assert delete(site) == 2
    assert [one.id for one in site.events(kind=Event.SIGN_IN_FINISHED.value)] == [last]


def test_the_ledger_verifies_after_retention_before_and_after_the_seal(make: Make) -> None:
    site = pruned_site(make)
    check(site)
    seal(site)
    check(site)
    happen(site, Event.CLIENT_ADDED)
    site.advance(31 * DAY)
    delete(site)
    seal(site)
    check(site)


def pruned_site(make: Make) -> Site:
    """Return an installation that has deleted events of a month ago, and none of yesterday."""
    site = make(retention__administration=30)
    happen(site, Event.CLIENT_ADDED, 3)
    seal(site)
    site.advance(30 * DAY)
    happen(site, Event.CLIENT_CHANGED, 2)
    seal(site)
    site.advance(DAY)
    assert delete(site) > 3
    return site


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            "DELETE FROM event WHERE id = (SELECT max(id) FROM event WHERE kind = :changed)",
            r"the event of row \d+ \(operator:client:changed.*is gone",
        ),
        ("DELETE FROM event WHERE kind = :pruned", r"installation:events:pruned.*is gone"),
        (
            "UPDATE event SET data = replace(data, '\"leaves\": ', '\"leaves\": 9')"
            " WHERE kind = :pruned",
            r"installation:events:pruned.*was changed, or made from outside",
        ),
    ],
    ids=["another", "the excuse", "a greater excuse"],
)
def test_a_deletion_by_anyone_else_is_named_all_the_same(
    make: Make, change: str, said: str
) -> None:
    site = pruned_site(make)
    seal(site)
    values = {"changed": Event.CLIENT_CHANGED.value, "pruned": PRUNED}
    sql(site, change, **{name: value for name, value in values.items() if f":{name}" in change})
    with pytest.raises(LedgerError, match=said):
        check(site)


def test_an_excuse_that_was_written_into_the_table_is_none(make: Make) -> None:
    site = make()
    happen(site, Event.CLIENT_ADDED, 3)
    seal(site)
    sql(site, "DELETE FROM event WHERE kind = :kind", kind=Event.CLIENT_ADDED.value)
    data = json.dumps({"kept": "administration", "count": 3, "leaves": 3, "until": 2**40})
    sql(
        site,
        "INSERT INTO event (at, kind, outcome, data, salt) VALUES (0, :kind, 'done', :data, 'x')",
        kind=PRUNED,
        data=data,
    )
    with pytest.raises(LedgerError, match=r"made from outside.*operator:client:added.*is gone"):
        check(site)


def test_who_deletes_before_retention_does_is_found_by_the_number(make: Make) -> None:
    site = make(retention__administration=30)
    happen(site, Event.CLIENT_ADDED, 3)
    happen(site, Event.CODE_SENT)
    seal(site)
    sql(
        site,
        "DELETE FROM event WHERE id = (SELECT max(id) FROM event WHERE kind = :kind)",
        kind=Event.CLIENT_ADDED.value,
    )
    site.advance(31 * DAY)
    gone = delete(site)
    with pytest.raises(LedgerError, match=f"{gone + 1} are gone, and retention deleted {gone} onl"):
        check(site)


def test_what_is_sealed_while_the_ledger_is_checked_is_no_event_from_outside(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = make()
    happen(site, Event.CLIENT_ADDED)
    seal(site)
    happen(site, Event.CLIENT_CHANGED)

    def read(engine: Engine) -> Events:
        found = Events(engine)
        seal(site)
        return found

    monkeypatch.setattr(checking, "Events", read)
    check(site)


def test_a_time_that_can_only_be_a_slip_is_refused(make: Make) -> None:
    with pytest.raises(
        ConfigurationError, match=r"retention.sign_ins must be 0 .*at least 30 days"
    ):
        make(retention__sign_ins=3)
