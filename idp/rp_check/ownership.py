"""The proof that whoever starts a check has a say at the address that is checked.

It is a word that this installation works out for a client: a file at the address holds it, or a
header of the page at which a sign-in begins.
"""

from urllib.parse import urljoin

import requests

from idp.crypto import Keyring
from idp.errors import CommandError
from idp.rp_check.walk import WAIT

FILE = "/.well-known/acrux-rp-check"
HEADER = "Acrux-RP-Check"
_MOST = 1024


def word(keyring: Keyring, client_id: str) -> str:
    """Return the word for a client: of no use for anything else."""
    return keyring.keyed_digest("rp-check", client_id)[:43]


def demand(start: str, expected: str, verify: str | bool) -> None:
    """Check that the address of `start` says the word.

    Raises:
        CommandError: it does not; the message says where to put it.
    """
    if expected in (_file(urljoin(start, FILE), verify), _header(start, verify)):
        return
    raise CommandError(
        f"{start} is not known to be yours: let {urljoin(start, FILE)} say {expected}, or send it"
        f" as the header {HEADER} of {start}, and try again"
    )


def _file(url: str, verify: str | bool) -> str:
    answer = _ask(url, verify)
    if answer is None or answer.status_code != 200:
        return ""
    found: bytes = next(answer.iter_content(_MOST), b"")
    return found.decode("utf-8", "replace").strip()


def _header(url: str, verify: str | bool) -> str:
    answer = _ask(url, verify)
    return "" if answer is None else answer.headers.get(HEADER, "").strip()


def _ask(url: str, verify: str | bool) -> requests.Response | None:
    with requests.Session() as session:
        session.trust_env = False
        try:
            return session.get(url, timeout=WAIT, allow_redirects=False, stream=True, verify=verify)
        except requests.RequestException:
            return None
