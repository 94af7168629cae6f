"""What a device is told of the sign-in that let it in: each way of signing in, each way of asking.

Written down by hand, as in `test_truth_matrix`, and never computed. Someone signs in once by each
way, in Chromium, at another application; then devices ask, and that browser answers their codes.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import expect

from idp import clock
from tests.browser.conftest import Surfer
from tests.browser.test_truth_matrix import REGISTRATIONS
from tests.browser.walks import AMR, WAYS, arrive, column, parameters, said, sign_in
from tests.protocol import ciba
from tests.protocol.devices import GRANT, codes, poll
from tests.support.site import Application, Site
from tests.support.stand_ins.callback import Callback, callback

pytestmark = pytest.mark.browser

# As in `test_truth_matrix`: * is auth_time, `more` and `anew` are pages that ask for something, and
# `never` ends it: the device reads access_denied, which is all that RFC 8628 has for it.
TABLE = """
nothing             1fa   app   mfa   phr   app
wish mfa            1fa   mfa   mfa   mfa   mfa
demand 1fa          1fa   1fa   1fa   1fa   1fa
demand mfa          more  mfa   mfa   mfa   mfa
demand app          more  app   more  app   app
demand phr          more  more  more  phr   more
demand phrh         never never never never never
time                1fa*  app*  mfa*  phr*  app*
max_age 3600        1fa*  app*  mfa*  phr*  app*
max_age 0           anew  anew  anew  anew  anew
@floor-mfa          more  app*  mfa*  phr*  app*
@floor-mfa&wish 1fa more  app*  mfa*  phr*  app*
@floor-phr          more  more  more  phr*  more
@earlier            1fa   app   mfa   phr   more
"""

LEFT_OUT = ("demand app", "time", "@floor-mfa&wish 1fa", "@earlier")
"""Of CIBA: nobody is asked more than ten times in an hour."""


class Devices:
    """Devices of applications of every kind, and the provider they ask.

    The same applications ask behind the browser (CIBA), where the same is true.
    """

    def __init__(self, site: Site, back: Callback) -> None:
        self.site, self.back = site, back
        self.plain = site.application("elsewhere", redirect_uris=[back.url])
        self.strict = site.application("strict", redirect_uris=[back.url], min_acr="phr")
        self.all = self._registered("")
        self.twins = self._registered("-again")
        """Alike: one application may ask a person five times an hour behind the browser."""
        self.asked: Counter[tuple[str, str]] = Counter()

    def _registered(self, more: str) -> dict[str, Application]:
        return {
            name: self.site.application(
                name + more,
                grant_types=[GRANT, ciba.GRANT],
                backchannel_token_delivery_mode="poll",
                **data,
            )
            for name, data in REGISTRATIONS.items()
        }

    def told(self, surfer: Surfer, ask: str, since: int) -> str:
        """Let a device ask, answer yes; return what came of it, in the words of the table."""
        client, request = parameters(ask)
        app = self.all[client]
        given = codes(self.site, app, scope="openid", **request)
        surfer.page.goto(given["verification_uri_complete"], wait_until="domcontentloaded")
        surfer.press("Continue")
        surfer.expect_heading("Is this your device?")
        surfer.press("Yes, sign it in")
        gone(surfer, "Is this your device?")
        if surfer.page.locator("#leave").count():
            # Told to the person first, who goes back then.
            surfer.page.locator("#leave").click()
            surfer.expect_heading("The device was not signed in")
        if surfer.page.locator("#device-done-page").count() == 0:
            assert self._pending(app, given["device_code"])
            return "anew" if surfer.page.locator("#login-page").count() else "more"
        answer = poll(self.site, app, given["device_code"], waits=False)
        if answer.status != 200:
            assert answer.json["error"] == "access_denied", answer.text
            return "never"
        return said(self.site.id_token(answer.json["id_token"]), since)

    def told_behind(self, surfer: Surfer, who: str, ask: str, since: int) -> str:
        """Ask for `who` behind the browser, answer yes by the link; return as `told` does."""
        client, request = parameters(ask)
        app = (self.twins if self.asked[who, client] % 2 else self.all)[client]
        self.asked[who, client] += 1
        code = ciba.asked(self.site, app, scope="openid", login_hint=who, **request)
        link = self.site.issuer + ciba.link(self.site)
        surfer.page.goto(link, wait_until="domcontentloaded")
        surfer.press("Yes, I started this")
        gone(surfer, "Did you start this?")
        if surfer.page.locator("#leave").count():
            surfer.page.locator("#leave").click()
            surfer.expect_heading("You answered No")
        pending = surfer.page.locator("#ciba-done-page").count() == 0
        answer = ciba.poll(self.site, app, code, waits=False)
        if pending:
            assert answer.json["error"] == "authorization_pending", answer.text
            anew = surfer.page.locator("#login-page").count()
            surfer.page.goto(link, wait_until="domcontentloaded")
            surfer.page.locator("#ciba-no").click()
            surfer.expect_heading("You answered No")
            return "anew" if anew else "more"
        if answer.status != 200:
            assert answer.json["error"] == "access_denied", answer.text
            return "never"
        return said(self.site.id_token(answer.json["id_token"]), since)

    def _pending(self, app: Application, device_code: str) -> bool:
        answer = poll(self.site, app, device_code, waits=False)
        return bool(answer.json["error"] == "authorization_pending")


def gone(surfer: Surfer, heading: str) -> None:
    """Wait until the page with this heading has made way for another, and that one is there."""
    expect(surfer.page.get_by_role("heading", name=heading)).to_have_count(0)
    surfer.page.wait_for_load_state("domcontentloaded")


@pytest.fixture(scope="module")
def devices(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Devices]:
    folder: Path = tmp_path_factory.mktemp("devices")
    limits = {"sms__voice": "true", "sms__per_hour": 100, "mail__per_hour": 100}
    site = Site(folder, f"sqlite:///{folder / 'acrux.db'}", throttle__source_limit=10**6, **limits)
    with site.serve(), callback() as back:
        yield Devices(site, back)
    site.close()


@pytest.fixture
def surfer(devices: Devices, chromium: Chromium) -> Iterator[Surfer]:
    context = chromium.new_context()
    yield Surfer(devices.site, context, devices.back)
    context.close()


@pytest.mark.parametrize("name", WAYS)
def test_each_device_is_told_the_truth(devices: Devices, surfer: Surfer, name: str) -> None:
    way, since = WAYS[name], clock.now()
    who = arrive(surfer, way, name, devices.strict)
    sign_in(who, way, devices.plain)
    found = {ask: devices.told(surfer, ask, since) for ask in dict(column(TABLE, name))}
    wanted = {
        ask: cell if cell in ("more", "anew", "never") else f"{cell} {AMR[name]}"
        for ask, cell in dict(column(TABLE, name)).items()
    }
    assert found == wanted


@pytest.mark.parametrize("name", ["password", "app", "alone"])
def test_who_asks_behind_the_browser_is_told_the_same_truth(
    devices: Devices, surfer: Surfer, name: str
) -> None:
    way, since, person = WAYS[name], clock.now(), f"behind-{name}"
    who = arrive(surfer, way, person, devices.strict)
    sign_in(who, way, devices.plain)
    rows = {ask: cell for ask, cell in column(TABLE, name) if ask not in LEFT_OUT}
    found = {ask: devices.told_behind(surfer, person, ask, since) for ask in rows}
    wanted = {
        ask: cell if cell in ("more", "anew", "never") else f"{cell} {AMR[name]}"
        for ask, cell in rows.items()
    }
    assert found == wanted
