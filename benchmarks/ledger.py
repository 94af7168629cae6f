"""The ledger at millions of rows: `python -m benchmarks.ledger --rows 10000000 [--postgresql]`.

Writes leaves as a token request does, but many in a transaction; then seals, proves, exports and
verifies them. Says of each step how long it took by the clock and in CPU time of this process, so
that a busy machine is seen.
"""

import argparse
import json
import random
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.installation import cluster, environ
from idp import crypto
from idp.app import create_app
from idp.evidence.canonical import canonical
from idp.evidence.leaf import TokenLeaf
from idp.installation import Installation
from idp.ledger import checking, exporting, keys
from idp.store import db
from idp.store.ledger import leaves

ROOT = Path(__file__).parents[1]
TOGETHER = 5_000
PROOFS = 200
VERIFIERS = (
    (sys.executable, "tools/verify/acrux_verify.py"),
    ("node", "tools/verify/acrux_verify.mjs"),
)
_BASIS = canonical(
    {
        "at": 1_796_029_230,
        "floor": {"client": "urn:acrux:acr:mfa"},
        "policy": "x" * 43,
        "proofs": [
            {
                "amr": ["pwd"],
                "at": 1_796_029_200,
                "credential": "c" * 22,
                "factors": ["knowledge"],
                "method": "password",
                "traits": [],
            },
            {
                "amr": ["otp"],
                "at": 1_796_029_220,
                "credential": "d" * 22,
                "factors": ["possession"],
                "method": "totp",
                "traits": [],
            },
        ],
        "reason": "the application's floor",
        "requested": {"acr_values": ["urn:acrux:acr:mfa"]},
        "sub": "p" * 22,
    }
).decode()


@contextmanager
def _timed(what: str, count: int) -> Iterator[None]:
    clock, cpu = time.perf_counter(), time.process_time()
    yield
    clock, cpu = time.perf_counter() - clock, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(
        f"{what}: {count} in {clock:.1f} s, {count / clock:.0f}/s;"
        f" CPU {cpu:.1f} s, {cpu / count * 1e6:.1f} us each; peak {peak} MiB",
        flush=True,
    )


def _write(this: Installation, rows: int) -> None:
    for start in range(0, rows, TOGETHER):
        with db.work(this.engine) as work:
            for number in range(start, min(rows, start + TOGETHER)):
                leaves.add(work, jti=_jti(number), at=1_796_029_230, body=_leaf(number))


def _jti(number: int) -> str:
    return crypto.digest(f"leaf {number}")[:22]


def _leaf(number: int) -> str:
    return TokenLeaf(
        jti=_jti(number),
        at=1_796_029_230,
        iss="https://acrux.invalid",
        client=f"app{number % 40}",
        grant="authorization_code",
        tokens=("access_token", "id_token"),
        scope=("openid", "email"),
        acr="urn:acrux:acr:mfa",
        amr=("pwd", "otp", "mfa"),
        auth_time=1_796_029_220,
        sid="s" * 22,
        basis=_BASIS,
    ).text()


def _measure(this: Installation, rows: int, file: Path) -> None:
    with _timed("written", rows):
        _write(this, rows)
    tenth = max(1, rows // 10)
    for _ in range(-(-rows // tenth)):
        with _timed("sealed", tenth):
            this.sealer.seal(tenth)
    this.sealer.seal()
    _prove(this, rows)
    with file.open("wb") as out, _timed("exported", rows):
        out.writelines(exporting.export(this.engine))
    print(f"the export has {file.stat().st_size / 2**20:.0f} MiB")
    with _timed("checked by acrux ledger verify", rows):
        checking.check(this.engine, this.keyring)
    with db.work(this.engine) as work:
        key = str(keys.verifiers(work, this.keyring)[-1])
    for program in VERIFIERS:
        _verify(program, key, file)


def _prove(this: Installation, rows: int) -> None:
    taken, sizes = [], []
    for number in random.Random(1).sample(range(rows), min(rows, PROOFS)):
        begun = time.perf_counter()
        with db.work(this.engine) as work:
            found = exporting.proof(work, _jti(number))
        taken.append(time.perf_counter() - begun)
        sizes.append(len(canonical(found)))
    taken.sort()
    print(
        f"proofs: median {taken[len(taken) // 2] * 1000:.1f} ms, slowest {taken[-1] * 1000:.1f} ms,"
        f" {max(sizes)} bytes at most",
        flush=True,
    )


def _verify(program: tuple[str, ...], key: str, file: Path) -> None:
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(
        [*program, "--json", "--key", key, str(file)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    clock, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    said = json.loads(done.stdout)
    print(
        f"{program[1]}: {said['verdict']}, {said['rows']} rows in {clock:.1f} s,"
        f" CPU {after.ru_utime - before.ru_utime:.1f} s,"
        f" peak of all so far {after.ru_maxrss // 1024} MiB",
        flush=True,
    )


def main() -> None:
    """Measure in a folder of its own, which ends with the run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--postgresql", action="store_true")
    asked = parser.parse_args()
    with TemporaryDirectory(prefix="ledger-bench-") as name:
        folder = Path(name)
        if not asked.postgresql:
            _run(folder, "", asked.rows)
            return
        with cluster(folder) as server:
            _run(folder, server.create_database(), asked.rows)


def _run(folder: Path, url: str, rows: int) -> None:
    settings = environ(folder, url)
    subprocess.run([sys.executable, "-m", "idp", "init"], env=settings, check=True)
    this: Installation = create_app(settings).extensions["acrux_installation"]
    _measure(this, rows, folder / "export.jsonl")
    if this.settings.database_file is not None:
        print(f"the database has {this.settings.database_file.stat().st_size / 2**20:.0f} MiB")


if __name__ == "__main__":
    main()
