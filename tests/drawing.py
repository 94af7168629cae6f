"""Draws the rooms of the house as a picture, from the import contract in setup.cfg: `make drawing`.

A row is a line of the contract: what stands above imports what stands below. The words in a room
are the first sentence of its head, the arrows the dependencies that it alone may import.
`tests/unit/test_docs.py` compares docs/house.svg with what is drawn here.
"""

import ast
import configparser
import re
import textwrap
from html import escape
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PICTURE = ROOT / "docs/house.svg"
WIDTH = 880
MARGIN = 16
GAP = 10
LETTER = 6.6
"""Pixels of a letter in a room, in the widest font that is likely to be there."""
LINE = 15
HEAD = 36
"""Pixels from the top of a room to its first line of words."""
BESIDE = 150
"""Pixels from the left of a room that has its row to itself to its words, beside its name."""
CAPTION = (
    "A row may import the rows below it. Rooms in one row never import each other."
    " → what only the rooms marked so may import."
)
STYLE = """
    svg { --paper: #fff; --room: #f2f5fb; --edge: #c3cde0; --ink: #18202f }
    svg { --soft: #4b5872; --door: #1f4ec2 }
    @media (prefers-color-scheme: dark) {
      svg { --paper: #10151f; --room: #1c2434; --edge: #3b4a66; --ink: #eef2fa }
      svg { --soft: #b3bfd6; --door: #9dbbff }
    }
    .paper { fill: var(--paper) } .room { fill: var(--room); stroke: var(--edge) }
    text { font: 12px system-ui, "Liberation Sans", Arial, sans-serif; fill: var(--soft) }
    .name { font: 600 14px ui-monospace, "Liberation Mono", Menlo, monospace; fill: var(--ink) }
    .door { fill: var(--door) }
"""


def contract() -> configparser.ConfigParser:
    """Return setup.cfg, which holds the import contract."""
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    return setup


def layers(setup: configparser.ConfigParser) -> list[list[str]]:
    """Return the rooms of each line of the contract, from the top."""
    lines = setup["importlinter:contract:layers"]["layers"].strip().split("\n")
    rows = [re.findall(r"\w+", line) for line in lines]
    return [row for row in rows if row != ["__main__"]]


def doors(setup: configparser.ConfigParser) -> dict[str, list[str]]:
    """Return which dependencies a room may import that are closed to the others."""
    found: dict[str, list[str]] = {}
    for section in setup.values():
        for room, other in re.findall(
            r"^idp\.(\w+)[\w.*]* -> (\w+)$", section.get("ignore_imports", ""), re.M
        ):
            if other not in found.setdefault(room, []):
                found[room].append(other)
    return found


def words(room: str) -> str:
    """Return what a room is for: its head's first sentence, shortened at a colon."""
    folder, file = ROOT / "idp" / room / "__init__.py", ROOT / "idp" / f"{room}.py"
    head = ast.get_docstring(ast.parse((folder if folder.exists() else file).read_text())) or ""
    sentence = re.split(r"\.(?:\s|$)", head, maxsplit=1)[0].replace("\n", " ")
    sentence = re.sub(r" \(.*?\)|`", "", sentence)
    short = sentence.partition(":")[0]
    return short if len(short.split()) > 2 else sentence


def drawing() -> str:
    """Return the picture as SVG."""
    setup = contract()
    opened, top = doors(setup), MARGIN + 24
    shapes = [_text(MARGIN, MARGIN + 8, CAPTION)]
    for row in layers(setup):
        width = (WIDTH - 2 * MARGIN - GAP * (len(row) - 1)) / len(row)
        shift = (BESIDE, 20) if len(row) == 1 else (10, HEAD)
        texts = {room: _lines(room, width - shift[0], opened.get(room, [])) for room in row}
        height = shift[1] + LINE * max(map(len, texts.values())) - 4
        for place, (room, lines) in enumerate(texts.items()):
            left = MARGIN + place * (width + GAP)
            box = f'x="{left:g}" y="{top}" width="{width:.5g}" height="{height}" rx="5"'
            shapes.append(f'<rect class="room" {box}/>')
            shapes.append(_text(left + 10, top + 20, room, "name"))
            for number, (kind, line) in enumerate(lines):
                place_of_line = left + shift[0], top + shift[1] + LINE * number
                shapes.append(_text(*place_of_line, line, kind))
        top += height + GAP
    return _svg(top - GAP + MARGIN, shapes)


def _svg(height: int, shapes: list[str]) -> str:
    size = f'width="{WIDTH}" height="{height}"'
    paper = f'<rect class="paper" {size} rx="8"/>'
    body = "".join(f"  {shape}\n" for shape in (f"<style>{STYLE}  </style>", paper, *shapes))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} viewBox="0 0 {WIDTH} {height}"'
        f' role="img" aria-label="The rooms of idp, and who imports whom">\n{body}</svg>\n'
    )


def _text(x: float, y: float, text: str, kind: str = "") -> str:
    named = f'class="{kind}" ' if kind else ""
    return f'<text {named}x="{x:g}" y="{y:g}">{escape(text)}</text>'


def _lines(room: str, width: float, opened: list[str]) -> list[tuple[str, str]]:
    """Return the lines in a room, each with the class of its words."""
    letters = int((width - 10) / LETTER)
    told = [("", line) for line in textwrap.wrap(words(room), letters)]
    arrows = f"→ {', '.join(opened)}" if opened else ""
    return told + [("door", line) for line in textwrap.wrap(arrows, letters)]


def main() -> None:
    """Draw it again."""
    PICTURE.write_text(drawing(), encoding="utf-8")


if __name__ == "__main__":
    main()
