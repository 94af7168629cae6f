"""openid-client, unmodified: what waits for a person, and a service that calls another."""

from typing import Any

import pytest

from tests.protocol import ciba
from tests.protocol.devices import GRANT, answer, enter
from tests.relying_parties.openid_client import NodeParty, PartyError, openid_client
from tests.support.site import ONE, Browser, Site

EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS = "urn:ietf:params:oauth:token-type:access_token"


def allowed(site: Site, code: str, name: str) -> Browser:
    """Let a device in, as somebody who has a password."""
    browser = site.browser()
    enter(browser, code)
    answer(browser, "yes")
    assert browser.sign_in(name).heading == "Go back to your device"
    return browser


def test_openid_client_waits_for_a_person(node: str, live_site: Site) -> None:
    site = live_site
    site.person("aroha")
    app = site.application("box", grant_types=[GRANT, "refresh_token"])
    with openid_client(node, site, app) as party:
        shown = party.do("device", scope="openid profile offline_access", acr_values=ONE)
        assert shown["verification_uri"] == f"{site.issuer}/device"
        allowed(site, shown["user_code"], "aroha")
        got = party.do("awaitDevice")
        assert (got["claims"]["acr"], got["claims"]["amr"]) == (ONE, ["pwd"])
        assert party.do("refresh", token=got["refresh_token"])["claims"]["acr"] == ONE


def test_openid_client_reads_a_no(node: str, live_site: Site) -> None:
    app = live_site.application("refused", grant_types=[GRANT])
    with openid_client(node, live_site, app) as party:
        shown = party.do("device", scope="openid")
        browser = live_site.browser()
        enter(browser, shown["user_code"])
        answer(browser, "no")
        with pytest.raises(PartyError, match="access_denied"):
            party.do("awaitDevice")


def test_openid_client_asks_behind_the_browser(node: str, live_site: Site) -> None:
    site, wanted = live_site, {"scope": "openid offline_access", "acr_values": ONE}
    site.person("kiri")
    app = ciba.bank(site)
    with openid_client(node, site, app) as party:
        given = party.do("behind", login_hint="kiri", binding_message="W4SCT", **wanted)
        assert given["interval"] == ciba.WAIT
        site.work_off()
        assert ciba.allow(site, site.browser(), "kiri").heading == "Go back to where you started"
        got = party.do("awaitBehind")
        assert (got["claims"]["acr"], got["claims"]["amr"]) == (ONE, ["pwd"])
        assert party.do("refresh", token=got["refresh_token"])["claims"]["acr"] == ONE
        party.do("behind", id_token_hint=got["id_token"], **wanted)
        site.work_off()
        ciba.answer(site.browser(), ciba.link(site), "no")
        with pytest.raises(PartyError, match="access_denied"):
            party.do("awaitBehind")
        with pytest.raises(PartyError, match="invalid_binding_message"):
            party.do("behind", login_hint="kiri", binding_message="www.evil.example", **wanted)


def _exchanged(party: NodeParty, token: str, **more: str) -> dict[str, Any]:
    found: dict[str, Any] = party.do(
        "exchange", subject_token=token, subject_token_type=ACCESS, **more
    )
    return found


def test_openid_client_exchanges_a_token_for_the_next_service(node: str, live_site: Site) -> None:
    site = live_site
    site.person("hemi")
    web = site.application("web", audience=["orders", "stock"])
    orders = site.application("orders", grant_types=[EXCHANGE], exchange_from=["web"])
    with openid_client(node, site, web) as first, openid_client(node, site, orders) as party:
        browser = site.browser()
        url: str = first.do("authorize")
        browser.open(url.removeprefix(site.issuer))
        token = first.finish(browser.sign_in("hemi").location)["access_token"]
        got = _exchanged(party, token, audience="stock", scope="email")
        assert (got["issued_token_type"], got["scope"]) == (ACCESS, "email")
        told = party.do("introspect", token=got["access_token"])
        assert (told["aud"], told["act"], told["acr"]) == ("stock", {"sub": "orders"}, ONE)
        with pytest.raises(PartyError, match="invalid_target"):
            _exchanged(party, token, audience="payroll")
