"""What `acrux doctor` finds of directories that keep people by SCIM, and of their tokens."""

from collections.abc import Iterator

from idp import clock
from idp.cli.doctor.finding import BAD, GOOD, OPEN, Finding
from idp.oidc.clients.client import parse
from idp.policy.roles import DIRECTORY_SCOPE
from idp.settings.values import Settings
from idp.store.db import Work
from idp.store.oidc import client_tokens, clients

SOON = 14
"""Days before the end of a directory's last token from which that is a finding."""
_DAY = 86_400


def scim_findings(work: Work, loaded: Settings) -> Iterator[Finding]:
    """Whoever is a directory has a token for a while, if it has one that lasts."""
    if not loaded.scim.enabled:
        yield Finding(GOOD, "scim", "is off: scim.enabled")
        return
    found = [client for client in map(parse, clients.everything(work)) if not client.switched_off]
    names = [one.client_id for one in found if DIRECTORY_SCOPE in one.api_scopes]
    if not names:
        yield Finding(OPEN, "scim", "no client is a directory", "see docs/scim.md")
        return
    ending = [line for name in names if (line := _ending(work, name)) is not None]
    yield from ending
    if not ending:
        one = f"{names[0]} is a directory"
        yield Finding(GOOD, "scim", one if len(names) == 1 else f"{len(names)} directories")


def _ending(work: Work, client_id: str) -> Finding | None:
    tokens = client_tokens.lasting(work, client_id)
    if not tokens:
        return None
    days = (max(one.expires_at for one in tokens) - clock.now()) // _DAY
    if days >= SOON:
        return None
    said = "has ended" if days < 0 else f"ends in {days} days"
    mend = f"`acrux client scim-token add {client_id} --overlap 7`, and paste it there"
    return Finding(BAD, "scim", f"the token of {client_id} {said}", mend)
