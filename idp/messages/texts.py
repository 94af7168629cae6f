"""What messages say: the texts of templates/messages, filled in and made safe to send.

A kind is the name of a text. The first line of a mail is its subject. Text messages keep to the
GSM 7-bit alphabet (3GPP TS 23.038, 6.2.1), of which 160 characters fit one message. Never sends.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from idp import language, shipped
from idp.language import Text

TEMPLATES = shipped.folder("templates/messages")

GSM7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM7_TWICE = frozenset("^{}\\[~]|€\f")
"""Characters of the extension table, each as long as two."""

SEGMENT = 160
"""What fits one text message, in septets; longer ones are sent, and paid, as several."""

_PLAIN = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": "..."})
JOINERS = "\u200c\u200d"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(("html",)),
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.install_gettext_callables(  # type: ignore[attr-defined]
        language.gettext, language.ngettext, newstyle=True
    )
    return environment


def render(
    channel: str, kind: str, values: dict[str, object], own: tuple[str, str] = ("", "")
) -> tuple[str, str]:
    """Return subject and body of the message `kind`; text messages and calls have no subject.

    `own` are an operator's subject and first words, in the place of ours.

    A text message that does not fit one segment of 160 characters is written more briefly.

    Raises:
        jinja2.TemplateNotFound, jinja2.UndefinedError: no such kind, or a value is missing.
        ValueError: the kind is for the other channel.
    """
    tidied = {name: tidy(value) for name, value in values.items()}
    tidied |= {"own_subject": own[0], "own_words": own[1]}
    template = _environment().get_template(f"{kind}.txt")
    text = template.render(tidied, brief=False).strip()
    first, _, body = text.partition("\n")
    if first.startswith("Subject: ") != (channel == "mail"):
        raise ValueError(f"templates/messages/{kind}.txt: mails have a subject, and only they")
    if channel == "sms":
        whole = to_gsm7(text)
        return "", whole if septets(whole) <= SEGMENT else to_gsm7(
            template.render(tidied, brief=True).strip()
        )
    if channel == "voice":
        return "", text
    return first.removeprefix("Subject: "), body.strip() + "\n"


def part(name: str, values: dict[str, object]) -> str:
    """Return a part of messages that has no subject, such as whom to ask (`support`)."""
    tidied = {key: tidy(value) for key, value in values.items()}
    return _environment().get_template(f"{name}.txt").render(tidied).strip()


def septets(text: str) -> int:
    """Return the length of a text in the GSM alphabet, as carriers count it."""
    return sum(2 if c in GSM7_TWICE else 1 for c in text)


@dataclass(frozen=True)
class Twin:
    """The HTML of mails: the paragraphs of a text, a code in large, and a button for its link."""

    brand: str
    issuer: str
    """Where links of ours begin. A link of others is one only where it stands on its own line."""
    spoken: str = language.ENGLISH
    button: Text | None = None
    """What the first link of ours says that stands alone; None: each shows its address."""

    def of(self, subject: str, body: str) -> str:
        """Return the page of a mail."""
        paragraphs = [part.split("\n") for part in body.strip().split("\n\n")]
        alone = (lines[0] for lines in paragraphs if len(lines) == 1)
        first = next((line for line in alone if self._ours.fullmatch(line)), None)
        with language.speaking(self.spoken):
            return (
                _environment()
                .get_template("mail.html")
                .render(
                    brand=tidy(self.brand),
                    subject=subject,
                    paragraphs=[[self._pieces(line) for line in lines] for lines in paragraphs],
                    language=language.tag(),
                    main=first if self.button else None,
                    button=self.button,
                )
            )

    @property
    def _ours(self) -> re.Pattern[str]:
        return re.compile(rf"({re.escape(self.issuer)}/[^\s<>\"]*[^\s<>\".,;:!?)])")

    def _pieces(self, line: str) -> list[tuple[str, bool]]:
        """Return a line in pieces, each with whether it is a link."""
        if line.startswith(("https://", "http://")) and " " not in line:
            return [(line, True)]
        pieces = self._ours.split(line)
        return [(piece, at % 2 == 1) for at, piece in enumerate(pieces) if piece]


def tidy(value: Any) -> Any:
    """Return a text on one line without invisible characters; other values as they are.

    A name must not be able to start a paragraph, a header or a change of direction of its own.
    """
    if isinstance(value, Text):
        value = str(value)
    if not isinstance(value, str):
        return value
    kept = (c if c.isprintable() or c in JOINERS else " " for c in value)
    return " ".join("".join(kept).split())


def to_gsm7(text: str) -> str:
    """Return `text` in the GSM 7-bit alphabet: other letters lose their marks, or are left out."""
    lines = ("".join(map(_to_gsm7, line.translate(_PLAIN))) for line in text.split("\n"))
    return "\n".join(" ".join(line.split()) for line in lines)


def _to_gsm7(character: str) -> str:
    if character in GSM7 or character in GSM7_TWICE:
        return character
    return "".join(c for c in unicodedata.normalize("NFKD", character) if c in GSM7)
