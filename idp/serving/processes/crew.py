"""The processes of one start or reload, which begin together and are replaced one by one.

A crew that is new is on trial until it serves: what ends one of its processes then ends the trial,
and no other crew notices. Afterwards each place is filled again for ever.
"""

import logging
import os
import time
from dataclasses import dataclass
from typing import Any

from idp.serving.processes import line
from idp.serving.processes.child import Child, Role, State
from idp.serving.processes.listening import Doors
from idp.serving.processes.starts import Row

log = logging.getLogger("acrux.serving")
TRIAL_SECONDS = 120.0
"""For so long a new crew may take to load, on whatever machine."""
BESIDE = 0
"""The place of the process that checks, and does the worker's jobs; the others serve."""


@dataclass(frozen=True)
class Plan:
    """What is started: so many processes that serve, and the one beside them."""

    serving: Role
    beside: Role
    count: int
    doors: Doors | None
    """Where they listen; None where there is nothing but to check."""
    told: dict[str, Any]
    """What each process gets to know."""
    stays: bool
    """Whether the one beside them goes on when it has checked."""


class Crew:
    """The processes of one plan. `patient` waits with the first until all are there."""

    def __init__(self, plan: Plan, *, patient: bool) -> None:
        self.plan = plan
        self.members: list[Child] = []
        self.said: dict[str, Any] = {}
        """What the one beside them had to say when it had checked."""
        self.failure: str | None = None
        """Why this crew is none, while it is on trial."""
        self.established = False
        """True once the trial is over: it serves."""
        self._patient = patient
        self._released = False
        self._until = time.monotonic() + TRIAL_SECONDS
        self._rows: dict[int, Row] = {}
        self._due: dict[int, float] = dict.fromkeys(range(plan.count + 1), 0.0)
        """When each empty place is filled (monotonic seconds)."""

    def fill(self, now: float) -> None:
        """Start what is due, as many at a time as there are cores to load them."""
        if not self.established and now >= self._until:
            self.failure = self.failure or "its processes take too long to load"
        loading = sum(child.state is State.LOADING for child in self.members)
        for place in [place for place, due in self._due.items() if due <= now]:
            if loading >= max(2, os.cpu_count() or 1):
                return
            del self._due[place]
            try:
                self.members.append(self._start(place))
            except OSError as error:
                # The machine has no process, memory or file to give just now.
                said = f"a {self._role(place).name} cannot be started, {error.strerror}"
                self._put_off(place, said, 0.0, now)
            loading += 1

    def wakes_at(self) -> float | None:
        """Return when this crew next has something to do by itself, in monotonic seconds."""
        times = [due for due in self._due.values() if due]
        if not self.established:
            times.append(self._until)
        return min(times, default=None)

    def hear(self, child: Child, message: dict[str, Any]) -> None:
        """Take up what one of its processes says."""
        word = message.pop("word")
        if word == line.REFUSED:
            child.refusal = message["why"]
        elif word == line.SERVES:
            child.state = State.SERVES
            self._establish()
        elif word == line.LOADED:
            child.state = State.LOADED
            if child.place == BESIDE:
                self.said = message
            self._release(child)

    def lose(self, child: Child, how: str, now: float) -> None:
        """One of its processes has ended."""
        self.members.remove(child)
        stays = self.said.get("stays", self.plan.stays)
        if child.place == BESIDE and not stays and child.state is not State.LOADING:
            return
        if child.place != BESIDE and self.plan.doors and self.established:
            self.plan.doors.shut(child.place - 1)
        self.failure = self.failure or child.refusal or None
        said = f"a {child.role.name} ({child.process.pid}) {how}"
        self._put_off(child.place, said, child.lived, now)

    def _put_off(self, place: int, said: str, lived: float, now: float) -> None:
        """Fill a place again in a while; while this crew is on trial, the trial is over."""
        if not self.established and (place != BESIDE or not self._released):
            self.failure = self.failure or said
            return
        row = self._rows.get(place, Row()).after(lived)
        self._rows[place] = row
        self._due[place] = now + row.pause
        if row.says:
            log.error("%s: %s", said, row.says)

    def _role(self, place: int) -> Role:
        return self.plan.beside if place == BESIDE else self.plan.serving

    def _start(self, place: int) -> Child:
        told = {**self.plan.told, "stays": self.plan.stays}
        return Child(self._role(place), place, told)

    def _release(self, child: Child) -> None:
        """Let processes begin: none before the checks are over, and then whoever is there."""
        loaded = [one for one in self.members if one.state is State.LOADED]
        if self._released:
            self._let_go(child)
            return
        serving = sum(one.place != BESIDE for one in loaded)
        if self.said and serving >= (self.plan.count if self._patient else 1):
            self._released = True
            for one in loaded:
                self._let_go(one)

    def _let_go(self, child: Child) -> None:
        if child.place == BESIDE or not self.plan.doors:
            child.go(None)
            return
        try:
            child.go(self.plan.doors.at(child.place - 1))
        except OSError as error:
            child.refusal = f"cannot listen at {self.plan.doors.name}: {error.strerror}"
            child.process.kill()

    def _establish(self) -> None:
        serving = sum(one.state is State.SERVES for one in self.members)
        if serving >= (self.plan.count if self._patient else 1):
            self.established = True
