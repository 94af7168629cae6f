"""What applications are told of whom: each change of their people, and nothing of anybody else."""

from collections.abc import Callable
from typing import Any
from unittest.mock import Mock

import pytest

from idp.operating import cases
from idp.operating.actor import OPERATOR
from idp.operating.people.written import ProfileChange
from idp.people.factors import removal
from idp.store import people
from idp.store.db import Work
from idp.store.db.statements import Statement
from idp.store.signals import sessions
from tests.protocol.people.test_not_me import texted
from tests.protocol.sign_ins import signed_in
from tests.protocol.signals.conftest import receiver, work
from tests.support.applications.receiver import CAEP, Receiver, body, names
from tests.support.site import MFA, MFA_APP, ONE, Site

LEVELS = (
    *("namespace", "previous_level", "current_level", "change_direction"),
    "initiating_entity",
)
NEW = "kauri tree beside the sea 71"


def sub(said: dict[str, Any]) -> Any:
    return said["sub_id"].get("user", said["sub_id"]).get("sub")


def sign_in(site: Site, app: Receiver, name: str = "tane", **changes: Any) -> Any:
    return signed_in(site, app.app, name, **changes)


@pytest.mark.slow
def test_a_sign_out_ends_that_session_where_somebody_signed_in_and_tells_nobody_else(
    told: Site,
) -> None:
    one, other = receiver(told), receiver(told, "other")
    person = told.person("tane")
    one.make()
    other.make()
    browser = sign_in(told, one)
    sign_in(told, other)
    sid = told.events(kind="client:code:issued", client="app")[0].sid
    browser.open("/end_session")
    browser.submit("/end_session")
    work(told)
    (said,) = one.taken()
    assert names([said]) == ["session-revoked"]
    assert said["sub_id"] == {
        "format": "complex",
        "user": {"format": "iss_sub", "iss": told.issuer, "sub": person},
        "session": {"format": "opaque", "id": sid},
    }
    assert body(said)["initiating_entity"] == "user"
    assert body(said)["reason_admin"]["en"]
    assert other.taken() == [], "it has no part in that session"


Change = Callable[[Site, Work, str], object]


def _register(name: str, *args: Any, **more: Any) -> Change:
    def change(site: Site, unit: Work, person: str) -> object:
        room: Any = cases.of(site.installation).register
        return getattr(room, name)(unit, OPERATOR, person, *args, **more)

    return change


def _password(site: Site, unit: Work, person: str) -> object:
    return cases.of(site.installation).helping.set_password(unit, OPERATOR, person, NEW)


def _no_app(site: Site, unit: Work, person: str) -> object:
    people.lock_person(unit, person)
    return removal.remove_all(unit, site.installation.signin, person, "totp", "by an operator")


def switch(site: Site, name: str, on: bool) -> None:
    """Switch somebody's account off, or on again."""
    with site.work() as unit:
        person = people.by_name(unit, name)
        assert person
        _register("switch_on" if on else "switch_off")(site, unit, person.id)


CHANGES: dict[str, tuple[Change, list[str]]] = {
    "off": (_register("switch_off"), ["account-disabled", "session-revoked"]),
    "gone": (_register("delete"), ["session-revoked", "account-purged"]),
    "a new password": (
        _password,
        ["session-revoked", "credential-change"],
    ),
    "no app": (_no_app, ["credential-change", "session-revoked"]),
    "another address": (_register("set_address", "t@example.net"), ["identifier-changed"]),
    "another number": (_register("set_number", "+64211234568"), ["identifier-changed"]),
    "a group": (
        _register("change", ProfileChange(groups=("nurses",))),
        ["token-claims-change"],
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", CHANGES)
def test_a_change_of_somebody_is_told_in_its_order_under_the_name_that_is_known(
    told: Site, name: str
) -> None:
    change, expected = CHANGES[name]
    app, stranger = receiver(told, subject_type="pairwise"), receiver(told, "stranger")
    secret = told.secret()
    person = told.person("tane", totp=secret)
    told.person("hine")
    app.make()
    stranger.make()
    browser = told.browser()
    scope = "openid email phone groups"
    browser.authorize(app.app, acr_values="urn:acrux:acr:mfa", scope=scope)
    browser.sign_in("tane")
    known = told.claims(app.app, browser.totp(secret))["sub"]
    assert known != person
    sign_in(told, stranger, "hine")
    with told.work() as unit:
        change(told, unit, person)
    work(told)
    found = app.taken()
    assert names(found) == expected
    if name == "another address":
        assert found[0]["sub_id"] == {"format": "email", "email": "tane@example.org"}
        assert body(found[0]) == {"new-value": "t@example.net"}
    elif name == "another number":
        number = {"format": "phone_number", "phone_number": "+64211234567"}
        assert (found[0]["sub_id"], body(found[0])) == (number, {"new-value": "+64211234568"})
    else:
        assert {sub(one) for one in found} == {known}
    if name == "a group":
        assert body(found[0])["claims"] == {"groups": ["nurses"]}
    assert stranger.taken() == []
    with told.work() as unit:
        assert unit.column(Statement("SELECT person_id FROM signal_subject")) == []


@pytest.mark.slow
def test_a_session_that_rises_is_told_of_to_all_who_took_part_in_it_but_who_asked(
    told: Site,
) -> None:
    """CAEP section 3.4: somebody signed in here by less proves more there, in the same session."""
    one, asks, apart = receiver(told), receiver(told, "asks"), receiver(told, "apart")
    person = told.person("tane")
    for app in (one, asks, apart):
        app.make()
    sign_in(told, apart)
    # Of the trail, only what came since the session began is looked through.
    told.advance(4 * 3600)
    browser = sign_in(told, one)
    work(told)
    assert [app.taken() for app in (one, asks, apart)] == [[], [], []], "nothing rose"
    browser.authorize(asks.app, claims=asks.app.essential(MFA))
    raised = told.claims(asks.app, browser.enrol_totp())
    assert raised["acr"] == MFA, "as it was asked for, though the app proves more"
    # What is there already rises no more, whoever asks for it.
    asked = {"scope": "openid offline_access", "prompt": "consent"}
    for level in (MFA, MFA_APP):
        browser.authorize(one.app, claims=one.app.essential(level), **asked)
        assert "code" in browser.submit("/consent", decision="allow").query
    work(told)
    added, said = one.taken()
    assert names([added, said]) == ["credential-change", "assurance-level-change"]
    assert said["sub_id"] == {
        "format": "complex",
        "user": {"format": "iss_sub", "iss": told.issuer, "sub": person},
        "session": {"format": "opaque", "id": raised["sid"]},
    }
    assert {n: body(said)[n] for n in LEVELS} == {
        "namespace": "acr",
        "previous_level": ONE,
        "current_level": MFA_APP,
        "change_direction": "increase",
        "initiating_entity": "user",
    }
    assert [names(app.taken()) for app in (asks, apart)] == [["credential-change"]] * 2


@pytest.mark.slow
def test_the_trail_is_looked_through_for_a_rise_only_where_a_stream_is_told_of_one(
    small: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = Mock(wraps=sessions.levels_before)
    monkeypatch.setattr(sessions, "levels_before", look)
    app, other = receiver(small), receiver(small, "other")
    small.person("tane")
    app.make(f"{CAEP}session-revoked", f"{CAEP}credential-change")
    browser = sign_in(small, app)
    browser.authorize(app.app, claims=app.app.essential(MFA))
    browser.enrol_totp()
    work(small)
    assert names(app.taken()) == ["credential-change"]
    assert not look.called
    other.make(f"{CAEP}assurance-level-change")
    asked = {"scope": "openid offline_access", "prompt": "consent"}
    browser.authorize(app.app, claims=app.app.essential(MFA), **asked)
    browser.submit("/consent", decision="allow")
    work(small)
    assert look.call_count == 1


@pytest.mark.slow
def test_who_says_this_was_not_me_is_believed_everywhere(small: Site) -> None:
    app = receiver(small)
    small.person("mere", sms=True)
    app.make()
    browser, _ = texted(small, app=app.app)
    assert "code" in browser.submit("/sms", code=small.texted_code()).query
    _, path = texted(small, app=app.app)
    owner = small.browser()
    owner.open(path)
    owner.submit(path)
    work(small)
    found = names(app.taken())
    assert found == [
        "credential-compromise",
        "account-credential-change-required",
        "session-revoked",
    ]


@pytest.mark.slow
def test_the_browser_that_goes_on_is_not_signed_out_by_what_ends_elsewhere(small: Site) -> None:
    app = receiver(small)
    small.person("tane")
    app.make()
    sign_in(small, app)
    here = sign_in(small, app)
    sids = [one.sid for one in small.events(kind="client:code:issued")]
    here.open("/account/places")
    here.submit("/account/places/end-others")
    work(small)
    (said,) = app.taken()
    assert said["sub_id"]["session"]["id"] == sids[1]


@pytest.mark.slow
def test_an_application_takes_people_out_and_names_them_as_it_knows_them(told: Site) -> None:
    app = receiver(told)
    person = told.person("tane")
    hine = told.person("hine")
    made = {"stream_id": app.make()["stream_id"]}
    sign_in(told, app, scope="openid email")
    address = {"format": "email", "email": "Tane@example.org"}
    by_sub = {"format": "iss_sub", "iss": told.issuer, "sub": person}

    def subject(what: str, found: dict[str, Any]) -> int:
        return app.ask("POST", f"/ssf/subjects/{what}", {**made, "subject": found}).status

    def happens(who: str = person) -> list[dict[str, Any]]:
        with told.work() as unit:
            _register("switch_off")(told, unit, who)
            _register("switch_on")(told, unit, who)
        work(told)
        return app.taken()

    assert subject("remove", by_sub) == 204
    assert happens() == []
    assert subject("add", address) == 200
    found = happens()
    assert names(found) == ["account-disabled", "session-revoked", "account-enabled"]
    assert {one["sub_id"]["format"] for one in found} == {"email"}
    assert subject("add", {"format": "opaque", "id": person}) == 200
    assert happens()[0]["sub_id"] == {"format": "opaque", "id": person}
    # Whom it does not know it can ask for, and learns nothing: not even that there is somebody.
    for other in (
        {"format": "email", "email": "hine@example.org"},
        {"format": "email", "email": "nobody@example.org"},
        {"format": "iss_sub", "iss": told.issuer, "sub": hine},
        {"format": "iss_sub", "iss": "https://other.example", "sub": person},
        {"format": "phone_number", "phone_number": "+64211234567"},
        {"format": "complex", "user": {"format": "opaque", "id": hine}},
    ):
        assert subject("add", other) == 200
        assert subject("remove", other) == 204
    assert happens(hine) == []
    assert names(happens()) == ["account-disabled", "session-revoked", "account-enabled"]


def test_who_is_not_allowed_an_address_is_not_told_of_it(small: Site) -> None:
    app = receiver(small)
    person = small.person("tane")
    made = app.make()
    sign_in(small, app, scope="openid")
    subject = {"format": "email", "email": "tane@example.org"}
    sent = {"stream_id": made["stream_id"], "subject": subject}
    assert app.ask("POST", "/ssf/subjects/add", sent).status == 200
    with small.work() as unit:
        _register("set_address", "t@example.net")(small, unit, person)
        _register("switch_off")(small, unit, person)
    work(small)
    assert {one["sub_id"]["format"] for one in app.taken()} == {"iss_sub"}


@pytest.mark.parametrize("kind", ["email", "opaque"])
def test_who_was_added_by_a_name_is_never_called_what_has_become_anothers(
    told: Site, kind: str
) -> None:
    app = receiver(told)
    person, hine = told.person("tane"), told.person("hine")
    made = {"stream_id": app.make()["stream_id"]}
    sign_in(told, app, scope="openid email")
    name = {"email": "tane@example.org", "opaque": person}[kind]
    added = {"format": kind, {"email": "email", "opaque": "id"}[kind]: name}
    assert app.ask("POST", "/ssf/subjects/add", {**made, "subject": added}).status == 200
    with told.work() as unit:
        if kind == "email":
            _register("set_address", "new@example.org")(told, unit, person)
            _register("set_address", name)(told, unit, hine)
        else:
            changes = {"subject_type": "pairwise"}
            cases.of(told.installation).clients.change(unit, OPERATOR, "app", changes)
    told.advance(60)
    switch(told, "tane", False)
    work(told)
    called = app.taken()[-1]["sub_id"]
    with told.work() as unit:
        _register("delete")(told, unit, person)
    work(told)
    gone = app.taken()[-1]["sub_id"]
    assert called["format"] == kind
    if kind == "email":
        assert called["email"] == "new@example.org"
        assert gone == {"format": "iss_sub", "iss": told.issuer, "sub": person}
    else:
        assert called["id"] != person
        assert gone == {"format": "iss_sub", "iss": told.issuer, "sub": called["id"]}


@pytest.mark.slow
@pytest.mark.parametrize("how", ["consent", "first_party", "client"])
def test_what_a_person_took_back_or_an_operator_took_away_is_told_no_more(
    told: Site, how: str
) -> None:
    app = receiver(told, first_party=how != "consent")
    person = told.person("tane")
    made = {"stream_id": app.make()["stream_id"]}
    browser = told.browser()

    def let_in() -> None:
        answer = browser.authorize(app.app, scope="openid email groups")
        if "login" in answer.url:
            answer = browser.sign_in("tane")
        if "code" not in answer.query:
            assert "code" in browser.submit("/consent", decision="allow").query

    def happens(number: int) -> list[dict[str, Any]]:
        told.advance(3600)
        with told.work() as unit:
            _register("set_address", f"t{number}@example.net")(told, unit, person)
            _register("change", ProfileChange(groups=(f"ward-{number}",)))(told, unit, person)
        switch(told, "tane", False)
        switch(told, "tane", True)
        work(told)
        return app.taken()

    let_in()
    subject = {"format": "email", "email": "tane@example.org"}
    assert app.ask("POST", "/ssf/subjects/add", {**made, "subject": subject}).status == 200
    told.advance(5)
    if how == "client":
        with told.work() as unit:
            cases.of(told.installation).clients.change(unit, OPERATOR, "app", {"scope": "openid"})
    else:
        browser.open("/account/applications")
        browser.submit("/withdraw")
    found = happens(1)
    assert names(found) == ["account-disabled", "session-revoked", "account-enabled"]
    assert {one["sub_id"]["format"] for one in found} == {"iss_sub"}
    if how != "client":
        let_in()
        found = happens(2)
        assert "token-claims-change" in names(found)
        assert found[-1]["sub_id"] == {"format": "email", "email": "t2@example.net"}


def test_a_stopped_stream_keeps_what_comes_and_one_that_is_off_does_not(told: Site) -> None:
    app = receiver(told)
    person = told.person("tane")
    made = {"stream_id": app.make()["stream_id"]}
    sign_in(told, app)

    def status(word: str) -> None:
        assert app.ask("POST", "/ssf/status", {**made, "status": word}).status == 200

    for word in ("paused", "disabled"):
        status(word)
        with told.work() as unit:
            _register("switch_off" if word == "paused" else "switch_on")(told, unit, person)
        work(told)
        assert app.taken() == []
    status("enabled")
    assert names(app.taken()) == ["account-disabled", "session-revoked"]


def test_where_there_is_no_stream_nothing_is_kept_or_held(small: Site) -> None:
    receiver(small)
    person = small.person("tane")
    with small.work() as unit:
        _register("switch_off")(small, unit, person)
        _register("delete")(small, unit, person)
    assert work(small) == 0
    with small.work() as unit:
        for table in ("signal_set", "signal_subject", "signal_stream", "stream_receiver"):
            assert unit.value(Statement(f"SELECT count(*) FROM {table}")) == 0
