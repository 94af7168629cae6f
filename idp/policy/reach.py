"""What a person could reach, or would be asked, with what is set up: questions beside any sign-in.

Owns the answers that pages, commands and the helpdesk need before they change what a person has.
It asks as a sign-in would, with every proof imagined, and never names a step (`decide`).
"""

from collections.abc import Iterable
from dataclasses import replace

from idp.policy import assurance
from idp.policy.case import Case, imagined
from idp.policy.types import Ability, Ask, Know, Level, Person, Requirement, Rules


def strongest(person: Person, rules: Rules) -> str | None:
    """Return the strongest level that a person can reach with what is enrolled."""
    case = Case(Ask(), Know(person=person), rules, 0)
    reached = (lv.name for lv in reversed(rules.levels) if case.reachable((lv,), person.enrolled))
    return next(reached, None)


def reaches(name: str, person: Person, methods: frozenset[str], rules: Rules) -> bool:
    """Return True if a person could reach a level with these methods alone."""
    case = Case(Ask(), Know(person=person), rules, 0)
    return case.reachable(tuple(case.levels([name])), methods)


def keeps_floors(person: Person, rules: Rules) -> bool:
    """Return True if a person so equipped can reach what is demanded whatever is asked."""
    case = Case(Ask(), Know(person=person), rules, 0)
    demanded = tuple(case.levels((rules.floor, person.requirement.level)))
    return case.reachable(demanded, person.enrolled)


def ready_for(level: str, person: Person, rules: Rules) -> bool:
    """Return True if a person so equipped can reach what a stage that asks for `level` demands."""
    return keeps_floors(replace(person, requirement=Requirement(level=level)), rules)


def may_move_contact(person: Person, rules: Rules) -> bool:
    """Return True if a person so equipped can move address or number without an operator."""
    case = Case(Ask(), Know(person=person), rules, 0)
    return person.confirmable or not case.confirms_first


def asks_enrolled(person: Person, rules: Rules) -> bool:
    """Return True if the person has set up enough for `Rules.ask_enrolled`: it is asked of them."""
    return Case(Ask(), Know(person=person), rules, 0).equipped


def can_ever_hold(level: Level, abilities: Iterable[Ability]) -> bool:
    """Return True if all of `abilities` together would reach `level`: whether to advertise it."""
    return assurance.holds(level, [imagined(ability, 0) for ability in abilities], 0)


def implies(held: Level, wanted: Level) -> bool:
    """Return True if whoever reached `held` has reached `wanted`, lifetimes aside."""
    return (
        held.kinds >= wanted.kinds
        and held.requires >= wanted.requires
        and held.refuses >= wanted.refuses
    )
