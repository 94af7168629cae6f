"""What a witness answers is believed when its key signed it; the pack and verifiers have it."""

import base64
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from idp.settings import witness_places
from idp.store.db.statements import Statement
from tests.protocol.ledger.auditing import seal, write
from tests.protocol.ledger.test_pack import day, packed, used
from tests.support.ledgers.ledger_files import LOG, OTHER_WITNESS, WITNESS, cosigned, key_of_witness
from tests.support.programs.https import Answer, Received, https_server
from tests.support.site import Site

KEY = str(key_of_witness(WITNESS))
Signs = Callable[[str], str]


def honest(note: str) -> str:
    return cosigned(note, 1_700_000_100, WITNESS)


def moved(note: str) -> str:
    """Return the note with a signature of another second than it says."""
    begin, _, signature = honest(note).rstrip("\n").rpartition(" ")
    raw = bytearray(base64.b64decode(signature))
    raw[11] ^= 1
    return f"{begin} {base64.b64encode(raw).decode()}\n"


class StandIn:
    """A witness that signs whatever it is asked, and answers as it is told."""

    def __init__(self) -> None:
        self.signs: Signs = honest

    def __call__(self, request: Received) -> Answer:
        note = request.body.decode().split("\n\n", 1)[1]
        return Answer(self.signs(note).removeprefix(note).encode())


@pytest.fixture
def stand_in(tmp_path: Path) -> Iterator[tuple[StandIn, dict[str, str]]]:
    """A stand-in, and the settings of a site that asks it."""
    made, folder = StandIn(), tmp_path / "witness"
    folder.mkdir()
    with https_server({"/add-checkpoint": made}, folder) as server:
        settings = {"evidence__witnesses": f"{KEY} {server.url('')}"}
        yield made, {**settings, "egress__ca_bundle": str(server.ca_bundle)}


def lines(site: Site) -> list[str]:
    with site.work() as work:
        return work.column(Statement("SELECT line FROM ledger_cosignature ORDER BY size"))


@pytest.mark.parametrize(
    ("signs", "says"),
    [
        (lambda note: note, "whole lines of signatures"),
        (lambda note: cosigned(note, 1, OTHER_WITNESS), "no key that is known has signed this"),
        (moved, "the signature of witness.example is wrong"),
        (lambda note: f"{note}— {WITNESS.name} AAAA\n", "a line of a signature is"),
        (lambda note: f"{note}{'x' * 5000}", "the answer is larger than"),
    ],
    ids=["nothing", "of-another", "another-time", "no-line", "too-much"],
)
def test_what_is_no_signature_of_the_witness_is_not_kept(
    stand_in: tuple[StandIn, dict[str, str]], tmp_path: Path, signs: Signs, says: str
) -> None:
    witness, settings = stand_in
    witness.signs = signs
    site = Site(tmp_path, "", **settings)
    try:
        write(site, "a1")
        seal(site)
        [line] = site.installation.anchors.follow()
        assert says in line
        assert lines(site) == []
        witness.signs = lambda note: cosigned(note, 1_700_000_100, OTHER_WITNESS, WITNESS)
        site.advance(60)
        assert site.installation.anchors.follow() == []
        assert [line.split()[1] for line in lines(site)] == [WITNESS.name]
    finally:
        site.close()


@pytest.mark.slow
def test_a_pack_has_what_was_signed_and_is_checked_with_the_keys_of_witnesses(
    stand_in: tuple[StandIn, dict[str, str]], tmp_path: Path, database_url: str
) -> None:
    site = Site(tmp_path, database_url, **stand_in[1])
    try:
        used(site)
        seal(site)
        site.installation.anchors.follow()
        folder = packed(site, tmp_path, day(), day(1))
        assert (folder / "witnesses.txt").read_text() == f"{KEY}\n"

        def verified(*words: str) -> tuple[int, str]:
            program = [sys.executable, "verify/acrux_verify_pack.py", "--key", "@keys.txt"]
            done = subprocess.run(
                [*program, *words, "."], cwd=folder, capture_output=True, text=True, check=False
            )
            return done.returncode, done.stdout + done.stderr

        status, said = verified("--witness", KEY)
        assert (status, "1 witnesses or more signed" in said) == (0, True), said
        status, said = verified("--witness", str(key_of_witness(OTHER_WITNESS)))
        assert (status, "CANNOT TELL (unwitnessed)" in said) == (2, True), said
    finally:
        site.close()


@pytest.mark.parametrize(
    "text",
    ["", KEY, f"{KEY} http://w/", f"{KEY} https://w/?a", f"{LOG.verifier} https://w/", "a+b+c d"],
)
def test_what_is_no_witness_is_refused(text: str) -> None:
    [line] = witness_places.problems([text], 1)
    assert line.startswith("evidence.witnesses number 1 ")


def test_no_more_witnesses_are_needed_than_there_are_and_each_is_named_once() -> None:
    entry = f"{KEY} https://w/"
    assert list(witness_places.problems([entry], 1)) == []
    assert list(witness_places.problems([], 1)) == []
    assert "nothing would ever be published" in next(witness_places.problems([entry], 2))
    assert "twice" in next(witness_places.problems([entry, entry], 1))
