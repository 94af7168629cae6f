"""The few exceptions of Acrux: promises that were broken, never answers that were wrong.

A wrong password is a value (`authenticators.base.Rejected`); a setting that cannot be is an
exception. Every exception here carries a sentence fit for the person who meets it.
"""

from dataclasses import dataclass

from idp.language import Words, _, english


class AcruxError(Exception):
    """Base of all; `str(error)` is one plain line without secrets."""


class ConfigurationError(AcruxError):
    """A setting stops the start. The line says which one and what to change."""


class CommandError(AcruxError):
    """An operator's command cannot be carried out.

    A command prints it in English; a page shows `words`, in its language where that is a text.
    `code` is for programs, where one may want to know which it is.
    """

    def __init__(self, words: Words = "", code: str = "") -> None:
        super().__init__(english(words))
        self.words = words
        self.code = code


class SealError(AcruxError):
    """A sealed value does not open: wrong key, wrong row, or it was altered."""


class GoneError(AcruxError):
    """What is to be changed was deleted a moment ago: a person, or what else a request is about."""


@dataclass(frozen=True)
class WayOn:
    """The button of a page on which something ended: a path of ours, or a registered address."""

    label: Words
    url: str
    host: str = ""
    """Where an address that is not ours leads, to be read before it is followed."""


ACCOUNT = WayOn(_("Go to your account"), "/account/")


class PageError(AcruxError):
    """A request ends in a page for a person.

    `status` is the HTTP status, `title` the heading, `message` what happened and `advice` what to
    do next, all in plain words. `way` leads on; every page has one. `client` is the application
    that the page is about, where it is known: then the way on is to that one. With `asks` the page
    says whom to ask, and how: the advice is to ask for help.
    """

    def __init__(
        self,
        title: Words,
        message: Words,
        advice: Words = "",
        status: int = 400,
        *,
        way: WayOn = ACCOUNT,
        client: str | None = None,
        asks: bool = False,
    ) -> None:
        super().__init__(english(title))
        self.title = title
        self.message = message
        self.advice = advice
        self.status = status
        self.way = way
        self.client = client
        self.asks = asks


class DeadLink(PageError):
    """A link that does not work: `way` leads to a new one, and to `client`, if known, as well."""


class DeadEnd(PageError):
    """A sign-in that cannot go on in this browser; it begins again at its application."""


class AlteredError(PageError):
    """A row that decides was written by something else: nothing goes on by it (`store.tags`)."""

    def __init__(self, table: str, name: str) -> None:
        super().__init__(
            _("We stopped here, to be safe"),
            _("What decides about this sign-in was changed in a way that we do not recognise."),
            _("Ask the people who look after your account."),
            status=403,
            asks=True,
        )
        # Read by operators alone, of a command or in the log.
        self.args = (
            f"the row {name!r} of the table {table} was not written by this installation, or not"
            " like this: see `acrux rows check`",
        )
