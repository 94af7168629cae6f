"""One source may fail so often and no more, whatever names it tries; it cannot lend another's."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.site import Application, Browser, Site

LIMIT = 10
HELD = "Too many tries"


@pytest.fixture
def narrow_site(tmp_path: Path, database_url: str) -> Iterator[Site]:
    """An installation where a source has few tries."""
    found = Site(tmp_path, database_url, throttle__source_limit=LIMIT)
    yield found
    found.close()


def _from(site: Site, app: Application, address: str) -> Browser:
    browser = site.browser()
    browser.http._client.environ_base["REMOTE_ADDR"] = address  # type: ignore[union-attr]
    browser.authorize(app)
    return browser


def _spray(site: Site, app: Application, addresses: list[str]) -> None:
    for number, address in enumerate(addresses):
        answer = _from(site, app, address).sign_in(f"nobody{number}", "Winter2026 again")
        assert HELD not in answer.text


def test_a_source_that_sprays_many_names_is_held_back_for_all_of_them(narrow_site: Site) -> None:
    narrow_site.person("aroha")
    app = narrow_site.application()
    _spray(narrow_site, app, ["203.0.113.9"] * LIMIT)
    assert HELD in _from(narrow_site, app, "203.0.113.9").sign_in("aroha").text
    assert "code" in _from(narrow_site, app, "203.0.113.10").sign_in("aroha").query
    narrow_site.advance(901)
    assert "code" in _from(narrow_site, app, "203.0.113.9").sign_in("aroha").query


def test_successes_do_not_use_a_source_up(narrow_site: Site) -> None:
    narrow_site.person("aroha")
    app = narrow_site.application()
    for _ in range(LIMIT + 2):
        assert "code" in _from(narrow_site, app, "203.0.113.9").sign_in("aroha").query


def test_the_addresses_of_one_ipv6_network_are_one_source(narrow_site: Site) -> None:
    narrow_site.person("aroha")
    app = narrow_site.application()
    _spray(narrow_site, app, [f"2001:db8:1:2::{number}" for number in range(1, LIMIT + 1)])
    assert HELD in _from(narrow_site, app, "2001:db8:1:2:ffff::1").sign_in("aroha").text
    assert "code" in _from(narrow_site, app, "2001:db8:1:3::1").sign_in("aroha").query


def test_ipv4_seen_as_ipv6_is_still_one_source_each(narrow_site: Site) -> None:
    narrow_site.person("aroha")
    app = narrow_site.application()
    _spray(narrow_site, app, ["::ffff:203.0.113.9"] * LIMIT)
    assert HELD in _from(narrow_site, app, "203.0.113.9").sign_in("aroha").text
    assert "code" in _from(narrow_site, app, "::ffff:203.0.113.10").sign_in("aroha").query


@pytest.mark.parametrize("proxies", ["", "192.0.2.0/24"])
def test_a_source_is_not_believed_about_another_address(tmp_path: Path, proxies: str) -> None:
    url = f"sqlite:///{tmp_path / 'acrux.db'}"
    site = Site(tmp_path, url, throttle__source_limit=LIMIT, server__trusted_proxies=proxies)
    try:
        site.person("aroha")
        app = site.application()
        for number in range(LIMIT + 1):
            browser = _from(site, app, "203.0.113.9")
            action, fields = browser.at.form("/password")
            answer = browser.http.send(
                "POST",
                action,
                {**fields, "username": f"nobody{number}", "password": "Winter2026 again"},
                {"X-Forwarded-For": f"198.51.100.{number}"},
            )
        assert HELD in answer.text
        assert {event.source for event in site.events()} == {"203.0.113.9"}
    finally:
        site.close()


@pytest.mark.parametrize(
    ("hop", "source"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("203.0.113.9:51234", "203.0.113.9"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ("2001:db8::1", "2001:db8::1"),
    ],
)
def test_behind_a_trusted_proxy_only_the_hop_that_it_saw_counts(
    tmp_path: Path, hop: str, source: str
) -> None:
    url = f"sqlite:///{tmp_path / 'acrux.db'}"
    site = Site(tmp_path, url, server__trusted_proxies="192.0.2.0/24")
    try:
        browser = site.browser()
        browser.http._client.environ_base["REMOTE_ADDR"] = "192.0.2.7"  # type: ignore[union-attr]
        claimed = f"10.0.0.1, 198.51.100.1, {hop}, 192.0.2.8"
        browser.http.send("GET", "/authorize?client_id=x", None, {"X-Forwarded-For": claimed})
        assert {event.source for event in site.events()} == {source}
    finally:
        site.close()
