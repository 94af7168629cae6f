"""Asking a carrier whether a code that it made is right: a network call within a limit.

Anyone who asks has no transaction open. Never counts, never uses a code up here, never logs.
"""

from functools import partial
from typing import Protocol

from idp import spans
from idp.messages.carriers.transport import CheckError, Verdict
from idp.messages.senders import Late, Limit
from idp.settings.sms_and_mail import Sms


class Asked(Protocol):
    """A carrier that can be asked."""

    def check(self, reference: str, to: str, code: str) -> Verdict:
        """Return what it says of a code.

        Raises:
            CheckError: nothing.
        """
        ...


class Checker:
    """The carrier that checks its own codes: Twilio Verify."""

    def __init__(self, settings: Sms) -> None:
        self._settings = settings
        self._limit = Limit()
        self._asked: Asked | None = None

    def check(self, reference: str, to: str, code: str) -> Verdict:
        """Return what the carrier says of `code`, within `sms.twilio_timeout`.

        `reference` is its id of the verification, `to` the number that it must be of (E.164). A
        code that is right is right once, and then the verification is over.

        Raises:
            CheckError: there was no answer that says anything of the code.
        """
        if self._asked is None:
            # Here and not above, because it costs 0.2 s and few processes ever need it.
            from idp.messages.carriers.verify import VerifyChecks

            self._asked = VerifyChecks(self._settings)
        call = partial(self._asked.check, reference, to, code)
        try:
            with spans.around("check code"):
                said = self._limit.call(self._settings.twilio_timeout, call)
        except Late as error:
            raise CheckError(str(error)) from None
        return Verdict(said or "")
