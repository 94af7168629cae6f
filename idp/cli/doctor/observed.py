"""What `acrux doctor` finds of what shows how it goes: log, metrics, messages that wait."""

from collections.abc import Iterator
from http.client import HTTPConnection, HTTPException

from idp import clock
from idp.audit.streaming import receivers
from idp.cli.doctor.finding import BAD, GOOD, OPEN, Finding
from idp.settings.values import Settings
from idp.store import canaries
from idp.store.db import Work
from idp.store.messages import outbox
from idp.store.service import streams
from idp.store.signals import sets as signal_sets
from idp.store.signals import streams as signal_streams

SECONDS = 5.0
LATE = 900
"""Seconds for which no message waits where all is well: by then it was tried several times."""


def log_findings(loaded: Settings) -> Iterator[Finding]:
    """What the log is like."""
    requests = "a line for each request" if loaded.server.access_log else "no line for a request"
    yield Finding(GOOD, "log", f"{loaded.log.format} on standard error, {requests}")


def metrics_findings(loaded: Settings) -> Iterator[Finding]:
    """The figures can be read where they should be, if anyone serves."""
    bind = loaded.metrics.bind
    if not bind:
        yield Finding(GOOD, "metrics", "are off: metrics.bind is empty")
        return
    # Loaded by those alone who want it.
    from idp.metrics.address import PATH, place_of
    from idp.metrics.folder import Folder

    if not Folder(loaded.metrics_path).has_anyone():
        text = f"no process of this machine keeps any for {bind}"
        yield Finding(
            OPEN, "metrics", text, "start `acrux serve`, whose log says why it keeps none"
        )
        return
    host, port = place_of(bind)
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - asked at loopback
    connection = HTTPConnection(host, port, timeout=SECONDS)
    try:
        connection.request("GET", PATH)
        answer = connection.getresponse()
        whole = answer.status == 200 and b"acrux_processes" in answer.read()
    except (OSError, HTTPException) as error:
        text = f"nothing answers at {bind} ({error})"
        mend = "see the log of the process that began last, and who else has that address"
        yield Finding(BAD, "metrics", text, mend)
        return
    finally:
        connection.close()
    if whole:
        yield Finding(GOOD, "metrics", f"are at http://{bind}{PATH}")
    else:
        yield Finding(BAD, "metrics", f"something else answers at {bind}", "set metrics.bind anew")


def traces_findings(loaded: Settings) -> Iterator[Finding]:
    """Requests can be traced, if they are to be."""
    endpoint = loaded.traces.endpoint
    if not endpoint:
        yield Finding(GOOD, "traces", "are off: traces.endpoint is empty")
        return
    from idp.tracing import needed

    if said := needed.problem():
        yield Finding(BAD, "traces", "the packages of OpenTelemetry are missing", said)
    else:
        share = f"{loaded.traces.percent} of 100 requests"
        yield Finding(GOOD, "traces", f"of {share} go to {endpoint}")


def outbox_findings(work: Work) -> Iterator[Finding]:
    """No message waits for long."""
    now = clock.now()
    late = [each for each in outbox.waiting(work) if now - each.oldest > LATE]
    for each in late:
        text = (
            f"{each.count} of {each.channel} wait, the oldest for {(now - each.oldest) // 60} min"
        )
        mend = "see that `acrux worker` or `acrux serve` runs, and its log"
        yield Finding(BAD, "outbox", text, mend)
    if not late:
        yield Finding(GOOD, "outbox", "no message waits for long")


def stream_findings(work: Work, loaded: Settings) -> Iterator[Finding]:
    """Each receiver of events has what happened until a while ago."""
    known = {row.name: row for row in streams.receivers(work)}
    for receiver in receivers.all_of(loaded.stream):
        row = known.get(receiver.name)
        if row is None:
            text = f"{receiver.name} was never sent to"
            yield Finding(OPEN, "stream", text, "start `acrux worker` or `acrux serve`")
            continue
        lag = streams.lag(work, row.position)
        waits = 0 if lag.oldest is None else clock.now() - lag.oldest
        if waits <= LATE:
            yield Finding(GOOD, "stream", f"{receiver.name} has {row.sent} events")
            continue
        why = f" ({row.error})" if row.error else ""
        text = f"{lag.count} events wait for {receiver.name}, the oldest for {waits // 60} min{why}"
        yield Finding(BAD, "stream", text, "see that it takes them, and the log of the worker")


def signal_findings(work: Work) -> Iterator[Finding]:
    """Each application with a stream of signals takes what it is told."""
    found = signal_streams.everyone(work)
    for row in found:
        waiting, mend = signal_sets.waiting(work, row.id), "`acrux client stream list`"
        waits = 0 if waiting.oldest is None else clock.now() - waiting.oldest
        why = row.error or row.reason
        said = f" ({why})" if why else ""
        if row.status != signal_streams.ENABLED:
            yield Finding(OPEN, "signals", f"to {row.client_id} are {row.status}{said}", mend)
        elif waits > LATE:
            text = f"{waiting.count} wait for {row.client_id}, the oldest for {waits // 60} min"
            yield Finding(BAD, "signals", f"{text}{said}", mend)
        else:
            yield Finding(GOOD, "signals", f"{row.client_id} has taken {row.sent}")
    lag = _behind(work) if found else 0
    if lag > LATE:
        mend = "see that `acrux worker` or `acrux serve` runs, and its log"
        yield Finding(BAD, "signals", f"nobody looked what to tell for {lag // 60} min", mend)


def _behind(work: Work) -> int:
    """Return since how many seconds something happened that was not looked at."""
    known = {row.name: row.position for row in streams.everyone(work)}
    if streams.SIGNALS not in known:
        return 0
    oldest = streams.lag(work, known[streams.SIGNALS]).oldest
    return 0 if oldest is None else clock.now() - oldest


def canary_findings(work: Work, loaded: Settings) -> Iterator[Finding]:
    """The rules held when they were last tried, and that was not long ago."""
    row, every = canaries.last(work), loaded.canary.every
    if row is not None and row.state == "alarm":
        mend = "end what rests on it, find what changed, then `acrux canary run`"
        yield Finding(BAD, "canary", f"a rule did not hold: {row.said}", mend)
    elif row is not None and row.state == "failed":
        yield Finding(BAD, "canary", f"nothing could be tried: {row.said}", "`acrux canary run`")
    elif not every:
        yield Finding(GOOD, "canary", "does not try the rules: canary.every is 0")
    elif row is None or row.ran_at is None or clock.now() - row.ran_at > 2 * every + LATE:
        mend = "see that `acrux worker` or `acrux serve` runs, or run `acrux canary run`"
        yield Finding(OPEN, "canary", "has not tried the rules for long", mend)
    else:
        yield Finding(GOOD, "canary", f"every rule held in {row.tries} tries")
