"""What a command needs of the installation: the same parts as a server, without a request.

A command's change and its event are one transaction, whose origin names the operator's account on
this machine.
"""

import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import click
from flask import Flask

from idp import clock
from idp.assembly import install
from idp.caller import Caller
from idp.cli import schema
from idp.errors import CommandError
from idp.installation import Installation
from idp.keyring import keyring_check
from idp.messages import Post
from idp.operating import cases
from idp.operating.cases import Cases
from idp.settings import reading
from idp.settings.values import Settings
from idp.store import db
from idp.store.db import Work, connections


@dataclass(frozen=True)
class Context:
    """An installation, and the bare application that carries its extensions."""

    app: Flask
    installation: Installation

    @cached_property
    def cases(self) -> Cases:
        """What can be done here."""
        return cases.of(self.installation)

    @contextmanager
    def work(self) -> Iterator[Work]:
        """Open the transaction of a command."""
        with db.work(self.installation.engine) as unit:
            unit.caller = Caller(address=f"cli:{_operator()}"[:64])
            yield unit


SETTLE = 5.0
"""Seconds for which an ending command waits for a message on its way; the worker sends the rest."""


def read_settings() -> Settings:
    """Read the settings and obey the testing clock, as a server does."""
    loaded = reading.load()
    clock.use_offset_file(loaded.test.clock or None)
    return loaded


def build(loaded: Settings) -> Context:
    """Build the parts of the installation; the schema is whatever it is."""
    app = Flask("idp")
    installation = install(app, loaded)
    close_at_end(installation.engine, installation.post)
    return Context(app, installation)


def close_at_end(engine: Any, post: Post | None = None) -> None:
    """Close the database connections when the command ends, those of its senders too."""
    command = click.get_current_context(silent=True)
    if command is None:
        return
    command.call_on_close(lambda: connections.close(engine))
    if post is not None:
        # Called in reverse order: first the senders give their connections back.
        command.call_on_close(lambda: post.settle(SETTLE))


def open_installation() -> Context:
    """Build the parts of an installation that is ready for work.

    Raises:
        ConfigurationError: a setting is wrong, there is no keyring, or it is another database's.
        CommandError: the schema is not the one this version needs.
    """
    context = build(read_settings())
    problem = schema.problem(context.installation.engine)
    if problem:
        raise CommandError(problem)
    keyring_check.check(context.installation.engine, context.installation.keyring)
    return context


def _operator() -> str:
    """Return the account of this machine that runs the command; no variable can pretend another."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())
