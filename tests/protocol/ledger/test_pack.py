"""The evidence pack: whoever has it and nothing else checks it as its README says."""

import io
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from idp import clock
from idp.audit import Event
from idp.ledger import keys
from tests.protocol.admin.audit.test_audit_page import auditor
from tests.protocol.command import Acrux
from tests.protocol.sign_ins import tokens
from tests.support.browser import InProcess
from tests.support.site import MFA, ONE, Site

DAY = 86400
COMMANDS = re.compile(r"^    ((?:sha256sum|python3|node) .*)$", re.M)


def rotate(site: Site) -> None:
    """Let the ledger have another key from now on."""
    Acrux(site.environ)("ledger", "key", "--new")


def day(offset: int = 0) -> str:
    return clock.iso(clock.now() + offset * DAY)[:10]


def used(site: Site) -> None:
    """Two applications, one with a floor that nobody used, a stage with an exception, tokens."""
    site.person("tane")
    site.stage("group:north", MFA, DAY)
    wiki = site.application("wiki")
    site.application("=payroll", min_acr=MFA)
    for _ in range(3):
        tokens(site, wiki, "tane")


def packed(site: Site, folder: Path, since: str, until: str) -> Path:
    """Write a pack and unpack it into an empty folder."""
    file = folder / "pack.zip"
    Acrux(site.environ)("pack", "--from", since, "--until", until, str(file))
    found = folder / "unpacked"
    found.mkdir()
    with zipfile.ZipFile(file) as archive:
        assert archive.testzip() is None
        archive.extractall(found)
    file.unlink()
    return found


def carried_out(folder: Path) -> list[subprocess.CompletedProcess[str]]:
    """Run the commands of the README, as they stand there, with nothing of Acrux in reach."""
    commands = COMMANDS.findall((folder / "README.txt").read_text())
    assert len(commands) == 3
    path = folder.parent / "bin"
    if not path.exists():
        path.mkdir()
        (path / "python3").symlink_to(sys.executable)
        for name in ("sha256sum", "node"):
            program = shutil.which(name)
            if program is not None:
                (path / name).symlink_to(program)
    # Without network, where the machine lets us take it away.
    apart = shutil.which("unshare")
    unshare = [apart, "-n"] if apart is not None and os.geteuid() == 0 else []
    return [
        subprocess.run(
            [*unshare, "/bin/sh", "-c", command],
            cwd=folder,
            env={"PATH": str(path), "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        for command in commands
        if not command.startswith("node") or (path / "node").exists()
    ]


@pytest.mark.slow
def test_an_auditor_follows_the_readme_offline_and_all_holds(site: Site, tmp_path: Path) -> None:
    used(site)
    folder = packed(site, tmp_path, day(), day())
    for done in carried_out(folder):
        assert done.returncode == 0, done.stdout + done.stderr
    coverage = (folder / "coverage.csv").read_text().splitlines()
    assert f"wiki,Wiki,,{ONE},3,100.0" in coverage
    # An application without an answer is named as well; no cell acts as a formula.
    assert f"'=payroll,'=payroll,{MFA},,0," in coverage
    about = json.loads((folder / "about.json").read_text())
    assert about["issuer"] == site.issuer
    (rules,) = folder.glob("policy/*.json")
    assert json.loads(rules.read_text())["leaf"]["kind"] == "policy"
    assert "group:north" in (folder / "stages.csv").read_text()
    (event,) = site.events(kind=Event.AUDIT_EXPORTED.value)
    assert event.reason == "pack"


@pytest.mark.slow
def test_a_pack_of_one_day_has_that_day_and_is_whole_after_a_new_key(
    site: Site, tmp_path: Path
) -> None:
    used(site)
    site.installation.sealer.seal()
    site.advance(2 * DAY)
    rotate(site)
    tokens(site, site.application("later"), "tane")
    site.installation.sealer.seal()
    middle = day()
    site.advance(2 * DAY)
    tokens(site, site.application("last"), "tane")
    folder = packed(site, tmp_path, middle, middle)
    assert len((folder / "keys.txt").read_text().splitlines()) == 2
    for done in carried_out(folder):
        assert done.returncode == 0, done.stdout + done.stderr
    counted = [line for line in (folder / "coverage.csv").read_text().splitlines() if ONE in line]
    assert counted == [f"later,Later,,{ONE},1,100.0"]


def edited(folder: Path) -> str:
    file = folder / "ledger.jsonl"
    file.write_text(file.read_text().replace(ONE, MFA, 1))
    return "ledger.jsonl"


def left_out(folder: Path) -> str:
    (folder / "exceptions.csv").unlink()
    return "exceptions.csv"


def slipped_in(folder: Path) -> str:
    (folder / "stages2.csv").write_text("id\n")
    return "stages2.csv"


def listed_anew(folder: Path) -> str:
    file = folder / "coverage.csv"
    file.write_text(file.read_text().replace(",3,", ",4,"))
    sums = [line.split("  ")[1] for line in (folder / "SHA256SUMS").read_text().splitlines()]
    listed = subprocess.run(
        ["sha256sum", *sums], cwd=folder, capture_output=True, text=True, check=True
    )
    (folder / "SHA256SUMS").write_text(listed.stdout)
    return "SHA256SUMS"


@pytest.mark.slow
@pytest.mark.parametrize("change", [edited, left_out, slipped_in, listed_anew])
def test_a_pack_that_was_changed_is_named_with_the_file(
    tmp_path: Path, change: Callable[[Path], str]
) -> None:
    site = Site(tmp_path, f"sqlite:///{tmp_path / 'acrux.sqlite'}")
    used(site)
    folder = packed(site, tmp_path, day(), day())
    name = change(folder)
    done = carried_out(folder)[1]
    assert done.returncode == 1, done.stdout + done.stderr
    assert done.stdout.startswith("CHANGED")
    assert name in done.stdout
    site.close()


@pytest.mark.slow
def test_a_pack_signed_by_another_key_is_not_believed(tmp_path: Path) -> None:
    site = Site(tmp_path, f"sqlite:///{tmp_path / 'acrux.sqlite'}")
    used(site)
    folder = packed(site, tmp_path, day(), day())
    site.advance(60)
    rotate(site)
    with site.work() as work:
        other = keys.verifiers(work, site.installation.keyring)[-1]
    command = [sys.executable, "verify/acrux_verify_pack.py", "--key", str(other), "."]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "re-keyed" in done.stdout
    site.close()


@pytest.mark.slow
def test_a_period_without_rows_has_no_pack(site: Site, tmp_path: Path) -> None:
    used(site)
    acrux, file = Acrux(site.environ), str(tmp_path / "none.zip")
    words = ("pack", "--from", "2001-01-01", "--until", "2001-01-31", file)
    assert "no row of the ledger is of this period" in acrux.refused(*words)
    assert not Path(file).exists()
    assert "soon" in acrux.refused("pack", "--from", "soon", "--until", "2001-01-31", file)


@pytest.mark.slow
def test_an_auditor_gets_the_same_pack_by_a_button(site: Site, tmp_path: Path) -> None:
    used(site)
    site.installation.sealer.seal()
    browser = auditor(site)
    page = browser.open("/admin/audit/record")
    action, _ = page.form("pack.zip")
    assert isinstance(browser.http, InProcess)
    query = {"since": day(), "until": day()}
    # Bytes, which no page is.
    answer = browser.http._client.get(f"/admin/audit/{action}", query_string=query)
    assert answer.content_type == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        assert archive.testzip() is None
        assert {"README.txt", "SHA256SUMS.note"} < set(archive.namelist())
    none = browser.get(f"/admin/audit/{action}", since="2001-01-01", until="2001-01-02")
    assert none.location.endswith("/admin/audit/record?pack=none")
    assert "Nothing that is sealed is of that period" in browser.open(none.location).text
