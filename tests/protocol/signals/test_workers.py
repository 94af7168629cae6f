"""Two workers at once, of which one is killed in the middle: nothing is lost or out of order."""

import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.protocol.command import Acrux
from tests.protocol.signals.conftest import receiver
from tests.protocol.signals.test_told import sign_in, sub, switch
from tests.support.applications.receiver import names
from tests.support.programs.https import HttpsServer
from tests.support.site import Site

SECONDS = 60
PEOPLE = ("tane", "hine", "mere")
TIMES = 6
OFF, ON = "account-disabled", "account-enabled"


@pytest.mark.slow
def test_two_workers_one_of_them_killed_tell_all_of_everybody_in_order(
    told: Site, endpoint: HttpsServer
) -> None:
    app = receiver(told)
    endpoint.routes["/events"] = app
    kinds = [f"https://schemas.openid.net/secevent/risc/event-type/{name}" for name in (OFF, ON)]
    app.make(*kinds, push=endpoint.url("/events"))
    subs = []
    for name in PEOPLE:
        subs.append(told.person(name))
        sign_in(told, app, name)
    reached, all_there = threading.Event(), threading.Event()

    def seen(_said: dict[str, Any]) -> None:
        if len(app.pushed) == 4:
            reached.set()
        if {len(own) for own in told_of(app.pushed, subs)} == {TIMES}:
            all_there.set()

    app.say = seen

    def live(name: str) -> None:
        for number in range(TIMES):
            switch(told, name, number % 2 == 1)

    acrux = Acrux(told.environ)
    with acrux.at_work("worker") as first, acrux.at_work("worker"):
        with ThreadPoolExecutor(len(PEOPLE)) as crowd:
            list(crowd.map(live, PEOPLE))
        assert reached.wait(SECONDS)
        os.kill(first.pid, signal.SIGKILL)
        first.wait()
        # If it had a turn, that is over when nothing was heard of it for a while.
        told.advance(120)
        # What is pushed last is noted after it was looked at: one more token shows it.
        switch(told, PEOPLE[0], True)
        switch(told, PEOPLE[0], False)
        assert all_there.wait(SECONDS)
    for own in told_of(app.pushed, subs):
        assert names(own)[:TIMES] == [OFF, ON] * (TIMES // 2)


def told_of(pushed: list[dict[str, Any]], subs: list[str]) -> list[list[dict[str, Any]]]:
    """Return what was told of each, in order, without what came twice; no more than `TIMES`."""
    once = {said["jti"]: said for said in list(pushed)}.values()
    return [[said for said in once if sub(said) == one][:TIMES] for one in subs]
