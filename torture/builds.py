"""Copies of the product to be tortured: with crash points, and broken on purpose.

A patch replaces one text of one file, which must stand there exactly once. So a broken build says
what it breaks, and one that no longer fits the code fails loudly and proves nothing.
"""

import compileall
import shutil
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent
TREES = ("idp", "templates", "migrations", "config")


class DoesNotFit(Exception):
    """The code has changed: the text that a patch replaces is not there once."""


@dataclass(frozen=True)
class Patch:
    """In `file`, `old` becomes `new`."""

    file: str
    old: str
    new: str

    def apply(self, root: Path) -> None:
        """Change the file below `root`.

        Raises:
            DoesNotFit: the old text is missing, or stands there more than once.
        """
        path = root / self.file
        text = path.read_text()
        if text.count(self.old) != 1:
            raise DoesNotFit(f"{self.file} holds {text.count(self.old)} times {self.old!r}")
        path.write_text(text.replace(self.old, self.new))


@dataclass(frozen=True)
class Broken:
    """A build that is wrong on purpose: what it does, and the rule by which that is found."""

    name: str
    found_by: str
    patches: tuple[Patch, ...]
    faults: tuple[str, ...] = ("none",)
    """What brings it to light."""


@dataclass(frozen=True)
class Build:
    """A copy of the product at `root`."""

    root: Path
    name: str = ""


def make(root: Path, broken: Broken | None = None) -> Build:
    """Copy the product to `root`, with its crash points, and break it if asked.

    Raises:
        DoesNotFit: see `Patch.apply`.
    """
    root.mkdir()
    for tree in TREES:
        shutil.copytree(ROOT / tree, root / tree)
    shutil.copy(HERE / "points.py", root / "torture_points.py")
    for patch in broken.patches if broken else ():
        patch.apply(root)
    for points in POINTS.values():
        points.apply(root)
    # Once: each process that is killed and started again would compile all of it.
    compileall.compile_dir(root, quiet=2)
    return Build(root, broken.name if broken else "")


def _before(name: str, file: str, line: str) -> Patch:
    indent = line[: len(line) - len(line.lstrip())]
    return Patch(file, line, f'{indent}__import__("torture_points").reach("{name}")\n{line}')


POINTS = {
    "claim": _before(
        "claim", "idp/store/db/__init__.py", "        before = self._put_off.up_to(since)"
    ),
    "event": _before("event", "idp/audit/__init__.py", "        events.add(work, **values)"),
    "commit": _before("commit", "idp/store/db/transaction.py", '        self._execute("COMMIT")'),
    "commit-together": _before(
        "commit-together", "idp/store/db/together.py", '    execute("COMMIT")'
    ),
    "commit-alone": _before(
        "commit-alone", "idp/store/db/__init__.py", "        self._send(*whole)"
    ),
    "committed": _before(
        "committed", "idp/store/db/__init__.py", "        for call in self._put_off.take_calls():"
    ),
    "leaf": _before(
        "leaf", "idp/store/ledger/leaves.py", "    work.later(_ADD, **values, tag=LEAF.tag("
    ),
    "seal-begun": _before(
        "seal-begun", "idp/ledger/sealing.py", "        leaves = turns.unsealed(work, BATCH)"
    ),
    "seal-claimed": _before(
        "seal-claimed", "idp/ledger/sealing.py", "        if turns.number(work, turn.size,"
    ),
    "seal-numbered": _before(
        "seal-numbered",
        "idp/ledger/sealing.py",
        "        for (level, number), hashes in grown.tiles.items():",
    ),
    "seal-signed": _before(
        "seal-signed", "idp/ledger/sealing.py", "        log.add_checkpoint(work, grown.size,"
    ),
    "answer": _before(
        "answer",
        "idp/serving/gateway.py",
        "            if self._leaving:\n                begun.headers",
    ),
    "send": _before(
        "send", "idp/messages/post.py", "            reference = self._attempts.send(row)"
    ),
    "sent": _before(
        "sent", "idp/messages/post.py", "        writer = self._attempts.writer(row.channel)"
    ),
}
"""By name: between what and what a process may be killed."""
