"""Years of sign-ins, written straight into the tables: leaves with their tree, and events.

What the product would take days to write. The leaves are canonical and sealed by the installation's
key, so the pages and the verifiers take them for what they are; only each thousandth has its tag
and all its events, and can be opened.
"""

import json
import random
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Any

import psycopg

from idp import clock
from idp.evidence import checkpoint, tiles, tree
from idp.evidence.checkpoint import Checkpoint
from idp.ledger import keys
from idp.store import db
from idp.store.db.statements import Statement
from idp.store.ledger import log
from idp.store.tags.kinds import LEAF
from tests.protocol.sign_ins import tokens
from tests.support.site import MFA, Site

OPENED = 1000
"""One leaf of so many can be opened, and has the events of its sign-in."""
PASSWORD_ONLY = "urn:acrux:acr:1fa"
_BATCH = 50_000
_DRAWN = 65_536
_WAYS = (
    (PASSWORD_ONLY, ("pwd",), ("password",)),
    (MFA, ("pwd", "sms", "mfa"), ("password", "sms")),
    ("urn:acrux:acr:mfa-app", ("pwd", "otp", "mfa"), ("password", "totp")),
    ("phr", ("pop", "user", "mfa"), ("webauthn",)),
)
_OFTEN = (55, 5, 30, 10)
_FACTORS = {
    "password": (("pwd",), ("knowledge",), ()),
    "sms": (("sms",), ("possession",), ("telephone",)),
    "totp": (("otp",), ("possession",), ()),
    "webauthn": (("pop", "user"), ("inherence", "possession"), ("phishing-resistant",)),
}
_EVENT = (
    *("at", "kind", "outcome", "person_id", "client_id", "interaction_id", "sid", "acr", "amr"),
    *("auth_time", "source", "reason", "data", "request_id"),
)
_LEAF = ("jti", "at", "body", "seq", "tag")


@dataclass(frozen=True)
class Size:
    """How much there is to be."""

    leaves: int
    people: int = 200_000
    clients: int = 1_000
    days: int = 365
    times: int = 1
    """How often the first leaves are written again by the database itself, later each time."""


class History:
    """What is written, made from one seed: the same each time but for its keys."""

    def __init__(self, site: Site, size: Size) -> None:
        self.site, self.size = site, size
        chance = random.Random(1)
        self._drawn = [self._draw(chance) for _ in range(_DRAWN)]
        self.now = clock.now()
        self._begin = self.now - size.days * 86400
        self.step = size.days * 86400 / size.leaves
        self._policy = self._rules()
        self.first = self._first()

    def _draw(self, chance: random.Random) -> tuple[int, int, int, float]:
        """Return an application, a person, a way and a kind of grant; few have most of them."""
        client = int(self.size.clients * chance.random() ** 3)
        who = int(self.size.people * chance.random() ** 2)
        return client, who, chance.choices(range(len(_WAYS)), _OFTEN)[0], chance.random()

    def _rules(self) -> str:
        """Let somebody sign in, so that the rules are in the ledger; return their digest."""
        app = self.site.application("first")
        self.site.person("first")
        tokens(self.site, app, "first")
        self.site.installation.sealer.seal()
        with self.site.work() as work:
            bodies = work.column(Statement("SELECT body FROM ledger_leaf ORDER BY seq"))
        found: str = next(b["basis"]["policy"] for b in map(json.loads, bodies) if "basis" in b)
        return found

    def _first(self) -> int:
        with self.site.work() as work:
            newest = log.newest(work)
        assert newest
        return newest.size

    def people(self) -> Iterator[tuple[Any, ...]]:
        """Return the people's rows: `sub`, user name, address, name."""
        for at in range(self.size.people):
            yield person(at), f"person{at}", f"person{at}@example.org", f"Person {at}"

    def clients(self) -> Iterator[tuple[Any, ...]]:
        """Return the applications' rows: identifier and name."""
        for at in range(self.size.clients):
            yield f"app{at}", f"Application {at}"

    def leaves(self, work: db.Work) -> Iterator[tuple[tuple[Any, ...], list[tuple[Any, ...]]]]:
        """Return each leaf's row with the rows of its events."""
        for at in range(self.size.leaves // self.size.times):
            when = self._begin + int(at * self.step)
            yield self._one(work, at, when)

    def _one(
        self, work: db.Work, number: int, at: int
    ) -> tuple[tuple[Any, ...], list[tuple[Any, ...]]]:
        client, who, way, kind = self._drawn[number * 7919 % _DRAWN]
        # Not the same people at the same applications each time that the numbers are through.
        who = (who + number // _DRAWN * 31) % self.size.people
        acr, amr, methods = _WAYS[way]
        whole = number % OPENED == 0
        kind = 0.0 if whole else kind
        jti, sid = f"j{number:021d}", f"s{number:021d}"
        if kind > 0.9:
            body = self._own(at, client, jti)
            events = [_event(at, "client:own-token:issued", client=client, jti=jti)]
        else:
            grant = "authorization_code" if kind < 0.25 else "refresh_token"
            basis = self._basis(at, who, client, methods)
            body = _token(at, client, grant, jti, sid, acr, amr, basis, self.site.issuer)
            name = "issued" if kind < 0.25 else "refreshed"
            said: dict[str, Any] = {
                "client": client,
                "who": who,
                "sid": sid,
                "acr": acr,
                "amr": amr,
            }
            events = [_event(at, f"client:token:{name}", jti=jti, **said)]
            if whole:
                events = [*_before(at, number, said), *events]
        tag = LEAF.tag(work, jti=jti, at=at, body=body) if whole else None
        return (jti, at, body, self.first + number, tag), [*events, *_rare(number, at, who)]

    def _own(self, at: int, client: int, jti: str) -> str:
        iss = self.site.issuer
        return (
            f'{{"at":{at},"client":"app{client}","grant":"client_credentials","iss":"{iss}",'
            f'"jti":"{jti}","kind":"token","scope":["read"],"tokens":["access_token"],"v":1}}'
        )

    def _basis(self, at: int, who: int, client: int, methods: tuple[str, ...]) -> str:
        floor = f'"client":"{PASSWORD_ONLY}"' if client % 3 == 0 else ""
        asked = f'"acr_values":["{MFA}"]' if client % 5 == 0 else ""
        proofs = _proofs(methods).replace("AT", str(at - 5))
        return (
            f'{{"at":{at},"floor":{{{floor}}},"policy":"{self._policy}","proofs":[{proofs}],'
            f'"reason":"level reached","requested":{{{asked}}},"sub":"{pseudonym(who)}"}}'
        )


def person(number: int) -> str:
    """Return the `sub` of a person of the history."""
    return f"p{number:021d}"


def pseudonym(number: int) -> str:
    """Return what the ledger calls that person."""
    return f"y{number:021d}"


@cache
def _proofs(methods: tuple[str, ...]) -> str:
    """Return the proofs of a basis, with AT for their time."""
    found = []
    for method in methods:
        amr, factors, traits = _FACTORS[method]
        more = f',"traits":{_list(traits)}' if traits else ""
        said = f'"amr":{_list(amr)},"at":AT,"factors":{_list(factors)},"method":"{method}"'
        found.append(f"{{{said}{more}}}")
    return ",".join(found)


@cache
def _list(words: tuple[str, ...]) -> str:
    return "[" + ",".join(f'"{word}"' for word in words) + "]"


def _token(
    at: int,
    client: int,
    grant: str,
    jti: str,
    sid: str,
    acr: str,
    amr: tuple[str, ...],
    basis: str,
    iss: str,
) -> str:
    return (
        f'{{"acr":"{acr}","amr":{_list(amr)},"at":{at},"auth_time":{at - 5},"basis":{basis},'
        f'"client":"app{client}","grant":"{grant}","iss":"{iss}","jti":"{jti}","kind":"token",'
        f'"scope":["openid"],"sid":"{sid}","tokens":["access_token","id_token"],"v":1}}'
    )


def _event(
    at: int,
    kind: str,
    *,
    client: int | None = None,
    who: int | None = None,
    jti: str = "",
    number: int = 0xDEADBEEF,
    **more: Any,
) -> tuple[Any, ...]:
    acr, amr = more.get("acr"), more.get("amr")
    return (
        *(at, kind, more.get("outcome", "done")),
        *(None if who is None else person(who), None if client is None else f"app{client}"),
        *(more.get("interaction_id"), more.get("sid"), acr, " ".join(amr) if amr else None),
        *(at - 5 if acr else None, more.get("source", "198.51.100.7"), more.get("reason")),
        more.get("data") or (f'{{"jti": "{jti}"}}' if jti else None),
        f"{at:08x}{number:08x}",
    )


def _before(at: int, number: int, said: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    """Return the events of a sign-in that come before its tokens."""
    interaction, plain = f"i{number:021d}", {"client": said["client"], "who": said["who"]}
    yield _event(at - 1, "person:factor:proved", interaction_id=interaction, **plain)
    yield _event(at, "person:sign-in:finished", interaction_id=interaction, **said)
    yield _event(at, "client:code:issued", **said)


def _rare(number: int, at: int, who: int) -> Iterator[tuple[Any, ...]]:
    if number % 50 == 0:
        reason, interaction = "password: wrong password", f"r{number:021d}"
        more: dict[str, Any] = {
            "outcome": "refused",
            "reason": reason,
            "interaction_id": interaction,
        }
        yield _event(at, "person:factor:rejected", who=who, client=who % 7, **more)
    if number % 5_000 == 0:
        roles = {"roles": ["auditor"]} if number % 50_000 == 0 else {"groups": ["north"]}
        data = json.dumps({"before": {next(iter(roles)): []}, "after": roles})
        yield _event(at, "operator:person:changed", who=who, data=data, source="cli:root")


Write = Callable[[str, tuple[str, ...], Iterable[tuple[Any, ...]]], None]


def fill(site: Site, size: Size, said: Callable[[str], None] = lambda _: None) -> None:
    """Write a history, its tree and its checkpoint; return when all stands."""
    made = History(site, size)
    engine = site.installation.engine
    write, end = writer(engine)
    again = _without_indexes(site)
    now = clock.now()
    columns = ("id", "username", "email", "name", "email_verified", "phone_verified", "user_type")
    rest = ("roles", "claims", "member_of", "created_at", "updated_at")
    constant = (engine.dialect.name == "postgresql") or 1
    plain = ((*one, constant, constant, "user", "", "{}", "[]", now, now) for one in made.people())
    write("person", (*columns, *rest), plain)
    named = ((person(at), pseudonym(at), b"") for at in range(size.people))
    write("pseudonym", ("person_id", "name", "key"), named)
    apps = ((*one, "{}", now, now) for one in made.clients())
    write("client", ("id", "name", "data", "created_at", "updated_at"), apps)
    said("people and applications are there")
    kept = _write_leaves(site, made, write, said)
    for statement in again:
        with _patient(site) as work:
            work.run(Statement(statement))
        said(statement)
    _seal(site, made.first, made.first + kept)
    end()


_INDEXES = {
    "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
    " AND tbl_name IN ('event', 'ledger_leaf')",
    "postgresql": "SELECT indexname, indexdef FROM pg_indexes"
    " WHERE tablename IN ('event', 'ledger_leaf') AND indexname LIKE 'ix%'",
}


def _without_indexes(site: Site) -> list[str]:
    """Drop the indexes of what is long, and return what makes them again when it is there."""
    with site.work() as work:
        found = work.all(Statement(_INDEXES[work.engine.dialect.name]))
        for name, _ in found:
            work.run(Statement(f"DROP INDEX {name}"))
    return [made for _, made in found]


@contextmanager
def _patient(site: Site) -> Iterator[db.Work]:
    """Return a unit of work whose statements may take long."""
    with site.work() as work:
        if work.engine.dialect.name == "postgresql":
            work.run(Statement("SET LOCAL statement_timeout = 0"))
        yield work


def _write_leaves(site: Site, made: History, write: Write, said: Callable[[str], None]) -> int:
    """Write the rows, and return how many leaves those are."""
    work = db.Work(site.installation.engine)
    rows, kept = made.leaves(work), 0
    while batch := list(islice(rows, _BATCH)):
        write("ledger_leaf", _LEAF, (leaf for leaf, _ in batch))
        write("event", _EVENT, (event for _, events in batch for event in events))
        kept += len(batch)
        said(f"{kept} leaves")
    work.close()
    _copy(site, made, kept, said)
    return kept * made.size.times


def _seal(site: Site, start: int, size: int) -> None:
    """Make the tree over the leaves as they stand now, and sign it."""
    grown = _Growing(site)
    for first in range(start, size, _BATCH):
        with _patient(site) as work:
            found = work.column(_BODIES, start=first, end=min(first + _BATCH, size))
        grown.add([tree.leaf_hash(body.encode()) for body in found])
    grown.sign()


_BODIES = Statement("SELECT body FROM ledger_leaf WHERE seq >= :start AND seq < :end ORDER BY seq")
_SIGNED_IN, _OWN = ("'\"at\":'", "',\"auth_time\"'"), ("'{\"at\":'", "',\"client\"'")
"""What stands before and behind the time of a leaf of tokens, and of an application's own."""


def _at_later(body: str, before: str, behind: str) -> str:
    later = f"{before} || (at + :shift) || {behind}"
    return f"replace({body}, {before} || at || {behind}, {later})"


_LATER = _at_later(_at_later("body", *_SIGNED_IN), *_OWN)
_COPY_LEAVES = (
    "INSERT INTO ledger_leaf (jti, at, body, seq) SELECT :name || substr(jti, 2), at + :shift,"
    f""" replace({_LATER}, '"jti":"j', '"jti":"' || :mark), seq + :further FROM ledger_leaf"""
    " WHERE seq >= :first AND seq < :end ORDER BY seq"
)
_COPY_EVENTS = (
    f"INSERT INTO event ({', '.join(_EVENT)}) SELECT at + :shift, "
    + ", ".join(_EVENT[1:]).replace("data", 'replace(data, \'"jti": "j\', \'"jti": "\' || :mark)')
    + " FROM event WHERE id > :after AND id <= :last ORDER BY id"
)


def _copy(site: Site, made: History, kept: int, said: Callable[[str], None]) -> None:
    """Write the same again for the times after: each copy goes on where the one before ends."""
    with site.work() as work:
        last = work.value(Statement("SELECT max(id) FROM event"))
        after = work.value(Statement("SELECT max(id) FROM event WHERE at >= :now"), now=made.now)
    for copy in range(1, made.size.times):
        shift, mark = int(copy * kept * made.step), chr(ord("A") + copy)
        with _patient(site) as work:
            work.run(
                Statement(_plain(_COPY_LEAVES, shift=shift)),
                mark=mark,
                name=mark,
                further=copy * kept,
                first=made.first,
                end=made.first + kept,
            )
            work.run(
                Statement(_plain(_COPY_EVENTS, shift=shift)), mark=mark, after=after, last=last
            )
        said(f"{(copy + 1) * kept} leaves")


def _plain(text: str, **numbers: int) -> str:
    """Return SQL with these numbers in it: PostgreSQL is told no type of a parameter."""
    for name, number in numbers.items():
        text = text.replace(f":{name}", str(number))
    return text


class _Growing:
    """The tree over the leaves, in memory until it is signed."""

    def __init__(self, site: Site) -> None:
        self._site = site
        with site.work() as work:
            newest = log.newest(work)
            assert newest
            self._size = newest.size
            self._tiles = {(0, 0): log.tile(work, 0, 0)}

    def _read(self, level: int, number: int, _width: int) -> bytes:
        return self._tiles.get((level, number), b"")

    def add(self, hashes: list[bytes]) -> None:
        grown = tiles.grow(self._read, self._size, hashes)
        self._tiles |= grown.tiles
        self._size, self._root = grown.size, grown.root

    def sign(self) -> None:
        this = self._site.installation
        with self._site.work() as work:
            for (level, number), hashes in self._tiles.items():
                log.put_tile(work, level, number, hashes)
            issuer = this.settings.server.issuer
            signer = keys.signers(work, this.keyring, issuer, lambda *_: None, None)[-1]
            head = Checkpoint(signer.name, self._size, self._root)
            log.add_checkpoint(work, self._size, str(checkpoint.sign(head, signer)))
            work.run(
                Statement(
                    "UPDATE ledger_tree SET size = :size,"
                    " last_id = (SELECT max(id) FROM ledger_leaf) WHERE id = 1"
                ),
                size=self._size,
            )


def writer(engine: Any) -> tuple[Write, Callable[[], None]]:
    """Return what writes rows as fast as the database takes them, and what ends that."""
    if engine.dialect.name == "sqlite":
        file = sqlite3.connect(engine.url.database, isolation_level=None)
        file.execute("PRAGMA synchronous = OFF")
        file.execute("PRAGMA cache_size = -500000")

        def write(table: str, columns: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> None:
            marks = ", ".join("?" * len(columns))
            file.execute("BEGIN IMMEDIATE")
            text = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"
            file.executemany(text, rows)
            file.execute("COMMIT")

        def end() -> None:
            file.execute("ANALYZE")
            file.close()

        return write, end
    line = psycopg.connect(
        host=engine.url.query["host"], dbname=engine.url.database, user=engine.url.username
    )

    def copy(table: str, columns: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> None:
        text = f"COPY {table} ({', '.join(columns)}) FROM STDIN"
        with line.cursor() as cursor, cursor.copy(text) as into:
            for row in rows:
                into.write_row(row)
        line.commit()

    def finish() -> None:
        line.autocommit = True
        line.execute("VACUUM ANALYZE")
        line.close()

    return copy, finish
