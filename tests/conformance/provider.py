"""The provider under test: served over TLS by two processes, with one person who has everything."""

from pathlib import Path
from typing import Any

from idp import clock
from idp.store import people
from tests.protocol.command import Acrux
from tests.support.programs.https import HttpsServer
from tests.support.programs.tls import TlsSite
from tests.support.site import PASSWORD

USERNAME = "alice"
ADDRESS = {
    "formatted": "12 Example Street\nTe Aro\nWellington 6011\nNew Zealand",
    "street_address": "12 Example Street",
    "locality": "Wellington",
    "region": "Wellington",
    "postal_code": "6011",
    "country": "NZ",
}
PROFILE = {
    "family_name": "Tāmaki",
    "given_name": "Alice",
    "middle_name": "Hinemoa",
    "nickname": "Ali",
    "profile": "https://people.example.org/alice",
    "picture": "https://people.example.org/alice.jpg",
    "website": "https://alice.example.org",
    "gender": "female",
    "birthdate": "1987-10-16",
    "zoneinfo": "Pacific/Auckland",
    "locale": "en-NZ",
    "address": ADDRESS,
}


class Provider(TlsSite):
    """An installation with open registration that may call the suite's own addresses."""

    def __init__(self, folder: Path, suite: HttpsServer, identity: Path, **settings: Any) -> None:
        super().__init__(
            folder,
            identity,
            suite.ca_bundle,
            **suite.settings(),
            registration__mode="open",
            # Every module comes from one address, all within minutes.
            throttle__source_limit=1_000_000,
            # Short, but not off: what one process has kept may be what another has changed.
            oidc__cache=1,
            **settings,
        )
        self._add_person()
        self._leave_time()

    @property
    def places(self) -> tuple[str, ...]:
        """Where it is called: what its addresses begin with."""
        return (self.issuer,)

    def command(self, *words: str) -> None:
        """Run an `acrux` command as the operator."""
        Acrux(self.environ)(*words)
        self._leave_time()

    def _leave_time(self) -> None:
        """The workers live in the time of the file; this process in its own, like a real suite."""
        clock.use_offset_file(None)

    def _add_person(self) -> None:
        methods: Any = self.installation.signin.authenticators
        with self.work() as work:
            person_id = people.add(
                work,
                username=USERNAME,
                email="alice@example.org",
                name="Alice Hinemoa Tāmaki",
                phone="+6421555123",
                verified=True,
                claims=PROFILE,
            )
            methods["password"].set(work, person_id, PASSWORD)
