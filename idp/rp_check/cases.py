"""The ways in which the provider misbehaves: one row each, with what an application must do.

A row is for whoever asks for what it is about: one that sends no nonce is not tried with a wrong
one, and is told in `advice` what it goes without.
"""

from collections.abc import Callable
from dataclasses import dataclass

from idp.rp_check.asked import Asked
from idp.rp_check.faults import (
    Claims,
    Delivery,
    Fault,
    Situation,
    with_claims,
    with_parameter,
    without,
)
from idp.rp_check.tokens import Keys

STRANGER = "https://somebody-else.invalid"
_HOUR = 3600
WEAKEST = "urn:acrux:acr:none"
"""No level of anyone's: whoever takes it for what was asked compares nothing."""


@dataclass(frozen=True)
class Case:
    """One way to misbehave."""

    name: str
    says: str
    """What the provider does, in words."""
    source: str
    """What demands that it is refused."""
    group: str
    """What the mending of it is found by (`advice`)."""
    fault: Fault
    fits: Callable[[Asked], str] = lambda _asked: ""
    """Returns why it is not tried with an application that asks so; "" when it is."""
    must: bool = True
    """False where the standard only recommends the refusal."""


def _with_nonce(asked: Asked) -> str:
    return "" if asked.nonce else "it sends no nonce"


def _with_state(asked: Asked) -> str:
    return "" if asked.state else "it sends no state"


def _with_levels(asked: Asked) -> str:
    return "" if asked.acrs else "it asks for no acr"


def _with_age(asked: Asked) -> str:
    return "" if asked.max_age is not None else "it sends no max_age"


def _no_token(_keys: Keys, _claims: Claims) -> None:
    return None


def _long_ago(claims: Claims, situation: Situation) -> Claims:
    return claims | {"iat": situation.now - 2 * _HOUR, "exp": situation.now - _HOUR}


def _old(claims: Claims, situation: Situation) -> Claims:
    limit = situation.asked.max_age or 0
    return claims | {"auth_time": situation.now - limit - _HOUR}


def _for_two(claims: Claims, _situation: Situation) -> Claims:
    return claims | {"aud": [claims["aud"], STRANGER], "azp": STRANGER}


def _state_changed(answer: dict[str, str], _situation: Situation) -> dict[str, str]:
    return answer | {"state": answer["state"][::-1] + "x"}


_TOKEN = "OpenID Connect Core 3.1.3.7"  # noqa: S105 - a section
CASES = (
    Case(
        "id-token-missing",
        "The answer to the code has no ID token at all.",
        "OpenID Connect Core 3.1.3.3",
        "token",
        Fault(token=_no_token),
    ),
    Case(
        "id-token-wrong-issuer",
        "iss of the ID token is another provider's.",
        f"{_TOKEN}, 2",
        "token",
        Fault(claims=with_claims(iss=STRANGER)),
    ),
    Case(
        "id-token-wrong-audience",
        "aud of the ID token is another application.",
        f"{_TOKEN}, 3",
        "token",
        Fault(claims=with_claims(aud="another-application")),
    ),
    Case(
        "id-token-other-party",
        "aud of the ID token has a second application, and azp names that one.",
        f"{_TOKEN}, 3 to 5",
        "token",
        Fault(claims=_for_two),
        must=False,
    ),
    Case(
        "id-token-expired",
        "The ID token expired an hour ago.",
        f"{_TOKEN}, 9",
        "token",
        Fault(claims=_long_ago),
    ),
    Case(
        "id-token-without-expiry",
        "The ID token has no exp.",
        "OpenID Connect Core 2",
        "token",
        Fault(claims=with_claims(exp=None)),
    ),
    Case(
        "id-token-without-subject",
        "The ID token does not say who it is about.",
        "OpenID Connect Core 2",
        "token",
        Fault(claims=with_claims(sub=None)),
    ),
    Case(
        "id-token-unsigned",
        "The ID token is not signed: its header says alg none.",
        f"{_TOKEN}, 6 to 7; RFC 8725 3.1",
        "signature",
        Fault(token=Keys.unsigned),
    ),
    # Of these four the standard lets TLS take the place, where the token comes from `/token`.
    Case(
        "id-token-without-signature",
        "The ID token names an algorithm and has an empty signature.",
        f"{_TOKEN}, 6",
        "signature",
        Fault(token=Keys.without_signature),
        must=False,
    ),
    Case(
        "id-token-changed",
        "The ID token was changed after it was signed.",
        f"{_TOKEN}, 6",
        "signature",
        Fault(token=Keys.changed),
        must=False,
    ),
    Case(
        "id-token-by-another-key",
        "The ID token is signed by a key that the provider does not publish.",
        f"{_TOKEN}, 6",
        "signature",
        Fault(token=Keys.by_another_key),
        must=False,
    ),
    Case(
        "id-token-with-its-own-key",
        "The ID token brings the key that signed it, in its header.",
        "RFC 8725 3.10",
        "signature",
        Fault(token=Keys.with_the_key_inside),
        must=False,
    ),
    Case(
        "id-token-by-the-public-key",
        "The ID token is signed by HS256, with the public key as the secret.",
        f"{_TOKEN}, 7; RFC 8725 2.1",
        "signature",
        Fault(token=Keys.by_the_public_key),
    ),
    Case(
        "id-token-wrong-at-hash",
        "at_hash of the ID token belongs to another access token.",
        "OpenID Connect Core 3.1.3.8",
        "at_hash",
        Fault(claims=with_claims(at_hash="AAAAAAAAAAAAAAAAAAAAAA")),
        must=False,
    ),
    Case(
        "nonce-missing",
        "The ID token has no nonce, and the application sent one.",
        f"{_TOKEN}, 11",
        "nonce",
        Fault(claims=with_claims(nonce=None)),
        fits=_with_nonce,
    ),
    Case(
        "nonce-wrong",
        "The ID token has the nonce of another sign-in.",
        f"{_TOKEN}, 11",
        "nonce",
        Fault(claims=with_claims(nonce="of-another-sign-in")),
        fits=_with_nonce,
    ),
    Case(
        "acr-too-low",
        "acr of the ID token is none of those that were asked for.",
        f"{_TOKEN}, 12",
        "acr",
        Fault(claims=with_claims(acr=WEAKEST)),
        fits=_with_levels,
    ),
    Case(
        "acr-missing",
        "The ID token has no acr, and the application asked for one.",
        f"{_TOKEN}, 12",
        "acr",
        Fault(claims=with_claims(acr=None)),
        fits=_with_levels,
    ),
    Case(
        "sign-in-too-old",
        "auth_time of the ID token is an hour older than max_age allows.",
        f"{_TOKEN}, 13",
        "age",
        Fault(claims=_old),
        fits=_with_age,
    ),
    Case(
        "auth-time-missing",
        "The ID token has no auth_time, and the application sent max_age.",
        "OpenID Connect Core 3.1.2.1, max_age",
        "age",
        Fault(claims=with_claims(auth_time=None)),
        fits=_with_age,
    ),
    Case(
        "userinfo-of-another",
        "sub of userinfo is another person's than that of the ID token.",
        "OpenID Connect Core 5.3.2",
        "userinfo",
        Fault(userinfo=with_claims(sub="somebody-else")),
    ),
    Case(
        "state-missing",
        "The answer has no state, and the application sent one.",
        "RFC 6749 10.12; RFC 9700 4.7",
        "state",
        Fault(answer=without("state")),
        fits=_with_state,
    ),
    Case(
        "state-wrong",
        "state of the answer is not what the application sent.",
        "RFC 6749 10.12; RFC 9700 4.7",
        "state",
        Fault(answer=_state_changed),
        fits=_with_state,
    ),
    Case(
        "answer-nobody-asked-for",
        "A browser that never asked brings the answer to somebody else's request.",
        "RFC 6749 10.12; RFC 9700 4.7",
        "state",
        Fault(delivery=Delivery.WITHOUT_A_REQUEST),
    ),
    Case(
        "answer-of-another-browser",
        "A browser that has asked brings the answer to somebody else's request.",
        "RFC 6749 10.12; RFC 9700 4.7",
        "state",
        Fault(delivery=Delivery.TO_ANOTHER),
    ),
    Case(
        "state-used-again",
        "The same answer comes a second time, with a new code.",
        "RFC 9700 4.2.4",
        "state",
        Fault(delivery=Delivery.AGAIN),
        fits=_with_state,
        must=False,
    ),
    Case(
        "issuer-wrong",
        "iss of the answer is another provider's (mix-up).",
        "RFC 9207 2.4",
        "iss",
        Fault(answer=with_parameter("iss", STRANGER)),
        # Whoever knows one provider alone cannot be taken in by another.
        must=False,
    ),
    Case(
        "issuer-missing",
        "The answer has no iss, and the provider announces that each has one.",
        "RFC 9207 2.4",
        "iss",
        Fault(answer=without("iss")),
        must=False,
    ),
    Case(
        "code-of-another",
        "The code was issued for somebody else's request (code injection).",
        "RFC 9700 4.5",
        "injection",
        Fault(injected=True),
    ),
    Case(
        "refusal",
        "The answer is an error, access_denied.",
        "RFC 6749 4.1.2.1",
        "state",
        Fault(answer=lambda answer, _: _refused(answer)),
    ),
)
"""In the order in which they are tried."""


def _refused(answer: dict[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in answer.items() if name != "code"}
    return kept | {"error": "access_denied"}


BY_NAME = {case.name: case for case in CASES}
