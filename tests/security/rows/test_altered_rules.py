"""Rows that decide for many: signing keys, applications, stages, exceptions."""

import json
import logging
import threading

import pytest

from idp.cli.running.worker import Worker
from idp.oidc.tokens import signing_keys
from tests.protocol.command import Acrux
from tests.security.rows.attacker import STOPPED, refused, write
from tests.support.site import MFA, Site


def _jwks(site: Site) -> list[dict[str, str]]:
    found: list[dict[str, str]] = site.client().send("GET", "/jwks").json["keys"]
    return found


def test_a_signing_key_that_was_inserted_is_not_published_and_the_others_go_on(site: Site) -> None:
    """Even one whose private half is sealed by us, in the place of another key."""
    site.person("tane")
    app = site.application()
    before = _jwks(site)
    mine = signing_keys._MAKERS["ES256"]().as_dict(private=False)
    public = json.dumps({**mine, "kid": "evil", "use": "sig", "alg": "ES256"})
    inserted = write(
        site,
        "INSERT INTO signing_key (kid, alg, private, public, created_at, active_at, tag)"
        " SELECT 'evil', alg, private, :public, created_at, active_at, tag FROM signing_key"
        " WHERE alg = 'ES256'",
        public=public,
    )
    assert inserted == 1
    assert _jwks(site) == before
    assert refused(site) == {"signing_key evil"}
    browser = site.browser()
    browser.authorize(app)
    assert site.claims(app, browser.sign_in("tane"))["sub"]
    acrux = Acrux(site.environ)
    states = {key["kid"]: key["state"] for key in acrux.json("keys", "list")}
    assert states["evil"] == "refused"
    acrux("keys", "withdraw", "evil", "--compromised")
    assert _jwks(site) == before


def test_a_signing_key_that_was_changed_is_published_no_longer(site: Site) -> None:
    before = {key["kid"] for key in _jwks(site)}
    moved = next(key["kid"] for key in _jwks(site) if key["alg"] == "ES256")
    write(site, "UPDATE signing_key SET active_at = active_at + 1 WHERE kid = :kid", kid=moved)
    assert {key["kid"] for key in _jwks(site)} == before - {moved}
    assert refused(site) == {f"signing_key {moved}"}


CLIENT = {
    "address": "data = replace(data, 'http://localhost:5999/callback', 'https://evil.example/cb')",
    "secret": "secret_digest = 'MYOWN'",
    "level": "data = replace(data, 'urn:acrux:acr:mfa', 'urn:acrux:acr:1fa')",
    "untagged": "tag = NULL",
}


@pytest.mark.parametrize("what", CLIENT)
def test_an_application_that_was_changed_is_none(site: Site, what: str) -> None:
    site.person("tane")
    app = site.application("payroll", min_acr=MFA)
    other = site.application("other")
    assert write(site, f"UPDATE client SET {CLIENT[what]} WHERE id = 'payroll'") == 1
    browser = site.browser()
    page = browser.authorize(app)
    assert page.status in (400, 403)
    assert page.heading
    assert "evil.example" not in page.text
    assert refused(site) == {"client payroll"}
    refusal = site.redeem(app, "a-code")
    assert (refusal.status, refusal.json["error"]) == (401, "invalid_client")
    browser.authorize(other)
    assert "code" in browser.sign_in("tane").query


def test_a_stage_that_was_moved_stops_sign_ins_until_it_is_set_right(site: Site) -> None:
    site.person("tane", user_type="staff")
    app = site.application()
    stage = site.stage("staff", MFA, -60)
    put_off = "UPDATE rollout_stage SET enforce_at = enforce_at + :by WHERE id = :id"
    assert write(site, put_off, by=86400, id=stage) == 1
    browser = site.browser()
    browser.authorize(app)
    page = browser.sign_in("tane")
    assert (page.status, page.heading) == (403, STOPPED)
    assert refused(site) == {f"rollout_stage {stage}"}
    acrux = Acrux(site.environ)
    assert f"the row {stage!r} of the table rollout_stage" in acrux.refused("stage", "list")
    write(site, put_off, by=-86400, id=stage)
    browser = site.browser()
    browser.authorize(app)
    assert "code" not in browser.sign_in("tane").query


def test_the_worker_goes_on_beside_a_stage_that_was_changed(site: Site) -> None:
    stage = site.stage("staff", MFA, 86400)
    write(site, "UPDATE rollout_stage SET grace = 9")
    told = threading.Event()

    class Ear(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if stage in record.getMessage():
                told.set()

    ear, log = Ear(), logging.getLogger("acrux.worker")
    log.addHandler(ear)
    worker = Worker(site.installation)
    running = threading.Thread(target=worker.run)
    running.start()
    try:
        assert told.wait(30)
        assert running.is_alive()
    finally:
        worker.stop()
        running.join(30)
        log.removeHandler(ear)
    assert not running.is_alive()


@pytest.mark.parametrize("tag", ["NULL", "(SELECT tag FROM rollout_stage)"])
def test_an_exception_that_was_inserted_excepts_no_one(site: Site, tag: str) -> None:
    person = site.person("tane", user_type="staff")
    app = site.application()
    stage = site.stage("staff", MFA, -60)
    write(
        site,
        "INSERT INTO rollout_exception (stage_id, person_id, until, reason, author, created_at,"
        f" tag) VALUES (:stage, :person, 99999999999, 'mine', 'me', 1, {tag})",
        stage=stage,
        person=person,
    )
    browser = site.browser()
    browser.authorize(app)
    assert "code" not in browser.sign_in("tane").query
    assert refused(site) == {f"rollout_exception {stage} {person}"}


def test_an_operator_finds_a_refused_row_and_settles_it(site: Site) -> None:
    tane, mere = site.person("tane"), site.person("mere")
    acrux = Acrux(site.environ)
    assert acrux.json("rows", "check") == []
    write(site, "UPDATE person SET roles = 'owner'")
    site.application("app")
    write(site, "UPDATE client SET tag = NULL")
    found = json.loads(acrux.run("rows", "check", "--json").stdout)
    assert {(row["table"], row["row"], row["tagged"]) for row in found} == {
        ("person", tane, True),
        ("person", mere, True),
        ("client", "app", False),
    }
    marks = [f for f in json.loads(acrux.run("doctor", "--json").stdout) if f["name"] == "rows"]
    assert [mark["mark"] for mark in marks] == ["!!", "!!"]
    write(site, "UPDATE person SET roles = '' WHERE id = :id", id=tane)
    assert "no row" in acrux.refused("rows", "trust", "person", tane), "set right, it is ours again"
    acrux("rows", "trust", "person", mere)
    acrux("rows", "remove", "client", "app")
    assert acrux.json("rows", "check") == []
    kinds = [event["event"] for event in acrux.events() if "row:" in event["event"]]
    assert kinds == ["operator:row:trusted", "operator:row:removed"]
