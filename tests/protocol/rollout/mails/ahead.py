"""Mails ahead of a date as the tests see them: a worker's looks, and what came of each mail."""

from collections import Counter
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from idp import clock
from idp.cli.running.worker import Worker
from idp.store.rollout import stages
from tests.support.site import MFA, Site

DAY = 86400


def in_days(days: float) -> int:
    """Return how many seconds from now the day `days` from today begins, in UTC."""
    today = clock.now() // DAY * DAY
    return int(today + days * DAY - clock.now())


def planned(site: Site, days: float = 30, audience: str = "*", **more: Any) -> str:
    """Add a stage that is announced already and is enforced in so many days."""
    more.setdefault("announce_at", clock.now() - 1)
    return site.stage(audience, MFA, in_days(days), **more)


def look(site: Site) -> None:
    """Do what a worker does at one look, and see the mails arrive."""
    worker = Worker(site.installation)
    worker.tell_ahead()
    worker.deliver()
    assert site.installation.post.settle(30)


def mails(site: Site) -> Counter[tuple[str, str]]:
    """Return how often each kind was mailed to each address."""
    return Counter(
        (m["to"].partition("@")[0], m["kind"])
        for m in site.messages("mail")
        if m["kind"].startswith("stage-")
    )


def states(site: Site) -> Counter[tuple[str, str]]:
    """Return how many mails of each kind are in each state."""
    with site.work() as work:
        rows = work.select(sa.text("SELECT kind, state FROM rollout_notice"))
    return Counter((kind, state) for kind, state in rows)


def change(site: Site, stage_id: str, **values: Any) -> None:
    """Change a stage as the command does."""
    with site.work() as work:
        found = stages.by_id(work, stage_id)
        assert found
        site.installation.stages.change(work, replace(found, **values), told_again=True)
