"""The mails of a stage, what they say, who gets through and who has what, for programs."""

import pytest

from idp.operating.rollout import outlooks
from idp.rollout import population
from idp.rollout.upkeep import Upkeep
from tests.protocol.api.programs import Program, own_token, program, robot
from tests.protocol.command import Acrux
from tests.protocol.rollout.mails.ahead import look, planned
from tests.support.site import Site

ANY = {"If-Match": "*"}
WORDS = {"subject": "Neu ab {date}", "body": "Hallo {name}, bitte: {link}"}


def test_a_mail_says_something_else_and_then_our_words_again(site: Site) -> None:
    call, stage = program(site), planned(site)
    path = f"/stages/{stage}/words/announced/de"
    before = call("GET", path)
    assert before.json["own"] is None
    assert call("PUT", path, WORDS).status == 428
    said = call("PUT", path, WORDS, before.version)
    assert said.status == 200, said.text
    assert said.json["own"]["subject"] == WORDS["subject"]
    assert said.json["subject"].startswith("Neu ab ")
    assert "Hallo Aroha" in said.json["body"]
    late = call("PUT", path, WORDS, before.version)
    assert (late.status, late.code) == (412, "changed")
    assert [one["letter"] for one in call("GET", f"/stages/{stage}/words").json["items"]] == [
        "announced"
    ]
    assert call("DELETE", path, headers=said.version).json == before.json
    assert call("DELETE", path, headers=ANY).status == 409
    kinds = site.events(kind="operator:stage-words:changed")
    assert len(kinds) == 2
    assert '"program": "robot"' in str(kinds[0].data)


def test_words_that_cannot_be_are_refused(small_site: Site) -> None:
    call, stage = program(small_site), planned(small_site)
    for letter, spoken, body in (
        ("announced", "de", {"subject": "x", "body": "no address"}),
        ("announced", "de", {"subject": "", "body": "{link}"}),
        ("announced", "de", {"subject": "x", "body": "{link} {secret}"}),
        ("announced", "xx", WORDS),
        ("nothing", "de", WORDS),
    ):
        reply = call("PUT", f"/stages/{stage}/words/{letter}/{spoken}", body, ANY)
        assert reply.status == 422, (letter, spoken, body)
    assert call("GET", f"/stages/{stage}/words/nothing/de").status == 422
    assert call("GET", "/stages/none/words/announced/de").status == 404
    assert call("GET", f"/stages/{stage}/words").json["items"] == []


def test_words_for_every_mail_are_those_of_the_command(small_site: Site) -> None:
    call, stage = program(small_site), planned(small_site)
    path = f"/stages/{stage}/words/every/de"
    assert call("PUT", path, WORDS, ANY).status == 200
    shown = Acrux(small_site.environ).json(
        "stage", "notices", stage, "--preview", "--language", "de"
    )
    told = call("GET", path).json
    assert (shown["subject"], shown["body"]) == (told["subject"], told["body"])


def test_what_became_of_each_mail_and_whom_to_call(site: Site) -> None:
    for name in ("aroha", "mere"):
        site.person(name, user_type="nurse")
    site.person("hemi", user_type="nurse", verified=False, phone="+64215550001")
    call, stage = program(site), planned(site, audience="nurse")
    look(site)
    counted = call("GET", f"/stages/{stage}/mails").json["items"]
    assert {(one["state"], one["people"]) for one in counted} == {("sent", 2), ("unconfirmed", 1)}
    found: list[tuple[str, str]] = []
    cursor: str | None = ""
    while cursor is not None:
        page = call("GET", f"/stages/{stage}/mails/people?limit=1&cursor={cursor}").json
        found += [(one["username"], one["state"]) for one in page["items"]]
        cursor = page["next"]
    assert sorted(found) == [("aroha", "sent"), ("hemi", "unconfirmed"), ("mere", "sent")]
    [called] = call("GET", f"/stages/{stage}/call-list").json["items"]
    assert (called["username"], called["phone"]) == ("hemi", "+64215550001")
    reader = Program(site, own_token(site, robot(site, "acrux:rollout:read", client_id="reader")))
    assert reader("GET", f"/stages/{stage}/mails").status == 200
    for path in ("call-list", "mails/people"):
        assert reader("GET", f"/stages/{stage}/{path}").status == 403


def test_a_mail_that_came_back_is_noted_as_by_the_command(site: Site) -> None:
    site.person("aroha", user_type="nurse")
    site.person("mere")
    call, stage = program(site), planned(site, audience="nurse")
    look(site)
    addresses = ["aroha@example.org", "mere@example.org", "nobody@example.org", "no address"]
    done = call("POST", "/stage-mails/came-back", {"addresses": addresses})
    assert done.json == {
        "people": ["aroha@example.org"],
        "untold": ["mere@example.org"],
        "unknown": ["nobody@example.org"],
    }
    [called] = call("GET", f"/stages/{stage}/call-list").json["items"]
    assert called["why"] == "the mail came back"
    assert len(site.events(kind="operator:stage-notices:bounced")) == 1
    again = call("POST", "/stage-mails/came-back", {"addresses": addresses[:1]})
    assert again.json["untold"] == addresses[:1]


def test_who_gets_through_is_what_the_command_says(site: Site) -> None:
    site.person("aroha", totp=site.secret())
    site.person("mere")
    site.person("hemi", password=None)
    call, stage = program(site), planned(site)
    told = call("GET", f"/stages/{stage}/forecast").json
    [said] = Acrux(site.environ).json("stage", "forecast", stage)
    numbers = ("people", "ready", "asked", "stuck", "methods", "reasons", "doubts", "at")
    assert {name: told[name] for name in numbers} == {name: said[name] for name in numbers}
    assert told["state"] == "counted"
    path = f"/stages/{stage}/forecast/people"
    [stuck] = call("GET", path).json["items"]
    assert stuck["username"] == "hemi"
    assert {one["code"] for one in stuck["reasons"]} >= {
        said["stuck_people"][0]["reasons"][0]["code"]
    }
    [asked] = call("GET", f"{path}?state=asked").json["items"]
    assert asked["username"] == "mere"
    code = stuck["reasons"][0]["code"]
    assert len(call("GET", f"{path}?reason={code}").json["items"]) == 1
    for query in ("state=ready", "reason=none", "limit=0"):
        assert call("GET", f"{path}?{query}").status == 422


@pytest.mark.slow
def test_a_crowd_is_told_as_it_was_counted_last(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outlooks, "MOST", 2)
    monkeypatch.setattr(population, "CROWD", 2)
    for name in ("aroha", "mere", "hemi", "tane"):
        site.person(name, password=None)
    call, stage = program(site), planned(site)
    told = call("GET", f"/stages/{stage}/forecast").json
    assert (told["state"], told["people"]) == ("counting", 0)
    path = f"/stages/{stage}/forecast/people"
    early = call("GET", path)
    assert (early.status, early.code) == (409, "conflict")
    Upkeep(site.installation.forecast, site.installation.engine).carry_out()
    told = call("GET", f"/stages/{stage}/forecast").json
    assert (told["state"], told["stuck"]) == ("counted", 4)
    assert told["counted_at"]
    first = call("GET", f"{path}?limit=3").json
    rest = call("GET", f"{path}?limit=3&cursor={first['next']}").json
    names = [one["username"] for one in first["items"] + rest["items"]]
    assert sorted(names) == ["aroha", "hemi", "mere", "tane"]
    assert rest["next"] is None


def test_adoption_and_who_lacks_what_are_those_of_the_command(site: Site) -> None:
    acrux, call = Acrux(site.environ), program(site)
    for name in ("aroha", "mere"):
        site.person(name, totp=site.secret())
    assert call("GET", "/adoption?days=7").json == acrux.json("stage", "adoption", "--days", "7")
    found = []
    for cursor in ("", call("GET", "/adoption/no-codes?limit=1").json["next"]):
        page = call("GET", f"/adoption/no-codes?limit=1&cursor={cursor}").json
        found += page["items"]
    assert found == acrux.json("stage", "adoption", "--who", "no-codes")
    assert {one["username"] for one in found} == {"aroha", "mere"}
    assert call("GET", "/adoption/everything").status == 422
