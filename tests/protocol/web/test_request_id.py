"""What a request is called where it comes in: by whom it may be chosen."""

import pytest

from tests.support.site import Site


@pytest.fixture
def behind(tmp_path_factory: pytest.TempPathFactory) -> Site:
    folder = tmp_path_factory.mktemp("site")
    return Site(folder, f"sqlite:///{folder / 'acrux.db'}", server__trusted_proxies="127.0.0.1")


def called(site: Site, path: str, sent: str) -> str:
    answer = site.client().send("GET", path, None, {"X-Request-ID": sent})
    return str(answer.headers["X-Request-ID"])


@pytest.mark.parametrize("path", ["/jwks", "/account/"])
def test_a_trusted_proxy_chooses_it_and_only_in_plain_characters(behind: Site, path: str) -> None:
    """By the lane and by Flask, under whatever server: this one has none."""
    assert called(behind, path, "0123456789abcdef0123456789abcdef") == (
        "0123456789abcdef0123456789abcdef"
    )
    for sent in ("", "short", "x" * 65, "a b c d e f g", "<script>alert", "a/b/c/d/e"):
        assert len(called(behind, path, sent)) == 16, sent
    behind.close()


def test_what_happens_beside_requests_names_none(small_site: Site) -> None:
    small_site.person("tane")
    assert called(small_site, "/jwks", "of-a-stranger-who-is-no-proxy") != (
        "of-a-stranger-who-is-no-proxy"
    )
    assert [event.request_id for event in small_site.events()] == [None] * len(small_site.events())
