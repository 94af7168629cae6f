"""One action, two faces: the command and the API do the same, and leave the same event."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.protocol.api.programs import Program, own_token, robot
from tests.protocol.command import Acrux
from tests.support.site import MFA, REDIRECT_URI, Site

DRAWN = {"sub", "client_id", "kid", "created_at", "active_at", "retired_at", "since", "public"}
DRAWN |= {
    "client_secret",
    "id",
    "version",
    "last_used",
    "from",
    "free_at",
    "at",
    "stopped_at",
    "expires_at",
    "people",
}
"""What is another one each time."""
ONLY_OF_PROGRAMS = {"program"}


@dataclass(frozen=True)
class Deed:
    """Something done by `words` of the command, and by `call` of the API; `looks` shows the end."""

    words: tuple[str, ...]
    call: tuple[str, str, Any]
    looks: str
    event: str = ""


STAGE = ("stage", "add", "--id", "one", "--audience", "user", "--level", MFA, "--recommended")
DEEDS = {
    "add a person": Deed(
        ("user", "add", "mere", "--email", "Mere@a.nz", "--name", "Mere  K", "--group", "north"),
        (
            *("POST", "/people"),
            {"username": "mere", "email": "Mere@a.nz", "name": "Mere  K", "groups": ["north"]},
        ),
        "/people?search=mere",
        "operator:person:added",
    ),
    "change a profile": Deed(
        ("user", "set", "tane", "type=nurse", "groups=b,a", "roles=payroll:clerk", "locale=en-NZ"),
        (
            *("PATCH", "/people/{tane}"),
            {
                "type": "nurse",
                "groups": ["b", "a"],
                "roles": ["payroll:clerk"],
                "claims": {"locale": "en-NZ"},
            },
        ),
        "/people/{tane}",
        "operator:person:changed",
    ),
    "another address": Deed(
        ("user", "set-email", "tane", "new@a.nz", "--verified"),
        ("PUT", "/people/{tane}/email", {"email": "new@a.nz", "verified": True}),
        "/people/{tane}",
        "person:address:changed",
    ),
    "no number": Deed(
        ("user", "set-phone", "tane", "--none"),
        ("PUT", "/people/{tane}/phone", {"phone": None}),
        "/people/{tane}",
        "person:number:changed",
    ),
    "switch off": Deed(
        ("user", "disable", "tane"),
        ("POST", "/people/{tane}/disable", None),
        "/people/{tane}",
        "operator:person:disabled",
    ),
    "sign out": Deed(
        ("user", "sign-out", "tane"), ("POST", "/people/{tane}/sign-out", None), "/people/{tane}"
    ),
    "reset a factor": Deed(
        ("user", "reset-factor", "tane", "password"),
        ("POST", "/people/{tane}/reset-factor", {"method": "password"}),
        "/people/{tane}/factors",
        "person:factor:removed",
    ),
    "one person's after all": Deed(
        ("profiles", "keep", "tane", "--reason", "a nurse of many wards"),
        ("POST", "/shared-profiles/{tane}/keep", {"reason": "a nurse of many wards"}),
        "/shared-profiles",
        "operator:shared-profile:kept",
    ),
    "a profile for each": Deed(
        (
            *("profiles", "split", "tane", "--closes", "2099-01-01"),
            *("--person", "mere:mere@a.nz=Mere K"),
        ),
        (
            *("POST", "/shared-profiles/{tane}/split"),
            {
                "closes": "2099-01-01",
                "people": [{"username": "mere", "email": "mere@a.nz", "name": "Mere K"}],
            },
        ),
        "/people?search=mere",
        "operator:shared-profile:split",
    ),
    "demand a password": Deed(
        ("user", "demand-password", "tane"),
        ("POST", "/people/{tane}/demand-password", None),
        "/people/{tane}/why",
        "person:password:demanded",
    ),
    "delete a person": Deed(
        ("user", "delete", "tane", "--yes"),
        ("DELETE", "/people/{tane}", None),
        "/people",
        "operator:person:deleted",
    ),
    "register an application": Deed(
        ("client", "add", "Pay", "--id", "pay", "--redirect-uri", REDIRECT_URI, "--public"),
        (
            "POST",
            "/clients",
            {
                "name": "Pay",
                "client_id": "pay",
                "redirect_uris": [REDIRECT_URI],
                "token_endpoint_auth_method": "none",
            },
        ),
        "/clients",
        "operator:client:added",
    ),
    "change an application": Deed(
        ("client", "set", "app", f"min_acr={MFA}", "name=Wages", "default_max_age=60"),
        ("PATCH", "/clients/app", {"min_acr": MFA, "name": "Wages", "default_max_age": 60}),
        "/clients/app",
        "operator:client:changed",
    ),
    "own tokens and an own look": Deed(
        ("client", "set", "app", "access_token_lifetime=120", "first_ways=webauthn,totp"),
        (
            *("PATCH", "/clients/app"),
            {"access_token_lifetime": 120, "first_ways": ["webauthn", "totp"]},
        ),
        "/clients/app",
        "operator:client:changed",
    ),
    "no logo": Deed(
        ("client", "logo", "app", "--none"),
        ("DELETE", "/clients/app/logo", None),
        "/clients/app",
        "operator:client:changed",
    ),
    "take a member away": Deed(
        ("client", "set", "app", "first_party="),
        ("PATCH", "/clients/app", {"first_party": None}),
        "/clients/app",
        "operator:client:changed",
    ),
    "replace a secret": Deed(
        ("client", "rotate-secret", "app"),
        ("POST", "/clients/app/rotate-secret", {}),
        "/clients/app",
        "operator:client-secret:rotated",
    ),
    "delete an application": Deed(
        ("client", "delete", "app"),
        ("DELETE", "/clients/app", None),
        "/clients",
        "operator:client:deleted",
    ),
    "stop a stage": Deed(
        ("stage", "stop", "first"),
        ("POST", "/stages/first/stop", {}),
        "/stages",
        "operator:stage:stopped",
    ),
    "change a stage": Deed(
        ("stage", "set", "first", "--guidance", "https://a.nz/why"),
        ("PATCH", "/stages/first", {"guidance": "https://a.nz/why"}),
        "/stages/first",
        "operator:stage:changed",
    ),
    "remove a stage": Deed(
        ("stage", "remove", "first"),
        ("DELETE", "/stages/first", None),
        "/stages",
        "operator:stage:removed",
    ),
    "own words of a mail": Deed(
        (
            *("stage", "mail", "first", "--kind", "announced", "--language", "de"),
            *("--subject", "Neu", "--body-file", "{words}"),
        ),
        (
            *("PUT", "/stages/first/words/announced/de"),
            {"subject": "Neu", "body": "Bitte hier: {link}"},
        ),
        "/stages/first/words",
        "operator:stage-words:changed",
    ),
    "another name of a user type": Deed(
        ("user", "rename-type", "user", "staff"),
        (
            *("POST", "/user-types-and-groups/rename"),
            {"kind": "type", "name": "user", "new_name": "staff"},
        ),
        "/stages",
        "operator:kind:renamed",
    ),
    "register an API": Deed(
        (
            *("api", "add", "pay", "https://pay.example.org"),
            json.dumps({"name": "Pay", "scopes": {"pay:read": {"en": "See pay runs"}}}),
        ),
        (
            *("POST", "/apis"),
            {
                "id": "pay",
                "audience": "https://pay.example.org",
                "name": "Pay",
                "scopes": {"pay:read": {"en": "See pay runs"}},
            },
        ),
        "/apis",
        "operator:api:added",
    ),
    "change an API": Deed(
        ("api", "set", "wages", '{"published": true}'),
        ("PATCH", "/apis/wages", {"published": True}),
        "/apis/wages",
        "operator:api:changed",
    ),
    "delete an API": Deed(
        ("api", "delete", "wages"),
        ("DELETE", "/apis/wages", None),
        "/apis",
        "operator:api:deleted",
    ),
    "let somebody off": Deed(
        ("stage", "except", "tane", "first", "--until", "2099-01-01", "--reason", "on leave"),
        (
            *("POST", "/stages/first/exceptions"),
            {"person": "{tane}", "until": "2099-01-01", "reason": "on leave"},
        ),
        "/stages/first",
        "operator:stage-exception:given",
    ),
    "let clients register": Deed(
        ("client", "initial-token", "--uses", "3"),
        ("POST", "/initial-tokens", {"uses": 3}),
        "/messages",
        "operator:initial-token:added",
    ),
    "make a key": Deed(
        ("keys", "rotate", "--alg", "EdDSA"),
        ("POST", "/keys", {"alg": "EdDSA"}),
        "/messages",
        "operator:key:added",
    ),
}
REFUSED = {
    "a name that is taken": (
        ("user", "add", "tane", "--email", "other@a.nz"),
        ("POST", "/people", {"username": "tane", "email": "other@a.nz"}),
    ),
    "no such person": (("user", "disable", "nobody"), ("POST", "/people/nobody/disable", None)),
    "no such level": (
        ("client", "set", "app", "min_acr=urn:none"),
        ("PATCH", "/clients/app", {"min_acr": "urn:none"}),
    ),
    "no such application": (("client", "delete", "none"), ("DELETE", "/clients/none", None)),
    "a stage that runs": (("stage", "resume", "first"), ("POST", "/stages/first/resume", None)),
    "a key that signs": (("keys", "withdraw", "{kid}"), ("DELETE", "/keys/{kid}", None)),
    "an address that is confirmed": (
        ("user", "confirm-email", "tane"),
        ("POST", "/people/{tane}/confirm-email", None),
    ),
    "a day that is over": (
        ("profiles", "split", "tane", "--closes", "2020-01-01"),
        ("POST", "/shared-profiles/{tane}/split", {"closes": "2020-01-01"}),
    ),
    "no such method": (
        ("user", "release", "tane", "nose"),
        ("POST", "/people/{tane}/release", {"method": "nose"}),
    ),
}


@pytest.fixture
def prepared(small_site: Site) -> Callable[[], dict[str, str]]:
    """Begin anew, with someone, an application and a stage; return what they are called."""

    def prepare() -> dict[str, str]:
        small_site.begin_anew()
        sub = small_site.person("tane", phone="+64211234567")
        small_site.application("app")
        acrux = Acrux(small_site.environ)
        acrux(*STAGE[:3], "first", *STAGE[4:])
        acrux("api", "add", "wages", "https://wages.example.org", '{"name": "Wages"}')
        kid = acrux.json("keys", "list")[0]["kid"]
        words = small_site.folder / "words.txt"
        words.write_text("Bitte hier: {link}")
        return {"tane": sub, "kid": kid, "words": str(words)}

    return prepare


def filled(value: Any, names: dict[str, str]) -> Any:
    """Return a value with names in the place of `{tane}` and the like."""
    text = json.dumps(value)
    for name, found in names.items():
        text = text.replace(f"{{{name}}}", found)
    return json.loads(text)


def call(site: Site) -> Program:
    return Program(site, own_token(site, robot(site)))


def state(program: Program, path: str) -> Any:
    """Return what is there now, without what is drawn."""
    return without(program("GET", path).json)


def without(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: without(v) for k, v in value.items() if k not in DRAWN | ONLY_OF_PROGRAMS}
    return [without(one) for one in value] if isinstance(value, list) else value


def happened(site: Site, kind: str) -> Any:
    """Return what the newest event of a kind says, but for what is drawn and who did it."""
    if not kind:
        return None
    event = site.events(kind=kind)[0]
    data = without(json.loads(event.data)) if event.data else {}
    return event.outcome, bool(event.person_id), bool(event.client_id), data


@pytest.mark.slow
@pytest.mark.parametrize("name", DEEDS)
def test_the_command_and_the_api_do_the_same(
    small_site: Site, prepared: Callable[[], dict[str, str]], name: str
) -> None:
    deed, found = DEEDS[name], []
    for by_api in (False, True):
        names = prepared()
        program = call(small_site)
        if by_api:
            method, path, body = filled(deed.call, names)
            reply = program(method, path, body, {"If-Match": "*"})
            assert reply.status in (200, 201), reply.text
        else:
            Acrux(small_site.environ)(*filled(deed.words, names))
        now = state(program, filled(deed.looks, names))
        found.append((now, happened(small_site, deed.event)))
    assert found[0] == found[1]


@pytest.mark.slow
@pytest.mark.parametrize("name", REFUSED)
def test_the_command_and_the_api_refuse_alike(
    small_site: Site, prepared: Callable[[], dict[str, str]], name: str
) -> None:
    names = prepared()
    words, (method, path, body) = REFUSED[name]
    line = Acrux(small_site.environ).refused(*filled(words, names))
    reply = call(small_site)(method, filled(path, names), filled(body, names), {"If-Match": "*"})
    assert 400 <= reply.status < 500
    assert reply.json["detail"] in line
