"""Forecast against reality: a population is drawn, foretold, and signed in one by one.

As a program it takes how many people, on SQLite or at the address of an empty PostgreSQL database:

    python -m tests.protocol.rollout.everyone 10000
    python -m tests.protocol.rollout.everyone 10000 postgresql+psycopg://user@host/name

and prints the times, how many fared how, and everyone who fared otherwise than was foretold.
"""

import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from idp import clock
from idp.policy.readiness import Readiness, State
from idp.policy.steps import EnrolmentProof
from idp.rollout.forecast import Outlook
from idp.store.rollout import stages
from tests.protocol.rollout.arriving import Arrival, Came
from tests.protocol.rollout.population import SMALL, Drawn, draw, draw_stages, settle
from tests.support.site import MFA, MFA_APP, Site

DAY = 86400
UNBOUNDED = {
    "sms__per_source": 10**6,
    "sms__per_prefix": 10**6,
    "sms__per_installation": 10**6,
    "sms__per_day": 10**6,
    "throttle__source_limit": 10**6,
    # Else each page reads all exceptions, of everyone.
    "oidc__cache": 5,
    "sms__countries": "NZ",
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
    "many stages, each with a proof of its own": {
        "stage": {"level": MFA, "audience": "*", "proof": EnrolmentProof.NONE},
        "others": 5,
    },
    "the number proves, but for those of whom a stage says otherwise": {
        "enrolment__proof": "sms",
        "stage": {"level": MFA, "audience": "*", "grace": 1},
        "others": 3,
    },
    "without passkeys, codes from the address on file": {
        "passkeys__enabled": "false",
        "enrolment__unconfirmed": "code",
        "stage": {"level": MFA_APP, "audience": "*"},
    },
}


@dataclass
class Outcome:
    """What came of a population."""

    seen: Counter[State] = field(default_factory=Counter)
    wrong: list[tuple[Readiness, Came, Drawn]] = field(default_factory=list)
    foretelling: float = 0.0
    """Seconds for the forecast of all."""
    signing_in: float = 0.0


def compare(folder: Path, database_url: str, installation: str, count: int, seed: int) -> Outcome:
    """Draw, foretell and sign in `count` people."""
    settings = dict(INSTALLATIONS[installation])
    stage, others = settings.pop("stage"), settings.pop("others", 0)
    site = Site(folder, database_url, **UNBOUNDED, **SMALL, **settings)
    app, outcome = site.application(), Outcome()
    for other in draw_stages(others, seed):
        site.stage(other.pop("audience"), other.pop("level"), other.pop("at"), **other)
    stage_id, everyone = _people(site, stage, count, seed)
    begun = time.monotonic()
    predicted = _foretold(site, stage_id)
    outcome.foretelling = time.monotonic() - begun
    site.advance(30 * DAY + 60)
    begun = time.monotonic()
    for who in everyone:
        if who.sub not in predicted:
            continue
        foreseen, came = predicted[who.sub].readiness, Arrival(site, app, who).come()
        # Each arrival reads what was delivered.
        site.forget_messages()
        outcome.seen[came.state] += 1
        if not _alike(foreseen, came):
            outcome.wrong.append((foreseen, came, who))
    outcome.signing_in = time.monotonic() - begun
    site.close()
    return outcome


def _people(site: Site, stage: dict[str, Any], count: int, seed: int) -> tuple[str, list[Drawn]]:
    """Add a stage a month ahead, and people."""
    stage = {"audience": "staff", **stage}
    stage_id = site.stage(stage.pop("audience"), stage.pop("level"), 30 * DAY, **stage)
    at = clock.now() + 30 * DAY
    return stage_id, [settle(site, one, stage=stage_id, at=at) for one in draw(count, seed)]


def _foretold(site: Site, stage_id: str) -> dict[str, Outlook]:
    forecast = site.installation.forecast
    with site.work() as work:
        stage = stages.by_id(work, stage_id)
        assert stage
        question = forecast.question(work, stage)
        return {one.person.id: one for one in forecast.everyone(work, question)}


def _alike(foreseen: Readiness, came: Came) -> bool:
    """Return True if it is the same end, by the same way or for the same reason."""
    if came.state is State.READY:
        said = came.state, came.method or "password"
        return (foreseen.state, foreseen.method) == said
    named = tuple(reason.value for reason in foreseen.obstacles)
    # A page that takes no answer names no reason.
    return foreseen.state == came.state and came.obstacles in ((), named)


def main(count: int, database_url: str) -> None:
    """Compare, and print what came of it."""
    with tempfile.TemporaryDirectory() as folder:
        url = database_url or f"sqlite:///{folder}/acrux.db"
        found = compare(Path(folder), url, "as it comes", count, seed=1)
    told = ", ".join(f"{number} {state.value}" for state, number in found.seen.items())
    print(f"{count} people, {sum(found.seen.values())} reached: {told}")
    print(f"foretold in {found.foretelling:.1f} s, signed in in {found.signing_in:.0f} s")
    print(f"{len(found.wrong)} fared otherwise")
    for one in found.wrong:
        print(*one)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "")
