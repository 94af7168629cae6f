"""To whom mail is handed: over TLS, to a server whose certificate and name are right."""

import ssl
from pathlib import Path

import pytest

from tests.protocol.messages.letters import failure, letter, transport
from tests.support.stand_ins.smtp import (
    FakeMailServer,
    mail_server,
    self_signed,
)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return self_signed(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def test_no_mail_leaves_in_clear_where_starttls_is_wanted(
    server: FakeMailServer, tmp_path: Path
) -> None:
    error = failure(transport(tmp_path, server.settings("starttls")))
    assert (error.final, str(error)) == (False, "SMTP: SMTPNotSupportedError")
    assert server.mails == []


def test_a_server_whose_certificate_nobody_vouches_for_gets_no_mail(
    tls: ssl.SSLContext, tmp_path: Path
) -> None:
    with mail_server(tls=tls) as server:
        error = failure(transport(tmp_path, server.settings("starttls")))
        assert (error.final, str(error)) == (False, "SMTP: SSLCertVerificationError")
        assert server.mails == []


def test_the_operators_authority_vouches_for_a_server(
    tls: ssl.SSLContext, certificate: Path, tmp_path: Path
) -> None:
    with mail_server(tls=tls, login=True) as server:
        environ = server.settings("starttls") | {
            "ACRUX_EGRESS__CA_BUNDLE": str(certificate),
            "ACRUX_MAIL__USERNAME": "acrux",
            "ACRUX_MAIL__PASSWORD": "right",
        }
        transport(tmp_path, environ).send(letter())
        assert server.logins == ["acrux"]
        assert len(server.mails) == 1


def test_a_server_of_another_name_gets_no_mail(
    tls: ssl.SSLContext, certificate: Path, tmp_path: Path
) -> None:
    with mail_server(tls=tls) as server:
        environ = server.settings("starttls") | {
            "ACRUX_EGRESS__CA_BUNDLE": str(certificate),
            "ACRUX_MAIL__HOST": "localhost",
        }
        assert "SSLCertVerificationError" in str(failure(transport(tmp_path, environ)))
        assert server.mails == []


@pytest.mark.slow
def test_tls_from_the_first_byte(tls: ssl.SSLContext, certificate: Path, tmp_path: Path) -> None:
    with mail_server(tls_from_start=tls) as server:
        environ = server.settings("tls") | {"ACRUX_EGRESS__CA_BUNDLE": str(certificate)}
        transport(tmp_path, environ).send(letter())
        assert len(server.mails) == 1
        distrustful = transport(tmp_path, server.settings("tls"))
        assert str(failure(distrustful)) == "SMTP: SSLCertVerificationError"


def test_a_wrong_password_keeps_the_mail_until_it_is_put_right(
    tls: ssl.SSLContext, certificate: Path, tmp_path: Path
) -> None:
    with mail_server(tls=tls, login=True) as server:
        environ = server.settings("starttls") | {
            "ACRUX_EGRESS__CA_BUNDLE": str(certificate),
            "ACRUX_MAIL__USERNAME": "acrux",
            "ACRUX_MAIL__PASSWORD": "wrong",
        }
        error = failure(transport(tmp_path, environ))
        assert (error.final, str(error)) == (False, "SMTP: SMTPAuthenticationError, 535")
        transport(tmp_path, environ | {"ACRUX_MAIL__PASSWORD": "right"}).send(letter())
        assert len(server.mails) == 1
