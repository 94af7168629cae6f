"""Text messages by a gateway of one's own: signed both ways, one behind the other, and checked."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from idp.cli.doctor.outside import sms_findings
from idp.store.db.statements import Statement
from tests.support.programs.https import Answer
from tests.support.site import Browser, Site, by_keyword
from tests.support.stand_ins.gateway import SECRET, Gateway, gateway
from tests.support.stand_ins.twilio import FakeTwilio

NUMBER = "+64211234567"
STATUS = "/carrier/webhook/status"
_ROWS = Statement("SELECT state, report, reference, error FROM outbox WHERE channel = 'sms'")
Build = Callable[..., Site]


@pytest.fixture
def company(tmp_path: Path) -> Iterator[Gateway]:
    with gateway(tmp_path) as found:
        yield found


@pytest.fixture
def build(tmp_path: Path, company: Gateway) -> Iterator[Build]:
    """Makes a site that sends by the gateway, with further settings."""
    made: list[Site] = []

    def make(**settings: str) -> Site:
        url = f"sqlite:///{tmp_path / 'acrux.db'}"
        made.append(Site(tmp_path, url, **{**company.settings(), **settings}))
        return made[-1]

    yield make
    for site in made:
        site.close()


def asking(site: Site) -> Browser:
    """Return a browser that has just asked for a code."""
    site.person("mere", sms=True)
    browser = site.browser()
    browser.authorize(site.application())
    browser.sign_in("mere")
    browser.submit("/sms/send")
    return browser


def row(site: Site) -> Any:
    with site.work() as work:
        [found] = work.all(_ROWS)
    return tuple(found)


def report(site: Site, body: bytes, headers: dict[str, str]) -> int:
    return site.client().send("POST", STATUS, body, headers).status


def test_somebody_signs_in_with_a_code_that_the_gateway_carried(
    build: Build, company: Gateway
) -> None:
    site = build()
    browser = asking(site)
    [message] = company.messages.values()
    assert {name: message[name] for name in ("channel", "kind", "language")} == {
        "channel": "sms",
        "kind": "sms-code",
        "language": "en",
    }
    assert message["to"].startswith("+642")
    assert 0 < message["seconds"] <= 600
    [code] = set(re.findall(r"\b\d{6}\b", message["text"]))
    assert browser.submit("/sms", code=code).query["code"]
    assert row(site)[:3] == ("sent", None, f"gw-{message['id'][:8]}")


@pytest.mark.parametrize(
    ("status", "more", "event"),
    [
        ("delivered", {}, "person:code:delivered"),
        ("failed", {"code": 17, "error": "+6421234567 is off"}, "person:code:undelivered"),
    ],
)
def test_what_the_gateway_reports_is_noted_and_its_words_are_not(
    build: Build, company: Gateway, status: str, more: dict[str, Any], event: str
) -> None:
    site = build()
    asking(site)
    [message] = company.messages.values()
    assert report(site, *company.report(message, status, **more)) == 204
    assert report(site, *company.report(message, status, **more)) == 204, "again, as it may"
    [found] = site.events(kind=event)
    assert "+64" not in (found.reason or "")
    error = "gateway: failed, error 17" if more else None
    assert row(site) == ("sent", status, f"gw-{message['id'][:8]}", error)


def test_a_report_that_the_gateway_did_not_sign_just_now_changes_nothing(
    build: Build, company: Gateway
) -> None:
    site = build()
    asking(site)
    [message] = company.messages.values()
    body, headers = company.report(message, "delivered")
    text, now = body.decode(), int(headers["webhook-timestamp"])
    refused = [
        {},
        {**headers, "webhook-id": "another"},
        {**headers, "webhook-signature": "v1,AAAA"},
        {**headers, "webhook-signature": "v1," + "é" * 44},
        {**headers, "webhook-timestamp": "٣"},
        {**headers, "webhook-timestamp": "9" * 5000},
        company.signed(text, now - 600),
        company.signed(text, now + 600),
    ]
    for wrong in refused:
        sent = {name: value.encode().decode("latin-1") for name, value in wrong.items()}
        assert report(site, body, sent) == 403, wrong
    assert report(site, body.replace(b"delivered", b"failed"), headers) == 403
    assert row(site)[1] is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "[" * 5000,
        json.dumps({"type": "message.send", "data": {"id": "x", "status": "sent"}}),
        json.dumps({"type": "message.status", "data": {"id": "unknown", "status": "delivered"}}),
        json.dumps({"type": "message.status", "data": {"id": 7, "status": "delivered"}}),
        json.dumps({"type": "message.status", "data": {"id": "x", "status": ["delivered"]}}),
        json.dumps({"type": "message.status", "data": None}),
    ],
)
def test_a_signed_report_that_says_nothing_known_is_taken_and_changes_nothing(
    build: Build, company: Gateway, text: str
) -> None:
    site = build()
    assert report(site, text.encode(), company.signed(text)) == 204
    assert not site.events(kind="person:code:delivered")


def test_without_a_gateway_there_is_no_address_for_its_reports(
    small_site: Site, company: Gateway
) -> None:
    assert report(small_site, b"{}", company.signed("{}")) == 404


def test_a_gateway_that_is_away_for_a_moment_gets_the_same_id_again(
    build: Build, company: Gateway
) -> None:
    site = build()
    company.answers = [Answer(status=503)]
    asking(site)
    assert row(site)[0] == "late"
    site.advance(21)
    site.installation.post.deliver_due()
    [message] = company.messages.values()
    assert company.named == [message["id"]] * 2
    assert row(site)[0] == "sent"


@pytest.mark.slow
@pytest.mark.parametrize(("status", "state"), [(400, "failed"), (422, "failed"), (401, "late")])
def test_a_message_that_is_refused_for_good_is_not_sent_again(
    build: Build, company: Gateway, status: int, state: str
) -> None:
    site = build()
    company.answers = [Answer(b'{"error": "+6421234567 is barred"}', status)]
    asking(site)
    assert row(site)[::3] == (state, f"gateway: HTTP {status}")


# -- one behind the other


@pytest.mark.parametrize("fault", ["down", "account"])
def test_what_twilio_cannot_send_goes_by_the_gateway_at_once(
    build: Build, company: Gateway, twilio: FakeTwilio, fault: str
) -> None:
    settings = by_keyword(twilio.settings())
    if fault == "account":
        settings["sms__twilio_auth_token"] = "another"
    else:
        twilio.drop()
    site = build(**settings, sms__fallback="webhook")
    browser = asking(site)
    assert "We sent a code to" in browser.at.text
    assert len(company.messages) == 1
    assert row(site)[0] == "sent"


@pytest.mark.slow
def test_what_the_gateway_cannot_send_goes_by_twilio(
    build: Build, company: Gateway, twilio: FakeTwilio
) -> None:
    settings = {**by_keyword(twilio.settings()), "sms__backend": "webhook"}
    site = build(**settings, sms__fallback="twilio")
    company.answers = [Answer(status=500)]
    asking(site)
    assert len(twilio.messages) == 1
    assert not company.messages


def test_a_number_that_the_first_refuses_is_not_given_to_the_next(
    build: Build, company: Gateway, twilio: FakeTwilio
) -> None:
    """Somebody who answered STOP is not written to by another way."""
    site = build(**by_keyword(twilio.settings()), sms__fallback="webhook")
    site.person("mere", sms=True)
    twilio.unsubscribed.add(NUMBER)
    browser = site.browser()
    browser.authorize(site.application())
    browser.sign_in("mere")
    browser.submit("/sms/send")
    assert not company.named
    assert row(site)[0] == "failed"


@pytest.mark.slow
def test_where_both_are_away_the_message_waits_and_says_so(
    build: Build, company: Gateway, twilio: FakeTwilio
) -> None:
    site = build(**by_keyword(twilio.settings()), sms__fallback="webhook")
    twilio.drop()
    company.answers = [Answer(status=502)]
    asking(site)
    state, _, _, error = row(site)
    assert state == "late"
    assert error.endswith("; then gateway: HTTP 502")


# -- doctor


@pytest.mark.slow
def test_doctor_sees_whether_the_gateway_is_there_and_who_it_says_it_is(
    build: Build, company: Gateway
) -> None:
    loaded = build().installation.settings
    [finding] = sms_findings(loaded)
    assert (finding.mark, finding.text) == (
        "OK",
        f"the gateway localhost:{company.server.port} answers with TLS; no message was tried",
    )
    [finding] = sms_findings(replace(loaded, egress=replace(loaded.egress, ca_bundle="")))
    assert finding.mark == "!!"
    assert finding.remedy == "check sms.webhook_url and egress.ca_bundle"
    assert not company.named
    assert SECRET not in finding.text
