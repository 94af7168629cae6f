"""The parameters of /authorize as they arrive: known ones, each once, and where the answer goes."""

from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from idp.language import _
from idp.oidc.authorize.signed_responses import carrier
from idp.oidc.clients.client import Client
from idp.oidc.errors import UntrustedRedirect
from idp.oidc.vocabulary import MANY, PARAMETERS, RESPONSE_MODES, front_channel
from idp.web import urlencoded

_QUOTED = "werkzeug.url_quote"
"""As Werkzeug reads a query: what is no UTF-8 stays quoted."""


def queried(query: bytes) -> list[tuple[str, str]]:
    """Return the parameters of a query, in their order (WHATWG URL section 5.1).

    Raises:
        UnicodeDecodeError: it is no text.
    """
    return urlencoded.pairs(query.decode(), _QUOTED)


def single_values(pairs: Sequence[tuple[str, str]]) -> tuple[dict[str, str], list[str]]:
    """Return the known parameters, empty ones left out, and the names given more than once.

    Those of `MANY` may be: their values are one, with a space between two.
    """
    values: dict[str, str] = {}
    repeated: list[str] = []
    for name, value in pairs:
        if name not in PARAMETERS:
            continue
        if name in MANY and values.get(name):
            values[name] += f" {value}"
        elif name in values:
            repeated.append(name)
        values.setdefault(name, value)
    return {name: value for name, value in values.items() if value}, repeated


def trusted_client(
    parameters: Mapping[str, str], client: Client | None, repeated: Sequence[str]
) -> Client:
    """Return the client that asks.

    Raises:
        UntrustedRedirect: with what to tell the person and the developer.
    """
    if "client_id" in repeated or "redirect_uri" in repeated:
        raise UntrustedRedirect(_("The request names its application or return address twice."))
    if not parameters.get("client_id"):
        raise UntrustedRedirect(_("The request does not say which application it comes from."))
    if client is None:
        raise UntrustedRedirect(_("The application that sent you here is not known."))
    return client


def redirect_uri(parameters: Mapping[str, str], client: Client) -> str:
    """Return where the answer goes, once it is sure that the client receives it there.

    Raises:
        UntrustedRedirect: with what to tell the person and the developer.
    """
    uri = parameters.get("redirect_uri", "")
    if not uri:
        raise UntrustedRedirect(_("The request does not say where to return to."))
    if not client.allows_redirect(uri):
        raise UntrustedRedirect(
            _(
                "The return address of this request is not registered for %(name)s.",
                name=client.name,
            ),
            uri,
        )
    return uri


def response_mode(parameters: Mapping[str, str]) -> str:
    """Return how the answer travels, an error too, whatever else is wrong with the request.

    A mode that cannot be had gives way to the default of the response type: query for a code,
    fragment for whatever has a token in it (OAuth 2.0 Multiple Response Types section 2.1).
    """
    asked = parameters.get("response_mode", "")
    usual = "fragment" if front_channel(parameters.get("response_type", "").split()) else "query"
    if not asked or mode_problem(parameters) is not None:
        return usual
    return f"{usual}.jwt" if asked == "jwt" else asked


def mode_problem(parameters: Mapping[str, str]) -> str | None:
    """Return why the response_mode asked for cannot be had."""
    asked = parameters.get("response_mode", "")
    if asked not in ("", *RESPONSE_MODES):
        return "this response_mode is not supported"
    if carrier(asked) == "query" and front_channel(parameters.get("response_type", "").split()):
        return "tokens never travel in a query"
    scheme = urlsplit(parameters.get("redirect_uri", "")).scheme
    if carrier(asked) == "form_post" and scheme not in ("http", "https"):
        return "form_post needs a redirect_uri of http or https"
    return None
