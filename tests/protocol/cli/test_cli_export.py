"""`acrux export` and `acrux import`: what is the operator's, from one place to another."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from idp.cli.database.export import SAID
from idp.people.intake.carrying_out import Intake
from tests.protocol.command import Acrux
from tests.protocol.oidc.apis import payroll
from tests.support.site import Site

TOTP = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
ACROSS = "2040-01-01"


def fill(site: Site) -> dict[str, str]:
    """Have people, a stage and an exception; return the subs."""
    found = {
        "aroha": site.person("aroha", totp=TOTP, groups=("north", "night shift"), name="Āroha"),
        "tane": site.person("tane", user_type="clinician", roles=frozenset({"admin", "payer"})),
        "gone": site.person("gone", phone=None),
    }
    acrux = Acrux(site.environ)
    acrux("user", "disable", "gone")
    acrux(
        *("stage", "add", "--id", "clinicians", "--audience", "type:clinician", "--from", ACROSS),
        *("--level", "urn:acrux:acr:mfa"),
        *("--why", "en=Patients trust us."),
    )
    acrux(
        *("stage", "except", "tane", "clinicians", "--until", "2040-02-01"),
        *("--reason", "on leave"),
    )
    return found


def exported(site: Site, folder: Path, *words: str) -> tuple[Path, list[dict[str, Any]]]:
    file = folder / "everything.jsonl"
    Acrux(site.environ)("export", str(file), *words)
    return file, [json.loads(line) for line in file.read_text().splitlines()]


@pytest.mark.slow
def test_what_goes_out_of_one_installation_comes_into_another_and_people_sign_in_there(
    site: Site, tmp_path: Path
) -> None:
    subs = fill(site)
    application = site.application()
    payroll.registered(site)
    given = {payroll.AUDIENCE: [payroll.READ]}
    site.application("clerk", resource_scopes=given, authorization_details_types=["pay_run"])
    file, _ = exported(site, tmp_path, "--with-secrets")
    (tmp_path / "there").mkdir()
    there = Site(tmp_path / "there", "")
    bare = Acrux(there.environ)
    tried = bare.json("import", str(file), "--dry-run")
    assert tried["person"] == {"added": 3}
    assert tried["api"] == {"added": 2}
    assert set(tried["client"]) <= {"added", "unchanged"}
    assert bare.json("user", "list") == bare.json("api", "list") == []
    done = bare.json("import", str(file))
    assert done["client"]["added"] >= 1
    assert (done["stage"], done["exception"]) == ({"added": 1}, {"added": 1})

    browser = there.browser()
    browser.authorize(application, acr_values="urn:acrux:acr:mfa")
    browser.sign_in("aroha")
    code = browser.submit("/totp", code=there.code(TOTP)).query["code"]
    tokens = there.redeem(application, code).json
    assert there.id_token(tokens["id_token"])["sub"] == subs["aroha"]
    aroha = bare.json("user", "show", "aroha")
    assert (aroha["name"], aroha["groups"]) == ("Āroha", ["night shift", "north"])
    assert bare.json("user", "show", "gone")["state"] == "off"
    assert bare.json("user", "show", "tane")["roles"] == ["payer"], "no role of ours by a file"
    assert bare.json("client", "show", "clerk")["resource_scopes"] == given
    assert bare.json("api", "show", "payroll")["types"] == payroll.DATA["types"]
    again = bare.json("import", str(file))
    assert all(set(numbers) == {"unchanged"} for numbers in again.values()), again
    there.close()


def test_without_secrets_there_is_none_in_it_and_it_is_recorded(site: Site, tmp_path: Path) -> None:
    fill(site)
    site.application()
    file, found = exported(site, tmp_path)
    text = file.read_text()
    assert found[0]["kind"] == "acrux-export"
    assert {one["kind"] for one in found[1:]} == {"client", "person", "stage", "exception"}
    for word in ("argon2", TOTP, "secret_digest", 'client_secret"'):
        assert word not in text
    assert (file.stat().st_mode & 0o777) == 0o600
    [event] = site.events(kind="operator:data:exported")
    assert event.reason is None
    refused = Acrux(site.environ).refused("export", str(file))
    assert "is there already" in refused


def test_a_line_that_cannot_be_is_said_and_stops_no_other(
    small_acrux: Acrux, tmp_path: Path
) -> None:
    head = {"kind": "acrux-export", "format": 1}
    good = {"kind": "person", "username": "mere", "email": "mere@example.org", "sub": "m" * 16}
    bad = [
        {**good, "username": "wiremu", "email": "wiremu@example.org"},
        {"kind": "person", "username": "x", "email": "x@example.org", "sub": "../etc"},
        {"kind": "stage", "id": "s"},
        {"kind": "stage", "id": ["s"], "from": {}, "zone": 1},
        {"kind": "exception", "stage": "none", "sub": "m" * 16, "until": "x", "reason": "y"},
        {"kind": "client", "client_id": "c", "redirect_uris": 7},
        {"kind": "poem"},
    ]
    file = tmp_path / "lines.jsonl"
    file.write_text("".join(json.dumps(one) + "\n" for one in [head, good, *bad]))
    done = small_acrux.run("import", str(file))
    assert done.exit_code == 1
    assert "6 lines are wrong: client c: redirect_uris must be list" in done.stderr
    assert "Done: people: 1 added, 2 wrong." in done.stdout
    assert small_acrux.json("user", "show", "mere")["sub"] == "m" * 16
    assert len(small_acrux.json("user", "list")) == 1
    assert len(bad) < SAID


def test_another_file_is_none(small_acrux: Acrux, tmp_path: Path) -> None:
    for text in ("", "[]", "{}", '{"kind": "acrux-export", "format": 2}', "[" * 100_000, "\x00"):
        file = tmp_path / "no.jsonl"
        file.write_text(text)
        assert "no.jsonl" in small_acrux.refused("import", str(file))


@pytest.mark.slow
def test_of_two_exports_into_one_file_one_is_kept_whole_and_for_its_owner_alone(
    site: Site, tmp_path: Path
) -> None:
    acrux, file = Acrux(site.environ), tmp_path / "everything.jsonl"
    both = [
        subprocess.Popen(
            acrux.command("export", "--with-secrets", str(file)),
            env=acrux.process_environ(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for _ in range(2)
    ]
    said = [each.communicate(timeout=60)[0] for each in both]
    assert sorted(each.returncode for each in both) == [0, 1], said
    assert f"{file} is there already" in "".join(said)
    assert (file.stat().st_mode & 0o777) == 0o600
    assert json.loads(file.read_text().splitlines()[0])["kind"] == "acrux-export"
    assert not list(tmp_path.glob(".*.part"))


def test_whoever_is_switched_off_comes_in_switched_off_also_when_it_is_broken_off(
    small_acrux: Acrux, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = {"kind": "acrux-export", "format": 1}
    one = {"kind": "person", "username": "mere", "email": "mere@example.org", "sub": "m" * 16}
    file = tmp_path / "lines.jsonl"
    file.write_text("".join(json.dumps(x) + "\n" for x in [head, {**one, "switched_off": True}]))
    real = Intake.carry_out

    def broken(self, *values, **more):
        for _said in real(self, *values, **more):
            raise MemoryError
        yield

    with monkeypatch.context() as patch:
        patch.setattr(Intake, "carry_out", broken)
        with pytest.raises(MemoryError):
            small_acrux.run("import", str(file))
    assert small_acrux.json("user", "show", "mere")["state"] == "off"
    assert small_acrux.json("import", str(file))["person"] == {"unchanged": 1}
