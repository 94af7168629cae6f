"""A generated population with labels: 2,000 people over 90 days, and who of them is several.

No figure here was measured among real people: each is an assumption, written beside it, and chosen
so that the honest look suspicious now and then (travellers, people on call, several devices) and
the shared look honest (one browser at one desk, two people in one office).

One day of a user of a browser: it signs in to an application on arrival and then again every one to
three hours, in one of its sessions, which ends after an hour without use or half a day.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from idp.policy.profile_day import DAY, HOUR, Happening, What

DAYS = 90
PEOPLE = 2000
IDLE = 3600
ABSOLUTE = 43200
START = 20_000
"""The first day, counted from 1970: a Thursday."""

SHARES = (
    ("one device", 0.33),
    ("two devices", 0.23),
    ("three devices", 0.09),
    ("shift worker", 0.12),
    ("traveller", 0.06),
    ("on call", 0.03),
    ("assistant at many desks", 0.04),
    ("lent to an assistant", 0.02),
    ("shared desk, one browser", 0.03),
    ("shared desk, a browser each", 0.03),
    ("shared by two places", 0.02),
)
"""What part of the people is of which kind; the last four are several."""
SHARED = frozenset(kind for kind, _ in SHARES[7:])

ROLE_NAMES_OF_ONE = 0.004
"""Single people whose account is called like a job: admin, office."""
ROLE_NAMES_OF_SEVERAL = 0.45
"""Shared desks that are called like one; what is lent has its owner's name."""
ANOTHER_PHONE = 0.04
"""Single people who set up an app a second time in the 90 days …"""
TROUBLE_WITH_APP = 0.004
"""… and who needed three attempts within a month."""
OWN_APPS = 0.25
"""Shared accounts in which its users, one after the other, tried to set up an app of their own."""
WRONG_TAB = 0.01
"""Single people with several devices who once typed a code into the wrong browser."""
CODE_ASKED_BY_TWO = 0.012
"""Chance per working day that two of a shared account ask for a code at once and mix them up."""
DENIED_BY_MISTAKE = 0.003
"""Single people who said "not me" of a sign-in of their own."""
DENIED_AMONG_SEVERAL = 0.12
"""Shared accounts in which the one with the telephone denied a colleague's sign-in."""
ROUND_THE_CLOCK = 0.3
"""Shared desks that are staffed day and night."""


@dataclass
class Device:
    """A browser. `networks`: where it may be; `roams`: it is in another at each use."""

    networks: tuple[str, ...]
    roams: bool = False
    signs_out: bool = False
    _session: int = 0
    _begun: int = -ABSOLUTE
    _used: int = -ABSOLUTE

    def use(self, at: int, name: str, chance: random.Random) -> Happening:
        if at - self._used > IDLE or at - self._begun > ABSOLUTE:
            self._session, self._begun = self._session + 1, at
        self._used = at
        network = chance.choice(self.networks) if self.roams else self.networks[0]
        return Happening(at, What.SIGNED_IN, f"{name}-{self._session}", network)

    def leave(self, at: int, name: str) -> Happening:
        self._used = -ABSOLUTE
        return Happening(at, What.SIGNED_OUT, f"{name}-{self._session}")


Shift = tuple[int, float, float]
"""Which device, from which hour of the day, to which: more than 24 is after midnight."""


@dataclass
class Account:
    """One account: what it is called, who is behind it, and what happens on each day."""

    kind: str
    username: str
    days: dict[int, list[Happening]] = field(default_factory=dict)

    @property
    def shared(self) -> bool:
        return self.kind in SHARED

    def add(self, happening: Happening) -> None:
        self.days.setdefault(happening.at // DAY, []).append(happening)


def population(seed: int, people: int = PEOPLE) -> list[Account]:
    """Return accounts of every kind, by their shares; the same for the same seed."""
    chance = random.Random(seed)
    made: list[Account] = []
    for kind, share in SHARES:
        made += [_account(kind, len(made) + n, chance) for n in range(round(people * share))]
    return made


def _account(kind: str, number: int, chance: random.Random) -> Account:
    account = Account(kind, _name(kind, number, chance))
    devices, plan = _LIVES[kind](number, chance)
    for day in range(START, START + DAYS):
        for device, begin, end in plan(day):
            _work(account, devices, device, day, begin, end, chance)
    _trouble(account, chance, several_devices=len(devices) > 1)
    return account


def _name(kind: str, number: int, chance: random.Random) -> str:
    desk = kind in SHARED and kind != "lent to an assistant"
    if chance.random() < (ROLE_NAMES_OF_SEVERAL if desk else ROLE_NAMES_OF_ONE):
        word = chance.choice(["reception", "kiosk", "frontdesk", "admin", "triage", "office"])
        return f"{word}{number}"
    return f"{chance.choice(['aroha', 'ben', 'mere', 'noor', 'sam', 'tane'])}.{number}"


def _work(
    account: Account,
    devices: list[Device],
    which: int,
    day: int,
    begin: float,
    end: float,
    chance: random.Random,
) -> None:
    """Let one browser be used from one hour to another."""
    device, name = devices[which], f"{account.username}/{which}"
    at = day * DAY + int(begin * HOUR)
    while at <= day * DAY + int(end * HOUR):
        account.add(device.use(at, name, chance))
        at += int(chance.uniform(0.6, 3) * HOUR)
    if device.signs_out:
        account.add(device.leave(day * DAY + int(end * HOUR) + 60, name))


Life = tuple[list[Device], Callable[[int], Iterator[Shift]]]


def _weekday(day: int) -> bool:
    return (day + 3) % 7 < 5


def _home(number: int) -> str:
    return f"home-{number}"


def _office(chance: random.Random) -> str:
    return f"office-{chance.randrange(12)}"


def _singles(phone: float, evening: float) -> Callable[[int, random.Random], Life]:
    """Office hours at one desk; `phone` and `evening`: how often the other devices are used."""

    def life(number: int, chance: random.Random) -> Life:
        office, mobile = _office(chance), (f"mobile-{chance.randrange(40)}", _home(number))
        devices = [Device((office,)), Device(mobile, roams=True), Device((_home(number),))]
        # Some live on their telephone.
        often = phone * chance.uniform(0.2, 1.8)

        def plan(day: int) -> Iterator[Shift]:
            if _weekday(day) and chance.random() < 0.92:
                yield 0, 8 + chance.gauss(0, 0.5), 16.5 + chance.gauss(0, 0.7)
            for _ in range(chance.choice((1, 1, 2, 3)) if chance.random() < often else 0):
                at = chance.uniform(7, 22)
                yield 1, at, at + chance.expovariate(2)
            if chance.random() < evening:
                yield 2, chance.uniform(17.5, 20.5), chance.uniform(20.5, 22.5)

        return devices[: 1 + bool(phone) + bool(evening)], plan

    return life


def _shift_worker(number: int, chance: random.Random) -> Life:
    """Early, late or night for a week each, at any of the ward's two desks; the phone besides."""
    ward, start = f"ward-{chance.randrange(10)}", chance.randrange(3)
    devices = [Device((ward,), signs_out=True), Device((ward,), signs_out=True)]
    devices.append(Device((f"mobile-{chance.randrange(40)}",)))

    def plan(day: int) -> Iterator[Shift]:
        begin = (7, 15, 23)[(day // 7 + start) % 3] + chance.gauss(0, 0.2)
        if day % 7 < 5:
            half = begin + 4
            first = chance.randrange(2)
            yield first, begin, half
            yield (first if chance.random() < 0.7 else 1 - first), half + 0.3, begin + 8
            if chance.random() < 0.3:
                at = begin + chance.uniform(0, 8)
                yield 2, at, at + 0.1

    return devices, plan


def _traveller(number: int, chance: random.Random) -> Life:
    """A laptop and a phone, both in another network every time."""
    places = tuple(f"anywhere-{chance.randrange(500)}" for _ in range(25))
    devices = [Device(places, roams=True), Device(places, roams=True)]

    def plan(day: int) -> Iterator[Shift]:
        if chance.random() < 0.75:
            begin = 8 + chance.gauss(0, 2)
            yield 0, begin, begin + chance.uniform(3, 10)
        if chance.random() < 0.7:
            at = chance.uniform(6, 22)
            yield 1, at, at + chance.expovariate(1)

    return devices, plan


def _on_call(number: int, chance: random.Random) -> Life:
    """An office day, and twice a month a night in which the telephone rings."""
    devices, office_day = _singles(0.4, 0.2)(number, chance)

    def plan(day: int) -> Iterator[Shift]:
        yield from office_day(day)
        if chance.random() < 0.07:
            for at in (1, 4):
                yield 2, at + chance.random(), at + 1 + chance.random()

    return devices, plan


def _assistant(number: int, chance: random.Random) -> Life:
    """One person who uses the own account at four desks of a house in two networks."""
    networks = (_office(chance), f"annex-{chance.randrange(6)}")
    devices = [Device((networks[n % 2],), signs_out=n > 1) for n in range(4)]

    def plan(day: int) -> Iterator[Shift]:
        if not _weekday(day):
            return
        at = 8 + chance.gauss(0, 0.4)
        while at < 16:
            end = at + chance.uniform(0.5, 3)
            yield chance.choice((0, 0, 0, 1, 2, 3)), at, end
            at = end + chance.uniform(0.05, 0.5)

    return devices, plan


def _lent(number: int, chance: random.Random) -> Life:
    """The owner, who travels now and then, and an assistant who looks after the same account."""
    own, plan_of_owner = _singles(0.6, 0.2)(number, chance)
    devices = [*own, Device((_office(chance),))]

    def plan(day: int) -> Iterator[Shift]:
        yield from plan_of_owner(day)
        if _weekday(day) and chance.random() < 0.6:
            begin = 9 + chance.gauss(0, 1)
            yield len(own), begin, begin + chance.uniform(1, 6)

    return devices, plan


def _staffed(chance: random.Random) -> tuple[tuple[float, float], ...]:
    """Return the shifts of a desk."""
    if chance.random() < ROUND_THE_CLOCK:
        return (7, 15), (15, 23), (23, 31)
    return chance.choice([((7, 15), (13, 21)), ((8, 17), (8, 17)), ((7, 13), (12.5, 19))])


def _one_browser(number: int, chance: random.Random) -> Life:
    """A desk at which two to six people use one browser, one after the other."""
    shifts, open_days = _staffed(chance), chance.choice([5, 7])

    def plan(day: int) -> Iterator[Shift]:
        if (day + 3) % 7 < open_days:
            begin, end = shifts[0][0], shifts[-1][1]
            yield 0, begin + chance.gauss(0, 0.2), end + chance.gauss(0, 0.2)

    return [Device((f"desk-{number}",))], plan


def _browser_each(number: int, chance: random.Random) -> Life:
    """Two to six people in one house, each with a browser of their own; half have it on a phone."""
    people = chance.randint(2, 6)
    devices = [Device((f"desk-{number}",)) for _ in range(people)]
    phones = [n for n in range(people) if chance.random() < 0.5]
    devices += [Device((f"mobile-{chance.randrange(40)}",)) for _ in phones]
    shifts = _staffed(chance)

    def plan(day: int) -> Iterator[Shift]:
        for person in range(people):
            if chance.random() < 0.65:
                begin, end = shifts[(person + day // 7) % len(shifts)]
                yield person, begin + chance.gauss(0, 0.2), end + chance.gauss(0, 0.3)
        for n in range(len(phones)):
            if chance.random() < 0.3:
                at = chance.uniform(7, 22)
                yield people + n, at, at + 0.2

    return devices, plan


def _two_places(number: int, chance: random.Random) -> Life:
    """Two to six people in two houses, all of whom work at the same time."""
    people = chance.randint(2, 6)
    devices = [Device((f"place-{number}-{n % 2}",)) for n in range(people)]
    shifts = _staffed(chance)

    def plan(day: int) -> Iterator[Shift]:
        for person in range(people):
            if chance.random() < 0.65:
                begin, end = shifts[person // 2 % len(shifts)]
                yield person, begin + chance.gauss(0, 0.3), end + chance.gauss(0, 0.3)

    return devices, plan


_LIVES: dict[str, Callable[[int, random.Random], Life]] = {
    "one device": _singles(0, 0),
    "two devices": _singles(0.7, 0),
    "three devices": _singles(0.7, 0.4),
    "shift worker": _shift_worker,
    "traveller": _traveller,
    "on call": _on_call,
    "assistant at many desks": _assistant,
    "lent to an assistant": _lent,
    "shared desk, one browser": _one_browser,
    "shared desk, a browser each": _browser_each,
    "shared by two places": _two_places,
}


def _trouble(account: Account, chance: random.Random, *, several_devices: bool) -> None:
    """Add set-ups of an app, codes in the wrong browser, and denials."""
    shared = account.shared
    setting_up = chance.random()
    if shared and setting_up < OWN_APPS:
        _within(account, What.SET_UP, chance.randint(3, 6), 25, chance)
    elif not shared and setting_up < TROUBLE_WITH_APP:
        _within(account, What.SET_UP, 3, 25, chance)
    else:
        again = chance.random() < ANOTHER_PHONE
        _within(account, What.SET_UP, 1 + again, 80, chance)
    if shared and account.kind != "shared desk, one browser":
        for day in [day for day in account.days if chance.random() < CODE_ASKED_BY_TWO]:
            _beside(account, What.ELSEWHERE, day, chance)
    elif several_devices and chance.random() < WRONG_TAB:
        _beside(account, What.ELSEWHERE, chance.choice(list(account.days)), chance)
    if chance.random() < (DENIED_AMONG_SEVERAL if shared else DENIED_BY_MISTAKE):
        _beside(account, What.DENIED, chance.choice(list(account.days)), chance)


def _within(account: Account, what: What, times: int, days: int, chance: random.Random) -> None:
    begin = START + chance.randrange(DAYS - days)
    for _ in range(times):
        at = (begin + chance.randrange(days)) * DAY + chance.randrange(8, 18) * HOUR
        account.add(Happening(at, what))


def _beside(account: Account, what: What, day: int, chance: random.Random) -> None:
    """Let it happen ten minutes after a use of the day."""
    uses = [each for each in account.days[day] if each.what is What.SIGNED_IN]
    if uses:
        account.add(Happening(chance.choice(uses).at + 600, what))
