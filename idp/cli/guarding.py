"""`acrux guard`: hosts whose pages a proxy guards, and which line an address meets."""

import click

from idp.cli import context
from idp.cli.output import json_option, print_json, print_record, print_table
from idp.operating.actor import OPERATOR
from idp.operating.applications.guarded_hosts import Host, Line, Outcome, State

_MEANS = {
    Outcome.NO_HOST: "no guarded host has this address: a proxy that asks is told no",
    Outcome.SWITCHED_OFF: "the application is switched off: nobody comes there",
    Outcome.TWICE: "two applications have this host: nobody comes there",
    Outcome.ACRUX: "Acrux's own: the proxy hands it over and asks nobody",
    Outcome.NO_PATH: "it can be read as no path: nobody comes there",
    Outcome.EVERYBODY: "everybody comes there, and nobody is asked who they are",
    Outcome.SIGN_IN: "whoever comes there signs in",
    Outcome.UNREACHABLE: "no single sign-in states all levels that are asked: nobody comes there",
}


@click.group()
def guard() -> None:
    """Hosts whose pages a proxy guards (docs/forward.md).

    What their pages need is registered with the application: `acrux client set ID forward_paths=`.
    """


@guard.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the guarded hosts, with what each path needs."""
    at_hand = context.open_installation()
    with at_hand.work() as work:
        found = at_hand.cases.guarded_hosts.everything(work, OPERATOR)
    if as_json:
        print_json([one.described() for one in found])
        return
    print_table(
        ("HOST", "APPLICATION", "PATH", "ACR", "MAX_AGE", "WHO"),
        [
            (_host(one), one.client_id, line.path, _level(line), line.max_age, _who(line))
            for one in found
            for line in one.lines
        ],
        "There is no guarded host yet: `acrux client add` registers one by its forward_origin.",
    )


@guard.command()
@click.argument("address", metavar="URL")
@json_option
def which(address: str, as_json: bool) -> None:
    """Show which line meets an address, and what would be asked of whoever opens it.

    URL is whole, such as https://wiki.example.org/admin. Several lines are shown where servers may
    read it in several ways; every one counts.
    """
    at_hand = context.open_installation()
    with at_hand.work() as work:
        found = at_hand.cases.guarded_hosts.which(work, OPERATOR, address)
    if as_json:
        print_json(found.described())
        return
    told = {"host": found.origin, "path": found.path, "outcome": _MEANS[found.outcome]}
    if found.host is not None:
        told["application"] = f"{found.host.client_id} ({found.host.name})"
    if found.outcome is Outcome.SIGN_IN:
        told["acr"] = found.acr or "any"
        told["max_age"] = "any" if found.max_age is None else str(found.max_age)
    print_record(told)
    for line in found.lines:
        click.echo("")
        print_record({"line": line.path, "needs acr": _level(line), "who": _who(line)})


def _host(one: Host) -> str:
    return one.origin if one.state is State.GUARDED else f"{one.origin} ({one.state.value})"


def _level(line: Line) -> str | None:
    return line.acr if line.reachable else "none states all"


def _who(line: Line) -> str:
    if line.public:
        return "everybody, without a sign-in"
    lists = (("user type", line.user_types), ("group", line.groups))
    found = [f"{what} {' or '.join(names)}" for what, names in lists if names]
    return ", and ".join(found) or "everybody who signs in"
