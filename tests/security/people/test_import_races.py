"""Two imports of the same people at the same moment: each person once, each invited once."""

import json
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest

from idp.errors import CommandError
from idp.people.intake import plans, rows
from idp.people.intake.carrying_out import Options
from idp.people.intake.files import open_source
from idp.people.intake.plans import Outcome
from idp.store import people
from idp.store.db import Work, again
from idp.store.db.statements import Statement
from tests.protocol.command import Acrux
from tests.security.serving.crowd import THREADS, at_once, build_arena, number
from tests.support.site import Site

PEOPLE = [f"p{number:03}" for number in range(120)]
"""More than one transaction."""


@pytest.fixture(params=THREADS)
def arena(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    yield from build_arena(request, tmp_path_factory)


def write(file: Path, names: Sequence[str], kind: str = "staff") -> str:
    rows = "".join(f"{name},{name}@example.org,{kind}\n" for name in names)
    file.write_text("username,email,type\n" + rows)
    return str(file)


def imported(arena: Site, file: str, options: Options) -> Counter[Outcome]:
    """Import a file in this thread, and count what became of its rows."""
    with arena.work() as unit:
        said = arena.installation.intake.carry_out(unit, open_source(Path(file)), options)
        return Counter(one.outcome for one in said)


def test_two_imports_at_once_add_and_invite_everyone_once(arena: Site, tmp_path: Path) -> None:
    file = write(tmp_path / "people.csv", PEOPLE)
    words = ("user", "import", file, "--invite", "--update", "--json")
    command = Acrux(arena.environ)
    done = at_once([partial(command.beside, *words)] * 2)
    assert [one.returncode for one in done] == [0, 0], [one.stderr for one in done]
    counts = [json.loads(one.stdout)["counts"] for one in done]
    assert sum(count["added"] for count in counts) == len(PEOPLE)
    assert sum(count["unchanged"] for count in counts) == len(PEOPLE)
    everyone_once(arena)


def test_nor_do_two_wait_for_each_other_whose_rows_are_in_opposite_orders(
    arena: Site, tmp_path: Path
) -> None:
    files = [write(tmp_path / "one.csv", PEOPLE), write(tmp_path / "two.csv", PEOPLE[::-1])]
    options = Options(update=True, invite=True)
    counts = at_once([partial(imported, arena, file, options) for file in files])
    assert sum(counts, Counter()) == {
        Outcome.ADDED: len(PEOPLE),
        Outcome.UNCHANGED: len(PEOPLE),
    }
    everyone_once(arena)


def everyone_once(arena: Site) -> None:
    assert number(arena, "SELECT count(*) FROM person") == len(PEOPLE)
    assert number(arena, "SELECT count(*) FROM link") == len(PEOPLE)
    invitations = "SELECT count(*) FROM outbox WHERE kind = 'invitation'"
    assert number(arena, invitations) == len(PEOPLE)
    assert len(arena.events(kind="operator:person:invited")) == len(PEOPLE)


def test_two_imports_at_once_change_the_same_people_in_opposite_orders(
    arena: Site, tmp_path: Path
) -> None:
    imported(arena, write(tmp_path / "first.csv", PEOPLE), Options())
    files = [
        write(tmp_path / "one.csv", PEOPLE, "clinician"),
        write(tmp_path / "two.csv", PEOPLE[::-1], "clinician"),
    ]
    counts = at_once([partial(imported, arena, file, Options(update=True)) for file in files])
    assert sum(counts, Counter()) == {
        Outcome.CHANGED: len(PEOPLE),
        Outcome.UNCHANGED: len(PEOPLE),
    }
    assert len(arena.events(kind="operator:person:changed")) == len(PEOPLE)


def test_what_ctrl_c_breaks_off_is_done_whole_or_not_at_all(arena: Site, tmp_path: Path) -> None:
    names = [f"p{number:04}" for number in range(2000)]
    words = ("user", "import", write(tmp_path / "people.csv", names), "--invite")
    command = Acrux(arena.environ)
    with command.running(*words) as process:
        assert process.stdout is not None
        assert "p0000: added" in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _out, said = process.communicate(timeout=60)
    assert process.returncode == 1
    last = said.splitlines()[-1]
    assert last.startswith("acrux: broken off: each row is done whole or not at all"), said
    begun = number(arena, "SELECT count(*) FROM person")
    assert 0 < begun < len(names)
    assert number(arena, "SELECT count(*) FROM link") == begun
    invitations = "SELECT count(*) FROM outbox WHERE kind = 'invitation'"
    assert number(arena, invitations) == begun
    assert len(arena.events(kind="operator:person:added")) == begun
    rest = json.loads(command.beside(*words, "--json").stdout)["counts"]
    assert (rest["added"], rest["unchanged"]) == (len(names) - begun, begun)
    assert number(arena, invitations) == len(names)


def test_an_import_and_the_split_of_a_shared_profile_add_the_same_people_at_once(
    arena: Site, tmp_path: Path
) -> None:
    """Whoever comes second finds them there: the import goes on, the split says so."""
    names = [f"p{number:03}" for number in range(60)]
    arena.person("reception", password=None)
    file = tmp_path / "people.csv"
    file.write_text("email\n" + "".join(f"{name}@example.org\n" for name in names))
    persons = [word for name in names[::-1] for word in ("--person", f"{name}:{name}@example.org")]
    command = Acrux(arena.environ)
    commands = [
        ("user", "import", str(file)),
        ("profiles", "split", "reception", *persons, "--closes", "2099-01-01"),
    ]
    added, split = at_once([partial(command.beside, *words) for words in commands])
    assert added.returncode == 0, added.stderr
    assert split.returncode == 0 or "belongs to somebody already" in split.stderr
    assert number(arena, "SELECT count(*) FROM person") == 1 + len(names)


def test_two_transactions_that_wait_for_each_other_are_both_done(arena: Site) -> None:
    """PostgreSQL ends one of them, which begins again; on SQLite they wait from the beginning."""
    ids = [arena.person(name, password=None) for name in ("aroha", "mere")]
    gate = threading.Barrier(2)

    def renamed(first: str, second: str) -> int:
        tries = 0

        def change() -> int:
            nonlocal tries
            tries += 1
            people.lock_person(unit, first)
            if tries == 1 and arena.installation.engine.name == "postgresql":
                gate.wait(30)
            people.lock_person(unit, second)
            return tries

        with arena.work() as unit:
            return again.committed(unit, change)

    tried = at_once([partial(renamed, *ids), partial(renamed, *ids[::-1])])
    assert min(tried) == 1
    assert (max(tried) > 1) == (arena.installation.engine.name == "postgresql")
    assert number(arena, "SELECT sum(epoch) FROM person") == 4


def test_of_two_who_add_the_same_two_people_one_is_told_that_they_are_there(arena: Site) -> None:
    gate = threading.Barrier(2)

    def added(first: str, second: str) -> str:
        tries = 0

        def add() -> str:
            nonlocal tries
            tries += 1
            for name in (first, second):
                people.add(unit, username=name, email=f"{name}@example.org", name=name)
                if tries == 1 and arena.installation.engine.name == "postgresql" and name == first:
                    gate.wait(30)
            return "added"

        try:
            with arena.work() as unit:
                return again.committed(unit, add)
        except CommandError as error:
            return str(error)

    told = at_once([partial(added, *names) for names in (("aroha", "mere"), ("mere", "aroha"))])
    assert "added" in told
    assert any("belongs to somebody already" in text for text in told), told
    assert number(arena, "SELECT count(*) FROM person") == 2


def test_a_command_that_had_to_give_way_says_so_in_a_line(
    arena: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def giving_way(*_values: object) -> None:
        raise psycopg.errors.DeadlockDetected("deadlock detected")

    monkeypatch.setattr("idp.people.sorting.change", giving_way)
    arena.person("aroha", password=None)
    said = Acrux(arena.environ).refused("user", "set", "aroha", "type=staff")
    assert said.endswith("what this one began is undone: run it again")


class Slow(Work):
    """Between its first question and its second, another process adds people."""

    meanwhile: Callable[[], Any] | None = None

    def all(self, statement: Statement, **values: Any) -> list[Any]:
        found = super().all(statement, **values)
        then, self.meanwhile = self.meanwhile, None
        if then is not None:
            then()
        return found


def test_somebody_added_between_two_questions_about_a_row_is_the_one_it_is_about(
    site: Site,
) -> None:
    row = rows.read({"username": "tane", "email": "tane@example.org"}, site.installation.settings)
    unit = Slow(site.installation.engine)
    unit.meanwhile = site.person
    found = plans.whose(unit, row)
    unit.close()
    assert found is not None
    assert found.username == "tane"
