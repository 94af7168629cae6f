"""What happens to machines, by name. Each is over when the door leads to a server that can work."""

import os
import signal
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress

from torture.machines.estate import Estate
from torture.machines.network import Machine
from torture.run import Trial

FAILS_SECONDS = 20.0
"""Within which a fault of the primary is to be felt."""
STALLED = 3.0
PASSED_OVER = 8.0
"""Seconds after which HAProxy sends nobody to a machine that is gone (haproxy-web.cfg)."""


def _felt(estate: Estate) -> None:
    """Wait until it does not serve any more: whoever asks too early would find nothing wrong."""
    until = time.monotonic() + FAILS_SECONDS
    while estate.server.ready() and time.monotonic() < until:
        time.sleep(0.2)


class _Primary:
    """What is done to the machine that is the primary at that moment, and undone."""

    def __init__(self, estate: Estate) -> None:
        self.estate = estate
        self.databases = estate.databases
        self.machine: Machine
        self.undo = ExitStack()

    def dies(self) -> None:
        self.machine = self.databases.primary
        self.machine.switch_off()
        self.undo.callback(self.databases.switch_on, self.machine)
        _felt(self.estate)

    def dies_behind(self) -> None:
        """Its last seconds reached nobody: replication had stalled."""
        standbys = [each for each in self.databases.machines if each is not self.databases.primary]
        with ExitStack() as stalled:
            for standby in standbys:
                stalled.enter_context(standby.frozen("walreceiver"))
            time.sleep(STALLED)
            self.machine = self.databases.primary
            self.machine.switch_off()
            for standby in standbys:
                # What came meanwhile lies in its socket: it ends before it reads that.
                for receiver in standby.processes("walreceiver"):
                    os.kill(receiver, signal.SIGTERM)
        self.undo.callback(self.databases.switch_on, self.machine)
        _felt(self.estate)

    def crashes(self) -> None:
        """Only PostgreSQL: its first process is killed."""
        first = self.databases.primary.processes("postgres -D")
        for pid in first:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        _felt(self.estate)

    def freezes(self) -> None:
        """All of it stands still, and goes on when another one has taken its place."""
        self.undo.enter_context(self.databases.primary.frozen())
        _felt(self.estate)

    def is_cut_off(self) -> None:
        """It goes on, and nobody reaches it."""
        self.machine = self.databases.primary
        self.machine.unplug()
        self.undo.callback(self.machine.plug)
        _felt(self.estate)

    def mend(self) -> None:
        self.undo.close()
        self.databases.until_whole()


def _on_primary(do: Callable[[_Primary], None]) -> Callable[[Estate], Trial]:
    def trial(estate: Estate) -> Trial:
        found = _Primary(estate)
        return Trial(lambda: do(found), found.mend, from_its_beginning=True)

    return trial


def _switch_over(estate: Estate) -> Trial:
    """As an operator does before work on a machine."""
    databases = estate.databases

    def act() -> None:
        said = databases.switch_over()
        if "Successfully" not in said:
            raise AssertionError(said)

    return Trial(act, databases.until_whole, from_its_beginning=True)


def _standby_dies(estate: Estate) -> Trial:
    """The one that every COMMIT waits for."""
    databases = estate.databases
    undo = ExitStack()

    def act() -> None:
        machine = databases.by_role("sync_standby")
        machine.switch_off()
        undo.callback(databases.switch_on, machine)
        _felt(estate)

    def mend() -> None:
        undo.close()
        databases.until_whole()

    return Trial(act, mend, from_its_beginning=True)


def _server_dies(estate: Estate) -> Trial:
    """One of the machines with Acrux."""
    servers = estate.server

    def mend() -> None:
        servers.switch_on(servers.machines[0])
        servers.until_all_ready()

    def act() -> None:
        servers.machines[0].switch_off()
        time.sleep(PASSED_OVER)

    return Trial(act, mend, from_its_beginning=True)


FAULTS: dict[str, Callable[[Estate], Trial]] = {
    "primary's machine dies": _on_primary(_Primary.dies),
    "primary dies, its last seconds unsent": _on_primary(_Primary.dies_behind),
    "primary's machine freezes": _on_primary(_Primary.freezes),
    "primary's machine is cut off": _on_primary(_Primary.is_cut_off),
    "PostgreSQL is killed on the primary": _on_primary(_Primary.crashes),
    "primary is switched over": _switch_over,
    "synchronous standby dies": _standby_dies,
    "machine with Acrux dies": _server_dies,
}
