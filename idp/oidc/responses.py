"""Authorization responses: where the answer goes and what it carries, `iss` and `state` always."""

from urllib.parse import urlencode, urlsplit, urlunsplit

from flask import Response

from idp import web


def redirect(redirect_uri: str, issuer: str, state: str | None, values: dict[str, str]) -> Response:
    """Answer in the query of the redirect URI (RFC 6749 section 4.1.2, RFC 9207 `iss`)."""
    fields = dict(values)
    if state is not None:
        fields["state"] = state
    fields["iss"] = issuer
    parts = urlsplit(redirect_uri)
    query = f"{parts.query}&{urlencode(fields)}" if parts.query else urlencode(fields)
    return web.see_other(urlunsplit(parts._replace(query=query)))
