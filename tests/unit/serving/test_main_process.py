"""The main process hears of its processes in whatever pieces the machine gives it time for."""

import json
import os
import signal
import socket
import sys

from idp.serving.processes.child import Role
from idp.serving.processes.crew import Crew, Plan
from idp.serving.processes.line import LOADED, SERVES, encoded
from idp.serving.processes.main import Main
from idp.serving.processes.manager import Manager

HASTY = Role("tests.unit.serving.test_main_process", "process that says all at once")


def test_what_was_checked_is_told_even_if_it_serves_by_the_time_that_is_heard() -> None:
    told = []

    def checked(crew: Crew) -> None:
        told.append(("checked", crew.said["notes"]))

    def serves(crew: Crew) -> None:
        told.append(("serves", crew.said["notes"]))
        os.kill(os.getpid(), signal.SIGTERM)

    plan = Plan(serving=HASTY, beside=HASTY, count=0, doors=None, told={}, stays=True)
    Main(plan, Manager({}), checked=checked, serves=serves).run()
    assert told == [("checked", ["a note"]), ("serves", ["a note"])]


if __name__ == "__main__":
    line = socket.socket(fileno=json.loads(sys.argv[1])["line"])
    line.sendall(encoded(LOADED, notes=["a note"]) + encoded(SERVES))
    signal.pause()
