"""Whatever the stages say, and whatever people answer: each page takes its answer, and leads on."""

import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from idp import clock
from idp.policy.rollout import EVERYONE, Strength
from idp.policy.steps import Announce, Done, Enrol, EnrolmentProof, Refuse, Step
from tests.protocol.rollout.arriving import Arrival
from tests.protocol.rollout.everyone import UNBOUNDED
from tests.protocol.rollout.population import SMALL, Drawn, draw, settle
from tests.support.site import MFA, MFA_APP, Answer, Application, Site
from tests.support.stand_ins import authenticator

DAY = 86400
MOST = 25
"""Pages of one sign-in, at the most."""


class Wanderer(Arrival):
    """Someone who signs in again and again, for this and that, and answers by chance."""

    def __init__(self, site: Site, app: Application, who: Drawn, chance: random.Random) -> None:
        super().__init__(site, app, who)
        self._chance = chance
        self._browser = site.browser()
        self._soft = authenticator.device(self._browser)
        self._soft.keys.extend(who.keys)

    def visit(self) -> list[Step]:
        """Sign in once: the steps on the way, to the application or to a page that ends it."""
        self._postponed = self._done = False
        self._seen(self._browser.authorize(self._app, **self._request()))
        taken: list[Step] = []
        while len(taken) < MOST and (step := self._step()) is not None:
            taken.append(step)
            if isinstance(step, Refuse) or not self._answer(step):
                break
        return taken

    def _request(self) -> dict[str, Any]:
        essential = [{"claims": self._app.essential(level)} for level in (MFA, MFA_APP)]
        again = [{"prompt": "login"}, {"prompt": "login"}, {"max_age": "0"}]
        return self._chance.choice([{}, {"prompt": "none"}, *again, *essential])

    def _seen(self, answer: Answer) -> None:
        assert answer.status < 500, answer.text
        self._done = answer.location.startswith(self._app.redirect_uri)

    def _answer(self, step: Step) -> bool:
        browser, choose = self._browser, self._chance.choice
        match step:
            case Announce(obstacles=missing, at=at):
                answers = [
                    "later",
                    *([] if missing else ["now"]),
                    *(["week"] if at is None else []),
                ]
                said = choose(answers)
                taken = self._went(step, lambda: browser.submit("/announce", decision=said))
            case Enrol(optional=True) if choose([True, False]):
                later = f"{self._base}/enrol/later"
                taken = self._went(step, lambda: browser._follow(browser.post(later)))
            case Done(others=others):
                said = choose(["later", *(["another"] if others else [])])
                taken = self._went(step, lambda: browser.submit("/done", decision=said))
            case _:
                return super()._answer(step)
        assert taken, f"{step} comes back after it was answered"
        return True


def plan(site: Site, chance: random.Random) -> str:
    """Add stages that overlap, two of them within their grace; return the last one."""
    stage = site.stage("staff", MFA, -DAY, grace=2)
    site.stage(EVERYONE, MFA_APP, -60, grace=3)
    for _ in range(chance.randint(0, 3)):
        required = chance.random() < 0.8
        stage = site.stage(
            chance.choice(["staff", "guest", EVERYONE, EVERYONE]),
            chance.choice([MFA, MFA, MFA_APP, "phr"]),
            chance.choice([-DAY, -60, DAY, 9 * DAY]) if required else None,
            strength=Strength.REQUIRED if required else Strength.RECOMMENDED,
            grace=chance.choice([0, 1, 2, 3]),
            grace_privileged=chance.choice([0, 1]),
            proof=chance.choice([None, *EnrolmentProof]),
        )
    return stage


def beginners(count: int, seed: int) -> list[Drawn]:
    """Return people who come in by their password, and have nothing else set up."""
    some = (
        replace(one, put_off=0, codes="none")
        for one in draw(count * 20, seed)
        if one.password and not (one.disabled or one.shut or one.password_due)
    )
    return [one for one in some if not (one.app or one.texts or one.passkey)][:count]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_no_page_comes_back_once_it_was_answered(
    tmp_path: Path, database_url: str, seed: int
) -> None:
    chance = random.Random(seed)
    site = Site(tmp_path, database_url, **UNBOUNDED, **SMALL)
    app, stage = site.application(), plan(site, chance)
    for drawn in beginners(5, seed):
        who = Wanderer(site, app, settle(site, drawn, stage=stage, at=clock.now() + DAY), chance)
        for _ in range(4):
            steps = who.visit()
            assert len(steps) < MOST, steps
            told = [step for step in steps if isinstance(step, Announce)]
            assert len(told) <= 2, told
            site.advance(chance.choice([60, 60, DAY]))
    site.close()
