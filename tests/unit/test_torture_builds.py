"""The builds of `make torture` fit the code, and the product has no crash point of its own."""

from pathlib import Path

import pytest

from torture.broken import BROKEN
from torture.builds import POINTS, ROOT, TREES, DoesNotFit, Patch, make
from torture.faults import FAULTS
from torture.rules import RULES


@pytest.mark.slow
@pytest.mark.parametrize("name", BROKEN)
def test_each_broken_build_can_be_made_and_compiles(tmp_path: Path, name: str) -> None:
    build = make(tmp_path / "build", BROKEN[name])
    changed = [patch.file for patch in (*BROKEN[name].patches, *POINTS.values())]
    for file in changed:
        compile((build.root / file).read_text(), file, "exec")


def test_each_broken_build_names_a_rule_and_faults_that_there_are() -> None:
    rules = {rule.__name__ for rule in RULES}
    assert {broken.found_by for broken in BROKEN.values()} <= rules
    assert {fault for broken in BROKEN.values() for fault in broken.faults} <= set(FAULTS)


def test_no_process_of_the_product_can_be_told_to_crash() -> None:
    """Crash points are written into copies alone: no setting and no variable reaches them."""
    for tree in TREES:
        for file in (ROOT / tree).rglob("*.py"):
            assert "torture" not in file.read_text(), file


def test_a_patch_that_does_not_fit_any_more_fails_loudly(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("one one")
    for old in ("one", "two"):
        with pytest.raises(DoesNotFit):
            Patch("file", old, "three").apply(tmp_path)
