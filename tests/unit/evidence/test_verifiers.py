"""Two programs that use nothing of ours find what was done to a ledger, and say it alike."""

import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.evidence import checkpoint, note
from tests import evidence_vectors as vectors
from tests.support.ledgers.ledger_files import LOG, begin, head_of, leaves, written

VERIFIERS = Path(__file__).parents[3] / "tools" / "verify"
CASES = json.loads((vectors.FOLDER / "cases.json").read_text())
STATUS = {"ok": 0, "changed": 1, "unknown": 2}
each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])


@pytest.fixture(scope="module")
def in_python() -> ModuleType:
    """The program in Python, without a process for each question."""
    spec = importlib.util.spec_from_file_location("acrux_verify", VERIFIERS / "acrux_verify.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["acrux_verify"] = module
    spec.loader.exec_module(module)
    return module


def found(case: dict[str, Any], in_python: ModuleType) -> dict[str, Any]:
    """Return what the program in Python says of a case."""
    files, anchors = (
        [str(vectors.FOLDER / name) for name in case[of]] for of in ("files", "anchors")
    )
    witnesses = case.get("witnesses", ()), case.get("quorum", 1)
    said: dict[str, Any] = in_python.verdict(files, case["keys"], anchors, *witnesses).said
    return said


def words(case: dict[str, Any]) -> list[str]:
    """Return a case as words of a command line."""
    keys = [word for key in case["keys"] for word in ("--key", key)]
    anchors = [word for name in case["anchors"] for word in ("--anchor", vectors.FOLDER / name)]
    witnesses = [word for key in case.get("witnesses", ()) for word in ("--witness", key)]
    quorum = ["--quorum", case["quorum"]] if witnesses else []
    files = (vectors.FOLDER / name for name in case["files"])
    return [str(word) for word in (*keys, *anchors, *witnesses, *quorum, *files)]


def run(*command: str, given: bytes = b"") -> tuple[int, str, str]:
    done = subprocess.run(command, input=given, capture_output=True, timeout=60, check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


@pytest.mark.slow
def test_the_vectors_are_those_that_are_made() -> None:
    """Made again by `make vectors`."""
    assert {
        file.name: file.read_bytes() for file in vectors.FOLDER.iterdir()
    } == vectors.everything()


@each_case
def test_what_was_done_is_named_with_its_rows(case: dict[str, Any], in_python: ModuleType) -> None:
    said = found(case, in_python)
    assert said == {**said, **case["expected"]}


@pytest.mark.node
@each_case
def test_the_program_in_javascript_says_the_same(
    case: dict[str, Any], in_python: ModuleType, node: str
) -> None:
    said = found(case, in_python)
    program = str(VERIFIERS / "acrux_verify.mjs")
    expected = STATUS[said["verdict"]], in_python.canonical(said) + "\n", ""
    assert run(node, program, "--json", *words(case)) == expected


def program(name: str, node: str) -> list[str]:
    return {
        "python": [sys.executable, "-I", str(VERIFIERS / "acrux_verify.py")],
        "javascript": [node, str(VERIFIERS / "acrux_verify.mjs")],
    }[name]


each_program = pytest.mark.parametrize("name", ["python", "javascript"])


@pytest.mark.node
@each_program
@pytest.mark.parametrize(
    ("case", "status", "says"),
    [
        ("good", 0, "OK: 12 rows of id.example/evidence from row 0 on are as they were signed"),
        ("edited", 1, "CHANGED (edited): row 4: its body is not what was signed"),
        ("cut-in-a-line", 2, "CANNOT TELL (cut): "),
        ("proof", 0, "OK: row 4 of id.example/evidence is this leaf, among 12 that were signed"),
    ],
)
def test_a_person_reads_one_line_and_a_program_the_exit_status(
    name: str, case: str, status: int, says: str, node: str
) -> None:
    [chosen] = [one for one in CASES if one["name"] == case]
    ended, out, errors = run(*program(name, node), *words(chosen))
    assert (ended, errors) == (status, "")
    assert out.startswith(says)
    assert out.count("\n") == 1


@pytest.mark.node
@each_program
def test_an_export_is_read_from_standard_input_and_keys_from_a_file(
    name: str, node: str, tmp_path: Path
) -> None:
    keys = tmp_path / "keys"
    keys.write_text(f"{LOG.verifier}\n\n")
    given = (vectors.FOLDER / "good.jsonl").read_bytes()
    status, out, _ = run(*program(name, node), "--key", f"@{keys}", "-", given=given)
    assert (status, out[:11]) == (0, "OK: 12 rows")


@pytest.mark.node
@each_program
@pytest.mark.parametrize(
    "line",
    [
        b'{"checkpoint":"' + b"a" * 2**18 + b'"}\n',
        b'{"checkpoint":"' + b"a" * 2**22,
        b'{"a":' * 40_000 + b"1" + b"}" * 40_000 + b"\n",
    ],
    ids=["long", "endless", "deep"],
)
def test_a_line_that_is_too_long_or_too_deep_is_refused(
    name: str, line: bytes, node: str, tmp_path: Path
) -> None:
    file = tmp_path / "export.jsonl"
    file.write_bytes(written([begin(leaves(0)), line]))
    command = (*program(name, node), "--json", "--key", str(LOG.verifier), str(file))
    status, out, errors = run(*command)
    assert (status, errors) == (2, "")
    assert json.loads(out)["kind"] == "bad input"


@pytest.mark.node
@each_program
@pytest.mark.parametrize(
    ("key", "file"),
    [
        (str(LOG.verifier), "nowhere.jsonl"),
        (str(LOG.verifier), "."),
        (str(LOG.verifier)[:-3], "cases.json"),
        ("@nowhere", "cases.json"),
        (f"{LOG.verifier}\n", "good.jsonl"),
    ],
)
def test_what_cannot_be_read_is_said_in_one_line(name: str, key: str, file: str, node: str) -> None:
    command = (*program(name, node), "--key", key, str(vectors.FOLDER / file))
    status, out, errors = run(*command)
    assert (status, errors, out.count("\n")) == (2, "", 1 + key.count("\n"))
    assert out.startswith("CANNOT TELL (bad input): ")


@pytest.mark.node
@each_program
def test_a_command_without_a_key_says_how_it_is_called(name: str, node: str) -> None:
    status, out, errors = run(*program(name, node), str(vectors.FOLDER / "good.jsonl"))
    assert (status, out) == (2, "")
    assert errors.startswith("usage: ")


@given(data=st.data())
def test_no_byte_of_an_export_can_be_changed(
    data: st.DataObject, in_python: ModuleType, tmp_path_factory: pytest.TempPathFactory
) -> None:
    whole = bytearray((vectors.FOLDER / "good.jsonl").read_bytes())
    at = data.draw(st.integers(0, len(whole) - 1))
    whole[at] = data.draw(st.integers(0, 255).filter(lambda byte: byte != whole[at]))
    file = tmp_path_factory.getbasetemp() / "changed.jsonl"
    file.write_bytes(whole)
    said = in_python.verdict([str(file)], [str(LOG.verifier)], []).said
    assert said["verdict"] != "ok", said


def test_the_example_of_the_document_is_signed_by_the_key_beside_it() -> None:
    text = (VERIFIERS.parents[1] / "docs/ledger.md").read_text()
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.M | re.S)
    signed, key = (block for language, block in blocks if not language)
    known = [note.parse_key(key.strip())]
    head, _ = checkpoint.opened(note.parse(signed.encode()), LOG.name, known)
    assert head == head_of(vectors.LEAVES, 2)
