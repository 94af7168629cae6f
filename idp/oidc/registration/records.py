"""What is recorded of a client that says itself what it is."""

from typing import Any

from idp import audit
from idp.audit import Event
from idp.oidc.clients.client import Client
from idp.store.db import Work


def record(work: Work, event: Event, client: Client, **more: Any) -> None:
    """Record what a client is now."""
    audit.record(
        work,
        event,
        client=client.client_id,
        name=client.name,
        redirect_uris=list(client.redirect_uris)[:10],
        token_endpoint_auth_method=client.token_endpoint_auth_method,
        **more,
    )
