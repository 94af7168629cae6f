"""Rich authorization requests (RFC 9396): a person agrees to a single act, in words, each time."""

import hashlib
import json
import re
from typing import Any

import pytest

from idp import crypto
from idp.evidence.canonical import canonical
from tests.protocol import ciba
from tests.protocol.devices import answer as answer_device
from tests.protocol.devices import codes, enter, poll, television
from tests.protocol.endpoints import ask, introspect, own_token, robot
from tests.protocol.oidc.apis.payroll import (
    AUDIENCE,
    OTHER,
    READ,
    RUN,
    SAID,
    TIMES,
    agreed,
    clerk,
    details,
    plain,
)
from tests.protocol.oidc.token_endpoint.test_token_exchange import exchange, service
from tests.protocol.sign_ins import assert_redirect_error, assert_token_error, jose_payload
from tests.support.applications.signed_requests import members, public_keys, sign
from tests.support.ledgers import evidence
from tests.support.site import Site

REPORT = {"type": "report", "which": "all", "to": ["mere@a.nz", "wiremu@a.nz"]}
INVALID = "invalid_authorization_details"
OFFLINE = f"openid offline_access {READ}"


@pytest.mark.parametrize("kind", ["opaque", "jwt"])
def test_what_a_person_agreed_to_is_in_the_token_and_in_the_ledger(site: Site, kind: str) -> None:
    app = clerk(site, access_token_format=kind)
    page = agreed(site, app, scope=OFFLINE, stop=True)
    assert page.heading == "Do you agree?"
    assert SAID in plain(page.text)
    back = agreed(site, app, scope=OFFLINE)
    token = site.redeem(app, back.query["code"]).json
    assert token["authorization_details"] == [RUN]
    known = introspect(site, app, token["access_token"]).json
    assert (known["authorization_details"], known["aud"]) == ([RUN], AUDIENCE)
    if kind == "jwt":
        assert jose_payload(token["access_token"])["authorization_details"] == [RUN]
    again = site.refresh(app, token["refresh_token"]).json
    assert again["authorization_details"] == [RUN]
    raw = hashlib.sha256(canonical([RUN])).digest()
    with site.work() as work:
        agreed_to = evidence.leaves(work, "token")[-1]["basis"]["agreed"]
    assert crypto.from_base64url(agreed_to) == raw
    [event, *_] = site.events(kind="person:consent:given")
    assert json.loads(event.data or "")["details"] == agreed_to
    assert "52310" not in str(site.events())


@pytest.mark.slow
def test_the_sentence_is_in_the_language_of_who_reads(small_site: Site) -> None:
    app = clerk(small_site)
    page = agreed(small_site, app, ui_locales="de", stop=True)
    said = "Zahlen Sie 1.250 Menschen NZD 52.310,50 für November, am 4. Dezember 2026"
    assert said in plain(page.text)
    # Of a type without German words, the English ones.
    page = agreed(small_site, app, authorization_details=details(REPORT), stop=True)
    assert "Send all reports to mere@a.nz and wiremu@a.nz" in plain(page.text)
    # Two texts are told from three, whatever they say.
    for code, word in (("en", "and"), ("de", "und"), ("fr", "et"), ("es", "y"), ("mi", "me")):
        asked = details(REPORT | {"to": ["a", f"b {word} c", "हिन्दी ❤"]})
        page = agreed(small_site, app, authorization_details=asked, ui_locales=code, stop=True)
        deed = re.findall(r'id="deeds".*?</ul>', page.text, re.S)[0]
        told = re.findall(r"<bdi>(.*?)</bdi>", deed)
        assert told == ["all", "a", f"b {word} c", "हिन्दी ❤"], code


@pytest.mark.parametrize("first_party", [True, False])
def test_a_yes_of_before_is_no_yes_to_the_same_again(small_site: Site, first_party: bool) -> None:
    site = small_site
    app = clerk(site, first_party=first_party)
    browser = site.browser()
    assert agreed(site, app, browser).query["code"]
    for wanted in (RUN, {**RUN, "people": 2}):
        silent = browser.authorize(app, prompt="none", authorization_details=details(wanted))
        assert_redirect_error(site, silent, "consent_required")
        assert browser.authorize(app, authorization_details=details(wanted)).heading == (
            "Do you agree?"
        )
    refused = browser.submit("/consent", decision="deny")
    assert_redirect_error(site, refused, "access_denied")
    assert browser.authorize(app).query["code"]


DEEP = "[" * 1500 + "]" * 1500
WRONG = {
    "no JSON": "pay everybody",
    "no array": json.dumps(RUN),
    "nothing in it": "[]",
    "no object in it": '["pay_run"]',
    "no type": json.dumps([{"people": 1}]),
    "an unknown type": json.dumps([{"type": "bonus"}]),
    "a type beside": json.dumps([RUN, {"type": "bonus"}]),
    "one that is too much": json.dumps([RUN | {"bonus": 1}]),
    "one that is missing": json.dumps([{**RUN, "people": None}]).replace(', "people": null', ""),
    "null": json.dumps([{**RUN, "people": None}]),
    "another kind": json.dumps([{**RUN, "people": "1250"}]),
    "a truth": json.dumps([{**RUN, "people": True}]),
    "a fraction": json.dumps([{**RUN, "people": 1.5}]),
    "infinity": json.dumps([RUN]).replace("1250", "1e999"),
    "no number": json.dumps([RUN]).replace("1250", "NaN"),
    "digits without end": json.dumps([RUN]).replace("1250", "9" * 3000),
    "a member twice": json.dumps([RUN]).replace('"people"', '"people": 1, "people"'),
    "no such day": json.dumps([{**RUN, "day": "2026-02-30"}]),
    "digits of another script": json.dumps([{**RUN, "day": "２０２６-12-04"}]),
    "no sum": json.dumps([{**RUN, "total": {"amount": "1e9", "currency": "NZD"}}]),
    "a sum with more": json.dumps([{**RUN, "total": {**RUN["total"], "note": "x"}}]),
    "a text that runs backwards": json.dumps([{**RUN, "period": "\u202eNovember"}]),
    "a text of several lines": json.dumps([{**RUN, "period": "a\nb"}]),
    "half a character": json.dumps([RUN]).replace("November", "\\ud800"),
    "a heap of marks": json.dumps([{**RUN, "period": "a" + "\u0301" * 9}]),
    "a heap of marks that enclose": json.dumps([{**RUN, "period": "a" + "\u0489" * 9}]),
    "letters that show nothing": json.dumps([{**RUN, "period": "\u3164\u2800\u115f \uffa0"}]),
    "a mark alone": json.dumps([{**RUN, "period": "\u0301"}]),
    "a selector of a variation": json.dumps([{**RUN, "period": "No\ufe0fvember"}]),
    "a joiner that is not seen": json.dumps([{**RUN, "period": "No\u034fvember"}]),
    "an empty text": json.dumps([{**RUN, "period": " "}]),
    "a long text": json.dumps([{**RUN, "period": "x" * 201}]),
    "another place": json.dumps([{**RUN, "locations": [OTHER]}]),
    "no such choice": json.dumps([REPORT | {"which": "none"}]),
    "too many": json.dumps([{**RUN, "people": n} for n in range(11)]),
    "deep": DEEP,
    "deep inside": json.dumps([RUN]).replace("1250", DEEP),
}


@pytest.mark.slow
def test_what_cannot_be_had_is_the_standards_error_everywhere(small_site: Site) -> None:
    site = small_site
    app = clerk(site, jwks=public_keys())
    browser = site.browser()
    for name, text in WRONG.items():
        assert_redirect_error(site, browser.authorize(app, authorization_details=text), INVALID)
        form = app.request(client_id=None, authorization_details=text)
        answer = ask(site, "/par", app, form)
        assert (name, answer.json["error"], answer.status) == (name, INVALID, 400)
    long = browser.authorize(app, authorization_details=json.dumps(["x" * 5000]))
    assert_redirect_error(site, long, "invalid_request")
    token = sign(members(site, app, authorization_details=[{"type": "bonus"}]))
    assert_redirect_error(site, browser.authorize(app, request=token), INVALID)
    token = sign(members(site, app, authorization_details={"type": "pay_run"}))
    refused = browser.authorize(app, request=token)
    assert_redirect_error(site, refused, "invalid_request_object")
    other = site.application("other")
    answer = browser.authorize(other, authorization_details=details())
    assert_redirect_error(site, answer, INVALID)


@pytest.mark.slow
def test_pushed_or_signed_they_are_asked_all_the_same(small_site: Site) -> None:
    site = small_site
    app = clerk(site, jwks=public_keys(), first_party=True)
    form = app.request(client_id=None, authorization_details=details())
    uri = ask(site, "/par", app, form).json["request_uri"]
    signed = sign(members(site, app, authorization_details=[RUN, RUN]))
    for packed in ({"request_uri": uri}, {"request": signed}):
        browser = site.browser()
        page = browser.open("/authorize", **app.request(**packed))
        page = browser.sign_in("tane")
        assert plain(page.text).count(SAID) == 1
        back = browser.submit("/consent", decision="allow")
        assert site.redeem(app, back.query["code"]).json["authorization_details"] == [RUN]


@pytest.mark.slow
def test_a_device_asks_for_them_too_and_who_asks_behind_the_browser(small_site: Site) -> None:
    site = small_site
    clerk(site)
    app = television(site, authorization_details_types=["pay_run"])
    given, browser = codes(site, app, authorization_details=details()), site.browser()
    enter(browser, given["user_code"])
    answer_device(browser, "yes")
    assert SAID in plain(browser.sign_in("tane").text)
    browser.submit("/consent", decision="allow")
    told = poll(site, app, given["device_code"]).json
    assert told["authorization_details"] == [RUN]
    app = ciba.bank(site, authorization_details_types=["pay_run"])
    code = ciba.asked(site, app, authorization_details=details())
    assert SAID in plain(ciba.answer(browser, ciba.link(site), "yes").text)
    browser.submit("/consent", decision="allow")
    told = ciba.poll(site, app, code).json
    assert told["authorization_details"] == [RUN]


def test_a_token_request_takes_some_of_them_and_never_more(site: Site) -> None:
    app = clerk(site)
    asked = details(RUN, REPORT)
    back = agreed(site, app, scope=OFFLINE, authorization_details=asked)
    code = back.query["code"]
    for wrong in (details({**RUN, "people": 2}), "[", details({"type": "bonus"})):
        answer = site.redeem(app, code, authorization_details=wrong)
        assert_token_error(answer, INVALID)
    first = site.redeem(app, code, authorization_details=details(REPORT)).json
    assert first["authorization_details"] == [REPORT]
    known = introspect(site, app, first["access_token"]).json
    assert known["authorization_details"] == [REPORT]
    wide = site.refresh(app, first["refresh_token"]).json
    assert wide["authorization_details"] == [RUN, REPORT]
    again = site.refresh(app, wide["refresh_token"], authorization_details=details(RUN)).json
    assert again["authorization_details"] == [RUN]
    # For another API nothing of it is left.
    other = site.refresh(app, again["refresh_token"], resource=OTHER).json
    assert "authorization_details" not in other
    assert "authorization_details" not in introspect(site, app, other["access_token"]).json


def test_what_no_person_agreed_to_is_in_no_token(small_site: Site) -> None:
    site = small_site
    app = clerk(site)
    machine = robot(site, authorization_details_types=["pay_run"])
    form = {"grant_type": "client_credentials", "authorization_details": details()}
    assert_token_error(ask(site, "/token", machine, form), INVALID)
    plain_token = agreed(site, app, authorization_details=None).query["code"]
    answer = site.redeem(app, plain_token, authorization_details=details())
    assert_token_error(answer, INVALID)
    passing = service(site, "passing", exchange_from=["clerk"])
    token = site.redeem(app, agreed(site, app).query["code"]).json["access_token"]
    more = {"audience": AUDIENCE, "authorization_details": details()}
    assert_token_error(exchange(site, passing, token, **more), INVALID)


def test_an_api_is_shown_what_is_its_own(small_site: Site) -> None:
    site = small_site
    app = clerk(site)
    pay = site.application("pay", speaks_for=[AUDIENCE])
    times = site.application("times", speaks_for=[OTHER])
    every = site.application("every", resource_server=True)
    both = f"openid {READ} {TIMES}"
    token = site.redeem(app, agreed(site, app, scope=both).query["code"]).json["access_token"]
    shown = introspect(site, pay, token).json
    assert (shown["scope"], shown["authorization_details"]) == (f"openid {READ}", [RUN])
    shown = introspect(site, times, token).json
    assert (shown["scope"], "authorization_details" in shown) == (f"openid {TIMES}", False)
    shown = introspect(site, every, token).json
    assert (shown["scope"], "authorization_details" in shown) == ("openid", False)
    narrow = site.redeem(app, agreed(site, app, scope=both).query["code"], resource=AUDIENCE)
    assert introspect(site, times, narrow.json["access_token"]).json == {"active": False}
    own = own_token(site, robot(site, resource_scopes={AUDIENCE: [READ]}), READ).json
    assert introspect(site, pay, own["access_token"]).json["aud"] == AUDIENCE


def test_they_never_travel_with_a_token_through_the_browser(tmp_path: Any) -> None:
    site = Site(tmp_path, f"sqlite:///{tmp_path}/idp.db", oidc__legacy_response_types=True)
    try:
        grants = ["authorization_code", "implicit"]
        types = ["code", "id_token token"]
        app = clerk(site, grant_types=grants, response_types=types)
        answer = site.browser().authorize(
            app, response_type="id_token token", authorization_details=details()
        )
        assert answer.fragment["error"] == INVALID
    finally:
        site.close()
