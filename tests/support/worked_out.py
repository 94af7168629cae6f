"""What is worked out from a text alone, kept for all applications that a test process makes.

Each installation of a test is an application of its own. Each would compile the same hundred rules
and the same templates again, which was half of a test's time, and try again whether the same RSA
key is one. What is written differently is worked out anew, and what fails is not kept.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from jinja2.bccache import Bucket, BytecodeCache
from joserfc._rfc7518.rsa_key import RSABinding
from werkzeug.routing import Rule

from idp.web.application import Application


class Templates(BytecodeCache):
    """Templates of this process, each by its name, its file and a digest of its text."""

    def __init__(self) -> None:
        self._compiled: dict[tuple[str, str], Any] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._compiled.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._compiled[bucket.key, bucket.checksum] = bucket.code


def _parts(parse: Callable[..., Any]) -> Callable[..., Any]:
    """Return what takes a rule's path apart, once for each path.

    The converters are those of the first rule: of the kinds that we use, none keeps anything.
    """
    made: dict[str, tuple[list[Any], list[Any], dict[str, Any]]] = {}

    def parts(rule: Any, path: str) -> list[Any]:
        if path not in made:
            before = len(rule._trace)
            found = list(parse(rule, path))
            made[path] = found, rule._trace[before:], dict(rule._converters)
            return found
        found, trace, converters = made[path]
        rule._trace.extend(trace)
        rule._converters.update(converters)
        rule.arguments.update(converters)
        return found

    return parts


def _rsa_keys(import_key: Callable[..., Any]) -> Callable[..., Any]:
    """Return what makes a private RSA key of a JWK's members, and tries it (45 ms), once a key."""
    made: dict[Any, Any] = {}

    def key_of(members: dict[str, Any]) -> Any:
        key = tuple(sorted((name, str(value)) for name, value in members.items()))
        if key not in made:
            made[key] = import_key(members)
        return made[key]

    return key_of


@contextmanager
def once() -> Iterator[None]:
    """Let every application that is made meanwhile work out only what none before it did."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Rule, "_parse_rule", _parts(Rule._parse_rule))
        patch.setattr(Application, "jinja_options", {"bytecode_cache": Templates()})
        patch.setattr(RSABinding, "import_private_key", _rsa_keys(RSABinding.import_private_key))
        yield


@pytest.fixture(scope="session", autouse=True)
def _once() -> Iterator[None]:
    with once():
        yield
