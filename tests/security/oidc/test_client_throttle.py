"""Failed client authentications are slowed, per client and source; no one else is held back."""

from collections import Counter
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest

from idp import clock
from idp.oidc import windows
from idp.oidc.errors import SlowDown
from idp.policy.throttling.throttle import Window
from tests.protocol.sign_ins import assert_token_error
from tests.security.serving.crowd import at_once, under_way
from tests.support.applications.signing_client import by_key
from tests.support.site import Answer, Application, Site

LIMIT = 30
WINDOW = 60
GUESS = {"grant_type": "refresh_token", "refresh_token": "x"}


def ask(
    site: Site, app: Application, secret: str | None = "wrong", address: str = "203.0.113.9"
) -> Answer:
    """Authenticate from an address; None is the right secret."""
    client: Any = site.client()
    client._client.environ_base["REMOTE_ADDR"] = address
    shown = app if secret is None else Application(app.client_id, secret)
    answer: Answer = client.send("POST", "/token", GUESS, shown.authentication())
    return answer


def flood(site: Site, app: Application, times: int, address: str = "203.0.113.9") -> list[int]:
    return [ask(site, app, f"guess {number}", address).status for number in range(times)]


def test_many_wrong_secrets_are_told_to_slow_down_and_a_right_one_is_served(site: Site) -> None:
    app = site.application()
    assert flood(site, app, LIMIT) == [401] * LIMIT
    for _ in range(3):
        wrong = ask(site, app)
        assert_token_error(wrong, "slow_down", 429)
        assert 0 < int(wrong.headers["Retry-After"]) <= WINDOW
        assert_token_error(ask(site, app, None), "invalid_grant")
    site.advance(WINDOW + 1)
    assert_token_error(ask(site, app), "invalid_client", 401)


def test_nobody_else_is_held_back(site: Site) -> None:
    app, other, public = (
        site.application(),
        site.application("b"),
        site.application("c", public=True),
    )
    flood(site, app, LIMIT + 1)
    assert_token_error(ask(site, app, None, "203.0.113.10"), "invalid_grant")
    assert_token_error(ask(site, other, None), "invalid_grant")
    assert_token_error(ask(site, public, None), "invalid_client", 401)


def test_a_public_client_cannot_be_shut_out_by_its_neighbours(small_site: Site) -> None:
    public = small_site.application(public=True)
    assert flood(small_site, public, LIMIT + 5) == [401] * LIMIT + [429] * 5
    form = {**GUESS, "client_id": public.client_id}
    client: Any = small_site.client()
    client._client.environ_base["REMOTE_ADDR"] = "203.0.113.9"
    assert_token_error(client.send("POST", "/token", form), "invalid_grant")


def test_names_that_nobody_has_are_one_count(small_site: Site) -> None:
    app = small_site.application()
    statuses = [
        ask(small_site, Application(f"nobody{number}", "x"), "x").status
        for number in range(LIMIT + 3)
    ]
    assert statuses == [401] * LIMIT + [429] * 3
    assert_token_error(ask(small_site, app, None), "invalid_grant")


def test_an_ipv6_site_is_one_source(small_site: Site) -> None:
    app = small_site.application()
    for number in range(LIMIT):
        ask(small_site, app, address=f"2001:db8::{number:x}")
    assert ask(small_site, app, address="2001:db8::ffff").status == 429
    assert ask(small_site, app, address="2001:db8:0:1::1").status == 401


def test_wrong_assertions_count_too(small_site: Site) -> None:
    signer = by_key(small_site)
    for _ in range(LIMIT):
        assert signer.ask("a.b.c").status == 401
    assert signer.ask("a.b.c").status == 429
    # What names no one is not held against the client that it may have meant.
    assert signer.works()
    for _ in range(LIMIT):
        assert not signer.works(signer.assertion(aud="x"))
    assert_token_error(signer.ask(signer.assertion(aud="x")), "slow_down", 429)
    assert signer.works()


@pytest.mark.parametrize("workers", [0, 2])
def test_the_count_is_one_for_all_processes_and_callers(site: Site, workers: int) -> None:
    app = site.application()
    thief = Application(app.client_id, "wrong")

    def guesses() -> list[int]:
        def guess() -> int:
            return site.client().send("POST", "/token", GUESS, thief.authentication()).status

        found: list[int] = []
        for _ in range(5):
            found += at_once([partial(guess)] * 8)
        return found

    if workers:
        with site.serve(workers=workers):
            statuses = guesses()
    else:
        statuses = guesses()
    assert Counter(statuses) == {401: LIMIT, 429: 40 - LIMIT}


def test_a_series_of_refusals_is_one_event(small_site: Site) -> None:
    app = small_site.application()
    flood(small_site, app, LIMIT + 20)
    assert small_site.times(kind="client:token:refused") == LIMIT
    [held] = small_site.events(kind="client:authentication:held-back")
    assert (held.outcome, held.source) == ("refused", "203.0.113.9")
    assert held.reason == "slow_down: too many failed client authentications"


@pytest.mark.slow
def test_of_two_threads_that_see_a_window_end_and_run_over_again_one_records_it(
    small_site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = windows.Windows("too often")

    def count() -> bool | None:
        """Return whether it is to be recorded, None where it was let through."""
        try:
            with small_site.work() as work:
                known.count(work, "anybody", Window(1, WINDOW))
        except SlowDown as slower:
            return slower.first
        return None

    assert [count(), count(), count()] == [None, True, False]
    small_site.advance(WINDOW + 1)
    seen: list[bool | None] = []
    monkeypatch.setattr(windows, "clock", SimpleNamespace(now=clock.now))
    late = under_way(
        monkeypatch, (windows.clock, "now"), count, lambda: seen.extend([count(), count()])
    )
    assert (seen, late) == ([None, True], False)
