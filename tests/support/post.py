"""A post office for one test: settings, keys, a database with its tables and a clock to shift."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from flask import Flask

from idp import clock
from idp.crypto import Keyring, random_token
from idp.messages import Post
from idp.messages.carriers.transport import DeliveryError, Letter
from idp.settings.reading import load
from idp.settings.values import Settings
from idp.store.db import Work, connections, work
from idp.store.db.statements import Statement
from idp.store.models.service import Outbox
from tests.support import clock_file

KEYRING = Keyring((b"k" * 32,))
NUMBER = "+64215550123"
ADDRESS = "rangi@example.org"
CODE = "493817"
SOON = 20
"""Seconds after which something that ought to be quick has failed, on a busy machine too."""
TEMPORARY = DeliveryError(False, "busy")
REFUSED = DeliveryError(True, "no such number")
NOT_ME = "https://id.example.org/n/" + "x" * 22
SMS = {"brand": "Acrux", "code": CODE, "host": "id.example.org", "not_me": NOT_ME}
SUPPORT = {
    "support_email": "help@example.org",
    "support_phone": "",
    "support_hours": "",
    "support_url": "",
}
MAIL = {
    "brand": "Acrux",
    "name": "Rangi",
    "code": CODE,
    "client": None,
    **SUPPORT,
    "not_me": NOT_ME,
}
_ROW = Statement(
    "SELECT state, attempts, due_at, sealed, error, reference FROM outbox WHERE id = :id"
)


@dataclass(frozen=True)
class Row:
    """What the outbox says of a message."""

    state: str
    attempts: int
    due_at: int
    sealed: bytes | None
    error: str | None
    reference: str | None


class _Quiet(Work):
    """A unit of work that nudges no one: the message waits for whoever the test sends."""

    def after_commit(self, call: Any) -> None:
        pass


@dataclass
class Desk:
    """A Post and what stands around it."""

    settings: Settings
    engine: Any
    post: Post

    def another_post(self, keyring: Keyring = KEYRING) -> Post:
        """Return a second Post on the same outbox, as another process has."""
        return Post(self.settings, keyring, self.engine)

    def with_settings(self, section: str, **values: Any) -> Post:
        """Return a Post on the same outbox whose settings differ."""
        part = replace(getattr(self.settings, section), **values)
        return Post(replace(self.settings, **{section: part}), KEYRING, self.engine)

    def send_sms(self, to: str = NUMBER, lifetime: int = 600, quiet: bool = False) -> str:
        return self.send("sms", "sms-code", to, SMS, lifetime, quiet)

    def send_mail(self, to: str = ADDRESS, lifetime: int = 600, quiet: bool = False) -> str:
        return self.send("mail", "address-code", to, MAIL, lifetime, quiet)

    def send(
        self,
        channel: str,
        kind: str,
        to: str,
        values: Mapping[str, object],
        lifetime: int = 600,
        quiet: bool = False,
    ) -> str:
        """Put a message in and commit; `quiet` keeps this process from sending it by itself."""
        unit = (_Quiet if quiet else Work)(self.engine)
        try:
            outbox_id = self.post.enqueue(
                unit, channel=channel, kind=kind, to=to, values=dict(values), lifetime=lifetime
            )
            unit.commit()
        finally:
            unit.close()
        return outbox_id

    def row(self, outbox_id: str) -> Row:
        with work(self.engine) as unit:
            found = unit.one(_ROW, id=outbox_id)
        assert found is not None
        return Row(*found)

    def files(self, channel: str = "sms") -> list[Path]:
        """Return what the directory transport wrote, oldest first."""
        return sorted((self.settings.instance_path / channel).glob("*.json"))


class Way:
    """A way of sending whose outcomes are laid down: a reference, an exception, or a call."""

    def __init__(self, *outcomes: Any) -> None:
        self.outcomes = list(outcomes)
        self.letters: list[Letter] = []

    def send(self, letter: Letter) -> str | None:
        self.letters.append(letter)
        outcome = self.outcomes.pop(0) if self.outcomes else "reference"
        if isinstance(outcome, Exception):
            raise outcome
        return outcome() if callable(outcome) else outcome


def use(post: Post, channel: str, *outcomes: Any) -> Way:
    """Have `post` send by a way with these outcomes."""
    way = Way(*outcomes)
    post._attempts.ways[channel] = (way,)
    return way


class Travel:
    """Shifts the clock of this process, and of those that read the same file."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._offset = 0

    def on(self, seconds: int) -> None:
        """Let `seconds` pass."""
        self._offset += seconds
        clock_file.shift(self.file, self._offset)


@contextmanager
def travel(directory: Path) -> Iterator[Travel]:
    """A clock that can be shifted inside the `with`."""
    traveller = Travel(directory / "clock")
    clock.use_offset_file(str(traveller.file))
    try:
        yield traveller
    finally:
        clock.use_offset_file(None)


def settings(directory: Path, environ: Mapping[str, str] | None = None) -> Settings:
    """Return the settings of a test installation in `directory`."""
    base = {"ACRUX_ENV": "testing", "ACRUX_INSTANCE__PATH": str(directory / "instance")}
    return load({**base, **(environ or {})})


def engine(url: str, create: bool = True) -> Any:
    """Return an engine on the database at `url`, with the outbox in it if `create`."""
    made = connections.init_app(Flask(f"test-{random_token(4)}"), url, 5)
    if create:
        metadata = connections.db.metadata
        metadata.create_all(made, tables=[metadata.tables[Outbox.__tablename__]])
    return made


@contextmanager
def desk(url: str, directory: Path, environ: Mapping[str, str] | None = None) -> Iterator[Desk]:
    """A post office on the database at `url`, closed at the end."""
    loaded = settings(directory, environ)
    made = engine(url)
    try:
        yield Desk(loaded, made, Post(loaded, KEYRING, made))
    finally:
        connections.close(made)
