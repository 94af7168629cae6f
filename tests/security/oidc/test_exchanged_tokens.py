"""Tokens got for other tokens: altered in the database, and asked for while those end."""

import pytest

from idp.oidc.tokens import exchanging
from tests.protocol.endpoints import active, introspect, revoke
from tests.protocol.oidc.token_endpoint.test_token_exchange import exchange, given, service, web
from tests.security.rows.attacker import refused, write
from tests.security.serving.crowd import under_way
from tests.support.site import Answer, Application, Site

ALTERED = {
    "for another API": "UPDATE exchanged_token SET audience = '[\"ledger\"]'",
    "for more": "UPDATE exchanged_token SET scope = 'openid profile email'",
    "for longer": "UPDATE exchanged_token SET expires_at = expires_at + 86400",
    "nobody acts": "UPDATE exchanged_token SET act = '{}'",
    "of another service": "UPDATE exchanged_token SET client_id = 'stock'",
    "without its tag": "UPDATE exchanged_token SET tag = NULL",
}


@pytest.fixture
def parties(site: Site) -> tuple[Site, Application, Application, Application]:
    return site, web(site), service(site), site.application("stock")


@pytest.mark.parametrize("how", ALTERED)
def test_one_that_was_altered_is_no_token(
    parties: tuple[Site, Application, Application, Application], how: str
) -> None:
    site, app, orders, stock = parties
    made = exchange(site, orders, given(site, app), scope="email").json["access_token"]
    assert active(site, stock, made)
    assert write(site, ALTERED[how]) == 1
    for one in (orders, stock, site.application("ledger")):
        assert not active(site, one, made)
    assert any("exchanged_token" in name for name in refused(site))
    # The ledger, too, finds a token that is not as it was made.
    site.spoiled = True


def test_one_that_is_asked_for_while_the_token_before_ends_is_not_given(
    parties: tuple[Site, Application, Application, Application], monkeypatch: pytest.MonkeyPatch
) -> None:
    site, app, orders, _stock = parties
    token = given(site, app)

    def ask() -> Answer:
        return exchange(site, orders, token)

    answer = under_way(monkeypatch, (exchanging, "issue"), ask, lambda: revoke(site, app, token))
    assert (answer.status, answer.json["error"]) == (400, "invalid_request")
    assert introspect(site, app, token).json == {"active": False}
