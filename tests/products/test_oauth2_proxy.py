"""oauth2-proxy behind nginx, as the README has them, before an application that knows nothing."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.products.running import register, running
from tests.products.visitor import Visitor
from tests.support.programs.documented import NGINX, README, adapted, samples
from tests.support.programs.tls import TlsSite
from tests.support.site import MFA, free_port
from tests.support.stand_ins.listener import Listener, QuietHandler

pytestmark = pytest.mark.products

RENEWING = 'cookie_refresh = "1s"\n'
"""A renewal at almost every request."""


class Page(QuietHandler):
    """The application: it says what it was asked for, and by whom as nginx tells it."""

    def do_GET(self) -> None:
        names = ("X-User", "X-Email", "X-Acr")
        lines = [self.path, *(self.headers.get(name, "") for name in names)]
        body = "\n".join(lines).encode()
        self.show(body, "text/plain")


def nginx_of_the_readme(site: TlsSite, folder: Path, ports: dict[str, int]) -> Path:
    """Write a configuration around the README's server, with names and ports of this machine."""
    [server] = [block for block in samples(README, "nginx") if "auth_request" in block]
    changes = {
        "listen 443 ssl": f"listen 127.0.0.1:{ports['nginx']} ssl",
        "server_name reports.example.org": "server_name localhost",
        "127.0.0.1:4180": f"127.0.0.1:{ports['proxy']}",
        "127.0.0.1:8080": f"127.0.0.1:{ports['application']}",
        "/etc/ssl/reports.example.org.pem": str(site.identity),
        "/etc/ssl/private/reports.example.org.key": str(site.identity),
    }
    file = folder / "nginx.conf"
    file.write_text(NGINX.format(folder=folder, sample=adapted(server, changes)))
    return file


def proxy_of_the_readme(site: TlsSite, address: str, port: int) -> str:
    """Return the README's settings of the proxy, for this machine and a client by `--like`.

    It is given no more by `acrux client add` than the README has.
    """
    client = register(site, "oauth2-proxy", address, "--min-acr", MFA)
    [settings] = samples(README, "ini")
    named = {line.partition(" = ")[0] for line in client.settings.splitlines() if " = " in line}
    assert named <= {line.partition(" = ")[0] for line in settings.splitlines()}
    changes = {
        "127.0.0.1:4180": f"127.0.0.1:{port}",
        "32 random bytes in base64url": "only-for-the-tests-0123456789abc",
        "https://id.example.org": site.issuer,
        '"reports"': f'"{client.client_id}"',
        '"the secret"': f'"{client.secret}"',
        "https://reports.example.org": address,
        "openid profile email": "openid profile email offline_access",
    }
    return adapted(settings, changes) + RENEWING


@pytest.fixture(scope="module")
def at(
    go_products: Path,
    nginx: str,
    products_site: TlsSite,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    """Both programs and the application; yields the address of the whole."""
    folder = tmp_path_factory.mktemp("oauth2-proxy")
    ports = {"nginx": free_port(), "proxy": free_port()}
    address = f"https://localhost:{ports['nginx']}"
    configuration = folder / "proxy.cfg"
    configuration.write_text(proxy_of_the_readme(products_site, address, ports["proxy"]))
    command = [str(go_products / "oauth2-proxy"), "--config", str(configuration)]
    environ = {"SSL_CERT_FILE": str(products_site.authority)}
    with Listener(Page) as application:
        ports["application"] = application.port
        file = nginx_of_the_readme(products_site, folder, ports)
        with (
            running(command, ports["proxy"], folder / "proxy.log", environ),
            running(
                [nginx, "-e", str(folder / "error.log"), "-c", str(file)],
                ports["nginx"],
                folder / "nginx.log",
            ),
        ):
            yield address


def test_somebody_arrives_where_they_wanted_to_go(products_site: TlsSite, at: str) -> None:
    secret = products_site.secret()
    sub = products_site.person("proxy-aroha", totp=secret)
    visitor = Visitor(products_site, at, products_site.authority)
    page = visitor.sign_in("/report/a?x=1&y=2", "proxy-aroha", secret)
    told = page.text.splitlines()
    assert told == ["/report/a?x=1&y=2", sub, "proxy-aroha@example.org", MFA]


def test_whoever_has_no_second_step_sets_one_up_on_the_way_in(
    products_site: TlsSite, at: str
) -> None:
    products_site.person("proxy-kiri")
    visitor = Visitor(products_site, at, products_site.authority)
    visitor.follow_out(visitor.get("/report"))
    visitor.provider.sign_in("proxy-kiri")
    page = visitor.come_back(visitor.provider.enrol_totp())
    assert page.text.splitlines()[3] == MFA


def test_it_renews_by_refresh_tokens_each_used_once(products_site: TlsSite, at: str) -> None:
    secret = products_site.secret()
    sub = products_site.person("proxy-hemi", totp=secret)
    visitor = Visitor(products_site, at, products_site.authority)
    visitor.sign_in("/report", "proxy-hemi", secret)

    def renewals() -> int:
        found = products_site.events(person_id=sub, kinds=("client:token:refreshed",))
        return len(found)

    for _ in range(10_000):
        assert visitor.get("/report").status_code == 200
        if renewals() >= 2:
            break
    assert renewals() >= 2
    assert not products_site.events(person_id=sub, kinds=("client:token:reused",))


def test_signing_out_there_ends_the_session_at_the_provider(
    products_site: TlsSite, at: str
) -> None:
    secret = products_site.secret()
    products_site.person("proxy-moana", totp=secret)
    visitor = Visitor(products_site, at, products_site.authority)
    visitor.sign_in("/report", "proxy-moana", secret)
    assert visitor.is_signed_in_at_the_provider()
    visitor.get("/oauth2/sign_out?rd=/oauth2/sign_in")
    assert not visitor.is_signed_in_at_the_provider()


def test_giving_up_is_a_page_and_no_circle(products_site: TlsSite, at: str) -> None:
    page = Visitor(products_site, at, products_site.authority).cancel("/report")
    assert page.status_code == 403
