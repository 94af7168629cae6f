"""What a slow line has to carry: compressed pages, one sheet, a short way in."""

import gzip
import re
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from tests.support.site import Site

GZIP = {"Accept-Encoding": "gzip, deflate, br"}


def fetched(site: Site, url: str, headers: dict[str, str] | None = None) -> TestResponse:
    return site.app.test_client().get(url, headers=headers, follow_redirects=True)


def sign_in_page(site: Site, headers: dict[str, str] | None = None) -> TestResponse:
    request = site.application().request()
    query = "&".join(f"{name}={value}" for name, value in request.items())
    return fetched(site, f"/authorize?{query}", headers)


def test_a_browser_is_at_the_sign_in_page_after_one_redirect(small_site: Site) -> None:
    answer = small_site.browser().get("/authorize", **small_site.application().request())
    assert answer.status == 303
    assert re.fullmatch(r"/interaction/[\w-]+/login", answer.location)
    account = small_site.browser().get("/account/")
    assert re.fullmatch(r"/interaction/[\w-]+/login", account.location)


def test_whoever_is_signed_in_is_led_to_the_step_that_is_missing(small_site: Site) -> None:
    small_site.person("tane")
    browser = small_site.browser()
    browser.authorize(small_site.application())
    browser.sign_in("tane")
    other = small_site.application("other", first_party=False)
    again = browser.get("/authorize", **other.request())
    assert re.fullmatch(r"/interaction/[\w-]+/consent", again.location)


def test_the_sheet_is_one_request_and_kept_for_good(small_site: Site) -> None:
    page = sign_in_page(small_site).text
    (address,) = re.findall(r'rel="stylesheet" href="([^"]+)"', page)
    assert "immutable" in fetched(small_site, address).headers["Cache-Control"]
    older = fetched(small_site, "/style/0123456789abcdef.css")
    assert (older.status_code, older.headers["Cache-Control"]) == (200, "public, max-age=60")


@pytest.mark.parametrize("what", ["page", "sheet", "script"])
def test_pages_sheets_and_scripts_are_compressed_for_who_can_read_it(
    small_site: Site, what: str
) -> None:
    plain = sign_in_page(small_site)
    url = {
        "page": plain.request.path,
        "sheet": re.findall(r'rel="stylesheet" href="([^"]+)"', plain.text)[0],
        "script": "/static/acrux.js",
    }[what]
    client = small_site.app.test_client()
    if what == "page":
        client.get("/authorize", query_string=small_site.application("b").request())
        url = client.get("/authorize", query_string=small_site.application("c").request()).headers[
            "Location"
        ]
    small = client.get(url, headers=GZIP, buffered=True)
    large = client.get(url, buffered=True)
    assert small.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in large.headers
    assert "Accept-Encoding" in small.headers["Vary"]
    assert "Accept-Encoding" in large.headers["Vary"]
    text = gzip.decompress(small.data).decode()
    assert len(small.data) < len(large.data) / 2
    token = re.compile(r'csrf_token" value="[^"]*"|challenge&#34;: &#34;[\w-]+')
    assert token.sub("", text) == token.sub("", large.text)
    if what == "script":
        tag = small.headers["ETag"]
        assert tag.startswith("W/")
        unchanged = client.get(url, headers={**GZIP, "If-None-Match": tag}, buffered=True)
        assert unchanged.status_code == 304


@pytest.mark.parametrize("accepted", ["identity, gzip;q=0", "gzip;q=0", "*;q=0", "br", ""])
def test_who_refuses_gzip_gets_none(small_site: Site, accepted: str) -> None:
    """RFC 9110 section 12.5.3: a quality of 0 says no."""
    client = small_site.app.test_client()
    answer = client.get("/static/acrux.js", headers={"Accept-Encoding": accepted}, buffered=True)
    assert "Content-Encoding" not in answer.headers


def test_the_mark_of_a_form_is_another_on_every_page_and_all_are_taken(small_site: Site) -> None:
    """Otherwise its compressed length would tell it to anyone who has a text beside it (BREACH)."""
    small_site.person("tane")
    browser = small_site.browser()
    browser.authorize(small_site.application())
    seen = {browser.open(browser.at.url).csrf for _ in range(20)}
    assert len(seen) == 20
    starts = {mark[:8] for mark in seen}
    assert len(starts) == 20, "and no part of it stays"
    first = seen.pop()
    action, fields = browser.at.form("/password")
    known = {"username": "tane", "password": "a wrong guess of mine"}
    assert browser.http.send("POST", action, {**fields, **known, "csrf_token": first}).status == 400
    for wrong in ("", "x", first[:-4], first[:40] + "A" * 4 + first[44:], "é" * 88, "A" * 5000):
        changed = {**fields, **known, "csrf_token": wrong}
        assert browser.http.send("POST", action, changed).status == 403


def test_the_answer_of_form_post_is_never_compressed(tmp_path: Path) -> None:
    site = Site(tmp_path, f"sqlite:///{tmp_path / 'acrux.db'}")
    site.person("tane")
    app = site.application()
    browser = site.browser()
    browser.authorize(app)
    browser.sign_in("tane")
    request = app.request(response_mode="form_post", state="s" * 3000)
    url = "/authorize?" + "&".join(f"{name}={value}" for name, value in request.items())
    answer = browser.http.send("GET", url, None, GZIP)
    assert 'name="code"' in answer.text
    assert "Content-Encoding" not in answer.headers
    site.close()
