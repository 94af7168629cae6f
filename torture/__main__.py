"""`python -m torture`: faults under load, one after another, and a table of what held."""

import argparse
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from tests.support.programs import postgres
from torture import report
from torture.broken import BROKEN
from torture.faults import BOTH, FAULTS
from torture.run import Result, run

SECONDS = 20


def _options(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make torture ARGS='…'", description=__doc__)
    parser.add_argument("--minutes", type=float, default=20, help="of all together, about (20)")
    parser.add_argument("--faults", default="", help="some of them, with commas between")
    parser.add_argument("--database", choices=(*BOTH, "both"), default="both")
    parser.add_argument("--seed", type=int, default=1, help="of what chance decides (1)")
    parser.add_argument("--broken", action="store_true", help="find the broken builds instead")
    parser.add_argument("--keep", action="store_true", help="keep journals and logs, and say where")
    options = parser.parse_args(words)
    options.names = [name for name in options.faults.split(",") if name] or list(FAULTS)
    if unknown := set(options.names).difference(FAULTS):
        parser.error(f"there is no fault {sorted(unknown)[0]!r}: {', '.join(FAULTS)}")
    return options


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _databases(asked: str) -> list[str]:
    names = list(BOTH) if asked == "both" else [asked]
    if "postgresql" in names and (reason := postgres.why_missing()):
        _say(f"Without PostgreSQL: {reason}")
        names.remove("postgresql")
    return names


def _runs(options: argparse.Namespace, folder: Path) -> Iterable[Result]:
    pairs = [
        (name, database)
        for name in options.names
        for database in _databases(options.database)
        if database in FAULTS[name].databases
    ]
    # A run takes some seconds to begin and to settle.
    seconds = max(5.0, options.minutes * 60 / len(pairs) - 15)
    for number, (name, database) in enumerate(pairs):
        place = folder / f"{number}"
        place.mkdir()
        found = run(place, database, [name], seconds=seconds, seed=options.seed)
        _say(report.line(found))
        yield found


def _broken(options: argparse.Namespace, folder: Path) -> bool:
    """Run each broken build; return True if each was found by its rule."""
    good = True
    for number, (name, broken) in enumerate(BROKEN.items()):
        for database in _databases(options.database):
            # Short: the address of a socket lies below it, and may have 107 bytes.
            place = folder / f"{number}{database[0]}"
            place.mkdir()
            found = run(
                place, database, broken.faults, seconds=SECONDS, seed=options.seed, broken=broken
            )
            hit = broken.found_by in found.violations
            good = good and hit
            said = ", ".join(sorted(found.violations)) or "nothing"
            print(f"{'found' if hit else 'MISSED'}: {name} on {database}: {said}", flush=True)
    return good


def main(words: Sequence[str] | None = None) -> int:
    """Torture; return the exit status: 0 if everything held."""
    options = _options(words)
    folder = Path(tempfile.mkdtemp(prefix="acrux-torture-"))
    folder.chmod(0o755)
    try:
        if options.broken:
            return 0 if _broken(options, folder) else 1
        results = list(_runs(options, folder))
    finally:
        if options.keep:
            _say(f"Kept: {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    print(report.table(results))
    return 0 if all(result.good for result in results) else 1


if __name__ == "__main__":
    # What is ended leaves no folder and no server behind.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(main())
