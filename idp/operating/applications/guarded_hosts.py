"""Guarded hosts as an operator looks at them: all of them, and which line an address meets.

Owns what is told of them. Which host and which line it is, and what that needs, comes of the very
functions that answer proxies (`idp.forward`), as things are now and not as a copy has them.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from idp import clock
from idp.errors import CommandError
from idp.forward import decision, hosts, typed
from idp.forward.decision import Verdict
from idp.forward.readings import readings
from idp.installation import Installation
from idp.oidc.clients.client import Client, parse
from idp.oidc.clients.guarded import RESERVED, GuardedPath, Needs
from idp.operating.actor import Actor, acts
from idp.policy.roles import Action
from idp.policy.types import Rules
from idp.store.db import Work
from idp.store.oidc import clients


class State(StrEnum):
    """Whether a host is guarded; nobody comes to any page of one that is not."""

    GUARDED = "guarded"
    SWITCHED_OFF = "switched-off"
    TWICE = "twice"
    """Two applications have it."""


class Outcome(StrEnum):
    """What becomes of whoever opens an address and holds nothing yet."""

    NO_HOST = "no-host"
    """It is at no guarded host."""
    SWITCHED_OFF = State.SWITCHED_OFF.value
    TWICE = State.TWICE.value
    ACRUX = "acrux"
    """Acrux's own: the proxy hands it over, and asks nobody."""
    NO_PATH = "no-path"
    """It can be read as no path: nobody comes there."""
    EVERYBODY = "everybody"
    """It is public."""
    SIGN_IN = "sign-in"
    UNREACHABLE = "unreachable"
    """It needs levels that no single sign-in states: nobody comes there."""


@dataclass(frozen=True)
class Line:
    """A path with what it needs, all that the paths above it say included."""

    path: str
    public: bool
    acr: str | None
    """The level that a sign-in is asked for; of the application, where the path names none."""
    max_age: int | None
    """How old its oldest proof may be, in seconds."""
    user_types: tuple[str, ...]
    groups: tuple[str, ...]
    reachable: bool
    """False: no single sign-in states all levels that are asked."""


@dataclass(frozen=True)
class Host:
    """A host that an application has."""

    client_id: str
    name: str
    origin: str
    state: State
    lines: tuple[Line, ...]
    """The longest path first: the first that fits counts."""

    def described(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {**asdict(self), "state": self.state.value, "lines": _described(self.lines)}


@dataclass(frozen=True)
class Met:
    """Which line an address meets; several, where servers may read it in several ways."""

    origin: str
    path: str
    """As the proxy of the host is asked for it."""
    outcome: Outcome
    host: Host | None = None
    lines: tuple[Line, ...] = ()
    """Every one counts."""
    acr: str | None = None
    """What the sign-in is asked for, None for any."""
    max_age: int | None = None

    def described(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {
            "origin": self.origin,
            "path": self.path,
            "outcome": self.outcome.value,
            "client_id": self.host.client_id if self.host else None,
            "name": self.host.name if self.host else None,
            "lines": _described(self.lines),
            "acr": self.acr,
            "max_age": self.max_age,
        }


class GuardedHosts:
    """The guarded hosts of one installation."""

    def __init__(self, installation: Installation) -> None:
        self._rules = installation.signin.rules

    @acts(Action.CLIENTS_READ)
    def everything(self, work: Work, _actor: Actor) -> list[Host]:
        """Return all of them, by the host's address."""
        found = _clients(work)
        _, twice = hosts.by_origin(one for one in found if not one.switched_off)
        told = [_host(self._rules, one, twice) for one in found]
        return sorted(told, key=lambda one: (one.origin, one.client_id))

    @acts(Action.CLIENTS_READ)
    def which(self, work: Work, _actor: Actor, address: str) -> Met:
        """Return which line `address` meets, and what would be asked of whoever opens it.

        Raises:
            CommandError: it is no address that a browser opens.
        """
        wanted = typed.read(address)
        if wanted is None:
            raise CommandError(
                "this is no address as browsers send it, such as https://wiki.example.org/page"
                " (a host in other letters begins with xn--)"
            )
        found = [one for one in _clients(work) if one.forward_origin == wanted.origin]
        once, twice = hosts.by_origin(one for one in found if not one.switched_off)
        owner = next((one for one in found if one.client_id == once.get(wanted.origin)), None)
        if owner is not None:
            return self._met(owner, wanted.path)
        if twice or not found:
            outcome = Outcome.TWICE if twice else Outcome.NO_HOST
            return Met(wanted.origin, wanted.path, outcome)
        shown = _host(self._rules, found[0], twice)
        return Met(wanted.origin, wanted.path, Outcome.SWITCHED_OFF, shown)

    def _met(self, client: Client, path: str) -> Met:
        rules, floor = self._rules, client.min_acr
        lines = decision.met(client.guarded_paths, path)
        needs = decision.needed(client.guarded_paths, path)
        acr, max_age = decision.to_ask(needs, rules.level, floor)
        outcome = _outcome(rules, path, needs, floor)
        asks = outcome is Outcome.SIGN_IN
        return Met(
            str(client.forward_origin),
            path,
            outcome,
            _host(rules, client, frozenset()),
            tuple(_line(rules, one, floor) for one in lines),
            acr if asks else None,
            max_age if asks else None,
        )


def _outcome(rules: Rules, path: str, needs: tuple[Needs, ...], floor: str | None) -> Outcome:
    if needs and _acruxs(path):
        return Outcome.ACRUX
    match decision.verdict(needs, None, clock.now(), rules.level, floor):
        case Verdict.NO_PATH:
            return Outcome.NO_PATH
        case Verdict.OPEN:
            return Outcome.EVERYBODY
        case _:
            can = decision.reachable(needs, rules.level, floor)
            return Outcome.SIGN_IN if can else Outcome.UNREACHABLE


def _acruxs(path: str) -> bool:
    """Return True if the proxy hands a path over as it is written, and in whatever way it reads it.

    A reading may have lost the slash at its end; without one it is no address of ours as written.
    """
    ours = all(f"{one}/".startswith(RESERVED) for one in readings(path))
    return ours and path.startswith(RESERVED)


def _clients(work: Work) -> list[Client]:
    """Return the applications with a guarded host, those that are switched off too."""
    return [one for one in map(parse, clients.guarded(work)) if one.forward_origin is not None]


def _host(rules: Rules, client: Client, twice: frozenset[str]) -> Host:
    origin, state = str(client.forward_origin), State.GUARDED
    if client.switched_off:
        state = State.SWITCHED_OFF
    elif origin in twice:
        state = State.TWICE
    lines = tuple(_line(rules, one, client.min_acr) for one in client.guarded_paths)
    return Host(client.client_id, client.name, origin, state, lines)


def _line(rules: Rules, one: GuardedPath, floor: str | None) -> Line:
    needs = (one.needs,)
    acr, max_age = decision.to_ask(needs, rules.level, None if one.needs.public else floor)
    return Line(
        one.path,
        one.needs.public,
        acr,
        max_age,
        one.needs.user_types,
        one.needs.groups,
        decision.reachable(needs, rules.level, floor),
    )


def _described(lines: Iterable[Line]) -> list[dict[str, Any]]:
    return [
        {**asdict(one), "user_types": list(one.user_types), "groups": list(one.groups)}
        for one in lines
    ]
