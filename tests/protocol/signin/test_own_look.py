"""What a sign-in page says and shows for one application, and for no other."""

import json
import struct
from pathlib import Path

import pytest

from idp.oidc.clients import pictures
from idp.store.oidc import pictures as kept
from idp.store.service.cleaning import clean
from tests.protocol.command import Acrux
from tests.support.site import Site


def png(width: int = 64, height: int = 64, more: bytes = b"") -> bytes:
    """Return the beginning of a PNG, which says its size."""
    return b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", width, height) + more


WEBP = b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\x3f\0\0\x3f\0\0"
JPEG = b"\xff\xd8\xff\xe0\0\x04ab\xff\xc0\0\x11\x08\0\x40\0\x40\x03\x01\x22"
SVG = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"


def test_the_words_are_in_the_language_of_the_page_and_are_text(site: Site) -> None:
    words = {"en": "Use your <b>staff</b> account.", "de": "Mit dem Dienstkonto."}
    app = site.application(sign_in_words=words)
    page = site.browser().authorize(app)
    assert "Use your &lt;b&gt;staff&lt;/b&gt; account." in page.text
    assert "Mit dem Dienstkonto." in site.browser().authorize(app, ui_locales="de").text
    assert "Use your" in site.browser().authorize(app, ui_locales="fr").text
    assert "client-words" not in site.browser().authorize(site.application("other")).text


def test_its_people_ask_whom_it_names_and_nobody_else(site: Site) -> None:
    site.person("tane")
    own = site.application(support_email="help@pay.example")
    page = site.browser().authorize(own)
    assert "mailto:help@pay.example" in page.text
    assert "support@" not in page.text
    assert "help@pay.example" not in site.browser().authorize(site.application("other")).text


def test_the_ways_that_it_names_come_first_whatever_was_used_last(site: Site) -> None:
    site.person("tane", totp=site.secret(), sms=True)
    asks = {"acr_values": "urn:acrux:acr:mfa"}
    for name, ways, page in (("usual", [], "totp"), ("first", ["webauthn", "sms"], "sms")):
        browser = site.browser()
        browser.authorize(site.application(name, first_ways=ways), **asks)
        assert browser.sign_in("tane").url.endswith(f"/{page}")


def test_a_passkey_is_offered_above_the_password_where_it_is_to_come_first(site: Site) -> None:
    above = site.browser().authorize(site.application("first", first_ways=["webauthn"])).text
    below = site.browser().authorize(site.application("usual")).text
    assert above.index("data-passkey") < above.index('id="password"')
    assert below.index("data-passkey") > below.index('id="password"')


def test_a_logo_is_shown_from_our_own_address_and_its_place_is_for_ever(
    site: Site, tmp_path: Path
) -> None:
    app = site.application()
    file = tmp_path / "logo.txt"
    file.write_bytes(WEBP)
    acrux = Acrux(site.environ)
    acrux("client", "logo", "app", str(file))
    name = acrux.json("client", "show", "app")["logo"]
    page = site.browser().authorize(app)
    assert f'src="/logos/{name}"' in page.text
    answer = site.client().send("GET", f"/logos/{name}")
    assert (answer.status, answer.headers["Content-Type"]) == (200, "image/webp")
    assert answer.text.encode() == WEBP
    assert "immutable" in answer.headers["Cache-Control"]
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    acrux("client", "logo", "app", "--none")
    assert "client-logo" not in site.browser().authorize(app).text


@pytest.mark.parametrize("content", [png(), WEBP, JPEG])
def test_each_kind_of_picture_is_told_by_its_first_bytes(content: bytes) -> None:
    assert pictures.name_of(content).endswith(str(pictures.kind(content)))


@pytest.mark.parametrize(
    "content",
    [
        *(SVG, b"GIF89a" + b"\0" * 20, b"", png()[:20], WEBP[:22], JPEG[:12]),
        *(png(15), png(64, 1025), png(more=b"\0" * pictures.LARGEST), b"\xff\xd8\xff" * 9),
    ],
)
def test_what_is_no_small_picture_is_not_kept(
    small_acrux: Acrux, tmp_path: Path, content: bytes
) -> None:
    small_acrux("client", "add", "Pay", "--id", "pay", "--redirect-uri", "https://a.nz/cb")
    file = tmp_path / "logo.png"
    file.write_bytes(content)
    assert "a logo " in small_acrux.refused("client", "logo", "pay", str(file))
    assert small_acrux.json("client", "show", "pay")["logo"] is None


def test_what_somebody_wrote_in_the_place_of_a_picture_is_not_shown(site: Site) -> None:
    name = pictures.name_of(png())
    with site.work() as work:
        kept.add(work, name.partition(".")[0], SVG)
    for wrong in (name, f"{pictures.digest(SVG)}.png", "x.png", f"{name}/"):
        assert site.client().send("GET", f"/logos/{wrong}").status == 404


def test_a_picture_that_no_application_names_is_deleted_after_a_day(site: Site) -> None:
    used, left = png(), png(32)
    site.application(logo=pictures.name_of(used))
    with site.work() as work:
        for one in (used, left):
            kept.add(work, pictures.digest(one), one)
    site.advance(86400 + 60)
    with site.work() as work:
        while clean(work, 1):
            pass
        assert kept.find(work, pictures.digest(used)) == used
        assert kept.find(work, pictures.digest(left)) is None


@pytest.mark.parametrize(
    "change",
    [
        *('sign_in_words={"xx": "Hello"}', 'sign_in_words={"en": ""}', 'sign_in_words={"en": 1}'),
        'sign_in_words={"en": "a\\nb"}',
        f"sign_in_words={json.dumps({'en': 'x' * 301})}",
        *("logo=../../etc/passwd", "logo=https://a.nz/x.png", "support_email=a b@c"),
        *("support_phone=javascript:x", "support_url=http://a.nz", "first_ways=magic"),
    ],
)
def test_what_no_page_could_show_is_not_registered(small_acrux: Acrux, change: str) -> None:
    small_acrux("client", "add", "Pay", "--id", "pay", "--redirect-uri", "https://a.nz/cb")
    assert change.partition("=")[0] in small_acrux.refused("client", "set", "pay", change)
