"""What is worked out from a text alone, kept for all applications that a test process makes.

Each installation of a test is an application of its own. Each would compile the same hundred rules
and the same templates again, which was half of a test's time, and try again whether the same RSA
key is one. What is written differently is worked out anew, and what fails is not kept.
"""

import inspect
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from types import FrameType
from typing import Any

import pytest
from jinja2.bccache import Bucket, BytecodeCache
from joserfc._rfc7518.rsa_key import RSABinding
from werkzeug.routing import Map, Rule, RuleFactory
from werkzeug.routing.matcher import StateMachineMatcher

from idp.web.application import Application


class Templates(BytecodeCache):
    """Templates of this process, each by its name, its file and a digest of its text."""

    def __init__(self) -> None:
        self._compiled: dict[tuple[str, str], Any] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._compiled.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._compiled[bucket.key, bucket.checksum] = bucket.code


def _spelled(rule: Rule) -> tuple[Any, ...]:
    """Return all that makes a rule, of no map yet, what it is."""
    kinds: dict[type, Callable[[Any], Any]] = {
        set: frozenset,
        list: tuple,
        dict: lambda value: tuple(value.items()),
    }
    values = vars(rule).values()
    return type(rule), *(kinds.get(type(value), _itself)(value) for value in values)


def _itself(value: Any) -> Any:
    return value


def _maps(
    add: Callable[[Any, RuleFactory], None], update: Callable[[Any], None]
) -> tuple[Callable[[Any, RuleFactory], None], Callable[[Any], None]]:
    """Return what stands for `Map.add` and `Map.update`, and compiles each list of rules once.

    The functions behind them are each application's own, and found by the name of a rule.
    """
    made: dict[Any, tuple[Any, Any]] = {}
    lock = threading.Lock()

    def note(addresses: Any, rules: RuleFactory) -> None:
        vars(addresses).setdefault("told", []).extend(rules.get_rules(addresses))
        addresses._remap = True

    def compiled(addresses: Any) -> None:
        if not addresses._remap:
            return
        told: list[Rule] = vars(addresses).get("told", [])
        key = type(addresses), *map(_spelled, told)
        with lock:
            if key not in made:
                addresses._matcher = StateMachineMatcher(addresses.merge_slashes)
                addresses._rules_by_endpoint = {}
                for rule in told:
                    add(addresses, deepcopy(rule))
                update(addresses)
                made[key] = addresses._matcher, addresses._rules_by_endpoint
            addresses._matcher, addresses._rules_by_endpoint = made[key]
            addresses._remap = False

    return note, compiled


def _rsa_keys(import_key: Callable[..., Any]) -> Callable[..., Any]:
    """Return what makes a private RSA key of a JWK's members, and tries it (45 ms), once a key."""
    made: dict[Any, Any] = {}

    def key_of(members: dict[str, Any]) -> Any:
        key = tuple(sorted((name, str(value)) for name, value in members.items()))
        if key not in made:
            made[key] = import_key(members)
        return made[key]

    return key_of


def _modules_of_frames(getmodule: Callable[..., Any]) -> Callable[..., Any]:
    """Return what finds a frame's module by the name that the frame has.

    `inspect` looks through all modules there are for a frame of no file, and the tests' tools have
    some on every stack; Pydantic asks for each frame, for each class that it makes.
    """

    def found(of: Any, *more: Any) -> Any:
        if isinstance(of, FrameType):
            return sys.modules.get(of.f_globals.get("__name__", ""))
        return getmodule(of, *more)

    return found


@contextmanager
def once() -> Iterator[None]:
    """Let every application that is made meanwhile work out only what none before it did."""
    with pytest.MonkeyPatch.context() as patch:
        add, update = _maps(Map.add, Map.update)
        patch.setattr(Map, "add", add)
        patch.setattr(Map, "update", update)
        patch.setattr(Application, "jinja_options", {"bytecode_cache": Templates()})
        patch.setattr(inspect, "getmodule", _modules_of_frames(inspect.getmodule))
        patch.setattr(RSABinding, "import_private_key", _rsa_keys(RSABinding.import_private_key))
        yield


@pytest.fixture(scope="session", autouse=True)
def _once() -> Iterator[None]:
    with once():
        yield
