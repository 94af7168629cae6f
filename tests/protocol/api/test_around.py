"""What the console shows and decides beside people and applications is there for programs, too."""

import base64
import json
from typing import Any

import pytest

from tests.protocol.admin.test_brand_pages import png
from tests.protocol.admin.test_frame import someone
from tests.protocol.api.programs import Program, own_token, program, robot
from tests.protocol.command import Acrux
from tests.support.site import MFA, Site

ANY = {"If-Match": "*"}
LOOK = {"accent": "#a3161d", "support_email": "help@hauora.nz"}


def decided(site: Site, kind: str) -> Any:
    """Return what the newest event of a decision says, but for who made it."""
    data = json.loads(site.events(kind=kind)[0].data or "{}")
    return {name: data[name] for name in ("before", "after")}


@pytest.mark.slow
def test_a_look_is_decided_by_a_program_as_in_the_console(small_site: Site) -> None:
    found = []
    for by_api in (False, True):
        small_site.begin_anew()
        robot_ = program(small_site, "acrux:brand:write")
        if by_api:
            assert robot_("PUT", "/look", LOOK, ANY).status == 200
        else:
            browser = someone(small_site, "admin")
            browser.open("/admin/brand/")
            browser.submit("/brand/", do="save", **LOOK)
        held = robot_("GET", "/look").json
        found.append((held, decided(small_site, "operator:look:changed")))
    assert found[0] == found[1]
    assert found[0][0]["decided"]["accent"] == "#a3161d"


def test_of_two_who_decide_the_look_the_second_is_told(small_site: Site) -> None:
    robot_ = program(small_site, "acrux:brand:write")
    seen = robot_("GET", "/look").version
    words = {"subject": "Hallo", "body": "{name}, Ihre Nummer ist eine andere."}
    said = robot_("PUT", "/wording/phone-changed/de", words, seen)
    assert said.status == 200, said.text
    refused = robot_("PUT", "/look", LOOK, seen)
    assert (refused.status, refused.code) == (412, "changed")
    assert robot_("PUT", "/look", LOOK, said.version).status == 200
    listed = robot_("GET", "/wording").json["items"]
    assert listed == [{"kind": "phone-changed", "language": "de", **words}]
    assert robot_("DELETE", "/wording/phone-changed/de", headers=ANY).status == 200
    assert robot_("GET", "/wording").json["items"] == []


def test_what_cannot_be_said_or_seen_is_refused(small_site: Site) -> None:
    robot_ = program(small_site, "acrux:brand:write")
    for path, body in (
        ("/look", {"accent": "#ffffff"}),
        ("/look", {"logo": "https://elsewhere.example/x.png"}),
        ("/wording/phone-changed/de", {"subject": "x", "body": "{secret}"}),
        ("/wording/nothing/de", {"subject": "x", "body": "x"}),
    ):
        assert robot_("PUT", path, body, ANY).status == 422, (path, body)
    svg = base64.b64encode(b"<svg/>").decode()
    assert robot_("POST", "/look/pictures", {"picture": svg}).status == 422
    assert not small_site.events(kind="operator:look:changed")


def test_a_picture_that_is_kept_becomes_the_logo(small_site: Site) -> None:
    robot_ = program(small_site, "acrux:brand:write")
    sent = {"picture": base64.b64encode(png()).decode()}
    kept = robot_("POST", "/look/pictures", sent)
    assert kept.status == 201, kept.text
    held = robot_("PUT", "/look", kept.json, ANY).json
    assert held["in_force"]["logo"] == kept.json["logo"]


def test_the_settings_are_those_of_the_command(small_site: Site) -> None:
    items = program(small_site, "acrux:settings:read")("GET", "/settings").json["items"]
    assert items == Acrux(small_site.environ).json("settings")
    assert next(one for one in items if one["name"] == "mail.password")["value"] is None


def test_user_types_and_groups_are_counted_with_the_stages_that_reach_them(
    small_site: Site,
) -> None:
    for name in ("tane", "mere"):
        small_site.person(name, user_type="nurse", groups=("north",))
    Acrux(small_site.environ)(
        *("stage", "add", "--id", "one", "--audience", "nurse", "--level", MFA, "--recommended")
    )
    found = program(small_site, "acrux:people:read")("GET", "/user-types-and-groups").json
    versions = [one.pop("version") for one in (*found["types"], *found["groups"])]
    assert len(set(versions)) == 2
    assert found["types"] == [{"name": "nurse", "people": 2, "stages": ["one"]}]
    assert found["groups"] == [{"name": "north", "people": 2, "stages": []}]


def test_the_exceptions_of_a_person_are_told(small_site: Site) -> None:
    sub = small_site.person("tane")
    acrux = Acrux(small_site.environ)
    acrux(*("stage", "add", "--id", "one", "--audience", "user", "--level", MFA, "--recommended"))
    acrux(*("stage", "except", "tane", "one", "--until", "2099-01-01", "--reason", "on leave"))
    [held] = program(small_site)("GET", f"/people/{sub}/exceptions").json["items"]
    assert (held["stage"], held["reason"]) == ("one", "on leave")
    assert held["until"].startswith("209")


def test_the_tokens_of_a_directory_are_told_by_label_alone(small_site: Site) -> None:
    acrux = Acrux(small_site.environ)
    small_site.application("entra", grant_types=["client_credentials"], api_scopes=["acrux:scim"])
    said = acrux("client", "scim-token", "add", "entra")
    reply = program(small_site, "acrux:clients:read")("GET", "/clients/entra/scim-tokens")
    [one] = reply.json["items"]
    assert one["label"] in acrux("client", "scim-token", "list", "entra")
    assert one.keys() == {"label", "created_at", "expires_at"}
    assert not [word for word in said.split() if len(word) > 30 and word in reply.text]


def test_no_program_lets_the_account_of_an_owner_close(small_site: Site) -> None:
    owner = small_site.person("kahu", roles=frozenset({"owner"}))
    caller = Program(small_site, own_token(small_site, robot(small_site)))
    body = {"closes": "2099-01-01"}
    reply = caller("POST", f"/shared-profiles/{owner}/split", body)
    assert (reply.status, reply.code) == (403, "outranked"), reply.text


def test_a_date_that_is_none_is_told_as_such(small_site: Site) -> None:
    sub = small_site.person("tane")
    words = ("stage", "add", "--id", "one", "--audience", "user", "--level", MFA, "--recommended")
    Acrux(small_site.environ)(*words)
    caller = program(small_site)
    for path, body in (
        ("/stages/one/exceptions", {"person": sub, "until": "soon", "reason": "on leave"}),
        (f"/shared-profiles/{sub}/split", {"closes": "soon"}),
    ):
        reply = caller("POST", path, body)
        assert (reply.status, reply.code) == (422, "invalid"), reply.text
        assert "soon" in reply.json["detail"]
