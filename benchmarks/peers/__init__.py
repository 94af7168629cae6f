"""Other providers, measured beside Acrux: how each is made ready, and where it is found.

Owns nothing of what is measured: loads and figures are those of all providers.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import NamedTuple

from benchmarks.installation import Site
from benchmarks.peers import keycloak, oidc_provider


class Peer(NamedTuple):
    """A provider on one database: whether it is there, and how it is served in a folder."""

    name: str
    database: str
    why_missing: Callable[[], str | None]
    running: Callable[..., AbstractContextManager[Site]]


PEERS = (
    *(
        Peer(
            variant.name,
            variant.database,
            oidc_provider.why_missing,
            partial(oidc_provider.running, variant),
        )
        for variant in oidc_provider.VARIANTS
    ),
    Peer(keycloak.NAME, "postgresql", keycloak.why_missing, keycloak.running),
)
