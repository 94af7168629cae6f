"""A token is explained to whoever may know: its own application, and whoever runs the provider."""

from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlencode

import pytest

from idp.evidence.canonical import canonical
from idp.store.db.statements import Statement
from tests.protocol.command import Acrux
from tests.protocol.endpoints import own_token, robot
from tests.protocol.ledger.auditing import verifier
from tests.protocol.sign_ins import assert_token_error, tokens
from tests.support.site import MFA, ONE, Answer, Application, Site

__all__ = ["verifier"]


def explain(site: Site, app: Application, token: str) -> Answer:
    form = {"token": token}
    return site.client().send("POST", "/api/v1/explain", form, app.authentication())


def strong(site: Site, app: Application, **changes: Any) -> dict[str, Any]:
    """Return the tokens of a sign-in in which an app was set up."""
    browser = site.browser()
    browser.authorize(app, **changes)
    browser.sign_in("tane")
    answer = browser.enrol_totp()
    found: dict[str, Any] = site.redeem(app, answer.query["code"]).json
    return found


@pytest.mark.slow
def test_an_application_is_told_why_its_tokens_say_what_they_say(site: Site) -> None:
    site.person("tane")
    app = site.application(min_acr=ONE)
    given = strong(site, app, claims=app.essential(MFA))
    said = site.id_token(given["id_token"])
    for token in (given["id_token"], given["access_token"], said["jti"]):
        found = explain(site, app, token)
        assert found.status == 200, found.text
        assert found.headers["Cache-Control"] == "no-store"
        told = found.json
        for name in ("acr", "amr", "auth_time", "jti", "sid"):
            assert told[name] == said[name]
        assert told["follows"] is True
        assert told["requested"] == {"essential": [MFA]}
        assert told["demanded"]["client"] == ONE
        assert [one["method"] for one in told["proofs"]] == ["password", "totp"]
        assert [one["enrolled_here"] for one in told["proofs"]] == [False, True]


@pytest.mark.slow
def test_it_names_the_address_that_asks_for_more_and_that_one_gets_it(site: Site) -> None:
    site.person("tane")
    app = site.application()
    higher = explain(site, app, tokens(site, app)["id_token"]).json["higher"]
    wanted = next(one for one in higher if one["acr"] == MFA)
    assert wanted["more_factors"] == 1
    assert ["totp"] in wanted["ways"]
    browser = site.browser()
    mine = app.request()
    own = {name: mine[name] for name in mine if name.startswith("code_challenge")}
    browser.open(f"{wanted['ask'].removeprefix(site.issuer)}&{urlencode(own)}")
    browser.sign_in("tane")
    answer = browser.enrol_totp()
    assert site.claims(app, answer)["acr"] == MFA


def test_a_signed_access_token_and_one_of_the_application_itself_are_explained(site: Site) -> None:
    site.person("tane")
    app = site.application(access_token_format="jwt")
    given = tokens(site, app)
    assert explain(site, app, given["access_token"]).json["acr"] == ONE
    own = robot(site)
    told = explain(site, own, own_token(site, own).json["access_token"]).json
    assert told["grant"] == "client_credentials"
    assert "acr" not in told


def test_nobody_learns_anything_of_the_tokens_of_others(site: Site) -> None:
    site.person("tane")
    app, other = site.application(), site.application("other")
    given = tokens(site, app)
    unknown = explain(site, other, "A" * 22)
    assert unknown.status == 404
    assert unknown.headers["Content-Type"] == "application/problem+json"
    for token in (*given.values(), site.id_token(given["id_token"])["jti"]):
        if isinstance(token, str) and len(token) > 20:
            found = explain(site, other, token)
            assert (found.status, found.text) == (404, unknown.text)
    wrong = Application("app", "wrong", app.redirect_uri)
    assert_token_error(explain(site, wrong, given["id_token"]), "invalid_client", 401)


def test_garbage_is_no_token(site: Site) -> None:
    app = site.application()
    for text in ("x", "..", "a.b.c", "é", "\x00", "e30.W10.x", "e30.eyJqdGkiOjF9.x", "[" * 4000):
        assert explain(site, app, text).status in (400, 404), text


@pytest.mark.slow
def test_the_operator_reads_it_in_words_and_finds_a_leaf_that_was_raised(site: Site) -> None:
    site.person("tane")
    app = site.application()
    given = tokens(site, app)
    jti = site.id_token(given["id_token"])["jti"]
    acrux = Acrux(site.environ)
    told = acrux("ledger", "explain", "-", stdin=given["access_token"])
    assert "tane" in told
    assert "password (knowledge)" in told
    assert f"{MFA}: with " in told
    found = acrux.json("ledger", "explain", jti)
    assert (found["leaf"]["acr"], found["follows"], found["person"]) == (ONE, True, "tane")
    with site.work() as work:
        # As whole a lie as can be told: what the leaf says follows from its own proofs.
        one = found["leaf"]["basis"]["proofs"][0]
        lie = one | {"method": "totp", "amr": ["otp"], "factors": ["possession"]}
        basis = found["leaf"]["basis"] | {"proofs": [one, lie]}
        more = {"acr": MFA, "amr": ["pwd", "otp", "mfa"], "basis": basis}
        raised = canonical(found["leaf"] | more).decode()
        before = work.value(Statement("SELECT body FROM ledger_leaf WHERE jti = :jti"), jti=jti)
        change = Statement("UPDATE ledger_leaf SET body = :body WHERE jti = :jti")
        work.run(change, body=raised, jti=jti)
    assert "was altered" in acrux.refused("ledger", "explain", jti)
    answer = explain(site, app, given["id_token"])
    assert (answer.status, answer.json["title"]) == (409, "Evidence altered")
    (alarm,) = site.events(kind="installation:row:refused")
    assert jti in str(alarm.reason)
    with site.work() as work:
        work.run(change, body=before, jti=jti)
    for said in ("nothing", "-h8Ewq", "--json-is-none"):
        assert "issued here" in acrux.refused("ledger", "explain", said)


def test_an_application_gets_the_proof_of_its_own_token_and_of_no_other(
    site: Site, verifier: ModuleType, tmp_path: Path
) -> None:
    site.person("tane")
    app, other = site.application("payroll"), site.application("wiki")
    token = tokens(site, app, "tane")["id_token"]

    def asked(whose: Application) -> Answer:
        form = {"token": token}
        return site.client().send("POST", "/api/v1/proof", form, whose.authentication())

    waiting = asked(app)
    assert waiting.status == 409
    assert int(waiting.headers["Retry-After"]) > 0
    assert asked(other).status == 404, "not even that it waits to be sealed"
    site.installation.sealer.seal()
    assert asked(other).status == 404
    said = asked(app).json
    file = tmp_path / "proof.json"
    file.write_bytes(canonical(said["proof"]))
    found = verifier.verdict([str(file)], said["keys"], []).said
    assert found["verdict"] == "ok"
    assert found["token"] == site.id_token(token)["jti"]
    wrong = site.client().send("POST", "/api/v1/proof", {"token": token})
    assert wrong.status == 401
