"""The few exceptions of Acrux: promises that were broken, never answers that were wrong.

A wrong password is a value (`authenticators.base.Rejected`); a setting that cannot be is an
exception. Every exception here carries a sentence fit for the person who meets it.
"""

from idp.language import Words, english


class AcruxError(Exception):
    """Base of all; `str(error)` is one plain line without secrets."""


class ConfigurationError(AcruxError):
    """A setting stops the start. The line says which one and what to change."""


class CommandError(AcruxError):
    """An operator's command cannot be carried out."""


class SealError(AcruxError):
    """A sealed value does not open: wrong key, wrong row, or it was altered."""


class PageError(AcruxError):
    """A request ends in a page for a person.

    `status` is the HTTP status, `title` the heading, `message` what happened and `advice` what to
    do next, all in plain words.
    """

    def __init__(self, title: Words, message: Words, advice: Words = "", status: int = 400) -> None:
        super().__init__(english(title))
        self.title = title
        self.message = message
        self.advice = advice
        self.status = status
