"""The rules that decide an acr, written down, and the digest by which leaves name them."""

import hashlib
from collections.abc import Iterable
from typing import Any

from idp import crypto
from idp.evidence.canonical import canonical
from idp.policy.rollout import Stage
from idp.policy.types import Ability, Level, Rules


def content(rules: Rules, stages: Iterable[Stage]) -> dict[str, Any]:
    """Return the rules as values for JSON: levels weakest first, methods, floors, stages."""
    return {
        "aliases": dict(rules.aliases),
        "ask_enrolled": rules.ask_enrolled,
        "floor": rules.floor,
        "levels": [_level(one) for one in rules.levels],
        "methods": [_method(one) for one in rules.abilities],
        "off": sorted(rules.off),
        "proof": rules.proof,
        "stages": [_stage(one) for one in stages],
    }


def digest(values: dict[str, Any]) -> str:
    """Return the SHA-256 of the rules' canonical JSON, base64url."""
    return crypto.base64url(hashlib.sha256(canonical(values)).digest())


def _level(one: Level) -> dict[str, Any]:
    return {
        "kinds": one.kinds,
        "lifetime": one.lifetime,
        "name": one.name,
        "refuses": sorted(one.refuses),
        "requires": sorted(one.requires),
    }


def _method(one: Ability) -> dict[str, Any]:
    return {
        "amr": one.amr,
        "factors": sorted(one.factors),
        "first": one.first,
        "method": one.method,
        "traits": sorted(one.traits),
    }


def _stage(one: Stage) -> dict[str, Any]:
    return {
        "audience": _without_people(one.audience),
        "enforce_at": one.enforce_at,
        "excluded": _without_people(one.excluded),
        "grace": one.grace,
        "grace_privileged": one.grace_privileged,
        "id": one.id,
        "level": one.level,
        "proof": one.proof,
        "stopped_at": one.stopped_at,
        "strength": one.strength,
    }


def _without_people(selectors: Iterable[str]) -> list[str]:
    """Return whom a stage reaches; of single people only how many: the ledger names no one."""
    found = [one for one in selectors if not one.startswith("person:")]
    people = sum(one.startswith("person:") for one in selectors)
    return sorted(found) + ([f"person:{people}"] if people else [])
