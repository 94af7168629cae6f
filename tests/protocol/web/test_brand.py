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


@pytest.mark.slow
def test_whom_to_ask_is_named_with_all_that_there_is(tmp_path: Path) -> None:
    site = Site(
        tmp_path,
        f"sqlite:///{tmp_path / 'acrux.db'}",
        brand__support_email="help@example.org",
        brand__support_phone="+64 (3) 123-4567",
        brand__support_hours="weekdays, 8 to 5",
        brand__support_url="https://help.example.org/mfa",
        mail__backend="off",
        enrolment__proof="none",
    )
    for address in ("/forgot", "/interaction/none"):
        page = site.browser().open(address).text
        assert '<a href="tel:+6431234567">+64 (3) 123-4567</a>' in page, "below every page"
    page = site.browser().open("/forgot").text
    for said in ("weekdays, 8 to 5", 'href="https://help.example.org/mfa"', "Your reference"):
        assert said in page, said
        assert said not in site.browser().open("/interaction/none").text, "where no one is to ask"
    site.close()


@pytest.mark.parametrize(
    ("accent", "ink"), [("#ffcc00", "#000"), ("#2f5bd8", "#fff"), ("#000000", "#fff")]
)
def test_text_on_the_accent_is_readable(tmp_path: Path, accent: str, ink: str) -> None:
    site = Site(tmp_path, f"sqlite:///{tmp_path / 'acrux.db'}", brand__accent=accent)
    page = site.browser().authorize(site.application())
    assert f"--accent-ink:{ink}" in sheet(site, page.text)
    site.close()
