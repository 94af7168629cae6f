"""`acrux ledger`: what every token rested on, and the proof of it."""

import json
import sys
from dataclasses import asdict
from typing import Any

import click

from idp import clock
from idp.anchors import following
from idp.cli import context
from idp.cli.auditing import anchor_lines
from idp.cli.output import json_option, print_json
from idp.errors import CommandError
from idp.evidence.canonical import canonical
from idp.evidence.explain import Explanation, Higher
from idp.ledger import checking, exporting, keys
from idp.ledger.explaining import explanation
from idp.store import people
from idp.store.db import Work
from idp.store.ledger import pseudonyms

SETTLE_SECONDS = 30.0
"""What a mail gets to be taken by its server before the command ends."""

# A `jti` may begin with a hyphen, and is no option then.
_ANY_TOKEN = {"ignore_unknown_options": True, "help_option_names": ["--help"]}


@click.group()
def ledger() -> None:
    """The evidence: what every token rested on, why, and that nothing of it was changed."""


@ledger.command(context_settings=_ANY_TOKEN)
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


@ledger.command()
@click.option("--from", "start", type=click.IntRange(0), default=0, help="Begin with this row.")
def export(start: int) -> None:
    """Write the sealed rows as JSON Lines: docs/ledger.md.

    With --from, go on where an earlier export ended.
    """
    at_hand = context.open_installation()
    out = sys.stdout.buffer
    for line in exporting.export(at_hand.installation.engine, start):
        out.write(line)


@ledger.command(context_settings=_ANY_TOKEN)
@click.argument("token")
def prove(token: str) -> None:
    """Prove that a token's leaf is in the ledger, and show no other.

    TOKEN is a jti, the token itself, or - to read it from a pipe. What is written is checked
    without Acrux: docs/ledger.md.
    """
    said = sys.stdin.readline().strip() if token == "-" else token  # noqa: S105 - a word
    at_hand = context.open_installation()
    with at_hand.work() as work:
        found = exporting.proof(work, said, at_hand.installation.anchors.witnessed)
    if found is None:
        raise CommandError("no leaf of the ledger is of this token: was it issued here?")
    click.echo(canonical(found).decode())


@ledger.command()
def verify() -> None:
    """Check the whole ledger in the database against its keys.

    An auditor checks an export instead, with a program that uses nothing of Acrux.
    """
    this = context.open_installation().installation
    found = checking.check(this.engine, this.keyring)
    click.echo(
        f"{found.rows} rows are as they were signed: {found.checkpoints} checkpoints,"
        f" {found.pruned} rows without their body; {found.unsealed} wait to be sealed."
        f" {found.events} events that decide are as their rows say;"
        f" {found.tokens} tokens that are stored have their rows."
    )


@ledger.command()
def seal() -> None:
    """Seal what waits now, as the worker does every few seconds, and tell the anchors."""
    this = context.open_installation().installation
    count = this.sealer.seal()
    click.echo(f"{count} rows sealed.")
    if said := this.anchors.follow():
        raise CommandError("; ".join(said))


@ledger.command()
@click.option("--now", "at_once", is_flag=True, help="Try those again that failed.")
@click.option("--again", metavar="NAME", help="Forget what a place has: after a restore.")
@json_option
@click.pass_context
def anchors(ctx: click.Context, at_once: bool, again: str | None, as_json: bool) -> None:
    """Show how far the places outside have the checkpoints, and how far witnesses signed them.

    The exit status is 1 when one of them is late.
    """
    at_hand = context.open_installation()
    places = at_hand.installation.anchors
    if again is not None:
        with at_hand.work() as work:
            if not places.begin_again(work, again):
                raise CommandError(f"evidence.anchors and evidence.witnesses have no {again}")
    if at_once:
        places.follow(at_once=True)
        at_hand.installation.post.settle(SETTLE_SECONDS)
    with at_hand.work() as work:
        states = following.states(work, at_hand.installation.settings.evidence)
    if as_json:
        print_json([anchor_lines.values(state) for state in states])
    else:
        for state in states:
            click.echo(anchor_lines.line(state))
    if not states:
        click.echo("There are none: set evidence.anchors, or evidence.witnesses.", err=True)
    if any(state.late for state in states):
        ctx.exit(1)


@ledger.command()
@click.option("--new", is_flag=True, help="Make a key first that signs from now on.")
@click.option(
    "--lost",
    multiple=True,
    metavar="KEY",
    help="With --new: this verifier key cannot be opened any more.",
)
def key(new: bool, lost: tuple[str, ...]) -> None:
    """Show the verifier keys, the newest last: for auditors, on a way they trust."""
    at_hand = context.open_installation()
    if lost and not new:
        raise CommandError("--lost is for --new: what signs from now on?")
    if new:
        at_hand.installation.sealer.new_key(lost)
    with at_hand.work() as work:
        found = keys.verifiers(work, at_hand.installation.keyring)
    for one in found:
        click.echo(str(one))
    if not found:
        raise CommandError("there is no key yet: the first seal makes it (acrux ledger seal)")


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
