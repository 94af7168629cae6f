"""The ways in which Harbour Payroll asks for a sign-in, and what it says of answers. Facts only."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

MFA = "urn:acrux:acr:mfa"


@dataclass(frozen=True)
class Way:
    """One button: which registration it uses, and what it asks of the provider."""

    button: str
    client_id: str
    text: str
    asks: Mapping[str, str]
    insists: tuple[str, ...] = ()
    """Levels of which the answer must be one. Anyone who insists must also look."""


WAYS = {
    "sign-in": Way(
        "Sign in",
        "harbour-payroll",
        "Asks for nothing special. Whoever has set up a second step is asked for it all the same.",
        {},
    ),
    "ask": Way(
        "Ask for MFA",
        "harbour-payroll",
        "Would like two steps, and takes what it gets: it reads in the answer what that was.",
        {"acr_values": MFA},
    ),
    "insist": Way(
        "MFA, essential",
        "harbour-payroll",
        "Insists on two steps. Whoever has no second step sets one up on the way in.",
        {"claims": json.dumps({"id_token": {"acr": {"essential": True, "value": MFA}}})},
        (MFA,),
    ),
    "pay-run": Way(
        "Open the pay runs",
        "harbour-pay-run",
        "Asks for nothing, but is registered with min_acr: the provider demands two steps for it."
        " Someone else's application, so it also needs your consent, once.",
        {},
        # Who names no level is told the strongest that was reached.
        (MFA, "urn:acrux:acr:mfa-app", "phr", "phrh"),
    ),
}


def verdict(key: str, acr: str) -> str:
    """Say what was asked by the button `key`, and whether the level `acr` meets it."""
    if key == "pay-run":
        return "It asked for nothing: the provider's own rule for it demands two steps."
    if key == "insist":
        return "It insisted on two steps, and looked: that is what it got."
    if key == "ask" and acr == MFA:
        return "It asked for two steps, and that is what it got."
    if key == "ask":
        return (
            "It asked for two steps if possible. This person has one, and the answer says so:"
            " an application that needs two must insist, or look before it goes on."
        )
    return "It asked for no level, so it was told the strongest that was reached."
