"""`acrux client`: what is registered is what the protocol obeys; a secret is shown once."""

import json

import pytest

from tests.protocol.command import Acrux
from tests.protocol.sign_ins import code, signed_in
from tests.support.applications.application import OWNED_URI
from tests.support.site import MFA, REDIRECT_URI, Application, Site

ADD = ("client", "add", "Payroll", "--redirect-uri", REDIRECT_URI)


@pytest.mark.slow
def test_a_new_client_signs_people_in_with_the_printed_secret(site: Site) -> None:
    acrux = Acrux(site.environ)
    site.person("tane")
    made = acrux.json(*ADD, "--first-party", "--post-logout-uri", "https://pay.example/out")
    assert set(made) == {"client_id", "client_secret", "name"}
    app = Application(made["client_id"], made["client_secret"])
    assert site.redeem(app, code(site, app)).status == 200
    shown = acrux.json("client", "show", made["client_id"])
    assert shown["redirect_uris"] == [REDIRECT_URI]
    assert shown["post_logout_redirect_uris"] == ["https://pay.example/out"]
    assert shown["first_party"] is True
    for words in (("client", "list"), ("client", "show", app.client_id), ("audit", "export")):
        assert made["client_secret"] not in acrux(*words)
    event = acrux.events(kind="operator:client:added")[0]
    assert event["client"] == app.client_id


@pytest.mark.slow
def test_new_clients_are_signed_for_as_the_setting_says_unless_told_otherwise(
    small_site: Site,
) -> None:
    """A product's libraries are known: what --like registers is what they read."""
    acrux = Acrux({**small_site.environ, "ACRUX_OIDC__NEW_CLIENTS_ALG": "ES256"})
    alg = "id_token_signed_response_alg"
    like = ("client", "add", "Proxy", "--like", "oauth2-proxy", "--at", "https://proxy.example.org")
    for words, chosen in (
        (ADD, "ES256"),
        ((*ADD, "--set", f"{alg}=RS256"), "RS256"),
        (like, "RS256"),
    ):
        made = acrux.json(*words)
        assert acrux.json("client", "show", made["client_id"])[alg] == chosen


def test_a_rotated_secret_replaces_the_old_one(small_site: Site) -> None:
    acrux = Acrux(small_site.environ)
    small_site.person("tane")
    old = acrux.json(*ADD, "--first-party", "--id", "payroll")["client_secret"]
    new = acrux.json("client", "rotate-secret", "payroll")["client_secret"]
    app = Application("payroll", old)
    issued = code(small_site, app)
    assert small_site.redeem(app, issued).status == 401
    app.secret = new
    assert small_site.redeem(app, code(small_site, app)).status == 200
    assert len(acrux.events(kind="operator:client-secret:rotated")) == 1


def test_a_public_client_has_no_secret(small_acrux: Acrux) -> None:
    made = small_acrux.json(*ADD, "--public", "--id", "app")
    assert "client_secret" not in made
    assert small_acrux.json("client", "show", "app")["token_endpoint_auth_method"] == "none"
    assert "has no secret" in small_acrux.refused("client", "rotate-secret", "app")
    assert "no secret and must use PKCE" in small_acrux(*ADD, "--public")


@pytest.mark.slow
def test_a_deleted_client_and_its_tokens_are_gone(site: Site) -> None:
    acrux = Acrux(site.environ)
    site.person("tane")
    made = acrux.json(*ADD, "--first-party")
    app = Application(made["client_id"], made["client_secret"])
    token = site.redeem(app, code(site, app)).json["access_token"]
    assert acrux("client", "delete", app.client_id) == f"Deleted {app.client_id} (Payroll).\n"
    header = {"Authorization": f"Bearer {token}"}
    assert site.client().send("GET", "/userinfo", headers=header).status == 401
    assert "there is no client" in acrux.refused("client", "show", app.client_id)
    assert acrux.events(kind="operator:client:deleted")[0]["client"] == app.client_id


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--redirect-uri", "http://pay.example/cb"), "must be https"),
        (("--redirect-uri", "https://pay.example/cb#x"), "fragment"),
        (("--redirect-uri", "javascript:alert(1)"), "must be https"),
        (("--redirect-uri", "https://pay.example/cb?code=x"), "which answers bring"),
        (("--post-logout-uri", "https://pay.example/out?state=x"), "which answers bring"),
        (("--min-acr", "urn:no:level"), "is no level"),
        (("--public", "--pkce", "optional"), "always needs PKCE"),
        (("--set", "application_type=native", "--pkce", "optional"), "always needs PKCE"),
        (("--id", "a b"), "is no client_id"),
        (("--id", "taken"), "taken is taken already"),
    ],
)
def test_what_cannot_be_registered_is_one_line(
    small_acrux: Acrux, words: tuple[str, ...], says: str
) -> None:
    small_acrux(*ADD, "--id", "taken")
    assert says in small_acrux.refused(*ADD, *words)
    assert [client["client_id"] for client in small_acrux.json("client", "list")] == ["taken"]


@pytest.mark.parametrize("subject_type", ["public", "pairwise"])
def test_a_client_is_never_called_like_a_person(site: Site, subject_type: str) -> None:
    """`sub` of a token that a client got for itself is its id."""
    site.person("tane")
    app = site.application("other", subject_type=subject_type)
    sub = site.claims(app, signed_in(site, app).at)["sub"]
    acrux = Acrux(site.environ)
    assert "as a person's sub" in acrux.refused(*ADD, "--id", sub)
    acrux(*ADD, "--id", sub[:-1])


def test_a_name_is_needed_and_contradictions_are_wrong_usage(small_acrux: Acrux) -> None:
    line = small_acrux.refused("client", "add", " ", "--redirect-uri", REDIRECT_URI)
    assert "1 to 200 printable characters" in line
    words = (*ADD, "--public", "--auth-method", "client_secret_post")
    assert small_acrux.run(*words).exit_code == 2


@pytest.mark.slow
def test_members_are_set_by_their_types(small_acrux: Acrux) -> None:
    small_acrux(*ADD, "--id", "payroll")
    changed = small_acrux.json(
        *("client", "set", "payroll", "name=Pay Roll", f"min_acr={MFA}", "default_max_age=300"),
        *("require_auth_time=true", f"default_acr_values={MFA},urn:acrux:acr:1fa"),
        *("redirect_uris=https://a.example/1", "redirect_uris=https://a.example/2"),
    )
    assert changed["name"] == "Pay Roll"
    assert changed["min_acr"] == MFA
    assert changed["default_max_age"] == 300
    assert changed["require_auth_time"] is True
    assert changed["default_acr_values"] == [MFA, "urn:acrux:acr:1fa"]
    assert changed["redirect_uris"] == ["https://a.example/1", "https://a.example/2"]
    shown = small_acrux.json("client", "show", "payroll")
    assert shown == changed | {"refused_uris": []}
    small_acrux("client", "set", "payroll", "min_acr=", "default_max_age=")
    shown = small_acrux.json("client", "show", "payroll")
    assert shown["min_acr"] is None
    assert shown["default_max_age"] is None
    assert shown["require_auth_time"] is True
    assert len(small_acrux.events(kind="operator:client:changed")) == 2


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("min_acr", "is not KEY=VALUE"),
        ("secret=x", "'secret' is no member"),
        ("default_max_age=soon", "must be a whole number"),
        ("first_party=perhaps", "must be true or false"),
        ("redirect_uris=", "at least one redirect URI"),
        ("redirect_uris=http://a.example/", "must be https"),
        ("pkce=sometimes", "must be one of"),
        ("name=", "1 to 200 printable characters"),
    ],
)
def test_a_wrong_change_changes_nothing(small_acrux: Acrux, change: str, says: str) -> None:
    small_acrux(*ADD, "--id", "payroll")
    before = small_acrux.json("client", "show", "payroll")
    assert says in small_acrux.refused("client", "set", "payroll", "tos_uri=https://x.nz/", change)
    assert small_acrux.json("client", "show", "payroll") == before


def test_a_client_that_becomes_confidential_gets_a_secret_and_loses_it_again(
    small_site: Site,
) -> None:
    acrux = Acrux(small_site.environ)
    small_site.person("tane")
    uri = ("--redirect-uri", OWNED_URI)
    acrux("client", "add", "Payroll", *uri, "--public", "--first-party", "--id", "app")
    set_ = ("client", "set", "app")
    made = acrux.json(*set_, "token_endpoint_auth_method=client_secret_basic")
    app = Application("app", made["client_secret"], OWNED_URI)
    assert small_site.redeem(app, code(small_site, app)).status == 200
    assert "client_secret" not in acrux.json(*set_, "token_endpoint_auth_method=none")
    app.secret = None
    assert small_site.redeem(app, code(small_site, app)).status == 200


def test_the_list_says_what_matters(small_acrux: Acrux) -> None:
    assert small_acrux("client", "list").startswith("There is no application yet")
    small_acrux(*ADD, "--id", "payroll", "--min-acr", MFA, "--acr-mode", "required")
    line = small_acrux("client", "list").splitlines()[1].split()
    assert line == ["payroll", "Payroll", "client_secret_basic", MFA, "required", REDIRECT_URI]
    assert json.loads(small_acrux("client", "list", "--json"))[0]["acr_values_mode"] == "required"
