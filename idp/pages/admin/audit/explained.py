"""Why tokens say what they say, in sentences: out of the explanation that the evidence gives."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from idp import moments
from idp.evidence.explain import Explanation, Higher
from idp.installation import Installation
from idp.language import Either, Every, Words, _, n_
from idp.pages.interaction.words import level_text
from idp.policy.types import Factor

FLOORS: Mapping[str, Callable[[Words], Words]] = {
    "client": lambda level: _("The application's registration requires %(level)s.", level=level),
    "installation": lambda level: _("The installation requires %(level)s.", level=level),
    "stage": lambda level: _("A stage of the rollout requires %(level)s.", level=level),
    "due": lambda level: _("A stage asks for %(level)s, and it was put off.", level=level),
    "enrolled": lambda level: _("%(level)s is set up, and so it is asked for.", level=level),
}
"""What demanded a level whatever was asked for, as a leaf calls it."""
FACTORS: Mapping[str, Words] = {
    Factor.KNOWLEDGE: _("something known"),
    Factor.POSSESSION: _("something held"),
    Factor.INHERENCE: _("the person, or the device's lock"),
}


def sentences(installation: Installation, found: Explanation) -> list[dict[str, Any]]:
    """Return what was asked, demanded, proved and decided, each part under its word."""
    basis = found.leaf.get("basis")
    if "acr" not in found.leaf:
        return [_part(_("Asked for"), [_("The application asked for itself: no one signed in.")])]
    if basis is None:
        said = _("It was authorized before there was a ledger: only the token's words are kept.")
        return [_part(_("Asked for"), [said])]
    return [
        _part(_("Asked for"), list(_asked(installation, basis["requested"]))),
        _part(_("Required anyway"), list(_floors(installation, basis["floor"]))),
        _part(_("Proved"), list(_proofs(installation, found))),
        _part(_("Decided"), list(_decided(installation, found))),
        _part(_("In the record's words"), [basis["reason"]]),
        _part(_("For more"), [_needed(installation, one) for one in found.higher]),
    ]


def _part(title: Words, said: list[Words]) -> dict[str, Any]:
    return {"title": title, "sentences": said}


def _asked(installation: Installation, requested: Mapping[str, Any]) -> Iterator[Words]:
    if "essential" in requested:
        levels = Either(_level(installation, name) for name in requested["essential"])
        yield _("The application required %(levels)s.", levels=levels)
    if "acr_values" in requested:
        levels = Either(_level(installation, name) for name in requested["acr_values"])
        yield _("The application asked for %(levels)s, if possible.", levels=levels)
    if "max_age" in requested:
        yield n_(
            "The last proof was to be no older than %(num)s second.",
            "The last proof was to be no older than %(num)s seconds.",
            requested["max_age"],
        )
    if "prompt" in requested:
        yield _("It said prompt=%(values)s.", values=" ".join(requested["prompt"]))
    if not requested:
        yield _("The application asked for nothing in particular.")


def _floors(installation: Installation, floor: Mapping[str, str]) -> Iterator[Words]:
    for name, words in FLOORS.items():
        if name in floor:
            stage = floor.get(f"{name}_id")
            said = words(_level(installation, floor[name]))
            yield _("%(what)s Its name is %(stage)s.", what=said, stage=stage) if stage else said
    if not set(FLOORS) & set(floor):
        yield _("Nothing.")


def _proofs(installation: Installation, found: Explanation) -> Iterator[Words]:
    for proof in found.proofs:
        said = n_(
            "%(way)s, %(num)s second before (%(factors)s)",
            "%(way)s, %(num)s seconds before (%(factors)s)",
            proof.age,
            way=_method(installation, proof.method),
            factors=Every(FACTORS.get(one, one) for one in proof.factors),
        )
        if proof.enrolled_here:
            yield _("%(what)s, set up in the same sign-in", what=said)
        else:
            yield said
    if not found.proofs:
        yield _("Nothing that still counted.")


def _decided(installation: Installation, found: Explanation) -> Iterator[Words]:
    at = moments.second(found.decided_at or 0)
    level = _level(installation, found.leaf["acr"])
    yield _("On %(time)s: %(level)s.", time=at, level=level)
    if found.follows:
        yield _("Worked out once more from the proofs and from what held then, it is the same.")


def _needed(installation: Installation, one: Higher) -> Words:
    level = _level(installation, one.level)
    if not one.ways:
        return _("%(level)s: no method here would have reached it.", level=level)
    ways = Either(str(Every(_method(installation, n) for n in way)) for way in one.ways)
    return _("%(level)s would have needed: %(ways)s.", level=level, ways=ways)


def _level(installation: Installation, name: str) -> Words:
    rules = installation.signin.rules
    if rules.level(name) is None:
        return name
    return _("%(level)s (%(name)s)", level=level_text(rules, name), name=name)


def _method(installation: Installation, name: str) -> Words:
    known = installation.signin.authenticators.get(name)
    return known.title if known else name
