"""The parts of the protocol side, built once and handed to its endpoints."""

from dataclasses import dataclass, replace

from idp.egress import Fetcher
from idp.installation import Installation
from idp.oidc.apis.registry import Apis
from idp.oidc.certificates.shown import Certificates
from idp.oidc.client_auth.keys import ClientKeys
from idp.oidc.clients import registry
from idp.oidc.clients.offer import Offer, auth_methods
from idp.oidc.clients.registry import Registry
from idp.oidc.token_endpoint.grants import GRANTS
from idp.oidc.tokens import signing_keys
from idp.oidc.tokens.binding import proofs
from idp.oidc.tokens.binding.proofs import Proofs
from idp.oidc.tokens.issuer import Issuer
from idp.oidc.vocabulary import SIGNING_ALGS
from idp.policy.reach import can_ever_hold
from idp.store.db import Work


@dataclass(frozen=True)
class Provider:
    """What the endpoints of this package share."""

    installation: Installation
    registry: Registry
    issuer: Issuer
    fetcher: Fetcher
    client_keys: ClientKeys
    certificates: Certificates
    proofs: Proofs
    apis: Apis

    def offer(self, work: Work) -> Offer:
        """Return what a client may choose from at this moment."""
        found = offer(self.installation, tuple(self.issuer.keys.ring(work).signers))
        return replace(found, apis=self.apis.all(work))


def of(installation: Installation) -> Provider:
    """Return the parts of an installation: the same for every room that asks.

    So what one has just changed, all others read anew.
    """
    return installation.only(Provider, lambda: _build(installation))


def _build(installation: Installation) -> Provider:
    seconds = installation.settings.oidc.cache
    keys = signing_keys.of(installation)
    issuer = Issuer(installation.settings, installation.keyring, keys, installation.ledger)
    fetcher = Fetcher(installation.settings.egress)
    client_keys = ClientKeys(fetcher, installation.settings.oidc.client_keys_cache)
    certificates = Certificates(installation.settings.mutual_tls)
    return Provider(
        installation=installation,
        registry=registry.of(installation),
        issuer=issuer,
        fetcher=fetcher,
        client_keys=client_keys,
        certificates=certificates,
        proofs=proofs.of(installation.settings, installation.keyring, certificates),
        apis=Apis(seconds),
    )


def offer(installation: Installation, signing_algs: tuple[str, ...]) -> Offer:
    """Return what this installation has for a client to choose from."""
    rules = installation.signin.rules
    names = [*(level.name for level in rules.levels), *rules.aliases]
    reachable = [
        name
        for name in names
        if (level := rules.level(name)) and can_ever_hold(level, rules.abilities)
    ]
    algs = tuple(alg for alg in SIGNING_ALGS if alg in signing_algs)
    rules_of_tokens = installation.settings.oidc
    return Offer(
        tuple(reachable),
        tuple(GRANTS),
        algs,
        rules_of_tokens.legacy_response_types,
        rules_of_tokens.refresh_idle,
        rules_of_tokens.refresh_absolute,
        tuple(installation.signin.authenticators),
        auth_methods(installation.settings.mutual_tls),
    )
