"""A grant is a module and a line in the table: all else follows (docs/architecture.md)."""

import pytest

from idp.oidc.token_endpoint.grant import Grant, Granted, TokenRequest
from idp.oidc.token_endpoint.grants import GRANTS
from tests.protocol.endpoints import active, ask
from tests.protocol.sign_ins import assert_token_error
from tests.support.site import Site

NAME = "urn:example:grant"


class Example(Grant):
    """Gives a token to anyone who proves that it is the client."""

    name = NAME
    public = False

    def authorize(self, request: TokenRequest) -> Granted:
        return Granted(tuple(request.form.get("scope", "read").split()))


def test_a_line_in_the_table_is_served_advertised_and_may_be_registered(
    small_site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(GRANTS, NAME, Example())
    site = small_site
    found = site.client().send("GET", "/.well-known/openid-configuration").json
    assert found["grant_types_supported"][-1] == NAME
    app = site.application("asks", grant_types=[NAME])
    answer = ask(site, "/token", app, {"grant_type": NAME})
    assert answer.status == 200, answer.text
    assert answer.json["scope"] == "read"
    assert active(site, app, answer.json["access_token"])
    other = site.application("other")
    assert_token_error(ask(site, "/token", other, {"grant_type": NAME}), "unauthorized_client")
    public = site.application("public", public=True, grant_types=[NAME])
    assert_token_error(ask(site, "/token", public, {"grant_type": NAME}), "invalid_client", 401)


def test_what_is_not_in_the_table_is_no_grant(small_site: Site) -> None:
    app = small_site.application("asks", grant_types=[NAME])
    assert_token_error(
        ask(small_site, "/token", app, {"grant_type": NAME}), "unsupported_grant_type"
    )
