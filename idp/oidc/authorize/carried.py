"""What the answer to an authorization request needs of it, after the sign-in.

It travels in `Demand.parameters`, which the sign-in carries untouched.
"""

from dataclasses import dataclass, fields
from typing import Any

from idp.signin.demand import Demand


@dataclass(frozen=True)
class Carried:
    """What was checked of the request and is for the answer alone."""

    response_type: tuple[str, ...]
    """Its words, sorted."""
    response_mode: str
    says_auth_time: bool
    """The ID token must say auth_time (OIDC Core 2)."""
    state: str | None = None
    nonce: str | None = None
    code_challenge: str | None = None
    claims: str | None = None
    """The claims asked for one by one: `RequestedClaims.to_json`."""
    resource: str = ""
    """The APIs that were named, with a space between two."""
    jkt: str | None = None
    """The thumbprint of the key that the code is bound to."""
    details: str | None = None
    """The authorization details that were asked for: `apis.details.kept`."""
    pushed: str | None = None
    """What the pushed request is kept under that it came by (`pushed.digest_of`)."""

    @classmethod
    def of(cls, demand: Demand) -> "Carried":
        """Return what `to_parameters` put into the Demand; members of other versions are left out.

        Raises:
            KeyError: it is not the Demand of an authorization request.
        """
        values = demand.parameters
        known = {name: values[name] for name in _NAMES if name in values}
        return cls(**known | {"response_type": tuple(values["response_type"])})

    def to_parameters(self) -> dict[str, Any]:
        """Return what `Demand.parameters` is to hold."""
        return dict(vars(self))


_NAMES = tuple(one.name for one in fields(Carried))
