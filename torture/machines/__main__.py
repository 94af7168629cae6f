"""`python -m torture.machines`: the faults of machines, and a table of what held."""

import argparse
import os
import pwd
import shutil
import signal
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from tests.support.programs import postgres
from tests.support.programs.documented import program
from torture import report
from torture.machines import estate, network
from torture.machines.faults import FAULTS
from torture.run import Result, torment

BACK = 60.0
"""Seconds within which it must be back, nobody helping."""
INSIDE = "ACRUX_MACHINES_INSIDE"
PROGRAMS = {
    "ip": "iproute2",
    "unshare": "util-linux",
    "nsenter": "util-linux",
    "setpriv": "util-linux",
    "etcd": "etcd-server",
    "patroni": "patroni",
    "haproxy": "haproxy",
}
"""What is needed, and in which of Debian's packages it is."""
DISK = "a COMMIT waits for no standby"


def why_missing() -> str | None:
    """Say what is missing here; None when machines can be made."""
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        return "it makes network namespaces: run it as root, on Linux"
    missing = {package for name, package in PROGRAMS.items() if program(name) is None}
    for user, package in (("postgres", "postgresql"), ("etcd", "etcd-server")):
        with suppress(KeyError):
            pwd.getpwnam(user)
            continue
        missing.add(package)
    if missing:
        return f"it needs, in Debian's packages: {', '.join(sorted(missing))}"
    if not Path("/usr/lib/postgresql/15/bin").is_dir():
        return "config/machines/patroni.yml names PostgreSQL 15 (Debian: postgresql-15)"
    return postgres.why_missing()


def _options(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make machines ARGS='…'", description=__doc__)
    parser.add_argument("--faults", default="", help="some of them, with semicolons between")
    parser.add_argument("--seed", type=int, default=1, help="of what chance decides (1)")
    parser.add_argument("--broken", action="store_true", help=f"{DISK}: it must be found")
    parser.add_argument("--keep", action="store_true", help="keep journals and logs, and say where")
    options = parser.parse_args(words)
    options.names = [name for name in options.faults.split(";") if name] or list(FAULTS)
    if unknown := set(options.names).difference(FAULTS):
        parser.error(f"there is no fault {sorted(unknown)[0]!r}: {'; '.join(FAULTS)}")
    return options


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _run(options: argparse.Namespace, folder: Path) -> list[Result]:
    results = []
    for number, name in enumerate(options.names):
        place = folder / f"{number}"
        place.mkdir()
        place.chmod(0o755)
        result = Result("postgresql", (name,))
        results.append(result)
        with estate.running(place, lossy=options.broken) as house:
            trials = {name: FAULTS[name](house)}
            torment(house, trials, result, seconds=0, seed=options.seed, back=BACK)
        _say("\n".join([_line(result), *report.findings([result])]))
    return results


def _line(result: Result) -> str:
    return report.line(result, f"{result.silence:.1f} s")


def _table(results: Sequence[Result]) -> str:
    head = report.HEAD + " longest silence |"
    lines = [head, "|" + "---|" * (head.count("|") - 1), *map(_line, results)]
    return "\n".join([*lines, *report.findings(results)])


def main(words: Sequence[str] | None = None) -> int:
    """Run the faults; return the exit status: 0 if everything held."""
    options = _options(words)
    if reason := why_missing():
        _say(f"No machines here: {reason}")
        return 1
    if not os.environ.get(INSIDE):
        os.environ[INSIDE] = "1"
        network.inside([sys.executable, "-m", "torture.machines", *(words or sys.argv[1:])])
    folder = Path(tempfile.mkdtemp(prefix="acrux-machines-"))
    folder.chmod(0o755)
    try:
        results = _run(options, folder)
    finally:
        if options.keep:
            _say(f"Kept: {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    print(_table(results))
    if options.broken:
        return 0 if all("every_token_has_its_row" in r.violations for r in results) else 1
    return 0 if all(result.good for result in results) else 1


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(main())
