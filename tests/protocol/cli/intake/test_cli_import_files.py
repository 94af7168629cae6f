"""`acrux user import` reads files as programs save them: any usual encoding, delimiter and line."""

import pytest

from tests.protocol.cli.intake.importing import done, everyone, told, write
from tests.protocol.command import Acrux


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "the header names no column for username or email"),
        ("name,team\na,b\n", "no column for username or email; it has name, team"),
        ("username,email,email\na,a@example.org,x\n", "the header has email twice"),
        ('username,email\n"a,a@example.org\n', "is not CSV"),
        ('username,email\na"b,a@example.org\n"c"d,x\n', "is not CSV: line 3"),
    ],
)
def test_a_file_of_another_kind_is_refused(
    small_acrux: Acrux, text: str | bytes, says: str
) -> None:
    assert says in small_acrux.refused("user", "import", write(small_acrux, text))
    assert "cannot be read" in small_acrux.refused("user", "import", "no-such-file.csv")


def test_a_file_with_no_line_right_is_told_shortly(small_acrux: Acrux) -> None:
    rows = "\n".join(f"bad name {number},x" for number in range(100))
    line = small_acrux.refused("user", "import", write(small_acrux, "username,email\n" + rows))
    assert line.endswith("; and 80 more")


def test_columns_that_mean_nothing_are_named(small_acrux: Acrux) -> None:
    text = "username,email,Job title,Password\na,a@example.org,Nurse,secret words\n"
    result = small_acrux.run("user", "import", write(small_acrux, text))
    assert result.stderr == "note: columns that are not read: Job title, Password\n"
    assert "secret words" not in result.output


ACCENTS = "username;email;name\ntane;tane@example.org;Tāne\nzoe;zoe@example.org;Zoë Müller\n"
WINDOWS = "username;email;name\nrene;rene@example.org;René\nzoe;zoe@example.org;Zoë Müller\n"


@pytest.mark.parametrize(
    ("content", "encoding", "name"),
    [
        (ACCENTS.encode(), "utf-8", "Zoë Müller"),
        (ACCENTS.encode("utf-8-sig"), "utf-8-sig", "Zoë Müller"),
        (ACCENTS.encode("utf-16"), "utf-16", "Zoë Müller"),
        (b"\xfe\xff" + ACCENTS.encode("utf-16-be"), "utf-16", "Zoë Müller"),
        (ACCENTS.encode("utf-16-le"), "utf-16-le", "Zoë Müller"),
        (ACCENTS.encode("utf-16-be"), "utf-16-be", "Zoë Müller"),
        (WINDOWS.encode("windows-1252"), "windows-1252", "Zoë Müller"),
        (ACCENTS.replace(";", ",").encode(), "utf-8", "Zoë Müller"),
        (ACCENTS.replace(";", "\t").encode("utf-16"), "utf-16", "Zoë Müller"),
        (b"sep=;\r\n" + ACCENTS.encode(), "utf-8", "Zoë Müller"),
        (ACCENTS.replace(";", "|").encode(), "utf-8", "Zoë Müller"),
    ],
)
def test_every_usual_encoding_and_delimiter_is_read(
    small_acrux: Acrux, content: bytes, encoding: str, name: str
) -> None:
    report = done(small_acrux, content)
    assert report["encoding"] == encoding
    assert everyone(small_acrux)["zoe"]["name"] == name


def test_the_letters_of_a_code_page_are_shown_to_whoever_knows_the_people(
    small_acrux: Acrux,
) -> None:
    """One code page is valid in another: only what it looks like tells that it was wrong."""
    text = "username;email;name\nlukasz;l@example.org;Łukasz Ząb\n"
    said = small_acrux.run("user", "import", write(small_acrux, text.encode("cp1250")), "--dry-run")
    assert said.stderr == (
        "note: read as windows-1252, with the letters £¹: if one looks wrong,"
        " save the file as UTF-8\n"
    )
    assert small_acrux.run("user", "import", write(small_acrux, ACCENTS), "--dry-run").stderr == ""


@pytest.mark.parametrize("cell", ["T?ne", "?ukasz", "M?ller"])
@pytest.mark.parametrize("column", ["name", "given_name", "department", "groups"])
def test_a_letter_that_was_lost_is_pointed_out(small_acrux: Acrux, column: str, cell: str) -> None:
    text = f"username,email,{column}\ntane,tane@example.org,{cell}\n"
    line = small_acrux.refused("user", "import", write(small_acrux, text))
    assert f"line 2: tane: '{cell}' has lost a letter: save the file as UTF-8" in line


@pytest.mark.parametrize("begin", [b"PK\x03\x04\x14\0", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0"])
def test_a_workbook_is_said_to_be_one(small_acrux: Acrux, begin: bytes) -> None:
    line = small_acrux.refused("user", "import", write(small_acrux, begin + bytes(4000)))
    assert line.endswith("people.csv is a workbook, no CSV file: save its sheet as CSV (UTF-8)")


def test_a_row_of_another_encoding_is_named_by_its_line(small_acrux: Acrux) -> None:
    lines = [
        b"username,email,name",
        "tane,tane@example.org,Tāne".encode(),
        b"x,x@example.org,Ren\xe9",
    ]
    line = small_acrux.refused("user", "import", write(small_acrux, b"\n".join(lines)))
    assert "line 3: x: it is not UTF-8, as the rest of the file is" in line
    broken = WINDOWS.encode("windows-1252").replace(b"Zo\xeb", b"Zo\x81")
    note, line = small_acrux.run("user", "import", write(small_acrux, broken)).stderr.splitlines()
    assert "read as windows-1252, with the letters éü" in note
    assert "line 3: zoe: it is not WINDOWS-1252" in line
    odd = ACCENTS.encode("utf-16")[:-1]
    line = small_acrux.refused("user", "import", write(small_acrux, odd))
    assert "it is not UTF-16" in line


def test_a_quoted_line_break_keeps_the_lines_counted(small_acrux: Acrux) -> None:
    text = 'username,email,name\na,a@example.org,"one\ntwo\r\nthree"\nb b,b@example.org,x\n'
    line = small_acrux.refused("user", "import", write(small_acrux, text))
    assert line.startswith("nothing was imported: line 5: b b: ")


def test_empty_rows_and_cells_behind_the_last_are_let_be(small_acrux: Acrux) -> None:
    text = "username,email\n\na,a@example.org,,\n,\n   ,  \nb,b@example.org\n"
    assert [row[:3] for row in told(done(small_acrux, text))] == [
        (3, "a", "added"),
        (6, "b", "added"),
    ]
