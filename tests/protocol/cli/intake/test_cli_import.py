"""`acrux user import`: each row is told what became of it, and a wrong one does no harm."""

import json
from pathlib import Path

import pytest

from tests.protocol.cli.intake.importing import done, everyone, told, write
from tests.protocol.command import Acrux
from tests.security.serving.crowd import number
from tests.support.site import Site

CSV = """username,email,name,phone,type,verified
aroha,aroha@example.org,Aroha Ngata,021 123 4567,staff,true
tane,tane@example.org,"Tāne, the younger",,,
"""


def test_import_adds_everybody(acrux: Acrux) -> None:
    report = done(acrux, "\ufeff" + CSV.replace("\n", "\r\n"))
    assert told(report) == [(2, "aroha", "added", []), (3, "tane", "added", [])]
    found = everyone(acrux)
    assert [row["sub"] for row in report["rows"]] == [found[n]["sub"] for n in ("aroha", "tane")]
    assert found["aroha"]["phone"] == "+64211234567"
    assert found["aroha"]["type"] == "staff"
    assert found["aroha"]["email_verified"] is True
    assert found["tane"]["name"] == "Tāne, the younger"
    assert found["tane"]["type"] == "user"
    assert found["tane"]["email_verified"] is False
    events = acrux.events(kind="operator:person:added")
    assert [event["reason"] for event in events] == ["imported from people.csv"] * 2


def test_one_wrong_line_and_nothing_is_written(acrux: Acrux) -> None:
    acrux("user", "add", "taken", "--email", "taken@example.org")
    lines = [
        "username,email,name,phone,type,verified",
        "good,good@example.org,,,,",
        "bad name,bad@example.org,,,,",
        'multi,multi@example.org,"two\nlines",,,',
        "mail,nothing,,,,",
        "phone,phone@example.org,,12,,",
        "sure,sure@example.org,,,,perhaps",
        "few,few@example.org",
        "good,second@example.org,,,,",
        "taken,fresh@example.org,,,,",
        "fresh,taken@example.org,,,,",
        "nowhere,,,,,",
    ]
    line = acrux.refused("user", "import", write(acrux, "\n".join(lines)))
    assert line.startswith("nothing was imported: line 3: bad name: 'bad name' is no user name")
    told = [part.strip().partition(":")[0] for part in line.partition(": ")[2].split(";")]
    assert told == [f"line {n}" for n in (3, 6, 7, 8, 9, 10, 11, 12, 13)]
    assert "line 11: taken: is there already and differs in email: see --update" in line
    assert "line 12: fresh: taken@example.org belongs to taken" in line
    assert "line 13: nowhere: it is nobody who is here, and has no address" in line
    assert list(everyone(acrux)) == ["taken"]
    assert len(acrux.events(kind="operator:person:added")) == 1


def test_only_wrong_rows_are_left_out_when_asked_so(acrux: Acrux) -> None:
    text = "username,email\ngood,good@example.org\nbad name,b@example.org\nalso,a@example.org\n"
    report = done(acrux, text, "--skip-bad")
    assert [row[2] for row in told(report)] == ["added", "wrong", "added"]
    assert "is no user name" in report["rows"][1]["why"]
    assert report["counts"] == {
        "added": 2,
        "changed": 0,
        "unchanged": 0,
        "left out": 0,
        "wrong": 1,
    }
    assert sorted(everyone(acrux)) == ["also", "good"]


def test_a_dry_run_tells_what_would_be_and_does_nothing(acrux: Acrux) -> None:
    acrux("user", "add", "aroha", "--email", "aroha@example.org", "--type", "staff")
    text = "username,email,type\naroha,aroha@example.org,clinician\nmere,mere@example.org,staff\n"
    said = acrux("user", "import", write(acrux, text), "--dry-run", "--update", "--invite")
    assert said.splitlines() == [
        "line 2: aroha: changed: type",
        "line 3: mere: added, invited",
        "Would be done: 1 added, 1 changed, 0 unchanged, 0 left out, 0 wrong.",
    ]
    assert {p["username"]: p["type"] for p in acrux.json("user", "list")} == {"aroha": "staff"}
    assert not acrux.events(kind="operator:person:changed")
    wrong = acrux.run("user", "import", write(acrux, text), "--dry-run")
    assert wrong.exit_code == 1
    assert "line 2: aroha: wrong: is there already and differs in type" in wrong.stdout
    assert "line 3: mere: added" in wrong.stdout


# -- update


@pytest.mark.slow
def test_an_update_changes_what_a_row_says_and_nothing_else(acrux: Acrux) -> None:
    acrux("user", "add", "aroha", "--email", "aroha@example.org", "--group", "north")
    acrux("user", "set", "aroha", "roles=auditor,lab:read", "nickname=Ro", "given_name=Aro")
    text = (
        "username,email,type,groups,roles,first name,last name\n"
        "aroha,,clinician,south;west,,Aroha,Ngata\n"
    )
    assert told(done(acrux, text, "--update")) == [
        (2, "aroha", "changed", ["family_name", "given_name", "groups", "name", "type"])
    ]
    shown = acrux.json("user", "show", "aroha")
    assert (shown["type"], shown["groups"]) == ("clinician", ["south", "west"])
    assert (shown["name"], shown["email"]) == ("Aroha Ngata", "aroha@example.org")
    assert shown["roles"] == ["auditor", "lab:read"]
    (event,) = acrux.events(kind="operator:person:changed")[1:]
    assert event["reason"].startswith("imported from people.csv: ")
    assert event["data"]["before"]["type"] == "user"
    assert told(done(acrux, text, "--update")) == [(2, "aroha", "unchanged", [])]
    assert len(acrux.events(kind="operator:person:changed")) == 2


def test_roles_of_acrux_itself_stay_when_a_file_brings_others(acrux: Acrux) -> None:
    acrux("user", "add", "aroha", "--email", "a@example.org", "--role", "auditor")
    done(acrux, "username,roles\naroha,lab:read;lab:write\n", "--update")
    assert acrux.json("user", "show", "aroha")["roles"] == ["auditor", "lab:read", "lab:write"]


def test_somebody_is_found_by_address_too(acrux: Acrux) -> None:
    acrux("user", "add", "aroha", "--email", "aroha.ngata@example.org")
    text = "Work Email,Employee Type\nAroha.Ngata@Example.org,Full Time\nrua@example.org,Casual\n"
    assert told(done(acrux, text, "--update")) == [
        (2, "aroha", "changed", ["type"]),
        (3, "rua", "added", []),
    ]
    assert {name: p["type"] for name, p in everyone(acrux).items()} == {
        "aroha": "full-time",
        "rua": "casual",
    }


def test_a_name_made_from_an_address_takes_nobodys_place(acrux: Acrux) -> None:
    acrux("user", "add", "aroha", "--email", "aroha@example.org")
    line = acrux.refused("user", "import", write(acrux, "email\naroha@other.org\n"), "--update")
    assert "aroha is there already, with another address" in line
    text = "email\nrua@a.example\nrua@b.example\n"
    assert "line 3: rua: rua is on line 2 already" in acrux.refused(
        "user", "import", write(acrux, text)
    )


def test_one_row_cannot_be_about_two_people(acrux: Acrux) -> None:
    for name in ("aroha", "mere"):
        acrux("user", "add", name, "--email", f"{name}@example.org")
    text = "username,email\naroha,mere@example.org\n"
    line = acrux.refused("user", "import", write(acrux, text), "--update")
    assert "aroha is one person, and mere@example.org is another's" in line
    text = "username,email,type\naroha,,a\n,aroha@example.org,b\n"
    line = acrux.run("user", "import", write(acrux, text), "--update").stderr.splitlines()[-1]
    assert "line 3: aroha: aroha is on line 2 already" in line


# -- addresses and numbers


def test_an_address_that_nobody_confirmed_is_changed_and_told(site: Site) -> None:
    acrux = Acrux(site.environ)
    site.person("aroha", verified=False)
    text = "username,email,phone\naroha,new@example.org,021 765 4321\n"
    assert told(done(acrux, text, "--update")) == [(2, "aroha", "changed", ["email", "phone"])]
    shown = acrux.json("user", "show", "aroha")
    assert (shown["email"], shown["email_verified"]) == ("new@example.org", False)
    assert (shown["phone"], shown["phone_verified"]) == ("+64217654321", False)
    site.work_off()
    told_to = {m["to"] for m in site.messages("mail")}
    assert told_to == {"aroha@example.org", "new@example.org"}
    (event,) = acrux.events(kind="person:address:changed")
    assert event["reason"] == "imported from people.csv"


@pytest.mark.slow
def test_what_somebody_confirmed_is_not_changed_by_a_file(site: Site) -> None:
    """Whoever writes the file would else get into every account."""
    acrux = Acrux(site.environ)
    site.person("aroha")
    text = "username,email,phone,type,verified\naroha,x@example.org,0217654321,staff,true\n"
    result = acrux.run("user", "import", write(acrux, text), "--update", "--json")
    report = json.loads(result.stdout)
    assert told(report) == [(2, "aroha", "changed", ["type"])]
    assert report["rows"][0]["notes"] == [
        "the email was confirmed and stays: `acrux user set-email` changes it",
        "the phone was confirmed and stays: `acrux user set-phone` changes it",
    ]
    assert "note: line 2: aroha: the email was confirmed and stays" in result.stderr
    shown = acrux.json("user", "show", "aroha")
    assert (shown["email"], shown["phone"]) == ("aroha@example.org", "+64211234567")
    site.work_off()
    assert site.messages("mail") == []


def test_a_row_may_confirm_what_is_there_and_never_the_reverse(site: Site) -> None:
    acrux = Acrux(site.environ)
    site.person("aroha", verified=False)
    site.person("mere")
    text = (
        "username,email,phone,verified\naroha,aroha@example.org,+64211234567,yes\n"
        "mere,mere@example.org,+64211234567,no\n"
    )
    assert told(done(acrux, text, "--update")) == [
        (2, "aroha", "changed", ["email", "phone"]),
        (3, "mere", "unchanged", []),
    ]
    for person in everyone(acrux).values():
        assert (person["email_verified"], person["phone_verified"]) == (True, True)


# -- what nobody has yet


def test_a_type_that_nobody_has_is_pointed_out_once(acrux: Acrux) -> None:
    acrux("user", "add", "aroha", "--email", "a@example.org", "--type", "clinician")
    text = "username,email,type,department\n" + "".join(
        f"p{n},p{n}@example.org,clinican,North\n" for n in range(3)
    )
    result = acrux.run("user", "import", write(acrux, text))
    assert result.stderr.splitlines() == [
        "note: line 2: p0: nobody is of type 'clinican' yet; there are clinician (1)",
        "note: line 2: p0: nobody is in group 'North' yet; there are no groups",
    ]


# -- invitations


def invitations(site: Site) -> list[str]:
    site.work_off()
    return sorted(m["to"] for m in site.messages("mail") if m["kind"] == "invitation")


def test_everyone_new_is_invited_once_however_often_it_is_run(site: Site) -> None:
    acrux = Acrux(site.environ)
    site.person("aroha", password=None)
    text = "username,email,type\n" + "".join(
        f"{name},{name}@example.org,staff\n" for name in ("aroha", "mere", "rua")
    )
    for said in ("2 invitations wait: `acrux serve` or `acrux worker` sends them\n", ""):
        result = acrux.run("user", "import", write(acrux, text), "--update", "--invite")
        assert result.stderr.endswith(said) if said else result.stderr == ""
    assert invitations(site) == ["mere@example.org", "rua@example.org"]


@pytest.mark.parametrize("killed_after", [1, 2, 3])
def test_an_import_that_ended_half_way_is_carried_on_by_the_next(
    site: Site, monkeypatch: pytest.MonkeyPatch, killed_after: int
) -> None:
    acrux = Acrux(site.environ)
    intake = "idp.people.intake.carrying_out"
    monkeypatch.setattr(f"{intake}.BATCH", 1)
    real = __import__(intake, fromlist=["Intake"]).Intake._added
    count = iter(range(killed_after))

    def dying(self: object, *values: object) -> object:
        if next(count, None) is None:
            raise KeyboardInterrupt
        return real(self, *values)

    monkeypatch.setattr(f"{intake}.Intake._added", dying)
    names = [f"p{n}" for n in range(5)]
    text = "username,email\n" + "".join(f"{name},{name}@example.org\n" for name in names)
    file = write(acrux, text)
    acrux.run("user", "import", file, "--invite")
    before = set(everyone(acrux))
    assert len(before) in (killed_after - 1, killed_after)
    assert number(site, "SELECT count(*) FROM link") == len(before)
    monkeypatch.setattr(f"{intake}.Intake._added", real)
    report = done(acrux, text, "--invite")
    assert {row["username"] for row in report["rows"] if row["invited"]} == set(names) - before
    assert invitations(site) == sorted(f"{name}@example.org" for name in names)


def test_nobody_is_added_who_could_not_be_invited(tmp_path: Path, database_url: str) -> None:
    found = Site(tmp_path, database_url, mail__backend="off")
    acrux = Acrux(found.environ)
    text = "username,email\naroha,a@example.org\n"
    assert "mail is off" in acrux.refused("user", "import", write(acrux, text), "--invite")
    assert everyone(acrux) == {}
    found.close()


def test_whoever_takes_the_name_meanwhile_keeps_it(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Added between the check and the writing: that row is wrong, the others are done."""
    acrux = Acrux(site.environ)
    module = __import__("idp.people.intake.carrying_out", fromlist=["Intake"])
    real = module.Intake.carry_out

    def late(self: object, *values: object) -> object:
        site.person("mere", password=None)
        return real(self, *values)

    monkeypatch.setattr(module.Intake, "carry_out", late)
    text = "username,email\naroha,a@example.org\nmere,m@example.org\n"
    result = acrux.run("user", "import", write(acrux, text))
    assert result.exit_code == 1
    assert "1 rows became wrong meanwhile" in result.stderr
    assert "line 3: mere: wrong: is there already" in result.stdout
    assert sorted(everyone(acrux)) == ["aroha", "mere"]
