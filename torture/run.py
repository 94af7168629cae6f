"""One run: a house, the load, faults one after another, and the judgement at the end."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from pathlib import Path
from random import Random

from torture import builds, evidence, journal, rules
from torture.evidence import Evidence
from torture.faults import FAULTS
from torture.house import House, running
from torture.journal import Deed, Journal
from torture.load import Load

CALM = 3.0
"""Seconds of load before a fault, between faults, and after the last."""
BACK = 30.0
"""Seconds within which it must be back without anyone's hands."""
SETTLE = 120.0
"""Seconds within which late messages are to be gone: their next attempts, or their lease."""
ALLOWED = 0.001
"""The share of requests that may fail outside a fault."""


@dataclass(frozen=True)
class Trial:
    """A fault as it is done to one house: `act` returns when it is over, or on its way to be.

    `mend` repairs, once all is served again, what it has left; under load, and no fault any more.
    """

    act: Callable[[], None]
    mend: Callable[[], None] = lambda: None
    from_its_beginning: bool = False
    """Whether the way back is counted from the beginning of `act`, not from its end."""


@dataclass
class Result:
    """What came of a run."""

    database: str
    faults: tuple[str, ...]
    requests: int = 0
    outside: int = 0
    """Requests outside a fault."""
    failed_outside: int = 0
    failed: int = 0
    tokens: int = 0
    attacks: int = 0
    back: float = 0.0
    """Seconds until it served again after the end of a fault: the longest."""
    silence: float = 0.0
    """Seconds between two answers below 500, to whomever: the longest."""
    violations: dict[str, list[str]] = field(default_factory=dict)
    troubles: list[str] = field(default_factory=list)
    """Why the run proves nothing: the torture itself failed."""

    @property
    def error_rate(self) -> float:
        return self.failed_outside / self.outside if self.outside else 0.0

    @property
    def good(self) -> bool:
        return not self.violations and not self.troubles


def run(
    folder: Path,
    database: str,
    faults: Sequence[str],
    *,
    seconds: float,
    seed: int,
    broken: builds.Broken | None = None,
) -> Result:
    """Torture one installation in `folder` with `faults`, in turn, for about so many seconds."""
    folder.chmod(0o755)
    result = Result(database, tuple(faults))
    build = builds.make(folder / "build", broken)
    chance = Random(seed)
    with running(database, folder, build) as house:
        trials = {name: Trial(partial(FAULTS[name].act, house, chance)) for name in faults}
        torment(house, trials, result, seconds=seconds, seed=seed)
    return result


def torment(
    house: House,
    trials: Mapping[str, Trial],
    result: Result,
    *,
    seconds: float,
    seed: int,
    back: float = BACK,
) -> None:
    """Put load on a house and do it one fault after another; judge, into `result`.

    `back` is within how many seconds it must serve again after each.
    """
    book = Journal(house.folder / "journal.jsonl")
    load = Load(house, book, seed, house.folder)
    with load.running():
        _faults(house, book, trials, seconds, back, result)
    result.troubles += load.failures
    _settle(house)
    found = _evidence(house, book)
    book.close()
    result.violations = rules.violations(found)
    _count(result, found.deeds)
    result.violations |= _shortfalls(result, back)


def _shortfalls(result: Result, back: float) -> dict[str, list[str]]:
    """Return what was served too rarely, or too late."""
    found = {}
    if result.error_rate > ALLOWED:
        found["requests_succeed_outside_a_fault"] = [f"{result.error_rate:.2%} did not"]
    if result.back > back:
        found["it_comes_back_by_itself"] = [f"it took {result.back:.1f} s"]
    return found


def _faults(
    house: House,
    book: Journal,
    trials: Mapping[str, Trial],
    seconds: float,
    back: float,
    result: Result,
) -> None:
    end = time.monotonic() + seconds
    time.sleep(CALM)
    while True:
        for name, trial in trials.items():
            book.note("fault", name=name)
            began = time.monotonic()
            try:
                trial.act()
                took = house.server.until_ready(back * 2)
                if trial.from_its_beginning:
                    took = time.monotonic() - began
                result.back = max(result.back, took)
                book.note("over", name=name)
                trial.mend()
            except Exception as error:
                result.troubles.append(f"{name}: {error}")
                return
            time.sleep(CALM)
        if time.monotonic() > end:
            return


def _settle(house: House) -> None:
    """Wait until the server has sent what waits: late messages wait for their next attempt."""
    until = time.monotonic() + SETTLE
    while time.monotonic() < until:
        waiting = evidence.rows(house.site.installation.engine)["outbox"]
        if not any(row["state"] in ("due", "late") for row in waiting):
            return
        time.sleep(1)


def _evidence(house: House, book: Journal) -> Evidence:
    jwks = json.loads(house.door.get("/jwks")[1])
    engine = house.site.installation.engine
    return Evidence(
        deeds=journal.read(book.path),
        tables=evidence.rows(engine),
        jwks=jwks,
        links={person.email: house.reset_links(person.email) for person in house.people},
        texts=len(house.carrier.messages),
        health=evidence.health(engine),
        ledger=evidence.ledger(house.site.installation),
    )


def _count(result: Result, deeds: Sequence[Deed]) -> None:
    troubled = False
    ended = 0.0
    faults = [deed.asked_at for deed in deeds if deed.kind == "fault"]
    good = [d.answered_at or 0.0 for d in deeds if d.kind == "http" and (d.status or 500) < 500]
    result.silence = max((later - at for at, later in pairwise(sorted(good))), default=0.0)
    for deed in deeds:
        if deed.kind in ("fault", "over"):
            troubled, ended = deed.kind == "fault", deed.asked_at
        if deed.kind != "http":
            continue
        failed = deed.status is None or deed.status >= 500
        # Kept open to a process that was killed: whoever uses it next finds that out.
        left = deed.status is None and (deed["opened"] or ended) < ended
        result.requests += 1
        result.failed += failed
        # What is asked just before a fault is answered, or not, within it.
        if not troubled and deed.asked_at > ended + 1 and not left and not _cut(deed, faults):
            result.outside += 1
            result.failed_outside += failed
    result.tokens = sum(deed.done for deed in deeds if deed.kind in ("redeem", "refresh", "own"))
    result.attacks = sum(deed["who"] == "attacker" for deed in deeds)


def _cut(deed: Deed, faults: Sequence[float]) -> bool:
    end = deed.answered_at or deed.asked_at
    return any(deed.asked_at <= at <= end for at in faults)
