"""Files that are there whole or not at all, also when several processes write them at once."""

import multiprocessing
from pathlib import Path

import pytest

from idp.backup import whole_files


def _write_many(path: Path, mark: str) -> None:
    for _ in range(300):
        with whole_files.draft(path) as draft:
            draft.write_text(mark * 1000)
            draft.replace(path)


@pytest.mark.slow
def test_processes_that_write_one_file_at_once_never_sweep_away_what_another_writes(
    tmp_path: Path,
) -> None:
    path = tmp_path / "note"
    fork = multiprocessing.get_context("fork")
    writers = [fork.Process(target=_write_many, args=(path, mark)) for mark in "abc"]
    for each in writers:
        each.start()
    for each in writers:
        each.join(60)
    assert [each.exitcode for each in writers] == [0, 0, 0]
    assert path.read_text() in {mark * 1000 for mark in "abc"}
    assert [each.name for each in tmp_path.iterdir()] == ["note"]


def test_a_draft_is_its_owners_alone_from_the_first_byte(tmp_path: Path) -> None:
    with whole_files.draft(tmp_path / "note") as draft:
        assert draft.stat().st_mode & 0o777 == 0o600
