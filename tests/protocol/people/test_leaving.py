"""`acrux user delete`: everything of a person goes, applications hear of it, the trail stays."""

from pathlib import Path
from typing import Any

import pytest

from idp.cli.running.worker import Worker
from idp.crypto import random_token
from idp.messages import links
from idp.messages.links import Purpose
from idp.store import people
from idp.store.db import connections
from tests.protocol.command import Acrux
from tests.protocol.endpoints import introspect
from tests.protocol.sign_ins import signed_in
from tests.security.serving.crowd import number
from tests.support.programs.https import Answer, HttpsServer
from tests.support.site import PASSWORD, Application, Site

KEEPS = {"departed", "event", "event_count", "outbox", "client", "signing_key", "seal_check"}
"""Tables in which something may be left: none of them says who the person was, but the trail."""


def delete(site: Site, name: str = "aroha") -> str:
    return Acrux(site.environ)("user", "delete", name, "--yes")


def offline(site: Site, app: Application) -> dict[str, Any]:
    """Return the tokens of a sign-in with offline access."""
    browser = site.browser()
    browser.authorize(app, scope="openid offline_access", prompt="consent")
    browser.sign_in("aroha")
    code = browser.submit("/consent", decision="allow").query["code"]
    return dict(site.redeem(app, code).json)


def tables(site: Site) -> list[str]:
    return sorted(set(connections.Base.metadata.tables) - KEEPS)


def test_nothing_of_a_person_is_left_but_the_trail(site: Site) -> None:
    secret = site.secret()
    person = site.person("aroha", totp=secret, sms=True)
    other = site.person("mere", password=None)
    app = site.application(subject_type="pairwise", first_party=False)
    browser = site.browser()
    browser.authorize(app, scope="openid offline_access", prompt="consent")
    browser.sign_in("aroha")
    browser.totp(secret)
    browser.submit("/consent", decision="allow")
    with site.work() as work:
        links.make(work, site.issuer, Purpose.NOTICE_DENIED, person)
    delete(site)
    for table in tables(site):
        columns = [c.name for c in connections.Base.metadata.tables[table].columns]
        if "person_id" in columns:
            query = f'SELECT count(*) FROM "{table}" WHERE person_id = :person'
            assert number(site, query, person=person) == 0, table
    for table in ("token", "authorization", "pairwise", "grant", "device", "credential", "proof"):
        assert number(site, f'SELECT count(*) FROM "{table}"') == 0, table
    assert [one["sub"] for one in Acrux(site.environ).json("user", "list")] == [other]


@pytest.mark.slow
def test_tokens_end_and_a_live_session_finds_a_page_to_sign_in(site: Site) -> None:
    site.person("aroha")
    app = site.application()
    browser = signed_in(site, app, "aroha")
    held = offline(site, app)
    browser.open("/account/")
    assert browser.at.heading == "Your account"
    assert delete(site).startswith("aroha is deleted: 2 sessions ended, 0 applications told")
    bearer = {"Authorization": f"Bearer {held['access_token']}"}
    assert site.client().send("GET", "/userinfo", headers=bearer).status == 401
    assert introspect(site, app, held["access_token"]).json == {"active": False}
    assert site.refresh(app, held["refresh_token"]).json["error"] == "invalid_grant"
    page = browser.open("/account/")
    assert (page.status, page.heading) == (200, "Sign in")
    assert browser.sign_in("aroha", PASSWORD).status == 400


def test_a_code_that_was_not_redeemed_yet_is_worth_nothing(site: Site) -> None:
    site.person("aroha")
    app = site.application()
    code = signed_in(site, app, "aroha").at.query["code"]
    delete(site)
    answer = site.redeem(app, code)
    assert (answer.status, answer.json["error"]) == (400, "invalid_grant")


def test_the_user_name_and_the_address_may_be_given_again_and_the_sub_never(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    sub = site.person("aroha")
    delete(site)
    drawn = iter([sub, random_token(16)])
    monkeypatch.setattr(people, "random_name", lambda _size: next(drawn))
    again = Acrux(site.environ).json("user", "add", "aroha", "--email", "aroha@example.org")["sub"]
    assert again != sub
    assert next(drawn, None) is None, "the old one was drawn, and not taken"


def test_no_application_is_registered_under_a_sub_of_the_past(site: Site) -> None:
    """Its own tokens would name somebody who was known by it (RFC 9068 section 5)."""
    site.person("aroha")
    app = site.application(subject_type="pairwise")
    answer = site.claims(app, signed_in(site, app, "aroha").at)
    sub = Acrux(site.environ).json("user", "delete", "aroha", "--yes")["sub"]
    for former in (sub, answer["sub"]):
        words = ("client", "add", "Wiki", "--id", former, "--redirect-uri", "https://a.example/cb")
        assert "is taken already" in Acrux(site.environ).refused(*words)


@pytest.mark.slow
def test_the_trail_reads_as_before_and_says_that_the_person_is_gone(site: Site) -> None:
    acrux = Acrux(site.environ)
    sub = site.person("aroha", user_type="clinician", roles=frozenset({"lab:read"}))
    signed_in(site, site.application(), "aroha")
    before = acrux.events(person="aroha")
    delete(site)
    after = acrux.events(person="aroha")
    assert [e["id"] for e in after[: len(before)]] == [e["id"] for e in before]
    assert {(e["person"], e["username"]) for e in after} == {(sub, "aroha (deleted)")}
    assert [e["event"] for e in after[-2:]] == ["person:session:ended", "operator:person:deleted"]
    assert after[-1]["data"] == {
        "username": "aroha",
        "type": "clinician",
        "roles": ["lab:read"],
        "groups": [],
        "sessions": 1,
    }
    acrux("user", "add", "aroha", "--email", "aroha@example.org")
    assert {e["username"] for e in acrux.events(person="aroha")} == {"aroha", "aroha (deleted)"}


def test_commands_say_of_a_deleted_person_when_it_was(site: Site) -> None:
    acrux = Acrux(site.environ)
    sub = site.person("aroha")
    delete(site)
    for name in ("aroha", "AROHA", sub):
        assert "aroha was deleted on 20" in acrux.refused("user", "delete", name, "--yes")
    assert acrux.refused("user", "show", "rua") == "there is nobody called 'rua'"


def test_what_waits_to_be_sent_is_not_sent_any_more(site: Site, tmp_path: Path) -> None:
    site.person("aroha", verified=False, password=None)
    site.person("mere", verified=False, password=None)
    post = site.installation.post
    with site.work() as work:
        for name in ("aroha", "mere"):
            person = people.by_name(work, name)
            assert person is not None
            site.installation.password_links.invite(work, person)
        # As if the mail server were away until the deletion.
        work._put_off.take_calls()
    assert "2 messages" not in delete(site)
    site.work_off()
    assert post.settle(20)
    assert [m["to"] for m in site.messages("mail")] == ["mere@example.org"]


def test_a_shared_number_still_gets_what_is_meant_for_the_other(site: Site) -> None:
    site.person("aroha", phone="+64211234567")
    site.person("mere", phone="+64211234567")
    with site.work() as work:
        site.installation.post.enqueue(
            work,
            channel="sms",
            kind="sms-code",
            to="+64211234567",
            values={"code": "123456", "host": "example.org", "not_me": "https://example.org/n/x"},
            lifetime=600,
        )
        work._put_off.take_calls()
    delete(site)
    site.work_off()
    assert len(site.messages("sms")) == 1


# -- asked first


def test_the_name_is_to_be_typed(site: Site) -> None:
    acrux = Acrux(site.environ)
    site.person("aroha")
    app = site.application()
    signed_in(site, app, "aroha")
    for typed, says in (
        ("", "nothing was deleted: type the user name"),
        ("yes\n", "nothing was deleted: 'yes' is not aroha"),
    ):
        result = acrux.run("user", "delete", "aroha", stdin=typed)
        assert result.exit_code == 1
        assert says in result.stderr
        assert "sessions: 1; applications with access: App" in result.stderr
    assert acrux.json("user", "show", "aroha")["state"] == "on"
    assert acrux("user", "delete", "aroha@example.org", stdin="aroha\n").startswith("aroha is del")


def test_the_last_administrator_is_pointed_out(site: Site) -> None:
    acrux = Acrux(site.environ)
    for name in ("aroha", "mere"):
        site.person(name, roles=frozenset({"admin"}))
    assert acrux.run("user", "delete", "mere", "--yes").stderr == ""
    result = acrux.run("user", "delete", "aroha", "--yes")
    assert result.stderr == "warning: nobody else but aroha has the role admin\n"
    assert result.exit_code == 0


# -- applications are told


@pytest.mark.slow
def test_each_application_is_told_with_the_sub_that_it_knew(
    told_site: Site, receiver: HttpsServer
) -> None:
    person = told_site.person("aroha")
    plain = told_site.application("plain", backchannel_logout_uri=receiver.url("/out"))
    private = told_site.application(
        "private", backchannel_logout_uri=receiver.url("/other"), subject_type="pairwise"
    )
    browser = signed_in(told_site, plain, "aroha")
    knew = told_site.claims(private, browser.authorize(private))
    said = delete(told_site)
    assert "2 applications told" in said
    told_site.work_off()
    by_path = {r.path: told_site.id_token(r.form["logout_token"]) for r in receiver.requests}
    assert by_path["/out"]["sub"] == person
    assert (by_path["/other"]["sub"], by_path["/other"]["sid"]) == (knew["sub"], knew["sid"])
    events = told_site.events(kind="client:logout:delivered")
    assert {(e.client_id, e.person_id) for e in events} == {("plain", person), ("private", person)}
    Worker(told_site.installation).clean()


@pytest.mark.slow
def test_an_application_that_was_away_is_told_later(told_site: Site, receiver: HttpsServer) -> None:
    told_site.person("aroha")
    app = told_site.application(backchannel_logout_uri=receiver.url("/out"))
    browser = signed_in(told_site, app, "aroha")
    receiver.routes["/out"] = Answer(status=503)
    browser.open("/end_session")
    browser.submit("/end_session")
    assert told_site.installation.post.settle(20)
    assert "1 application told" in delete(told_site)
    assert told_site.installation.post.settle(20)
    receiver.routes["/out"] = b""
    before = len(receiver.requests)
    told_site.advance(600)
    told_site.work_off()
    assert len(receiver.requests) == before + 1
    (event,) = told_site.events(kind="client:logout:delivered")
    assert event.username == "aroha (deleted)"
