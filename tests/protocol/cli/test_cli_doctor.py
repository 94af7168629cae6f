"""`acrux doctor`: finds what is wrong and says how to mend it, in one line each."""

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from idp import crypto
from idp.store import people
from idp.store.messages import outbox
from tests.protocol.command import Acrux
from tests.support.site import MFA, Site, free_port


def findings(acrux: Acrux) -> dict[str, tuple[str, str]]:
    """Return mark and text of each finding, by name."""
    result = acrux.run("doctor", "--json")
    listed = json.loads(result.stdout)
    assert all(set(f) == {"mark", "name", "text", "remedy"} for f in listed)
    lines = {f["name"]: f"{f['text']}: {f['remedy']}".removesuffix(": ") for f in listed}
    found = {f["name"]: (f["mark"], lines[f["name"]]) for f in listed}
    assert result.exit_code == (1 if "!!" in {mark for mark, _ in found.values()} else 0)
    return found


def instance(acrux: Acrux) -> Path:
    return Path(acrux.environ["ACRUX_INSTANCE__PATH"])


def test_a_good_installation_is_all_right(acrux: Acrux, tmp_path: Path) -> None:
    acrux("backup", str(tmp_path / "one.acrux-backup"))
    lines = acrux("doctor").splitlines()
    assert [line.split()[0] for line in lines] == ["OK"] * len(lines)
    assert set(findings(acrux)) == {
        *("settings", "instance", "keyring", "database", "schema", "seals"),
        *("rows", "key RS256", "key ES256", "clock", "stages", "egress", "issuer", "mail", "sms"),
        *("sms-length", "outbox", "log", "metrics", "traces", "backup"),
        *("ledger", "anchor", "canary", "directory", "scim"),
    }


@pytest.mark.slow
def test_how_old_the_last_backup_is(small_acrux: Acrux, tmp_path: Path) -> None:
    assert findings(small_acrux)["backup"][0] == "--", "others may make some: none is known"
    file = tmp_path / "one.acrux-backup"
    small_acrux("backup", str(file))
    assert findings(small_acrux)["backup"][0] == "OK"
    Path(small_acrux.environ["ACRUX_TEST__CLOCK"]).write_text(str(3 * 86400))
    mark, text = findings(small_acrux)["backup"]
    assert (mark, "3 days ago: run `acrux backup`" in text) == ("!!", True)
    small_acrux("restore", str(file), "--replace")
    assert findings(small_acrux)["backup"][0] == "--", "it has none of its own yet"
    assert findings(small_acrux)["epoch"][1].startswith("1, restored at ")


def test_nothing_set_up_yet(bare: Acrux) -> None:
    found = findings(bare)
    for name in ("instance", "keyring"):
        assert found[name][0] == "!!"
        assert "acrux init" in found[name][1]
    assert not list(Path(bare.environ["ACRUX_TEST__CLOCK"]).parent.glob("*.sqlite"))


def test_a_wrong_setting_is_the_only_finding(small_acrux: Acrux) -> None:
    small_acrux.environ["ACRUX_ENV"] = "production"
    found = findings(small_acrux)
    assert list(found) == ["settings"]
    assert found["settings"][0] == "!!"


@pytest.mark.parametrize("name", ["instance", "keyring"])
def test_files_that_others_may_read(small_acrux: Acrux, name: str) -> None:
    path = instance(small_acrux) if name == "instance" else instance(small_acrux) / name
    path.chmod(0o755)
    mark, text = findings(small_acrux)[name]
    assert mark == "!!"
    assert f"chmod {'700' if name == 'instance' else '600'} {path}" in text


def test_a_lost_or_wrong_keyring(acrux: Acrux) -> None:
    keyring = instance(acrux) / "keyring"
    keyring.unlink()
    found = findings(acrux)
    assert found["keyring"][0] == "!!"
    assert found["key RS256"][0] == "--"
    crypto.create_keyring(keyring)
    found = findings(acrux)
    for name in ("seals", "key ES256"):
        assert found[name][0] == "!!"
        assert "bring back the keyring" in found[name][1]


def test_a_database_that_is_away(small_acrux: Acrux) -> None:
    small_acrux.environ["ACRUX_DATABASE__URL"] = "postgresql+psycopg://u:secret@127.0.0.1:9/x"
    mark, text = findings(small_acrux)["database"]
    assert mark == "!!"
    assert "Check database.url" in text
    assert "secret" not in text


def test_a_schema_that_is_missing(small_acrux: Acrux) -> None:
    (instance(small_acrux) / "acrux.db").write_bytes(b"")
    assert findings(small_acrux)["schema"] == ("!!", "the database is empty: run `acrux init`")
    (instance(small_acrux) / "acrux.db").write_bytes(b"not a database at all" * 100)
    assert findings(small_acrux)["database"][0] == "!!"


def test_a_clock_that_is_wrong(acrux: Acrux) -> None:
    shift = Path(acrux.environ["ACRUX_TEST__CLOCK"])
    shift.write_text(str(-40 * 365 * 86400))
    assert "switch time synchronisation on" in findings(acrux)["clock"][1]
    shift.write_text("-3600")
    assert "before the newest event" in findings(acrux)["clock"][1]
    shift.write_text("3600")
    mark, text = findings(acrux)["clock"]
    if acrux.environ["ACRUX_DATABASE__URL"].startswith("postgresql"):
        assert mark == "!!"
        assert "away from the database's" in text
    else:
        assert mark == "OK"


def test_no_key_to_sign_with(small_acrux: Acrux) -> None:
    Path(small_acrux.environ["ACRUX_TEST__CLOCK"]).write_text("-200000")
    assert "none can sign" in findings(small_acrux)["key RS256"][1]


def test_a_stage_whose_level_is_gone(small_acrux: Acrux, tmp_path: Path) -> None:
    settings = tmp_path / "levels.toml"
    level = '[[levels]]\nname = "{}"\nkinds = {}\n'
    one = level.format("urn:acrux:acr:1fa", 1) + level.format("urn:acrux:acr:mfa", 2)
    settings.write_text(one + level.format("urn:example:gone", 2))
    small_acrux.environ["ACRUX_CONFIG"] = str(settings)
    small_acrux(
        *("stage", "add", "--audience", "*", "--level", "urn:example:gone"),
        *("--from", "2030-01-01"),
    )
    assert findings(small_acrux)["stages"] == ("OK", "1 stage")
    settings.write_text(one)
    mark, text = findings(small_acrux)["stages"]
    assert mark == "!!"
    assert text.startswith("everyone-gone asks for urn:example:gone, which is no level")


@pytest.mark.slow
def test_a_stage_whose_codes_are_never_sent_or_that_asks_for_none(small_acrux: Acrux) -> None:
    words = ("stage", "add", "--level", MFA, "--from", "2030-01-01", "--audience", "*")
    for proof in ("none", "sms", "email"):
        small_acrux(*words, "--id", proof, "--proof", proof)
    found = findings(small_acrux)
    assert found["stages"] == ("OK", "3 stages")
    mark, text = found["stage none"]
    assert (mark, text[:19]) == ("--", "proof = none: whoev")
    assert not {"stage sms", "stage email"} & found.keys()
    small_acrux.environ["ACRUX_SMS__BACKEND"] = "off"
    mark, text = findings(small_acrux)["stage sms"]
    assert mark == "!!"
    assert text.endswith("`acrux stage set sms --proof setting`")
    small_acrux("stage", "set", "sms", "--proof", "setting")
    for stage in ("none", "email"):
        small_acrux("stage", "stop", stage)
    assert not {name for name in findings(small_acrux) if name.startswith("stage ")}


def production(acrux: Acrux) -> None:
    """Turn the testing installation into a production one whose issuer no one answers."""
    for name in ("ACRUX_TEST__CLOCK", "ACRUX_SMS__DIRECTORY", "ACRUX_MAIL__DIRECTORY"):
        acrux.environ.pop(name, None)
    acrux.environ |= {
        "ACRUX_ENV": "production",
        "ACRUX_SERVER__ISSUER": "https://id.invalid",
        "ACRUX_ENROLMENT__PROOF": "none",
    }


@pytest.mark.slow
def test_leftovers_of_a_demo_in_production(small_site: Site) -> None:
    small_acrux = Acrux(small_site.environ)
    with small_site.work() as work:
        people.add(work, username="tane", email="tane@demo.example", name="Tane")
    small_acrux("client", "add", "Demo", "--id", "demo", "--redirect-uri", "http://localhost:1/cb")
    small_acrux("client", "add", "App", "--id", "app", "--redirect-uri", "http://127.0.0.1/cb")
    production(small_acrux)
    said = small_acrux.run("doctor").stdout.splitlines()
    lines = [line for line in said if line.split()[1] == "leftovers"]
    assert len(lines) == 2
    assert "`acrux user disable tane`" in lines[0]
    assert "`acrux client delete demo`" in lines[1]
    small_acrux("user", "disable", "tane")
    small_acrux("client", "delete", "demo")
    assert findings(small_acrux)["leftovers"] == ("OK", "nothing of a demo")


def test_a_message_that_waits_for_long(small_site: Site) -> None:
    acrux = Acrux(small_site.environ)
    with small_site.work() as work:
        outbox.add(work, "one", channel="mail", kind="test", sealed=b"x", lifetime=86400)
    assert findings(acrux)["outbox"][0] == "OK"
    small_site.advance(1200)
    mark, text = findings(acrux)["outbox"]
    assert mark == "!!"
    assert "1 of mail wait, the oldest for 20 min: see that `acrux worker`" in text


@pytest.mark.slow
def test_metrics_that_nobody_keeps_or_that_another_gives(small_acrux: Acrux) -> None:
    port = free_port()
    small_acrux.environ["ACRUX_METRICS__BIND"] = f"127.0.0.1:{port}"
    assert findings(small_acrux)["metrics"][0] == "--", "nothing is started yet"
    keeps = "import sys; from pathlib import Path; from idp.metrics.folder import Folder;"
    keeps += "Folder(Path(sys.argv[1])).join(); print(flush=True); sys.stdin.read()"
    folder = instance(small_acrux) / "metrics"
    command = [sys.executable, "-c", keeps, str(folder)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe) as process:
        assert process.stdout
        process.stdout.readline()
        mark, text = findings(small_acrux)["metrics"]
        assert mark == "!!"
        assert f"nothing answers at 127.0.0.1:{port}" in text
        process.kill()


def test_the_handbook_names_every_finding() -> None:
    root = Path(__file__).parents[3]
    said = root.joinpath("docs/operate.md").read_text()
    part = said[said.index("### What doctor says to programs") : said.index("### The log")]
    rows = [line.split("|")[1] for line in part.splitlines() if line.startswith("| `")]
    told = {name for row in rows for name in re.findall(r"`([^`]+)`", row)}
    found = set()
    for file in root.joinpath("idp/cli/doctor").glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Finding":
                found.add(name_of(node.args[1]))
    assert found == told


def name_of(node: ast.expr) -> str:
    """Return the name of a finding as the handbook has it: what is not constant is `…`."""
    match node:
        case ast.Constant(value=str(value)):
            return value
        case ast.JoinedStr(values=[ast.Constant(value=str(value)), *_]):
            return f"{value}…"
    return "key …"
