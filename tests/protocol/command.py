"""The `acrux` command as an operator uses it: words in, what it prints and its exit status out."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click.testing
import pytest
from flask import Flask

from idp import clock
from idp.cli import main
from idp.store.db import connections
from tests.support import first_state
from tests.support.programs import warm

ISSUER = "http://localhost:5000"
SECONDS = 120
"""After which a server that is refused has not been."""
MOST = 2**20


class Acrux:
    """The command, bound to one installation's environment."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = dict(environ)

    def run(self, *words: str, stdin: str | bytes | None = None) -> click.testing.Result:
        """Run a command in this process; `serve`, which starts others, beside it."""
        if words[:1] == ("serve",):
            return self._serve(*words)
        with pytest.MonkeyPatch.context() as patch:
            for name in list(os.environ):
                if name.startswith("ACRUX_"):
                    patch.delenv(name)
            for name, value in self.environ.items():
                patch.setenv(name, value)
            result = click.testing.CliRunner().invoke(main, words, input=stdin, prog_name="acrux")
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    def _serve(self, *words: str) -> click.testing.Result:
        status, said, warned = self._warm(*words)
        runner = click.testing.CliRunner()
        return click.testing.Result(runner, said, warned, said + warned, None, status, None)

    def _warm(self, *words: str) -> tuple[int, bytes, bytes]:
        """Return exit status, output and errors of a process that is there at once."""
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            process = warm.parent().start(words, self.process_environ(), out, err)
            try:
                status = process.wait(SECONDS)
            finally:
                process.kill()
            said, warned = (os.pread(file.fileno(), MOST, 0) for file in (out, err))
        return status, said, warned

    def __call__(self, *words: str, stdin: str | bytes | None = None) -> str:
        """Run a command that succeeds; return what it prints on standard output."""
        result = self.run(*words, stdin=stdin)
        assert result.exit_code == 0, result.output
        return result.stdout_bytes.decode()

    def json(self, *words: str, stdin: str | bytes | None = None) -> Any:
        """Run a command with --json and return what it prints."""
        return json.loads(self(*words, "--json", stdin=stdin))

    def refused(self, *words: str, stdin: str | bytes | None = None) -> str:
        """Run a command that cannot be carried out; return its one line."""
        result = self.run(*words, stdin=stdin)
        assert result.exit_code == 1, result.output
        assert result.stdout == ""
        line = result.stderr
        assert line.startswith("acrux: "), line
        assert line.count("\n") == 1, line
        assert line.endswith("\n"), line
        return line.removeprefix("acrux: ").rstrip("\n")

    def events(self, **filters: str) -> list[dict[str, Any]]:
        """Return the events that match, oldest first."""
        options = [word for key, value in filters.items() for word in (f"--{key}", value)]
        lines = self("audit", "tail", "-n", "1000", "--json", *options).splitlines()
        return [json.loads(line) for line in lines]

    # -- as a process of its own

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "idp", *words]

    def process_environ(self) -> dict[str, str]:
        clean = {k: v for k, v in os.environ.items() if not k.startswith("ACRUX_")}
        return {**clean, **self.environ}

    def in_process(
        self, *words: str, cwd: Path | None = None
    ) -> "subprocess.CompletedProcess[str]":
        """Run a command as an operator does and wait for its end."""
        return subprocess.run(
            self.command(*words),
            env=self.process_environ(),
            cwd=cwd,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def beside(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """The same, in a process that was forked from one that had loaded the product before."""
        status, said, warned = self._warm(*words)
        return subprocess.CompletedProcess(words, status, said.decode(), warned.decode())

    @contextmanager
    def at_work(self, *words: str) -> Iterator[warm.Server]:
        """Run a command that goes on, forked so, and end it afterwards; nobody hears it."""
        with open(os.devnull, "wb") as nowhere:
            process = warm.parent().start(words, self.process_environ(), nowhere, nowhere)
        try:
            yield process
        finally:
            process.kill()
            process.wait(SECONDS)

    @contextmanager
    def running(self, *words: str) -> Iterator["subprocess.Popen[str]"]:
        """Run a command that goes on, and end it afterwards."""
        process = subprocess.Popen(
            self.command(*words),
            env=self.process_environ(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()
            process.communicate()


def environment(folder: Path, database_url: str) -> dict[str, str]:
    """Return the settings of an installation in `folder`, nothing of which exists yet."""
    (folder / "clock").write_text("0")
    return {
        "ACRUX_ENV": "testing",
        "ACRUX_SERVER__ISSUER": ISSUER,
        "ACRUX_INSTANCE__PATH": str(folder / "instance"),
        "ACRUX_DATABASE__URL": database_url,
        "ACRUX_SMS__DIRECTORY": str(folder / "sms"),
        "ACRUX_MAIL__DIRECTORY": str(folder / "mail"),
        "ACRUX_TEST__CLOCK": str(folder / "clock"),
    }


@pytest.fixture
def bare(tmp_path: Path, empty_database: str) -> Iterator[Acrux]:
    """A machine on which nothing was set up yet, once for each database."""
    yield Acrux(environment(tmp_path, empty_database))
    clock.use_offset_file(None)


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An instance folder after `acrux init` on SQLite, to be copied: keys take a while to make."""
    folder = tmp_path_factory.mktemp("prepared")
    Acrux(environment(folder, ""))("init")
    return folder / "instance"


@pytest.fixture
def acrux(tmp_path: Path, database_url: str, prepared: Path) -> Iterator[Acrux]:
    """An installation after `acrux init`, once for each database."""
    found = Acrux(environment(tmp_path, database_url))
    _, sqlite, file = database_url.partition("sqlite:///")
    if sqlite:
        copy = Path(found.environ["ACRUX_INSTANCE__PATH"])
        shutil.copytree(prepared, copy)
        (copy / "acrux.db").rename(file)
    else:
        engine = connections.init_app(Flask("init"), database_url, 1)
        first_state.migrate(engine)
        connections.close(engine)
        with first_state.ready_keys():
            found("init")
    yield found
    clock.use_offset_file(None)


@pytest.fixture
def small_bare(tmp_path: Path) -> Iterator[Acrux]:
    """A machine on which nothing was set up yet; SQLite, in the instance folder."""
    yield Acrux(environment(tmp_path, ""))
    clock.use_offset_file(None)


@pytest.fixture
def small_acrux(small_bare: Acrux, prepared: Path) -> Acrux:
    """An installation on SQLite alone, for what no database changes."""
    shutil.copytree(prepared, small_bare.environ["ACRUX_INSTANCE__PATH"])
    return small_bare
