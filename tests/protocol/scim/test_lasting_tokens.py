"""`acrux client scim-token`: a token that a directory keeps; shown once, ended, replaced."""

import json

import pytest

from idp.store.db.statements import Statement
from tests.protocol.command import Acrux
from tests.protocol.scim.directory import Directory
from tests.support.site import Site

DAY = 86_400


def directory(site: Site) -> str:
    """Register a directory as the documents say, and return its id."""
    members = ("--set", "grant_types=client_credentials", "--set", "api_scopes=acrux:scim")
    found = Acrux(site.environ).json("client", "add", "Entra ID", *members)
    return str(found["client_id"])


def opens(site: Site, token: str) -> bool:
    return Directory(site, token)("GET", "/Users").status == 200


def test_it_opens_what_a_directory_does_until_it_expires(site: Site) -> None:
    acrux, client = Acrux(site.environ), directory(site)
    made = acrux.json("client", "scim-token", "add", client, "--days", "30")
    assert opens(site, made["token"])
    with site.work() as work:
        [(digest,)] = work.all(Statement("SELECT digest FROM client_token"))
    assert made["token"] not in digest
    assert made["token"] not in acrux("client", "scim-token", "list", client)
    [event] = site.events(kind="client:own-token:issued")
    assert made["label"] in str(event.reason)
    site.advance(30 * DAY - 60)
    assert opens(site, made["token"])
    site.advance(120)
    assert not opens(site, made["token"])
    assert acrux.json("client", "scim-token", "list", client) == []


@pytest.mark.slow
def test_one_takes_the_place_of_the_other_with_an_overlap(small: Site) -> None:
    acrux, client = Acrux(small.environ), directory(small)

    def add(*words: str) -> str:
        found = acrux.json("client", "scim-token", "add", client, *words)
        return str(found["token"])

    first = add()
    second = add("--overlap", "3")
    assert opens(small, first)
    assert opens(small, second)
    third = add("--overlap", "3")
    assert [opens(small, one) for one in (first, second, third)] == [False, True, True]
    small.advance(3 * DAY + 1)
    assert [opens(small, one) for one in (second, third)] == [False, True]
    fourth = add()
    assert [opens(small, one) for one in (third, fourth)] == [False, True]


def test_it_is_ended_at_once_by_its_label(small: Site) -> None:
    acrux, client = Acrux(small.environ), directory(small)
    made = acrux.json("client", "scim-token", "add", client)
    assert acrux("client", "scim-token", "end", client, made["label"]).startswith("Ended")
    assert not opens(small, made["token"])
    assert acrux.refused("client", "scim-token", "end", client, made["label"])
    [event] = small.events(kind="client:own-token:revoked")
    assert (event.client_id, str(event.reason).split(":")[0]) == (client, made["label"])


def test_it_ends_with_the_client_and_rests_with_it(small: Site) -> None:
    acrux, client = Acrux(small.environ), directory(small)
    token = acrux.json("client", "scim-token", "add", client)["token"]
    acrux("client", "set", client, "switched_off=yes")
    assert not opens(small, token)
    acrux("client", "set", client, "switched_off=")
    assert opens(small, token)
    acrux("client", "delete", client)
    assert not opens(small, token)


@pytest.mark.parametrize("words", [("app",), ("nobody",)])
def test_only_a_directory_has_one(small: Site, words: tuple[str, ...]) -> None:
    small.application("app")
    assert Acrux(small.environ).refused("client", "scim-token", "add", *words)


@pytest.mark.slow
def test_doctor_tells_before_the_last_one_ends(small: Site) -> None:
    acrux = Acrux(small.environ)

    def said() -> tuple[str, str]:
        result = acrux.run("doctor", "--json")
        [found] = [one for one in json.loads(result.stdout) if one["name"] == "scim"]
        return found["mark"], found["text"]

    assert said()[0] == "--"
    client = directory(small)
    assert said() == ("OK", f"{client} is a directory")
    acrux("client", "scim-token", "add", client, "--days", "20")
    assert said()[0] == "OK"
    small.advance(10 * DAY + 60)
    assert said() == ("!!", f"the token of {client} ends in 9 days")
    acrux("client", "scim-token", "add", client, "--overlap", "3")
    assert said()[0] == "OK"
