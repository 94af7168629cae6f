"""The list behind a sector_identifier_uri (OIDC Core section 8.1, Registration section 5).

Anyone who publishes it vouches for the redirect URIs in it: only then may they share one pairwise
`sub`. Fetched when a client is registered or changed, never later.
"""

import json

from idp.egress import EgressError, Fetcher
from idp.oidc.clients.client import Client


def problem(fetcher: Fetcher, client: Client) -> str | None:
    """Say why the sector of `client` does not hold; None when it holds, or there is none.

    A network call, so no transaction may be open. The text says what the network said: it is for
    operators and the record, not for a stranger.
    """
    uri = client.sector_identifier_uri
    if uri is None:
        return None
    try:
        answer = fetcher.get(uri)
    except EgressError as error:
        return f"sector_identifier_uri cannot be fetched: {error.reason}"
    if answer.status != 200:
        return f"sector_identifier_uri answers with status {answer.status}"
    listed = _strings(answer.body)
    if listed is None:
        return "sector_identifier_uri does not hold a JSON array of strings"
    if not set(client.redirect_uris) <= listed:
        return "sector_identifier_uri does not list every redirect URI"
    return None


def _strings(body: bytes) -> set[str] | None:
    try:
        found = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, list) or not all(isinstance(item, str) for item in found):
        return None
    return set(found)
