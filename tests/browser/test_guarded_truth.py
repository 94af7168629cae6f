"""What an application behind nginx is told of a sign-in: each way of signing in, each kind of page.

Written down by hand, as in `test_truth_matrix`, and never computed. Someone signs in once by each
way, in Chromium, at another application; the guarded host then gets what that is worth.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwk, jwt
from playwright.sync_api import Browser as Chromium

from idp import clock
from tests.browser.conftest import Surfer
from tests.browser.walks import AMR, WAYS, arrive, column, said, sign_in
from tests.protocol.forward.test_proxies import Wiki
from tests.support.guarded import host
from tests.support.programs.forward_fronts import ForwardFront
from tests.support.site import MFA, MFA_APP, ONE, Site, free_port
from tests.support.stand_ins.callback import Callback, callback
from tests.support.stand_ins.listener import Listener

pytestmark = pytest.mark.browser

PATHS = {
    "/1fa": {"acr": ONE},
    "/mfa": {"acr": MFA},
    "/app": {"acr": MFA_APP},
    "/phr": {"acr": "phr"},
}
# In this order, in one browser. A page that is content with what the browser holds is told that,
# so a stronger level stays stated. A passkey is no level "without text messages" by its name: the
# browser goes round, and that one is stated then. `more`: a page of the provider asks.
TABLE = """
/      1fa   app   mfa   phr   app
/1fa   1fa   app   mfa   phr   app
/mfa   more  app   mfa   phr   app
/app   more  app   more  app   app
/phr   more  more  more  phr   more
/      1fa   app   mfa   phr   app
"""


class Guarded:
    def __init__(self, site: Site, front: ForwardFront, back: Callback) -> None:
        self.site, self.front, self.back = site, front, back
        self.plain = site.application("plain", redirect_uris=[back.url])
        self.strict = site.application("strict", redirect_uris=[back.url], min_acr="phr")

    def told(self, surfer: Surfer, path: str, since: int) -> str:
        """Open a page; return what its application is told in words of the table."""
        surfer.page.goto(self.front.origin + path)
        if not surfer.page.url.startswith(self.front.origin):
            return "more"
        lines = surfer.page.locator("body").inner_text().splitlines()
        headers = dict(line.split("=", 1) for line in lines[1:])
        claims = self.asserted(headers["X-Acrux-Assertion"])
        assert headers["X-Acr"] == claims["acr"]
        return said(claims, since).replace("*", "", 1)

    def asserted(self, text: str) -> dict[str, Any]:
        keys = jwk.KeySet.import_key_set(self.site.client().send("GET", "/jwks").json)
        claims: dict[str, Any] = jwt.decode(text, keys, algorithms=["RS256"]).claims
        return claims


@pytest.fixture(scope="module")
def guarded(front_servers: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    folder: Path = tmp_path_factory.mktemp("guarded-truth")
    limits = {"sms__voice": "true", "sms__per_hour": 100, "mail__per_hour": 100}
    site = Site(
        folder,
        f"sqlite:///{folder / 'acrux.db'}",
        server__trusted_proxies="127.0.0.1",
        throttle__source_limit=10**6,
        **limits,
    )
    with Listener(Wiki) as application, callback() as back:
        ports = {"front": free_port(), "acrux": site.port, "application": application.port}
        front = ForwardFront("nginx", tmp_path_factory.mktemp("front"), ports)
        host(site, forward_origin=front.origin, forward_paths=PATHS)
        with site.serve(), front.running():
            yield Guarded(site, front, back)
    site.close()


@pytest.mark.parametrize("name", WAYS)
def test_each_page_behind_the_proxy_is_told_the_truth(
    guarded: Guarded, chromium: Chromium, name: str
) -> None:
    with chromium.new_context(ignore_https_errors=True) as context:
        surfer, since = Surfer(guarded.site, context, guarded.back), clock.now()
        who = arrive(surfer, WAYS[name], name, guarded.strict)
        sign_in(who, WAYS[name], guarded.plain)
        cells = column(TABLE, name)
        found = [(path, guarded.told(surfer, path, since)) for path, _ in cells]
        assert found == [
            (path, cell if cell == "more" else f"{cell} {AMR[name]}") for path, cell in cells
        ]
