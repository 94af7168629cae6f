"""What opens the API: tokens of our own for it alone, and sign-ins that are strong and new."""

import pytest

from idp.api.v1.bearer import FRESH
from tests.protocol.api.programs import Program, administrator, own_token, robot
from tests.protocol.command import Acrux
from tests.protocol.sign_ins import jose_payload, tokens
from tests.support.site import MFA, ONE, Site


@pytest.mark.slow
def test_without_a_token_nothing_is_told_but_the_description(small_site: Site) -> None:
    nobody = Program(small_site, None)
    reply = nobody("GET", "/people")
    assert (reply.status, reply.code) == (401, "no-token")
    assert reply.headers["WWW-Authenticate"] == 'Bearer realm="acrux"'
    assert reply.headers["Content-Type"] == "application/problem+json"
    for token in ("nonsense", "a.b.c", "x" * 9000):
        reply = Program(small_site, token)("GET", "/people")
        assert (reply.status, reply.code) == (401, "invalid-token")
    assert nobody("GET", "/openapi.json").status == 200
    assert nobody("GET", "/people?access_token=x").status == 401


def test_a_scope_is_had_only_by_whom_an_operator_gave_it(small_site: Site) -> None:
    """Also where it stands among the scopes that a client may ask for."""
    app = small_site.application(
        "app", grant_types=["client_credentials"], scope="acrux:people:read app:run"
    )
    assert own_token(small_site, app)
    form = {"grant_type": "client_credentials", "scope": "acrux:people:read"}
    refused = small_site.client().send("POST", "/token", form, app.authentication())
    assert refused.json["error"] == "invalid_scope"
    small_site.person("tane")
    found = tokens(small_site, small_site.application("web"), scope="openid acrux:people:read")
    assert "acrux" not in found["scope"]
    reply = Program(small_site, found["access_token"])("GET", "/people")
    assert (reply.status, reply.code) == (401, "invalid-token")


def test_a_scope_that_was_taken_away_and_a_client_that_rests_open_nothing(small_site: Site) -> None:
    app = robot(small_site, "acrux:people:read", "acrux:keys:read")
    caller, acrux = Program(small_site, own_token(small_site, app)), Acrux(small_site.environ)
    assert caller("GET", "/people").status == 200
    acrux("client", "set", "robot", "api_scopes=acrux:keys:read")
    assert (caller("GET", "/people").status, caller("GET", "/keys").status) == (403, 200)
    acrux("client", "set", "robot", "switched_off=yes")
    assert caller("GET", "/keys").status == 401
    acrux("client", "set", "robot", "switched_off=")
    small_site.advance(601)
    assert caller("GET", "/keys").status == 401


@pytest.mark.slow
def test_a_token_for_the_api_is_for_no_other(small_site: Site) -> None:
    app = robot(small_site, "acrux:people:read")
    Acrux(small_site.environ)(
        *("client", "set", "robot", "access_token_format=jwt", "audience=https://api.a.nz"),
        "scope=robot:run",
    )
    aud = f"{small_site.issuer}/api/v1"
    token = own_token(small_site, app, "acrux:people:read")
    assert jose_payload(token)["aud"] == aud
    assert Program(small_site, token)("GET", "/people").status == 200
    assert jose_payload(own_token(small_site, app, "robot:run"))["aud"] == "https://api.a.nz"
    said = small_site.client().send("POST", "/introspect", {"token": token}, app.authentication())
    assert said.json["aud"] == aud


def test_a_person_signs_in_as_strongly_as_the_console_asks(small_site: Site) -> None:
    app = robot(small_site)
    small_site.person("hana", roles=frozenset({"owner"}))
    found = tokens(small_site, app, "hana", scope="openid acrux:people:read")
    assert small_site.id_token(found["id_token"])["acr"] == ONE
    reply = Program(small_site, found["access_token"])("GET", "/people")
    assert (reply.status, reply.code) == (401, "insufficient-user-authentication")
    assert f'acr_values="{MFA}"' in reply.headers["WWW-Authenticate"]


def test_a_change_needs_a_sign_in_of_the_last_minutes(small_site: Site) -> None:
    hana = administrator(small_site, robot(small_site), "owner")
    assert hana("POST", "/keys", {"alg": "EdDSA"}).status == 201
    small_site.advance(FRESH + 1)
    reply = hana("POST", "/keys", {"alg": "EdDSA", "now": True})
    assert (reply.status, reply.code) == (401, "insufficient-user-authentication")
    assert f'max_age="{FRESH}"' in reply.headers["WWW-Authenticate"]
    assert hana("GET", "/keys").status == 200


@pytest.mark.slow
@pytest.mark.parametrize("change", ["roles=", "disable"])
def test_a_person_who_may_no_more_does_no_more(small_site: Site, change: str) -> None:
    hana, acrux = administrator(small_site, robot(small_site), "admin"), Acrux(small_site.environ)
    assert hana("GET", "/people").status == 200
    words = ("user", "disable", "hana") if change == "disable" else ("user", "set", "hana", change)
    acrux(*words)
    assert hana("GET", "/people").status == (401 if change == "disable" else 403)
