"""Which line an address meets: what whoever asks is told, and what the proxy is told of it."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, quote

import pytest

from tests.protocol.admin.test_frame import someone
from tests.protocol.api.programs import Program, program
from tests.protocol.command import Acrux
from tests.support.guarded import Guarded, host
from tests.support.site import MFA, MFA_APP, Site

WIKI = "https://wiki.example.org"
PATHS = {
    "/static": {"public": True},
    "/admin": {"acr": MFA, "max_age": 300, "groups": ["it"]},
    "/admin/help": {"public": True},
    "/wards": {"user_types": ["nurse"]},
    "/mātauranga": {"public": True},
}
HOSTS: dict[str, dict[str, Any]] = {
    "wiki": {"forward_origin": WIKI, "forward_paths": PATHS},
    "before": {"forward_origin": WIKI, "switched_off": True},
    "books": {
        "forward_origin": "https://xn--bcher-kva.example.org:8443",
        "min_acr": "phr",
        "forward_paths": {"/app": {"acr": MFA_APP}},
    },
    "off": {"forward_origin": "https://off.example.org", "switched_off": True},
    "one": {"forward_origin": "https://two.example.org"},
    "two": {"forward_origin": "https://two.example.org"},
}
BOOKS = "https://xn--bcher-kva.example.org:8443"
ANY, ADMIN = (None, None), (MFA, 300)
MET = {
    # what is typed: what the proxy is told, the outcome, the lines, what is asked of a sign-in
    f"{WIKI}/wards/7": (WIKI, "/wards/7", "sign-in", "/wards", ANY),
    "HTTPS://WIKI.Example.ORG:443?x=1#y": (f"{WIKI.upper()}:443", "/?x=1", "sign-in", "/", ANY),
    "https://wiki.example.org:8443/": ("https://wiki.example.org:8443", "/", "no-host", "", ANY),
    "http://wiki.example.org/": ("http://wiki.example.org", "/", "no-host", "", ANY),
    "https://wiki.example.org./": ("https://wiki.example.org.", "/", "no-host", "", ANY),
    "https://a:b@wiki.example.org/static": (WIKI, "/static", "everybody", "/static", ANY),
    f"{WIKI}@x.example/static": ("https://x.example", "/static", "no-host", "", ANY),
    "https://x.example\\@wiki.example.org/": (
        *("https://x.example", "/@wiki.example.org/", "no-host", "", ANY),
    ),
    f"{WIKI}\\static": (WIKI, "/static", "everybody", "/static", ANY),
    f"{WIKI}/static\\x": (WIKI, "/static\\x", "sign-in", "/static /", ANY),
    f"{WIKI}/static/ü b": (WIKI, "/static/%C3%BC%20b", "everybody", "/static", ANY),
    f"{WIKI}/mātauranga/a": (WIKI, "/m%C4%81tauranga/a", "everybody", "/mātauranga", ANY),
    f"{WIKI}/m%c4%81tauranga/../x": (
        WIKI,
        "/m%c4%81tauranga/../x",
        "sign-in",
        "/mātauranga /",
        ANY,
    ),
    f"{WIKI}/static/../admin": (WIKI, "/static/../admin", "sign-in", "/static /admin", ADMIN),
    f"{WIKI}/static/..%2fadmin": (WIKI, "/static/..%2fadmin", "sign-in", "/static /admin", ADMIN),
    f"{WIKI}/static%2f..%2Fadmin": (
        *(WIKI, "/static%2f..%2Fadmin", "sign-in", "/static /admin /", ADMIN),
    ),
    f"{WIKI}//admin": (WIKI, "//admin", "sign-in", "/admin /", ADMIN),
    f"{WIKI}/ADMIN;x=1": (WIKI, "/ADMIN;x=1", "sign-in", "/admin /", ADMIN),
    f"{WIKI}/admin/help": (WIKI, "/admin/help", "everybody", "/admin/help", ANY),
    f"{WIKI}/administer": (WIKI, "/administer", "sign-in", "/", ANY),
    f"{WIKI}/a%00b": (WIKI, "/a%00b", "no-path", "", ANY),
    f"{WIKI}/%2525252541dmin": (WIKI, "/%2525252541dmin", "no-path", "", ANY),
    f"{BOOKS}/": (BOOKS, "/", "sign-in", "/", ("phr", None)),
    f"{BOOKS}/app": (BOOKS, "/app", "unreachable", "/app", ANY),
    "https://off.example.org/": ("https://off.example.org", "/", "switched-off", "", ANY),
    "https://two.example.org/": ("https://two.example.org", "/", "twice", "", ANY),
}
NONE = [
    "",
    "wiki.example.org/x",
    "https:///x",
    "javascript:alert(1)//x",
    "https://b\u00fccher.example.org/",
]
NONE += [
    "https://wiki%2eexample.org/",
    "https://wiki.example.org:99999/",
    f"{WIKI}/\0",
    f"{WIKI}/\n/x",
]
NONE += ["https://[::1/", f"{WIKI}/{'x' * 8192}", "https:\\\\wiki.example.org/"]
STATUS = {"everybody": 200, "sign-in": 401, "unreachable": 401}
"""What a proxy is told of whoever holds nothing; 403 of all others. Whoever can come nowhere learns
it at the end of the sign-in."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("which")
    url = f"sqlite:///{folder / 'acrux.db'}"
    found = Site(folder, url, server__trusted_proxies="127.0.0.1")
    for client_id, members in HOSTS.items():
        host(found, client_id, **members)
    yield found
    found.close()


@pytest.fixture(scope="module")
def ask(site: Site) -> Program:
    return program(site, "acrux:clients:read")


def asked_of_a_sign_in(browser: Guarded, path: str) -> tuple[str | None, int | None]:
    """Return the level and the age that the sign-in is really sent away with."""
    sent = parse_qs(browser.sent_away(path).partition("?")[2])
    claims = json.loads(sent.get("claims", ["{}"])[0])
    age = sent.get("max_age")
    levels = claims.get("id_token", {}).get("acr", {}).get("values", [None])
    return levels[0], int(age[0]) if age else None


@pytest.mark.slow
def test_what_is_said_of_an_address_is_what_the_proxy_is_told_of_it(
    site: Site, ask: Program
) -> None:
    """However it is spelled: the same host, the same lines, the same sign-in."""
    for address, (origin, path, outcome, lines, asked) in MET.items():
        said = ask("GET", f"/guarded-hosts/which?url={quote(address, safe='')}").json
        assert (said["outcome"], (said["acr"], said["max_age"])) == (outcome, asked), address
        assert [one["path"] for one in said["lines"]] == lines.split(), address
        browser = Guarded(site, origin)
        assert browser.asked(path).status == STATUS.get(outcome, 403), address
        if outcome == "sign-in" and not path.startswith("//"):  # it comes back to the first page
            assert asked_of_a_sign_in(browser, path) == asked, address


def test_what_no_browser_opens_is_no_address(ask: Program) -> None:
    for address in NONE:
        reply = ask("GET", f"/guarded-hosts/which?url={quote(address, safe='')}")
        assert (reply.status, reply.code) == (422, "invalid"), (address, reply.text)


def test_the_addresses_of_acrux_itself_are_said_to_be_handed_over(ask: Program) -> None:
    for path, outcome in (
        ("/.acrux/start", "acrux"),
        ("/.acrux/", "acrux"),
        ("/.acrux//", "acrux"),
        ("/.acrux", "sign-in"),
        ("/.acrux/..", "sign-in"),
        ("/.acrux/../x", "sign-in"),
    ):
        said = ask("GET", f"/guarded-hosts/which?url={WIKI}{path}").json
        assert said["outcome"] == outcome, path


@pytest.mark.slow
def test_the_command_and_a_program_are_told_the_same(site: Site, ask: Program) -> None:
    acrux = Acrux(site.environ)
    listed = ask("GET", "/guarded-hosts").json["items"]
    assert acrux.json("guard", "list") == listed
    states = [(one["client_id"], one["state"]) for one in listed]
    assert states == [
        *(("off", "switched-off"), ("one", "twice"), ("two", "twice")),
        *(("before", "switched-off"), ("wiki", "guarded"), ("books", "guarded")),
    ]
    address = f"{WIKI}/static/../admin"
    met = ask("GET", f"/guarded-hosts/which?url={address}").json
    assert acrux.json("guard", "which", address) == met
    assert "group it" in acrux("guard", "which", address)
    assert "group it" in acrux("guard", "list")
    assert "no address" in acrux.refused("guard", "which", "wiki")


@pytest.mark.slow
def test_the_console_answers_in_words_and_leads_to_whoever_can_change_it(site: Site) -> None:
    browser = someone(site, "auditor")
    page = browser.open(f"/admin/guarded/?url={quote(WIKI + '/static/../admin', safe='')}")
    assert "Whoever comes there signs in first." in page.text
    assert "at most 300 seconds old" in page.text
    assert "in one of these groups: it" in page.text
    assert "Servers may read this address in several ways." in page.text
    assert "Two applications have this host." in page.text
    assert "/applications/wiki/edit#guarded" not in page.text
    changes = someone(site, "admin").open("/admin/guarded/")
    assert "/applications/wiki/edit#guarded" in changes.text
    wrong = browser.open("/admin/guarded/?url=%3Cscript%3Ealert(1)")
    assert wrong.status == 400
    assert "<script>alert" not in wrong.text
