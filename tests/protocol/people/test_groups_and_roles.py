"""Groups and roles: whom they are told to, by which name, and never those of Acrux itself."""

from typing import Any

import pytest

from tests.protocol.command import Acrux
from tests.protocol.endpoints import introspect
from tests.protocol.sign_ins import code, jose_payload, signed_in, tokens, userinfo
from tests.support.site import Application, Site

BOTH = {"scope": "openid groups roles"}


@pytest.fixture
def aroha(site: Site) -> Site:
    site.person("aroha", roles=frozenset({"admin", "auditor"}))
    command = Acrux(site.environ)
    roles = "admin,auditor,grafana:editor,payroll:clerk"
    command("user", "set", "aroha", "groups=nurses,Ward 7", f"roles={roles}")
    return site


def told(site: Site, app: Application, **request: Any) -> dict[str, Any]:
    answer = tokens(site, app, "aroha", **(BOTH | request))
    return dict(userinfo(site, answer["access_token"]).json)


@pytest.mark.slow
def test_groups_and_roles_come_with_their_scopes_and_with_no_other(aroha: Site) -> None:
    app = aroha.application()
    found = told(aroha, app)
    assert found["groups"] == ["Ward 7", "nurses"]
    assert found["roles"] == ["grafana:editor", "payroll:clerk"]
    assert told(aroha, app, scope="openid profile").keys().isdisjoint({"groups", "roles"})


def test_a_role_in_acrux_itself_is_told_to_no_application(aroha: Site) -> None:
    app = aroha.application(id_token_claims="scope", access_token_format="jwt")
    answer = tokens(aroha, app, "aroha", **BOTH)
    for found in (
        aroha.id_token(answer["id_token"]),
        jose_payload(answer["access_token"]),
        introspect(aroha, app, answer["access_token"]).json,
        userinfo(aroha, answer["access_token"]).json,
    ):
        assert found["roles"] == ["grafana:editor", "payroll:clerk"]


@pytest.mark.slow
def test_an_application_gets_what_begins_as_it_is_registered_by_the_names_it_reads(
    aroha: Site,
) -> None:
    app = aroha.application(
        id_token_claims="scope",
        roles_claim="realm_access.roles",
        roles_prefix="grafana:",
        groups_claim="https://example.org/groups",
        groups_prefix="Ward",
    )
    answer = tokens(aroha, app, "aroha", **BOTH)
    expected = {
        "realm_access": {"roles": ["grafana:editor"]},
        "https://example.org/groups": ["Ward 7"],
    }
    for found in (
        aroha.id_token(answer["id_token"]),
        userinfo(aroha, answer["access_token"]).json,
        introspect(aroha, app, answer["access_token"]).json,
    ):
        assert found.items() >= expected.items()
        assert found.keys().isdisjoint({"groups", "roles"})


def test_whoever_is_in_no_group_any_more_is_said_to_be_in_none(aroha: Site) -> None:
    """An application that hears nothing would leave things as they were."""
    app = aroha.application()
    Acrux(aroha.environ)("user", "set", "aroha", "groups=", "roles=")
    assert told(aroha, app).items() >= {"groups": [], "roles": []}.items()


def test_a_refresh_tells_the_groups_of_now(aroha: Site) -> None:
    app = aroha.application(id_token_claims="scope")
    answer = tokens(aroha, app, "aroha", scope="openid groups offline_access")
    Acrux(aroha.environ)("user", "set", "aroha", "groups=surgeons")
    renewed = aroha.refresh(app, answer["refresh_token"]).json
    assert aroha.id_token(renewed["id_token"])["groups"] == ["surgeons"]


def test_they_are_asked_for_one_by_one_as_any_claim_is(aroha: Site) -> None:
    app = aroha.application(groups_claim="memberships.teams")
    asked = '{"id_token":{"groups":null},"userinfo":{"roles":null}}'
    answer = tokens(aroha, app, "aroha", scope="openid", claims=asked)
    claims = aroha.id_token(answer["id_token"])
    assert claims["memberships"] == {"teams": ["Ward 7", "nurses"]}
    found = userinfo(aroha, answer["access_token"]).json
    assert found.keys() == {"sub", "roles"}


def test_nothing_is_told_that_the_person_was_not_asked_about(aroha: Site) -> None:
    app = aroha.application(first_party=False, id_token_claims="scope")
    browser = aroha.browser()
    browser.authorize(app, **BOTH)
    page = browser.sign_in("aroha")
    assert "See which groups you are in" in page.text
    assert "See which roles you have" in page.text
    answer = aroha.redeem(app, browser.submit("/consent", decision="allow").query["code"]).json
    assert aroha.id_token(answer["id_token"])["groups"] == ["Ward 7", "nurses"]


def test_an_application_registered_without_the_scope_is_told_nothing(aroha: Site) -> None:
    app = aroha.application(scope="openid profile", id_token_claims="scope")
    answer = tokens(aroha, app, "aroha", **BOTH)
    assert answer["scope"] == "openid"
    assert "groups" not in aroha.id_token(answer["id_token"])


def test_a_narrowed_refresh_says_no_more_than_it_asked_for(aroha: Site) -> None:
    app = aroha.application(id_token_claims="scope", access_token_format="jwt")
    answer = tokens(aroha, app, "aroha", scope="openid email groups offline_access")
    narrow = aroha.refresh(app, answer["refresh_token"], scope="openid email").json
    assert aroha.id_token(narrow["id_token"])["email"] == "aroha@example.org"
    for token in (narrow["id_token"], narrow["access_token"]):
        assert "groups" not in jose_payload(token)


LEAN = {"scope": "openid profile email"}


def test_id_tokens_are_lean_unless_the_application_is_registered_otherwise(aroha: Site) -> None:
    lean = aroha.application("lean")
    full = aroha.application("full", id_token_claims="scope")
    personal = {"name", "email", "preferred_username"}
    claims = aroha.id_token(tokens(aroha, lean, "aroha", **LEAN)["id_token"])
    assert claims.keys().isdisjoint(personal)
    answer = tokens(aroha, full, "aroha", **LEAN)
    claims = aroha.id_token(answer["id_token"])
    assert claims.items() >= {"name": "Aroha", "email": "aroha@example.org"}.items()
    found = userinfo(aroha, answer["access_token"]).json
    assert claims.items() >= found.items()


@pytest.mark.slow
def test_userinfo_says_how_strong_the_sign_in_was_to_those_registered_for_it(
    aroha: Site,
) -> None:
    """Applications that read userinfo alone can act on acr only so."""
    quiet = aroha.application("quiet")
    told_too = aroha.application("told", userinfo_sign_in=True)
    answer = tokens(aroha, told_too, "aroha", max_age="3600")
    claims = aroha.id_token(answer["id_token"])
    found = userinfo(aroha, answer["access_token"]).json
    for name in ("acr", "amr", "auth_time"):
        assert found[name] == claims[name]
    assert told(aroha, quiet).keys().isdisjoint({"acr", "amr", "auth_time"})


@pytest.mark.parametrize(
    ("pairs", "said"),
    [
        (["groups_claim=sub"], "sub is a claim of another meaning"),
        (["groups_claim=acr.groups"], "acr is a claim of another meaning"),
        (["roles_claim=a..b"], "cannot be the name of a claim"),
        (["roles_claim=a.b.c.d.e.f"], "cannot be the name of a claim"),
        (["roles_claim=groups"], "groups and roles need claims of their own"),
        (["groups_claim=m", "roles_claim=m.roles"], "groups and roles need claims of their own"),
        (["id_token_claims=all"], "id_token_claims must be one of lean, scope"),
    ],
)
def test_a_name_that_means_something_else_cannot_be_registered(
    acrux: Acrux, pairs: list[str], said: str
) -> None:
    acrux("client", "add", "Wiki", "--id", "wiki", "--redirect-uri", "https://wiki.example/cb")
    result = acrux.refused("client", "set", "wiki", *pairs)
    assert said in result


@pytest.mark.parametrize(
    "value", ["groups=" + "x" * 101, "roles=two words", "roles=a\tb", "roles=ä"]
)
def test_names_that_no_token_should_carry_are_refused(acrux: Acrux, value: str) -> None:
    acrux("user", "add", "aroha", "--email", "a@example.org")
    assert "is no " in acrux.refused("user", "set", "aroha", value)


def test_more_groups_than_a_token_can_carry_are_refused(acrux: Acrux) -> None:
    acrux("user", "add", "aroha", "--email", "a@example.org")
    many = ",".join(f"g{number}" for number in range(201))
    assert "200 groups at most" in acrux.refused("user", "set", "aroha", f"groups={many}")


def test_a_file_of_people_brings_groups_and_roles_but_nobody_into_power(
    acrux: Acrux, tmp_path: Any
) -> None:
    file = tmp_path / "people.csv"
    file.write_text("username,email,groups,roles\nrua,r@example.org,Ward 7;nurses,payroll:clerk\n")
    acrux("user", "import", str(file))
    shown = acrux.json("user", "show", "rua")
    assert (shown["groups"], shown["roles"]) == (["Ward 7", "nurses"], ["payroll:clerk"])
    file.write_text("username,email,roles\ntoru,t@example.org,admin\n")
    assert "admin is a role in Acrux itself" in acrux.refused("user", "import", str(file))


def test_the_event_of_a_change_says_which_groups_and_roles_there_are_now(aroha: Site) -> None:
    changed = Acrux(aroha.environ).events(kind="operator:person:changed")[-1]
    assert changed["data"]["after"]["groups"] == ["Ward 7", "nurses"]
    assert "payroll:clerk" in changed["data"]["after"]["roles"]


def test_a_session_goes_on_when_groups_change(aroha: Site) -> None:
    app = aroha.application()
    browser = signed_in(aroha, app, "aroha")
    Acrux(aroha.environ)("user", "set", "aroha", "groups=surgeons")
    assert browser.authorize(app, prompt="none").query["code"]
    assert code(aroha, app, "aroha")
