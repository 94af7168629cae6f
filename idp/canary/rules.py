"""The rules that are in force, as far as somebody could get below them with a password alone."""

from dataclasses import dataclass

from idp import clock
from idp.oidc.clients import client as clients_of
from idp.policy.rollout import EVERYONE, Stage
from idp.policy.types import Rules
from idp.store.db import Work
from idp.store.oidc import clients
from idp.store.rollout import stages

_TYPE = "user"
"""The user type of somebody of whom only a group is asked."""


@dataclass(frozen=True)
class Rule:
    """Something that demands a level, and who would be held to it."""

    name: str
    level: str
    min_acr: str | None = None
    """What the application demands of everybody."""
    essential: bool = False
    """The application demands the level in its request (OIDC Core 5.5.1.1)."""
    user_type: str = "user"
    groups: tuple[str, ...] = ()


def in_force(work: Work, rules: Rules) -> tuple[list[Rule], list[str]]:
    """Return the rules to try, and in words those that cannot be tried."""
    found: list[Rule] = []
    passed: list[str] = []
    # Told from the settings alone: what the policy makes of them is what is tried.
    strict = [one.name for one in rules.levels if one.kinds > 1 or one.requires]
    found += [Rule(f"level {name}", name, essential=True) for name in strict]
    if rules.floor in strict:
        found.append(Rule("floor of the installation", str(rules.floor)))
    found += [
        Rule(f"applications with min_acr {level}", level, min_acr=level)
        for level in sorted(_of_applications(work) & set(strict))
    ]
    for stage in stages.everything(work):
        if stage.level in strict and _in_force(stage):
            rule = _of_stage(stage)
            found += [rule] if rule else []
            passed += [] if rule else [f"stage {stage.id}"]
    return found, passed


def _in_force(stage: Stage) -> bool:
    at = stage.enforce_at
    due = stage.required and at is not None and at <= clock.now()
    return due and stage.stopped_at is None


def _of_applications(work: Work) -> set[str]:
    found = {clients_of.parse(row).min_acr for row in clients.everything(work)}
    return {level for level in found if level is not None}


def _of_stage(stage: Stage) -> Rule | None:
    """Return the rule for somebody whom a stage reaches.

    None: it names single people, leaves out those that could be made up, or lets people wait.
    """
    if stage.grace:
        return None
    for selector in stage.audience:
        kind, _, name = selector.partition(":")
        user_type = name if kind == "type" else _TYPE
        groups = (name,) if kind == "group" else ()
        of = {EVERYONE, f"type:{user_type}", *(f"group:{group}" for group in groups)}
        if kind != "person" and not of & set(stage.excluded):
            return Rule(f"stage {stage.id}", stage.level, user_type=user_type, groups=groups)
    return None
