"""`acrux ledger`: what every token rested on."""

import json
import sys
from dataclasses import asdict
from typing import Any

import click

from idp import clock
from idp.cli import context
from idp.cli.output import json_option
from idp.errors import CommandError
from idp.evidence.explain import Explanation, Higher
from idp.ledger.explaining import explanation
from idp.store import people, pseudonyms
from idp.store.db import Work


@click.group()
def ledger() -> None:
    """The evidence: what every token rested on, and why."""


@ledger.command()
@click.argument("token")
@json_option
def explain(token: str, as_json: bool) -> None:
    """Say why a token has its acr: TOKEN is a jti, the token itself, or - to read it from a pipe.

    All of it is worked out from the evidence. Nothing is believed of the token.
    """
    said = sys.stdin.readline().strip() if token == "-" else token  # noqa: S105 - a word
    at_hand = context.open_installation()
    with at_hand.work() as work:
        found = _found(work, said)
        who = _person(work, found)
    if as_json:
        click.echo(json.dumps(as_values(found) | {"person": who}, indent=2))
        return
    for name, value in lines(found, who):
        click.echo(f"{name:<14} {value}")
    if not found.follows:
        raise CommandError("what these tokens say does not follow from their evidence")


def _found(work: Work, said: str) -> Explanation:
    try:
        found = explanation(work, said)
    except ValueError as error:
        raise CommandError(f"the evidence of this token was altered: {error}") from None
    if found is None:
        raise CommandError("no leaf of the ledger is of this token: was it issued here?")
    return found


def _person(work: Work, found: Explanation) -> str | None:
    basis = found.leaf.get("basis")
    person_id = pseudonyms.person_of(work, basis["sub"]) if basis else None
    row = people.by_id(work, person_id) if person_id else None
    return row.username if row else None


def as_values(found: Explanation) -> dict[str, Any]:
    """Return an explanation as values for JSON."""
    return asdict(found) | {"follows": found.follows}


def lines(found: Explanation, who: str | None) -> list[tuple[str, str]]:
    """Return an explanation in words, line by line."""
    leaf, basis = found.leaf, found.leaf.get("basis")
    told = [
        ("tokens", ", ".join(leaf["tokens"])),
        ("issued", f"{clock.iso(leaf['at'])} to {leaf['client']} ({leaf['grant']})"),
    ]
    if "acr" not in leaf:
        return [*told, ("person", "none: the application asked for itself")]
    told.append(("person", who or "no one who is here"))
    if basis is None:
        return [*told, ("acr", f"{leaf['acr']}; authorized before there was a ledger")]
    asked = "; ".join(f"{name} {_words(value)}" for name, value in basis["requested"].items())
    floors = ", ".join(f"{name} {value}" for name, value in basis["floor"].items())
    told += [
        ("asked for", asked or "nothing"),
        ("demanded", floors or "nothing"),
        ("acr", leaf["acr"]),
        ("amr", " ".join(leaf["amr"])),
        ("why", basis["reason"]),
    ]
    for proof in found.proofs:
        here = ", set up in the same sign-in" if proof.enrolled_here else ""
        factors = " and ".join(proof.factors)
        told.append(("proof", f"{proof.method} ({factors}), {proof.age} s before{here}"))
    told += [("higher", _needed(one)) for one in found.higher]
    told.append(("follows", "yes" if found.follows else f"NO: {', '.join(found.unmet)}"))
    return told


def _words(value: Any) -> str:
    return " ".join(value) if isinstance(value, list) else str(value)


def _needed(one: Higher) -> str:
    if not one.ways:
        return f"{one.level}: no method here would have reached it"
    return f"{one.level}: with {', or '.join(' and '.join(way) for way in one.ways)}"
