"""Which of a client's keys are used, and for what: odd, weak and private ones are not."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support.applications.signing_client import by_key, key_for, public, sign
from tests.support.stand_ins.publisher import KEPT, Publisher, publishing


@pytest.fixture
def published(tmp_path: Path) -> Iterator[Publisher]:
    with publishing(tmp_path) as publisher:
        yield publisher


def _twenty_strangers(right: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"kty": "OKP", "crv": "Ed25519", "x": "A" * 43, "kid": str(n)} for n in range(20)] + [
        right
    ]


UNUSABLE: dict[str, Callable[[dict[str, Any]], list[Any]]] = {
    "for encryption": lambda key: [{**key, "use": "enc"}],
    "for signing, not verifying": lambda key: [{**key, "key_ops": ["sign"]}],
    "operations that are no list": lambda key: [{**key, "key_ops": "verify"}],
    "for another algorithm": lambda key: [{**key, "alg": "ES384"}],
    "an algorithm that is a list": lambda key: [{**key, "alg": ["ES256"]}],
    "of another name": lambda key: [{**key, "kid": "other"}],
    "a name that is a number": lambda key: [{**key, "kid": 7}],
    "on another curve": lambda key: [{**key, "crv": "P-384"}],
    "not on the curve": lambda key: [{**key, "x": key["y"], "y": key["x"]}],
    "without a number": lambda key: [{n: v for n, v in key.items() if n != "y"}],
    "a number that is null": lambda key: [{**key, "x": None}],
    "with its private half": lambda key: [{**key, "d": key["x"]}],
    "no objects": lambda _key: [None, 7, "x", []],
    "behind twenty others": _twenty_strangers,
}


@pytest.mark.slow
@pytest.mark.parametrize("keys", UNUSABLE.values(), ids=UNUSABLE)
def test_keys_that_cannot_be_used_are_left_out(
    published: Publisher, keys: Callable[[dict[str, Any]], list[Any]]
) -> None:
    right = public(published.signer.key, kid="first")
    published.publish(*keys(right))
    assert not published.signer.works()


@pytest.mark.slow
def test_a_strange_key_does_not_spoil_the_others(published: Publisher) -> None:
    right = public(published.signer.key, kid="first", use="sig", alg="ES256", x5c=[7], extra={})
    strange: list[Any] = [None, {"kty": "oct", "k": "c2VjcmV0"}, {"kty": 7}, {"kty": "EC"}]
    published.publish(*strange, public(key_for("RS256"), kid="first"), right)
    assert published.signer.works()


def test_a_published_secret_verifies_nothing(published: Publisher) -> None:
    published.publish({"kty": "oct", "k": "c2VjcmV0", "kid": "first", "alg": "HS256"})
    signer = published.signer
    assert not signer.works(sign(signer.claims(), b"secret", "HS256", kid="first"))


@pytest.mark.slow
def test_weak_rsa_keys_are_not_used(published: Publisher) -> None:
    strong = published.with_key("", "first", "RS256")
    published.publish(public(strong.key, kid="first"))
    assert strong.works()
    members = public(strong.key, kid="first")
    for weak in ("A" * 170, members["n"][:170], "", members["n"] * 5, "?", 7):
        published.site.advance(KEPT + 1)
        published.publish({**members, "n": weak})
        assert not strong.works(), weak
        assert published.fetched > 1


def test_registered_keys_are_used_without_asking_anybody(published: Publisher) -> None:
    inline = by_key(published.site, "inline", alg="RS256")
    assert inline.works()
    assert not replace(inline, key=key_for("RS256", "thief")).works()
    assert published.fetched == 0
