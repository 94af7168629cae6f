"""`acrux user import` reads what directories and personnel departments export, as they name it.

The files are made for these tests, in the shape that each product documents; LibreOffice itself
saved its own, from one workbook in which a number had lost its zero.
"""

from pathlib import Path
from typing import Any

import pytest

from tests.protocol.command import Acrux

EXPORTS = Path(__file__).parent / "exports"
AROHA = {
    "username": "aroha.ngata",
    "email": "aroha.ngata@example.org",
    "name": "Aroha Ngata",
    "phone": "+64211234567",
    "groups": ["Ward 7"],
}
OUTCOMES = {
    "active-directory": {"angata": "added", "zmueller": "added", "rleft": "left out"}
    | {"tmoana": "wrong"},
    "active-directory-csvde": {"angata": "added", "tmoana": "added"},
    "entra-id-download": {"aroha.ngata": "added", "guest": "added", "old.one": "left out"},
    "entra-id-template": {"aroha.ngata": "added"},
    "google-workspace": {"aroha.ngata": "added", "old.one": "left out"},
    "libreoffice-utf-16": {"aroha.ngata": "added", "tane.moana": "added", "zoe": "added"},
    "libreoffice-utf-8-quoted": {"aroha.ngata": "added", "tane.moana": "added", "zoe": "added"},
    "libreoffice-windows-1252": {"aroha.ngata": "added", "tane.moana": "wrong", "zoe": "added"},
    "okta": {"aroha.ngata": "added", "tane.moana": "added", "old.one": "left out"},
    "workday": {"aroha.ngata": "added", "tane.moana": "added"},
    "bamboohr": {"aroha.ngata": "added", "old.one": "left out"},
}


def imported(acrux: Acrux, name: str) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """Import an export; return the report, and people by user name."""
    report = acrux.json("user", "import", str(EXPORTS / f"{name}.csv"), "--skip-bad")
    people = {one["username"]: one for one in acrux.json("user", "list")}
    return dict(report), people


@pytest.mark.parametrize("name", sorted(OUTCOMES))
def test_each_row_of_an_export_is_understood(small_acrux: Acrux, name: str) -> None:
    report, _people = imported(small_acrux, name)
    assert {row["username"]: row["outcome"] for row in report["rows"]} == OUTCOMES[name]


@pytest.mark.parametrize("name", sorted(OUTCOMES))
def test_a_person_of_each_export_has_what_it_says(small_acrux: Acrux, name: str) -> None:
    _report, people = imported(small_acrux, name)
    expected = dict(AROHA)
    if name.startswith("active-directory"):
        expected["username"] = "angata"
    if name == "workday":
        expected["groups"] = []
    found = people[str(expected["username"])]
    assert {key: found[key] for key in expected} == expected
    assert (found["email_verified"], found["roles"]) == (False, [])


@pytest.mark.parametrize(
    ("name", "types"),
    [
        ("active-directory", {"angata": "clinician", "zmueller": "administrator"}),
        ("entra-id-download", {"aroha.ngata": "member", "guest": "guest"}),
        ("google-workspace", {"aroha.ngata": "clinician"}),
        ("workday", {"aroha.ngata": "employee", "tane.moana": "contingent-worker"}),
        ("bamboohr", {"aroha.ngata": "user"}),
        ("okta", {"aroha.ngata": "clinician", "tane.moana": "user"}),
    ],
)
def test_the_kind_of_worker_becomes_the_user_type(
    small_acrux: Acrux, name: str, types: dict[str, str]
) -> None:
    _report, people = imported(small_acrux, name)
    assert {who: one["type"] for who, one in people.items()} == types


def test_a_letter_that_the_code_page_had_not_is_no_question_mark_in_a_name(
    small_acrux: Acrux,
) -> None:
    report, _people = imported(small_acrux, "libreoffice-windows-1252")
    [wrong] = [row["why"] for row in report["rows"] if row["outcome"] == "wrong"]
    assert wrong == "'T?ne' has lost a letter: save the file as UTF-8"
    _report, people = imported(small_acrux, "libreoffice-utf-16")
    assert people["tane.moana"]["name"] == 'Tāne Moana "Ty"'
    assert people["tane.moana"]["groups"] == ["Office; second floor"]
    assert people["zoe"]["name"] == "Zoë Müller, jr"


def test_a_landline_is_nobodys_mobile_number(small_acrux: Acrux) -> None:
    _report, people = imported(small_acrux, "workday")
    assert people["tane.moana"]["phone"] == "+64217654321", "a work phone may be a mobile one"
    _report, people = imported(small_acrux, "google-workspace")
    assert people["aroha.ngata"]["phone"] == "+64211234567"


def test_what_is_read_and_what_is_not_is_said(small_acrux: Acrux) -> None:
    report, people = imported(small_acrux, "active-directory")
    assert report["encoding"] == "windows-1252"
    assert report["columns"] == {
        "SamAccountName": "username",
        "UserPrincipalName": "username",
        "mail": "email",
        "Name": "name",
        "GivenName": "given_name",
        "Surname": "family_name",
        "MobilePhone": "phone",
        "employeeType": "type",
        "Department": "one more group",
        "Enabled": "whether the person is left out",
    }
    assert report["not_read"] == ["DistinguishedName", "ObjectClass"]
    assert people["zmueller"]["groups"] == ["Health Safety"]
    shown = small_acrux.json("user", "set", "zmueller", "nickname=Z")
    assert (shown["given_name"], shown["family_name"]) == ("Zoë", "Müller")
