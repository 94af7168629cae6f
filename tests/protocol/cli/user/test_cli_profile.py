"""`acrux user set`: what applications are told of a person, checked before it is stored."""

from typing import Any

import pytest

from tests.protocol.command import Acrux
from tests.protocol.sign_ins import tokens, userinfo
from tests.support.site import Site

WORDS = {
    "name": "Aroha Ngata",
    "given_name": "Aroha",
    "family_name": "Ngata",
    "middle_name": "Mereana",
    "nickname": "Ro",
    "profile": "https://example.org/aroha",
    "picture": "https://example.org/aroha.png",
    "website": "https://aroha.example.org/?a=b",
    "gender": "female",
    "birthdate": "1984-02-29",
    "zoneinfo": "Pacific/Auckland",
    "locale": "mi-NZ",
}
ADDRESS = {
    "formatted": "1 Queen Street\nAuckland",
    "street_address": "1 Queen Street",
    "locality": "Auckland",
    "region": "Tāmaki Makaurau",
    "postal_code": "1010",
    "country": "New Zealand",
}

BARE = {"name": "Aroha", "type": "user"}


@pytest.fixture
def aroha(small_acrux: Acrux) -> Acrux:
    small_acrux("user", "add", "aroha", "--email", "a@example.org", "--name", "Aroha")
    return small_acrux


def given(values: dict[str, Any], prefix: str = "") -> list[str]:
    return [f"{prefix}{key}={value}" for key, value in values.items()]


def test_every_claim_that_is_set_reaches_applications(small_site: Site) -> None:
    small_site.person("aroha")
    words = [*given(WORDS), *given(ADDRESS, "address.")]
    Acrux(small_site.environ)("user", "set", "aroha", *words)
    app = small_site.application()
    token = tokens(small_site, app, "aroha", scope="openid profile address")["access_token"]
    found = userinfo(small_site, token).json
    for added in ("sub", "updated_at", "preferred_username"):
        del found[added]
    assert found == {**WORDS, "address": ADDRESS}


def test_what_is_set_is_shown_and_noted_without_its_values(acrux: Acrux) -> None:
    acrux("user", "add", "aroha", "--email", "a@example.org")
    shown = acrux.json("user", "set", "aroha", *given(WORDS), *given(ADDRESS, "address."))
    assert shown == {**WORDS, "address": ADDRESS, "type": "user"}
    (event,) = acrux.events(kind="operator:person:changed")
    assert event["reason"] == "set: " + " ".join(sorted([*WORDS, "address"]))
    assert event["source"].startswith("cli:")


def test_one_claim_is_changed_and_taken_away_alone(aroha: Acrux) -> None:
    aroha("user", "set", "aroha", "nickname=Ro", "address.locality=Otaki", "address.country=NZ")
    shown = aroha.json("user", "set", "aroha", "gender=female", "address.locality=Levin")
    address = {"locality": "Levin", "country": "NZ"}
    assert shown == BARE | {"nickname": "Ro", "gender": "female", "address": address}
    shown = aroha.json("user", "set", "aroha", "nickname=", "address.locality=")
    assert shown == BARE | {"gender": "female", "address": {"country": "NZ"}}
    shown = aroha.json("user", "set", "aroha", "address=", "address.region=Kapiti")
    assert shown["address"] == {"region": "Kapiti"}
    assert "address" not in aroha.json("user", "set", "aroha", "address=")
    lines = aroha("user", "set", "aroha", "name=Aroha  Te  Rangi").splitlines()
    assert [line.split(None, 1) for line in lines] == [
        ["name", "Aroha Te Rangi"],
        ["gender", "female"],
        ["type", "user"],
    ]


def test_what_is_so_already_is_no_event(aroha: Acrux) -> None:
    for _ in range(2):
        aroha("user", "set", "aroha", "nickname=Ro", "name=Aroha")
    aroha("user", "set", "aroha", "gender=")
    assert len(aroha.events(kind="operator:person:changed")) == 1


WRONG = [
    *("birthdate=1985-02-29", "birthdate=29.2.1984", "birthdate=84", "birthdate=0000"),
    *("birthdate=1984-02", "birthdate=٢٠٠٠", "birthdate=2000-13-01"),
    *("zoneinfo=Auckland", "zoneinfo=../../etc/passwd", "zoneinfo=Pacific/Atlantis"),
    *("locale=english please", "locale=e", "locale=en_NZ", "locale=en-NZ-"),
    *("website=http://example.org", "website=javascript:alert(1)", "website=https://"),
    *("picture=https://a:b@example.org/", "picture=https://example.org/a b", "profile=x"),
    *("profile=https://[", 'website=https://example.org/"><script>'),
    *("nickname=null", "nickname=   ", "nickname=a\x1b[2J", "gender=" + "x" * 1001),
    *("address.locality=a\nb", "address.country=null", "name=", "name=" + "x" * 201),
]


@pytest.mark.parametrize("value", WRONG)
def test_a_value_that_cannot_be_is_refused_and_nothing_changes(aroha: Acrux, value: str) -> None:
    said = aroha.refused("user", "set", "aroha", "family_name=Ngata", value)
    assert said.startswith(value.partition("=")[0].partition(".")[0] + " must be ")
    assert aroha.json("user", "set", "aroha", "gender=") == BARE
    assert not aroha.events(kind="operator:person:changed")


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("nickname", "is not KEY=VALUE"),
        ("sub=x", "'sub' cannot be set"),
        ("email=b@example.org", "'email' cannot be set"),
        ("email_verified=true", "'email_verified' cannot be set"),
        ("updated_at=1", "'updated_at' cannot be set"),
        ("acr=phr", "'acr' cannot be set"),
        ("address.planet=Earth", "'address.planet' cannot be set"),
        ("address=Otaki", "'address' cannot be set"),
        ("=x", "'' cannot be set"),
    ],
)
def test_only_claims_of_a_profile_can_be_set(aroha: Acrux, value: str, says: str) -> None:
    assert says in aroha.refused("user", "set", "aroha", value)


def test_a_key_stands_once_and_the_person_exists(aroha: Acrux) -> None:
    assert "twice" in aroha.refused("user", "set", "aroha", "gender=a", "gender=b")
    assert aroha.refused("user", "set", "who", "gender=a") == "there is nobody called 'who'"
    assert aroha.run("user", "set", "aroha").exit_code == 2
