"""What an application asks (CIBA Core 1.0 section 7.1): read by checks in order, and frozen."""

import re
import unicodedata
from dataclasses import dataclass

from idp.messages import texts
from idp.oidc.authorize.checks import Parameters
from idp.oidc.authorize.ordered_checks import OrderedChecks
from idp.oidc.clients.client import Client
from idp.oidc.elsewhere import asked
from idp.oidc.errors import RequestError
from idp.oidc.vocabulary import PING

RESUMES = "/requests/{request}/resume/{{id}}"
"""Where the sign-in goes on; the interaction's id is put in when it has one."""
USUAL, SHORTEST, LONGEST = 300, 10, 900
"""Seconds for which a request can be answered: unless it says otherwise, and at least and most."""
MESSAGE = 100
"""Characters of a binding message: it is compared by eye, and read on a telephone."""
_ADDRESS = re.compile(r"://|\bwww\.|@|[^\s.]\.[^\W\d_]", re.IGNORECASE)
"""What a telephone makes a link of, or a person types: 3.50 is none, evil.example is."""
_UNSEEN = ("Cf", "Mn", "Me")
"""Categories of Unicode that stand on a letter, or are not seen: a dot goes on behind them."""
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*\Z")
"""What may stand behind `Bearer` (RFC 6750 section 2.1)."""
_LONGEST_TOKEN = 1024


@dataclass(frozen=True, kw_only=True)
class Hint:
    """Who is meant: exactly one of the two."""

    login: str | None = None
    """A user name or e-mail address, as the application has it."""
    id_token: str | None = None


@dataclass(frozen=True, kw_only=True)
class Checked(asked.Checked):
    """What the checks found, each under the name of its check."""

    hint: Hint
    binding_message: str | None
    """On one line, without what nobody sees."""
    requested_expiry: int
    """Seconds, within what is possible here."""
    client_notification_token: str | None
    """For a client that is told; None for one that asks."""


def hint(parameters: Parameters) -> Hint:
    """Section 7.1: one and only one of the hints."""
    names = ("login_hint", "login_hint_token", "id_token_hint")
    given = [name for name in names if parameters.get(name)]
    if len(given) != 1:
        raise RequestError("invalid_request", "send one hint: login_hint or id_token_hint")
    if given == ["login_hint_token"]:
        raise RequestError("invalid_request", "login_hint_token is not supported")
    return Hint(login=parameters.get("login_hint"), id_token=parameters.get("id_token_hint"))


def user_code(parameters: Parameters) -> None:
    """A secret that the person tells every application would be none: what they prove is here."""
    if parameters.get("user_code"):
        raise RequestError("invalid_request", "user_code is not supported")


def binding_message(parameters: Parameters) -> str | None:
    """What both sides show. It leads nowhere, or whoever writes it would send people on."""
    text = parameters.get("binding_message", "")
    if not text:
        return None
    shown: str = texts.tidy(text)
    if not shown or len(shown) > MESSAGE:
        raise RequestError("invalid_binding_message", f"1 to {MESSAGE} characters to read")
    if _ADDRESS.search(_as_read(shown)):
        raise RequestError("invalid_binding_message", "it must not hold an address")
    return shown


def _as_read(text: str) -> str:
    """Return a text as a person reads it, who sees no difference between full and half width."""
    plain = unicodedata.normalize("NFKC", text)
    return "".join(c for c in plain if unicodedata.category(c) not in _UNSEEN)


def requested_expiry(parameters: Parameters) -> int:
    """A positive whole number of seconds; what is more, or less, than possible is cut."""
    text = parameters.get("requested_expiry", "")
    if not text:
        return USUAL
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and int(text) > 0):
        raise RequestError("invalid_request", "requested_expiry must be a positive number")
    return min(max(int(text), SHORTEST), LONGEST)


def client_notification_token(parameters: Parameters, client: Client) -> str | None:
    """By which the client knows us when it is told (section 7.1); of others it is ignored."""
    if client.backchannel_token_delivery_mode != PING:
        return None
    token = parameters.get("client_notification_token", "")
    if not token:
        raise RequestError("invalid_request", "client_notification_token is missing")
    if len(token) > _LONGEST_TOKEN or not _TOKEN.match(token):
        raise RequestError("invalid_request", "client_notification_token is no bearer token")
    return token


CHECKS = OrderedChecks(
    asked.Asked,
    Checked,
    (
        hint,
        user_code,
        binding_message,
        requested_expiry,
        client_notification_token,
        *asked.CHECKS,
    ),
)
