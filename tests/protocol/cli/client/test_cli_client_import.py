"""`acrux client import`: applications keep their id, their secret and their addresses."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.protocol.command import Acrux
from tests.support.site import Application, Site

SECRET = "jtJ6XqGz0Q4vS8fYx2mWnD5kLr7CbHuE"
BACK = "https://pay.example/oidc/callback"

REALM: dict[str, Any] = {
    "realm": "example",
    "clients": [
        {"clientId": "account", "name": "${client_account}", "publicClient": True},
        {
            "clientId": "payroll",
            "name": "Payroll",
            "rootUrl": "https://pay.example",
            "baseUrl": "https://pay.example/",
            "enabled": True,
            "clientAuthenticatorType": "client-secret",
            "secret": SECRET,
            "redirectUris": ["/oidc/callback", "https://pay.example/*"],
            "standardFlowEnabled": True,
            "directAccessGrantsEnabled": True,
            "serviceAccountsEnabled": True,
            "publicClient": False,
            "consentRequired": False,
            "protocol": "openid-connect",
            "attributes": {
                "post.logout.redirect.uris": "https://pay.example/##https://pay.example/bye",
                "backchannel.logout.url": "https://pay.example/out",
                "access.token.lifespan": "600",
            },
        },
        {
            "clientId": "phone-app",
            "redirectUris": ["org.example.app:/back"],
            "publicClient": True,
            "consentRequired": True,
            "protocol": "openid-connect",
            "attributes": {"pkce.code.challenge.method": "S256"},
        },
        {"clientId": "wiki", "redirectUris": ["https://wiki.example/*"], "secret": "short"},
        {"clientId": "old-crm", "protocol": "saml", "redirectUris": ["https://crm.example/acs"]},
        {"clientId": "gone", "enabled": False, "redirectUris": ["https://gone.example/cb"]},
    ],
}
TENANT = [
    {"name": "All Applications", "global": True, "client_id": "x"},
    {
        "name": "Shop",
        "client_id": "Q8mWnD5kLr7CbHuEjtJ6XqGz0Q4vS8fY",
        "client_secret": SECRET * 2,
        "app_type": "regular_web",
        "is_first_party": True,
        "callbacks": ["https://shop.example/callback"],
        "allowed_logout_urls": ["https://shop.example"],
        "grant_types": ["authorization_code", "refresh_token", "password"],
        "token_endpoint_auth_method": "client_secret_post",
        "jwt_configuration": {"alg": "RS256", "lifetime_in_seconds": 36000},
        "oidc_logout": {"backchannel_logout_urls": ["https://shop.example/out"]},
    },
]


def written(folder: Path, name: str, found: Any) -> str:
    file = folder / name
    file.write_text(found if isinstance(found, str) else json.dumps(found))
    return str(file)


def outcomes(said: dict[str, Any]) -> dict[str, str]:
    return {one["client_id"]: one["outcome"] for one in said["applications"]}


@pytest.mark.slow
def test_a_realm_of_keycloak_is_there_afterwards_and_the_applications_notice_nothing(
    site: Site,
) -> None:
    acrux, file = Acrux(site.environ), written(site.folder, "realm.json", REALM)
    line = acrux.refused("client", "import", "--from", "keycloak", file)
    assert line == "nothing was imported: wiki: a client needs at least one redirect URI"
    words = ("client", "import", "--from", "keycloak", file)
    more = ("--redirect-uri", "wiki=https://wiki.example/cb")
    tried = acrux.json(*words, *more, "--dry-run")
    assert outcomes(tried) == {
        "payroll": "added",
        "phone-app": "added",
        "wiki": "added",
        "old-crm": "left out",
        "gone": "left out",
    }
    assert "payroll" not in {one["client_id"] for one in acrux.json("client", "list")}
    done = acrux.json(*words, *more)
    assert outcomes(done) == outcomes(tried)
    by_id = {one["client_id"]: one for one in done["applications"]}
    assert "client_secret" not in by_id["payroll"]
    assert SECRET not in json.dumps(done)
    assert len(by_id["wiki"]["client_secret"]) > 32, "its own was too short: it gets another one"
    assert any("wildcard" not in note and "/*" in note for note in by_id["payroll"]["notes"])

    payroll = acrux.json("client", "show", "payroll")
    assert payroll["redirect_uris"] == [BACK]
    assert payroll["post_logout_redirect_uris"] == [
        "https://pay.example/",
        "https://pay.example/bye",
    ]
    assert payroll["backchannel_logout_uri"] == "https://pay.example/out"
    assert payroll["access_token_lifetime"] == 600
    assert payroll["first_party"] is True
    assert payroll["roles_claim"] == "realm_access.roles"
    phone = acrux.json("client", "show", "phone-app")
    assert (phone["token_endpoint_auth_method"], phone["first_party"]) == ("none", False)

    site.person("aroha")
    known = Application("payroll", SECRET, BACK)
    browser = site.browser()
    browser.authorize(known, code_challenge=None, code_challenge_method=None)
    code = browser.sign_in("aroha").query["code"]
    assert "access_token" in site.redeem(known, code, code_verifier=None).json
    assert outcomes(acrux.json(*words, *more))["payroll"] == "unchanged"


def test_a_tenant_of_auth0_comes_along(small_acrux: Acrux, tmp_path: Path) -> None:
    file = written(tmp_path, "apps.json", TENANT)
    said = small_acrux.json("client", "import", "--from", "auth0", file)
    [one] = said["applications"]
    assert one["outcome"] == "added"
    assert "client_secret" not in one
    shop = small_acrux.json("client", "show", one["client_id"])
    assert shop["redirect_uris"] == ["https://shop.example/callback"]
    assert shop["token_endpoint_auth_method"] == "client_secret_post"
    assert shop["id_token_lifetime"] == 36000
    assert shop["backchannel_logout_uri"] == "https://shop.example/out"
    assert any("passwords" in note for note in one["notes"])


def test_a_short_secret_of_a_file_of_our_own_is_replaced_as_well(
    small_acrux: Acrux, tmp_path: Path
) -> None:
    one = {"client_id": "mine", "name": "Mine", "redirect_uris": [BACK], "client_secret": "hunter2"}
    said = small_acrux.json("client", "import", written(tmp_path, "own.json", [one]))
    [made] = said["applications"]
    assert len(made["client_secret"]) > 32
    assert any("shorter than" in note for note in made["notes"])


def test_what_is_here_and_differs_stays_as_it_is(small_acrux: Acrux, tmp_path: Path) -> None:
    small_acrux("client", "add", "Mine", "--redirect-uri", BACK, "--id", "mine")
    same = {"client_id": "mine", "name": "Mine", "redirect_uris": [BACK]}
    file = written(tmp_path, "own.jsonl", json.dumps(same) + "\n")
    assert small_acrux.json("client", "import", file)["counts"] == {"unchanged": 1}
    other = same | {"redirect_uris": ["https://evil.example/cb"]}
    file = written(tmp_path, "own.json", [other])
    line = small_acrux.refused("client", "import", file)
    assert "mine: is there already and differs in redirect_uris" in line
    assert small_acrux.json("client", "import", "--skip-bad", file)["counts"] == {"wrong": 1}
    assert small_acrux.json("client", "show", "mine")["redirect_uris"] == [BACK]


@pytest.mark.slow
def test_a_file_that_is_none_is_said_in_one_line(small_acrux: Acrux, tmp_path: Path) -> None:
    for name, text in [
        ("a.json", "{"),
        ("b.json", "[]"),
        ("c.json", "[1]"),
        ("d.jsonl", "{}\n{"),
        ("e.json", "[" * 100_000),
    ]:
        line = small_acrux.refused("client", "import", written(tmp_path, name, text))
        assert name in line
        assert len(line) < 200
    for product in ("keycloak", "auth0"):
        line = small_acrux.refused(
            "client", "import", "--from", product, written(tmp_path, "f.json", {"a": 1})
        )
        assert "f.json: it is no" in line
    missing = small_acrux.refused("client", "import", str(tmp_path / "nowhere.json"))
    assert "cannot be read" in missing


def test_members_of_another_shape_are_wrong_and_stop_nothing_else(
    small_acrux: Acrux, tmp_path: Path
) -> None:
    rows = [
        {"client_id": "good", "name": "Good", "redirect_uris": [BACK]},
        {"client_id": "bad", "name": "Bad", "redirect_uris": BACK},
        {"client_id": "a b", "name": "Bad", "redirect_uris": [BACK]},
        {"client_id": "good", "name": "Twice", "redirect_uris": [BACK]},
        {"client_id": "deep", "name": "Deep", "redirect_uris": [[BACK]], "jwks": [1]},
        {"name": "nameless"},
    ]
    said = small_acrux.json("client", "import", "--skip-bad", written(tmp_path, "rows.json", rows))
    assert [one["outcome"] for one in said["applications"]] == ["added", *["wrong"] * 5]
    assert [one["client_id"] for one in small_acrux.json("client", "list")].count("good") == 1
