"""nginx, HAProxy and Caddy as docs/forward.md has them: who comes in, and what nobody can forge."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import requests

from idp.forward.told import NAMES
from tests.products.visitor import Visitor
from tests.support.guarded import host
from tests.support.programs.forward_fronts import ForwardFront
from tests.support.site import MFA, MFA_APP, Site, free_port
from tests.support.stand_ins.listener import Listener, QuietHandler

pytestmark = pytest.mark.slow
PATHS = {"/static": {"public": True}, "/it": {"groups": ["it"]}, "/pay": {"acr": MFA}}


class Wiki(QuietHandler):
    """The application: it says what it was asked for, and each header that names somebody."""

    def do_GET(self) -> None:
        lines = [self.path, *(f"{name}={self.headers.get(name, '')}" for name in NAMES)]
        self.show("\n".join(lines).encode(), "text/plain")

    do_POST = do_GET


@dataclass
class Guarded:
    site: Site
    front: ForwardFront

    def visitor(self) -> Visitor:
        return Visitor(self.site, self.front.origin, self.front.authority)

    def get(self, path: str, **headers: str) -> requests.Response:
        """Ask as a program does, following nothing."""
        session = requests.Session()
        session.trust_env = False
        return session.get(
            self.front.origin + path,
            headers={name.replace("_", "-"): value for name, value in headers.items()},
            verify=str(self.front.authority),
            allow_redirects=False,
            timeout=30,
        )


@pytest.fixture(scope="module", params=["nginx", "haproxy", "caddy"])
def guarded(
    request: pytest.FixtureRequest, front_servers: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Guarded]:
    """An installation, an application, and each proxy in turn between a browser and both."""
    folder = tmp_path_factory.mktemp("guarded")
    site = Site(folder, f"sqlite:///{folder / 'acrux.db'}", server__trusted_proxies="127.0.0.1")
    with Listener(Wiki) as application:
        ports = {"front": free_port(), "acrux": site.port, "application": application.port}
        front = ForwardFront(request.param, tmp_path_factory.mktemp("front"), ports)
        host(site, forward_origin=front.origin, forward_paths=PATHS)
        with site.serve(), front.running():
            yield Guarded(site, front)
    site.close()


def said(answer: requests.Response) -> dict[str, str]:
    assert answer.status_code == 200, answer.text
    path, *lines = answer.text.splitlines()
    return {"path": path} | dict(line.split("=", 1) for line in lines)


def test_somebody_arrives_where_they_wanted_to_go_and_the_application_knows_them(
    guarded: Guarded,
) -> None:
    secret = guarded.site.secret()
    guarded.site.person("aroha", totp=secret, groups=("it",))
    visitor = guarded.visitor()
    told = said(visitor.sign_in("/it/a?x=1&y=2", "aroha", secret))
    assert told["path"] == "/it/a?x=1&y=2"
    assert (told["X-User"], told["X-Email"]) == ("aroha", "aroha@example.org")
    assert (told["X-Acr"], told["X-Groups"]) == (MFA_APP, "it")
    assert told["X-Acrux-Assertion"].count(".") == 2
    assert said(visitor.get("/pay"))["X-User"] == "aroha"


def test_what_a_stranger_calls_itself_never_reaches_the_application(guarded: Guarded) -> None:
    forged = dict.fromkeys((name.replace("-", "_") for name in NAMES), "root")
    told = said(guarded.get("/static/a.css", **forged))
    assert {told[name] for name in NAMES} == {""}
    assert guarded.get("/page", **forged).status_code == 401


def test_a_stranger_cannot_say_which_host_or_path_is_meant(guarded: Guarded) -> None:
    forged = {
        "X_Forwarded_Uri": "/static/a.css",
        "X_Forwarded_Host": "other.example.org",
        "X_Original_URL": "/static/a.css",
        "X_Forwarded_Method": "GET",
    }
    assert guarded.get("/page", **forged).status_code == 401
    away = guarded.get("/page", Accept="text/html", Sec_Fetch_Mode="navigate", **forged)
    assert away.status_code == 303
    assert away.headers["Location"].endswith("/.acrux/start?rd=/page")


@pytest.mark.parametrize(
    "path", ["/static/../page", "/static/%2e%2e/page", "/static/..%2fpage", "/static%2f..%2fpage"]
)
def test_no_spelling_of_a_path_leads_past_the_guard(guarded: Guarded, path: str) -> None:
    request = requests.Request("GET", guarded.front.origin + path).prepare()
    request.url = guarded.front.origin + path
    session = requests.Session()
    session.trust_env = False
    answer = session.send(request, verify=str(guarded.front.authority), allow_redirects=False)
    assert answer.status_code in (400, 401, 403)


def test_whoever_is_in_none_of_the_groups_reads_why_and_goes_on(guarded: Guarded) -> None:
    guarded.site.person("hemi")
    visitor = guarded.visitor()
    visitor.sign_in("/", "hemi")
    away = visitor.get("/it")
    page = visitor.follow_out(away)
    assert page.heading == "This page is not for you"
    assert said(visitor.get("/"))["X-User"] == "hemi"


def test_signing_out_there_ends_it_at_the_next_request(guarded: Guarded) -> None:
    guarded.site.person("moana")
    visitor = guarded.visitor()
    visitor.sign_in("/", "moana")
    visitor.follow_out(visitor.get("/.acrux/sign-out"))
    visitor.provider.submit("/end_session")
    assert visitor.leaves(visitor.get("/"))


def test_giving_up_is_a_page_and_no_circle(guarded: Guarded) -> None:
    visitor = guarded.visitor()
    visitor.follow_out(visitor.get("/"))
    away = visitor.come_back(visitor.provider.submit("/cancel"))
    assert visitor.follow_out(away).heading == "You are not signed in"


def test_a_stranger_gets_nothing_from_the_addresses_of_the_proxy(guarded: Guarded) -> None:
    site = guarded.site
    answer = site.client().send(
        "GET",
        "/forward/auth",
        headers={"X-Forwarded-Host": "x.example.org", "X-Forwarded-Proto": "https"},
    )
    assert answer.status == 403
    assert guarded.get("/acrux-check").status_code in (401, 404)
