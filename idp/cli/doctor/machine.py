"""What `acrux doctor` finds on this machine: files, keys, clock, stages, leftovers."""

import json
import os
import stat
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from idp import clock, crypto
from idp.cli.doctor.finding import BAD, GOOD, OPEN, Finding
from idp.errors import ConfigurationError
from idp.keyring import keyring_check, presence
from idp.oidc.tokens.signing_keys import FIRST_ALGS, why_not_published
from idp.policy.rollout import Stage
from idp.policy.steps import EnrolmentProof
from idp.rollout import stages as use
from idp.rollout.drafts import SETTING
from idp.settings.values import Settings
from idp.store import events, people
from idp.store.db import Work
from idp.store.db.schema import database_time
from idp.store.events import Filter
from idp.store.oidc import clients, signing_keys
from idp.store.rollout import stages
from idp.store.service import backups
from idp.store.tags import walking

DRIFT = 5
"""Seconds by which our clock and the database's may differ."""
OLDEST_NOW = 1_767_225_600
"""2026: no clock that is right is before it."""
LATEST_NOW = 4_102_444_800
MEND_SEALS = {
    "signing_key": "they are published no longer; `acrux keys rotate --now` where none signs",
    "credential": "those people need a new password (`acrux user invite`) or factor",
    "client": "`acrux client rotate-secret` for those that sign with their secret",
    "outbox": "those messages are never sent",
}
MEND_TAGS = "they are refused: bring back the keyring, or see `acrux rows check`"
NOT_OURS = "its row was changed from outside"
OLDEST_BACKUP = 2 * 86400
DEMO_DOMAIN = "@demo.example"
_PAGE = 1000


def folder_findings(loaded: Settings) -> Iterator[Finding]:
    """The instance folder and the keyring are there and no one else can read them."""
    folder = loaded.instance_path
    if not folder.is_dir():
        yield Finding(BAD, "instance", f"{folder} is not there", "run `acrux init`")
    elif others := _open_to_others(folder):
        yield Finding(BAD, "instance", others, f"chmod 700 {folder}")
    else:
        yield Finding(GOOD, "instance", str(folder))
    try:
        keyring = crypto.load_keyring(loaded.keyring_path)
    except ConfigurationError as error:
        yield Finding(BAD, "keyring", str(error))
        return
    yield Finding(GOOD, "keyring", f"{loaded.keyring_path}, {_count(len(keyring.keys), 'key')}")


def database_file_findings(loaded: Settings) -> Iterator[Finding]:
    """No one else can read the file of SQLite."""
    file = loaded.database_file
    if file is not None and (others := _open_to_others(file)):
        yield Finding(BAD, "database file", others, f"chmod 600 {file}")


def seal_findings(work: Work, engine: Any, keyring: crypto.Keyring | None) -> Iterator[Finding]:
    """The keyring is this database's, and opens all that is sealed in it."""
    if keyring is None:
        yield Finding(OPEN, "seals", "cannot be opened without a keyring")
        return
    if trouble := keyring_check.problem(work, keyring):
        yield Finding(BAD, "seals", trouble)
        return
    lost = keyring_check.unopenable(work, engine, keyring)
    for table, count in lost.items():
        text = f"{count} of the table {table} were sealed with a key that the keyring lacks"
        yield Finding(BAD, "seals", text, MEND_SEALS.get(table, MEND_TAGS))
    if not lost:
        yield Finding(GOOD, "seals", "the keyring opens what is sealed")


def row_findings(work: Work, keyring: crypto.Keyring | None) -> Iterator[Finding]:
    """What lasts and decides is as this installation wrote it."""
    if keyring is None:
        yield Finding(OPEN, "rows", "cannot be checked without a keyring")
        return
    tables = Counter(row.table for row in walking.refused(work, all_of_them=False))
    for table, count in tables.items():
        text = f"{count} of the table {table} changed from outside, and refused"
        yield Finding(BAD, "rows", text, "`acrux rows check` lists them")
    if not tables:
        yield Finding(GOOD, "rows", "all that decide are as they were written")


def process_findings(work: Work, keyring: crypto.Keyring | None) -> Iterator[Finding]:
    """Every process that is at work opens what is sealed now."""
    found = presence.at_work(work)
    lacking = presence.lacking(work, keyring) if keyring else []
    if lacking:
        text = f"{len(lacking)} of {len(found)} lacks the newest key of the keyring"
        mend = "copy the keyring to that machine"
        yield Finding(BAD, "processes", f"{text} ({presence.named(lacking)})", mend)
    elif found:
        yield Finding(GOOD, "processes", f"at work: {presence.named(found)}")


def _open_to_others(path: Path) -> str:
    mode = stat.S_IMODE(os.stat(path).st_mode)
    return f"{path} has mode {mode:o}, open to others" if mode & 0o077 else ""


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def key_findings(work: Work, keyring: crypto.Keyring | None) -> Iterator[Finding]:
    """There is a key to sign with for each algorithm, and every key is what it was made as."""
    rows, ours = signing_keys.listed(work), signing_keys.everything(work)
    doubts = {row.kid: why_not_published(row, keyring) if keyring else "" for row in rows}
    doubts |= {row.kid: doubts[row.kid] or NOT_OURS for row in rows if row not in ours}
    for row in rows:
        if trouble := doubts[row.kid]:
            text = f"{row.kid} is not published, because {trouble}"
            mend = "bring back the keyring, or `acrux keys withdraw` it"
            yield Finding(BAD, f"key {row.kid}", text, mend)
    for alg in FIRST_ALGS:
        active = [
            row
            for row in rows
            if row.alg == alg and row.retired_at is None and row.active_at <= clock.now()
        ]
        name = f"key {alg}"
        if not active:
            yield Finding(
                BAD, name, "none can sign", "run `acrux init`, or `acrux keys rotate --now`"
            )
        elif keyring is None:
            yield Finding(OPEN, name, "cannot be opened without a keyring")
        elif good := [row for row in active if not doubts[row.kid]]:
            yield Finding(GOOD, name, f"{good[-1].kid} signs")
        else:
            yield Finding(BAD, name, "none that the keyring opens", "bring back the keyring")


def clock_findings(work: Work, engine: Any) -> Iterator[Finding]:
    """Our clock is plausible, and not far from the database's."""
    now = clock.now()
    said = clock.iso(now)
    newest = events.listing(work, Filter(), 1)
    theirs = database_time(engine)
    if not OLDEST_NOW <= now < LATEST_NOW:
        yield Finding(BAD, "clock", f"says {said}", "switch time synchronisation on (NTP)")
    elif newest and newest[0].at > now + DRIFT:
        text = f"says {said}, before the newest event ({clock.iso(newest[0].at)})"
        yield Finding(BAD, "clock", text, "set it right")
    elif theirs is not None and abs(theirs - now) > DRIFT:
        text = f"is {abs(theirs - now)} s away from the database's"
        yield Finding(BAD, "clock", text, "synchronise both (NTP)")
    else:
        yield Finding(GOOD, "clock", said)


def stage_findings(work: Work, loaded: Settings) -> Iterator[Finding]:
    """Every stage names a level that exists."""
    found = stages.everything(work)
    known = {level.name for level in loaded.levels}
    wrong = [stage for stage in found if stage.level not in known]
    for stage in wrong:
        text = f"{stage.id} asks for {stage.level}, which is no level, so nobody is held to it"
        yield Finding(BAD, "stages", text, "remove the stage, or declare the level")
    if not wrong:
        yield Finding(GOOD, "stages", _count(len(found), "stage") if found else "none")
    yield from _proof_findings(found, use.unsent(loaded))


def backup_findings(work: Work) -> Iterator[Finding]:
    """A backup was made lately: as far as `acrux backup` was what made it."""
    newest, restored = backups.newest(work), backups.last_restore(work)
    if restored is not None and restored.restored_at is not None:
        text = f"restored at {clock.iso(restored.restored_at)} from one of "
        yield Finding(GOOD, "epoch", f"{restored.epoch}, {text}{clock.iso(restored.made_at)}")
    if newest is None:
        yield Finding(OPEN, "backup", "none by `acrux backup` is known", "see docs/operate.md")
        return
    age = clock.now() - newest.made_at
    text = f"the last was made at {clock.iso(newest.made_at)}"
    if age > OLDEST_BACKUP:
        yield Finding(BAD, "backup", f"{text}, {age // 86400} days ago", "run `acrux backup`")
    else:
        yield Finding(GOOD, "backup", text)


def _proof_findings(found: Iterable[Stage], unsent: frozenset[EnrolmentProof]) -> Iterator[Finding]:
    """What must come back before a second step can come, and is something."""
    for stage in found:
        if stage.stopped_at is not None:
            continue
        if stage.proof in unsent:
            text = f"proof = {stage.proof}, and no such code is sent"
            mend = f"switch that on, or `acrux stage set {stage.id} --proof {SETTING}`"
            yield Finding(BAD, f"stage {stage.id}", text, mend)
        if stage.trusting:
            yield Finding(OPEN, f"stage {stage.id}", f"proof = none: {use.TRUSTING}")


def leftover_findings(work: Work, loaded: Settings) -> Iterator[Finding]:
    """People and applications of the demo have no place in production."""
    if loaded.environment != "production":
        return
    names = [p.username for p in _everyone(work) if p.email.endswith(DEMO_DOMAIN)]
    ours = [row.id for row in clients.everything(work) if _is_local(row.data)]
    for name in names:
        mend = f"`acrux user disable {name}`"
        yield Finding(BAD, "leftovers", f"{name} is a person of the demo", mend)
    for client_id in ours:
        mend = f"`acrux client delete {client_id}`, or set its redirect_uris"
        yield Finding(BAD, "leftovers", f"{client_id} answers to http://localhost", mend)
    if not names and not ours:
        yield Finding(GOOD, "leftovers", "nothing of a demo")


def _everyone(work: Work) -> Iterator[people.PersonRow]:
    offset = 0
    while page := people.everyone(work, _PAGE, offset):
        yield from (person for person in page if person.disabled_at is None)
        offset += len(page)


def _is_local(data: str) -> bool:
    uris = map(urlsplit, json.loads(data).get("redirect_uris", []))
    return any(uri.scheme == "http" and uri.hostname == "localhost" for uri in uris)
