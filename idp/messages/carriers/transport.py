"""What a way of sending is: one call that delivers a letter within a limit, or says why it did not.

Here too: the way without a network, into a directory. Never retries, never stores, never logs.
"""

import json
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from idp import clock, language
from idp.crypto import random_token
from idp.errors import AcruxError

_OF_A_LETTER = (400, 422)


@dataclass(frozen=True)
class Letter:
    """One message, ready to be sent. `subject` is empty for text messages.

    A verification, whose code the carrier makes, has no `body`.
    `seconds` is how long it is still worth delivering. Printed, it shows its id and kind alone.
    """

    id: str
    kind: str
    to: str = field(repr=False)
    subject: str = field(repr=False)
    body: str = field(repr=False)
    seconds: int = 0
    language: str = language.ENGLISH
    own: Sequence[str] = ()
    """Of a verification: the carrier's ids of those that it may go on with."""
    foreign: Sequence[str] = ()
    """And of those that must be called off before it."""


class DeliveryError(AcruxError):
    """A letter was not sent. The text names no number, address or code.

    `final`: the recipient or the carrier said no to this letter, and asking again would not help.
    `status` and `code` are the carrier's, where it answered: of HTTP, and of its own list. `said`
    are its own words, which may quote anything: they are for whoever watches such messages
    (`Post.watch`), and neither a log nor the outbox has them (`plain`).
    """

    def __init__(
        self,
        final: bool,
        text: str,
        status: int | None = None,
        code: int | None = None,
        *,
        said: str = "",
    ) -> None:
        super().__init__(f"{text}: {said}" if said else text)
        self.final = final
        self.plain = text
        self.status = status
        self.code = code

    @property
    def of_this_letter(self) -> bool:
        """Whether it was the letter or its recipient: nobody else need be asked to send it.

        A carrier that is away, or that refuses the account, says nothing of the letter.
        """
        return self.final and self.status in _OF_A_LETTER


class Transport(Protocol):
    """A way of sending."""

    def send(self, letter: Letter) -> str | None:
        """Deliver `letter` and return the carrier's reference, if it gives one.

        Raises:
            DeliveryError: it was not delivered.
        """
        ...


class NoTransport:
    """The way of a channel that is switched off."""

    def __init__(self, channel: str) -> None:
        self._channel = channel

    def send(self, letter: Letter) -> str | None:
        raise DeliveryError(True, f"{self._channel}.backend is off")


class DirectoryTransport:
    """One JSON file for each letter, readable by the owner alone; names sort by time."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def send(self, letter: Letter) -> str | None:
        content = {
            "to": letter.to,
            "subject": letter.subject,
            "body": letter.body,
            "kind": letter.kind,
            "at": clock.now(),
        }
        # The second counter orders what one second holds, in every process of this machine.
        name = f"{content['at']:012d}-{time.monotonic_ns():020d}-{random_token(4)}.json"
        target = self._directory / name
        unfinished = target.with_name(f".{name}.part")
        try:
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(content, file, ensure_ascii=False, indent=2)
            unfinished.rename(target)
        except OSError as error:
            raise DeliveryError(False, f"directory: {error.strerror}") from None
        return target.stem


class Verdict(StrEnum):
    """What a carrier says of a code."""

    RIGHT = "right"
    WRONG = "wrong"
    OVER = "expired or used"
    WORN = "tried too often"
    """The code was not looked at, and none of this verification will be any more."""


class CheckError(AcruxError):
    """A carrier could not be asked. The text names no number and no code."""
