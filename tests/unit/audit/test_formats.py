"""OCSF and CEF: what others read of an event is what it says, whatever names people chose."""

import json
from dataclasses import replace
from functools import cache
from typing import Any

import jsonschema
import pytest
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

from idp.audit import Event, Outcome, cef, ocsf
from idp.audit.export import FORMATS, MEDIA_TYPES
from idp.store.events import EventRow
from tests.support.read_cef import read_cef, shown

ROW = EventRow(
    id=41,
    at=1_796_029_230,
    kind=Event.TOKEN_ISSUED.value,
    outcome=Outcome.DONE.value,
    person_id="Zq3r",
    client_id="payroll",
    interaction_id="i9",
    sid="s4",
    requested="acr_values urn:acrux:acr:mfa",
    acr="urn:acrux:acr:mfa",
    amr=("pwd", "otp", "mfa"),
    auth_time=1_796_029_200,
    source="2001:db8::7",
    reason="a reason",
    data=json.dumps({"jti": "j1", "scope": "openid profile"}),
    request_id="7c1e09a4d2f3b658",
    username="tane",
    times=1,
    last_at=1_796_029_230,
)
UNKNOWN: dict[str, Any] = dict.fromkeys(
    (
        *("person_id", "client_id", "interaction_id", "sid", "requested", "acr", "auth_time"),
        *("source", "reason", "data", "request_id", "username"),
    )
)
BARE = replace(ROW, **UNKNOWN, amr=())
HOSTILE = (
    "one\ntwo",
    "one\r\n<134>1 2026-11-30T00:00:00Z evil - - - - forged",
    "12 <134>1 - - - - - -",
    "a=b suser=admin",
    "x| CEF:0|Evil|Evil|1|e|e|10|suser=admin",
    "back\\slash\\",
    "\\n stays two letters",
    "=1+1",
    '=HYPERLINK("http://evil.example")',
    "<x>&amp;]]></x>",
    "\u202egnp.exe\u2066",
    "nul\0bell\x07esc\x1b[2J",
    "line\u2028para\u2029next\x85",
    "\u200bnothing\ufeff",
    "tāne ŋ 山",
)


@cache
def validator(version: str, of: int) -> Any:
    schemas = OcsfJsonSchemaEmbedded(get_ocsf_schema(version=version))
    schema = schemas.get_class_schema(schemas.lookup_class_name_from_uid(of))
    return jsonschema.Draft202012Validator(schema)


def faults(event: dict[str, Any], version: str = ocsf.VERSION) -> list[str]:
    return [error.message for error in validator(version, event["class_uid"]).iter_errors(event)]


@pytest.mark.parametrize("event", list(Event))
def test_every_event_is_one_of_the_published_schema(event: Event) -> None:
    for row in (ROW, BARE, replace(BARE, source="cli:root", data='{"by": "Xy"}')):
        for outcome in Outcome:
            made = ocsf.as_ocsf(replace(row, kind=event.value, outcome=outcome.value, times=3))
            assert faults(made) == []
            assert made["status_id"] == (1 if outcome is Outcome.DONE else 2)


def test_the_schema_finds_what_is_wrong() -> None:
    good = ocsf.as_ocsf(ROW)
    assert faults(good) == []
    assert faults(good | {"activity_id": 77})
    assert faults({name: value for name, value in good.items() if name != "user"})
    assert faults(good | {"src_endpoint": {"ip": "nowhere"}})


def test_a_token_is_an_authentication_with_its_level_and_session() -> None:
    made = ocsf.as_ocsf(ROW)
    assert (made["class_uid"], made["type_uid"]) == (3002, 300204)
    assert made["user"] == {"type_id": 1, "uid": "Zq3r", "name": "tane"}
    assert made["service"] == {"uid": "payroll"}
    assert made["session"] == {"uid": "s4", "is_mfa": True}
    assert made["src_endpoint"] == {"ip": "2001:db8::7"}
    assert made["metadata"]["uid"] == "41"
    assert made["unmapped"]["acr"] == "urn:acrux:acr:mfa"
    assert made["unmapped"]["data"] == {"jti": "j1", "scope": "openid profile"}


def test_an_event_of_a_later_version_is_told_all_the_same() -> None:
    row = replace(ROW, kind="person:thing|x:made\n")
    made = ocsf.as_ocsf(row)
    assert faults(made) == []
    assert made["message"] == row.kind
    assert read_cef(cef.as_cef(row))["DeviceEventClassID"] == "unknown"


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_what_it_is(text: str) -> None:
    row = replace(ROW, username=text, reason=text, client_id=text, data=json.dumps({"name": text}))
    for form in ("ocsf", "cef"):
        (line,) = FORMATS[form]([row])
        assert line.endswith("\n")
        assert len(line.splitlines()) == 1
        assert line[:-1].isprintable()
    (line,) = FORMATS["ocsf"]([row])
    made = json.loads(line)
    assert faults(made) == []
    assert made["user"]["name"] == made["service"]["uid"] == text
    read = read_cef(cef.as_cef(row))
    assert read["suser"] == read["reason"] == read["client"] == shown(text).rstrip()
    assert read["externalId"] == "41"
    assert read["DeviceVendor"] == "Acrux"


def test_cef_names_what_it_has_no_field_for() -> None:
    read = read_cef(cef.as_cef(replace(ROW, times=7, last_at=ROW.at + 9)))
    assert read["acr"] == "urn:acrux:acr:mfa"
    assert read["amr"] == "pwd otp mfa"
    assert read["Source IPv6 Address"] == "2001:db8::7"
    assert read["cnt"] == "7"
    assert read["end"] == str((ROW.at + 9) * 1000)
    assert json.loads(read["data"]) == {"jti": "j1", "scope": "openid profile"}
    assert read_cef(cef.as_cef(replace(ROW, source="203.0.113.9")))["src"] == "203.0.113.9"


def test_every_form_has_a_media_type() -> None:
    assert set(FORMATS) == set(MEDIA_TYPES)
