"""What becomes of a process's figures, and which labels there may be."""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from prometheus_client import Counter, Gauge

from idp.audit import AUTHORIZATION, Event, Outcome
from idp.metrics.events import Counting
from idp.metrics.folder import KINDS, Folder
from idp.metrics.instruments import Bounded, Instruments
from idp.metrics.routes import Routes, method_of
from idp.settings import reading
from tests.support import figures as names

KEEPS = """
import sys
from pathlib import Path
from idp.metrics.folder import Folder
from idp.metrics.instruments import Instruments
Folder(Path(sys.argv[1])).join()
to = Instruments()
to.processes.labels("serving").set(1)
to.throttled.labels("factor").inc(int(sys.argv[2]))
to.requests.labels("/token", "POST", "2xx").observe(0.003)
print("kept", flush=True)
sys.stdin.read()
"""


@contextmanager
def keeping(folder: Path, count: int) -> Iterator["subprocess.Popen[str]"]:
    """A process that counts, until it is told to end."""
    command = [sys.executable, "-c", KEEPS, str(folder), str(count)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "kept\n"
        yield process
        process.kill()


def figures(folder: Folder) -> dict[str, float]:
    return {
        one.name + one.labels.get("le", ""): one.value
        for metric in folder.collect()
        for one in metric.samples
        if one.value
    }


@pytest.mark.slow
def test_what_a_killed_process_counted_stays_and_what_it_held_goes(tmp_path: Path) -> None:
    path = tmp_path / "metrics"
    with keeping(path, 2):
        for count in (3, 4):
            with keeping(path, count) as victim:
                assert figures(Folder(path))["acrux_processes"] == 2
                victim.send_signal(signal.SIGKILL)
                victim.wait()
        found = figures(Folder(path))
        assert found["acrux_processes"] == 1
        assert found["acrux_throttled_total"] == 9
        assert found["acrux_http_request_duration_seconds_count"] == 3
        assert found["acrux_http_request_duration_seconds_bucket0.005"] == 3
        assert figures(Folder(path)) == found, "the dead are counted once"
        assert len(list(path.glob("*.lock"))) == 1, "nothing of them is left to be kept for ever"
    with keeping(path, 1):
        assert figures(Folder(path))["acrux_throttled_total"] == 1, "a first start begins anew"


@pytest.mark.slow
def test_the_room_for_figures_is_taken_at_the_start_and_no_one_else_reads_it(
    tmp_path: Path,
) -> None:
    """A file with holes would end a process (SIGBUS) that writes when the disk is full."""
    path = tmp_path / "metrics"
    with keeping(path, 1):
        assert path.stat().st_mode & 0o077 == 0
        for kind, size in KINDS.items():
            (file,) = path.glob(f"{kind}_*.db")
            assert file.stat().st_size == size
            assert file.stat().st_blocks * 512 >= size


@pytest.mark.parametrize(
    ("path", "label"),
    [
        ("/token", "/token"),
        ("/interaction/x8Zb/totp", "/interaction/*/totp"),
        ("/interaction/totp/totp", "/interaction/*/totp"),
        ("/interaction/x8Zb/nothing", "other"),
        ("/token/token", "other"),
        ("/", "/"),
        ("//evil.example/", "other"),
        ("", "other"),
    ],
)
def test_a_request_has_the_label_of_its_route(path: str, label: str) -> None:
    assert Routes(["/", "/token", "/interaction/<interaction_id>/totp"]).of(path) == label


def test_a_word_of_one_route_may_stand_for_what_varies_in_another() -> None:
    """`password` is constant in the account's address, and a method in that of a sign-in."""
    routes = Routes(["/account/password", "/interaction/<interaction_id>/<method>", "/<kind>/one"])
    assert routes.of("/interaction/x8Zb/password") == "/interaction/*/*"
    assert routes.of("/account/password") == "/account/password"
    assert routes.of("/account/one") == "/*/one"
    assert routes.of("/account/x8Zb/password") == "other"


def test_strangers_make_no_labels() -> None:
    assert method_of("BREW") == "other"
    known = Bounded(["a"], room=1)
    assert [known(value) for value in ("a", "b", "c", "a", "b", None)] == [
        *("a", "b", "other", "a", "b"),
        "",
    ]


def row(**values: str) -> dict[str, str | None]:
    return {"acr": None, "amr": None, "reason": None, "data": None} | values


@pytest.fixture
def counting() -> tuple[Instruments, Counting]:
    to = Instruments()
    settings = reading.load(
        {"ACRUX_ENV": "testing", "ACRUX_SERVER__ISSUER": "http://localhost:5000"}
    )
    return to, Counting(to, settings)


def value(of: Counter | Gauge) -> float:
    return float(next(s.value for s in next(iter(of.collect())).samples))


def test_every_event_counts_by_its_name(counting: tuple[Instruments, Counting]) -> None:
    to, count = counting
    shown = {s.labels["event"] for s in next(iter(to.events.collect())).samples}
    assert shown == {event.value for event in Event}, "the first of a kind would raise no alarm"
    for event in Event:
        count(event, Outcome.DONE, row())
        assert value(to.events.labels(event.value, "done")) == 1


def test_a_sign_in_counts_by_how_it_ended_and_what_was_proved(
    counting: tuple[Instruments, Counting],
) -> None:
    to, count = counting
    mfa = "urn:acrux:acr:mfa"
    count(Event.SIGN_IN_FINISHED, Outcome.DONE, row(acr=mfa, amr="pwd otp mfa"))
    assert value(to.sign_ins.labels("finished", mfa, "pwd otp mfa")) == 1
    count(Event.SIGN_IN_REFUSED, Outcome.REFUSED, row(acr="urn:of:a:stranger"))
    assert value(to.sign_ins.labels("refused", "other", "")) == 1


@pytest.mark.parametrize(
    ("event", "reason", "labels"),
    [
        (Event.FACTOR_PROVED, "totp (at enrolment)", ("totp", "proved")),
        (Event.FACTOR_REJECTED, "password: did not match", ("password", "rejected")),
        (Event.FACTOR_HELD, "sms held back for 30", ("sms", "held-back")),
        (Event.FACTOR_REJECTED, "<a stranger's words>", ("other", "rejected")),
    ],
)
def test_an_answer_counts_by_its_method(
    counting: tuple[Instruments, Counting], event: Event, reason: str, labels: tuple[str, str]
) -> None:
    to, count = counting
    count(event, Outcome.DONE, row(reason=reason))
    assert value(to.attempts.labels(*labels)) == 1


@pytest.mark.parametrize(
    ("event", "data", "grant"),
    [
        (Event.TOKEN_ISSUED, "{}", "authorization_code"),
        (Event.TOKEN_ISSUED, f'{{"jti": "x", "endpoint": "{AUTHORIZATION}"}}', "implicit"),
        (Event.TOKEN_REFRESHED, "{}", "refresh_token"),
        (Event.OWN_TOKEN_ISSUED, "{}", "client_credentials"),
    ],
)
def test_tokens_count_by_their_grant(
    counting: tuple[Instruments, Counting], event: Event, data: str, grant: str
) -> None:
    to, count = counting
    count(event, Outcome.DONE, row(data=data))
    assert value(to.tokens.labels(grant)) == 1


def test_the_handbook_names_every_figure_and_no_other() -> None:
    """Those of a process from its instruments, those of the database from its answer."""
    text = Path(__file__).parents[3].joinpath("docs/operate.md").read_text()
    part = text[text.index("### Metrics") : text.index("## Keys")]
    assert set(re.findall(r"`(acrux_[a-z_]+)`", part)) == names.names()
