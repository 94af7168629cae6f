"""`acrux client add --like`: products are registered as they need it, and told what to set."""

import json
import re
import tomllib
from typing import Any

import pytest

from idp.operating.applications.products import UNTOLD, known
from tests.protocol.command import ISSUER, Acrux

AT = "https://app.example.org"
PLACE = re.compile(r"\{(issuer|client_id|client_secret|redirect_uri|bye|quoted_bye|at|host)\}")
WEAKER = {"pkce", "token_endpoint_auth_method"}


def add(acrux: Acrux, name: str, *words: str) -> dict[str, Any]:
    """Register a client like `name`; return what was printed and what is registered."""
    told = acrux.json("client", "add", name.title(), "--like", name, *words)
    return told | {"registered": acrux.json("client", "show", told["client_id"])}


@pytest.mark.slow
def test_every_product_is_registered_as_it_needs_it_and_no_weaker(acrux: Acrux) -> None:
    acrux("client", "add", "Plain", "--redirect-uri", f"{AT}/cb", "--id", "plain")
    for name in known():
        words = ("client", "add", name.title(), "--like", name, "--at", AT, "--id", name)
        told = acrux.json(*words)
        assert not PLACE.search(told["settings"]), name
        assert all(v in told["settings"] for v in (name, ISSUER)), name
        assert told.get("client_secret", "") in told["settings"], name
    registered = {record["client_id"]: record for record in acrux.json("client", "list")}
    defaults = registered["plain"]
    for name, product in known().items():
        found = registered[name]
        assert {key: found[key] for key in product.members} == product.members, name
        assert found["redirect_uris"], name
        assert all("://" in uri for uri in found["redirect_uris"]), name
        weaker = {key for key in WEAKER if found[key] != defaults[key]}
        assert weaker <= product.members.keys(), name


def test_settings_are_printed_below_the_secret_and_can_be_had_again_without_it(
    acrux: Acrux,
) -> None:
    words = ("client", "add", "Proxy", "--like", "oauth2-proxy", "--at", f"{AT}/", "--id", "proxy")
    credentials, _, printed = acrux(*words).partition("\n\n")
    secret = credentials.split()[-1]
    assert tomllib.loads(printed)["client_secret"] == secret
    assert tomllib.loads(printed)["redirect_url"] == f"{AT}/oauth2/callback"
    again = acrux.json("client", "likes", "oauth2-proxy", "--client", "proxy")["settings"]
    assert again == printed.strip("\n").replace(secret, UNTOLD)


def test_addresses_follow_from_where_the_product_is_reached(acrux: Acrux) -> None:
    realm = "https://sso.example.org/realms/main"
    by_at = add(acrux, "keycloak", "--at", realm)["registered"]
    assert by_at["redirect_uris"] == [f"{realm}/broker/acrux/endpoint"]
    assert by_at["backchannel_logout_uri"].startswith(f"{realm}/protocol/")
    by_uri = add(acrux, "keycloak", "--redirect-uri", f"{realm}/broker/acrux/endpoint")
    for key in ("redirect_uris", "post_logout_redirect_uris", "backchannel_logout_uri"):
        assert by_uri["registered"][key] == by_at[key]
    assert f"# {realm} is the address of the realm." in by_uri["settings"]


def test_what_is_given_comes_before_what_the_product_would_have(acrux: Acrux) -> None:
    found = add(acrux, "spring", "--at", AT, "--redirect-uri", f"{AT}/in", "--pkce", "required")
    assert found["registered"]["redirect_uris"] == [f"{AT}/in"]
    assert found["registered"]["pkce"] == "required"
    assert found["registered"]["post_logout_redirect_uris"] == [f"{AT}/"]


@pytest.mark.slow
def test_settings_are_in_the_language_of_the_product(acrux: Acrux) -> None:
    for name in ("mozilla-django-oidc", "allauth", "jupyterhub"):
        compile(add(acrux, name, "--at", AT)["settings"], name, "exec")
    assert "web" in json.loads(add(acrux, "flask-oidc", "--at", AT)["settings"])


def test_a_product_that_stands_on_no_machine_of_its_own_needs_no_address(acrux: Acrux) -> None:
    found = add(acrux, "kubernetes")["registered"]
    assert found["redirect_uris"] == ["http://localhost:8000", "http://localhost:18000"]
    assert found["token_endpoint_auth_method"] == "none"


def test_what_cannot_be_meant_is_refused_in_one_line(acrux: Acrux) -> None:
    assert "give --at" in acrux.refused("client", "add", "App", "--like", "grafana")
    assert "oauth2-proxy" in acrux.refused("client", "add", "App", "--like", "dex", "--at", AT)
    for at in ("app.example.org", "ftp://app.example.org", f"{AT}/?x=1"):
        assert "--at" in acrux.refused("client", "add", "App", "--like", "grafana", "--at", at)
    assert acrux.run("client", "add", "App", "--at", AT).exit_code == 2
    assert "no client" in acrux.refused("client", "likes", "grafana", "--client", "nobody")


def test_products_are_listed_with_what_they_send_and_read(acrux: Acrux) -> None:
    listed = acrux("client", "likes")
    for name, product in known().items():
        assert re.search(rf"^{re.escape(name)} +{re.escape(product.title)} ", listed, re.M), name
    shown = acrux("client", "likes", "JupyterHub")
    assert "{client_id}" in shown
    assert "docs/relying-parties.md#jupyterhub" in shown
