"""`python -m benchmarks.growth`: what the hot paths cost when the tables are large.

Two installations, of which one is filled by SQL with people, authorizations, tokens and events that
nobody asks for; then both are measured in turn. What fills has no tags: nothing reads it.
"""

import argparse
import os
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import psycopg

from benchmarks import machine
from benchmarks.installation import Site, running
from benchmarks.load import Unexpected, drive
from benchmarks.operations import OPERATIONS, sign_in

LOADS = ("flow", "refresh", "client-credentials", "userinfo", "introspection", "sign-in")
CONNECTIONS = 8
_SLOW = 4
"""How much longer a sign-in is measured: it takes twenty times as long."""
_SIGNS = "-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
"""Those of base64url in their order: what is filled in lies between all that is real."""
_PLACES = (3, 2, 1, 0)
_SERIES = {
    "sqlite": "(WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n"
    " WHERE i + 1 < {count}) SELECT i FROM n)",
    "postgresql": "generate_series(0::bigint, {count} - 1) AS n(i)",
}
_BEFORE = {
    "sqlite": ("PRAGMA foreign_keys=OFF", "PRAGMA synchronous=OFF", "PRAGMA cache_size=-500000"),
    "postgresql": ("SET session_replication_role = replica", "SET synchronous_commit = off"),
}
_AFTER = {
    "sqlite": ("PRAGMA wal_checkpoint(TRUNCATE)",),
    "postgresql": ("VACUUM (ANALYZE)", "CHECKPOINT"),
}
_PERSON = (
    "INSERT INTO person (id, username, email, email_verified, phone_verified, name, user_type,"
    " roles, claims, created_at, updated_at, locale_chosen, member_of, epoch) SELECT {key},"
    " 'grown' || i, 'grown' || i || '@example.net', {no}, {no}, 'Grown ' || i, 'person', '',"
    " '{{}}', {now}, {now}, {no}, '[]', 0 FROM {series}"
)
_AUTHORIZATION = (
    'INSERT INTO "authorization" (id, code_digest, code_expires_at, code_used_at, redirect_uri,'
    " client_id, person_id, subject, session_id, sid, scope, acr, amr, methods, auth_time,"
    " says_auth_time, created_at, basis) SELECT {key}, {key}, {now}, {now},"
    " 'https://app.invalid/callback', 'bench', {person}, 'grown', {key}, {key},"
    " 'openid profile email offline_access', 'urn:acrux:mfa', 'pwd otp mfa', 'password totp',"
    " {now}, {no}, {now}, '{basis}' FROM {series}"
)
_TOKEN = (
    "INSERT INTO token (digest, kind, authorization_id, scope, created_at, expires_at) SELECT"
    " {key}, CASE i % 2 WHEN 0 THEN 'access' ELSE 'refresh' END, {authorization},"
    " 'openid profile email offline_access', {now}, {now} + 86400 + i % 86400 FROM {series}"
)
_EVENT = (
    "INSERT INTO event (at, kind, outcome, person_id, client_id, sid, acr, amr, auth_time, source,"
    " data) SELECT {now} - {count} + i, 'token:tokens:issued', 'done', {person},"
    " 'bench', {key}, 'urn:acrux:mfa', 'pwd otp mfa', {now}, '192.0.2.1', '{basis}' FROM {series}"
)


def fill(url: str, people: int, grants: int, tokens: int) -> None:
    """Fill the database at `url` (psycopg's, or the path of a file) with so many rows."""
    dialect = "postgresql" if url.startswith("postgresql") else "sqlite"
    no = "false" if dialect == "postgresql" else "0"
    rows = ((_PERSON, people), (_AUTHORIZATION, grants), (_TOKEN, tokens), (_EVENT, grants))
    with closing(_connected(dialect, url)) as connection:
        for statement in _BEFORE[dialect]:
            connection.execute(statement)
        for statement, count in rows:
            began = time.monotonic()
            values = {
                "count": count,
                "no": no,
                "now": int(time.time()),
                "basis": "x" * 400,
                "series": _SERIES[dialect].format(count=count),
                "key": _key("i", count),
                "person": _key(f"(i % {people})", people),
                "authorization": _key(f"(i / {max(tokens // grants, 1)})", grants),
            }
            connection.execute(statement.format(**values))
            print(
                f"{statement.split()[2]}: {count} in {time.monotonic() - began:.0f} s", flush=True
            )
        for statement in _AFTER[dialect]:
            connection.execute(statement)


def _connected(dialect: str, url: str) -> Any:
    if dialect == "postgresql":
        return psycopg.connect(url, autocommit=True)
    return sqlite3.connect(url, isolation_level=None, timeout=60)


def _key(number: str, count: int) -> str:
    """Return SQL for a key that rises with `number`, which is below `count`, through all keys."""
    place = f"({number} * {64**4} / {count})"
    signs = (
        f"substr('{_SIGNS}', CAST({place} / {64**at} % 64 AS INTEGER) + 1, 1)" for at in _PLACES
    )
    return f"{' || '.join(signs)} || '{'x' * 20}' || CAST({number} + {10**18} AS TEXT)"


@contextmanager
def _pair(database: str, options: argparse.Namespace, core: int | None) -> Iterator[list[Site]]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="acrux-growth-")))
        folder.chmod(0o755)
        sites = []
        for name in ("small", "large"):
            place = folder / name
            place.mkdir()
            made = running(database, place, people_count=1000, connections=CONNECTIONS, core=core)
            sites.append(stack.enter_context(made))
        url = sites[1].environ["ACRUX_DATABASE__URL"].replace("+psycopg", "")
        file = next((folder / "large" / "instance").glob("*.db"), None) if not url else None
        fill(url or str(file), options.people, options.grants, options.tokens)
        yield sites


def _measure(site: Site, load: str, seconds: float, core: int | None) -> tuple[float, float]:
    """Return CPU microseconds of an operation, and milliseconds at the 99th percentile."""
    with site.connections() as connections:
        sources = [partial(OPERATIONS[load], site.party, browser) for browser in site.browsers]
        meter = partial(machine.read, site.processes, core)
        latencies, taken = drive(
            connections, sources, warm_up=seconds / 3, seconds=seconds, meter=meter
        )
    if not latencies:
        raise Unexpected(f"no {load} ended in {seconds} s")
    worst = sorted(latencies)[int(len(latencies) * 0.99)]
    return taken.server / len(latencies) * 1e6, worst * 1e3


def _compare(sites: list[Site], options: argparse.Namespace, core: int | None) -> Iterator[str]:
    for site in sites:
        with site.connections() as connections:
            for connection, browser in zip(connections, site.browsers, strict=True):
                connection.begin(sign_in(site.party, browser))
                connection.finish()
    for load in LOADS:
        found: list[list[tuple[float, float]]] = []
        for number in range(options.rounds):
            turn = sites if number % 2 else sites[::-1]
            seconds = options.seconds * (_SLOW if load == "sign-in" else 1)
            measured = {id(one): _measure(one, load, seconds, core) for one in turn}
            found.append([measured[id(one)] for one in sites])
        small, large = ([each[at] for each in found] for at in (0, 1))
        ratio = median(b[0] / a[0] for a, b in zip(small, large, strict=True))
        cpu = [median(one[0] for one in side) for side in (small, large)]
        worst = [median(one[1] for one in side) for side in (small, large)]
        yield (
            f"| {load:18} | {cpu[0]:6.0f} | {cpu[1]:6.0f} | {ratio:5.2f}"
            f" | {worst[0]:5.1f} | {worst[1]:5.1f} |"
        )


def main(words: Sequence[str] | None = None) -> int:
    """Fill, measure, and print a table for each database."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth", description=__doc__)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--grants", type=int, default=1_000_000)
    parser.add_argument("--tokens", type=int, default=10_000_000)
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args(words)
    cores = machine.cores()
    server, load = cores or (None, None)
    with _pair(options.database, options, server) as sites, machine.on_core(load):
        print(f"{options.database}: {options.people} people, {options.grants} authorizations,")
        print(f"{options.tokens} tokens; CPU us small, large, ratio; p99 ms small, large")
        for line in _compare(sites, options, server):
            print(line, flush=True)
        for site, name in zip(sites, ("small", "large"), strict=True):
            print(f"{name}: {machine.memory(site.processes[0]):.0f} MiB", flush=True)
    return 0


if __name__ == "__main__":
    os.umask(0o022)
    sys.exit(main())
