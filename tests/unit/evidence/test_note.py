"""Signed notes and checkpoints are read as C2SP says, and what is not exactly one is refused."""

import base64

import pytest

from idp.evidence import checkpoint, note
from idp.evidence.checkpoint import Checkpoint
from idp.evidence.note import Kind, NoteError, Signature, Signer, VerifierKey
from idp.evidence.tree import EMPTY_ROOT

KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
NOTE = """This is an example message.

— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=
"""  # noqa: E501
"""The example of the specification."""
LOG = Signer("id.example/evidence", bytes(range(32)))
OTHER = Signer("id.example/evidence", bytes(32))
WITNESS = Signer("witness.example", bytes(range(1, 33)))
TEXT = "a line\n\nand another\n"


def opened(raw: str, *keys: VerifierKey) -> list[str]:
    return [key.name for key, _ in note.verified(note.parse(raw.encode()), keys)]


def test_the_example_of_the_specification_is_verified() -> None:
    key = note.parse_key(KEY)
    assert str(key) == KEY
    assert opened(NOTE, key) == ["example.com/foo"]
    assert str(note.parse(NOTE.encode())) == NOTE


def test_what_we_sign_is_read_back_and_believed_by_our_key_alone() -> None:
    raw = str(LOG.sign(TEXT))
    assert note.parse(raw.encode()).text == TEXT
    assert opened(raw, LOG.verifier) == ["id.example/evidence"]
    with pytest.raises(NoteError, match="no key that is known"):
        opened(raw, OTHER.verifier)
    with pytest.raises(NoteError, match="no key that is known"):
        opened(raw)


def test_a_changed_text_is_a_wrong_signature() -> None:
    raw = str(LOG.sign(TEXT)).replace("another", "an other")
    with pytest.raises(NoteError, match=r"signature of id\.example/evidence is wrong"):
        opened(raw, LOG.verifier)


def test_lines_of_unknown_keys_are_passed_over_even_under_a_known_name() -> None:
    signed = LOG.sign(TEXT)
    forged = Signature(LOG.name, b"\0\0\0\0", bytes(64))
    stranger = WITNESS.sign(TEXT).signatures
    whole = note.Note(TEXT, (forged, *stranger, *signed.signatures))
    assert opened(str(whole), LOG.verifier) == [LOG.name]
    assert opened(str(whole), LOG.verifier, WITNESS.verifier) == ["witness.example", LOG.name]


def test_one_wrong_signature_of_a_known_key_spoils_a_note_with_a_right_one() -> None:
    wrong = Signature(WITNESS.name, WITNESS.verifier.key_id, bytes(64))
    whole = note.Note(TEXT, (*LOG.sign(TEXT).signatures, wrong))
    with pytest.raises(NoteError, match=r"witness\.example is wrong"):
        opened(str(whole), LOG.verifier, WITNESS.verifier)


def cosignature(moment: bytes, text: str = TEXT) -> note.Note:
    """Return a text that a witness saw at a time."""
    witness = VerifierKey(WITNESS.name, WITNESS.verifier.public, Kind.COSIGNATURE)
    seconds = int.from_bytes(moment, "big")
    value = WITNESS._key.sign(f"cosignature/v1\ntime {seconds}\n{text}".encode())
    return note.Note(text, (Signature(WITNESS.name, witness.key_id, moment + value),))


def test_a_witness_signs_with_the_time() -> None:
    key = note.parse_key(str(VerifierKey(WITNESS.name, WITNESS.verifier.public, Kind.COSIGNATURE)))
    signed = cosignature((1_679_315_147).to_bytes(8, "big"))
    assert opened(str(signed), key) == ["witness.example"]
    assert note.cosigned_at(signed.signatures[0].value) == 1_679_315_147
    with pytest.raises(NoteError, match="no key that is known"):
        opened(str(signed), WITNESS.verifier)
    moved = Signature(WITNESS.name, key.key_id, bytes(8) + signed.signatures[0].value[8:])
    beyond = cosignature(b"\xff" * 8).signatures[0]
    for wrong in (moved, beyond, Signature(WITNESS.name, key.key_id, b"short")):
        with pytest.raises(NoteError, match="is wrong"):
            opened(str(note.Note(TEXT, (wrong,))), key)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"text\n",
        b"text\n\n",
        NOTE.encode()[:-1],
        NOTE.encode() + b"\n",
        NOTE.encode() + b"and more\n",
        NOTE.encode().replace(b"\n\n", b"\n"),
        NOTE.encode().replace(b"\n", b"\r\n"),
        NOTE.encode().replace(b"example m", b"example\tm"),
        NOTE.encode().replace(b"example m", b"example\xffm"),
        NOTE.encode().replace("— ".encode(), b"- "),
        NOTE.encode().replace(b"/foo Uw", b"/foo  Uw"),
        NOTE.encode().replace(b"example.com/foo U", b" U"),
        NOTE.encode().replace(b"com/foo U", b"com+foo U"),
        NOTE.encode().replace(b"com/foo U", "com\u2003foo U".encode()),
        NOTE.encode().replace(b"aQM=", b"aQN="),
        NOTE.encode().replace(b"aQM=", b"aQM"),
        "a\n\n— foo AAAAAA==\n".encode(),
        ("a\n\n" + "— foo AAAAAAAA\n" * 101).encode(),
    ],
)
def test_what_is_not_exactly_a_note_is_refused(raw: bytes) -> None:
    with pytest.raises(NoteError):
        note.parse(raw)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "example.com/foo",
        "+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        KEY.replace("530d903a", "530d903b"),
        KEY.replace("530d903a", "530D903A"),
        KEY.replace("foo", "bar"),
        KEY.replace("+Ae", "+Be"),
        KEY.replace("+Ae", "+Ae+"),
        KEY[:-2],
        KEY + "\n",
        "a+b+c+d",
    ],
)
def test_what_is_not_exactly_a_key_is_refused(text: str) -> None:
    with pytest.raises(NoteError):
        note.parse_key(text)


@pytest.mark.parametrize("text", ["", "no end", "bell\x07\n", "two\r\n"])
def test_what_could_not_be_read_back_is_not_signed(text: str) -> None:
    with pytest.raises(NoteError):
        LOG.sign(text)


def test_a_private_key_is_not_shown() -> None:
    assert repr(LOG) == "Signer('id.example/evidence')"


def test_a_checkpoint_is_read_back_whole() -> None:
    made = Checkpoint(LOG.name, 20_852_163, EMPTY_ROOT, ("more", "lines"))
    signed = checkpoint.sign(made, LOG)
    read, signatures = checkpoint.opened(note.parse(str(signed).encode()), LOG.name, [LOG.verifier])
    assert read == made
    assert [key for key, _ in signatures] == [LOG.verifier]
    with pytest.raises(NoteError, match="another log"):
        checkpoint.opened(signed, "other.example/evidence", [LOG.verifier])


ROOT = base64.b64encode(EMPTY_ROOT).decode()


@pytest.mark.parametrize(
    "text",
    [
        f"log\n5\n{ROOT}",
        "log\n5\n",
        f"log\n\n5\n{ROOT}\n",
        f"\n5\n{ROOT}\n",
        f"log\n05\n{ROOT}\n",
        f"log\n-5\n{ROOT}\n",
        f"log\n+5\n{ROOT}\n",
        f"log\n5 \n{ROOT}\n",
        f"log\n٥\n{ROOT}\n",
        f"log\n{2**63}\n{ROOT}\n",
        f"log\n5\n{ROOT}\n\n",
        f"log\n5\n{ROOT[:-1]}\n",
        f"log\n5\n{ROOT[:-4]}\n",
        f"log\n5\n{ROOT.replace('=', '')}\n",
        f"log\n5\n{'_' + ROOT[1:]}\n",
    ],
)
def test_what_is_not_exactly_a_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(NoteError):
        checkpoint.parse(text)


@pytest.mark.parametrize(
    ("issuer", "name"),
    [
        ("https://id.example", "id.example/evidence"),
        ("https://id.example:8443/a/b/", "id.example:8443/a/b/evidence"),
        ("http://127.0.0.1:5000", "127.0.0.1:5000/evidence"),
        ("http://[::1]:5000", "[::1]:5000/evidence"),
        ("https://id.example/a+b", "id.example/a%2Bb/evidence"),
    ],
)
def test_the_ledger_of_an_issuer_has_a_name_that_can_sign(issuer: str, name: str) -> None:
    assert checkpoint.origin(issuer) == name
    assert Signer(name, bytes(32)).verifier.name == name
