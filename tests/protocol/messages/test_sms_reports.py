"""How a text message fares, told by Twilio: signed reports, in any order, shown to who waits."""

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from idp.store.db.statements import Statement
from tests.support.site import Browser, Site, by_keyword
from tests.support.stand_ins.twilio import SHARED_KEY, FakeTwilio, signed

HIDDEN = "02*******"
CLOCK = re.compile(r"Delivered \d\d:\d\d UTC to 02\*{7}\.")
_ROWS = Statement(
    "SELECT state, report, reference, error, sealed FROM outbox WHERE channel = 'sms'"
)


@pytest.fixture
def carried(tmp_path: Path, database_url: str, twilio: FakeTwilio) -> Iterator[Site]:
    """A site that sends by way of Twilio."""
    settings = by_keyword(twilio.settings())
    settings["sms__twilio_webhook_secret"] = SHARED_KEY
    found = Site(tmp_path, database_url, **settings)
    yield found
    found.close()


def asking(site: Site) -> Browser:
    """Return a browser that has just asked for a code."""
    site.person("mere", sms=True)
    browser = site.browser()
    browser.authorize(site.application())
    browser.sign_in("mere")
    browser.submit("/sms/send")
    return browser


def send(site: Site, request: dict[str, Any], **changes: Any) -> int:
    """Send a report as Twilio would, to our address of it."""
    wanted = {**request, **changes}
    url = wanted["url"].removeprefix(site.issuer)
    return site.client().send("POST", url, wanted["form"], wanted["headers"]).status


def row(site: Site) -> Any:
    with site.work() as work:
        [found] = work.all(_ROWS)
    return found


def test_a_delivered_message_is_shown_as_such(carried: Site, twilio: FakeTwilio) -> None:
    browser = asking(carried)
    assert "We sent a code to " + HIDDEN in browser.at.text
    assert "Check again" in browser.at.text
    [message] = twilio.messages
    assert send(carried, twilio.report(message, "delivered")) == 204
    page = browser.open(browser.at.url)
    assert CLOCK.search(page.text), page.text
    assert "Check again" not in page.text
    [event] = carried.events(kind="person:code:delivered")
    assert event.reason == "sms-code"
    assert event.person_id is not None


@pytest.mark.parametrize("status", ["undelivered", "failed"])
def test_a_message_that_failed_is_said_to_have_failed(
    carried: Site, twilio: FakeTwilio, status: str
) -> None:
    browser = asking(carried)
    [message] = twilio.messages
    assert send(carried, twilio.report(message, status, ErrorCode="30003")) == 204
    page = browser.open(browser.at.url)
    assert f"to {HIDDEN} could not be delivered" in page.text
    assert "another way" not in page.text, "there is none"
    assert "Not your number, or not with you?" in page.text
    assert row(carried)[3] == f"Twilio: {status}, error 30003"
    [event] = carried.events(kind="person:code:undelivered")
    assert event.reason == f"sms-code: Twilio: {status}, error 30003"
    assert event.outcome == "refused"


def test_reports_count_in_any_order_and_once(carried: Site, twilio: FakeTwilio) -> None:
    asking(carried)
    [message] = twilio.messages
    for status in ("sent", "delivered", "queued", "sending", "sent", "undelivered", "delivered"):
        assert send(carried, twilio.report(message, status)) == 204
    assert row(carried)[:3] == ("sent", "delivered", message["sid"])
    assert row(carried)[3] is None
    assert len(carried.events(kind="person:code:delivered")) == 1
    assert not carried.events(kind="person:code:undelivered")


def test_a_report_may_overtake_the_answer_that_accepts_the_message(
    carried: Site, twilio: FakeTwilio
) -> None:
    statuses: list[int] = []
    twilio.accepted = lambda message: statuses.append(
        send(carried, twilio.report(message, "delivered"))
    )
    browser = asking(carried)
    assert carried.installation.post.settle(20)
    assert statuses == [204]
    [message] = twilio.messages
    assert row(carried) == ("sent", "delivered", message["sid"], None, None)
    assert CLOCK.search(browser.open(browser.at.url).text)


def test_a_report_of_a_message_whose_answer_was_lost_stops_its_repetition(
    carried: Site, twilio: FakeTwilio
) -> None:
    def lose(message: dict[str, Any]) -> None:
        send(carried, twilio.report(message, "sent"))
        raise ConnectionAbortedError

    twilio.accepted = lose
    asking(carried)
    assert carried.installation.post.settle(20)
    carried.advance(20)
    carried.installation.post.deliver_due()
    assert len(twilio.messages) == 1
    assert row(carried)[0] == "sent"


def test_a_report_that_names_no_message_of_ours_is_found_by_its_sid(
    carried: Site, twilio: FakeTwilio
) -> None:
    asking(carried)
    [message] = twilio.messages
    plain = {**message, "status_callback": carried.issuer + "/carrier/twilio/status"}
    assert send(carried, twilio.report(plain, "delivered")) == 204
    assert row(carried)[1] == "delivered"


def test_a_report_of_something_unknown_changes_nothing(carried: Site, twilio: FakeTwilio) -> None:
    asking(carried)
    [message] = twilio.messages
    before = row(carried)
    address = carried.issuer + "/carrier/twilio/status"
    stranger = {**message, "sid": "SM" + "0" * 32, "status_callback": address}
    for thing, status in ((stranger, "delivered"), (message, "teleported")):
        assert send(carried, twilio.report(thing, status)) == 204
    assert row(carried) == before


def test_what_twilio_did_not_sign_changes_nothing(carried: Site, twilio: FakeTwilio) -> None:
    asking(carried)
    [message] = twilio.messages
    before, events = row(carried), len(carried.events())
    good = twilio.report(message, "delivered")
    url, form = good["url"], good["form"]
    forged: list[dict[str, Any]] = [
        {"headers": {}},
        {"headers": {"X-Twilio-Signature": ""}},
        {"headers": {"X-Twilio-Signature": "é" * 28}},
        {"headers": signed(url, form, "another-token")},
        {"form": {**form, "MessageStatus": "failed"}},
        {"form": {**form, "More": "1"}},
        {"url": url + "x"},
        {"url": url + "&x=1"},
        {"url": url.partition("?")[0]},
        {"headers": signed(url.replace("localhost", "evil.example"), form)},
        {"headers": signed(url, form, algorithm="HMAC_SHA256")},
        {"headers": signed(url, form, SHARED_KEY)},
        {"headers": signed(url, form, SHARED_KEY, "HMAC_MD5")},
        {"form": json.dumps(form), "headers": {**good["headers"], **JSON}},
        {"form": json.dumps(form), "headers": {**signed(url, {}), **JSON}},
    ]
    for changes in forged:
        assert send(carried, good, **changes) == 403, changes
    assert row(carried) == before
    assert len(carried.events()) == events


JSON = {"Content-Type": "application/json"}


def test_a_report_signed_with_the_shared_key_by_sha256_counts(
    carried: Site, twilio: FakeTwilio
) -> None:
    asking(carried)
    good = twilio.report(twilio.messages[0], "delivered")
    headers = signed(good["url"], good["form"], SHARED_KEY, "HMAC_SHA256")
    assert send(carried, good, headers=headers) == 204
    assert row(carried)[1] == "delivered"


def test_a_report_in_json_is_covered_by_the_hash_in_its_address(
    carried: Site, twilio: FakeTwilio
) -> None:
    asking(carried)
    good = twilio.report(twilio.messages[0], "delivered")
    body = json.dumps(good["form"])
    url = f"{good['url']}&bodySHA256={hashlib.sha256(body.encode()).hexdigest()}"
    headers = {**signed(url, {}), **JSON}
    other = body.replace("delivered", "failed")
    assert send(carried, good, url=url, form=other, headers=headers) == 403
    assert send(carried, good, url=url, form=body, headers=headers) == 204
    assert row(carried)[1] == "delivered"


def test_without_twilio_there_is_no_such_address(small_site: Site) -> None:
    address = small_site.issuer + "/carrier/twilio/status"
    assert small_site.client().send("POST", "/carrier/twilio/status", {}).status == 404
    form = {"MessageSid": "SM1", "MessageStatus": "delivered"}
    headers = signed(address, form, "")
    assert small_site.client().send("POST", "/carrier/twilio/status", form, headers).status == 404
