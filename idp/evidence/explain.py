"""Why a token says what it says: worked out from its leaf and the rules that it names, once more.

Nothing is read out of the token, and nothing of the leaf is believed that can be computed: the
level follows from the proofs that were counted, at the time of the decision.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from idp.policy import assurance
from idp.policy.types import Ability, Factor, Level, Proof, Trait

Json = Mapping[str, Any]


@dataclass(frozen=True)
class Counted:
    """A proof that was counted."""

    method: str
    at: int
    """Seconds since 1970 UTC."""
    age: int
    """Seconds from the proof to the decision."""
    factors: tuple[str, ...]
    enrolled_here: bool


@dataclass(frozen=True)
class Higher:
    """A stricter level, and what it would have needed."""

    level: str
    factors: int
    """How many more kinds of factor."""
    ways: tuple[tuple[str, ...], ...]
    """Which methods together would have reached it, fewest first; none: no method here can."""


@dataclass(frozen=True)
class Explanation:
    """What a leaf says of one answer with tokens, and what it comes to."""

    leaf: Json
    decided_at: int | None
    """None: no one signed in, or it was before there was a ledger."""
    proofs: tuple[Counted, ...] = ()
    unmet: tuple[str, ...] = ()
    """What of the leaf does not follow from its proofs: `acr`, `amr`, `auth_time`, `requested`."""
    higher: tuple[Higher, ...] = ()

    @property
    def follows(self) -> bool:
        """Return True if all that the leaf says of the sign-in follows from its proofs."""
        return not self.unmet


def explain(leaf: Json, rules: Json | None) -> Explanation:
    """Explain a token leaf by the `rules` of the policy leaf that its basis names.

    Raises:
        ValueError: it has a basis, and `rules` are missing or not of this form.
    """
    basis = leaf.get("basis")
    if basis is None:
        return Explanation(leaf, None)
    if rules is None:
        raise ValueError("the rules that this leaf names are not in the ledger")
    try:
        levels = [_level(one) for one in rules["levels"]]
        abilities = [_ability(one) for one in rules["methods"]]
        proofs = [_proof(one) for one in basis["proofs"]]
        at, said = int(basis["at"]), str(leaf["acr"])
        named = rules["aliases"].get(said, said)
        level = next((one for one in levels if one.name == named), None)
        return Explanation(
            leaf,
            at,
            tuple([_counted(proof, at) for proof in proofs]),
            tuple(_unmet(leaf, level, proofs, at)),
            tuple(_higher(levels, level, abilities, proofs, at)),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"the leaf or its rules are not of this form: {error}") from None


def _unmet(leaf: Json, level: Level | None, proofs: list[Proof], at: int) -> Iterable[str]:
    counting = assurance.counted(level, proofs, at) if level else ()
    expired = leaf["acr"] == assurance.EXPIRED and level is None and not proofs
    if not expired and (level is None or not assurance.holds(level, proofs, at)):
        yield "acr"
    amr = assurance.methods_references(counting) if level else ()
    if tuple(leaf["amr"]) != amr:
        yield "amr"
    if not expired and (not counting or leaf["auth_time"] != assurance.auth_time(counting)):
        yield "auth_time"
    essential = leaf["basis"]["requested"].get("essential")
    if essential is not None and leaf["acr"] not in essential:
        yield "requested"


def _higher(
    levels: list[Level],
    reached: Level | None,
    abilities: list[Ability],
    proofs: list[Proof],
    at: int,
) -> Iterable[Higher]:
    start = levels.index(reached) + 1 if reached is not None else 0
    for level in levels[start:]:
        if assurance.holds(level, proofs, at):
            continue
        had = assurance.kinds(assurance.counted(level, proofs, at))
        yield Higher(
            level.name,
            max(level.kinds - len(had), 0),
            tuple(_ways(level, abilities, proofs, at)),
        )


def _ways(
    level: Level, abilities: list[Ability], proofs: list[Proof], at: int
) -> Iterable[tuple[str, ...]]:
    """Return the fewest methods that would have reached `level` beside what was proved."""
    for number in (1, 2):
        found = [
            tuple(one.method for one in more)
            for more in combinations(abilities, number)
            if assurance.holds(level, [*proofs, *(_imagined(one, at) for one in more)], at)
        ]
        if found:
            return found
    return ()


def _imagined(ability: Ability, at: int) -> Proof:
    return Proof(ability.method, ability.amr, ability.factors, at, traits=ability.traits)


def _counted(proof: Proof, at: int) -> Counted:
    factors = tuple(sorted(map(str, proof.factors)))
    return Counted(proof.method, proof.at, at - proof.at, factors, proof.bootstrap)


def _level(one: Json) -> Level:
    return Level(
        name=one["name"],
        kinds=one["kinds"],
        requires=frozenset(map(Trait, one["requires"])),
        refuses=frozenset(map(Trait, one["refuses"])),
        lifetime=one["lifetime"],
    )


def _ability(one: Json) -> Ability:
    return Ability(
        one["method"],
        tuple(one["amr"]),
        frozenset(map(Factor, one["factors"])),
        frozenset(map(Trait, one["traits"])),
        one["first"],
    )


def _proof(one: Json) -> Proof:
    return Proof(
        one["method"],
        tuple(one["amr"]),
        frozenset(map(Factor, one["factors"])),
        one["at"],
        traits=frozenset(map(Trait, one.get("traits", ()))),
        credential=one.get("credential"),
        bootstrap=one.get("enrolled_here", False),
    )
