"""What is asked of every page: WCAG 2.2 AA by axe-core, in light and dark, on a narrow phone."""

from collections.abc import Callable, Sequence
from pathlib import Path

from playwright.sync_api import Browser, Page

from tests import screenshots
from tests.support.stand_ins.callback import Callback
from tests.support.templates import Rendered

TEMPLATES = Path(__file__).parents[3] / "templates"
NARROW = {"width": 320, "height": 640}


PHONE = 390
LANGUAGE_ALONE = """() => {
    const rows = [...document.querySelectorAll('.languages li')].map(item => item.offsetTop);
    return new Set(rows).size > 1 && rows.filter(row => row === rows.at(-1)).length === 1;
}"""
OF_COLOURS = ("color-contrast", "link-in-text-block")
"""The rules of axe-core that another scheme can change: the dark one differs in colours alone."""
LONG = ("de", "mi", "fr")
"""Languages in which words, or sentences, are longer than in English."""


def too_wide(address: str, aside: Page) -> list[str]:
    """Return in which languages a page does not fit a narrow screen; `aside` is one of those."""
    found = []
    if "?" not in address:
        for code in LONG:
            answer = aside.goto(f"{address}?language={code}")
            wide = aside.evaluate("document.documentElement.scrollWidth")
            if answer is None or answer.status >= 500 or wide > NARROW["width"]:
                found.append(f"{code}: {wide} px")
        # Nobody looks at this one: it is asked for, and not drawn.
        aside.context.request.get(f"{address}?language=en")
    return found


def too_large(album: screenshots.Album) -> list[str]:
    """Return by how much text of twice the size makes the page wider than a phone."""
    page = album.surfer.page
    page.set_viewport_size({"width": PHONE, "height": 740})
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    wide = page.evaluate("document.documentElement.scrollWidth")
    page.evaluate("document.documentElement.style.fontSize = ''")
    return [f"{wide} px with text of twice the size"] if wide > PHONE else []


def are_of_console(template: str) -> bool:
    """Return True of a page on a walk of the console; an auditor's look back on what people did."""
    return template.startswith("admin/") and not template.startswith("admin/audit/")


def looked_at(
    walks: Sequence[Callable[[screenshots.Album], None]],
    folder: Path,
    chromium: Browser,
    back: Callback,
) -> tuple[list[str], set[str]]:
    """Go on these walks; return what was found on a page, and the templates that were seen."""
    found: list[str] = []
    seen: set[str] = set()
    rendered = Rendered()
    with screenshots.populated(folder, back, rendered.serving) as site:
        album = screenshots.Album(site, chromium, back, folder, "phone-light")
        page, aside = album.surfer.page, album.context.new_page()
        aside.set_viewport_size({"width": NARROW["width"], "height": NARROW["height"]})

        def check(name: str) -> None:
            page.emulate_media(color_scheme="light")
            found.extend(f"{name}: {line}" for line in album.surfer.violations())
            seen.add(rendered.of(page.url))
            page.set_viewport_size({"width": NARROW["width"], "height": NARROW["height"]})
            wide = page.evaluate("document.documentElement.scrollWidth")
            if wide > NARROW["width"]:
                found.append(f"{name}: {wide} px wide on a screen of {NARROW['width']} px")
            # The scheme changes under the page: one walk is enough for both.
            page.emulate_media(color_scheme="dark")
            found.extend(f"{name}, dark: {line}" for line in album.surfer.violations(*OF_COLOURS))
            if page.evaluate(LANGUAGE_ALONE):
                found.append(f"{name}: a language stands alone in its row")
            found.extend(f"{name}: {line}" for line in too_wide(page.url, aside))
            found.extend(f"{name}: {line}" for line in too_large(album))

        album.shoot = check
        for walk in walks:
            walk(album)
            album.fresh()
        album.context.close()
    return found, seen
