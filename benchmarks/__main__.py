"""`python -m benchmarks`: make installations, measure loads in turn, print one table."""

import argparse
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from benchmarks import against, machine, profiles, report
from benchmarks.installation import Site, running
from benchmarks.load import Operation, Unexpected, drive
from benchmarks.operations import OPERATIONS as USUAL
from benchmarks.operations import sign_in
from benchmarks.outside import LOADS
from benchmarks.peers import PEERS
from benchmarks.report import Figures, Start
from benchmarks.statements import Counter, Request, settled
from tests.support.programs import postgres

OPERATIONS = {**USUAL, **profiles.OPERATIONS}
DATABASES = ("sqlite", "postgresql")
CONNECTIONS = 8


def _options(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench ARGS='…'", description=__doc__)
    parser.add_argument("--against", metavar="REV", help="compare with another revision of this")
    said = "of each measurement (5); with --against, of all together (120)"
    parser.add_argument("--seconds", type=float, help=said)
    parser.add_argument("--rounds", type=int, default=1, help="measure all in turn N times (1)")
    parser.add_argument("--only", default="", help="some loads, with commas between")
    parser.add_argument("--database", choices=(*DATABASES, "both"), default="both")
    parser.add_argument("--people", type=int, default=1000, help="who sign in (1000)")
    parser.add_argument("--alone", action="store_true", help="without the peers that are there")
    parser.add_argument("--results", type=Path, help="write the tables into this file, too")
    options = parser.parse_args(words)
    known = list(LOADS if options.against else OPERATIONS)
    usual = list(LOADS if options.against else USUAL)
    options.loads = [name for name in options.only.split(",") if name] or usual
    if unknown := set(options.loads).difference(known):
        parser.error(f"there is no load {sorted(unknown)[0]!r}: {', '.join(known)}")
    if options.seconds is None:
        options.seconds = 120.0 if options.against else 5.0
    if options.seconds <= 0 or options.rounds < 1 or options.people < CONNECTIONS:
        parser.error(f"at least one round, some seconds and {CONNECTIONS} people are needed")
    return options


def _databases(asked: str) -> list[str]:
    names = list(DATABASES) if asked == "both" else [asked]
    reason = postgres.why_missing()
    if "postgresql" in names and reason:
        if asked != "both":
            raise Unexpected(f"PostgreSQL is missing: {reason}")
        _say(f"Without PostgreSQL: {reason}")
        names.remove("postgresql")
    return names


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _sources(site: Site, load: str) -> list[Callable[[], Operation]]:
    return [partial(OPERATIONS[load], site.party, browser) for browser in site.browsers]


def _sign_everybody_in(site: Site) -> None:
    """Give each browser a session and tokens, before anything is measured."""
    enter = site.enter or partial(sign_in, site.party)
    with site.connections() as connections:
        for connection, browser in zip(connections, site.browsers, strict=True):
            connection.begin(enter(browser))
            connection.finish()


def _measure(site: Site, load: str, seconds: float, core: int | None) -> Figures:
    with site.connections() as connections:
        latencies, taken = drive(
            connections,
            _sources(site, load),
            warm_up=min(1.0, seconds / 2),
            seconds=seconds,
            meter=partial(machine.read, site.processes, core),
        )
    found = report.figures(latencies, taken, pinned=core is not None)
    _say(f"  {load}, {site.name}: {found.rate:.0f}/s, {found.cpu:.0f} us CPU")
    return found


def _rounds(options: argparse.Namespace, sites: list[Site], core: int | None) -> str:
    pairs = [(load, site) for load in options.loads for site in sites if _knows(site, load)]
    measured: dict[tuple[str, str], list[Figures]] = {(load, s.name): [] for load, s in pairs}
    requests: dict[tuple[str, str], list[Request]] = {}
    rest = {site.name: machine.memory(site.processes[0]) for site in sites}
    for site in sites:
        _sign_everybody_in(site)
        if site.environ:
            counter = Counter(site.environ)
            for load in options.loads:
                requests[load, site.name] = settled(counter, _sources(site, load)[0])
    for number in range(options.rounds):
        _say(f"Round {number + 1} of {options.rounds}")
        # Each round begins with another one: what warms or tires the machine meets all alike.
        for load, site in pairs[number % len(pairs) :] + pairs[: number % len(pairs)]:
            measured[load, site.name].append(_measure(site, load, options.seconds, core))
    starts = [
        Start(site.name, site.started, rest[site.name], machine.memory(site.processes[0]))
        for site in sites
    ]
    beside = {site.name: site.beside for site in sites}
    return "\n\n".join(
        (
            report.table(measured, requests, beside),
            report.starts(starts),
            "SQL statements / round trips + commits of each request:",
            report.per_request(requests),
        )
    )


def _knows(site: Site, load: str) -> bool:
    """Return True if this provider can do a load.

    A peer's sign-in asks nobody for anything, and what the stricter ways cost is ours alone.
    """
    return site.enter is None or load not in ("sign-in", *profiles.OPERATIONS)


def main(words: Sequence[str] | None = None) -> int:
    """Run the benchmarks; return the exit status."""
    options = _options(words)
    try:
        said = _compared(options) if options.against else _measured(options)
        print(said)
        if options.results:
            options.results.write_text(f"{said}\n")
    except Unexpected as error:
        _say(f"The benchmark ended: {error}")
        return 1
    return 0


def _compared(options: argparse.Namespace) -> str:
    against.commit(options.against)
    databases = _databases(options.database)
    return against.compare(
        options.against, databases=databases, loads=options.loads, seconds=options.seconds
    )


def _sites(
    options: argparse.Namespace, stack: ExitStack, folder: Path, core: int | None
) -> Iterator[Site]:
    """Make each installation of Acrux, and of each peer that is there."""
    databases = _databases(options.database)
    for database in databases:
        _say(f"Preparing Acrux on {database}")
        place = folder / database
        place.mkdir()
        yield stack.enter_context(
            running(
                database,
                place,
                people_count=options.people,
                connections=CONNECTIONS,
                core=core,
                strict=not profiles.OPERATIONS.keys().isdisjoint(options.loads),
            )
        )
    peers = [peer for peer in PEERS if peer.database in databases and not options.alone]
    for number, peer in enumerate(peers):
        if reason := peer.why_missing():
            _say(f"Without {peer.name}: {reason}")
            continue
        _say(f"Preparing {peer.name}")
        place = folder / f"peer{number}"
        place.mkdir()
        yield stack.enter_context(peer.running(place, connections=CONNECTIONS, core=core))


def _measured(options: argparse.Namespace) -> str:
    """Make the installations, measure the loads; return the table with its head."""
    cores = machine.cores()
    server_core, load_core = cores or (None, None)
    folder = Path(tempfile.mkdtemp(prefix="acrux-bench-"))
    folder.chmod(0o755)
    try:
        with ExitStack() as stack:
            sites = list(_sites(options, stack, folder, server_core))
            with machine.on_core(server_core):
                before = machine.signature_microseconds()
            with machine.on_core(load_core):
                text = _rounds(options, sites, server_core)
            with machine.on_core(server_core):
                after = machine.signature_microseconds()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    where = (
        f"server and database on core {server_core}, load on core {load_core}"
        if cores
        else "nothing pinned: this system has no two cores to choose from"
    )
    return (
        f"{where}; {CONNECTIONS} connections; {options.rounds} x {options.seconds:g} s\n"
        f"one RSA-2048 signature: {before:.0f} us before, {after:.0f} us after\n\n{text}"
    )


if __name__ == "__main__":
    # What is ended leaves no folder and no server behind.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(main())
