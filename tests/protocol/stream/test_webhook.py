"""The stream to a webhook: each event at least once, in order, signed; who is slow only waits."""

import re
import threading
from pathlib import Path
from typing import Any

import pytest

from idp import audit, clock
from idp.audit import Event, Outcome
from idp.audit.streaming.sending import BATCH
from idp.caller import Caller
from idp.store.db.statements import Statement
from tests.protocol.command import Acrux
from tests.protocol.stream.conftest import SECRET, Hook, happen, send, sender, settings_for
from tests.support.programs.https import Answer
from tests.support.site import Site

DOCUMENT = Path(__file__).parents[3] / "docs/stream.md"


def ids(site: Site, after: int = 0) -> list[int]:
    with site.work() as work:
        return work.column(Statement("SELECT id FROM event WHERE id > :id ORDER BY id"), id=after)


@pytest.mark.slow
def test_every_event_arrives_once_in_order_and_signed(streaming: Site, hook: Hook) -> None:
    (before,) = ids(streaming)[-1:] or [0]
    happen(streaming, BATCH + 3)
    assert send(streaming).sent == BATCH + 3
    assert hook.ids == ids(streaming, before)
    assert [len(r.body.splitlines()) for r in hook.server.requests[-2:]] == [BATCH, 3]
    assert send(streaming).sent == 0
    exported = Acrux(streaming.environ)("audit", "export", "--kind", Event.HELP_ASKED.value)
    assert exported.splitlines()[-1].encode() == hook.server.requests[-1].body.splitlines()[-1]


def test_a_receiver_checks_the_signature_as_the_document_says(streaming: Site, hook: Hook) -> None:
    happen(streaming)
    send(streaming)
    given: dict[str, Any] = {}
    (snippet,) = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    exec(snippet, given)
    request = hook.server.requests[-1]
    assert given["is_acrux"](request.headers, request.body, SECRET)
    assert not given["is_acrux"](request.headers, request.body + b" ", SECRET)
    assert not given["is_acrux"](request.headers, request.body, SECRET.replace("c2V", "d2V"))
    old = request.headers | {"webhook-timestamp": str(clock.now() - 900)}
    assert not given["is_acrux"](old, request.body, SECRET)


def test_a_receiver_that_fails_gets_everything_later(streaming: Site, hook: Hook) -> None:
    happen(streaming, 3)
    hook.say = lambda _: Answer(status=500)
    report = send(streaming)
    assert (report.sent, report.error) == (0, "it answered 500")
    # It is left alone for a second, whoever tries.
    assert send(streaming).error is None
    hook.say = lambda _: Answer(status=503, headers={"Retry-After": "900"})
    streaming.advance(2)
    assert send(streaming).error == "it answered 503"
    hook.say = lambda _: None
    streaming.advance(600)
    assert send(streaming).sent == 0
    happen(streaming, 2)
    streaming.advance(301)
    assert send(streaming).sent == 5
    assert [event["reason"] for event in hook.arrived] == ["0", "1", "2", "0", "1"]


@pytest.mark.slow
def test_a_receiver_that_takes_little_at_once_gets_little(streaming: Site, hook: Hook) -> None:
    hook.say = lambda count: Answer(status=413) if count > 100 else None
    happen(streaming, 250)
    one = sender(streaming)
    while (report := one.send()).error:
        streaming.advance(400)
    assert len(hook.arrived) == 250
    assert hook.ids == sorted(set(hook.ids))
    assert report.error is None


def test_no_redirect_is_followed(streaming: Site, hook: Hook) -> None:
    hook.server.routes["/elsewhere"] = hook
    hook.server.routes["/events"] = Answer(status=307, headers={"Location": "/elsewhere"})
    happen(streaming)
    assert send(streaming).error == "it answered 307"
    assert hook.arrived == []


@pytest.mark.slow
def test_processes_that_send_at_once_lose_and_mix_nothing(streaming: Site, hook: Hook) -> None:
    start = ids(streaming)[-1:] or [0]
    happen(streaming, 40)
    ready = threading.Barrier(4)

    def go() -> None:
        one = sender(streaming)
        ready.wait()
        for _ in range(5):
            one.send()
            happen(streaming, 5)

    threads = [threading.Thread(target=go) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    one = sender(streaming)
    # The first look may find somebody who was writing when it was asked.
    one.send()
    one.send()
    assert hook.ids == ids(streaming, start[0])


def test_a_process_that_was_held_up_moves_nothing_any_more(streaming: Site, hook: Hook) -> None:
    happen(streaming, 3)

    def meanwhile(_: int) -> None:
        hook.say = lambda _: None
        streaming.advance(3600)
        assert send(streaming).sent == 3
        happen(streaming, 2)

    hook.say = meanwhile
    assert send(streaming).sent == 0
    assert send(streaming).sent == 2
    assert sorted(set(hook.ids)) == hook.ids[:3] + hook.ids[6:]
    assert hook.ids[:3] == hook.ids[3:6]


@pytest.mark.postgres
@pytest.mark.parametrize("ends", ["commit", "rollback"])
def test_an_event_that_is_committed_late_is_not_skipped(
    streaming: Site, hook: Hook, ends: str
) -> None:
    if streaming.installation.engine.dialect.name == "sqlite":
        # One writer at a time: none can be late.
        return
    one = sender(streaming)
    add = Statement("INSERT INTO event (at, kind, outcome) VALUES (:at, :kind, 'done')")
    with streaming.work() as late:
        late.run(add, at=clock.now(), kind="person:help:late")
        happen(streaming, 2)
        assert one.send().sent == 0
        assert one.send().sent == 0
        if ends == "rollback":
            late.rollback()
    assert one.send().sent == (3 if ends == "commit" else 2)
    assert hook.ids == sorted(hook.ids)
    assert hook.arrived[0]["event"] == (
        "person:help:late" if ends == "commit" else "person:help:asked"
    )


@pytest.mark.slow
def test_refusals_that_are_alike_come_once_more_when_they_are_counted(
    streaming: Site, hook: Hook
) -> None:
    def refuse() -> None:
        with streaming.work() as work:
            work.caller = Caller(address="203.0.113.9")
            audit.record(work, Event.REQUEST_REFUSED, Outcome.REFUSED, reason="no")

    refuse()
    assert send(streaming).sent == 1
    for _ in range(6):
        refuse()
    assert send(streaming).sent == 0
    streaming.advance(180)
    assert send(streaming).sent == 1
    assert hook.ids[0] == hook.ids[1]
    assert [event["times"] for event in hook.arrived][-1] > 1
    assert send(streaming).sent == 0


def test_replay_sends_again_what_happened_from_a_time_on(streaming: Site, hook: Hook) -> None:
    acrux = Acrux(streaming.environ)
    happen(streaming, 2, "old")
    streaming.advance(86400)
    since = clock.iso(clock.now())
    happen(streaming, 2, "new")
    send(streaming)
    del hook.arrived[:]
    said = acrux("stream", "replay", "--from", since)
    assert said.startswith(f"https://localhost:{hook.server.port}/events: everything behind event")
    assert acrux("stream", "send").endswith(": 3 sent.\n")
    assert [event["reason"] for event in hook.arrived][:2] == ["new", "new"]
    assert hook.arrived[2]["event"] == Event.STREAM_REPLAYED.value
    assert "soon" in acrux.refused("stream", "replay", "--from", "soon")
    elsewhere = "https://other.example"
    assert elsewhere in acrux.refused("stream", "replay", "--from", since, "--to", elsewhere)


@pytest.mark.slow
def test_a_receiver_that_is_behind_is_named_with_the_reason(streaming: Site, hook: Hook) -> None:
    acrux = Acrux(streaming.environ)
    happen(streaming, 2)
    hook.say = lambda _: Answer(status=401)
    assert "it answered 401" in acrux.run("stream", "send").stderr
    streaming.advance(1200)
    (one,) = acrux.json("stream", "status")
    assert one["waiting"] == 2
    assert (one["failures"], one["error"]) == (1, "it answered 401")
    (line,) = [each for each in acrux.run("doctor").output.splitlines() if "  stream" in each]
    assert line.startswith("!!")
    assert "2 events wait" in line
    hook.say = lambda _: None
    acrux("stream", "send")
    (line,) = [each for each in acrux.run("doctor").output.splitlines() if "  stream" in each]
    assert line.startswith("OK")


def test_a_new_receiver_begins_with_what_happens_from_then_on(
    tmp_path: Path, database_url: str, hook: Hook
) -> None:
    site = Site(tmp_path, database_url, **settings_for(hook, tmp_path))
    happen(site, 3)
    assert send(site).sent == 0
    happen(site, 1, "first")
    assert send(site).sent == 1
    assert [event["reason"] for event in hook.arrived] == ["first"]
    site.close()
