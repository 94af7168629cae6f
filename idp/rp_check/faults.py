"""What is wrong in one sign-in: each part is as it should be, but for what a case changes."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from idp.rp_check.asked import Asked
from idp.rp_check.tokens import Keys

Claims = dict[str, Any]
Answer = dict[str, str]


class Delivery(Enum):
    """To whom the answer of `/authorize` is brought."""

    AS_IT_SHOULD = "to the browser that asked"
    WITHOUT_A_REQUEST = "to a browser that asked for nothing"
    TO_ANOTHER = "to a browser that has asked for a sign-in of its own"
    AGAIN = "a second time, with a new code"


@dataclass(frozen=True)
class Situation:
    """What a case knows when it changes something."""

    asked: Asked
    issuer: str
    now: int
    """Seconds since 1970."""


def _signed(keys: Keys, claims: Claims) -> str | None:
    return keys.signed(claims)


def _as_they_are(claims: Claims, _situation: Situation) -> Claims:
    return claims


def _unchanged(answer: Answer, _situation: Situation) -> Answer:
    return answer


@dataclass(frozen=True)
class Fault:
    """One way to misbehave. What is not named is as it should be."""

    claims: Callable[[Claims, Situation], Claims] = _as_they_are
    """Changes what the ID token says."""
    token: Callable[[Keys, Claims], str | None] = _signed
    """Makes the ID token; None for none."""
    answer: Callable[[Answer, Situation], Answer] = _unchanged
    """Changes the parameters that the browser brings."""
    userinfo: Callable[[Claims, Situation], Claims] = _as_they_are
    delivery: Delivery = Delivery.AS_IT_SHOULD
    injected: bool = False
    """Whether the code is one that was issued for another request."""


def with_claims(**values: Any) -> Callable[[Claims, Situation], Claims]:
    """Return what sets claims, or takes those away whose value is None."""

    def change(claims: Claims, _situation: Situation) -> Claims:
        changed = claims | values
        return {name: value for name, value in changed.items() if value is not None}

    return change


def without(name: str) -> Callable[[Answer, Situation], Answer]:
    """Return what leaves a parameter out of the answer."""
    return lambda answer, _: {key: value for key, value in answer.items() if key != name}


def with_parameter(name: str, value: str) -> Callable[[Answer, Situation], Answer]:
    """Return what sets a parameter of the answer."""
    return lambda answer, _: answer | {name: value}
