"""All use cases of one installation, built once for whoever has a face for them."""

from dataclasses import dataclass

from idp.installation import Installation
from idp.operating.clients import Clients


@dataclass(frozen=True)
class Cases:
    """What can be done, room by room. What concerns the rollout is `idp.rollout`."""

    clients: Clients


def build(installation: Installation) -> Cases:
    """Return the use cases of an installation."""
    return Cases(clients=Clients(installation))
