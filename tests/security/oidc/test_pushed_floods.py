"""Floods of pushed requests: what anyone can send is bounded, and nobody else is held up by it."""

import pytest

from idp.oidc.authorize import pushed
from idp.policy.throttling.throttle import Window
from idp.store.db.statements import Statement
from tests.protocol.endpoints import ask
from tests.support.site import Application, Site


def _push(site: Site, app: Application) -> int:
    return ask(site, "/par", app, app.request(client_id=None)).status


def test_a_client_that_proves_nothing_is_slowed_from_one_source(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pushed, "BY_ANYONE", Window(3, 60))
    spa, other = site.application("spa", public=True), site.application("spa2", public=True)
    assert [_push(site, spa) for _ in range(5)] == [201, 201, 201, 429, 429]
    answer = ask(site, "/par", spa, spa.request(client_id=None))
    assert answer.json["error"] == "slow_down"
    assert 0 < int(answer.headers["Retry-After"]) <= 60
    assert site.times(kind="client:authentication:held-back") == 1
    assert _push(site, other) == 201
    assert _push(site, site.application()) == 201
    site.advance(61)
    assert _push(site, spa) == 201


def test_a_client_with_a_secret_has_a_limit_too(
    small_site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pushed, "BY_ONE", 2)
    app = small_site.application()
    assert [_push(small_site, app) for _ in range(4)] == [201, 201, 429, 429]
    assert small_site.times(kind="client:authentication:held-back") == 1
    small_site.advance(60)
    assert _push(small_site, app) == 201


def test_a_row_that_was_altered_is_not_followed(small_site: Site) -> None:
    site = small_site
    app = site.application()
    uri = ask(site, "/par", app, app.request(client_id=None)).json["request_uri"]
    with site.work() as work:
        work.run(
            Statement("UPDATE pushed_request SET parameters = replace(parameters, 'S256', 'x')")
        )
    browser = site.browser()
    assert browser.open("/authorize", client_id="app", request_uri=uri).status == 400
    assert site.times(kind="installation:row:refused") == 1
