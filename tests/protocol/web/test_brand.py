"""An operator's name, logo and colour reach every page without touching a template."""

import re
from pathlib import Path

import pytest

from tests.support.site import Site


def sheet(site: Site, page: str) -> str:
    """Return the one style sheet that a page asks for."""
    (address,) = re.findall(r'rel="stylesheet" href="([^"]+)"', page)
    answer = site.client().send("GET", address)
    assert "immutable" in answer.headers["Cache-Control"]
    return answer.text


def test_name_logo_and_accent_come_from_settings(tmp_path: Path) -> None:
    site = Site(
        tmp_path,
        f"sqlite:///{tmp_path / 'acrux.db'}",
        brand__name="Te Whare",
        brand__logo="https://static.example.org/logo.svg",
        brand__support_email="help@example.org",
        brand__accent="#ffcc00",
    )
    page = site.browser().authorize(site.application())
    assert "Te Whare" in page.text
    assert 'src="https://static.example.org/logo.svg"' in page.text
    assert "mailto:help@example.org" in page.text
    assert "--accent:#ffcc00" in sheet(site, page.text)
    site.close()


@pytest.mark.parametrize(
    ("accent", "ink"), [("#ffcc00", "#000"), ("#2f5bd8", "#fff"), ("#000000", "#fff")]
)
def test_text_on_the_accent_is_readable(tmp_path: Path, accent: str, ink: str) -> None:
    site = Site(tmp_path, f"sqlite:///{tmp_path / 'acrux.db'}", brand__accent=accent)
    page = site.browser().authorize(site.application())
    assert f"--accent-ink:{ink}" in sheet(site, page.text)
    site.close()
