"""What is pushed arrives at least once and in its order; who is away is waited for, and told of."""

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from idp.cli.running import worker
from idp.signals import following, pushing, stopping
from idp.signals.working import Signals
from idp.store.db.statements import Statement
from tests.protocol.signals.conftest import receiver, work
from tests.protocol.signals.test_told import sign_in, switch
from tests.support.applications.receiver import PUSH, Receiver, body, names
from tests.support.programs.https import Answer, HttpsServer
from tests.support.site import Site


def pushed_to(site: Site, endpoint: HttpsServer, **delivery: str) -> Receiver:
    """Return an application that is pushed to, with somebody who signed in there."""
    app = receiver(site)
    endpoint.routes["/events"] = app
    app.make(push=endpoint.url("/events"), delivery=delivery)
    site.person("tane")
    sign_in(site, app)
    return app


def error(status: int, err: str = "") -> Answer:
    return Answer(json.dumps({"err": err, "description": "no"}).encode(), status)


def status(app: Receiver) -> dict[str, str]:
    found: dict[str, str] = app.ask("GET", f"/ssf/status?stream_id={app.stream_id}").json
    return found


@pytest.mark.slow
def test_what_happens_is_pushed_in_order_with_what_the_receiver_wants_to_see(
    told: Site, endpoint: HttpsServer
) -> None:
    app = pushed_to(told, endpoint, authorization_header="Bearer of-the-receiver")
    for on in (False, True, False):
        switch(told, "tane", on)
    assert work(told) >= 5
    off = ["account-disabled", "session-revoked"]
    assert names(app.pushed) == [*off, "account-enabled", *off]
    assert {*app.shown} == {"Bearer of-the-receiver"}
    assert len({said["jti"] for said in app.pushed}) == 5
    assert work(told) == 0


@pytest.mark.slow
@pytest.mark.parametrize("answer", [error(401), error(400, "authentication_failed"), error(503)])
def test_a_receiver_that_is_away_gets_everything_later_and_in_order(
    small: Site, endpoint: HttpsServer, answer: Answer
) -> None:
    app = pushed_to(small, endpoint)
    app.say = lambda _: answer
    switch(small, "tane", False)
    work(small)
    switch(small, "tane", True)
    for wait in (1, 2, 4):
        small.advance(wait)
        work(small)
    assert len(app.shown) == 4, "each look tries the oldest alone"
    assert work(small) == 0, "and not again before its time"
    app.say = None
    small.advance(9)
    work(small)
    assert names(app.pushed) == ["account-disabled", "session-revoked", "account-enabled"]
    assert status(app) == {"stream_id": app.stream_id, "status": "enabled"}


@pytest.mark.slow
def test_a_receiver_that_is_away_for_a_day_is_told_of_it_when_it_is_back(
    small: Site, endpoint: HttpsServer
) -> None:
    app = pushed_to(small, endpoint)
    app.say = lambda _: error(500)
    switch(small, "tane", False)
    work(small)
    small.advance(stopping.GIVEN_UP + 10)
    work(small)
    said = status(app)
    assert (said["status"], said["reason"]) == (
        "paused",
        "the endpoint did not take events for a day",
    )
    assert [one.reason for one in small.events(kind="client:signals:stopped")] == [said["reason"]]
    tried = len(app.shown)
    app.say = None
    small.advance(3600)
    assert work(small) == 0
    assert len(app.shown) == tried
    app.ask("POST", "/ssf/status", {"stream_id": app.stream_id, "status": "enabled"})
    work(small)
    assert names(app.pushed) == ["account-disabled", "session-revoked", "stream-updated"]
    assert body(app.pushed[-1])["status"] == "paused"


@pytest.mark.slow
def test_a_token_that_a_receiver_cannot_read_keeps_no_other_from_it(
    small: Site, endpoint: HttpsServer
) -> None:
    app = pushed_to(small, endpoint)
    app.say = lambda said: error(400, "invalid_request") if names([said])[0][0] == "a" else None
    switch(small, "tane", False)
    work(small)
    assert names(app.pushed) == ["session-revoked"]
    (refused,) = small.events(kind="client:signal:refused")
    assert refused.reason == "the answer was 400 (invalid_request)"


def test_no_more_waits_than_is_kept_and_that_is_said(
    small: Site, endpoint: HttpsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stopping, "MOST", 3)
    app = receiver(small)
    app.make()
    small.person("tane")
    sign_in(small, app)
    for on in (False, True, False, True):
        switch(small, "tane", on)
        work(small)
    assert status(app)["status"] == "disabled"
    assert status(app)["reason"] == "more events wait than are kept"
    assert names(app.taken()) == ["stream-updated"]
    app.ask("POST", "/ssf/status", {"stream_id": app.stream_id, "status": "enabled"})
    assert names(app.taken()) == ["account-disabled", "session-revoked", "account-enabled"]


def test_what_nobody_takes_for_a_week_is_dropped_and_that_is_said(small: Site) -> None:
    app = receiver(small)
    app.make()
    small.person("tane")
    sign_in(small, app)
    switch(small, "tane", False)
    work(small)
    small.advance(stopping.KEPT + 10)
    work(small)
    assert status(app)["status"] == "disabled"
    app.ask("POST", "/ssf/status", {"stream_id": app.stream_id, "status": "enabled"})
    switch(small, "tane", True)
    work(small)
    assert status(app)["status"] == "enabled", "what is said of the stream does not stop it again"
    for _ in range(3):
        app.ask("POST", "/ssf/verify", {"stream_id": app.stream_id})
        small.advance(6)
    found = ["stream-updated", "account-enabled", "verification"]
    assert names([app.claims(one) for one in app.poll()["sets"].values()]) == found
    small.advance(stopping.KEPT)
    work(small)
    assert names(app.taken()) == ["stream-updated"], "of what is older nothing is left"


@pytest.mark.slow
def test_a_slow_receiver_and_one_whose_header_is_lost_keep_no_other_waiting(
    small: Site, endpoint: HttpsServer
) -> None:
    slow, lost, fast = (receiver(small, name) for name in ("slow", "lost", "fast"))
    begun, gate, arrived = threading.Event(), threading.Event(), threading.Event()

    def wait(_said: dict[str, Any]) -> None:
        begun.set()
        assert gate.wait(30)

    slow.say, fast.say = wait, lambda _: arrived.set()
    for app in (slow, lost, fast):
        endpoint.routes[f"/{app.client_id}"] = app
        header = {"authorization_header": "Bearer x"}
        app.make(push=endpoint.url(f"/{app.client_id}"), delivery=header)
    with small.work() as unit:
        broken = Statement("UPDATE signal_stream SET sealed = :no WHERE client_id = 'lost'")
        unit.run(broken, no=b"broken")
    signals = Signals(small.installation)
    _, look = signals.jobs
    for at in range(3):
        for app in (slow, lost, fast):
            app.ask("POST", "/ssf/verify", {"stream_id": app.stream_id})
        looks = 0
        # What was pushed a moment ago may not be over yet.
        while not arrived.wait(0.2) and looks < 100:
            looks += 1
            look(lambda: False)
        assert arrived.is_set(), f"at {at}"
        assert begun.wait(30)
        arrived.clear()
        small.advance(6)
    assert len(slow.shown) == 1, "one at a time"
    gate.set()
    signals.end()
    assert (len(lost.shown), len(fast.pushed)) == (0, 3)
    with small.work() as unit:
        said = unit.value(Statement("SELECT error FROM signal_stream WHERE client_id = 'lost'"))
    assert said == "its header cannot be opened"
    sent: dict[str, Any] = {"stream_id": lost.stream_id, "description": "ours"}
    assert lost.ask("PATCH", "/ssf/streams", sent).status == 400
    sent["delivery"] = {"method": PUSH, "endpoint_url": endpoint.url("/lost")}
    assert lost.ask("PATCH", "/ssf/streams", sent).status == 200
    assert work(small) >= 1
    assert names(lost.pushed) == ["verification"]


def test_an_error_that_nobody_thought_of_ends_no_job_and_is_said_once_without_its_text(
    small: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    tried, again = threading.Event(), [0]

    def fails(*_: object) -> int:
        again[0] += 1
        if again[0] == 3:
            tried.set()
        raise RuntimeError("the secret")

    monkeypatch.setattr(worker, "SIGNALS_EVERY", 0.01)
    monkeypatch.setattr(following.Following, "carry_out", fails)
    monkeypatch.setattr(worker.Worker, "tell_ahead", fails)
    job = worker.Worker(small.installation)
    running = threading.Thread(target=job.run)
    running.start()
    try:
        assert tried.wait(30)
    finally:
        job.stop()
        running.join(30)
    said = [one.getMessage() for one in caplog.records if "RuntimeError" in one.getMessage()]
    assert len(said) == 2, "once for each job"
    assert "test_pushing.py" in said[0]
    assert "secret" not in caplog.text


def test_a_name_that_leads_inside_is_not_followed(tmp_path: Path, endpoint: HttpsServer) -> None:
    """It is looked up when it is pushed to: what it was when it was given does not count."""
    trusting = {"egress__ca_bundle": str(endpoint.ca_bundle)}
    site = Site(tmp_path, f"sqlite:///{tmp_path / 'acrux.db'}", **trusting)
    app = pushed_to(site, endpoint)
    switch(site, "tane", False)
    work(site)
    assert endpoint.connections == 0
    with site.work() as unit:
        assert unit.value(Statement("SELECT error FROM signal_stream"))
    assert "reason" not in status(app), "nothing of our network is told"
    site.close()


@pytest.mark.slow
def test_what_was_shown_at_one_address_is_shown_at_no_other(
    small: Site, endpoint: HttpsServer
) -> None:
    app = pushed_to(small, endpoint, authorization_header="Bearer of-the-receiver")
    endpoint.routes["/others"] = app
    delivery = {"method": "urn:ietf:rfc:8935", "endpoint_url": endpoint.url("/others")}
    sent = {"stream_id": app.stream_id, "delivery": delivery}
    assert app.ask("PATCH", "/ssf/streams", sent).status == 200
    switch(small, "tane", False)
    work(small)
    assert app.pushed
    assert {*app.shown} == {None}


@pytest.mark.slow
def test_a_process_that_dies_after_a_token_was_taken_sends_it_again_and_loses_none(
    told: Site, endpoint: HttpsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Died(BaseException):
        pass

    app = pushed_to(told, endpoint)
    switch(told, "tane", False)
    with monkeypatch.context() as patched:

        def dies(*_: object) -> bool:
            raise Died

        patched.setattr(pushing.Pushing, "_go_on", dies)
        with pytest.raises(Died):
            work(told)
    assert names(app.pushed) == ["account-disabled"]
    assert work(told) == 0, "the turn of who died is not over"
    told.advance(61)
    work(told)
    assert names(app.pushed) == ["account-disabled", "account-disabled", "session-revoked"]
    assert app.pushed[0]["jti"] == app.pushed[1]["jti"]
