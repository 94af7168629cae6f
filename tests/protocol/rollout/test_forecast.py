"""What a forecast says of everyone is what happens to everyone when the stage is enforced."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from idp import clock
from idp.policy.readiness import State
from idp.rollout.forecast import Outlook
from idp.store.rollout import stages
from tests.protocol.rollout.arriving import Arrival
from tests.protocol.rollout.population import SMALL, Drawn, draw, settle
from tests.support.site import MFA, MFA_APP, Site

DAY = 86400
UNBOUNDED = {
    "sms__per_source": 10**6,
    "sms__per_prefix": 10**6,
    "sms__per_installation": 10**6,
    "sms__per_day": 10**6,
    "throttle__source_limit": 10**6,
    "sms__countries": '["NZ"]',
}
"""All of them come from one address, in one hour."""
INSTALLATIONS: dict[str, dict[str, Any]] = {
    "as it comes": {"stage": {"level": MFA, "grace": 2}},
    "without text messages": {
        "sms__backend": "off",
        "stage": {"level": MFA_APP, "excluded": ("group:south",)},
    },
    "the number proves": {
        "enrolment__proof": "sms",
        "enrolment__unconfirmed": "code",
        "stage": {"level": MFA, "audience": "group:north", "grace": 1, "grace_privileged": 3},
    },
    "without passkeys, codes from the address on file": {
        "passkeys__enabled": "false",
        "enrolment__unconfirmed": "code",
        "stage": {"level": MFA_APP, "audience": "*"},
    },
}


def people_of(site: Site, stage: dict[str, Any], count: int, seed: int) -> tuple[str, list[Drawn]]:
    """Add a stage a month ahead, and people."""
    stage = {"audience": "staff", **stage}
    stage_id = site.stage(stage.pop("audience"), stage.pop("level"), 30 * DAY, **stage)
    at = clock.now() + 30 * DAY
    return stage_id, [settle(site, one, stage=stage_id, at=at) for one in draw(count, seed)]


def foretold(site: Site, stage_id: str) -> dict[str, Outlook]:
    forecast = site.installation.forecast
    with site.work() as work:
        stage = stages.by_id(work, stage_id)
        assert stage
        question = forecast.question(work, stage)
        return {one.person.id: one for one in forecast.everyone(work, question)}


@pytest.mark.parametrize("installation", INSTALLATIONS)
def test_everyone_fares_as_was_foretold_once_the_stage_is_enforced(
    tmp_path: Path, database_url: str, installation: str
) -> None:
    settings = dict(INSTALLATIONS[installation])
    stage = settings.pop("stage")
    site = Site(tmp_path, database_url, **UNBOUNDED, **SMALL, **settings)
    app = site.application()
    stage_id, everyone = people_of(site, stage, 75, sum(map(ord, installation)))
    predicted = foretold(site, stage_id)
    site.advance(30 * DAY + 60)
    wrong, seen = [], Counter[State]()
    for who in everyone:
        if who.sub not in predicted:
            continue
        foreseen, came = predicted[who.sub].readiness, Arrival(site, app, who).come()
        seen[came.state] += 1
        alike = (foreseen.state, foreseen.method) == (came.state, came.method or "password")
        if came.state is not State.READY:
            named = tuple(reason.value for reason in foreseen.obstacles)
            alike = foreseen.state == came.state and came.obstacles in ((), named)
        if not alike:
            wrong.append((foreseen, came, who))
    assert not wrong, "\n".join(map(str, wrong[:6]))
    assert len(seen) == len(State), "nobody of a kind was drawn"
    site.close()
