"""The documents name only what exists: settings, files, functions, commands, links, headings."""

import ast
import pkgutil
import re
import shlex
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from idp.cli import main
from idp.oidc.discovery import features
from idp.operating.applications import products
from idp.settings import reading, values
from tests import drawing, life
from tests.support.programs.documented import samples

ROOT = Path(__file__).resolve().parents[2]
OTHERS = frozenset({"node_modules", ".venv", "target"})
"""Folders below ours that hold what others wrote."""
WRITTEN = (".py", ".html", ".txt", ".toml")
CITED = re.compile(r"((?:docs/)?\b[A-Za-z-]+\.md)\b(?: rule (\d+)| \"([^\"\n]+)\")?")
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]
PACKAGES = {module.name for module in pkgutil.iter_modules([str(ROOT / "idp")])}
TOP = {path.name for path in ROOT.iterdir()}
MADE_LATER = ("instance",)
"""What an installation makes; a checkout has none of it."""

each_document = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda d: d.name)


def fences(document: Path, *languages: str) -> Iterator[str]:
    """Return the blocks of code in these languages."""
    text = document.read_text(encoding="utf-8")
    for language, block in re.findall(r"^```(\w*)\n(.*?)^```$", text, re.M | re.S):
        if language in languages:
            yield block


def prose(document: Path) -> str:
    """Return the text without its blocks of code."""
    return re.sub(r"^```.*?^```$", "", document.read_text(encoding="utf-8"), flags=re.M | re.S)


def inline(document: Path) -> list[str]:
    """Return what stands in backticks."""
    return re.findall(r"`([^`\n]+)`", prose(document))


def defaults() -> dict[str, Any]:
    """Return every setting by its full name, with its default."""
    tree = tomllib.loads((ROOT / "config/defaults.toml").read_text())
    sections = {name: keys for name, keys in tree.items() if isinstance(keys, dict)}
    return {
        f"{name}.{key}": value for name, keys in sections.items() for key, value in keys.items()
    }


def as_toml(value: Any) -> str:
    """Return a default as it is written in a file of settings."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{', '.join(map(as_toml, value))}]"
    return f'"{value}"' if isinstance(value, str) else str(value)


def test_settings_are_documented_with_their_defaults_each_and_no_other() -> None:
    rows = re.findall(
        r"^\| `(\w+\.\w+)` \| `([^`]*)` \|", (ROOT / "docs/settings.md").read_text(), re.M
    )
    assert len(rows) == len(dict(rows)), "a setting stands there twice"
    assert dict(rows) == {name: as_toml(value) for name, value in defaults().items()}


def test_the_table_of_standards_is_the_one_that_discovery_comes_from() -> None:
    """Written again by `acrux standards --markdown`."""
    text = (ROOT / "docs/standards.md").read_text()
    table = text.partition("<!-- acrux standards --markdown -->\n")[2].partition("<!-- end -->")[0]
    assert table == features.markdown()


def test_the_table_of_products_is_the_one_that_clients_are_registered_by() -> None:
    """Written again by `acrux client likes --markdown`."""
    file = ROOT / products.DOCUMENT
    start = "<!-- acrux client likes --markdown -->\n"
    table = file.read_text().partition(start)[2].partition("<!-- end -->")[0]
    assert table == products.markdown()
    assert {product.section for product in products.known().values()} <= anchors(file)


def test_members_of_a_level_are_documented_each_and_no_other() -> None:
    text = (ROOT / "docs/settings.md").read_text()
    part = text.partition("## [[levels]]")[2].partition("\n## ")[0]
    rows = set(re.findall(r"^\| `(\w+)` \|", part, re.M))
    assert rows == set(values.LevelSetting.__dataclass_fields__)


@each_document
def test_links_lead_to_files_and_headings(document: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(document)):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        file = (document.parent / name) if name else document
        assert file.exists(), f"{document.name}: {target}"
        assert not anchor or anchor in anchors(file), f"{document.name}: {target}"


def anchors(document: Path) -> set[str]:
    """Return the names that headings have as targets of links."""
    titles = re.findall(r"^#+ (.+)$", prose(document), re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@each_document
def test_files_named_exist(document: Path) -> None:
    for text in inline(document):
        first = text.split("/")[0]
        if (
            "/" in text
            and first in TOP
            and first not in MADE_LATER
            and re.fullmatch(r"[\w./-]+", text)
        ):
            assert (ROOT / text).exists(), f"{document.name}: {text}"


def test_files_of_the_tour_exist() -> None:
    tour = re.findall(r"^    ((?:idp|tests)/\S+)", (ROOT / "README.md").read_text(), re.M)
    assert len(tour) > 10
    assert [path for path in tour if not (ROOT / path).exists()] == []


@each_document
def test_functions_named_exist(document: Path) -> None:
    known = defaults()
    for text in inline(document):
        name = text.removeprefix("idp.").removesuffix("()")
        is_name = re.fullmatch(r"[a-z_]+(\.[A-Za-z_][A-Za-z0-9_]*)+", name)
        # Files such as web.py are no names, and some settings look like them.
        if not is_name or name.endswith(".py") or name in known:
            continue
        if name.split(".")[0] in PACKAGES:
            pkgutil.resolve_name(f"idp.{name}")


@each_document
def test_settings_named_exist(document: Path) -> None:
    known, sections = defaults(), {name.split(".")[0] for name in defaults()}
    for text in inline(document):
        for name in re.findall(r"^([a-z]+\.[a-z0-9_]+)(?: = .+)?$", text):
            if name.split(".")[0] in sections - PACKAGES and not name.endswith((".py", ".toml")):
                assert name in known, f"{document.name}: {text}"
        for variable in re.findall(r"^(ACRUX_\w+__\w+)", text):
            section, _, key = variable.removeprefix("ACRUX_").lower().partition("__")
            assert section == "section" or f"{section}.{key}" in known, f"{document.name}: {text}"


@each_document
def test_commands_shown_exist(document: Path) -> None:
    for block in fences(document, "sh"):
        for line in block.replace("\\\n", " ").splitlines():
            words = shlex.split(line, comments=True)
            names = [word.rpartition("/")[2] for word in words]
            if "acrux" in names:
                follow(main, words[names.index("acrux") + 1 :], f"{document.name}: {line}")
    for text in inline(document):
        if text.startswith("acrux ") and "|" not in text:
            follow(main, text.split()[1:], f"{document.name}: {text}")


def follow(command: click.Command, words: list[str], where: str) -> None:
    """Walk from the command to the one that the words name, and look for its options."""
    context = click.Context(command)
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        found = command.get_command(context, words[0])
        assert found is not None, where
        command, words = found, words[1:]
    options = {
        name for parameter in command.params for name in parameter.opts + parameter.secondary_opts
    }
    asked = {word.split("=")[0] for word in words if word.startswith("-") and word != "-"}
    assert asked <= options | {"--help"}, where


@each_document
def test_words_for_make_exist(document: Path) -> None:
    words = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
    shown = "\n".join([*fences(document, "sh"), *inline(document)])
    assert set(re.findall(r"^(?:\w+=\S+ )*make ([a-z-]+)", shown, re.M)) <= words


def test_help_names_every_word_for_make_and_every_variable() -> None:
    makefile = (ROOT / "Makefile").read_text()
    shown = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    told = shown.stdout
    assert set(re.findall(r"^  ([a-z-]+) ", told, re.M)) == set(
        re.findall(r"^\.PHONY: (.+)$", makefile, re.M)
    )
    asked = set(re.findall(r"\$\((?:or \$\()?(ARGS|PYTHON|WORKERS)\b", makefile)) | {"REQUIRE_ALL"}
    assert set(re.findall(r"^  ([A-Z_]+)=", told, re.M)) == asked


@each_document
def test_python_and_settings_shown_can_be_read(document: Path, tmp_path: Path) -> None:
    for block in fences(document, "python"):
        ast.parse(block)
    for number, block in enumerate(fences(document, "toml")):
        file = tmp_path / f"{number}.toml"
        file.write_text(block)
        needed = {
            "ACRUX_SERVER__ISSUER": "https://id.example.org",
            "ACRUX_MAIL__BACKEND": "smtp",
            "ACRUX_MAIL__SENDER": "signin@example.org",
            "ACRUX_SMS__TWILIO_AUTH_TOKEN": "kept apart",
        }
        reading.load({"ACRUX_CONFIG": str(file), **needed})


@each_document
def test_names_of_this_machine_stand_nowhere(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    assert not re.search(r"/tmp/|/root/|/home/", text)


def house() -> str:
    """Return the part of the architecture that lists the parts and who may import whom."""
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    return text.partition("## The house")[2].partition("\n## ")[0]


def test_every_part_of_the_house_is_named() -> None:
    named = set(re.findall(r"`idp/(\w+)(?:\.py|/)`", house()))
    assert named == PACKAGES - {"__main__"}


def test_the_picture_of_the_house_is_what_is_drawn_from_the_import_contract() -> None:
    committed = drawing.PICTURE.read_text(encoding="utf-8")
    assert committed == drawing.drawing(), "run make drawing, and look at it"


def test_every_room_is_in_the_picture_and_upper_rows_come_first() -> None:
    rows = drawing.layers(drawing.contract())
    assert {room for row in rows for room in row} == PACKAGES - {"__main__"}
    heights: dict[str, int] = {}
    for y, room in re.findall(r'class="name" x="[\d.]+" y="(\d+)">(\w+)<', drawing.drawing()):
        heights[room] = int(y)
    tops = [{heights[room] for room in row} for row in rows]
    assert [len(row) for row in tops] == [1] * len(rows)
    assert tops == sorted(tops, key=min)


@pytest.mark.slow
def test_the_life_of_a_sign_in_is_one_that_was_lived(tmp_path: Path) -> None:
    stations = life.lived(tmp_path)
    page = life.PAGE.read_text(encoding="utf-8")
    assert {name for _start, name, _end in life.STATION.findall(page)} == stations.keys()
    assert page == life.written(page, stations), "run make life, and read it"


def test_the_decoder_of_the_document_is_the_one_that_is_run() -> None:
    """The names that Spring's settings give there stand for what the document writes out."""
    [decoder] = samples(ROOT / "docs/connect.md", "java")
    body = decoder.partition("@Bean")[2]
    body = body.replace('"https://id.example.org"', "issuer").replace('"ID"', "clientId")
    run = (ROOT / "tests/products/java/src/main/java/test/Security.java").read_text()
    assert " ".join(body.split()) in " ".join(run.split())


def _texts() -> Iterator[tuple[Path, str]]:
    """Every file of ours that may cite a document."""
    for folder in ("idp", "tests", "benchmarks", "torture", "migrations", "templates", "config"):
        for file in (ROOT / folder).rglob("*"):
            if file.suffix in WRITTEN and OTHERS.isdisjoint(file.parts):
                yield file, file.read_text()


@pytest.mark.slow
def test_what_the_code_cites_of_our_documents_is_there() -> None:
    """A rule by its number (`docs/acr.md rule 3`), a part by its heading (in quotes)."""
    cited = 0
    for file, text in _texts():
        for name, rule, heading in CITED.findall(text):
            document = ROOT / name
            assert document.exists(), f"{file}: {name}"
            if rule:
                assert re.search(rf"^{rule}\. ", document.read_text(), re.M), f"{file}: rule {rule}"
            if heading:
                assert re.search(rf"^#+ {re.escape(heading)}$", document.read_text(), re.M), file
            cited += 1
    assert cited > 30
