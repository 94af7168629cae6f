"""Numbers of a stage, counted over people who are alike: the same as one by one."""

import random
from collections import Counter

import pytest

from idp import clock
from idp.policy import reach, rollout
from idp.policy.rollout import Stage, Strength
from idp.rollout import population
from idp.rollout.population import Population
from idp.signin.facts import member
from idp.store import people
from idp.store.db import Work
from idp.store.rollout import cohorts, exceptions, stages
from tests.support.recovery import give_codes
from tests.support.site import MFA, MFA_APP, ONE, Site

DAY = 86400
TYPES = ("clinician", "manager", "locum")
GROUPS = ("north", "south", "night")


def crowd(site: Site, count: int) -> list[str]:
    """Add people of every kind; the third of each kind is switched off."""
    chance = random.Random(7)
    found = []
    for number in range(count):
        sub = site.person(
            f"person{number}",
            password=None,
            totp=site.secret() if chance.random() < 0.4 else None,
            sms=chance.random() < 0.3,
            user_type=chance.choice(TYPES),
            roles=frozenset({"admin"}) if chance.random() < 0.1 else frozenset(),
            groups=chance.sample(GROUPS, chance.randrange(3)),
        )
        if number % 9 == 3:
            with site.work() as work:
                people.set_disabled(work, sub, True)
        found.append(sub)
    return found


def one_by_one(site: Site, work: Work, stage: Stage, at: int) -> tuple[int, int, Counter[str]]:
    """Return what a stage means, asked of each person as a sign-in would."""
    rules, planned = site.installation.signin.rules, stages.everything(work)
    until: dict[str, dict[str, int]] = {}
    for row in exceptions.holding(work):
        until.setdefault(row.person_id, {})[row.stage_id] = row.until
    count, ready, deciding = 0, 0, Counter[str]()
    for person in people.everyone(work):
        who = member(person, until.get(person.id))
        if person.disabled_at is not None or not rollout.reaches(stage, who):
            continue
        facts = site.installation.signin.facts.of(work, person)
        said = rollout.requirement(planned, who, rules, at)
        count += 1
        ready += reach.reaches(stage.level, facts, facts.enrolled, rules)
        deciding[said.stage or said.due_stage or said.coming_stage or ""] += 1
    return count, ready, deciding


@pytest.mark.slow
def test_counted_together_and_one_by_one_is_the_same(site: Site) -> None:
    subs = crowd(site, 60)
    named = (f"person:{subs[0]}", f"person:{subs[1]}")
    site.stage("clinician", MFA, 10 * DAY)
    site.stage("group:north", MFA_APP, 20 * DAY, excluded=("type:locum", named[1]))
    site.stage(named[0], "phr", 30 * DAY)
    site.stage("*", MFA, None, required=False)
    last = site.stage("*", ONE, 5 * DAY, grace=2, grace_privileged=0)
    with site.work() as work:
        for sub in subs[4:8]:
            exceptions.put(
                work,
                stage_id=last,
                person_id=sub,
                until=clock.now() + 99 * DAY,
                reason="",
                author="",
            )
        population = Population(work, site.installation.signin)
        for stage in population.stages:
            for at in (clock.now(), clock.now() + 15 * DAY, clock.now() + 60 * DAY):
                found = population.figures(stage, at)
                counted = found.people, found.ready, found.deciding
                assert counted == one_by_one(site, work, stage, at), stage
        assert sum(population.types.values()) == sum(n % 9 != 3 for n in range(60))
        assert population.groups.keys() <= set(GROUPS)


def test_a_draft_is_counted_though_nothing_of_it_is_stored(site: Site) -> None:
    sub = site.person("aroha", user_type="clinician")
    site.person("mere", user_type="clinician")
    draft = Stage("draft", ("type:clinician",), MFA, Strength.REQUIRED, 1, (f"person:{sub}",))
    with site.work() as work:
        assert Population(work, site.installation.signin, draft).figures(draft).people == 1


def test_what_stands_in_for_something_lost_makes_no_one_ready(site: Site) -> None:
    site.person("aroha", totp=site.secret())
    site.person("mere")
    for name in ("aroha", "mere"):
        give_codes(site, name)
    stage = Stage("draft", ("*",), MFA)
    with site.work() as work:
        figures = Population(work, site.installation.signin).figures(stage)
    assert (figures.people, figures.ready, figures.missing) == (2, 1, 1)


def test_a_crowd_is_counted_once_a_minute_and_its_stages_at_once(
    small_site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = small_site
    stage = Stage("x", ("*",), MFA)

    def people(planned: Stage = stage) -> int:
        with site.work() as work:
            return Population(work, site.installation.signin, planned).figures(planned).people

    site.person("aroha")
    site.person("mere", user_type="clinician")
    assert people() == 2
    monkeypatch.setattr(population, "CROWD", 2)
    assert people() == 2
    site.person("tane")
    assert people() == 2
    assert people(Stage("y", ("type:clinician",), MFA)) == 1
    site.advance(population.KEPT_SECONDS)
    assert people() == 3


def test_no_one_is_a_population_too(site: Site) -> None:
    with site.work() as work:
        figures = Population(work, site.installation.signin).figures(Stage("x", ("*",), MFA))
        assert (figures.people, figures.missing, cohorts.everyone(work)) == (0, 0, [])
