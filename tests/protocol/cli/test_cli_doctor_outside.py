"""`acrux doctor` on what lies outside this machine: names, certificates, mail servers, Twilio."""

import ssl
from pathlib import Path

import pytest

from tests.protocol.cli.test_cli_doctor import findings, production
from tests.protocol.command import Acrux
from tests.support.stand_ins.smtp import mail_server, self_signed, smtp_settings
from tests.support.stand_ins.twilio import FakeTwilio, fake_twilio
from tests.support.stand_ins.verify import SERVICE


def test_an_issuer_that_does_not_resolve_is_no_failure(small_acrux: Acrux) -> None:
    production(small_acrux)
    mark, text = findings(small_acrux)["issuer"]
    assert mark == "--"
    assert "id.invalid does not resolve" in text
    assert findings(small_acrux)["mail"][0] == "--"
    assert findings(small_acrux)["sms"][0] == "--"


@pytest.mark.slow
def test_a_certificate_is_looked_at(small_acrux: Acrux, tmp_path: Path) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(self_signed(tmp_path))
    with mail_server(tls_from_start=context) as server:
        small_acrux.environ["ACRUX_SERVER__ISSUER"] = f"https://127.0.0.1:{server.port}"
        mark, text = findings(small_acrux)["tls"]
        port = server.port
    assert mark == "!!"
    assert "self-signed certificate" in text
    small_acrux.environ["ACRUX_SERVER__ISSUER"] = f"https://127.0.0.1:{port}"
    assert findings(small_acrux)["tls"][0] == "--"


@pytest.mark.slow
def test_mail_servers_are_greeted_and_get_no_mail(small_acrux: Acrux, tmp_path: Path) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    certificate = self_signed(tmp_path)
    context.load_cert_chain(certificate)
    with mail_server(tls=context, login=True) as server:
        small_acrux.environ |= server.settings("starttls") | {
            "ACRUX_MAIL__USERNAME": "acrux",
            "ACRUX_MAIL__PASSWORD": "right",
        }
        mark, text = findings(small_acrux)["mail"]
        assert mark == "!!"
        assert "no TLS" in text
        small_acrux.environ["ACRUX_EGRESS__CA_BUNDLE"] = str(certificate)
        mark, text = findings(small_acrux)["mail"]
        assert (mark, text) == ("OK", f"127.0.0.1:{server.port} greets us (starttls)")
        small_acrux.environ["ACRUX_MAIL__PASSWORD"] = "wrong-one"
        mark, text = findings(small_acrux)["mail"]
        assert mark == "!!"
        assert "refuses mail.username and mail.password" in text
        assert "wrong-one" not in text
        assert server.mails == []
    small_acrux.environ |= smtp_settings(server.port)
    mark, text = findings(small_acrux)["mail"]
    assert mark == "!!"
    assert "does not answer" in text


@pytest.mark.slow
def test_a_real_test_mail_is_sent_when_it_is_asked_for(small_acrux: Acrux) -> None:
    with mail_server() as server:
        small_acrux.environ |= server.settings() | {
            "ACRUX_MAIL__SENDER": "Acrux, Inc. <signin@example.org>"
        }
        small_acrux("doctor")
        assert server.mails == []
        said = small_acrux("doctor", "--mail", "jörg@bücher.example")
        assert "OK  test mail" in said
        [mail] = server.mails
        assert mail.recipients == ("jörg@xn--bcher-kva.example",)
        assert mail.message["Subject"] == "Test mail of Acrux"
        server.refuse_with = "550 No"
        result = small_acrux.run("doctor", "--mail", "tane@example.org")
        assert result.exit_code == 1
        assert "was not sent: SMTP: recipient refused, 550" in result.stdout
        server.take_ascii_only()
        assert "carries no address that is not ASCII" in findings(small_acrux)["mail"][1]


def verified(acrux: Acrux, twilio: FakeTwilio) -> tuple[str, str]:
    """Return what is found of text messages where Twilio Verify sends them."""
    acrux.environ |= twilio.verify_settings()
    return findings(acrux)["sms"]


def test_a_verify_service_is_asked_and_nothing_is_sent(small_acrux: Acrux) -> None:
    with fake_twilio() as twilio:
        mark, text = verified(small_acrux, twilio)
        assert (mark, twilio.calls, twilio.verify.sent) == ("OK", 0, [])
        assert text == f"the Verify service {SERVICE} (Acrux) answers; no message was tried"


def test_a_verify_service_whose_codes_the_pages_cannot_take(small_acrux: Acrux) -> None:
    with fake_twilio() as twilio:
        twilio.verify.code_length = 8
        mark, text = verified(small_acrux, twilio)
    assert mark == "!!"
    assert "makes codes of 8 digits: set its code length to 6" in text


@pytest.mark.slow
def test_a_verify_service_that_is_not_there(small_acrux: Acrux) -> None:
    with fake_twilio() as twilio:
        for code, help in (
            (20404, "set sms.twilio_verify_service_sid"),
            (20003, "set sms.twilio_account_sid and twilio_auth_token"),
            (20500, "cannot be asked: Twilio: HTTP 500, error 20500"),
        ):
            twilio.refuse(code)
            mark, text = verified(small_acrux, twilio)
            assert (mark, help in text) == ("!!", True), text
        twilio.hang()
        small_acrux.environ["ACRUX_SMS__TWILIO_TIMEOUT"] = "0.3"
        assert verified(small_acrux, twilio)[0] == "!!"
