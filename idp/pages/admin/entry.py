"""Whom the console's pages are for: the level they ask for, and the actions that a role allows."""

from idp.installation import Installation
from idp.pages import gate
from idp.pages.gate import Address, Admits
from idp.policy import roles
from idp.policy.roles import Action

LEVEL = "urn:acrux:acr:mfa"


def reads(installation: Installation, path: Address, action: Action) -> Admits:
    """Put a page behind a sign-in of someone who may do `action`; see `gate.signed_in`."""
    return gate.signed_in(installation, path, level=LEVEL, roles=roles.holders(action))


def changes(installation: Installation, path: Address, action: Action, *, given_up: str) -> Admits:
    """Put what changes something, or leaves the house, behind a fresh proof as well."""
    return gate.fresh(
        installation, path, given_up=given_up, level=LEVEL, roles=roles.holders(action)
    )


def enters(installation: Installation, path: Address) -> Admits:
    """Put a page behind a sign-in of someone who may do anything here at all."""
    return gate.signed_in(installation, path, level=LEVEL, roles=roles.of_console())
