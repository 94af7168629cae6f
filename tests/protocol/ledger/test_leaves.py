"""Each answer with tokens has one leaf, which says what was asked, what was proved, and why."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from idp import crypto
from idp.evidence.canonical import canonical
from idp.evidence.leaf import ACCESS, reference_of
from idp.store import people
from idp.store.db.statements import Statement
from tests.protocol.endpoints import own_token, robot
from tests.protocol.oidc.tokens.test_front_channel_tokens import legacy, sign_in
from tests.protocol.sign_ins import code, jose_payload, tokens
from tests.support.ledgers import evidence
from tests.support.site import MFA, ONE, Application, Site

OFFLINE = {"scope": "openid email offline_access"}
_EVENT = (
    "at, kind, outcome, person_id, client_id, interaction_id, sid, requested, acr, amr, auth_time,"
    " source, reason, data, request_id, salt"
)
_BODIES = Statement("SELECT body FROM ledger_leaf ORDER BY id")


def leaves(site: Site, kind: str = "token") -> list[dict[str, Any]]:
    with site.work() as work:
        return evidence.leaves(work, kind)


def newest(site: Site) -> dict[str, Any]:
    return leaves(site)[-1]


def texts(site: Site) -> list[str]:
    with site.work() as work:
        return [body for (body,) in work.all(_BODIES)]


def strong_code(site: Site, app: Application, secret: str, **changes: Any) -> str:
    browser = site.browser()
    browser.authorize(app, **changes)
    browser.sign_in("tane")
    return browser.totp(secret).query["code"]


def test_a_sign_in_with_an_app_is_recorded_with_what_was_proved(site: Site) -> None:
    secret = site.secret()
    person = site.person("tane", totp=secret)
    app = site.application(min_acr=ONE)
    answer = site.redeem(app, strong_code(site, app, secret, acr_values=MFA, max_age="600")).json
    said, leaf = site.id_token(answer["id_token"]), newest(site)
    assert leaf["jti"] == said["jti"] == reference_of(answer["access_token"])
    for name in ("iss", "acr", "amr", "auth_time", "sid"):
        assert leaf[name] == said[name]
    assert (leaf["client"], leaf["grant"], leaf["kind"], leaf["v"]) == (
        "app",
        "authorization_code",
        "token",
        1,
    )
    assert leaf["tokens"] == ["access_token", "id_token"]
    basis = leaf["basis"]
    assert basis["requested"] == {"acr_values": [MFA], "max_age": 600}
    assert basis["floor"]["client"] == ONE
    password, app_code = basis["proofs"]
    assert (password["method"], app_code["method"]) == ("password", "totp")
    assert said["auth_time"] == password["at"] <= app_code["at"]
    assert password["credential"] != app_code["credential"]
    assert "enrolled_here" not in app_code
    assert person not in json.dumps(leaf)


@pytest.mark.slow
def test_a_factor_set_up_in_the_same_sign_in_is_marked_so(site: Site) -> None:
    site.person("tane")
    app = site.application()
    browser = site.browser()
    browser.authorize(app, claims=app.essential(MFA))
    browser.sign_in("tane")
    site.claims(app, browser.enrol_totp())
    basis = newest(site)["basis"]
    assert basis["requested"] == {"essential": [MFA]}
    assert [one.get("enrolled_here", False) for one in basis["proofs"]] == [False, True]


def test_every_way_to_a_token_leaves_exactly_one_leaf(site: Site) -> None:
    site.person("tane")
    app = site.application(grant_types=["authorization_code", "refresh_token"])
    first = site.redeem(app, code(site, app, **OFFLINE)).json
    second = site.refresh(app, first["refresh_token"]).json
    site.refresh(app, second["refresh_token"])
    own_token(site, robot(site))
    found = leaves(site)
    assert [leaf["grant"] for leaf in found] == [
        "authorization_code",
        "refresh_token",
        "refresh_token",
        "client_credentials",
    ]
    assert found[0]["tokens"] == ["access_token", "id_token", "refresh_token"]
    assert len({leaf["jti"] for leaf in found}) == 4
    assert found[0]["basis"] == found[1]["basis"] == found[2]["basis"]
    assert "acr" not in found[3]
    assert "basis" not in found[3]


def test_tokens_of_the_browser_have_a_leaf_of_their_own(tmp_path: Path, database_url: str) -> None:
    site = Site(tmp_path, database_url, oidc__legacy_response_types="true")
    site.person("tane")
    app = legacy(site)
    fields = sign_in(site, app, "code id_token token").fragment
    site.redeem(app, fields["code"])
    front, back = leaves(site)
    assert (front["grant"], back["grant"]) == ("front_channel", "authorization_code")
    assert front["jti"] == site.id_token(fields["id_token"])["jti"]
    assert front["basis"] == back["basis"]
    alone = sign_in(site, app, "id_token").fragment
    assert newest(site)["tokens"] == ["id_token"]
    assert newest(site)["jti"] == site.id_token(alone["id_token"])["jti"]
    site.close()


def test_a_signed_access_token_names_its_leaf(site: Site) -> None:
    site.person("tane")
    answer = tokens(site, site.application(access_token_format="jwt"))
    said, leaf = jose_payload(answer["access_token"]), newest(site)
    assert said["jti"] == leaf["jti"] + ACCESS
    assert site.id_token(answer["id_token"])["jti"] == leaf["jti"]


def test_a_code_that_is_used_twice_has_one_leaf(site: Site) -> None:
    site.person("tane")
    app = site.application()
    value = code(site, app)
    assert site.redeem(app, value).status == 200
    assert site.redeem(app, value).status == 400
    assert len(leaves(site)) == 1


def test_a_leaf_is_canonical_and_says_nothing_of_the_person(site: Site) -> None:
    person = site.person("tane")
    app = site.application(client_id="payroll")
    tokens(site, app)
    for text in texts(site):
        assert text.encode() == canonical(json.loads(text))
        assert "tane" not in text
        assert person not in text


@pytest.mark.slow
def test_one_person_has_one_name_in_all_leaves_and_nobody_else_has_it(site: Site) -> None:
    site.person("tane")
    site.person("aroha")
    app = site.application()
    for name in ("tane", "aroha", "tane"):
        tokens(site, app, name)
    first, second, third = (leaf["basis"]["sub"] for leaf in leaves(site))
    assert first == third != second


def test_someone_who_was_deleted_leaves_leaves_that_name_no_one(site: Site) -> None:
    person = site.person("tane")
    tokens(site, site.application())
    (leaf,) = leaves(site)
    with site.work() as work:
        people.lock_for_good(work, person)
        people.delete(work, person)
    with site.work() as work:
        assert work.value(Statement("SELECT count(*) FROM pseudonym")) == 0
    assert leaves(site) == [leaf]


def test_the_rules_that_decided_stand_in_the_ledger_once(site: Site) -> None:
    site.person("tane")
    app = site.application()
    tokens(site, app)
    tokens(site, app)
    site.stage("type:nurse", MFA, 86400)
    tokens(site, app)
    before, after = leaves(site, "policy")
    named = [leaf["basis"]["policy"] for leaf in leaves(site)]
    assert named == [before["jti"], before["jti"], after["jti"]]
    for leaf in (before, after):
        digest = hashlib.sha256(canonical(leaf["rules"])).digest()
        assert crypto.base64url(digest) == leaf["jti"]
    assert [stage["level"] for stage in after["rules"]["stages"]] == [MFA]


@pytest.mark.slow
def test_a_change_that_decides_has_a_leaf_whose_digest_the_event_explains(site: Site) -> None:
    person = site.person("tane")
    app = site.application()
    browser = site.browser()
    browser.authorize(app, claims=app.essential(MFA))
    browser.sign_in("tane")
    site.claims(app, browser.enrol_totp())
    (event,) = site.events(kind="person:factor:added")
    leaf = next(one for one in leaves(site, "change") if one["what"] == "person:factor:added")
    with site.work() as work:
        (row,) = work.all(Statement(f"SELECT {_EVENT} FROM event WHERE id = :id"), id=event.id)
    values = dict(zip(_EVENT.split(", "), row, strict=True))
    assert leaf["event"] == crypto.base64url(hashlib.sha256(canonical(values)).digest())
    assert leaf["who"] == newest(site)["basis"]["sub"]
    assert event.person_id == person


def test_without_a_leaf_there_is_no_token_and_the_code_stays_good(site: Site) -> None:
    site.person("tane")
    app = site.application()
    value = code(site, app)
    with site.work() as work:
        work.run(Statement("ALTER TABLE ledger_leaf RENAME TO ledger_away"))
    answer = site.redeem(app, value)
    assert answer.status in (500, 503)
    assert "access_token" not in answer.text
    with site.work() as work:
        work.run(Statement("ALTER TABLE ledger_away RENAME TO ledger_leaf"))
    assert site.redeem(app, value).status == 200
