"""Which issuer an account has, for whoever knows its name alone (RFC 7033)."""

from urllib.parse import urlencode

import pytest

from idp.oidc.discovery.webfinger import ISSUER
from tests.support.browser import Answer
from tests.support.site import Site


def asked(site: Site, *pairs: tuple[str, str]) -> Answer:
    return site.client().send("GET", f"/.well-known/webfinger?{urlencode(pairs)}")


def test_an_account_or_address_of_this_host_has_this_issuer(small_site: Site) -> None:
    host = small_site.issuer.removeprefix("http://")
    for resource in (
        f"acct:aroha@{host}",
        f"ACCT:a@b@{host}",
        small_site.issuer,
        f"http://{host}/a",
    ):
        told = asked(small_site, ("resource", resource))
        assert told.status == 200, resource
        assert told.headers["Content-Type"] == "application/jrd+json"
        assert told.headers["Access-Control-Allow-Origin"] == "*"
        assert told.json == {
            "subject": resource,
            "links": [{"rel": ISSUER, "href": small_site.issuer}],
        }
        found = small_site.client().send("GET", "/.well-known/openid-configuration").json
        assert told.json["links"][0]["href"] == found["issuer"]


def test_only_the_relations_that_are_asked_for_are_told(small_site: Site) -> None:
    resource = ("resource", small_site.issuer)
    assert asked(small_site, resource, ("rel", "x"), ("rel", ISSUER)).json["links"]
    assert asked(small_site, resource, ("rel", "x")).json["links"] == []


def test_it_never_tells_who_is_there(small_site: Site) -> None:
    small_site.person("aroha")
    host = small_site.issuer.removeprefix("http://")
    some, other = (asked(small_site, ("resource", f"acct:{n}@{host}")) for n in ("aroha", "nobody"))
    assert some.text.replace("aroha", "") == other.text.replace("nobody", "")


@pytest.mark.parametrize(
    "resource",
    [
        "acct:aroha@example.org",
        "acct:@HOST",
        "acct:HOST",
        "aroha@HOST",
        "https://HOST",
        "http://HOST.example.org",
        "http://a@HOST",
        "http://[",
        "http://localhost:x",
        "acct:a\x00@HOST",
        "acct:" + "a" * 3000 + "@HOST",
        "mailto:a@HOST",
    ],
)
def test_of_anything_else_nothing_is_known(small_site: Site, resource: str) -> None:
    host = small_site.issuer.removeprefix("http://")
    assert asked(small_site, ("resource", resource.replace("HOST", host))).status == 404


def test_who_asks_for_nothing_is_told_so(small_site: Site) -> None:
    assert asked(small_site).status == 400
    assert asked(small_site, ("resource", "")).status == 400
