"""What is asked of the provider: its metadata, its keys, and what an opaque token is worth."""

import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

import requests
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from acrux_step_up.values import Unreachable

KEPT = 300
"""Seconds for which metadata and keys are believed without asking again."""
SOONEST = 10
"""Seconds between two questions for keys: a token names any `kid` it likes."""
MOST = 10_000
"""Tokens whose introspection is remembered."""


class Provider:
    """One issuer. Threads share one."""

    def __init__(
        self,
        issuer: str,
        client_id: str,
        client_secret: str,
        *,
        cache: int,
        timeout: float,
        verify: bool | str,
        trust_env: bool = True,
    ) -> None:
        self.issuer = issuer
        self._credentials = (client_id, client_secret)
        self._cache, self._timeout = cache, timeout
        self._session = requests.Session()
        self._session.trust_env = trust_env
        # Said with each request: of a session's own, the environment has the last word.
        self._verify = verify
        self._lock = threading.Lock()
        self._metadata: tuple[float, dict[str, Any]] | None = None
        self._keys: tuple[float, KeySet] | None = None
        self._known: OrderedDict[bytes, tuple[float, dict[str, Any]]] = OrderedDict()

    def metadata(self) -> Mapping[str, Any]:
        """Return the provider's metadata (OpenID Connect Discovery 1.0 section 4).

        Raises:
            Unreachable: it cannot be had, or is that of another issuer.
        """
        kept = self._metadata
        if kept is None or time.monotonic() - kept[0] > KEPT:
            found = self._get(f"{self.issuer}/.well-known/openid-configuration")
            if found.get("issuer") != self.issuer:
                raise Unreachable("the metadata is of another issuer")
            kept = self._metadata = (time.monotonic(), found)
        return kept[1]

    def keys(self, kid: str | None) -> KeySet:
        """Return the keys that tokens are signed by; asked for again when `kid` is not there.

        Raises:
            Unreachable: they cannot be had.
        """
        with self._lock:
            kept, now = self._keys, time.monotonic()
            if kept is not None and now - kept[0] <= KEPT:
                there = kid is None or any(key.kid == kid for key in kept[1].keys)
                if there or now - kept[0] < SOONEST:
                    return kept[1]
            try:
                found = KeySet.import_key_set(self._get(self.metadata()["jwks_uri"]))  # type: ignore[arg-type]
            except (JoseError, ValueError, TypeError, KeyError) as error:
                raise Unreachable("the keys cannot be read") from error
            self._keys = (now, found)
            return found

    def introspected(self, token: str) -> Mapping[str, Any]:
        """Return what the provider says of an opaque token (RFC 7662), from memory for seconds.

        Raises:
            Unreachable: it cannot be asked.
        """
        name, now = hashlib.sha256(token.encode()).digest(), time.monotonic()
        with self._lock:
            kept = self._known.get(name)
        if kept is not None and now < kept[0]:
            return kept[1]
        try:
            answer = self._session.post(
                self.metadata()["introspection_endpoint"],
                {"token": token},
                auth=self._credentials,
                timeout=self._timeout,
                verify=self._verify,
                allow_redirects=False,
            )
            found = answer.json() if answer.status_code == 200 else None
        except (requests.RequestException, ValueError, KeyError) as error:
            raise Unreachable("the provider cannot be asked") from error
        if not isinstance(found, dict):
            raise Unreachable(f"introspection answered {answer.status_code}")
        self._remember(name, now, found)
        return found

    def _remember(self, name: bytes, now: float, found: dict[str, Any]) -> None:
        # A token that is not live is asked about each time: it may be one that is issued later.
        if found.get("active") is not True or self._cache <= 0:
            return
        left = float(found.get("exp", 0)) - time.time()
        with self._lock:
            self._known[name] = (now + min(self._cache, left), found)
            self._known.move_to_end(name)
            while len(self._known) > MOST:
                self._known.popitem(last=False)

    def _get(self, url: str) -> dict[str, Any]:
        try:
            answer = self._session.get(
                url, timeout=self._timeout, verify=self._verify, allow_redirects=False
            )
            found = answer.json() if answer.status_code == 200 else None
        except (requests.RequestException, ValueError) as error:
            raise Unreachable("the provider cannot be asked") from error
        if not isinstance(found, dict):
            raise Unreachable(f"{url} answered {answer.status_code}")
        return found
