"""The load: people who each do one thing after another, and an attacker beside them."""

import random
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from torture.attacker import Attacker
from torture.deeds import Elsewhere, Visitor, ready
from torture.house import House, Loot, Person
from torture.journal import Journal
from torture.web import Unanswered

VISITORS = 6
PAUSE = 0.02
"""Seconds between two deeds of one: the load is to leave the machine room to recover."""
WEIGHTS = {
    "sign-in": 14,
    "flow": 16,
    "refresh": 22,
    "refresh-twice": 6,
    "refresh-late": 8,
    "redeem-twice": 3,
    "use": 12,
    "revoke": 4,
    "revoke-access": 2,
    "own": 3,
    "sign-out": 3,
    "recovery": 3,
    "change": 3,
    "forget": 5,
    "disable": 0.25,
}


class Load:
    """Threads that go on until they are told to end."""

    def __init__(self, house: House, journal: Journal, seed: int, log: Path) -> None:
        self._end = threading.Event()
        self._log = log
        self.failures: list[str] = []
        """What went wrong in the load itself: the run then proves nothing."""
        loot = Loot()
        visitors = [Visitor(house, journal, loot, f"v{n}") for n in range(VISITORS)]
        shares = [house.people[n::VISITORS] for n in range(VISITORS)]
        starts: list[tuple[Callable[..., None], tuple[object, ...]]] = [
            (self._visit, (visitor, share, random.Random(f"{seed} {visitor.who}")))
            for visitor, share in zip(visitors, shares, strict=True)
        ]
        attacker = Attacker(house, journal, loot, "attacker")
        starts.append((self._attack, (attacker, random.Random(f"{seed} attacker"))))
        self._threads = [threading.Thread(target=t, args=a, daemon=True) for t, a in starts]

    def begin(self) -> None:
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        self._end.set()
        for thread in self._threads:
            thread.join(60)
            if thread.is_alive():
                self.failures.append("a thread of the load did not end")

    @contextmanager
    def running(self) -> Iterator[None]:
        self.begin()
        try:
            yield
        finally:
            self.end()

    def _visit(self, visitor: Visitor, people: Sequence[Person], chance: random.Random) -> None:
        self._sign_in(visitor, people)
        while not self._end.wait(PAUSE):
            [name] = chance.choices(list(WEIGHTS), list(WEIGHTS.values()))
            self._do(visitor, partial(_deed, visitor, name, people, chance))
            if visitor.person is None:
                self._sign_in(visitor, people)
        visitor.close()

    def _sign_in(self, visitor: Visitor, people: Sequence[Person]) -> None:
        person = next(filter(ready, people), None)
        if person is not None:
            self._do(visitor, lambda: visitor.sign_in(person))

    def _attack(self, attacker: Attacker, chance: random.Random) -> None:
        tries = attacker.tries()
        while not self._end.wait(10 * PAUSE):
            self._do(attacker, chance.choice(tries))
        attacker.close()

    def _do(self, visitor: Visitor, deed: Callable[[], None]) -> None:
        try:
            deed()
        except Elsewhere:
            pass
        except Unanswered:
            visitor.anew()
            time.sleep(0.1)
        except Exception:
            failure = traceback.format_exc()
            if failure not in self.failures:
                self.failures.append(failure)
            visitor.anew()


def _deed(visitor: Visitor, name: str, people: Sequence[Person], chance: random.Random) -> None:
    anyone = chance.choice(people)
    if name == "flow":
        visitor.flow_with_tokens(offline=chance.random() < 0.5)
    elif name in ("sign-in", "recovery"):
        person = next(filter(ready, people), None)
        if person is not None:
            (visitor.sign_in if name == "sign-in" else visitor.recovery)(person)
    elif name in ("forget", "disable"):
        (visitor.forget if name == "forget" else visitor.disable)(anyone)
    else:
        {
            "refresh": visitor.refresh,
            "refresh-twice": visitor.refresh_twice,
            "refresh-late": visitor.refresh_late,
            "redeem-twice": visitor.redeem_twice,
            "use": visitor.use,
            "revoke": lambda: visitor.revoke(whole=True),
            "revoke-access": lambda: visitor.revoke(whole=False),
            "own": visitor.own_token,
            "sign-out": visitor.sign_out,
            "change": visitor.change_password,
        }[name]()
