"""A backup of what is being served: nothing half is in it, and no one waits for it."""

import threading
from pathlib import Path

import pytest

from idp.store.db.statements import Statement
from tests.protocol.backup.restoring import Elsewhere
from tests.protocol.command import Acrux
from tests.protocol.sign_ins import tokens
from tests.support.programs.documented import OPERATE
from tests.support.site import Application, Site
from tests.unit.test_docs import fences

WARM = 6
"""Sign-ins before the backup, and more during it."""


class Load:
    """Someone who signs in again and again, each time with tokens, until told to end."""

    def __init__(self, site: Site, app: Application) -> None:
        self.done = 0
        self.failure: BaseException | None = None
        self.warm, self._end = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, args=(site, app))

    def _run(self, site: Site, app: Application) -> None:
        try:
            while not self._end.is_set():
                tokens(site, app)
                self.done += 1
                if self.done >= WARM:
                    self.warm.set()
        except BaseException as error:
            self.failure = error
            self.warm.set()

    def __enter__(self) -> "Load":
        self._thread.start()
        assert self.warm.wait(120)
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()


@pytest.mark.slow
def test_a_served_database_is_backed_up_and_restored_with_nothing_half(
    site: Site, elsewhere: Elsewhere, tmp_path: Path
) -> None:
    site.person("tane")
    app, acrux = site.application("app"), Acrux(site.environ)
    file = tmp_path / "one.acrux-backup"
    with site.serve(), Load(site, app) as load:
        before = load.done
        done = acrux.beside("backup", str(file))
        after = load.done
    assert done.returncode == 0, done.stderr
    assert load.failure is None
    assert after > before, "no one waits for it"
    counts = acrux.json("backup", "--check", str(file))["tables"]
    place = elsewhere.place()
    place("restore", str(file))
    with elsewhere.site(place) as again:
        issued = len(again.events(kind="client:token:issued"))
        codes = len(again.events(kind="client:code:issued"))
        with again.work() as work:
            kept = work.value(Statement('SELECT count(*) FROM "authorization"'))
            live = work.value(
                Statement('SELECT count(*) FROM "authorization" WHERE revoked_at IS NULL')
            )
        assert before <= issued <= after + 1
        # A token and its event, a code and its event, are one transaction.
        assert (counts["token"], counts["authorization"]) == (issued, codes)
        assert (kept, live) == (codes, 0)
        tokens(again, app)


@pytest.mark.slow
def test_the_commands_of_the_handbook_do_what_it_says(small_acrux: Acrux, tmp_path: Path) -> None:
    """Both samples are run as they stand, but for the folder and the name of the file."""
    text = "".join(fences(OPERATE, "sh"))
    lines = [
        line for line in text.splitlines() if line.startswith(("acrux backup", "acrux restore"))
    ]
    folder = tmp_path / "kept"
    folder.mkdir()
    backup, check, dry, restore = lines

    def run(line: str) -> str:
        [made] = [str(each) for each in folder.iterdir()] or [""]
        words = line.replace("/var/backups/acrux/", "").split()[1:]
        ready = {"/var/backups/acrux": str(folder), "trail.jsonl": str(tmp_path / "trail.jsonl")}
        return small_acrux(
            *(made if word.endswith(".acrux-backup") else ready.get(word, word) for word in words)
        )

    run(backup)
    assert " is whole: " in run(check)
    small_acrux("user", "add", "late", "--email", "late@example.org")
    (tmp_path / "trail.jsonl").write_text(small_acrux("audit", "export"))
    assert "would be restored; nothing was changed" in run(dry)
    assert [one["username"] for one in small_acrux.json("user", "list")] == ["late"]
    said = run(restore)
    assert "late was added at" in said
    assert ".before-" in said
    assert small_acrux.json("user", "list") == []
