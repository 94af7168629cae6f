"""What is sent is no one else's business: not the logs', not the database's, not the errors'."""

import io
import logging
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.post import ADDRESS, CODE, NUMBER, SOON, Desk, desk
from tests.support.post import travel as travelling
from tests.support.stand_ins.smtp import FakeMailServer, mail_server
from tests.support.stand_ins.twilio import TOKEN, FakeTwilio

SECRETS = (CODE, NUMBER, NUMBER[1:], "5550123", ADDRESS, "rangi", "Rangi", TOKEN, "is your Acrux")


@pytest.fixture
def server() -> Iterator[FakeMailServer]:
    with mail_server() as running:
        yield running


@pytest.fixture
def office(twilio: FakeTwilio, server: FakeMailServer, tmp_path: Path) -> Iterator[Desk]:
    url = f"sqlite:///{tmp_path / 'acrux.sqlite'}"
    with desk(url, tmp_path, twilio.settings() | server.settings()) as made:
        yield made


@pytest.fixture
def everything_logged(capfd: pytest.CaptureFixture[str]) -> Iterator[io.StringIO]:
    """Every record of every logger, whatever its level is otherwise, as text with tracebacks."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    root = logging.getLogger()
    names = [name for name in logging.root.manager.loggerDict if name != "mail.log"]
    before = {name: logging.getLogger(name).level for name in names}
    for name in before:
        logging.getLogger(name).setLevel(logging.DEBUG)
    level = root.level
    root.setLevel(logging.DEBUG)
    root.addHandler(handler)
    yield written
    root.removeHandler(handler)
    root.setLevel(level)
    for name, old in before.items():
        logging.getLogger(name).setLevel(old)
    printed = capfd.readouterr()
    assert_no_secrets(printed.out + printed.err)


def assert_no_secrets(text: str) -> None:
    found = [secret for secret in SECRETS if secret in text]
    assert not found


def make_trouble(kind: str, twilio: FakeTwilio, server: FakeMailServer) -> None:
    """Let both carriers repeat the secrets in what they say."""
    match kind:
        case "refused":
            twilio.refuse(21211)
            server.refuse_with = f"550 5.1.1 <{ADDRESS}>: no such user Rangi {CODE}"
        case "temporary":
            twilio.refuse(20500)
            server.refuse_text_with = f"451 4.3.0 <{ADDRESS}> {CODE}"
        case "dropped":
            twilio.drop()
            server.greylist = True
        case "nonsense":
            twilio.answer(200, f'{{"to": "{NUMBER}", "body": "{CODE}"')
            server.refuse_with = f"599 {CODE}"


@pytest.mark.parametrize("trouble", ["none", "refused", "temporary", "dropped", "nonsense"])
def test_no_secret_stands_in_a_log(
    office: Desk,
    twilio: FakeTwilio,
    server: FakeMailServer,
    tmp_path: Path,
    everything_logged: io.StringIO,
    trouble: str,
) -> None:
    make_trouble(trouble, twilio, server)
    with travelling(tmp_path) as travel:
        sent = [office.send_sms(), office.send_mail()]
        for each in sent:
            assert office.post.wait(each, SOON) != "due"
        travel.on(60)
        office.post.deliver_due()
    logged = everything_logged.getvalue()
    assert all(each in logged for each in sent), "the outcome of each message is logged"
    assert_no_secrets(logged)
    for each in sent:
        assert_no_secrets(str(office.row(each)))


def test_no_secret_stands_in_the_files_of_the_database(office: Desk, tmp_path: Path) -> None:
    waiting = [office.send_sms(quiet=True), office.send_mail(quiet=True)]
    _assert_clean(tmp_path)
    office.post.deliver_due()
    assert [office.row(each).state for each in waiting] == ["sent", "sent"]
    _assert_clean(tmp_path)
    with sqlite3.connect(tmp_path / "acrux.sqlite") as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    _assert_clean(tmp_path)


def _assert_clean(directory: Path) -> None:
    files = list(directory.glob("acrux.sqlite*"))
    content = b"".join(file.read_bytes() for file in files)
    assert b"sms-code" in content, "the test looks at the right files"
    assert [secret for secret in SECRETS if secret.encode() in content] == []
