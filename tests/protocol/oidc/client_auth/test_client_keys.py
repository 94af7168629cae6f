"""Keys that a client publishes at its jwks_uri: fetched when needed, kept for a while, replaced."""

import json
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from idp import clock
from idp.egress import Shares
from tests.protocol.ciba import GRANT as CIBA_GRANT
from tests.security.serving.crowd import at_once
from tests.support.applications.signing_client import (
    ASSERTION_TYPE,
    by_key,
    key_for,
    public,
    sign,
)
from tests.support.programs.https import Answer, Received
from tests.support.site import Answer as Answered
from tests.support.stand_ins.publisher import KEPT, Publisher, publishing

PAUSE = 10
STALE = 600
WAITING = 16
SHARE = 8


@pytest.fixture
def published(tmp_path: Path) -> Iterator[Publisher]:
    with publishing(tmp_path) as publisher:
        yield publisher


def test_published_keys_are_fetched_once_and_used_for_a_while(published: Publisher) -> None:
    for _ in range(3):
        assert published.signer.works()
    published.site.advance(KEPT - 5)
    assert published.signer.works()
    assert published.fetched == 1
    published.site.advance(10)
    assert published.signer.works()
    assert published.fetched == 2
    request = published.server.requests[0]
    assert (request.method, request.path) == ("GET", "/jwks")
    assert not {"cookie", "authorization"} & set(request.headers)


def test_a_shorter_time_that_the_client_gives_is_kept(published: Publisher) -> None:
    published.headers = {"Cache-Control": "max-age=60"}
    published.publish(public(published.signer.key, kid="first"))
    assert published.signer.works()
    published.site.advance(50)
    assert published.signer.works()
    assert published.fetched == 1
    published.site.advance(15)
    assert published.signer.works()
    assert published.fetched == 2


@pytest.mark.slow
def test_a_client_that_forbids_keeping_is_still_not_asked_each_time(published: Publisher) -> None:
    published.headers = {"Cache-Control": "no-store"}
    published.publish(public(published.signer.key, kid="first"))
    for _ in range(5):
        assert published.signer.works()
    assert published.fetched == 1
    published.site.advance(PAUSE + 1)
    assert published.signer.works()
    assert published.fetched == 2


@pytest.mark.slow
def test_a_new_key_works_at_once_and_the_old_one_no_longer(published: Publisher) -> None:
    """Conformance suite: oidcc-refresh-token-rp-key-rotation."""
    second = published.with_key("second", "second")
    assert published.signer.works()
    published.publish(public(second.key, kid="second"))
    assert second.works()
    assert published.fetched == 2
    assert not published.signer.works()


def test_a_new_key_without_a_name_works_too(published: Publisher) -> None:
    first, second = published.with_key("", None), published.with_key("second", None)
    published.publish(public(first.key))
    assert first.works()
    published.publish(public(second.key))
    assert second.works()
    assert published.fetched == 2
    assert not first.works()


def test_a_new_key_under_the_old_name_works_too(published: Publisher) -> None:
    second = published.with_key("second", "first")
    assert published.signer.works()
    published.publish(public(second.key, kid="first"))
    assert second.works()
    assert published.fetched == 2


def test_a_set_whose_keys_get_names_is_read_anew(published: Publisher) -> None:
    nameless, named = published.with_key("", None), published.with_key("second", "second")
    published.publish(public(nameless.key))
    assert nameless.works()
    published.publish(public(named.key, kid="second"))
    assert named.works()


@pytest.mark.slow
def test_what_is_signed_by_strangers_does_not_make_us_hammer_anybody(published: Publisher) -> None:
    assert published.signer.works()
    for number in range(20):
        assert not published.with_key("thief", f"kid{number}").works()
    assert published.fetched == 2
    published.site.advance(PAUSE + 1)
    assert not published.with_key("thief", "another").works()
    assert not published.with_key("thief", "yet another").works()
    assert published.fetched == 3
    published.site.advance(PAUSE + 1)
    assert not published.with_key("thief", "first").works()
    assert not published.with_key("thief", None).works()
    assert published.fetched == 4
    assert published.signer.works()
    assert published.fetched == 4


@pytest.mark.slow
def test_clients_that_share_an_address_share_its_limit(published: Publisher) -> None:
    assert published.signer.works()
    for number in range(5):
        twin = by_key(published.site, f"twin{number}", jwks_uri=published.server.url("/jwks"))
        assert twin.works()
        assert not replace(twin, key=key_for("ES256", "thief"), kid="thief").works()
    assert published.fetched == 2


@pytest.mark.slow
def test_the_last_known_keys_bridge_a_short_outage_and_no_longer(published: Publisher) -> None:
    assert published.signer.works()
    published.say(b"", 503)
    published.site.advance(KEPT + 1)
    assert published.signer.works()
    assert published.signer.works()
    assert published.fetched == 2, "a failure is not repeated at once"
    published.site.advance(PAUSE + 1)
    assert published.signer.works()
    assert published.fetched == 3
    published.site.advance(STALE)
    assert not published.signer.works()
    published.publish(public(published.signer.key, kid="first"))
    published.site.advance(PAUSE + 1)
    assert published.signer.works()


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"7", b'{"keys": {}}', b'{"keys": 7}', b"\xff\xfe", b"{}", b"[" * 9000],
)
def test_what_is_no_key_set_is_a_failed_authentication(published: Publisher, body: bytes) -> None:
    published.say(body)
    assert not published.signer.works()
    assert not published.signer.works()
    assert published.fetched == 1


def test_a_failed_fetch_is_a_failed_authentication(published: Publisher) -> None:
    for answer in (
        Answer(b"{}", 404),
        Answer(b"", 302, {"Location": published.server.url("/elsewhere")}),
        Answer(b" " * 70_000),
    ):
        published.server.routes["/jwks"] = answer
        assert not published.signer.works()
        published.site.advance(PAUSE + 1)
    assert published.fetched == 3
    unreachable = by_key(published.site, "inside", jwks_uri="https://10.0.0.1/jwks")
    assert not unreachable.works()
    plain = by_key(published.site, "plain", jwks_uri="http://localhost/jwks")
    assert not plain.works()


def test_an_empty_set_withdraws_every_key(published: Publisher) -> None:
    assert published.signer.works()
    published.publish()
    published.site.advance(KEPT + 1)
    assert not published.signer.works()


@pytest.mark.slow
def test_many_at_once_wait_for_one_fetch(published: Publisher) -> None:
    """Half of them hold an old set, half of them none; no one fetches what another fetches."""
    arrived = threading.Event()
    body = json.dumps({"keys": [public(published.signer.key, kid="first")]}).encode()

    def slowly(_request: Received) -> Answer:
        arrived.wait(0.3)
        return Answer(body)

    published.server.routes["/jwks"] = slowly
    assert all(at_once([published.signer.works] * 8))
    assert published.fetched == 1
    published.site.advance(KEPT + 1)
    assert all(at_once([published.signer.works] * 8))
    assert published.fetched == 2
    second = published.with_key("second", "second")
    body = json.dumps({"keys": [public(second.key, kid="second")]}).encode()
    assert all(at_once([second.works] * 8))
    assert published.fetched == 3


def test_no_connection_to_the_database_is_held_while_fetching(published: Publisher) -> None:
    """A slow address may hold a thread for seconds, but never what all others need."""
    held: list[int] = []
    body = json.dumps({"keys": [public(published.signer.key, kid="first")]}).encode()

    def count(_request: Received) -> Answer:
        held.append(published.site.connections_in_use())
        return Answer(body)

    published.server.routes["/jwks"] = count
    assert all(at_once([published.signer.works] * 2))
    assert held == [0]


def later(answer: Answered) -> bool:
    """Return True if a client is told to come again: nothing is said of who it is."""
    if answer.status != 503:
        return False
    assert answer.json["error"] == "temporarily_unavailable"
    assert int(answer.headers["Retry-After"]) > 0
    return True


@pytest.mark.slow
def test_one_slow_host_holds_a_quarter_of_the_threads_at_most(published: Publisher) -> None:
    go_on = threading.Event()
    body = json.dumps({"keys": [public(published.signer.key, kid="first")]}).encode()

    def slowly(_request: Received) -> Answer:
        go_on.wait(4)
        return Answer(body)

    signers = []
    for number in range(SHARE + 4):
        path = f"/slow{number}"
        published.server.routes[path] = slowly
        signers.append(by_key(published.site, path[1:], jwks_uri=published.server.url(path)))
    with ThreadPoolExecutor(len(signers)) as pool:
        running = [pool.submit(signer.ask) for signer in signers]
        for _, turned_away in zip(range(4), as_completed(running), strict=False):
            assert later(turned_away.result())
        go_on.set()
        assert Counter(later(each.result()) for each in running) == {False: SHARE, True: 4}


def test_hosts_of_strangers_leave_places_for_those_that_operators_registered() -> None:
    shares = Shares(WAITING, SHARE)
    with ExitStack() as taken:

        def free(uri: str, *, strange: bool) -> bool:
            return taken.enter_context(shares.place(uri, strange=strange))

        for host in range(100):
            free(f"https://{host}.evil.example/jwks", strange=True)
        assert not free("https://one.more.example/jwks", strange=True)
        got = [free(f"https://{n}.good.example/jwks", strange=False) for n in range(WAITING)]
        assert got == [True] * (WAITING // 2) + [False] * (WAITING // 2)
    with shares.place("https://evil.example/", strange=True) as again:
        assert again


def test_a_strangers_host_has_half_of_a_share() -> None:
    shares = Shares(WAITING, SHARE)
    with ExitStack() as taken:
        for strange, most in ((True, SHARE // 2), (False, SHARE // 2)):
            got = [
                taken.enter_context(shares.place(f"https://a.example/{n}", strange=strange))
                for n in range(SHARE)
            ]
            assert sum(got) == most


def test_a_clock_that_is_put_back_does_not_stop_fetching(published: Publisher) -> None:
    published.site.advance(86_400)
    published.say(b"", 503)
    assert not published.signer.works()
    published.site.advance(-86_400)
    published.publish(public(published.signer.key, kid="first"))
    assert published.signer.works()
    published.site.advance(-86_400)
    assert published.signer.works()
    assert published.fetched == 3


@pytest.mark.slow
@pytest.mark.parametrize("path", ["/par", "/backchannel_authentication"])
def test_keys_are_fetched_while_no_transaction_is_open(tmp_path: Path, path: str) -> None:
    """On SQLite another writer would have to wait for the client's server.

    The assertion is right, and used up; then comes a request that is signed by an unknown key.
    """
    with publishing(tmp_path) as published:
        site, signer = published.site, published.signer
        ways: dict[str, Any] = {
            "grant_types": [CIBA_GRANT],
            "backchannel_token_delivery_mode": "poll",
        }
        signer = by_key(site, "asking", jwks_uri=published.server.url("/asking"), **ways)
        made: list[str] = []

        def answer(_request: Received) -> Answer:
            made.append(site.person(f"mere{len(made)}"))
            return Answer(json.dumps({"keys": [public(signer.key, kid="first")]}).encode())

        published.server.routes["/asking"] = answer
        now = clock.now()
        said = {"iss": "asking", "aud": site.issuer, "iat": now, "nbf": now, "exp": now + 60}
        asked = sign(said | {"jti": "once"}, key_for("ES256", "unknown"), "ES256", kid="first")
        shown = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": signer.assertion()}
        refused = site.client().send("POST", path, shown | {"request": asked})
        assert refused.status == 400, refused.text
        assert len(made) == 2
