"""`acrux init` and `upgrade`, and what every command says when something is missing."""

import stat
import subprocess
from pathlib import Path

import pytest

from idp.cli import schema
from tests.protocol.command import Acrux


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def instance(acrux: Acrux) -> Path:
    return Path(acrux.environ["ACRUX_INSTANCE__PATH"])


@pytest.mark.slow
def test_init_makes_folder_keys_and_schema_and_says_so(bare: Acrux) -> None:
    said = bare("init").splitlines()
    assert [line.partition(":")[0] for line in said] == [
        "Instance folder",
        "Encryption keys",
        "Schema",
        "Signing key",
        "Signing key",
    ]
    assert mode(instance(bare)) == 0o700
    assert mode(instance(bare) / "keyring") == 0o600
    assert {key["alg"] for key in bare.json("keys", "list")} == {"RS256", "ES256"}
    assert [event["event"] for event in bare.events()] == ["operator:key:added"] * 2


def test_init_again_leaves_everything_as_it_is(acrux: Acrux) -> None:
    keyring = (instance(acrux) / "keyring").read_bytes()
    keys = acrux.json("keys", "list")
    assert "made" not in acrux("init")
    assert (instance(acrux) / "keyring").read_bytes() == keyring
    assert acrux.json("keys", "list") == keys


def test_init_adds_what_is_missing(small_acrux: Acrux) -> None:
    before = small_acrux.json("keys", "list")
    small_acrux("keys", "rotate", "--now", "--alg", "ES256")
    assert "made" not in small_acrux("init")
    assert len(small_acrux.json("keys", "list")) == len(before) + 1


def test_the_database_file_is_its_owners_alone(small_acrux: Acrux) -> None:
    assert mode(instance(small_acrux) / "acrux.db") == 0o600


def test_no_command_works_before_init(bare: Acrux) -> None:
    for words in (("user", "list"), ("worker", "--once"), ("upgrade",), ("audit", "tail")):
        assert "run `acrux init`" in bare.refused(*words)


@pytest.mark.slow
def test_a_command_refuses_an_empty_database(bare: Acrux) -> None:
    bare("init")
    bare.environ["ACRUX_DATABASE__URL"] = "sqlite:///" + str(instance(bare) / "other.db")
    assert bare.refused("user", "list") == "the database is empty: run `acrux init`"
    assert bare("upgrade") == f"Schema: nothing brought to {schema.newest()}.\n"
    assert bare("user", "list").startswith("There is nobody yet")


def test_a_database_that_is_away_is_one_line(acrux: Acrux) -> None:
    acrux.environ["ACRUX_DATABASE__URL"] = "postgresql+psycopg://nobody:secret@127.0.0.1:9/none"
    line = acrux.refused("user", "list")
    assert line.startswith("the database said: ")
    assert "secret" not in line


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"ACRUX_ENV": "staging"}, "ACRUX_ENV is 'staging'"),
        ({"ACRUX_ENV": "production"}, "must be https"),
        ({"ACRUX_SERVER__ISSUER": ""}, "server.issuer is empty"),
        ({"ACRUX_NO__SUCH": "x"}, "ACRUX_NO__SUCH names no setting"),
        ({"ACRUX_DATABASE__POOL": "ten"}, "ACRUX_DATABASE__POOL must be int"),
        ({"ACRUX_CONFIG": "/no/such/file.toml"}, "/no/such/file.toml cannot be read"),
    ],
)
def test_a_wrong_setting_is_one_line(small_bare: Acrux, changes: dict[str, str], says: str) -> None:
    small_bare.environ |= changes
    assert says in small_bare.refused("init")


def ended(done: "subprocess.CompletedProcess[str]") -> tuple[int, str, int]:
    return done.returncode, done.stdout, done.stderr.count("\n")


@pytest.mark.slow
def test_exit_statuses_of_the_process(small_acrux: Acrux, tmp_path: Path) -> None:
    good = small_acrux.in_process("keys", "list", cwd=tmp_path)
    assert (good.returncode, good.stderr) == (0, "")
    assert ended(small_acrux.in_process("user", "show", "nobody")) == (1, "", 1)
    wrong = small_acrux.in_process("user", "show")
    assert wrong.returncode == 2
    assert wrong.stderr.startswith("Usage: ")
    del small_acrux.environ["ACRUX_SERVER__ISSUER"]
    small_acrux.environ["ACRUX_ENV"] = "production"
    assert ended(small_acrux.in_process("serve")) == (1, "", 1)


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("nothing",),
        ("user", "add", "aroha"),
        ("client", "add"),
        ("keys", "rotate", "--alg", "HS256"),
        ("stage", "add", "--audience", "*", "--level", "phrh"),
        ("audit", "export", "--format", "xlsx"),
        ("serve", "--bind", "5000"),
        ("serve", "--cert", "only.pem"),
    ],
)
def test_wrong_usage_is_status_2(small_acrux: Acrux, words: tuple[str, ...]) -> None:
    assert small_acrux.run(*words).exit_code == 2


def test_help_of_every_command_needs_no_installation(small_bare: Acrux) -> None:
    small_bare.environ = {}
    for line in small_bare("--help").partition("Commands:")[2].splitlines():
        if line.strip():
            assert small_bare(line.split()[0], "--help").startswith("Usage: acrux")
