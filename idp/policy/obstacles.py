"""What keeps one person from a level: the reasons that pages, support and a forecast name alike.

Pure, as all of the policy. A reason is about the person or about what the installation offers; what
mends it is said by whoever names it. Asked of a sign-in under way (`in_the_way`), or of a person
who is in none (`of_person`).
"""

from collections.abc import Iterable

from idp.policy.case import Case
from idp.policy.steps import EnrolmentProof, Obstacle
from idp.policy.types import Ability, Ask, Know, Level, Number, Person, Rules, Trait


def of_person(person: Person, rules: Rules, level: str) -> tuple[Obstacle, ...]:
    """Return what keeps `person` from the level of this name, in no sign-in; () for nothing.

    A level that means nothing here can be reached by no one.
    """
    case = Case(Ask(), Know(person=person), rules, 0)
    target = tuple(case.levels([level]))
    if person.disabled:
        return (Obstacle.DISABLED,)
    if not case.abilities(person.enrolled):
        return (Obstacle.NOTHING_TO_BEGIN,)
    if case.reachable(target, person.enrolled - person.shut):
        return ()
    if case.reachable(target, person.enrolled):
        return (Obstacle.FACTOR_SHUT,)
    open_to = case.abilities(person.enrollable)
    if any(_leads(case, target, ability) for ability in open_to):
        return ()
    return in_the_way(case, target)


def in_the_way(case: Case, target: Iterable[Level]) -> tuple[Obstacle, ...]:
    """Return why nothing leads on to `target` in this sign-in: one reason at least, first first."""
    target = tuple(target)
    if not case.ask.accepts_bootstrap and _way_on(case.of_person, target):
        return (Obstacle.NOT_YET,)
    found: list[Obstacle] = []
    had = case.person.enrolled | case.person.withdrawn
    if case.person.withdrawn and case.of_person.reachable(target, had):
        found.append(Obstacle.WAYS_OFF)
    could = [ability for ability in _offered(case) if _leads(case.of_person, target, ability)]
    open_to = [ability for ability in could if _open(case, ability)]
    if could and not open_to:
        found.append(_number(case) or Obstacle.NO_WAY)
    if open_to and case.confirms and not case.person.confirmable:
        found.append(_unconfirmed(case))
    return tuple(found) or (Obstacle.NO_WAY,)


def of_demand(case: Case) -> tuple[Obstacle, ...]:
    """Return what keeps the person from the values of an essential request.

    () where no one could ever reach one of them.
    """
    for _, level in case.candidates:
        target = (level, *case.floors)
        if for_anyone(case, target):
            return in_the_way(case, target)
    return ()


def for_anyone(case: Case, target: Iterable[Level]) -> bool:
    """Return True if somebody could reach `target` here, with all that the installation offers."""
    everything = frozenset(ability.method for ability in case.rules.abilities) - case.rules.off
    return case.of_person.reachable(tuple(target), everything)


def _way_on(case: Case, target: tuple[Level, ...]) -> bool:
    """Return True if the target would be reached with what can be set up now."""
    return case.reachable(target, case.person.enrolled | case.person.enrollable)


def _leads(case: Case, target: tuple[Level, ...], ability: Ability) -> bool:
    return case.reachable(target, case.person.enrolled | {ability.method})


def _offered(case: Case) -> tuple[Ability, ...]:
    """Return what the installation lets people set up, and this person has not."""
    away = case.person.enrolled | case.rules.off
    return tuple(
        ability
        for ability in case.rules.abilities
        if ability.method not in away and not ability.remembered and not _spare(ability)
    )


def _spare(ability: Ability) -> bool:
    return Trait.RECOVERY in ability.traits


def _open(case: Case, ability: Ability) -> bool:
    """Return True unless it goes over a telephone that this person does not have."""
    return Trait.TELEPHONE not in ability.traits or case.person.number is Number.REACHED


def _number(case: Case) -> Obstacle | None:
    without = {
        Number.NONE: Obstacle.NO_NUMBER,
        Number.UNREACHED: Obstacle.NUMBER_GETS_NO_MESSAGES,
    }
    return without.get(case.person.number)


def _unconfirmed(case: Case) -> Obstacle:
    """Return what is wrong with where the code goes that comes before a first second step."""
    if case.person.requirement.proof is not EnrolmentProof.SMS:
        return Obstacle.UNCONFIRMED_ADDRESS
    return _number(case) or Obstacle.UNCONFIRMED_NUMBER
