"""How the installation looks and what its messages say, as somebody decides in the console.

Owns what can be decided, its checks, and its two events. What nobody has decided is as the settings
and our own words say.
"""

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from idp import audit
from idp.audit import Event
from idp.authenticators import identifiers
from idp.errors import CommandError
from idp.installation import Installation
from idp.language import LANGUAGES
from idp.messages import look, samples, texts
from idp.messages.look import FIELDS, Look
from idp.messages.notices import Notice
from idp.oidc.clients import pictures
from idp.operating.actor import Actor, acts
from idp.operating.refusals import Changed
from idp.policy.roles import Action
from idp.store.db import Work
from idp.store.oidc import pictures as kept
from idp.store.service import looks
from idp.store.service.looks import WordingRow
from idp.web import style

SMS = samples.SMS
KINDS = (
    *(one.value for one in Notice),
    "phone-changed-sms",
    "invitation",
    "reset-link",
    "enrol-link",
    "confirm-link",
)
"""The messages that can say own words."""
LONGEST_SUBJECT, LONGEST_BODY, LONGEST_FIELD = 150, 2000, 200
_PLACEHOLDERS = {"invitation": ("brand", "name", "username")}
_USUAL = ("brand", "name")
_COLOUR = re.compile(r"#[0-9a-f]{6}")
_TELEPHONE = re.compile(r"\+?[0-9][0-9 ()./-]{2,38}[0-9]")
_HTTPS = re.compile(r"https://[^\s<>\"'\\]+")
_LOGO = re.compile(r"/logos/[A-Za-z0-9_-]{43}\.(png|jpeg|webp)")
_UNSEEN = frozenset({"Cc", "Cf", "Cn", "Co", "Cs"})


class BadField(CommandError):
    """A value that cannot be; `field` is which."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


class Invisible(BadField):
    """A colour that does not stand out from light or dark pages."""


class Branding:
    """The look and the words of one installation."""

    def __init__(self, installation: Installation) -> None:
        self._settings = installation.settings
        self._looks = installation.post.looks

    @acts(Action.BRAND_CHANGE)
    def now(self, work: Work, _actor: Actor) -> tuple[Look, dict[str, str]]:
        """Return the look in force as the database has it, and what of it was decided."""
        return look.of(self._settings, work), looks.find(work).data

    @acts(Action.BRAND_CHANGE)
    def words(self, work: Work, _actor: Actor) -> tuple[list[WordingRow], int]:
        """Return all that is said in the place of our words, and the version of look and words."""
        return looks.words(work), looks.version(work)

    def checked(self, wanted: Mapping[str, str]) -> dict[str, str]:
        """Return what was decided in its normal form: what is empty is as the settings say.

        Raises:
            BadField: a value that cannot be.
        """
        found = {name: wanted.get(name, "").strip() for name in FIELDS}
        found["accent"] = found["accent"].lower()
        for name, value in found.items():
            if value and (len(value) > LONGEST_FIELD or not _CHECKS[name](value)):
                raise BadField(name, f"{name} cannot be {value[:LONGEST_FIELD]!r}")
        if found["accent"] and not style.stands_out(found["accent"]):
            raise Invisible("accent", "buttons and links of this colour could not be seen")
        if found["support_hours"] and not found["support_phone"]:
            raise BadField("support_hours", "say which number is answered then")
        return {name: value for name, value in found.items() if value}

    @acts(Action.BRAND_CHANGE)
    def keep_picture(self, work: Work, _actor: Actor, content: bytes) -> str:
        """Keep a picture, and return its address; unless it becomes the logo it goes in a day.

        Raises:
            CommandError: it is no picture that can be shown.
        """
        name = pictures.name_of(content)
        kept.add(work, pictures.digest(content), content)
        return f"/logos/{name}"

    @acts(Action.BRAND_CHANGE)
    def change(
        self, work: Work, _actor: Actor, wanted: Mapping[str, str], *, seen: int
    ) -> dict[str, str]:
        """Decide how it looks; return that.

        Raises:
            BadField, Changed: a value that cannot be, or somebody else was faster.
        """
        after = self.checked(wanted)
        before = looks.find(work).data
        self._begin(work, seen)
        looks.change(work, after)
        moved = sorted(name for name in FIELDS if before.get(name) != after.get(name))
        audit.record(
            work,
            Event.LOOK_CHANGED,
            reason=" ".join(moved),
            before={name: before.get(name) for name in moved},
            after={name: after.get(name) for name in moved},
        )
        return after

    def checked_words(self, row: WordingRow) -> WordingRow:
        """Return own words as they are kept.

        Raises:
            BadField: they cannot be so.
        """
        if row.kind not in KINDS or row.language not in LANGUAGES:
            raise BadField("kind", f"there are no words of {row.kind!r} in {row.language!r}")
        body = "\n".join(map(texts.tidy, row.body.strip().splitlines()))
        found = WordingRow(row.kind, row.language, texts.tidy(row.subject), body)
        for field, text, most in (
            ("subject", found.subject, LONGEST_SUBJECT),
            ("body", row.body, LONGEST_BODY),
        ):
            if len(text) > most:
                raise BadField(field, f"at most {most} characters")
            _check_text(row.kind, field, text)
        if self.length(found) > texts.SEGMENT:
            raise BadField("body", "it does not fit one text message")
        if not found.body or (row.kind.endswith(SMS) and found.subject):
            raise BadField("body" if not found.body else "subject", "there is nothing to say")
        return found

    def length(self, row: WordingRow) -> int:
        """Return how long a text message with these words is, in its alphabet; 0 of an e-mail."""
        if not row.kind.endswith(SMS):
            return 0
        brand, issuer = self._looks.now().brand, self._settings.server.issuer
        return texts.septets(samples.shown(row.kind, row.language, brand, issuer, row)[1])

    @acts(Action.BRAND_CHANGE)
    def say(self, work: Work, _actor: Actor, row: WordingRow, *, seen: int) -> WordingRow:
        """Let a message say own words in a language; return them as they are kept.

        Raises:
            BadField, Changed: they cannot be so, or somebody else was faster.
        """
        found = self.checked_words(row)
        self._word(work, row.kind, row.language, found, seen)
        return found

    @acts(Action.BRAND_CHANGE)
    def say_ours(self, work: Work, _actor: Actor, kind: str, language: str, *, seen: int) -> None:
        """Let a message say our words again.

        Raises:
            Changed: somebody else was faster.
        """
        self._word(work, kind, language, None, seen)

    def _word(
        self, work: Work, kind: str, language: str, after: WordingRow | None, seen: int
    ) -> None:
        before = next(
            (one for one in looks.words(work) if (one.kind, one.language) == (kind, language)), None
        )
        self._begin(work, seen)
        if after is None:
            looks.remove(work, kind, language)
        else:
            looks.put(work, after)
        audit.record(
            work,
            Event.WORDING_CHANGED,
            reason=f"{kind}, {language}: {'own words' if after else 'default words'}",
            before=_said(before),
            after=_said(after),
        )

    def _begin(self, work: Work, seen: int) -> None:
        if not looks.move_on(work, seen):
            raise Changed("somebody has changed it meanwhile: look again")
        work.after_commit(self._looks.forget)


def placeholders(kind: str) -> tuple[str, ...]:
    """Return what may stand in braces in a kind of message."""
    return _PLACEHOLDERS.get(kind, _USUAL)


def _check_text(kind: str, field: str, text: str) -> None:
    known = placeholders(kind)
    if strangers := sorted(look.placeholders(text) - set(known)):
        raise BadField(field, f"nothing stands for {{{strangers[0]}}} here")
    if any(unicodedata.category(sign) in _UNSEEN and sign not in "\r\n\t" for sign in text):
        raise BadField(field, "there is a sign that cannot be seen")


def _said(row: WordingRow | None) -> dict[str, Any] | None:
    return {"subject": row.subject, "body": row.body} if row else None


def _plain(text: str) -> bool:
    return text.isprintable()


_CHECKS: Mapping[str, Any] = {
    "accent": _COLOUR.fullmatch,
    "logo": _LOGO.fullmatch,
    "support_email": lambda text: identifiers.email(text) is not None,
    "support_phone": _TELEPHONE.fullmatch,
    "support_hours": _plain,
    "support_url": _HTTPS.fullmatch,
}
