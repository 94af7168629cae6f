"""Mails as a program of their reader takes them apart: headers, text, and its HTML twin.

Read with Python's parser under `email.policy.default`, which notes each fault of a message.
"""

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from idp import language
from idp.messages import texts
from idp.messages.carriers.mail import BUTTONS, SmtpTransport
from idp.messages.carriers.transport import Letter
from tests.support.post import settings
from tests.unit.messages.test_texts import KINDS, LINK, STAGE

ISSUER = "https://id.example.org"
SETTINGS = {"ACRUX_SERVER__ISSUER": ISSUER, "ACRUX_MAIL__SENDER": "signin@example.org"}
SET_UP, DETAILS = f"{ISSUER}/account/ways", f"{ISSUER}/account/details"
MAILS: list[tuple[str, dict[str, Any]]] = [
    (kind, values) for channel, kind, values in KINDS if channel == "mail"
]
NAMES = [
    "Aroha\r\nBcc: all@example.org\r\n\r\n<h1>Closed</h1>",
    "</p><script>alert(1)</script><a href='https://evil.example'>&lt;",
    "سارة\u202eأحمد",
    "👩🏽\u200d⚕️ Mere",
    "Wolfeschlegelsteinhausen" * 20,
    "{link} %(date)s {{ brand }}",
]


class Page(HTMLParser):
    """What an HTML part shows, where it leads, and what it is made of."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: dict[str, str] = {}
        self.words: list[str] = []
        self._at = ""
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self._at = dict(attrs).get("href") or "" if tag == "a" else ""
        assert not {"src", "onclick", "background"} & {name for name, _ in attrs}

    def handle_endtag(self, tag: str) -> None:
        self._at = "" if tag == "a" else self._at

    def handle_data(self, data: str) -> None:
        self.words += data.split()
        if self._at:
            self.links[self._at] = data.strip()


def sent(tmp_path: Path, kind: str, text: tuple[str, str], spoken: str = "en") -> EmailMessage:
    """Return a mail as it is handed over, and read again."""
    own = settings(tmp_path, SETTINGS)
    letter = Letter("an-id", kind, "rangi@example.org", *text, language=spoken)
    raw = SmtpTransport(own).compose(letter).as_bytes()
    assert max(map(len, raw.split(b"\r\n"))) <= 998, "RFC 5322 section 2.1.1"
    return message_from_bytes(raw, policy=default)


def part(message: EmailMessage, kind: str) -> str:
    found = message.get_body((kind,))
    assert found is not None
    return str(found.get_content()).replace("\r\n", "\n")


@pytest.mark.slow
@pytest.mark.parametrize("spoken", language.LANGUAGES)
def test_every_mail_is_read_without_a_fault_and_says_the_same_twice(
    tmp_path: Path, spoken: str
) -> None:
    for kind, values in MAILS:
        with language.speaking(spoken):
            text = texts.render("mail", kind, {"minutes": 10, **values})
        message = sent(tmp_path, kind, text, spoken)
        assert [each.defects for each in message.walk()] == [[], [], []], kind
        assert message["Subject"] == text[0]
        assert message["Content-Language"] == spoken
        assert part(message, "plain") == text[1]
        shown, said = Page(part(message, "html")), text[1].split()
        assert all(word in shown.words or word in shown.links for word in said), kind


@pytest.mark.parametrize("name", NAMES)
def test_a_name_makes_neither_header_nor_markup_nor_link(tmp_path: Path, name: str) -> None:
    text = texts.render("mail", "stage-announced", {**STAGE, "name": name})
    message = sent(tmp_path, "stage-announced", text)
    assert message["Bcc"] is None
    assert len(list(message.walk())) == 3
    assert text[1].startswith(f"Hello {texts.tidy(name)[:20]}")
    assert len(text[1].split("\n")[0]) < 100
    shown = Page(part(message, "html"))
    assert set(shown.tags) == {"html", "head", "meta", "title", "body", "div", "p", "a", "br"}
    assert list(shown.links) == [SET_UP, DETAILS, "https://example.org/help"]
    assert "overflow-wrap: anywhere" in part(message, "html")


@pytest.mark.parametrize("spoken", language.LANGUAGES)
@pytest.mark.parametrize(
    ("kind", "values", "says"),
    [
        *((f"stage-{one}", STAGE, "Set it up now") for one in ("announced", "tomorrow", "today")),
        ("enrol-link", LINK, "Set it up now"),
        ("invitation", {**LINK, "second_step_from": ""}, "Choose your password"),
        ("reset-link", LINK, "Choose a new password"),
    ],
)
def test_the_one_thing_to_do_is_a_button_in_the_language_of_the_mail(
    tmp_path: Path, kind: str, values: dict[str, Any], says: str, spoken: str
) -> None:
    with language.speaking(spoken):
        text = texts.render("mail", kind, {"minutes": 10, **values})
        words = language.gettext(says)
    html = part(sent(tmp_path, kind, text, spoken), "html")
    assert Page(html).links[str(values["link"])] == words
    assert html.count("display: inline-block") == 1
    assert (words == says) is (spoken == "en")


def test_only_a_link_of_ours_is_a_button_and_one_within_a_sentence_leads_there(
    tmp_path: Path,
) -> None:
    body = (
        f"First:\n\nhttps://intranet.example/mfa\n\nThen open {SET_UP}. Or {ISSUER}.evil.example/\n"
    )
    html = part(sent(tmp_path, "stage-today", ("From today", body)), "html")
    assert Page(html).links == {
        "https://intranet.example/mfa": "https://intranet.example/mfa",
        SET_UP: SET_UP,
    }
    assert "inline-block" not in html
    alone = part(sent(tmp_path, "stage-today", ("From today", f"{body}\n{SET_UP}\n")), "html")
    assert "Set it up now</a>" in alone
    assert alone.index("Set it up now</a>") > alone.index("intranet.example/mfa</a>")


@pytest.mark.slow
def test_no_other_mail_hides_where_its_link_leads(tmp_path: Path) -> None:
    for kind, values in MAILS:
        if kind.startswith(tuple(BUTTONS)):
            continue
        text = texts.render("mail", kind, {"minutes": 10, **values})
        links = Page(part(sent(tmp_path, kind, text), "html")).links
        assert all(said == leads for leads, said in links.items()), kind
