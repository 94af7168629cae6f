"""Mails on the wire: a real SMTP server that takes, refuses, greylists, is away or not trusted."""

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from idp import clock
from idp.messages.carriers.transport import Letter
from tests.protocol.messages.letters import failure, letter, transport
from tests.support.post import ADDRESS, CODE, MAIL, SOON, Desk, Travel, desk
from tests.support.post import travel as travelling
from tests.support.stand_ins.smtp import (
    FakeMailServer,
    free_port,
    mail_server,
    smtp_settings,
)


@pytest.fixture
def office(server: FakeMailServer, tmp_path: Path) -> Iterator[Desk]:
    with desk(f"sqlite:///{tmp_path / 'acrux.sqlite'}", tmp_path, server.settings()) as made:
        yield made


@pytest.fixture
def travel(tmp_path: Path) -> Iterator[Travel]:
    with travelling(tmp_path) as traveller:
        yield traveller


# -- odd but legal


@pytest.mark.parametrize(
    ("sender", "shown"),
    [
        ("Acrux, Inc. <signin@example.org>", '"Acrux, Inc." <signin@example.org>'),
        ('"Acrux, Inc." <signin@example.org>', '"Acrux, Inc." <signin@example.org>'),
        (
            "Ngā whetū; (sign-in) <signin@example.org>",
            '"Ngā whetū; (sign-in)" <signin@example.org>',
        ),
        ("signin@bücher.example", "Acrux <signin@xn--bcher-kva.example>"),
    ],
)
def test_whatever_the_sender_is_called_a_mail_is_made(
    server: FakeMailServer, tmp_path: Path, sender: str, shown: str
) -> None:
    transport(tmp_path, {**server.settings(), "ACRUX_MAIL__SENDER": sender}).send(letter())
    [mail] = server.mails
    assert mail.message["From"] == shown
    assert mail.sender.endswith("example.org") or mail.sender.endswith(".example")


@pytest.mark.parametrize(
    ("to", "envelope"),
    [
        ("tane@bücher.example", "tane@xn--bcher-kva.example"),
        ("tane@straße.example", "tane@xn--strae-oqa.example"),
        ("o'brien+x@example.org", "o'brien+x@example.org"),
        ("jörg@example.org", "jörg@example.org"),
        ("jörg@bücher.example", "jörg@xn--bcher-kva.example"),
    ],
)
def test_an_address_in_any_script_gets_its_mail(
    server: FakeMailServer, tmp_path: Path, to: str, envelope: str
) -> None:
    transport(tmp_path, server.settings()).send(letter(to))
    [mail] = server.mails
    assert mail.recipients == (envelope,)
    assert mail.message["To"] == envelope


def test_a_server_that_carries_ascii_only_says_so_for_good_and_takes_other_domains(
    server: FakeMailServer, tmp_path: Path
) -> None:
    server.take_ascii_only()
    found = failure(transport(tmp_path, server.settings()), letter("jörg@example.org"))
    assert found.final
    assert str(found) == "the mail server carries no address that is not ASCII (RFC 6531)"
    transport(tmp_path, server.settings()).send(letter("tane@bücher.example"))
    assert [mail.recipients for mail in server.mails] == [("tane@xn--bcher-kva.example",)]


# -- what arrives


def test_a_mail_arrives_with_its_headers_and_both_texts(
    office: Desk, server: FakeMailServer
) -> None:
    sent = office.send_mail()
    assert office.post.wait(sent, SOON) == "sent"
    [mail] = server.mails
    assert (mail.sender, mail.recipients) == ("signin@example.org", (ADDRESS,))
    message = mail.message
    assert message["From"] == "Acrux <signin@example.org>"
    assert message["To"] == ADDRESS
    assert message["Subject"] == "Your Acrux code"
    assert message["Message-ID"] == f"<{sent}@example.org>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert abs(message["Date"].datetime.timestamp() - clock.now()) < SOON
    assert message.get_content_type() == "multipart/alternative"
    assert mail.text.startswith("Hello Rangi,\n\nYou are setting up a second step")
    assert f"\n\n{CODE}\n\n" in mail.text
    assert f">{CODE}</p>" in mail.html
    assert not message.defects
    assert max(map(len, mail.content.splitlines())) <= 998


def test_letters_beyond_ascii_arrive(office: Desk, server: FakeMailServer) -> None:
    values = MAIL | {"brand": "Hauora Māori", "name": "Tāne 漢字"}
    sent = office.send("mail", "address-code", ADDRESS, values)
    assert office.post.wait(sent, SOON) == "sent"
    assert server.mails[0].message["Subject"] == "Your Hauora Māori code"
    assert "Hello Tāne 漢字," in server.mails[0].text
    assert "Hello Tāne 漢字," in server.mails[0].html
    assert server.mails[0].content.isascii()


def test_a_sender_may_carry_a_name_of_its_own(server: FakeMailServer, tmp_path: Path) -> None:
    environ = server.settings() | {"ACRUX_MAIL__SENDER": "Te Pou <pou@example.org>"}
    transport(tmp_path, environ).send(letter())
    assert server.mails[0].message["From"] == "Te Pou <pou@example.org>"
    assert server.mails[0].sender == "pou@example.org"


@pytest.mark.parametrize(
    "to",
    [
        "",
        "rangi",
        "rangi@example.org\r\nBcc: all@example.org",
        "rangi@example.org\nall@example.org",
        "rangi@example.org, all@example.org",
        "Rangi <rangi@example.org>",
        "rangi@example.org> SIZE=1",
        "rangi@example.org\x00",
        "rangi@@example.org",
        "rangi.@example.org",
    ],
)
def test_one_mail_has_one_recipient_or_none(
    server: FakeMailServer, tmp_path: Path, to: str
) -> None:
    assert failure(transport(tmp_path, server.settings()), letter(to)).final
    assert server.mails == []


def test_a_subject_adds_neither_header_nor_recipient(
    server: FakeMailServer, tmp_path: Path
) -> None:
    forged = letter(subject="Code\r\nBcc: all@example.org\r\n\r\nFree money\r\n.\r\nRSET")
    transport(tmp_path, server.settings()).send(forged)
    [mail] = server.mails
    assert mail.recipients == (ADDRESS,)
    assert mail.message["Bcc"] is None
    assert mail.message["Subject"] == "Code Bcc: all@example.org Free money . RSET"


def test_a_line_of_one_dot_does_not_end_the_mail(server: FakeMailServer, tmp_path: Path) -> None:
    dotted = Letter("id", "address-code", ADDRESS, "Dots", "One\n.\n..\nMAIL FROM:<x@y>\n", 600)
    transport(tmp_path, server.settings()).send(dotted)
    assert server.mails[0].text == dotted.body


# -- what does not


def test_a_server_that_was_away_gets_the_mail_when_it_is_back(
    tmp_path: Path, travel: Travel
) -> None:
    port = free_port()
    url = f"sqlite:///{tmp_path / 'acrux.sqlite'}"
    with desk(url, tmp_path, smtp_settings(port)) as office:
        late = office.send_mail()
        assert office.post.wait(late, SOON) == "failed"
        row = office.row(late)
        assert (row.state, row.error) == ("late", "SMTP: ConnectionRefusedError")
        travel.on(30)
        assert office.post.deliver_due() == 1
        assert office.row(late).state == "late"
        with mail_server(port) as server:
            assert office.post.deliver_due() == 0
            travel.on(60)
            assert office.post.deliver_due() == 1
            assert office.row(late).state == "sent"
            assert [mail.recipients for mail in server.mails] == [(ADDRESS,)]


def test_a_greylisted_mail_is_taken_at_the_second_attempt(
    office: Desk, server: FakeMailServer, travel: Travel
) -> None:
    server.greylist = True
    late = office.send_mail()
    assert office.post.wait(late, SOON) == "failed"
    assert office.row(late).error == "SMTP: recipient refused, 451"
    travel.on(30)
    assert office.post.deliver_due() == 1
    assert office.row(late).state == "sent"
    assert len(server.mails) == 1


@pytest.mark.parametrize(
    ("said", "final"), [("550 5.1.1 Nobody here", True), ("452 4.2.2 Mailbox full", False)]
)
def test_a_refused_recipient(office: Desk, server: FakeMailServer, said: str, final: bool) -> None:
    server.refuse_with = f"{said} <{ADDRESS}>"
    refused = office.send_mail()
    assert office.post.wait(refused, SOON) == "failed"
    row = office.row(refused)
    assert row.state == ("failed" if final else "late")
    assert row.error == f"SMTP: recipient refused, {said[:3]}"
    assert (row.sealed is None) is final


@pytest.mark.parametrize(("said", "final"), [("554 5.7.1 Spam", True), ("451 Later", False)])
def test_a_refused_text(server: FakeMailServer, tmp_path: Path, said: str, final: bool) -> None:
    server.refuse_text_with = said
    error = failure(transport(tmp_path, server.settings()))
    assert (error.final, str(error)) == (final, f"SMTP: text refused, {said[:3]}")


def test_a_server_that_says_nothing_is_given_up_in_time(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        environ = smtp_settings(silent.getsockname()[1])
        error = failure(transport(tmp_path, environ | {"ACRUX_MAIL__TIMEOUT": "0.3"}))
    assert (error.final, str(error)) == (False, "SMTP: SMTPServerDisconnected")


def test_a_server_that_breaks_off_after_taking_a_mail_has_taken_it(tmp_path: Path) -> None:
    def serve(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection, connection.makefile("rb") as lines:
            connection.sendall(b"220 me\r\n")
            for answer in (b"250 me\r\n", b"250 OK\r\n", b"250 OK\r\n", b"354 go on\r\n"):
                lines.readline()
                connection.sendall(answer)
            while lines.readline() != b".\r\n":
                pass
            connection.sendall(b"250 taken\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        sender = transport(tmp_path, smtp_settings(listener.getsockname()[1]))
        assert sender.send(letter()) is None
        thread.join()
