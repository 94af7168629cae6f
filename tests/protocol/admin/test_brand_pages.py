"""Look and words: seen before they are saved, in force within seconds, and never more than text."""

import re
import struct
import zlib

import pytest

from idp.audit import Event
from idp.messages import samples, texts
from idp.operating.branding import KINDS
from idp.store import next_sign_in, people
from idp.store.oidc import pictures
from idp.store.service.cleaning import clean
from idp.store.service.looks import WordingRow
from idp.web import style
from tests.protocol.admin.test_frame import someone
from tests.support.site import Browser, Site

LOOK, WORDS = "/admin/brand/", "/admin/brand/words"


def png(side: int = 32) -> bytes:
    """Return a picture of one colour."""

    def chunk(name: bytes, data: bytes) -> bytes:
        whole = name + data
        return struct.pack(">I", len(data)) + whole + struct.pack(">I", zlib.crc32(whole))

    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    rows = zlib.compress(b"".join(b"\0" + b"\x2f\x5b\xd8" * side for _ in range(side)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def sheet(browser: Browser) -> str:
    found = re.search(r'href="(/style/[^"]+)"', browser.at.text)
    assert found
    return browser.get(found[1]).text


def accent(browser: Browser) -> str:
    return re.findall(r"--accent:(#[0-9a-f]{6})", sheet(browser))[-1]


@pytest.mark.slow
def test_a_look_is_shown_on_the_page_before_it_is_saved_and_then_on_every_page(site: Site) -> None:
    browser, visitor = someone(site, "admin"), site.browser()
    browser.open(LOOK)
    typed = {
        "accent": "#A3161D",
        "support_email": "help@hauora.nz",
        "support_phone": "0800 123 456",
        "do": "preview",
    }
    shown = browser.attach("logo.png", png(), "/brand/", part="picture", **typed)
    assert "Nothing is saved yet." in shown.text
    assert accent(browser) == "#a3161d"
    logo = re.search(r'<img src="(/logos/[^"]+)" alt="Acrux"', shown.text)
    assert logo, "in the frame of the page"
    served = site.app.test_client().get(logo[1])
    assert (served.data, served.content_type) == (png(), "image/png")
    assert "write to help@hauora.nz" in shown.text
    assert re.search(r"\d+ of the 160 characters", shown.text)
    visitor.open("/account/")
    assert accent(visitor) == "#2f5bd8"
    assert "hauora.nz" not in visitor.at.text
    done = browser.submit("/brand/", do="save")
    assert "The look is changed." in done.text
    site.advance(10)
    visitor.open("/account/")
    assert accent(visitor) == "#a3161d"
    assert logo[1] in visitor.at.text
    assert "help@hauora.nz" in visitor.at.text
    event = site.events(kind=Event.LOOK_CHANGED)[0]
    assert event.username == "admin"
    assert "#a3161d" in (event.data or "")
    with site.work() as work:
        site.advance(2 * 86400)
        clean(work, 0)
        assert pictures.find(work, logo[1].split("/")[-1].split(".")[0]), "it is the logo"
    browser = someone(site, "owner")
    browser.open(LOOK)
    browser.submit("/brand/", do="save", no_logo="1", accent="", support_email="")
    site.advance(10)
    visitor.open("/account/")
    assert accent(visitor) == "#2f5bd8"
    assert logo[1] not in visitor.at.text


def test_what_was_decided_stands_in_messages_as_well(site: Site) -> None:
    site.person("tane")
    browser = someone(site, "admin")
    browser.open(LOOK)
    browser.submit("/brand/", do="save", support_email="help@hauora.nz")
    site.advance(10)
    visitor = site.browser()
    visitor.open("/forgot")
    visitor.submit("/forgot", username="tane")
    site.work_off()
    assert "write to help@hauora.nz" in site.messages("mail")[-1]["body"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("accent", "blue", "Type a colour such as"),
        ("accent", "#fff", "Type a colour such as"),
        ("accent", "#ffffff", "could not be seen"),
        ("accent", "#ffff66", "could not be seen"),
        ("support_email", "nobody", "no e-mail address"),
        ("support_phone", "call us", "no telephone number"),
        ("support_url", "javascript:alert(1)", "begins with https"),
        ("support_url", 'https://a.nz/"><script>', "begins with https"),
        ("support_hours", "9 to 5", "which number is answered"),
        ("logo", "https://elsewhere.example/x.png", "A logo is a PNG"),
        ("logo", "/static/../x.svg", "A logo is a PNG"),
    ],
)
def test_what_cannot_be_is_said_and_kept_out(
    small_site: Site, field: str, value: str, says: str
) -> None:
    browser = someone(small_site, "admin")
    browser.open(LOOK)
    refused = browser.submit("/brand/", **{"do": "save", field: value})
    assert refused.status == 400
    assert says in refused.text
    assert not small_site.events(kind=Event.LOOK_CHANGED)


@pytest.mark.parametrize(
    "content", [b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"GIF89a", png(2000), b"\x89PNG"]
)
def test_no_other_file_becomes_a_logo(small_site: Site, content: bytes) -> None:
    browser = someone(small_site, "admin")
    browser.open(LOOK)
    refused = browser.attach("logo.png", content, "/brand/", part="picture", do="save")
    assert "A logo is a PNG" in refused.text


def test_every_accent_that_is_taken_can_be_seen_and_read_on_in_both_schemes() -> None:
    taken = 0
    for red in range(0, 256, 51):
        for green in range(0, 256, 51):
            for blue in range(0, 256, 51):
                colour = f"#{red:02x}{green:02x}{blue:02x}"
                black, white = style.contrast(colour, "#000000"), style.contrast(colour, "#ffffff")
                assert max(black, white) >= 4.5
                assert style.ink(colour) == ("#000" if black >= white else "#fff")
                taken += style.stands_out(colour)
    assert style.stands_out("#2f5bd8")
    assert taken > 20


@pytest.mark.slow
def test_own_words_are_seen_saved_and_said_in_their_language_and_ours_again(site: Site) -> None:
    site.person("tane")
    browser = someone(site, "admin")
    browser.open(f"{WORDS}/reset-link/en")
    own = {"subject": "Kia ora from {brand}", "body": "Dear {name},\n<b>choose</b> a new one:"}
    shown = browser.submit("/en", do="preview", **own)
    assert "Kia ora from Acrux" in shown.text
    assert "&lt;b&gt;choose" in shown.text
    assert not site.events(kind=Event.WORDING_CHANGED)
    assert "The words are changed." in browser.submit("/en", do="save", **own).text
    assert "(yours)" in browser.open(WORDS).text
    site.advance(10)
    with site.work() as work:
        tane = people.by_name(work, "tane")
        assert tane
        for spoken in ("en", "de"):
            next_sign_in.set_locale(work, tane.id, spoken)
            site.installation.password_links.mail_reset(work, tane)
    site.work_off()
    english, german = sorted(site.messages("mail"), key=lambda one: str(one["subject"]))
    assert english["subject"] == "Kia ora from Acrux"
    assert "Dear Tane,\n<b>choose</b> a new one:\n" in english["body"]
    page = texts.Twin("Acrux", site.issuer).of(english["subject"], english["body"])
    assert "&lt;b&gt;choose" in page
    assert german["subject"] == "Neues Passwort für Acrux festlegen"
    assert "/l/" in english["body"]
    browser = someone(site, "owner")
    browser.open(f"{WORDS}/reset-link/en")
    browser.submit("/en", do="reset")
    assert "(yours)" not in browser.open(WORDS).text
    assert site.times(kind=Event.WORDING_CHANGED) == 2


@pytest.mark.slow
def test_words_that_cannot_be_are_refused(small_site: Site) -> None:
    browser = someone(small_site, "admin")
    for kind, given, says in (
        ("new-device", {"body": "See {link}"}, "You can use {brand}, {name}."),
        ("new-device", {"subject": "x" * 151, "body": "y"}, "Write a subject"),
        ("new-device", {"body": "\u202eno"}, "Write a text"),
        ("new-device", {"body": ""}, "Write a text"),
        ("phone-changed-sms", {"body": "word " * 60}, "fits one text message"),
    ):
        browser.open(f"{WORDS}/{kind}/en")
        refused = browser.submit("/en", do="save", **given)
        assert refused.status == 400, given
        assert says in refused.text
    assert browser.open(f"{WORDS}/ledger-checkpoint/en").status == 404
    assert browser.open(f"{WORDS}/new-device/xx").status == 404


@pytest.mark.slow
def test_of_two_who_change_the_words_at_once_the_second_is_told(site: Site) -> None:
    one, other = someone(site, "admin"), someone(site, "owner")
    one.open(f"{WORDS}/new-device/en")
    other.open(LOOK)
    one.submit("/en", do="save", body="First")
    late = other.submit("/brand/", do="save", accent="#a3161d")
    assert "Somebody else has changed it meanwhile." in late.text
    assert not site.events(kind=Event.LOOK_CHANGED)


@pytest.mark.parametrize("kind", KINDS)
def test_every_message_says_own_words_and_keeps_the_way_to_say_no(site: Site, kind: str) -> None:
    brand, issuer = site.installation.settings.brand, site.issuer
    own = WordingRow(kind, "en", "" if kind.endswith("-sms") else "Our subject", "Our words.")
    subject, body = samples.shown(kind, "en", brand, issuer, own)
    ours = samples.shown(kind, "en", brand, issuer, None)
    assert "Our words." in body
    assert "Our words." not in ours[1]
    assert subject == own.subject
    links = re.findall(rf"{re.escape(issuer)}\S+", ours[1])
    assert links
    assert re.findall(rf"{re.escape(issuer)}\S+", body) == links
    if kind.endswith("-sms"):
        assert texts.septets(body) <= texts.SEGMENT
