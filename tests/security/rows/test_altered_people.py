"""Rows of people: proofs, credentials, roles, authorizations. None is made, moved or raised."""

import pytest

from idp import crypto
from idp.store.messages import links
from tests.security.rows.attacker import STOPPED, refused, write
from tests.security.serving.crowd import base
from tests.support.site import MFA, PASSWORD, Answer, Application, Browser, Site

OFFLINE = "openid offline_access"


def _strong(site: Site, app: Application, name: str, secret: str) -> tuple[Browser, Answer]:
    browser = site.browser()
    browser.authorize(app, acr_values=MFA, scope=OFFLINE)
    browser.sign_in(name)
    return browser, browser.totp(secret)


def _half_way(site: Site, app: Application, name: str) -> Browser:
    """Return a browser in which the password was given, and a second step is asked for."""
    browser = site.browser()
    browser.authorize(app, acr_values=MFA)
    browser.sign_in(name)
    assert browser.at.url.endswith("/totp")
    return browser


@pytest.mark.parametrize("tag", ["tag", "NULL"])
def test_a_proof_that_was_inserted_is_none(site: Site, tag: str) -> None:
    person = site.person("tane", totp=site.secret())
    browser = _half_way(site, site.application(), "tane")
    inserted = write(
        site,
        "INSERT INTO proof (interaction_id, person_id, method, amr, factors, traits,"
        " \"first\", bootstrap, at, tag) SELECT interaction_id, person_id, 'totp', 'otp',"
        f" 'possession', traits, \"first\", bootstrap, at + 1, {tag} FROM proof",
    )
    assert inserted == 1
    page = browser.open(base(browser))
    assert (page.status, page.url.endswith("/totp")) == (200, True)
    (row,) = refused(site)
    assert row.startswith("proof ")
    assert row.split()[2] == "totp"
    (event,) = site.events(kind="installation:row:refused")
    assert event.person_id == person


def test_a_proof_of_one_browser_counts_in_no_other(site: Site) -> None:
    """Nor does it help to say that the other's sign-in, or session, is this one's."""
    secret = site.secret()
    site.person("tane", totp=secret)
    app = site.application()
    _strong(site, app, "tane", secret)
    thief = _half_way(site, app, "tane")
    here = base(thief).rpartition("/")[2]
    moved = write(
        site,
        "UPDATE proof SET session_id = (SELECT i.session_id FROM interaction i WHERE i.id = :here)"
        " WHERE method = 'totp'",
        here=here,
    )
    assert moved == 1
    assert thief.open(base(thief)).url.endswith("/totp")
    write(
        site,
        "UPDATE proof SET interaction_id = :here, session_id = NULL WHERE method = 'totp'",
        here=here,
    )
    assert thief.open(base(thief)).url.endswith("/totp")
    assert any(row.startswith(f"proof {here} totp") for row in refused(site))


def test_a_proof_of_another_person_counts_for_no_one(site: Site) -> None:
    secret = site.secret()
    site.person("mallory", totp=secret)
    victim = site.person("tane", totp=site.secret())
    app = site.application()
    mine = site.browser()
    mine.authorize(app, acr_values=MFA)
    mine.sign_in("mallory")
    here = base(mine).rpartition("/")[2]
    write(site, "UPDATE proof SET person_id = :victim", victim=victim)
    write(site, "UPDATE interaction SET person_id = :victim, username = 'tane'", victim=victim)
    page = mine.open(base(mine))
    assert "code" not in page.query
    assert f"proof {here} password" in {" ".join(row.split()[:3]) for row in refused(site)}


@pytest.mark.parametrize(
    "change",
    ["person_id = :victim", "person_id = :victim, tag = NULL", "created_at = 1"],
)
def test_a_credential_that_was_moved_or_changed_proves_nothing(site: Site, change: str) -> None:
    mine = site.secret()
    attacker = site.person("mallory", totp=mine)
    victim = site.person("tane", totp=site.secret())
    write(site, "DELETE FROM credential WHERE person_id = :v AND method = 'totp'", v=victim)
    values = {"victim": victim} if ":victim" in change else {}
    where = "method = 'totp' AND person_id = :attacker"
    assert write(site, f"UPDATE credential SET {change} WHERE {where}", attacker=attacker, **values)
    browser = _half_way(site, site.application(), "tane" if values else "mallory")
    page = browser.submit("/totp", code=site.code(mine))
    assert (page.status, "code" in page.query) == (400, False)
    assert {row.split()[0] for row in refused(site)} == {"credential"}


def test_roles_that_were_raised_open_nothing_and_the_page_says_whom_to_ask(site: Site) -> None:
    secret = site.secret()
    person = site.person("tane", totp=secret)
    app = site.application()
    browser, _ = _strong(site, app, "tane", secret)
    assert write(site, "UPDATE person SET roles = 'owner' WHERE id = :id", id=person) == 1
    page = browser.open("/admin/")
    assert (page.status, page.heading) == (403, STOPPED)
    assert refused(site) == {f"person {person}"}
    write(site, "UPDATE person SET roles = '' WHERE id = :id", id=person)
    assert browser.open("/account/").status == 200


def test_tokens_of_someone_whose_row_was_changed_are_worth_nothing(site: Site) -> None:
    secret = site.secret()
    person = site.person("tane", totp=secret)
    app = site.application()
    _, answer = _strong(site, app, "tane", secret)
    tokens = site.redeem(app, answer.query["code"]).json
    write(site, "UPDATE person SET member_of = '[\"admins\"]' WHERE id = :id", id=person)
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert site.client().send("GET", "/userinfo", None, bearer).status == 401
    assert refused(site) == {f"person {person}"}


RAISED = {
    "acr": "acr = 'urn:acrux:acr:phr'",
    "amr": "amr = 'pwd otp hwk'",
    "person": "person_id = :other",
    "subject": "subject = :other",
    "code": "code_digest = 'MYOWN'",
    "redirect": "redirect_uri = 'https://evil.example/callback'",
    "challenge": "code_challenge = NULL",
    "scope": "scope = scope || ' email'",
    "auth_time": "auth_time = auth_time + 1",
    "untagged": "tag = NULL",
    "cut": "tag = substr(tag, 1, 8)",
}


@pytest.mark.parametrize("what", [name for name in RAISED if name != "code"])
def test_an_authorization_that_was_changed_is_worth_no_token(site: Site, what: str) -> None:
    secret = site.secret()
    site.person("tane", totp=secret)
    other = site.person("mere")
    app = site.application()
    _, answer = _strong(site, app, "tane", secret)
    values = {"other": other} if ":other" in RAISED[what] else {}
    assert write(site, f'UPDATE "authorization" SET {RAISED[what]}', **values) == 1
    refusal = site.redeem(app, answer.query["code"])
    assert (refusal.status, refusal.json["error"]) == (400, "invalid_grant")
    (row,) = refused(site)
    assert row.startswith("authorization ")
    assert len(site.events(kind="client:token:issued")) == 0


def test_a_code_of_ones_own_digest_is_no_code(site: Site) -> None:
    secret = site.secret()
    site.person("tane", totp=secret)
    app = site.application()
    _strong(site, app, "tane", secret)
    write(site, 'UPDATE "authorization" SET code_digest = :mine', mine=crypto.digest("my-own"))
    refusal = site.redeem(app, "my-own")
    assert (refusal.status, refusal.json["error"]) == (400, "invalid_grant")
    assert {row.split()[0] for row in refused(site)} == {"authorization"}


@pytest.mark.parametrize("what", ["acr", "person", "scope"])
def test_tokens_of_an_authorization_that_was_changed_end(site: Site, what: str) -> None:
    secret = site.secret()
    site.person("tane", totp=secret)
    other = site.person("mere")
    app = site.application()
    _, answer = _strong(site, app, "tane", secret)
    tokens = site.redeem(app, answer.query["code"]).json
    values = {"other": other} if ":other" in RAISED[what] else {}
    write(site, f'UPDATE "authorization" SET {RAISED[what]}', **values)
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert site.client().send("GET", "/userinfo", None, bearer).status == 401
    refusal = site.refresh(app, tokens["refresh_token"])
    assert (refusal.status, refusal.json["error"]) == (400, "invalid_grant")
    form = {"token": tokens["access_token"]}
    said = site.client().send("POST", "/introspect", form, app.authentication())
    assert said.json == {"active": False}
    assert {row.split()[0] for row in refused(site)} == {"authorization"}


@pytest.mark.parametrize("kind", ["access", "refresh"])
def test_a_token_that_was_inserted_is_none(site: Site, kind: str) -> None:
    secret = site.secret()
    site.person("tane", totp=secret)
    app = site.application(public=True)
    _, answer = _strong(site, app, "tane", secret)
    assert site.redeem(app, answer.query["code"]).status == 200
    inserted = write(
        site,
        "INSERT INTO token (digest, kind, authorization_id, scope, created_at, expires_at, tag)"
        " SELECT :mine, :kind, authorization_id, scope, created_at, expires_at, tag FROM token"
        " WHERE kind = 'access'",
        mine=crypto.digest("my-own"),
        kind=kind,
    )
    assert inserted == 1
    bearer = {"Authorization": "Bearer my-own"}
    assert site.client().send("GET", "/userinfo", None, bearer).status == 401
    assert site.refresh(app, "my-own").json["error"] == "invalid_grant"
    assert {row.split()[0] for row in refused(site)} == {"token"}
    site.spoiled = True


def test_a_link_that_was_inserted_lets_nobody_choose_a_password(site: Site) -> None:
    person = site.person("tane")
    write(
        site,
        "INSERT INTO link (digest, purpose, person_id, created_at, expires_at, tag)"
        " VALUES (:mine, 'password', :person, 1, 99999999999, :tag)",
        mine=crypto.digest("my-own"),
        person=person,
        tag=b"0" * 20,
    )
    with site.work() as work:
        assert links.find(work, crypto.digest("my-own")) is None
    assert {row.split()[0] for row in refused(site)} == {"link"}


def test_whoever_is_unchanged_goes_on_beside_a_row_that_was(site: Site) -> None:
    tane = site.person("tane")
    site.person("mere")
    app = site.application()
    write(site, "UPDATE person SET roles = 'owner' WHERE id = :id", id=tane)
    for _ in range(2):
        page = site.browser()
        page.authorize(app)
        assert page.sign_in("tane").status == 403
    browser = site.browser()
    browser.authorize(app)
    assert site.claims(app, browser.sign_in("mere", PASSWORD))["acr"]
    assert site.times(kind="installation:row:refused") == 1, "once a minute, whoever meets it"
