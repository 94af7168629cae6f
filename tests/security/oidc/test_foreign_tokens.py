"""Tokens in hands that they were not given to: another application, another site, another place."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from idp import clock
from idp.store.db.statements import Statement
from tests.protocol.endpoints import active, introspect, own_token, revoke, robot
from tests.protocol.sign_ins import code, tokens, userinfo
from tests.support.site import Application, Site

OFFLINE = {"scope": "openid profile offline_access"}
KINDS = ("access_token", "refresh_token")


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One installation for all tests here: tokens are made again, applications are many."""
    folder = tmp_path_factory.mktemp("foreign")
    site = Site(folder, f"sqlite:///{folder / 'acrux.db'}")
    site.person("tane")
    yield site
    site.close()


@pytest.mark.parametrize("form", ["opaque", "jwt"])
def test_a_stranger_cannot_tell_a_live_token_from_none(ready: Site, form: str) -> None:
    """Byte for byte the same answers, so that stolen tokens cannot be sorted."""
    app = ready.application(f"app-{form}", access_token_format=form)
    thief = ready.application(f"thief-{form}")
    answer = tokens(ready, app, **OFFLINE)
    own = robot(ready, f"robot-{form}", access_token_format=form)
    live = [*(answer[kind] for kind in KINDS), own_token(ready, own).json["access_token"]]
    nothing = introspect(ready, thief, "nothing"), revoke(ready, thief, "nothing")
    for token in live:
        asked, ended = introspect(ready, thief, token), revoke(ready, thief, token)
        for seen, expected in zip((asked, ended), nothing, strict=True):
            assert (seen.status, seen.text) == (expected.status, expected.text)
            assert seen.said == expected.said
    assert userinfo(ready, answer["access_token"]).status == 200
    assert active(ready, own, live[2])
    assert ready.refresh(app, answer["refresh_token"]).status == 200


def test_an_api_may_look_and_end_nothing(ready: Site) -> None:
    app = ready.application("looked-at", audience=["api"])
    api = ready.application("api", resource_server=True)
    answer = tokens(ready, app, **OFFLINE)
    assert active(ready, api, answer["access_token"])
    assert not active(ready, api, answer["refresh_token"])
    for kind in KINDS:
        revoke(ready, api, answer[kind])
    assert active(ready, api, answer["access_token"])
    assert ready.refresh(app, answer["refresh_token"]).status == 200


def test_to_be_named_as_audience_opens_no_other_application(ready: Site) -> None:
    api = ready.application("named")
    first = ready.application("first", audience=["named"])
    second = ready.application("second", audience=["named-too"])
    assert active(ready, api, tokens(ready, first)["access_token"])
    assert not active(ready, api, tokens(ready, second)["access_token"])


def test_a_public_client_cannot_look_even_at_its_own(ready: Site) -> None:
    """Anyone who knows its name could, and names are public."""
    app = ready.application("page", public=True)
    answer = tokens(ready, app, **OFFLINE)
    for kind in KINDS:
        assert introspect(ready, app, answer[kind]).status == 401
    secretless = Application("page", None, app.redirect_uri)
    assert revoke(ready, secretless, answer["access_token"]).status == 200
    assert userinfo(ready, answer["access_token"]).status == 401


def test_a_client_that_was_deleted_takes_its_tokens_along(ready: Site) -> None:
    app, api = ready.application("gone"), ready.application("watcher", resource_server=True)
    answer = tokens(ready, app, **OFFLINE)
    mechanic = robot(ready, "gone-too")
    own = own_token(ready, mechanic).json["access_token"]
    with ready.work() as work:
        work.run(Statement("DELETE FROM client WHERE id IN ('gone', 'gone-too')"))
    for token in (answer["access_token"], own):
        assert not active(ready, api, token)
        assert userinfo(ready, token).status == 401


def test_a_token_of_another_installation_is_unknown_here(ready: Site, tmp_path: Path) -> None:
    other = Site(tmp_path, f"sqlite:///{tmp_path / 'acrux.db'}")
    other.person("tane")
    forms: list[dict[str, Any]] = [{}, {"access_token_format": "jwt"}]
    foreign = [tokens(other, other.application(f"app-{i}", **data)) for i, data in enumerate(forms)]
    other.close()
    clock.use_offset_file(str(ready.clock_file))
    api = ready.application("here", resource_server=True)
    for answer in foreign:
        assert userinfo(ready, answer["access_token"]).status == 401
        assert not active(ready, api, answer["access_token"])


def test_what_is_no_access_token_passes_for_none(ready: Site) -> None:
    app = ready.application("many", access_token_format="jwt")
    value = code(ready, app, **OFFLINE)
    for token in (value, app.secret or "", "many"):
        assert userinfo(ready, token).status == 401
        assert not active(ready, app, token)
    answer = ready.redeem(app, value).json
    for kind in ("refresh_token", "id_token"):
        assert userinfo(ready, answer[kind]).status == 401
