"""Mails ahead of a date while things break: never twice, never lost, and known when refused."""

import threading
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise, product
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from idp import clock
from idp.cli.running.worker import Worker
from idp.messages import Post
from idp.rollout.errors import StageError
from idp.store import people
from idp.store.db import Work
from idp.store.messages import outbox
from idp.store.people import contacts
from idp.store.rollout import notices, rounds
from tests.protocol.rollout.mails.ahead import DAY, change, in_days, look, mails, planned, states
from tests.support.site import Site
from tests.support.stand_ins.smtp import FakeMailServer

MANY = 5
QUEUEING: list[tuple[Any, str, int]] = [
    (rounds, "claim_turn", 1),
    (rounds, "begin", 1),
    (notices, "claim", 3),
    (Post, "enqueue_text", 3),
    (notices, "attach", 3),
    (rounds, "move", 1),
    (rounds, "wait", 1),
    (Work, "commit", 2),
]
"""What a worker does to queue a batch, in order, and the how manieth time it ends there."""
SENDING: list[tuple[Any, str, int]] = [
    (outbox, "lease", 1),
    (outbox, "mark_sent", 1),
    (notices, "settle", 1),
]


class Killed(BaseException):
    """The process is gone: nothing of it goes on, and nothing handles this."""


def crowd(site: Site, count: int = MANY) -> list[str]:
    names = [f"person{number}" for number in range(count)]
    for name in names:
        site.person(name, password=None)
    return names


def queued(site: Site) -> list[str]:
    """Return the ids of the messages of the mails."""
    with site.work() as work:
        return [row[0] for row in work.select(sa.text("SELECT outbox_id FROM rollout_notice"))]


def each_once(names: list[str], kind: str = "stage-announced") -> dict[tuple[str, str], int]:
    return dict.fromkeys(((name, kind) for name in names), 1)


def dying(call: Callable[..., Any], at: int, after: bool) -> Callable[..., Any]:
    """Return `call` of a process that ends at its `at`th time, before it is done or after."""
    times = [0]

    def called(*words: Any, **values: Any) -> Any:
        times[0] += 1
        this = times[0]
        if this == at and not after:
            raise Killed
        answer = call(*words, **values)
        if this == at:
            raise Killed
        return answer

    return called


@pytest.mark.slow
def test_a_worker_that_ends_while_it_queues_leaves_no_one_out_and_mails_no_one_twice(
    site: Site,
) -> None:
    for (place, step, times), after in product(QUEUEING, (False, True)):
        site.begin_anew()
        names = crowd(site)
        planned(site)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(place, step, dying(getattr(place, step), times, after))
            with pytest.raises(Killed):
                site.installation.notices.step()
        for _ in range(2):
            look(site)
        assert mails(site) == each_once(names), (step, after)
        assert states(site) == {("announced", "sent"): MANY}, (step, after)


@pytest.mark.slow
def test_a_sender_that_ends_loses_no_mail(site: Site) -> None:
    """What was handed over and not noted may come again, with the same Message-ID."""
    for (place, step, times), after in product(SENDING, (False, True)):
        site.begin_anew()
        _, names = half_way(site)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(place, step, dying(getattr(place, step), times, after))
            with pytest.raises(Killed):
                site.installation.post.deliver(queued(site)[0])
        site.advance(60)
        look(site)
        found = mails(site)
        assert found.keys() == each_once(names).keys(), (step, after)
        assert sum(found.values()) <= MANY + (step != "lease"), (step, after)
        assert states(site) == {("announced", "sent"): MANY}, (step, after)


def test_two_workers_at_once_mail_everyone_once(site: Site) -> None:
    names = crowd(site, 23)
    planned(site)
    together = threading.Barrier(3)
    failed: list[BaseException] = []

    def work() -> None:
        together.wait()
        try:
            for _ in range(6):
                Worker(site.installation).tell_ahead()
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    for _ in range(4):
        site.advance(5)
        look(site)
    assert mails(site) == each_once(names)
    assert states(site) == {("announced", "sent"): 23}


@pytest.mark.slow
def test_mails_keep_the_pace(tmp_path: Path) -> None:
    site = Site(tmp_path, f"sqlite:///{tmp_path / 'acrux.db'}", mail__per_minute=60)
    names = crowd(site, 40)
    planned(site)
    counts = []
    for _ in range(20):
        look(site)
        counts.append(sum(mails(site).values()))
        site.advance(2)
    steps = [later - earlier for earlier, later in pairwise(counts)]
    assert max(steps) <= 5, "five seconds' worth at once"
    assert 30 <= counts[-1] <= 40, "one a second, in 40 seconds"
    for _ in range(10):
        site.advance(5)
        look(site)
    assert mails(site) == each_once(names)
    site.close()


# -- refused, unconfirmed, nowhere to go


def test_a_refused_address_is_kept_with_the_words_of_the_server(
    mailing: Site, server: FakeMailServer
) -> None:
    mailing.person("aroha")
    mailing.person("bella")
    server.refuse = {"bella@example.org": "550 5.1.1 <bella@example.org> No such user"}
    planned(mailing)
    look(mailing)
    assert [mail.recipients for mail in server.mails] == [("aroha@example.org",)]
    assert '<a href="http' in server.mails[0].html
    assert "Set it up now</a>" in server.mails[0].html
    assert states(mailing) == {("announced", "sent"): 1, ("announced", "refused"): 1}
    with mailing.work() as work:
        rows = work.select(sa.text("SELECT words FROM rollout_notice WHERE state = 'refused'"))
    assert rows[0][0] == "SMTP: recipient refused, 550: 5.1.1 <…> No such user"


def test_a_server_that_is_away_is_waited_for(mailing: Site, server: FakeMailServer) -> None:
    mailing.person("aroha")
    server.refuse_with = "451 4.3.0 Later"
    planned(mailing)
    look(mailing)
    assert states(mailing) == {("announced", "queued"): 1}
    server.refuse_with = ""
    mailing.advance(60)
    look(mailing)
    assert states(mailing) == {("announced", "sent"): 1}
    assert len(server.mails) == 1


def test_an_address_that_was_never_confirmed_is_not_written_to_until_it_is(site: Site) -> None:
    person = site.person("aroha", verified=False)
    planned(site)
    look(site)
    assert states(site) == {("announced", "unconfirmed"): 1}
    with site.work() as work:
        contacts.mark_email_verified(work, person, "aroha@example.org")
    site.advance(3600)
    look(site)
    assert mails(site) == {("aroha", "stage-announced"): 1}
    assert states(site) == {("announced", "sent"): 1}


# -- a plan that changes half-way


def half_way(site: Site) -> tuple[str, list[str]]:
    """Queue mails that no sender takes, and return the stage and who they are to."""
    names = crowd(site)
    stage_id = planned(site)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(site.installation.post, "deliver", lambda _: None)
        site.installation.notices.step()
        assert site.installation.post.settle(30)
    assert states(site) == {("announced", "queued"): MANY}
    return stage_id, names


def test_a_stopped_plan_sends_nothing_more_and_a_resumed_one_the_rest(site: Site) -> None:
    stage_id, names = half_way(site)
    ids = queued(site)
    for outbox_id in ids[:2]:
        site.installation.post.deliver(outbox_id)
    stages = site.installation.stages
    with site.work() as work:
        stages.stop(work, stages.find(work, stage_id))
    look(site)
    assert sum(mails(site).values()) == 2
    assert states(site) == {("announced", "sent"): 2}
    with site.work() as work:
        stages.resume(work, stages.find(work, stage_id))
    look(site)
    assert mails(site) == each_once(names)


def test_a_mail_that_is_being_sent_when_its_stage_stops_is_neither_lost_nor_doubled(
    site: Site,
) -> None:
    stage_id, names = half_way(site)
    ids = queued(site)
    with site.work() as work:
        row = outbox.lease(work, ids[0], 30)
        assert row
    stages = site.installation.stages
    with site.work() as work:
        stages.stop(work, stages.find(work, stage_id))
    assert states(site) == {("announced", "queued"): 1}
    site.advance(31)
    look(site)
    assert sum(mails(site).values()) == 0, "its sender ended, and nothing is sent any more"
    assert states(site) == {}
    with site.work() as work:
        stages.resume(work, stages.find(work, stage_id))
    look(site)
    assert mails(site) == each_once(names)


def test_a_later_date_is_told_instead_of_the_old_one(site: Site) -> None:
    stage_id, names = half_way(site)
    change(site, stage_id, enforce_at=clock.now() + in_days(60))
    look(site)
    assert mails(site) == each_once(names)
    assert "has changed" not in site.messages("mail")[0]["body"], "nobody read the first"
    change(site, stage_id, enforce_at=clock.now() + in_days(90))
    look(site)
    assert sum(mails(site).values()) == 2 * MANY
    assert "The date has changed." in site.messages("mail")[-1]["body"]


def test_an_earlier_date_than_people_were_told_wants_a_yes_and_is_told_at_once(site: Site) -> None:
    site.person("aroha")
    stage_id = planned(site, 30, announce_at=0)
    stages = site.installation.stages
    look(site)
    with site.work() as work:
        found = stages.find(work, stage_id)
        earlier = replace(found, enforce_at=clock.now() + in_days(1))
        with pytest.raises(StageError, match=r"1 person was mailed .* UTC: confirm"):
            stages.change(work, earlier)
    look(site)
    assert sum(mails(site).values()) == 1
    change(site, stage_id, enforce_at=clock.now() + in_days(1))
    look(site)
    assert mails(site) == {("aroha", "stage-announced"): 1, ("aroha", "stage-tomorrow"): 1}
    assert "The date has changed." in site.messages("mail")[-1]["body"]


def test_a_mail_to_an_address_that_was_left_goes_to_the_new_one(site: Site) -> None:
    half_way(site)
    with site.work() as work:
        site.installation.post.withdraw(work, "mail", "person0@example.org")
    worker = Worker(site.installation)
    worker.clean()
    site.advance(3600)
    look(site)
    assert mails(site) == each_once([f"person{number}" for number in range(MANY)])


def test_it_leaves_with_the_person(site: Site) -> None:
    person = site.person("aroha")
    planned(site)
    look(site)
    with site.work() as work:
        people.delete(work, person)
    assert states(site) == {}
    site.advance(DAY)
    look(site)


def test_a_stage_that_is_stopped_while_a_worker_looks_at_it_is_not_mailed(site: Site) -> None:
    crowd(site)
    stage_id = planned(site)
    ahead, stages = site.installation.notices, site.installation.stages
    with site.work() as work:
        seen = ahead._next(work)
        stages.stop(work, stages.find(work, stage_id))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ahead, "_next", lambda _: seen)
        ahead.step()
    look(site)
    assert mails(site) == {}
    assert states(site) == {}
