"""A letter, and what carries it to a mail server."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from idp.messages.carriers.mail import SmtpTransport
from idp.messages.carriers.transport import DeliveryError, Letter
from tests.support.post import ADDRESS, CODE, settings
from tests.support.stand_ins.smtp import (
    FakeMailServer,
    mail_server,
)


@pytest.fixture
def server() -> Iterator[FakeMailServer]:
    with mail_server() as running:
        yield running


def letter(to: str = ADDRESS, subject: str = "Your code") -> Letter:
    return Letter("id", "address-code", to, subject, f"Hello,\n\n{CODE}\n", 600)


def transport(tmp_path: Path, environ: dict[str, str]) -> SmtpTransport:
    return SmtpTransport(settings(tmp_path, environ))


def failure(sender: SmtpTransport, message: Letter | None = None) -> DeliveryError:
    """Return why a letter could not be sent."""
    with pytest.raises(DeliveryError) as caught:
        sender.send(message or letter())
    assert ADDRESS not in str(caught.value)
    assert CODE not in str(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    return caught.value
